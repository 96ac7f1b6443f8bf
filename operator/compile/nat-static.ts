// SPDX-License-Identifier: Apache-2.0
// spec.nat.static: addresses that stand for each other, one to one.
import type { NatStaticRow } from "../../program/program";
import type { Report } from "./issue";
import { ascending, nameKinds, resolveNames } from "./names";
import { addressText, checkOuter, type Range4, rangeSize, rangesMeet, rangeText, readRange } from "./nat-addresses";
import type { Scope } from "./scope";

interface Pair {
  readonly name: string;
  readonly path: string;
  readonly from: readonly number[];
  readonly external: Range4;
  readonly internal: Range4;
}

/** By name: the order has no meaning, because no two rules meet. */
export function compileStaticNat(scope: Scope, report: Report): NatStaticRow[] {
  const { zone } = nameKinds(scope);
  const pairs = scope.spec.nat.static.flatMap((rule, i): Pair[] => {
    const path = `spec.nat.static[${i}]`;
    const from = ascending(resolveNames(rule.from, `${path}.from`, zone, report));
    const external = readRange(rule.external, `${path}.external`, report);
    const internal = readRange(rule.internal, `${path}.internal`, report);
    if (external === undefined || internal === undefined) return [];
    checkOuter(external, `${path}.external`, scope, report);
    if (rangeSize(external) !== rangeSize(internal)) {
      const message = `${rangeText(internal)} has ${rangeSize(internal)} addresses, but external has ${rangeSize(external)}; give as many of both.`;
      report.error("RangeMismatch", `${path}.internal`, message);
    }
    return [{ name: rule.name, path, from, external, internal }];
  });
  checkCollisions(pairs, "external", report);
  checkCollisions(pairs, "internal", report);
  return pairs
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, from, external, internal }) => ({
      name,
      from: [...from],
      external: addressText(external.low),
      internal: addressText(internal.low),
      count: rangeSize(external),
    }));
}

/** No address stands in two rules of one zone. */
function checkCollisions(pairs: readonly Pair[], side: "external" | "internal", report: Report): void {
  const order = [...pairs].sort((a, b) => a[side].low - b[side].low || a[side].high - b[side].high);
  order.forEach((pair, i) => {
    for (let k = i + 1; k < order.length && order[k]![side].low <= pair[side].high; k++) {
      const other = order[k]!;
      if (!rangesMeet(pair[side], other[side]) || !zonesMeet(pair.from, other.from)) continue;
      const [first, second] = pairs.indexOf(pair) < pairs.indexOf(other) ? [pair, other] : [other, pair];
      const message = `${rangeText(second[side])} overlaps ${rangeText(first[side])} of the rule ${first.name}; give each rule addresses of its own.`;
      report.error("OverlappingStatic", `${second.path}.${side}`, message);
      return;
    }
  });
}

/** No zone is every zone. */
export function zonesMeet(a: readonly number[], b: readonly number[]): boolean {
  return a.length === 0 || b.length === 0 || a.some((zone) => b.includes(zone));
}
