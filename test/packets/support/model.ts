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

export class Model {
  readonly #policies: readonly Policy[];
  readonly #sets: ReadonlyMap<string, Spec["addresses"][number]>;
  readonly #applications: ReadonlyMap<string, Spec["applications"][number]>;

  constructor(spec: Spec) {
    this.#policies = spec.policies.filter((p) => p.enabled);
    this.#sets = new Map(spec.addresses.map((s) => [s.name, s]));
    this.#applications = new Map(spec.applications.map((a) => [a.name, a]));
  }

  firstMatch(c: Connection): Policy | undefined {
    return this.#policies.find((p) => this.#matches(p, c));
  }

  #matches(p: Policy, c: Connection): boolean {
    const zone = (list: string[], name: string): boolean => list.length === 0 || list.includes(name);
    const address = (list: string[], negated: boolean, text: string): boolean =>
      list.length === 0 || list.some((name) => this.#holds(name, text)) !== negated;
    return (
      zone(p.from, c.from) &&
      zone(p.to, c.to) &&
      (p.applications.length === 0 || p.applications.some((name) => this.#isApplication(name, c))) &&
      address(p.sources, p.sourcesNegated, c.source) &&
      address(p.destinations, p.destinationsNegated, c.destination)
    );
  }

  #holds(name: string, address: string): boolean {
    const set = this.#sets.get(name);
    return (
      (set?.prefixes ?? []).some((prefix) => inPrefix(prefix, address)) ||
      (set?.members ?? []).some((member) => this.#holds(member, address))
    );
  }

  #isApplication(name: string, c: Connection): boolean {
    const a = this.#applications.get(name);
    if (a === undefined || PROTOCOLS[a.protocol] !== c.protocol) return false;
    const port = (list: string[] | undefined, value: number): boolean =>
      list === undefined || list.some((text) => inRange(text, value));
    const icmp = a.icmp === undefined || a.icmp.some((i) => i.type === c.type && (i.code ?? c.code) === c.code);
    return port(a.sourcePorts, c.sourcePort) && port(a.destinationPorts, c.destinationPort) && icmp;
  }
}

function inPrefix(prefix: string, address: string): boolean {
  const [text = "", length = ""] = prefix.split("/");
  const bits = (a: string): string => [...parseAddress(a)].map((b) => b.toString(2).padStart(8, "0")).join("");
  return parseAddress(text).length === parseAddress(address).length && bits(address).startsWith(bits(text).slice(0, Number(length)));
}

function inRange(text: string, value: number): boolean {
  const [low = 0, high = low] = text.split("-").map(Number);
  return low <= value && value <= high;
}
