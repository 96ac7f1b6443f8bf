// SPDX-License-Identifier: Apache-2.0
// What the tables and checks look things up in: names, parsed addresses, use by policies. Built once, then read only.
import type { Address, Application, FirewallConfigSpec, Interface, NatPool, Policy, Port, Schedule, Vrf, Zone } from "../../crds/index";
import { MAIN_VRF, nearest } from "../../crds/index";
import { type Prefix, parsePrefix } from "../../program/net";
import type { Report } from "./issue";

/** The word that stands for everything. */
export const ANY = "any";

/** A list whose items have names. Rows of the program are sorted by name: the order of the list has no meaning. */
export class Named<T extends { name: string }> {
  readonly items: readonly T[];
  /** Path of the list. */
  readonly path: string;
  readonly #position = new Map<string, number>();
  #rows: ReadonlyMap<string, number> | undefined;

  constructor(path: string, items: readonly T[]) {
    this.path = path;
    this.items = items;
    items.forEach((item, i) => {
      if (!this.#position.has(item.name)) this.#position.set(item.name, i);
    });
  }

  has(name: string): boolean {
    return this.#position.has(name);
  }

  get(name: string): T | undefined {
    const position = this.#position.get(name);
    return position === undefined ? undefined : this.items[position];
  }

  /** Position in the list as written; -1: none. */
  position(name: string): number {
    return this.#position.get(name) ?? -1;
  }

  names(): string[] {
    return [...this.#position.keys()];
  }

  /** Positions in the order of the names. */
  sorted(): number[] {
    return [...this.#position].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, position]) => position);
  }

  /** Row in the program when the program holds every item. */
  row(name: string): number | undefined {
    this.#rows ??= rowsOf(this.names());
    return this.#rows.get(name);
  }

  at(name: string): string {
    return `${this.path}[${this.position(name)}]`;
  }
}

/** Rows of a set of names: their order. */
export function rowsOf(names: Iterable<string>): ReadonlyMap<string, number> {
  return new Map([...names].sort().map((name, row) => [name, row]));
}

/** An interface with its addresses parsed; those that cannot be parsed are left out. */
export interface Link {
  readonly name: string;
  readonly position: number;
  /** Table of its VRF; 0: the main table, or a VRF that there is not. */
  readonly vrf: number;
  readonly addresses: readonly { readonly prefix: Prefix; readonly path: string }[];
}

export interface Scope {
  readonly spec: FirewallConfigSpec;
  readonly ports: Named<Port>;
  readonly zones: Named<Zone>;
  readonly interfaces: Named<Interface>;
  readonly addresses: Named<Address>;
  readonly applications: Named<Application>;
  readonly schedules: Named<Schedule>;
  readonly pools: Named<NatPool>;
  readonly vrfs: Named<Vrf>;
  readonly policies: readonly Policy[];
  /** Interfaces in the order of their rows. */
  readonly links: readonly Link[];
  /** Rows of the address sets and applications that an enabled policy or a NAT rule names; others are not in the program. */
  readonly addressRows: ReadonlyMap<string, number>;
  readonly applicationRows: ReadonlyMap<string, number>;
}

export function makeScope(spec: FirewallConfigSpec): Scope {
  const interfaces = new Named("spec.interfaces", spec.interfaces);
  const addresses = new Named("spec.addresses", spec.addresses);
  const applications = new Named("spec.applications", spec.applications);
  const inForce = spec.policies.filter((p) => p.enabled);
  const usedAddresses = natAddresses(spec, namesIn(inForce, (p) => [p.sources, p.destinations]));
  const usedApplications = natApplications(spec, namesIn(inForce, (p) => [p.applications]));
  const zones = new Named("spec.zones", spec.zones);
  const vrfs = new Named("spec.routing.vrfs", spec.routing.vrfs);
  return {
    spec,
    ports: new Named("spec.dataplane.ports", spec.dataplane.ports),
    zones,
    interfaces,
    addresses,
    applications,
    schedules: new Named("spec.schedules", spec.schedules),
    pools: new Named("spec.nat.pools", spec.nat.pools),
    vrfs,
    policies: spec.policies,
    links: interfaces.sorted().map((position) => {
      const item = spec.interfaces[position]!;
      return makeLink(item, position, tableOf(item.vrf ?? zones.get(item.zone)?.vrf, vrfs) ?? 0);
    }),
    addressRows: rowsOf([...usedAddresses].filter((name) => addresses.has(name))),
    applicationRows: rowsOf([...usedApplications].filter((name) => applications.has(name))),
  };
}

/** The names in lists of policies. */
export function namesIn(policies: readonly Policy[], lists: (policy: Policy) => readonly (readonly string[])[]): Set<string> {
  const names = new Set<string>();
  for (const policy of policies) for (const list of lists(policy)) for (const name of list) names.add(name);
  return names;
}

/** Adds the address sets that NAT rules name. */
export function natAddresses({ nat }: FirewallConfigSpec, names: Set<string>): Set<string> {
  for (const rule of nat.source) for (const list of [rule.sources, rule.destinations]) for (const name of list) names.add(name);
  for (const rule of nat.destination) for (const name of rule.sources) names.add(name);
  return names;
}

/** Adds the applications that NAT rules name. */
export function natApplications({ nat }: FirewallConfigSpec, names: Set<string>): Set<string> {
  for (const rule of nat.source) for (const name of rule.applications) names.add(name);
  return names;
}

/** Table id of a VRF by name; undefined: there is none. */
export function tableOf(name: string | undefined, vrfs: Named<Vrf>): number | undefined {
  return name === undefined || name === MAIN_VRF ? 0 : vrfs.get(name)?.table;
}

function makeLink(item: Interface, position: number, vrf: number): Link {
  const addresses = item.addresses.flatMap((text, i) => {
    const prefix = parsePrefix(text);
    return prefix === undefined ? [] : [{ prefix, path: `spec.interfaces[${position}].addresses[${i}]` }];
  });
  return { name: item.name, position, vrf, addresses };
}

/** ": did you mean lan0?", or nothing. Only for the first errors, since it looks at every name. */
export function suggestion<T extends { name: string }>(name: string, known: Named<T>, report: Report): string {
  if (report.errors > 20) return "";
  const near = nearest(name, known.names());
  return near === undefined ? "" : `; did you mean ${near}?`;
}
