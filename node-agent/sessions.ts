// SPDX-License-Identifier: Apache-2.0
// The session tables for people. The library filters them where they lie, in slices and beside the event loop; only what
// matches is decoded, and the answer is written as it is found: no table is ever whole in memory.
import type { Program } from "../program/program";
import { addressText } from "./address-text";
import type { Agent } from "./agent";
import { interfaceNameId, policyNameId } from "./encode";
import { exactLine } from "./json";
import { protocolName } from "./session-filter";
import { decode, sizeOf, type Decoded } from "./shm/decode";
import { fw_line_flag, fw_session_flag, fw_tcp_state_values } from "./shm/layout.gen";
import { activeProgram, pascal } from "./snapshot";

/** Of the one document; lines have no limit but the tables'. */
export const MAX_LIMIT = 100_000;

export interface SessionQuery {
  readonly limit: number;
  /** struct fw_session_filter. */
  readonly filter: Uint8Array;
  /** One object per line instead of one document. */
  readonly lines: boolean;
}

const SLOTS_PER_SLICE = 65_536;
const OUT_BYTES = 1 << 20;
const TICKS = 1024;

interface Names {
  readonly interfaces: ReadonlyMap<number, { readonly name: string; readonly zone: string }>;
  readonly policies: ReadonlyMap<bigint, string>;
  readonly rules: ReadonlyMap<number, string>;
}

interface Found {
  readonly matched: number;
  readonly sessions: readonly SessionView[];
}

/** Sessions that match, at most query.limit of them with their contents. Ends early when the worker does. */
async function* slices(agent: Agent, query: SessionQuery): AsyncGenerator<Found> {
  const worker = agent.supervisor.worker;
  const status = agent.workerStatus();
  const header = worker === null ? null : agent.view.header(worker);
  if (worker === null || status === null || header === null) return;
  const names = namesOf(activeProgram(agent));
  const nowNs = status.clock_ns + (process.hrtime.bigint() - status.heartbeat_ns);
  const nowTicks = Number(((nowNs * BigInt(TICKS)) / 1_000_000_000n) & 0xffff_ffffn);
  let left = query.limit;
  for (const family of [4, 6] as const) {
    const capacity = family === 4 ? header.sessions4_capacity : header.sessions6_capacity;
    const size = sizeOf(family === 4 ? "fw_session4" : "fw_session6");
    const room = Buffer.alloc(Math.floor(OUT_BYTES / size) * size);
    for (let cursor = 0; cursor < capacity;) {
      const file = agent.view.file(worker);
      if (file === null) return;
      const out = left === 0 ? room.subarray(0, 0) : room.subarray(0, Math.min(left * size, room.length));
      const slice = await file.sessions(family, query.filter, cursor, SLOTS_PER_SLICE, out);
      const count = out.length === 0 ? 0 : slice.matched;
      cursor = slice.cursor;
      left -= count;
      yield { matched: slice.matched, sessions: Array.from({ length: count }, (_, i) => view(room, i * size, family, names, nowTicks)) };
    }
  }
}

/** The answer in pieces of text. */
export async function* sessionText(agent: Agent, query: SessionQuery): AsyncGenerator<string> {
  let [matched, shown] = [0, 0];
  if (!query.lines) yield '{"sessions": [';
  for await (const found of slices(agent, query)) {
    matched += found.matched;
    if (found.sessions.length === 0) continue;
    const lines = found.sessions.map(exactLine);
    yield query.lines ? `${lines.join("\n")}\n` : `${shown === 0 ? "\n" : ",\n"}${lines.join(",\n")}`;
    shown += lines.length;
    if (query.lines && shown >= query.limit) return;
  }
  if (!query.lines) yield `],\n${exactLine({ total: total(agent), matched, shown }).slice(1)}\n`;
}

function total(agent: Agent): bigint {
  const worker = agent.supervisor.worker;
  const counters = worker === null ? null : agent.view.counters(worker);
  return (counters?.sessions4 ?? 0n) + (counters?.sessions6 ?? 0n);
}

export type SessionView = ReturnType<typeof describe>;
type Row = Decoded<"fw_session4"> | Decoded<"fw_session6">;

function namesOf(program: Program | null): Names {
  return {
    interfaces: new Map((program?.interfaces ?? []).map((i) => [interfaceNameId(i.name), { name: i.name, zone: program?.zones[i.zone]?.name ?? "" }])),
    policies: new Map((program?.policies ?? []).map((p) => [policyNameId(p.name), p.name])),
    rules: new Map([...(program?.nat.source ?? []), ...(program?.nat.destination ?? []), ...(program?.nat.static ?? [])].map((r) => [interfaceNameId(r.name), r.name])),
  };
}

function view(bytes: Uint8Array, at: number, family: 4 | 6, names: Names, nowTicks: number) {
  return describe(family === 4 ? decode("fw_session4", bytes, at) : decode("fw_session6", bytes, at), family, names, nowTicks);
}

function describe(row: Row, family: 4 | 6, names: Names, nowTicks: number) {
  const [out, back] = row.line as [Row["line"][number], Row["line"][number]];
  const { track, cold } = row;
  const packets = [packetsOf(out.packets, track.packets_high[0]), packetsOf(back.packets, track.packets_high[1])] as const;
  const lastSeen = [out.last_seen, back.last_seen].map((ticks) => (nowTicks - ticks) >>> 0).filter((age) => age < 0x8000_0000);
  const from = names.interfaces.get(cold.in_name_id);
  const to = names.interfaces.get(cold.out_name_id);
  return {
    id: cold.id,
    family: family === 4 ? "IPv4" : "IPv6",
    protocol: protocolName(out.protocol),
    state: out.protocol === 6 ? pascal(fw_tcp_state_values.find((v) => v.value === track.state)?.name ?? "unknown") : null,
    source: addressText(out.source),
    sourcePort: portOf(out.protocol, out.source_port_be),
    destination: addressText(out.destination),
    destinationPort: portOf(out.protocol, out.destination_port_be),
    fromInterface: from?.name ?? null,
    fromZone: from?.zone ?? null,
    toInterface: to?.name ?? null,
    toZone: to?.zone ?? null,
    host: (cold.flags & fw_session_flag.FW_SESSION_TO_HOST) !== 0 ? "To" : (cold.flags & fw_session_flag.FW_SESSION_FROM_HOST) !== 0 ? "From" : null,
    policy: cold.policy_name_id === 0n ? null : (names.policies.get(cold.policy_name_id) ?? null),
    nat: natOf(row, names),
    createdAt: new Date(Number(cold.created_at_ns / 1_000_000n)).toISOString(),
    ageSeconds: Math.max(0, Math.floor((Date.now() - Number(cold.created_at_ns / 1_000_000n)) / 1000)),
    idleSeconds: Math.floor(Math.min(...lastSeen, 0x7fff_ffff) / TICKS),
    timeoutSeconds: Math.round(track.timeout / TICKS),
    packets: packets[0] + packets[1],
    bytes: out.bytes + back.bytes,
    forward: { packets: packets[0], bytes: out.bytes },
    reverse: { packets: packets[1], bytes: back.bytes },
  };
}

/** What the responder sees, and the rules that made it so; null without translation. */
function natOf(row: Row, names: Names) {
  const [out, back] = row.line as [Row["line"][number], Row["line"][number]];
  if ((out.flags & fw_line_flag.FW_LINE_NAT) === 0) return null;
  const { nat_source_id: source, nat_destination_id: destination } = row.cold;
  return {
    source: addressText(back.destination),
    sourcePort: portOf(back.protocol, back.destination_port_be),
    destination: addressText(back.source),
    destinationPort: portOf(back.protocol, back.source_port_be),
    sourceRule: source === 0 ? null : (names.rules.get(source) ?? null),
    destinationRule: destination === 0 ? null : (names.rules.get(destination) ?? null),
  };
}

function packetsOf(low: number, high: number | undefined): bigint {
  return (BigInt(high ?? 0) << 32n) | BigInt(low);
}

/** null for protocols without ports; ICMP has its query identifier here. */
function portOf(protocol: number, portBe: number): number | null {
  return [1, 6, 17, 58, 132].includes(protocol) ? swap(portBe) : null;
}

function swap(value: number): number {
  return ((value & 0xff) << 8) | (value >> 8);
}
