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
const PAGE_ROWS = 64;
const START: Cursor = { family: 4, slot: 0 };

interface Found {
  readonly matched: number;
  /** Those that have room, as lines. */
  readonly count: number;
  line(row: number): string;
  /** Where the next slice begins. */
  readonly next: Cursor;
}

/** A place in the tables. */
export interface Cursor {
  readonly family: 4 | 6;
  readonly slot: number;
}

/** Sessions that match, from a place on, with the contents of at most room() of them in each slice. Ends early when the worker does. */
async function* slices(agent: Agent, filter: Uint8Array, from: Cursor, room: () => number): AsyncGenerator<Found> {
  const worker = agent.supervisor.worker;
  const status = agent.workerStatus();
  const header = worker === null ? null : agent.view.header(worker);
  if (worker === null || status === null || header === null) return;
  const nowNs = status.kept.clock_ns + (process.hrtime.bigint() - status.heartbeat_ns);
  const nowTicks = Number(((nowNs * BigInt(TICKS)) / 1_000_000_000n) & 0xffff_ffffn);
  const writer = new SessionWriter(namesOf(activeProgram(agent)), { ticks: nowTicks, ms: Date.now() });
  for (const family of [4, 6] as const) {
    if (family < from.family) continue;
    const capacity = family === 4 ? header.sessions4_capacity : header.sessions6_capacity;
    const size = sizeOf(family === 4 ? "fw_session4" : "fw_session6");
    const rows = Buffer.alloc(Math.floor(OUT_BYTES / size) * size);
    const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
    for (let cursor = family === from.family ? from.slot : 0; cursor < capacity;) {
      const file = agent.view.file(worker);
      if (file === null) return;
      const out = rows.subarray(0, Math.min(room() * size, rows.length));
      const slice = await file.sessions(family, filter, cursor, SLOTS_PER_SLICE, out);
      cursor = slice.cursor;
      const next = cursor >= capacity && family === 4 ? { family: 6 as const, slot: 0 } : { family, slot: cursor };
      yield { matched: slice.matched, count: out.length === 0 ? 0 : slice.matched, line: (row) => writer.line(rows, view, row * size, family), next };
    }
  }
}

/** The answer in pieces of text: one object per line, in both forms. Each line is copied out at once: what is not kept costs nothing. */
export async function* sessionText(agent: Agent, query: SessionQuery): AsyncGenerator<Uint8Array> {
  let [matched, shown] = [0, 0];
  if (!query.lines) yield Buffer.from('{"sessions": [');
  for await (const found of slices(agent, query.filter, START, () => query.limit - shown)) {
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

export interface PageQuery {
  readonly limit: number;
  readonly filter: Uint8Array;
  /** The text may have so many bytes, at least MIN_PAGE_BYTES. */
  readonly bytes: number;
  /** null: the first page, which also says how many match in all. */
  readonly from: Cursor | null;
}

/** A page with one line at least. */
export const MIN_PAGE_BYTES = PAGE_ROWS * LONGEST_LINE + 1024;

/** One page of sessions as JSON; `next` is where the following one begins, null when there is none. Sessions that begin or end
 *  meanwhile may be missed or told twice, others are not. */
export async function sessionPage(agent: Agent, query: PageQuery, signal: AbortSignal): Promise<string> {
  const lines: string[] = [];
  let [matched, bytes] = [0, 1024];
  let next: Cursor | null = null;
  const room = (): number => (next === null ? Math.min(PAGE_ROWS, query.limit - lines.length) : 0);
  for await (const found of slices(agent, query.filter, query.from ?? START, room)) {
    if (signal.aborted) throw new Error("nobody waits for the answer");
    matched += found.matched;
    for (let row = 0; row < found.count; row++) {
      const line = found.line(row);
      bytes += Buffer.byteLength(line) + 2;
      lines.push(line);
    }
    if (next === null && (lines.length >= query.limit || bytes + PAGE_ROWS * LONGEST_LINE > query.bytes)) next = found.next;
    if (next !== null && query.from !== null) break;
  }
  const at = next as Cursor | null;
  const end = exactLine({ total: total(agent), matched, shown: lines.length, next: at === null ? null : `${at.family}:${at.slot}` });
  return `{"sessions": [\n${lines.join(",\n")}\n],\n${end.slice(1)}\n`;
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
