// SPDX-License-Identifier: Apache-2.0
// spec.nat: the four tables, and the warnings across them.
import { crc32c } from "../../program/crc32c";
import { FW_MAX_REFS } from "../../program/limits";
import { parseAddress } from "../../program/net";
import type { NatDestinationRow, NatRows, NatSourceRow, Program } from "../../program/program";
import type { CheckInput } from "./checks";
import { type Range4, rangeText } from "./nat-addresses";
import { compileDestinationNat } from "./nat-destination";
import { compilePools } from "./nat-pools";
import { compileSourceNat, type NatInput } from "./nat-source";
import { compileStaticNat } from "./nat-static";

export function compileNat(input: Omit<NatInput, "pools">): NatRows {
  const pools = compilePools(input.scope, input.report);
  const more = { ...input, pools };
  return {
    pools,
    source: compileSourceNat(more),
    destination: compileDestinationNat(more),
    static: compileStaticNat(input.scope, input.report),
  };
}

/** Sessions name a rule by the CRC-32C of its name. */
export function natIdCollisions({ scope, report }: CheckInput): void {
  const seen = new Map<number, string>();
  for (const list of ["source", "destination", "static"] as const) {
    scope.spec.nat[list].forEach(({ name }, i) => {
      const id = crc32c(new TextEncoder().encode(name));
      const first = seen.get(id) ?? (id === 0 ? "no rule at all" : undefined);
      if (first === undefined) seen.set(id, name);
      else if (first !== name) {
        report.error("NameCollision", `spec.nat.${list}[${i}].name`, `The name has the same identity (CRC-32C) as ${first}; choose another name.`);
      }
    });
  }
}

/** The lists of policies and rules share one section of the program. */
export function tooManyNames({ program, report }: CheckInput): void {
  const count = refsOf(program);
  if (count <= FW_MAX_REFS) return;
  const message = `The lists of all policies and NAT rules have ${count} names together; at most ${FW_MAX_REFS} fit. Put address sets into larger sets.`;
  report.error("LimitExceeded", "spec.policies", message);
}

function refsOf({ policies, nat }: Program): number {
  let count = 0;
  for (const p of policies) count += p.from.length + p.to.length + p.sources.length + p.destinations.length + p.applications.length;
  for (const r of nat.source) count += r.from.length + r.to.length + r.sources.length + r.destinations.length + r.applications.length;
  for (const r of nat.destination) count += r.from.length + r.sources.length;
  for (const r of nat.static) count += r.from.length;
  return count;
}

/** A list that holds another: the empty list is everything. */
function covers(outer: readonly number[], inner: readonly number[]): boolean {
  return outer.length === 0 || (inner.length > 0 && inner.every((item) => outer.includes(item)));
}

const word = (text: string): number => parseAddress(text)?.words[0] ?? 0;

function coversDestination(a: NatDestinationRow, b: NatDestinationRow): boolean {
  return (
    (a.protocol === null || a.protocol === b.protocol) &&
    (a.ports === null || (b.ports !== null && a.ports[0] <= b.ports[0] && a.ports[1] >= b.ports[1])) &&
    word(a.addresses[0]) <= word(b.addresses[0]) &&
    word(a.addresses[1]) >= word(b.addresses[1]) &&
    covers(a.from, b.from) &&
    covers(a.sources, b.sources)
  );
}

function coversSource(a: NatSourceRow, b: NatSourceRow): boolean {
  return (
    covers(a.from, b.from) &&
    covers(a.to, b.to) &&
    covers(a.sources, b.sources) &&
    covers(a.destinations, b.destinations) &&
    covers(a.applications, b.applications)
  );
}

/** An earlier rule matches everything that a later one would. */
export function shadowedNat({ program, report }: CheckInput): void {
  const look = <T extends { name: string }>(list: string, rows: readonly T[], cover: (a: T, b: T) => boolean): void => {
    rows.forEach((row, i) => {
      const first = rows.findIndex((earlier, k) => k >= i || cover(earlier, row));
      if (first >= i) return;
      const message = `The rule ${rows[first]!.name} before it matches everything that it would, so it never matches; move it up, or remove it.`;
      report.warning("ShadowedRule", `spec.nat.${list}[${i}]`, message);
    });
  };
  look("source", program.nat.source, coversSource);
  look("destination", program.nat.destination, coversDestination);
}

/** Without a protocol and port, nothing that is sent to the address reaches the firewall itself. */
export function takenAddresses({ scope, program, report }: CheckInput): void {
  const check = (range: Range4, path: string): void => {
    for (const link of scope.links) {
      const own = link.addresses.find(({ prefix }) => prefix.family === 4 && prefix.words[0] >= range.low && prefix.words[0] <= range.high);
      if (own === undefined) continue;
      const address: Range4 = { low: own.prefix.words[0], high: own.prefix.words[0] };
      const message = `${rangeText(address)} is the firewall's own address on ${link.name}; with this rule nothing from its zones reaches the firewall there.`;
      report.warning("AddressTaken", path, message);
      return;
    }
  };
  program.nat.destination.forEach((row, i) => {
    if (row.protocol === null) check({ low: word(row.addresses[0]), high: word(row.addresses[1]) }, `spec.nat.destination[${i}].address`);
  });
  for (const row of program.nat.static) {
    const low = word(row.external);
    const position = scope.spec.nat.static.findIndex((rule) => rule.name === row.name);
    check({ low, high: low + row.count - 1 }, `spec.nat.static[${position}].external`);
  }
}
