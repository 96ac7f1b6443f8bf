// SPDX-License-Identifier: Apache-2.0
// spec.routing: static routes and neighbors.
import type { Neighbor, StaticRoute } from "../../crds/index";
import { FW_MAX_NEIGHBORS, FW_MAX_NEXT_HOPS, FW_MAX_ROUTES } from "../../program/limits";
import {
  type Address,
  comparePrefix,
  contains,
  formatAddress,
  formatMac,
  formatPrefix,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isNetwork,
  network,
  type Prefix,
  parseAddress,
  parseMac,
  parsePrefix,
  sameAddress,
} from "../../program/net";
import type { Index, NeighborRow, RouteRow, RouteType } from "../../program/program";
import { hostBits } from "./addresses";
import { edgeFault, hostFault } from "./interfaces";
import type { Report } from "./issue";
import { type Link, type Scope, suggestion, tableOf } from "./scope";
import { checkVrf } from "./zones";

const ROUTE_TYPES: Readonly<Record<StaticRoute["type"], RouteType>> = {
  Unicast: "unicast",
  Blackhole: "blackhole",
  Unreachable: "unreachable",
  Prohibit: "prohibit",
};

export function compileRoutes(scope: Scope, report: Report): RouteRow[] {
  const seen = new Map<string, number>();
  const rows: { prefix: Prefix; row: RouteRow }[] = [];
  scope.spec.routing.static.forEach((route, i) => {
    const path = `spec.routing.static[${i}]`;
    const prefix = parsePrefix(route.prefix);
    if (prefix === undefined || !checkDestination(prefix, `${path}.prefix`, report)) return;
    checkVrf(route.vrf, `${path}.vrf`, scope, report);
    const vrf = tableOf(route.vrf, scope.vrfs) ?? 0;
    const text = formatPrefix(prefix);
    const first = seen.get(`${vrf} ${text}`);
    if (first !== undefined) {
      const message = `routing.static[${first}] leads to ${text} already; put all gateways into its via.`;
      report.error("DuplicateRoute", `${path}.prefix`, message);
    } else seen.set(`${vrf} ${text}`, i);
    rows.push({ prefix, row: { prefix: text, vrf, type: ROUTE_TYPES[route.type], nextHops: nextHops(route, prefix, vrf, path, scope, report) } });
  });
  limit(rows.length, FW_MAX_ROUTES, "routes", "spec.routing.static", report);
  limit(rows.reduce((sum, r) => sum + r.row.nextHops.length, 0), FW_MAX_NEXT_HOPS, "gateways", "spec.routing.static", report);
  return rows.sort((a, b) => a.row.vrf - b.row.vrf || comparePrefix(a.prefix, b.prefix)).map((r) => r.row);
}

function limit(have: number, most: number, what: string, path: string, report: Report): void {
  if (have > most) report.error("LimitExceeded", path, `There are ${have} ${what}; at most ${most} fit.`);
}

function checkDestination(prefix: Prefix, path: string, report: Report): boolean {
  if (!isNetwork(prefix)) {
    report.error("HostBitsSet", path, hostBits(prefix));
    return false;
  }
  const linkLocal = prefix.family === 6 && isLinkLocal(prefix) && prefix.length >= 10;
  const multicast = isMulticast(prefix) && prefix.length >= (prefix.family === 4 ? 4 : 8);
  const loopback = isLoopback(prefix) && prefix.length >= 8;
  if (!linkLocal && !multicast && !loopback) return true;
  const what = linkLocal ? "link-local" : multicast ? "multicast" : "loopback";
  report.error("InvalidPrefix", path, `${formatPrefix(prefix)} holds ${what} addresses, which are never routed; remove the route.`);
  return false;
}

function nextHops(route: StaticRoute, prefix: Prefix, vrf: number, path: string, scope: Scope, report: Report): RouteRow["nextHops"] {
  const named = route.interface === undefined ? undefined : findLink(route.interface, `${path}.interface`, scope, report);
  if (route.interface !== undefined && named === undefined) return [];
  const hops = new Map<string, Index>();
  const links = named === undefined ? scope.links.filter((link) => link.vrf === vrf) : [named];
  route.via?.forEach((text, i) => {
    const gateway = parseAddress(text);
    if (gateway === undefined) return;
    const row = checkGateway(gateway, prefix, named, links, `${path}.via[${i}]`, scope, report);
    if (row === undefined) return;
    const canonical = formatAddress(gateway);
    if (hops.has(canonical)) report.error("Duplicate", `${path}.via[${i}]`, `The gateway ${canonical} stands there twice; remove one.`);
    hops.set(canonical, row);
  });
  return [...hops]
    .map(([gateway, row]) => ({ gateway, interface: row, address: parseAddress(gateway)! }))
    .sort((a, b) => comparePrefix({ ...a.address, length: 0 }, { ...b.address, length: 0 }))
    .map(({ gateway, interface: row }) => ({ gateway, interface: row }));
}

function findLink(name: string, path: string, scope: Scope, report: Report): Link | undefined {
  const row = scope.interfaces.row(name);
  if (row !== undefined) return scope.links[row];
  const hint = suggestion(name, scope.interfaces, report);
  report.error("UnknownInterface", path, `There is no interface "${name}" in interfaces${hint || "."}`);
  return undefined;
}

/** The row of the interface that leads to a gateway. */
function checkGateway(
  gateway: Address, prefix: Prefix, named: Link | undefined, links: readonly Link[], path: string, scope: Scope, report: Report,
): Index | undefined {
  const text = formatAddress(gateway);
  const fail = (reason: "InvalidGateway" | "GatewayNotOnLink", message: string): undefined => {
    report.error(reason, path, message);
  };
  if (gateway.family === 4 && prefix.family === 6) {
    return fail("InvalidGateway", `${text} is IPv4, but the route is IPv6; give a gateway of IPv6.`);
  }
  const fault = hostFault(gateway);
  if (fault !== undefined) return fail("InvalidGateway", `${text} is ${fault}; give the address of the next router.`);
  const linkLocal = gateway.family === 6 && isLinkLocal(gateway);
  if (linkLocal && named === undefined) {
    return fail("GatewayNotOnLink", `${text} is link-local, so it could be on any interface; name one in interface.`);
  }
  const vrf = named?.vrf ?? links[0]?.vrf;
  if (isOwn(gateway, linkLocal ? links : scope.links.filter((link) => link.vrf === vrf))) {
    return fail("InvalidGateway", `${text} is the firewall's own address; give the address of the next router.`);
  }
  const found = onLink(gateway, links);
  if (found !== undefined) {
    const edge = edgeFault(gateway, found.network);
    if (edge !== undefined) return fail("InvalidGateway", `${text} is ${edge}; give the address of the next router.`);
    return scope.interfaces.row(found.link.name);
  }
  if (named !== undefined && (linkLocal || hasNoNetwork(named, gateway))) return scope.interfaces.row(named.name);
  return fail("GatewayNotOnLink", notOnLink(text, named));
}

function notOnLink(text: string, named: Link | undefined): string {
  if (named === undefined) {
    return `${text} is in no network of an interface of its VRF; correct it, give an interface an address in its network, or name the interface.`;
  }
  const networks = named.addresses.map(({ prefix }) => formatPrefix(network(prefix, prefix.length))).join(", ");
  return `${text} is in no network of ${named.name} (${networks}); correct one of them.`;
}

function isOwn(address: Address, links: readonly Link[]): boolean {
  return links.some((link) => link.addresses.some(({ prefix }) => sameAddress(prefix, address)));
}

/** The interface whose longest network holds the address. */
function onLink(address: Address, links: readonly Link[]): { link: Link; network: Prefix } | undefined {
  let best: { link: Link; network: Prefix } | undefined;
  for (const link of links) {
    for (const { prefix } of link.addresses) {
      if (contains(prefix, address) && prefix.length > (best?.network.length ?? -1)) best = { link, network: prefix };
    }
  }
  return best;
}

/** An interface without a static network of the family may get one from the kernel, for example by DHCP. */
function hasNoNetwork(link: Link, address: Address): boolean {
  return !link.addresses.some(({ prefix }) => prefix.family === address.family);
}

export function compileNeighbors(scope: Scope, report: Report): NeighborRow[] {
  const seen = new Map<string, number>();
  const rows: { address: Address; row: NeighborRow }[] = [];
  scope.spec.routing.neighbors.forEach((neighbor, i) => {
    const path = `spec.routing.neighbors[${i}]`;
    const link = findLink(neighbor.interface, `${path}.interface`, scope, report);
    const address = parseAddress(neighbor.address);
    const mac = checkMac(neighbor, path, report);
    if (link === undefined || address === undefined || mac === undefined) return;
    if (!checkNeighbor(address, link, `${path}.address`, report)) return;
    const row = { interface: scope.interfaces.row(link.name)!, address: formatAddress(address), mac };
    const first = seen.get(`${row.interface} ${row.address}`);
    if (first !== undefined) {
      const message = `routing.neighbors[${first}] is ${row.address} on ${link.name} already; remove one of them.`;
      report.error("DuplicateNeighbor", `${path}.address`, message);
    } else seen.set(`${row.interface} ${row.address}`, i);
    rows.push({ address, row });
  });
  limit(rows.length, FW_MAX_NEIGHBORS, "neighbors", "spec.routing.neighbors", report);
  const order = (a: Address, b: Address): number => comparePrefix({ ...a, length: 0 }, { ...b, length: 0 });
  return rows.sort((a, b) => a.row.interface - b.row.interface || order(a.address, b.address)).map((r) => r.row);
}

function checkMac(neighbor: Neighbor, path: string, report: Report): string | undefined {
  const mac = parseMac(neighbor.mac);
  if (mac === undefined) return undefined;
  const fault = mac.every((byte) => byte === 0) ? "all zero" : (mac[0]! & 1) === 1 ? "a multicast address" : undefined;
  if (fault === undefined) return formatMac(mac);
  report.error("InvalidNeighbor", `${path}.mac`, `The MAC address ${neighbor.mac} is ${fault}; give the address of the neighbor's network card.`);
  return undefined;
}

function checkNeighbor(address: Address, link: Link, path: string, report: Report): boolean {
  const text = formatAddress(address);
  const found = onLink(address, [link]);
  const fault = hostFault(address) ?? (found === undefined ? undefined : edgeFault(address, found.network));
  if (fault !== undefined) {
    report.error("InvalidNeighbor", path, `${text} is ${fault}; give the address of a host.`);
    return false;
  }
  if (isOwn(address, [link])) {
    report.error("InvalidNeighbor", path, `${text} is the firewall's own address on ${link.name}; remove the neighbor.`);
    return false;
  }
  if (found !== undefined || (address.family === 6 && isLinkLocal(address)) || hasNoNetwork(link, address)) return true;
  report.error("NeighborNotOnLink", path, notOnLink(text, link));
  return false;
}
