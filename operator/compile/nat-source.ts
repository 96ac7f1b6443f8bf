// SPDX-License-Identifier: Apache-2.0
// spec.nat.source: what the source of a connection becomes. The order is the order; the first match wins.
import { durationMs, type SourceNat } from "../../crds/index";
import type { ApplicationRow, Index, NatPoolRow, NatSourceRow, Range } from "../../program/program";
import type { AddressTable } from "./addresses";
import { ICMPV6 } from "./applications";
import type { Report } from "./issue";
import { ascending, type NameKind, nameKinds, resolveName, resolveNames } from "./names";
import { readPorts } from "./nat-addresses";
import type { Scope } from "./scope";

export interface NatInput {
  readonly scope: Scope;
  readonly addresses: AddressTable;
  readonly applications: readonly ApplicationRow[];
  readonly pools: readonly NatPoolRow[];
  readonly report: Report;
}

const NO_PORTS: Range = [0, 0];

export function compileSourceNat(input: NatInput): NatSourceRow[] {
  const { scope, report } = input;
  const { zone, address, application } = nameKinds(scope);
  return scope.spec.nat.source.map((rule, i): NatSourceRow => {
    const path = `spec.nat.source[${i}]`;
    const list = (kind: NameKind, field: "from" | "to" | "sources" | "destinations" | "applications"): Index[] =>
      ascending(resolveNames(rule[field], `${path}.${field}`, kind, report));
    const row = {
      name: rule.name,
      from: list(zone, "from"),
      to: list(zone, "to"),
      sources: list(address, "sources"),
      destinations: list(address, "destinations"),
      applications: list(application, "applications"),
      ...target(rule, path, input),
    };
    checkIpv4(row.sources, `${path}.sources`, input);
    checkIpv4(row.destinations, `${path}.destinations`, input);
    checkApplications(row.applications, `${path}.applications`, input);
    return row;
  });
}

type Target = Pick<NatSourceRow, "kind" | "pool" | "ports" | "persistent">;

function target(rule: SourceNat, path: string, { scope, pools, report }: NatInput): Target {
  if (rule.off !== undefined) return { kind: "off", pool: null, ports: NO_PORTS, persistent: null };
  const persistent = rule.persistent && {
    filtering: rule.persistent.filtering,
    timeoutSeconds: Math.floor(durationMs(rule.persistent.timeout) / 1000),
  };
  if (rule.interface !== undefined) {
    const ports = readPorts(rule.interface.ports, `${path}.interface.ports`, report) ?? NO_PORTS;
    return { kind: "interface", pool: null, ports, persistent: persistent ?? null };
  }
  const pool = resolveName(rule.pool?.name ?? "", scope.pools, "UnknownPool", "pool", `${path}.pool.name`, report);
  if (persistent !== undefined && pool !== null && pools[pool]?.blocks) {
    const message = `The pool ${rule.pool?.name} has fixed blocks of ports, which keep no bindings; leave persistent out, or use a pool without portBlocks.`;
    report.error("InvalidCombination", `${path}.persistent`, message);
  }
  return { kind: "pool", pool, ports: NO_PORTS, persistent: persistent ?? null };
}

/** A list that names IPv6 alone would never match. */
export function checkIpv4(sets: readonly Index[], path: string, { addresses, report }: Pick<NatInput, "addresses" | "report">): void {
  if (sets.length === 0 || addresses.prefixes.length === 0) return;
  if (sets.some((set) => addresses.prefixes[set]?.some((prefix) => prefix.family === 4))) return;
  report.error("Ipv4Only", path, "NAT translates IPv4 only, but these address sets hold no IPv4 address; name other sets, or remove the rule.");
}

function checkApplications(rows: readonly Index[], path: string, { applications, report }: NatInput): void {
  if (rows.length === 0 || rows.some((row) => applications[row]?.protocol !== ICMPV6)) return;
  report.error("Ipv4Only", path, "NAT translates IPv4 only, but these applications are ICMPv6; name other applications, or remove the rule.");
}
