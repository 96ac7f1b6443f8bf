// SPDX-License-Identifier: Apache-2.0
// Which sessions are meant: options in words into the bytes of struct fw_session_filter. Wrong values name their option.
import { parsePrefix, type Family } from "../program/net";
import type { Program } from "../program/program";
import { FILTER_OPTIONS, type FilterOption } from "../program/session-options";
import { policyNameId } from "./encode";
import { writeScalar } from "./encode/fields";
import { fw_filter_nat, fw_session_filter, FW_ZONE_SELF } from "./shm/layout.gen";

export class FilterError extends Error {}

const ANY = 0xffff;
const PROTOCOLS: Readonly<Record<number, string>> = { 1: "ICMP", 6: "TCP", 17: "UDP", 47: "GRE", 50: "ESP", 58: "ICMPv6", 132: "SCTP" };
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

export function protocolName(number: number): string {
  return PROTOCOLS[number] ?? String(number);
}

/** Protocol number of a name or number; null: unknown. */
export function protocolNumber(text: string): number | null {
  const named = Object.entries(PROTOCOLS).find(([, name]) => name.toLowerCase() === text.toLowerCase());
  if (named !== undefined) return Number(named[0]);
  return /^[0-9]{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : null;
}

/** The filter, and whether it selects anything in particular. program gives zones their rows. */
export function sessionFilter(get: (option: FilterOption) => string | null, program: Program | null): { bytes: Uint8Array; any: boolean } {
  const filter = new Filter();
  for (const field of ["protocol", "from_zone", "to_zone", "either_zone"] as const) filter.put(field, BigInt(ANY));
  let any = true;
  for (const option of FILTER_OPTIONS) {
    const text = get(option);
    if (text === null) continue;
    TAKE[option](filter, text, program, `--${option}`);
    any = false;
  }
  filter.put("family", BigInt(filter.family));
  return { bytes: filter.bytes, any };
}

type Field = keyof typeof fw_session_filter.fields;
type Take = (filter: Filter, text: string, program: Program | null, option: string) => void;

class Filter {
  readonly bytes = new Uint8Array(fw_session_filter.size);
  family: Family | 0 = 0;

  put(field: Field, value: bigint): void {
    const { offset, type } = fw_session_filter.fields[field];
    writeScalar(this.bytes, offset, type, value);
  }

  prefix(field: "source" | "destination" | "either", text: string, option: string): void {
    const prefix = parsePrefix(text);
    if (prefix === undefined) throw new FilterError(`${option} must be an IP address or prefix, not "${text}"`);
    this.only(prefix.family, option);
    const view = new DataView(this.bytes.buffer, fw_session_filter.fields[field].offset, 16);
    prefix.words.forEach((word, i) => { view.setUint32(4 * i, word); });
    this.put(`${field}_length`, BigInt(prefix.length));
  }

  only(family: Family, option: string): void {
    if (this.family !== 0 && this.family !== family) throw new FilterError(`${option} is IPv${family}, but another option asks for IPv${this.family}`);
    this.family = family;
  }
}

const number = (field: Field, low: bigint, high: bigint): Take => (filter, text, _, option) => {
  if (!/^[0-9]{1,20}$/.test(text) || BigInt(text) < low || BigInt(text) > high) throw new FilterError(`${option} must be a number from ${low} to ${high}, not "${text}"`);
  filter.put(field, BigInt(text));
};
const prefix = (field: "source" | "destination" | "either"): Take => (filter, text, _, option) => { filter.prefix(field, text, option); };
const zone = (field: Field): Take => (filter, text, program, option) => {
  const row = text === "host" ? FW_ZONE_SELF : (program?.zones.findIndex((z) => z.name === text) ?? -1);
  if (row < 0) throw new FilterError(`${option}: there is no zone "${text}"`);
  filter.put(field, BigInt(row));
};
const age = (field: Field): Take => (filter, text, _, option) => {
  const parts = [...text.matchAll(/([0-9]{1,9})([smhd])/g)];
  const seconds = /^[0-9]{1,9}$/.test(text) ? Number(text) : parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (SECONDS[unit ?? ""] ?? 0), 0);
  if (!/^([0-9]{1,9}|([0-9]{1,9}[smhd])+)$/.test(text) || seconds < 1 || seconds > 0xffff_ffff)
    throw new FilterError(`${option} must be a time such as 30s, 5m or 1d, not "${text}"`);
  filter.put(field, BigInt(seconds));
};

const TAKE: Readonly<Record<FilterOption, Take>> = {
  family: (filter, text, _, option) => {
    if (text !== "4" && text !== "6") throw new FilterError(`${option} must be 4 or 6, not "${text}"`);
    filter.only(text === "4" ? 4 : 6, option);
  },
  protocol: (filter, text, _, option) => {
    const found = protocolNumber(text);
    if (found === null) throw new FilterError(`${option} must be TCP, UDP, ICMP, ICMPv6, GRE, ESP, SCTP or a number from 0 to 255, not "${text}"`);
    filter.put("protocol", BigInt(found));
  },
  address: prefix("either"),
  source: prefix("source"),
  destination: prefix("destination"),
  port: number("either_port", 1n, 65_535n),
  "source-port": number("source_port", 1n, 65_535n),
  "destination-port": number("destination_port", 1n, 65_535n),
  zone: zone("either_zone"),
  from: zone("from_zone"),
  to: zone("to_zone"),
  policy: (filter, text, program, option) => {
    if (program?.policies.some((p) => p.name === text) !== true) throw new FilterError(`${option}: there is no policy "${text}"`);
    filter.put("policy_name_id", policyNameId(text));
  },
  "older-than": age("older_than_s"),
  "younger-than": age("younger_than_s"),
  id: number("id", 1n, 0xffff_ffff_ffff_ffffn),
  nat: (filter, text, _, option) => {
    if (text !== "yes" && text !== "no") throw new FilterError(`${option} must be yes or no, not "${text}"`);
    filter.put("nat", BigInt(text === "yes" ? fw_filter_nat.FW_FILTER_NAT_TRANSLATED : fw_filter_nat.FW_FILTER_NAT_UNTRANSLATED));
  },
};
