// SPDX-License-Identifier: Apache-2.0
import type { CoreView, PolicyView, TableView } from "../../node-agent/snapshot";
import type { Command } from "../command";
import { answer, outputOption, stateDirOption } from "../common";
import { table } from "../table";

export type Counters = { readonly cores: readonly CoreView[]; readonly policies: readonly PolicyView[]; readonly tables: readonly TableView[] } & Readonly<Record<string, number | string>>;

export const command: Command = {
  usage: "[--state-dir DIR] [-o json]",
  description: `Shows all counters of the worker since its state file was made. Every packet ends once: received + originated is
forwarded + punted + consumed + dropped + held. \`drops\` splits dropped by reason. With several
datapath cores each has a row of its own too. Tables show their bound, use, highest use and refusals.`,
  options: { "state-dir": stateDirOption, output: outputOption },
  run: (args) => answer<Counters>(args, "/counters", render),
};

export function render({ cores, policies, tables, ...counters }: Counters): string {
  const values = table(["COUNTER", "VALUE"], Object.entries(counters).map(([name, value]) => [name, value]));
  const bounds = table(["TABLE", "BOUND", "USED", "HIGHEST", "REFUSED"], tables.map((t) => [t.name, Number(t.capacity) === 0 ? "-" : t.capacity, t.used, t.highWater, t.refused]));
  const perCore = table(["CORE", "RECEIVED", "FORWARDED", "TO-HOST", "DROPPED", "STEERED", "STEERED-IN", "SLEEPS", "SESSIONS4", "SESSIONS6"],
    cores.map((c) => [c.core, c.received, c.forwarded, c.punted, c.dropped, c.steered, c.steeredIn, c.sleeps, c.sessions4, c.sessions6]));
  const first = cores.length > 1 ? `${values}\n\n${perCore}\n\n${bounds}` : `${values}\n\n${bounds}`;
  if (policies.length === 0) return first;
  return `${first}\n\n${table(["POLICY", "ACTION", "SESSIONS", "PACKETS", "BYTES"], policies.map((p) => [p.name, p.action, p.sessions, p.packets, p.bytes]))}`;
}
