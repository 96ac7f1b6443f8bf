// SPDX-License-Identifier: Apache-2.0
// One row of a session table as one line of JSON. A list has up to millions of them, so that a row is read where it lies and
// written as text at once, without values in between; session-json.test.ts holds it against the generic decoder.
import { addressText } from "./address-text";
import { protocolName } from "./session-filter";
import { fw_line4, fw_line6, fw_line_flag, fw_session4, fw_session6, fw_session_cold, fw_session_flag, fw_session_track, fw_tcp_state_values } from "./shm/layout.gen";

export const TICKS = 1024;

export interface Endpoint {
  readonly source: string;
  readonly sourcePort: number | null;
  readonly destination: string;
  readonly destinationPort: number | null;
}

/** What a line says. Integers that are too large for a number are strings once they are parsed. */
export interface SessionView extends Endpoint {
  readonly id: number | string;
  readonly family: "IPv4" | "IPv6";
  readonly protocol: string;
  readonly state: string | null;
  readonly fromInterface: string | null;
  readonly fromZone: string | null;
  readonly toInterface: string | null;
  readonly toZone: string | null;
  /** Which end the firewall itself is. */
  readonly host: "To" | "From" | null;
  readonly policy: string | null;
  /** What the responder sees, and the rules that made it so; null without translation. */
  readonly nat: (Endpoint & { readonly sourceRule: string | null; readonly destinationRule: string | null }) | null;
  readonly createdAt: string;
  readonly ageSeconds: number;
  readonly idleSeconds: number;
  readonly timeoutSeconds: number;
  readonly packets: number | string;
  readonly bytes: number | string;
  readonly forward: { readonly packets: number | string; readonly bytes: number | string };
  readonly reverse: { readonly packets: number | string; readonly bytes: number | string };
}

export interface SessionNames {
  readonly interfaces: ReadonlyMap<number, { readonly name: string; readonly zone: string }>;
  readonly policies: ReadonlyMap<bigint, string>;
  readonly rules: ReadonlyMap<number, string>;
}

/** When the rows were read. */
export interface Moment {
  /** Of the worker's clock. */
  readonly ticks: number;
  readonly ms: number;
}

const LINE = { 4: fw_line4, 6: fw_line6 } as const;
const SESSION = { 4: fw_session4.fields, 6: fw_session6.fields } as const;
const ADDRESS = { 4: 4, 6: 16 } as const;
const STATES = new Map<number, string>(fw_tcp_state_values.map(({ value, name }) => [value, JSON.stringify(words(name))]));
const WITH_PORTS = new Set([1, 6, 17, 58, 132]);
const { track: TRACK, cold: COLD } = { track: fw_session_track.fields, cold: fw_session_cold.fields };

/** "syn-sent" > "SynSent". */
function words(name: string): string {
  return name.replace(/(^|-)([a-z0-9])/g, (_, __, letter: string) => letter.toUpperCase());
}

const quoted = (text: string | undefined): string => (text === undefined ? "null" : JSON.stringify(text));

export class SessionWriter {
  readonly #moment: Moment;
  readonly #interfaces: ReadonlyMap<number, string>;
  readonly #outer: ReadonlyMap<number, string>;
  readonly #policies: ReadonlyMap<bigint, string>;
  readonly #rules: ReadonlyMap<number, string>;
  readonly #protocols = Array.from({ length: 256 }, (_, number) => JSON.stringify(protocolName(number)));
  /** Sessions are opened in bursts: the last date is often the next one too. */
  #date = { ms: -1, text: "" };

  constructor(names: SessionNames, moment: Moment) {
    this.#moment = moment;
    const of = (end: "from" | "to"): Map<number, string> => new Map([...names.interfaces].map(([id, { name, zone }]) => [id, `"${end}Interface":${quoted(name)},"${end}Zone":${quoted(zone)}`]));
    this.#interfaces = of("from");
    this.#outer = of("to");
    this.#policies = new Map([...names.policies].map(([id, name]) => [id, quoted(name)]));
    this.#rules = new Map([...names.rules].map(([id, name]) => [id, quoted(name)]));
  }

  /** The row at byte `at`, without a newline. */
  line(bytes: Uint8Array, view: DataView, at: number, family: 4 | 6): string {
    const { size, fields: line } = LINE[family];
    const [back, track, cold] = [at + size, at + SESSION[family].track.offset, at + SESSION[family].cold.offset];
    const protocol = view.getUint8(at + line.protocol.offset);
    const state = protocol === 6 ? (STATES.get(view.getUint8(track + TRACK.state.offset)) ?? '"Unknown"') : "null";
    const forward = this.#count(view, at, family, track + TRACK.packets_high.offset);
    const reverse = this.#count(view, back, family, track + TRACK.packets_high.offset + 2);
    const translated = (view.getUint8(at + line.flags.offset) & fw_line_flag.FW_LINE_NAT) !== 0;
    return `{"id":${wide(view, cold + COLD.id.offset)},"family":"IPv${family}","protocol":${this.#protocols[protocol] ?? ""},"state":${state},`
      + `${this.#ends(bytes, view, at, family, protocol)},${this.#place(view, cold)},`
      + `"nat":${translated ? this.#nat(bytes, view, back, family, cold) : "null"},${this.#times(view, at, back, family, track, cold)},`
      + `"packets":${sum(forward[0], reverse[0])},"bytes":${sum(forward[1], reverse[1])},`
      + `"forward":{"packets":${forward[0]},"bytes":${forward[1]}},"reverse":{"packets":${reverse[0]},"bytes":${reverse[1]}}}`;
  }

  #ends(bytes: Uint8Array, view: DataView, at: number, family: 4 | 6, protocol: number): string {
    const { source, destination, source_port_be, destination_port_be } = LINE[family].fields;
    const port = (offset: number): string => (WITH_PORTS.has(protocol) ? String(view.getUint16(at + offset)) : "null");
    return `"source":"${address(bytes, at + source.offset, family)}","sourcePort":${port(source_port_be.offset)},`
      + `"destination":"${address(bytes, at + destination.offset, family)}","destinationPort":${port(destination_port_be.offset)}`;
  }

  #place(view: DataView, cold: number): string {
    const flags = view.getUint32(cold + COLD.flags.offset, true);
    const host = (flags & fw_session_flag.FW_SESSION_TO_HOST) !== 0 ? '"To"' : (flags & fw_session_flag.FW_SESSION_FROM_HOST) !== 0 ? '"From"' : "null";
    const from = this.#interfaces.get(view.getUint32(cold + COLD.in_name_id.offset, true)) ?? '"fromInterface":null,"fromZone":null';
    const to = this.#outer.get(view.getUint32(cold + COLD.out_name_id.offset, true)) ?? '"toInterface":null,"toZone":null';
    return `${from},${to},"host":${host},"policy":${this.#policies.get(view.getBigUint64(cold + COLD.policy_name_id.offset, true)) ?? "null"}`;
  }

  /** back: the line of the answers, which sees the responder's side. */
  #nat(bytes: Uint8Array, view: DataView, back: number, family: 4 | 6, cold: number): string {
    const { source, destination, source_port_be, destination_port_be, protocol } = LINE[family].fields;
    const ports = WITH_PORTS.has(view.getUint8(back + protocol.offset));
    const port = (offset: number): string => (ports ? String(view.getUint16(back + offset)) : "null");
    const rule = (offset: number): string => this.#rules.get(view.getUint32(cold + offset, true)) ?? "null";
    return `{"source":"${address(bytes, back + destination.offset, family)}","sourcePort":${port(destination_port_be.offset)},`
      + `"destination":"${address(bytes, back + source.offset, family)}","destinationPort":${port(source_port_be.offset)},`
      + `"sourceRule":${rule(COLD.nat_source_id.offset)},"destinationRule":${rule(COLD.nat_destination_id.offset)}}`;
  }

  #times(view: DataView, at: number, back: number, family: 4 | 6, track: number, cold: number): string {
    const { last_seen } = LINE[family].fields;
    const created = milliseconds(view, cold + COLD.created_at_ns.offset);
    const idle = (line: number): number => {
      const age = (this.#moment.ticks - view.getUint32(line + last_seen.offset, true)) >>> 0;
      return age < 0x8000_0000 ? age : 0x7fff_ffff; // touched since the clock was read
    };
    const age = Math.max(0, Math.floor((this.#moment.ms - created) / 1000));
    return `"createdAt":"${this.#isoDate(created)}","ageSeconds":${age},"idleSeconds":${Math.floor(Math.min(idle(at), idle(back)) / TICKS)},`
      + `"timeoutSeconds":${Math.round(view.getUint32(track + TRACK.timeout.offset, true) / TICKS)}`;
  }

  #isoDate(ms: number): string {
    if (ms !== this.#date.ms) this.#date = { ms, text: new Date(ms).toISOString() };
    return this.#date.text;
  }

  #count(view: DataView, line: number, family: 4 | 6, high: number): readonly [string, string] {
    const { packets, bytes } = LINE[family].fields;
    return [String(view.getUint16(high, true) * 2 ** 32 + view.getUint32(line + packets.offset, true)), wide(view, line + bytes.offset)];
  }
}

function address(bytes: Uint8Array, at: number, family: 4 | 6): string {
  return family === 4 ? `${bytes[at] ?? 0}.${bytes[at + 1] ?? 0}.${bytes[at + 2] ?? 0}.${bytes[at + 3] ?? 0}` : addressText(bytes.subarray(at, at + ADDRESS[family]));
}

/** All digits of 64 bits. */
function wide(view: DataView, at: number): string {
  const high = view.getUint32(at + 4, true);
  return high < 0x20_0000 ? String(high * 2 ** 32 + view.getUint32(at, true)) : String(view.getBigUint64(at, true));
}

/** Of nanoseconds, exactly: 2^32 is 4294 million and 967296. */
function milliseconds(view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true);
  return high * 4294 + Math.floor((high * 967_296 + view.getUint32(at, true)) / 1e6);
}

function sum(a: string, b: string): string {
  const [x, y] = [Number(a), Number(b)];
  return Number.isSafeInteger(x) && Number.isSafeInteger(y) && Number.isSafeInteger(x + y) ? String(x + y) : String(BigInt(a) + BigInt(b));
}
