// SPDX-License-Identifier: Apache-2.0
// Options and output that several commands share.
import { MOST_POLICIES } from "../metrics/agent";
import { splitAddress } from "../metrics/serve";
import { DEFAULT_STATE_DIR } from "../node-agent/host/paths";
import { parseExactJson } from "../node-agent/json";
import type { MetricsOptions } from "../node-agent/metrics";
import { ask } from "./client";
import { UsageError, type Arguments, type Option, type Options } from "./command";

export const stateDirOption: Option = {
  type: "string", value: "DIR", default: stateDirDefault(),
  help: `state directory of the agent (default ${DEFAULT_STATE_DIR}, or PORTCULLIS_STATE_DIR)`,
};

export const outputOption: Option = { type: "string", short: "o", value: "FORMAT", help: "json, or table (default)", default: "table" };

export const configOption: Option = { type: "string", value: "FILE", help: "a FirewallConfig in YAML or JSON" };

function stateDirDefault(): string {
  const set = process.env["PORTCULLIS_STATE_DIR"];
  return set === undefined || set === "" ? DEFAULT_STATE_DIR : set;
}

export function wantsJson(args: Arguments): boolean {
  const output = args.text("output") ?? "table";
  if (output !== "json" && output !== "table") throw new UsageError(`-o must be json or table, not "${output}"`);
  return output === "json";
}

/** The state directory; an empty one is a mistake, not the current folder. */
export function stateDir(args: Arguments): string {
  const dir = args.required("state-dir");
  if (dir === "") throw new UsageError("--state-dir must not be empty");
  return dir;
}

export function print(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

/** A command that asks the agent once and prints the answer as it came, or as a table. */
export async function answer<T>(args: Arguments, path: string, render: (value: T) => string): Promise<number> {
  const json = wantsJson(args);
  const body = await ask(stateDir(args), path);
  print(json ? body : render(parseExactJson(body) as T));
  return 0;
}

export const metricsOptions: Options = {
  "metrics-listen": { type: "string", value: "HOST:PORT", help: "serve metrics for Prometheus there; absent: nowhere (or PORTCULLIS_METRICS_LISTEN)" },
  "metrics-policies": { type: "string", value: "N", help: `give the first N policies series of their own, 0 to ${MOST_POLICIES}, default 0 (or PORTCULLIS_METRICS_POLICIES)` },
};

/** null: metrics are not served. */
export function metricsOf(args: Arguments): MetricsOptions | null {
  const listen = args.text("metrics-listen") ?? process.env["PORTCULLIS_METRICS_LISTEN"] ?? "";
  const policies = args.text("metrics-policies") ?? process.env["PORTCULLIS_METRICS_POLICIES"] ?? "0";
  if (!/^[0-9]{1,4}$/.test(policies) || Number(policies) > MOST_POLICIES) throw new UsageError(`--metrics-policies must be a number from 0 to ${MOST_POLICIES}, not "${policies}": each policy makes three series`);
  if (listen === "") return null;
  try {
    splitAddress(listen);
  } catch (error) {
    throw new UsageError(`--metrics-listen: ${(error as Error).message}`);
  }
  return { listen, policies: Number(policies) };
}
