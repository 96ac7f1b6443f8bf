// SPDX-License-Identifier: Apache-2.0
// spec.zones: groups of interfaces, and what they may reach on the firewall itself.
import { fw_service_values } from "../../program/limits";
import type { ZoneRow } from "../../program/program";
import type { Report } from "./issue";
import { type Scope, suggestion, tableOf } from "./scope";

const BIT = new Map(fw_service_values.map((s) => [s.name, s.value]));

export function compileZones(scope: Scope, report: Report): ZoneRow[] {
  return scope.zones.sorted().map((position) => {
    const zone = scope.zones.items[position]!;
    const services = [...new Set<string>(zone.hostInbound.services)];
    checkVrf(zone.vrf, `spec.zones[${position}].vrf`, scope, report);
    return {
      name: zone.name,
      hostInbound: services.sort((a, b) => (BIT.get(a) ?? 0) - (BIT.get(b) ?? 0)),
      halfOpenLimit: zone.halfOpenLimit ?? 0,
      sourceCheck: zone.sourceCheck,
    };
  });
}

/** The name of a VRF where one may stand. */
export function checkVrf(name: string | undefined, path: string, scope: Scope, report: Report): void {
  if (tableOf(name, scope.vrfs) !== undefined) return;
  report.error("UnknownVrf", path, `There is no VRF "${name}" in routing.vrfs${suggestion(name ?? "", scope.vrfs, report) || "."}`);
}
