// SPDX-License-Identifier: Apache-2.0
// spec.interfaces: a port, perhaps a VLAN of it, with a zone and addresses.
import { FW_MAX_INTERFACE_ADDRESSES } from "../../program/limits";
import {
  type Address,
  formatAddress,
  formatPrefix,
  isLoopback,
  isMulticast,
  isReserved,
  isUnspecified,
  lastAddress,
  network,
  type Prefix,
  sameAddress,
} from "../../program/net";
import type { InterfaceRow } from "../../program/program";
import type { Report } from "./issue";
import { type Link, type Scope, suggestion } from "./scope";
import { checkVrf } from "./zones";

export function compileInterfaces(scope: Scope, report: Report): InterfaceRow[] {
  checkCount(scope, report);
  return scope.links.map((link) => {
    const item = scope.interfaces.items[link.position]!;
    checkVrf(item.vrf, `spec.interfaces[${link.position}].vrf`, scope, report);
    return {
      name: item.name,
      port: portOf(item.port, link, scope, report),
      zone: zoneOf(item.zone, link, scope, report),
      vlan: item.vlan ?? 0,
      vrf: link.vrf,
      addresses: link.addresses.map(({ prefix, path }) => {
        checkAddress(prefix, path, report);
        return formatPrefix(prefix);
      }),
    };
  });
}

function checkCount(scope: Scope, report: Report): void {
  let count = 0;
  scope.interfaces.items.forEach((item, i) => {
    const before = count;
    count += item.addresses.length;
    if (before > FW_MAX_INTERFACE_ADDRESSES || count <= FW_MAX_INTERFACE_ADDRESSES) return;
    const message = `All interfaces together may have ${FW_MAX_INTERFACE_ADDRESSES} addresses; with this one they have more.`;
    report.error("LimitExceeded", `spec.interfaces[${i}].addresses`, message);
  });
}

function portOf(name: string, link: Link, scope: Scope, report: Report): number {
  const row = scope.ports.row(name);
  if (row !== undefined) return row;
  const hint = suggestion(name, scope.ports, report);
  report.error("UnknownPort", `spec.interfaces[${link.position}].port`, `There is no port "${name}" in dataplane.ports${hint || "."}`);
  return 0;
}

function zoneOf(name: string, link: Link, scope: Scope, report: Report): number {
  const row = scope.zones.row(name);
  if (row !== undefined) return row;
  const hint = suggestion(name, scope.zones, report);
  report.error("UnknownZone", `spec.interfaces[${link.position}].zone`, `There is no zone "${name}" in zones${hint || "."}`);
  return 0;
}

function checkAddress(prefix: Prefix, path: string, report: Report): void {
  const what = hostFault(prefix) ?? edgeFault(prefix, prefix);
  const text = formatPrefix(prefix);
  if (prefix.length === 0) {
    report.error("InvalidAddress", path, `${text} would make every address a neighbor; give the prefix length of the network.`);
  } else if (what !== undefined) {
    report.error("InvalidAddress", path, `${formatAddress(prefix)} in ${text} is ${what}; give the interface an address of a host.`);
  }
}

/** Why an address can be no host's at all. */
export function hostFault(address: Address): string | undefined {
  if (isUnspecified(address)) return "the unspecified address";
  if (isMulticast(address)) return "a multicast address";
  if (isLoopback(address)) return "a loopback address";
  if (address.family === 4 && address.words[0] === 0xffffffff) return "the limited broadcast address";
  return isReserved(address) ? "a reserved address" : undefined;
}

/** Why an address can be no host's in this network: its first or last address. */
export function edgeFault(address: Address, link: Prefix): string | undefined {
  const bits = link.family === 4 ? 32 : 128;
  if (link.length >= bits - 1) return undefined;
  if (sameAddress(address, network(link, link.length))) return `the address of the network ${formatPrefix(network(link, link.length))} itself`;
  if (link.family === 4 && sameAddress(address, lastAddress(link))) return `the broadcast address of ${formatPrefix(network(link, link.length))}`;
  return undefined;
}
