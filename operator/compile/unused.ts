// SPDX-License-Identifier: Apache-2.0
// Checks for objects that have no effect. A disabled policy counts as use: it is kept to be enabled again.
import type { CheckInput } from "./checks";
import { namesIn, natAddresses, natApplications, type Scope } from "./scope";

export function unusedPorts({ scope, report }: CheckInput): void {
  const used = new Set(scope.interfaces.items.map((i) => i.port));
  scope.ports.items.forEach((port, i) => {
    if (!used.has(port.name)) {
      report.warning("UnusedPort", `spec.dataplane.ports[${i}]`, `No interface uses the port ${port.name}; packets that it receives are dropped.`);
    }
  });
}

export function unusedZones({ scope, report }: CheckInput): void {
  const used = new Set(scope.interfaces.items.map((i) => i.zone));
  scope.zones.items.forEach((zone, i) => {
    if (!used.has(zone.name)) report.warning("UnusedZone", `spec.zones[${i}]`, `No interface is in the zone ${zone.name}, so no policy for it matches.`);
  });
}

export function unusedAddresses({ scope, report }: CheckInput): void {
  const used = addressesInUse(scope);
  scope.addresses.items.forEach((item, i) => {
    if (!used.has(item.name)) report.warning("UnusedAddress", `spec.addresses[${i}]`, `No policy and no NAT rule uses the address set ${item.name}.`);
  });
}

function addressesInUse(scope: Scope): Set<string> {
  const used = natAddresses(scope.spec, namesIn(scope.policies, (p) => [p.sources, p.destinations]));
  for (const name of used) for (const member of scope.addresses.get(name)?.members ?? []) used.add(member);
  return used;
}

export function unusedApplications({ scope, report }: CheckInput): void {
  const used = natApplications(scope.spec, namesIn(scope.policies, (p) => [p.applications]));
  scope.applications.items.forEach((item, i) => {
    if (!used.has(item.name)) report.warning("UnusedApplication", `spec.applications[${i}]`, `No policy and no NAT rule uses the application ${item.name}.`);
  });
}

export function ignoredTimeouts({ scope, report }: CheckInput): void {
  const used = natApplications(scope.spec, namesIn(scope.policies, (p) => [p.applications]));
  const permitted = namesIn(scope.policies.filter((p) => p.action === "Permit"), (p) => [p.applications]);
  scope.applications.items.forEach((item, i) => {
    if (item.timeout === undefined || permitted.has(item.name) || !used.has(item.name)) return;
    const message = `No policy that permits uses ${item.name}, so its timeout has no effect.`;
    report.warning("TimeoutIgnored", `spec.applications[${i}].timeout`, message);
  });
}

export function unusedPools({ scope, report }: CheckInput): void {
  const used = new Set(scope.spec.nat.source.map((rule) => rule.pool?.name));
  scope.pools.items.forEach(({ name }, i) => {
    if (!used.has(name)) report.warning("UnusedPool", `spec.nat.pools[${i}]`, `No source rule uses the pool ${name}.`);
  });
}

export function unusedSchedules({ scope, report }: CheckInput): void {
  const used = new Set(scope.policies.map((policy) => policy.schedule));
  scope.schedules.items.forEach(({ name }, i) => {
    if (!used.has(name)) report.warning("UnusedSchedule", `spec.schedules[${i}]`, `No policy uses the schedule ${name}.`);
  });
}

export function unusedVrfs({ scope, report }: CheckInput): void {
  const used = new Set(scope.links.map((link) => link.vrf));
  scope.vrfs.items.forEach(({ name, table }, i) => {
    if (!used.has(table)) report.warning("UnusedVrf", `spec.routing.vrfs[${i}]`, `No interface is in the VRF ${name}, so no packet takes its routes.`);
  });
}
