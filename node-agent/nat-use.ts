// SPDX-License-Identifier: Apache-2.0
// How many sessions are translated to each NAT pool. The worker does not count that, so the agent looks through the session
// table: in slices, beside the event loop, and not more often than once a minute.
import type { Program } from "../program/program";
import type { Agent } from "./agent";
import type { WorkerProcess } from "./host/launcher";

export interface PoolUse {
  readonly pool: string;
  readonly endpoints: number;
  readonly sessions: number;
}

const EVERY_MS = 60_000;
const SLOTS_PER_SLICE = 65_536;

const number = (address: string): number => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

/** struct agent_shm_span of every range of every pool, sorted by its first address. */
export function spanWords(program: Program): Uint32Array {
  const spans = program.nat.pools.flatMap(({ addresses, ports }, pool) => addresses.map(([low, high]) => ({ low: number(low), high: number(high), ports, pool })));
  let reach = 0;
  return Uint32Array.from(spans.sort((a, b) => a.low - b.low).flatMap(({ low, high, ports, pool }) => {
    reach = Math.max(reach, high);
    return [low, high, reach, ...ports, pool];
  }));
}

export class NatUse {
  #last: { hash: string; at: number; use: Promise<PoolUse[]> } | undefined;

  /** Of all pools of the program; counted now, or not longer than a minute ago. */
  of(agent: Agent, worker: WorkerProcess, program: Program | null): Promise<PoolUse[]> {
    if (program === null || program.nat.pools.length === 0) return Promise.resolve([]);
    const hash = `${worker.pid} ${agent.desired?.hash ?? ""}`;
    const now = performance.now();
    if (this.#last === undefined || this.#last.hash !== hash || now - this.#last.at >= EVERY_MS) this.#last = { hash, at: now, use: count(agent, worker, program) };
    return this.#last.use;
  }
}

async function count(agent: Agent, worker: WorkerProcess, program: Program): Promise<PoolUse[]> {
  const words = spanWords(program);
  const counts = new BigUint64Array(program.nat.pools.length);
  const capacity = agent.view.header(worker)?.sessions4_capacity ?? 0;
  for (let cursor = 0; cursor < capacity;) {
    const file = agent.view.file(worker);
    if (file === null) break;
    cursor = await file.natUse(words, cursor, SLOTS_PER_SLICE, counts);
  }
  return program.nat.pools.map(({ name, addresses, ports: [low, high] }, pool) => ({
    pool: name, sessions: Number(counts[pool] ?? 0n),
    endpoints: addresses.reduce((sum, [first, last]) => sum + number(last) - number(first) + 1, 0) * (high - low + 1),
  }));
}
