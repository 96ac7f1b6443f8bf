// SPDX-License-Identifier: Apache-2.0
import type { PolicyView, TableView } from "../../node-agent/snapshot";
import type { Command } from "../command";
import { answer, outputOption, stateDirOption } from "../common";
import { table } from "../table";

type Counters = { readonly policies: readonly PolicyView[]; readonly tables: readonly TableView[] } & Readonly<Record<string, number | string>>;

export const command: Command = {
  usage: "[--state-dir DIR] [-o json]",
  description: `Shows all counters of the worker since its state file was made. Every packet ends once: received + originated is
forwarded + punted + consumed + dropped + held. \`drops\` splits dropped by reason. Tables show their bound, use, highest use and refusals.`,
  options: { "state-dir": stateDirOption, output: outputOption },
  run: (args) => answer<Counters>(args, "/counters", render),
};

function render({ policies, tables, ...counters }: Counters): string {
  const values = table(["COUNTER", "VALUE"], Object.entries(counters).map(([name, value]) => [name, value]));
  const bounds = table(["TABLE", "BOUND", "USED", "HIGHEST", "REFUSED"], tables.map((t) => [t.name, Number(t.capacity) === 0 ? "-" : t.capacity, t.used, t.highWater, t.refused]));
  const first = `${values}\n\n${bounds}`;
  if (policies.length === 0) return first;
  return `${first}\n\n${table(["POLICY", "ACTION", "SESSIONS", "PACKETS", "BYTES"], policies.map((p) => [p.name, p.action, p.sessions, p.packets, p.bytes]))}`;
}
