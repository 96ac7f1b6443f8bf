// SPDX-License-Identifier: Apache-2.0
// Options and output that several commands share.
import { DEFAULT_STATE_DIR } from "../node-agent/host/paths";
import { parseExactJson } from "../node-agent/json";
import { ask } from "./client";
import { UsageError, type Arguments, type Option } from "./command";

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
