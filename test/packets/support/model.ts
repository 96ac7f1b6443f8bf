// SPDX-License-Identifier: Apache-2.0
// What a configuration means, told as plainly as possible: which policy a new connection meets. Reads what a person wrote,
// and shares no code with the compiler or the worker.
import { parseAddress } from "./address";

/** The parts of spec that decide; names as written. */
export interface Spec {
  readonly addresses: readonly { name: string; prefixes?: string[]; members?: string[] }[];
  readonly applications: readonly {
    name: string;
    protocol: string;
    sourcePorts?: string[];
    destinationPorts?: string[];
    icmp?: { type: number; code?: number }[];
  }[];
  readonly policies: readonly Policy[];
}

export interface Policy {
  readonly name: string;
  readonly from: string[];
  readonly to: string[];
  readonly sources: string[];
  readonly sourcesNegated: boolean;
  readonly destinations: string[];
  readonly destinationsNegated: boolean;
  readonly applications: string[];
  readonly action: "Permit" | "Deny" | "Reject";
  readonly enabled: boolean;
}

export interface Connection {
  readonly from: string;
  readonly to: string;
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** ICMP only. */
  readonly type?: number;
  readonly code?: number;
}

const PROTOCOLS: Readonly<Record<string, number>> = { TCP: 6, UDP: 17, ICMP: 1, ICMPv6: 58 };

export function firstMatch(spec: Spec, c: Connection): Policy | undefined {
  return spec.policies.find((p) => p.enabled && matches(spec, p, c));
}

function matches(spec: Spec, p: Policy, c: Connection): boolean {
  const zone = (list: string[], name: string): boolean => list.length === 0 || list.includes(name);
  const address = (list: string[], negated: boolean, text: string): boolean =>
    list.length === 0 || list.some((name) => holds(spec, name, text)) !== negated;
  return (
    zone(p.from, c.from) &&
    zone(p.to, c.to) &&
    address(p.sources, p.sourcesNegated, c.source) &&
    address(p.destinations, p.destinationsNegated, c.destination) &&
    (p.applications.length === 0 || p.applications.some((name) => isApplication(spec, name, c)))
  );
}

function holds(spec: Spec, name: string, address: string): boolean {
  const set = spec.addresses.find((s) => s.name === name);
  return (
    (set?.prefixes ?? []).some((prefix) => inPrefix(prefix, address)) ||
    (set?.members ?? []).some((member) => holds(spec, member, address))
  );
}

function inPrefix(prefix: string, address: string): boolean {
  const [text = "", length = ""] = prefix.split("/");
  const bits = (a: string): string => [...parseAddress(a)].map((b) => b.toString(2).padStart(8, "0")).join("");
  return parseAddress(text).length === parseAddress(address).length && bits(address).startsWith(bits(text).slice(0, Number(length)));
}

function isApplication(spec: Spec, name: string, c: Connection): boolean {
  const a = spec.applications.find((x) => x.name === name);
  if (a === undefined || PROTOCOLS[a.protocol] !== c.protocol) return false;
  const port = (list: string[] | undefined, value: number): boolean =>
    list === undefined || list.some((text) => inRange(text, value));
  const icmp = a.icmp === undefined || a.icmp.some((i) => i.type === c.type && (i.code ?? c.code) === c.code);
  return port(a.sourcePorts, c.sourcePort) && port(a.destinationPorts, c.destinationPort) && icmp;
}

function inRange(text: string, value: number): boolean {
  const [low = 0, high = low] = text.split("-").map(Number);
  return low <= value && value <= high;
}
