// SPDX-License-Identifier: Apache-2.0
import { makeLog } from "../../node-agent/log";
import { Problem } from "../../node-agent/problem";
import { readConfig } from "../../node-agent/config-text";
import { InvalidConfig, runStandalone } from "../../node-agent/standalone";
import { CommandError, type Command } from "../command";
import { configOption, metricsOf, metricsOptions, stateDir, stateDirOption } from "../common";
import { formatIssues } from "../issues";

export const command: Command = {
  usage: "--config FILE [--state-dir DIR] [--metrics-listen HOST:PORT]",
  description: `Compiles FILE, starts a worker in the present network namespace and hands it the program. The file is read
again on SIGHUP and when it changes; a version that is invalid or cannot run is reported, and the one before it
runs on. SIGTERM and SIGINT stop agent and worker and remove what they made. If only the agent is killed, the
worker forwards on, and the next run with the same state directory takes it over.`,
  options: { config: configOption, "state-dir": stateDirOption, ...metricsOptions },
  async run(args) {
    const config = args.required("config");
    const dir = stateDir(args);
    const metrics = metricsOf(args);
    const stop = new AbortController();
    const onSignal = (): void => { stop.abort(); };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
    try {
      await runStandalone({ config, stateDir: dir, metrics, log: makeLog() }, stop.signal);
      return 0;
    } catch (error) {
      if (error instanceof InvalidConfig) {
        process.stderr.write(formatIssues(config, readConfig(config), error.issues));
        throw new CommandError(`${config} is not used: ${error.message}`);
      }
      if (error instanceof Problem) throw new CommandError(error.sentence);
      throw error instanceof Error && error.message.startsWith(config) ? new CommandError(error.message) : error;
    } finally {
      process.off("SIGTERM", onSignal);
      process.off("SIGINT", onSignal);
    }
  },
};
