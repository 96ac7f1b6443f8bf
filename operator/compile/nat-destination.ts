// SPDX-License-Identifier: Apache-2.0
// spec.nat.destination: what the destination of a connection becomes. The order is the order; the first match wins.
import type { DestinationNat } from "../../crds/index";
import type { NatDestinationRow, Range } from "../../program/program";
import { PROTOCOLS } from "./applications";
import { ascending, nameKinds, resolveNames } from "./names";
import { addressText, checkOuter, type Range4, rangeSize, rangeText, readPorts, readRange } from "./nat-addresses";
import { checkIpv4, type NatInput } from "./nat-source";

const NOWHERE: Range4 = { low: 0, high: 0 };

export function compileDestinationNat(input: NatInput): NatDestinationRow[] {
  const { scope, report } = input;
  const { zone, address } = nameKinds(scope);
  return scope.spec.nat.destination.map((rule, i): NatDestinationRow => {
    const path = `spec.nat.destination[${i}]`;
    const from = ascending(resolveNames(rule.from, `${path}.from`, zone, report));
    const sources = ascending(resolveNames(rule.sources, `${path}.sources`, address, report));
    checkIpv4(sources, `${path}.sources`, input);
    const outer = readRange(rule.address, `${path}.address`, report);
    if (outer !== undefined) checkOuter(outer, `${path}.address`, scope, report);
    const inner = readRange(rule.to.address, `${path}.to.address`, report);
    if (outer !== undefined && inner !== undefined) checkSizes(outer, inner, `${path}.to.address`, input);
    const ports = rule.port === undefined ? undefined : readPorts(rule.port, `${path}.port`, report);
    checkPorts(rule, ports, `${path}.to.port`, input);
    const { low, high } = outer ?? NOWHERE;
    const to = inner ?? NOWHERE;
    return {
      name: rule.name,
      from,
      sources,
      addresses: [addressText(low), addressText(high)],
      protocol: rule.protocol === undefined ? null : typeof rule.protocol === "number" ? rule.protocol : PROTOCOLS[rule.protocol]!,
      ports: ports ?? null,
      to: { address: addressText(to.low), port: rule.to.port ?? null, single: rangeSize(to) === 1 },
    };
  });
}

function checkSizes(outer: Range4, inner: Range4, path: string, { report }: NatInput): void {
  if (rangeSize(inner) === 1 || rangeSize(inner) === rangeSize(outer)) return;
  const message = `${rangeText(inner)} has ${rangeSize(inner)} addresses, but the rule translates ${rangeSize(outer)}; give one address, or as many.`;
  report.error("RangeMismatch", path, message);
}

/** The last port of the range must still be one. */
function checkPorts(rule: DestinationNat, ports: Range | undefined, path: string, { report }: NatInput): void {
  if (rule.to.port === undefined || ports === undefined) return;
  const last = rule.to.port + ports[1] - ports[0];
  if (last <= 65_535) return;
  const message = `Port ${ports[1]} would become ${last}, which is no port; write at most ${65_535 - (ports[1] - ports[0])}, or a smaller range in port.`;
  report.error("RangeMismatch", path, message);
}
