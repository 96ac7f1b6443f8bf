// SPDX-License-Identifier: Apache-2.0
// The rows of the benchmark: what each compares, and what it must reach. A row with several parts is met when all of them are.

export type Direction = "least" | "most";

export interface Part {
  readonly name: string;
  readonly must: number;
  readonly target: number | null;
  /** Where it is not that of the row. */
  readonly unit?: Unit;
}

export type Unit = "x" | "s" | "ms" | "M/s" | "%";

export interface Goal {
  readonly id: string;
  readonly name: string;
  /** "x": a ratio of two things measured in turns in one run. */
  readonly unit: Unit;
  /** least: the value must be at least that; most: at most. */
  readonly direction: Direction;
  readonly parts: readonly [Part, ...Part[]];
}

const one = (must: number, target: number | null): readonly [Part] => [{ name: "", must, target }];

export const GOALS: readonly Goal[] = [
  { id: "G1", name: "established IPv4, policies on, 16 k flows, against grout's plain forwarding", unit: "x", direction: "least", parts: one(1.0, 1.4) },
  { id: "G2", name: "established source NAT against grout's", unit: "x", direction: "least", parts: [{ name: "16 k flows", must: 2.0, target: 2.8 }, { name: "60 k flows", must: 1.6, target: 2.2 }] },
  { id: "G2b", name: "established with policy against VPP's stateful ACL", unit: "x", direction: "least", parts: one(1.3, 1.7) },
  { id: "G2c", name: "source NAT against VPP's nat44-ed", unit: "x", direction: "least", parts: one(3, 4) },
  { id: "G3", name: "established against testpmd csum, 1 k flows", unit: "x", direction: "least", parts: one(0.55, 0.7) },
  { id: "G4", name: "ticks at 1 M sessions over ticks at 1 k", unit: "x", direction: "most", parts: one(1.8, 1.5) },
  { id: "G5", name: "ticks at 10 M sessions over ticks at 1 M", unit: "x", direction: "most", parts: one(1.4, 1.2) },
  { id: "G6", name: "rte_hash over session table, find and touch at 1 M", unit: "x", direction: "least", parts: one(1.5, 1.9) },
  { id: "G7", name: "source NAT over plain, established", unit: "x", direction: "most", parts: one(1.25, 1.15) },
  { id: "G8", name: "new sessions per second and core, 1 k rules, table half full", unit: "M/s", direction: "least", parts: [{ name: "in a second", must: 0.8, target: 1.5 }, { name: "against the kernel's nftables with the same rules", must: 3, target: 3, unit: "x" }] },
  { id: "G9", name: "sessions that begin and end, against the rate at which grout ends them", unit: "x", direction: "least", parts: one(100, 300) },
  { id: "G10", name: "flood that a policy denies over established", unit: "x", direction: "most", parts: one(1.0, 0.8) },
  { id: "G11", name: "new session with 10 k rules over 100 rules", unit: "x", direction: "most", parts: one(3, 2) },
  { id: "G12", name: "established, throughput with 10 k rules over 10 rules", unit: "x", direction: "least", parts: one(0.97, 0.99) },
  { id: "G13", name: "apply 10 k policies, from the agent's call to active", unit: "s", direction: "most", parts: one(2.5, 1.5) },
  { id: "G14", name: "change 1 policy among 10 k", unit: "s", direction: "most", parts: one(0.3, 0.06) },
  { id: "G15", name: "traffic lost in G13 and G14, as time", unit: "ms", direction: "most", parts: one(0, null) },
  { id: "G16", name: "CPU of an idle worker", unit: "%", direction: "most", parts: [{ name: "Interrupt, vhost-user", must: 2, target: 0.5 }, { name: "Adaptive, vhost-user", must: 2, target: 0.5 }, { name: "Interrupt, TAP", must: 2, target: 0.5 }, { name: "Adaptive, TAP", must: 2, target: 0.5 }] },
  { id: "G17", name: "first packet after a second of silence over a bare wake-up", unit: "x", direction: "most", parts: [{ name: "median, vhost-user", must: 2.5, target: 1.6 }, { name: "slowest of a hundred, vhost-user", must: 4, target: 2.5 }, { name: "median, TAP", must: 2.5, target: 1.6 }, { name: "slowest of a hundred, TAP", must: 4, target: 2.5 }] },
  { id: "G18", name: "Adaptive against Polling at saturation", unit: "x", direction: "least", parts: [{ name: "vhost-user", must: 0.97, target: 0.99 }, { name: "TAP", must: 0.97, target: 0.99 }] },
  { id: "G19", name: "single packets at random gaps, longest delay; none is lost", unit: "ms", direction: "most", parts: [{ name: "100 k, vhost-user", must: 20, target: 5 }, { name: "100 k, TAP", must: 20, target: 5 }] },
  { id: "G20", name: "worker killed: time without forwarding, every session and binding kept", unit: "s", direction: "most", parts: [{ name: "100 k sessions", must: 2, target: 0.8 }, { name: "1 M sessions", must: 2, target: 0.8 }] },
  { id: "G22", name: "longest turn of the loop at 1 M sessions", unit: "ms", direction: "most", parts: one(1, 0.2) },
  { id: "G23", name: "two datapath cores against one", unit: "x", direction: "least", parts: [{ name: "each core's flows in its own queue", must: 1.7, target: 1.85 }, { name: "half of the packets steered by software", must: 1.7, target: 1.85 }] },
  { id: "G24", name: "source NAT against the kernel's nftables on veth (other I/O: context)", unit: "x", direction: "least", parts: one(20, null) },
  { id: "G25", name: "list of 1 M sessions through the agent", unit: "s", direction: "most", parts: [{ name: "time", must: 10, target: 3 }, { name: "forwarded less meanwhile", must: 5, target: 2, unit: "%" }] },
  { id: "C1", name: "policy change at 1 M sessions: until the last packet of a flow that is denied now; packets that the others lose", unit: "ms", direction: "most", parts: [{ name: "denied, from the new program on", must: 100, target: 10 }, { name: "permitted, lost", must: 0, target: null, unit: "%" }] },
  { id: "C2", name: "end of 1 M sessions by command: longest turn of the loop; packets lost", unit: "ms", direction: "most", parts: [{ name: "turn", must: 1, target: 0.2 }, { name: "lost", must: 0, target: null, unit: "%" }] },
  { id: "R1", name: "500 k routes of the kernel, from the start of reading to the last in the trie", unit: "s", direction: "most", parts: [{ name: "main table", must: 3, target: 1 }, { name: "table of a VRF", must: 3, target: 1 }] },
];

export function goal(id: string): Goal {
  const found = GOALS.find((g) => g.id === id);
  if (found === undefined) throw new Error(`no row ${id}`);
  return found;
}
