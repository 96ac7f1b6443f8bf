// SPDX-License-Identifier: Apache-2.0
// The session tables for people: bounded pieces of the state file, filtered and named by the configuration.
import type { Program } from "../program/program";
import { activeProgram, pascal } from "./snapshot";
import type { Agent } from "./agent";
import { interfaceNameId, policyNameId } from "./encode";
import { decode, sizeOf, type Decoded } from "./shm/decode";
import { FW_SESSION_VALID, fw_session_flag, fw_tcp_state_values, structs } from "./shm/layout.gen";
import { addressText } from "./address-text";

export const MAX_LIMIT = 100_000;

export interface SessionQuery {
  readonly limit: number;
  readonly family?: 4 | 6;
  /** IP protocol number. */
  readonly protocol?: number;
  /** Canonical text; source or destination. */
  readonly address?: string;
  /** TCP or UDP port, source or destination. */
  readonly port?: number;
}

const PROTOCOLS: Readonly<Record<number, string>> = { 1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 132: "SCTP" };
const PIECE_BYTES = 1 << 20;
const TICKS = 1024;

interface Names {
  readonly interfaces: ReadonlyMap<number, { readonly name: string; readonly zone: string }>;
  readonly policies: ReadonlyMap<bigint, string>;
}

export function protocolName(number: number): string {
  return PROTOCOLS[number] ?? String(number);
}

/** Protocol number of a name or number; null: unknown. */
export function protocolNumber(text: string): number | null {
  const named = Object.entries(PROTOCOLS).find(([, name]) => name.toLowerCase() === text.toLowerCase());
  if (named !== undefined) return Number(named[0]);
  return /^[0-9]{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : null;
}

/** At most query.limit sessions, how many match in all, and how many there are. Yields to the event loop between pieces. */
export async function listSessions(agent: Agent, query: SessionQuery) {
  const worker = agent.supervisor.worker;
  const status = agent.workerStatus();
  const header = worker === null ? null : agent.view.header(worker);
  const items: SessionView[] = [];
  let matched = 0;
  if (worker === null || status === null || header === null) return null;
  const names = namesOf(activeProgram(agent));
  const nowNs = status.clock_ns + (process.hrtime.bigint() - status.heartbeat_ns);
  const nowTicks = Number((nowNs * BigInt(TICKS)) / 1_000_000_000n) >>> 0;
  for (const family of [4, 6] as const) {
    if (query.family !== undefined && query.family !== family) continue;
    const capacity = family === 4 ? header.sessions4_capacity : header.sessions6_capacity;
    const size = sizeOf(family === 4 ? "fw_session4" : "fw_session6");
    const step = Math.max(1, Math.floor(PIECE_BYTES / size));
    for (let first = 0; first < capacity; first += step) {
      const rows = agent.view.sessionRows(worker, family, first, Math.min(step, capacity - first));
      if (rows === null) return null;
      for (const at of validRows(rows, family)) {
        const row = family === 4 ? decode("fw_session4", rows, at) : decode("fw_session6", rows, at);
        if (!matches(row, query)) continue;
        matched += 1;
        if (items.length < query.limit) items.push(describe(row, family, names, nowTicks));
      }
      await new Promise((next) => setImmediate(next));
    }
  }
  const counters = agent.view.counters(worker);
  return { total: (counters?.sessions4 ?? 0n) + (counters?.sessions6 ?? 0n), matched, shown: items.length, sessions: items };
}

/** Byte offsets of committed rows. */
export function validRows(rows: Uint8Array, family: 4 | 6): number[] {
  const session = family === 4 ? structs.fw_session4 : structs.fw_session6;
  const valid = session.fields.cold.offset + structs.fw_session_cold.fields.valid.offset;
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  const found: number[] = [];
  for (let at = 0; at + session.size <= rows.byteLength; at += session.size)
    if (view.getUint32(at + valid, true) === FW_SESSION_VALID) found.push(at);
  return found;
}

export type SessionView = ReturnType<typeof describe>;
type Row = Decoded<"fw_session4"> | Decoded<"fw_session6">;

function matches(row: Row, query: SessionQuery): boolean {
  const line = row.line[0];
  if (line === undefined) return false;
  if (query.protocol !== undefined && line.protocol !== query.protocol) return false;
  if (query.port !== undefined && swap(line.source_port_be) !== query.port && swap(line.destination_port_be) !== query.port) return false;
  return query.address === undefined || addressText(line.source) === query.address || addressText(line.destination) === query.address;
}

function namesOf(program: Program | null): Names {
  return {
    interfaces: new Map((program?.interfaces ?? []).map((i) => [interfaceNameId(i.name), { name: i.name, zone: program?.zones[i.zone]?.name ?? "" }])),
    policies: new Map((program?.policies ?? []).map((p) => [policyNameId(p.name), p.name])),
  };
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
    createdAt: new Date(Number(cold.created_at_ns / 1_000_000n)).toISOString(),
    idleSeconds: Math.floor(Math.min(...lastSeen, 0x7fff_ffff) / TICKS),
    timeoutSeconds: Math.round(track.timeout / TICKS),
    packets: packets[0] + packets[1],
    bytes: out.bytes + back.bytes,
    forward: { packets: packets[0], bytes: out.bytes },
    reverse: { packets: packets[1], bytes: back.bytes },
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
