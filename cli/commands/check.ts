// SPDX-License-Identifier: Apache-2.0
import { exactJson } from "../../node-agent/json";
import { compileText, readConfig } from "../../node-agent/config-text";
import type { Issue } from "../../operator/compile/issue";
import { CommandError, type Command } from "../command";
import { configOption, outputOption, print, wantsJson } from "../common";
import { formatIssues, locateIssues } from "../issues";

export const command: Command = {
  usage: "--config FILE [--strict] [-o json]",
  description: `Prints every issue of FILE with its place, its field path and what to do. Nothing is started; no rights are
needed. Exit code 1 when there is an error, 0 when there are only warnings or none; with --strict a warning
counts as an error.`,
  options: {
    config: configOption,
    strict: { type: "boolean", help: "exit with 1 on warnings too" },
    output: outputOption,
  },
  async run(args) {
    const file = args.required("config");
    const json = wantsJson(args);
    const { text, issues, loaded } = compileText(read(file));
    const failed = loaded === undefined || (args.flag("strict") && issues.length > 0);
    if (json) {
      print(exactJson({
        valid: loaded !== undefined,
        config: loaded?.program.config ?? null,
        hash: loaded?.hash ?? null,
        issues: locateIssues(text, issues),
      }));
    } else {
      print(`${formatIssues(file, text, issues)}${verdict(file, issues, loaded?.hash)}`);
    }
    return failed ? 1 : 0;
  },
};

function read(file: string): string {
  try {
    return readConfig(file);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}

function verdict(file: string, issues: readonly Issue[], hash: string | undefined): string {
  const count = (severity: Issue["severity"]): string => {
    const n = issues.filter((issue) => issue.severity === severity).length;
    return `${n} ${severity}${n === 1 ? "" : "s"}`;
  };
  return hash === undefined ? `${file} is not valid: ${count("error")}, ${count("warning")}` : `${file} is valid: ${count("warning")}, program ${hash.slice(0, 12)}`;
}
