// SPDX-License-Identifier: Apache-2.0
// The session tables for people. The library filters them where they lie, in slices and beside the event loop; only what
// matches becomes text, and the answer is written as it is found: no table is ever whole in memory.
import type { Program } from "../program/program";
import type { Agent } from "./agent";
import { interfaceNameId, policyNameId } from "./encode";
import { exactLine } from "./json";
import { SessionWriter, TICKS, type SessionNames } from "./session-json";
import { sizeOf } from "./shm/decode";
import { activeProgram } from "./snapshot";

export interface SessionQuery {
  readonly limit: number;
  /** struct fw_session_filter. */
  readonly filter: Uint8Array;
  /** One object per line instead of one document. */
  readonly lines: boolean;
}

const SLOTS_PER_SLICE = 65_536;
const OUT_BYTES = 1 << 20;

const PIECE_BYTES = 1 << 18;
const LONGEST_LINE = 8192;

interface Found {
  readonly matched: number;
  /** Those that have room under the limit, as lines. */
  readonly count: number;
  line(row: number): string;
}

/** Sessions that match, at most query.limit of them with their contents. Ends early when the worker does. */
async function* slices(agent: Agent, query: SessionQuery): AsyncGenerator<Found> {
  const worker = agent.supervisor.worker;
  const status = agent.workerStatus();
  const header = worker === null ? null : agent.view.header(worker);
  if (worker === null || status === null || header === null) return;
  const nowNs = status.clock_ns + (process.hrtime.bigint() - status.heartbeat_ns);
  const nowTicks = Number(((nowNs * BigInt(TICKS)) / 1_000_000_000n) & 0xffff_ffffn);
  const writer = new SessionWriter(namesOf(activeProgram(agent)), { ticks: nowTicks, ms: Date.now() });
  let left = query.limit;
  for (const family of [4, 6] as const) {
    const capacity = family === 4 ? header.sessions4_capacity : header.sessions6_capacity;
    const size = sizeOf(family === 4 ? "fw_session4" : "fw_session6");
    const room = Buffer.alloc(Math.floor(OUT_BYTES / size) * size);
    const view = new DataView(room.buffer, room.byteOffset, room.byteLength);
    for (let cursor = 0; cursor < capacity;) {
      const file = agent.view.file(worker);
      if (file === null) return;
      const out = left === 0 ? room.subarray(0, 0) : room.subarray(0, Math.min(left * size, room.length));
      const slice = await file.sessions(family, query.filter, cursor, SLOTS_PER_SLICE, out);
      const count = out.length === 0 ? 0 : slice.matched;
      cursor = slice.cursor;
      left -= count;
      yield { matched: slice.matched, count, line: (row) => writer.line(room, view, row * size, family) };
    }
  }
}

/** The answer in pieces of text: one object per line, in both forms. Each line is copied out at once: what is not kept costs nothing. */
export async function* sessionText(agent: Agent, query: SessionQuery): AsyncGenerator<Uint8Array> {
  let [matched, shown] = [0, 0];
  if (!query.lines) yield Buffer.from('{"sessions": [');
  for await (const found of slices(agent, query)) {
    matched += found.matched;
    for (let row = 0; row < found.count;) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      let at = 0;
      for (; row < found.count && at + LONGEST_LINE < PIECE_BYTES; row++, shown++) {
        if (!query.lines) at += piece.write(shown === 0 ? "\n" : ",\n", at);
        at += piece.write(found.line(row), at);
        if (query.lines) at += piece.write("\n", at);
      }
      yield piece.subarray(0, at);
    }
    if (query.lines && shown >= query.limit) return;
  }
  if (!query.lines) yield Buffer.from(`\n],\n${exactLine({ total: total(agent), matched, shown }).slice(1)}\n`);
}

function total(agent: Agent): bigint {
  const worker = agent.supervisor.worker;
  const counters = worker === null ? null : agent.view.counters(worker);
  return (counters?.sessions4 ?? 0n) + (counters?.sessions6 ?? 0n);
}

function namesOf(program: Program | null): SessionNames {
  return {
    interfaces: new Map((program?.interfaces ?? []).map((i) => [interfaceNameId(i.name), { name: i.name, zone: program?.zones[i.zone]?.name ?? "" }])),
    policies: new Map((program?.policies ?? []).map((p) => [policyNameId(p.name), p.name])),
    rules: new Map([...(program?.nat.source ?? []), ...(program?.nat.destination ?? []), ...(program?.nat.static ?? [])].map((r) => [interfaceNameId(r.name), r.name])),
  };
}
