// SPDX-License-Identifier: Apache-2.0
// spec.interfaces, spec.zones and spec.routing.
import { z } from "zod";
import { atomic, mapOf, object, setOf, withRule } from "./rules";
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

const networkInterface = object("Interface", {
  name: interfaceName.describe("Name of the interface, at most 15 characters. The kernel device of the host path has the same name."),
  port: v.name().describe("The port in dataplane.ports that carries it."),
  zone: v.name().describe("The zone that it belongs to."),
  vlan: z.int().min(1).max(4094).optional().describe("802.1Q VLAN id. Default: untagged frames."),
  addresses: atomic(z.array(v.cidr().describe("An address with its prefix length.")).max(16))
    .default([])
    .describe("The firewall's own addresses on it, with prefix lengths, IPv4 and IPv6. None: addresses come from the kernel, for example by DHCP."),
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
}, "A group of interfaces that policies speak of.");

export const zones = mapOf(zone, (item) => z.array(item).max(64), ["name"]);

const staticRoute = object("StaticRoute", {
  prefix: v.cidr().describe("Destination network, for example 0.0.0.0/0 or 2001:db8::/32."),
  via: setOf(z.array(v.ipAddress().describe("Address of a gateway.")).min(1).max(16)).describe("Gateways; several share the traffic by flow."),
  interface: v
    .deviceName()
    .optional()
    .describe("The interface that the gateways are on. Needed for link-local gateways. Default: the one whose network holds the gateway."),
}, "A network and the gateways to it.");

const neighbor = object("Neighbor", {
  interface: v.deviceName().describe("The interface that the neighbor is on."),
  address: v.ipAddress().describe("IP address of the neighbor."),
  mac: v.mac().describe("MAC address of the neighbor."),
}, "The MAC address of an IP address.");

export const routing = object("Routing", {
  static: mapOf(staticRoute, (item) => z.array(item).max(16_384), ["prefix"], true)
    .default([])
    .describe("Static routes, beside those that the kernel knows or learns (for example from FRR)."),
  neighbors: mapOf(neighbor, (item) => z.array(item).max(4096), ["interface", "address"], true)
    .default([])
    .describe("Static neighbors. Others are found by ARP and neighbor discovery."),
});
