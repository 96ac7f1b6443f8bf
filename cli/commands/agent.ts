// SPDX-License-Identifier: Apache-2.0
import { makeLog } from "../../node-agent/log";
import { runCluster } from "../../node-agent/main";
import { Problem } from "../../node-agent/problem";
import { CommandError, UsageError, type Arguments, type Command } from "../command";
import { metricsOf, metricsOptions, stateDir, stateDirOption } from "../common";

const fromEnvironment = (name: string): string => `(or PORTCULLIS_${name})`;

export const command: Command = {
  usage: "--operator HOST:PORT --operator-ca FILE --token-file FILE --node NAME [--worker child|pod] [--state-dir DIR]",
  description: `Connects to the operator, runs the program that it names for this node, and reports. Starts from the stored program
when the operator cannot be reached. SIGTERM ends the agent only: the worker forwards on, and the next agent takes
it over. Every option can come from the environment.`,
  options: {
    operator: { type: "string", value: "HOST:PORT[,...]", help: `addresses of the operator ${fromEnvironment("OPERATOR")}` },
    "operator-ca": { type: "string", value: "FILE", help: `CA certificates in PEM that the operator's certificate is checked with ${fromEnvironment("OPERATOR_CA")}` },
    "operator-server-name": { type: "string", value: "NAME", help: `name in the operator's certificate, default HOST ${fromEnvironment("OPERATOR_SERVER_NAME")}` },
    "token-file": { type: "string", value: "FILE", help: `ServiceAccount token, read again for every connection ${fromEnvironment("TOKEN_FILE")}` },
    node: { type: "string", value: "NAME", help: `name of this node ${fromEnvironment("NODE")}` },
    worker: { type: "string", value: "child|pod", help: `start workers as children (default), or by the launcher in the worker pod ${fromEnvironment("WORKER_MODE")}` },
    "state-dir": stateDirOption,
    ...metricsOptions,
  },
  async run(args) {
    const options = {
      operators: addresses(value(args, "operator", "OPERATOR")),
      caFile: value(args, "operator-ca", "OPERATOR_CA"),
      serverName: args.text("operator-server-name") ?? process.env["PORTCULLIS_OPERATOR_SERVER_NAME"] ?? "",
      tokenFile: value(args, "token-file", "TOKEN_FILE"),
      node: value(args, "node", "NODE"),
      stateDir: stateDir(args),
      worker: workerMode(args),
      metrics: metricsOf(args),
      log: makeLog(),
    };
    const stop = new AbortController();
    const onSignal = (): void => { stop.abort(); };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
    try {
      await runCluster(options, stop.signal);
      return 0;
    } catch (error) {
      if (error instanceof Problem) throw new CommandError(error.sentence);
      throw error;
    }
  },
};

function value(args: Arguments, option: string, variable: string): string {
  const found = args.text(option) ?? process.env[`PORTCULLIS_${variable}`] ?? "";
  if (found === "") throw new UsageError(`--${option} (or PORTCULLIS_${variable}) is required`);
  return found;
}

function workerMode(args: Arguments): "child" | "pod" {
  const mode = args.text("worker") ?? process.env["PORTCULLIS_WORKER_MODE"] ?? "child";
  if (mode !== "child" && mode !== "pod") throw new UsageError(`--worker must be child or pod, not "${mode}"`);
  return mode;
}

function addresses(text: string): string[] {
  const list = text.split(",").map((part) => part.trim());
  for (const address of list) {
    const port = /^(?:\[[0-9a-fA-F:]+\]|[^:\s]+):([0-9]{1,5})$/.exec(address)?.[1];
    if (port === undefined || Number(port) < 1 || Number(port) > 65535) throw new UsageError(`--operator must be HOST:PORT, not "${address}"`);
  }
  return list;
}
