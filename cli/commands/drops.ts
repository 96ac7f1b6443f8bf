// SPDX-License-Identifier: Apache-2.0
import { fw_drop_values } from "../../node-agent/shm/layout.gen";
import type { Command } from "../command";
import { answer, outputOption, stateDirOption } from "../common";
import { table } from "../table";

export type Drops = Readonly<Record<string, number | string>>;

export const command: Command = {
  usage: "[--all] [--state-dir DIR] [-o json]",
  description: "Shows why packets were dropped since the state file was made. JSON holds every reason, the table only those that occurred.",
  options: {
    all: { type: "boolean", help: "also show reasons that have not occurred" },
    "state-dir": stateDirOption,
    output: outputOption,
  },
  run: (args) => answer<Drops>(args, "/drops", (drops) => render(drops, args.flag("all"))),
};

export function render(drops: Drops, all: boolean): string {
  const rows = fw_drop_values.map(({ name, text }) => [name, drops[name] ?? 0, text] as const).filter(([, packets]) => all || String(packets) !== "0");
  return rows.length === 0 ? "no packet was dropped" : table(["REASON", "PACKETS", "WHAT IT MEANS"], rows);
}
