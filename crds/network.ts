// SPDX-License-Identifier: Apache-2.0
// spec.interfaces, spec.zones and spec.routing.
import { z } from "zod";
import { atomic, mapOf, object, setOf, unstored, withRule } from "./rules";
import * as v from "./values";

/** Lower-case names of enum fw_service in worker/shm/layout.h, in its order. */
export const SERVICES = [
  "all", "ping", "ssh", "http", "https", "dns", "dhcp", "dhcpv6", "ntp", "snmp", "syslog", "traceroute", "bgp", "bfd", "ospf", "vrrp",
] as const;

const interfaceName = withRule(v.deviceName(), {
  cel: "!(self in ['lo', 'all', 'default'])",
  test: (self) => !["lo", "all", "default"].includes(self),
  message: "is a name that the kernel keeps for itself (lo, all, default); choose another",
});

/** The word for the main table of the kernel. */
export const MAIN_VRF = "main";

const networkInterface = object("Interface", {
  name: interfaceName.describe("Name of the interface, at most 15 characters. The kernel device of the host path has the same name."),
  port: v.name().describe("The port in dataplane.ports that carries it."),
  zone: v.name().describe("The zone that it belongs to."),
  vlan: z.int().min(1).max(4094).optional().describe("802.1Q VLAN id. Default: untagged frames."),
  addresses: atomic(z.array(v.cidr().describe("An address with its prefix length.")).max(16))
    .default([])
    .describe("The firewall's own addresses on it, with prefix lengths, IPv4 and IPv6. None: addresses come from the kernel, for example by DHCP."),
  vrf: v.name().optional().describe("VRF in routing.vrfs whose routes its packets take; main is the main table. Default: the zone's."),
}, "A logical interface: a port or a VLAN of it.");

export const interfaces = mapOf(networkInterface, (item) => z.array(item).max(256), ["name"]);

const zoneName = withRule(v.name(), {
  cel: "self != 'any'",
  test: (self) => self !== "any",
  message: "is reserved; choose another name than any",
});

const hostInbound = object("HostInbound", {
  services: setOf(z.array(z.enum(SERVICES).describe("A service by name; all means every protocol.")).max(SERVICES.length))
    .default([])
    .describe("Services of the firewall itself that may be reached. None: nothing."),
});

const zone = object("Zone", {
  name: zoneName.describe("Name of the zone; interfaces and policies refer to it."),
  hostInbound: hostInbound.prefault({}).describe("What may reach the firewall itself from this zone. ARP and neighbor discovery always may."),
  halfOpenLimit: z
    .int()
    .min(1)
    .max(16_777_216)
    .optional()
    .describe("TCP connections from this zone that may wait for their handshake to end. More are dropped until some end. Default: no limit beside the session table."),
  sourceCheck: z
    .enum(["Off", "Loose", "Strict"])
    .default("Off")
    .describe("Check of source addresses (RFC 3704): Strict wants the route to the source to lead back through the same interface, Loose wants any route to it, Off wants nothing. kubectl needs quotes: \"Off\"."),
  vrf: v.name().optional().describe("VRF of the interfaces of the zone that name none; main is the main table. Default: main."),
}, "A group of interfaces that policies speak of.");

export const zones = mapOf(zone, (item) => z.array(item).max(64), ["name"]);

let staticRoute = object("StaticRoute", {
  prefix: v.cidr().describe("Destination network, for example 0.0.0.0/0 or 2001:db8::/32."),
  vrf: v.name().default(MAIN_VRF).describe("VRF whose route it is; main is the main table."),
  type: unstored(z.enum(["Unicast", "Blackhole", "Unreachable", "Prohibit"]).default("Unicast")).describe(
    "Unicast goes to a gateway. Blackhole drops silently, Unreachable answers with host unreachable, Prohibit with administratively prohibited.",
  ),
  via: setOf(z.array(v.ipAddress().describe("Address of a gateway.")).min(1).max(16)).optional().describe("Gateways of a Unicast route; several share the traffic by flow."),
  interface: v
    .deviceName()
    .optional()
    .describe("The interface that the gateways are on. Needed for link-local gateways and for gateways in another VRF. Default: the one whose network holds the gateway."),
}, "A network and the gateways to it.");
staticRoute = withRule(staticRoute, {
  cel: "(has(self.type) && self.type != 'Unicast') == !has(self.via)",
  test: (self) => (self.type !== "Unicast") === (self.via === undefined),
  message: "must have gateways with type Unicast, and none with the other types",
  field: "via",
});
staticRoute = withRule(staticRoute, {
  cel: "!has(self.type) || self.type == 'Unicast' || !has(self.interface)",
  test: (self) => self.type === "Unicast" || self.interface === undefined,
  message: "can have an interface only with type Unicast",
});

const neighbor = object("Neighbor", {
  interface: v.deviceName().describe("The interface that the neighbor is on."),
  address: v.ipAddress().describe("IP address of the neighbor."),
  mac: v.mac().describe("MAC address of the neighbor."),
}, "The MAC address of an IP address.");

const vrfName = withRule(v.name(), {
  cel: "self != 'main'",
  test: (self) => self !== MAIN_VRF,
  message: "is the name of the main table; choose another",
});

const table = withRule(z.int().min(1).max(65_535), {
  cel: "self < 253 || self > 255",
  test: (self) => self < 253 || self > 255,
  message: "is a table that the kernel keeps for itself (253 to 255); choose another",
});

const vrf = object("Vrf", {
  name: vrfName.describe("Name of the VRF; zones, interfaces and routes refer to it."),
  table: table.describe("Id of its routing table in the kernel, as in \"ip route show table 100\"."),
}, "A routing table of its own.");

export const routing = object("Routing", {
  vrfs: mapOf(vrf, (item) => z.array(item).max(256), ["name"])
    .default([])
    .describe("Routing tables beside the main one. A packet is routed by the table of the interface that it came in by."),
  static: mapOf(staticRoute, (item) => z.array(item).max(16_384), ["vrf", "prefix"], true)
    .default([])
    .describe("Static routes, beside those that the kernel knows or learns (for example from FRR)."),
  neighbors: mapOf(neighbor, (item) => z.array(item).max(4096), ["interface", "address"], true)
    .default([])
    .describe("Static neighbors. Others are found by ARP and neighbor discovery."),
});
