// SPDX-License-Identifier: Apache-2.0
// spec.zones: groups of interfaces, and what they may reach on the firewall itself.
import { fw_service_values } from "../../program/limits";
import type { ZoneRow } from "../../program/program";
import type { Scope } from "./scope";

const BIT = new Map(fw_service_values.map((s) => [s.name, s.value]));

export function compileZones(scope: Scope): ZoneRow[] {
  return scope.zones.sorted().map((position) => {
    const zone = scope.zones.items[position]!;
    const services = [...new Set<string>(zone.hostInbound.services)];
    return { name: zone.name, hostInbound: services.sort((a, b) => (BIT.get(a) ?? 0) - (BIT.get(b) ?? 0)), halfOpenLimit: 0, sourceCheck: "Off" };
  });
}
