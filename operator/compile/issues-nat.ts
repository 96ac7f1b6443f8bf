// SPDX-License-Identifier: Apache-2.0
// For tests only: one case or more for every issue of NAT, schedules and VRFs. Each changes fullSpec().
import type { IssueReason } from "./issue";
import type { Draft } from "./testing";

type Case = [title: string, change: (spec: Draft) => void, reason: IssueReason, path: string, message: RegExp];

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const names: Case[] = [
  ["a policy names an unknown schedule", (s) => (s.policies[0].schedule = "ofice"), "UnknownSchedule", "spec.policies[0].schedule", /no schedule "ofice" in schedules; did you mean office\?/],
  ["a source rule names an unknown pool", (s) => (s.nat.source[2].pool.name = "publik"), "UnknownPool", "spec.nat.source[2].pool.name", /no pool "publik" in nat\.pools; did you mean public\?/],
  ["a source rule comes from an unknown zone", (s) => (s.nat.source[1].from = ["x"]), "UnknownZone", "spec.nat.source[1].from[0]", /no zone "x"/],
  ["a source rule goes to an unknown zone", (s) => (s.nat.source[1].to = ["untrust", "x"]), "UnknownZone", "spec.nat.source[1].to[1]", /no zone "x"/],
  ["a source rule has an unknown source", (s) => (s.nat.source[0].sources = ["wep"]), "UnknownAddress", "spec.nat.source[0].sources[0]", /did you mean web\?/],
  ["a source rule has an unknown destination", (s) => (s.nat.source[0].destinations = ["x"]), "UnknownAddress", "spec.nat.source[0].destinations[0]", /no address set "x"/],
  ["a source rule has an unknown application", (s) => (s.nat.source[2].applications = ["x"]), "UnknownApplication", "spec.nat.source[2].applications[0]", /no application "x"/],
  ["any stands beside another set", (s) => (s.nat.source[0].sources = ["any", "web"]), "AnyMisused", "spec.nat.source[0].sources[0]", /stands for everything/],
  ["a destination rule comes from an unknown zone", (s) => (s.nat.destination[0].from = ["x"]), "UnknownZone", "spec.nat.destination[0].from[0]", /no zone "x"/],
  ["a destination rule has an unknown source", (s) => (s.nat.destination[1].sources = ["x"]), "UnknownAddress", "spec.nat.destination[1].sources[0]", /no address set "x"/],
  ["a static rule comes from an unknown zone", (s) => (s.nat.static[0].from = ["x"]), "UnknownZone", "spec.nat.static[0].from[0]", /no zone "x"/],
  ["a zone names an unknown VRF", (s) => (s.zones[3].vrf = "blu"), "UnknownVrf", "spec.zones[3].vrf", /no VRF "blu" in routing\.vrfs; did you mean blue\?/],
  ["an interface names an unknown VRF", (s) => (s.interfaces[1].vrf = "x"), "UnknownVrf", "spec.interfaces[1].vrf", /no VRF "x"/],
  ["a route names an unknown VRF", (s) => (s.routing.static[2].vrf = "x"), "UnknownVrf", "spec.routing.static[2].vrf", /no VRF "x"/],
  ["a schedule has an unknown time zone", (s) => (s.schedules[0].timeZone = "Europe/Berlim"), "UnknownTimeZone", "spec.schedules[0].timeZone", /has no "Europe\/Berlim"; write a name such as Europe\/Berlin/],
];

const pools: Case[] = [
  ["a pool's range runs backwards", (s) => (s.nat.pools[0].addresses = ["203.0.113.9-203.0.113.8"]), "InvalidRange", "spec.nat.pools[0].addresses[0]", /write 203\.0\.113\.8-203\.0\.113\.9/],
  ["a pool's ports run backwards", (s) => (s.nat.pools[0].ports = "2000-1000"), "InvalidRange", "spec.nat.pools[0].ports", /write "1000-2000"/],
  ["a pool has a network with host bits", (s) => (s.nat.pools[1].addresses = ["198.51.100.3/28"]), "HostBitsSet", "spec.nat.pools[1].addresses[0]", /write 198\.51\.100\.0\/28/],
  ["a pool holds multicast addresses", (s) => (s.nat.pools[1].addresses = ["223.255.255.255-224.0.0.1"]), "InvalidNatAddress", "spec.nat.pools[1].addresses[0]", /multicast/],
  ["a pool holds loopback addresses", (s) => (s.nat.pools[1].addresses = ["127.0.0.0/30"]), "InvalidNatAddress", "spec.nat.pools[1].addresses[0]", /loopback/],
  ["a pool holds reserved addresses", (s) => (s.nat.pools[1].addresses = ["0.1.2.3"]), "InvalidNatAddress", "spec.nat.pools[1].addresses[0]", /reserved/],
  ["a pool holds the broadcast address of a network", (s) => (s.nat.pools[0].addresses = ["203.0.113.14-203.0.113.20"]), "InvalidNatAddress", "spec.nat.pools[0].addresses[0]", /203\.0\.113\.15, the broadcast address of 203\.0\.113\.0\/28; leave/],
  ["a pool holds a gateway", (s) => (s.nat.pools[0].addresses = ["203.0.113.1-203.0.113.3"]), "InvalidNatAddress", "spec.nat.pools[0].addresses[0]", /203\.0\.113\.1, the gateway of the route to 0\.0\.0\.0\/0/],
  ["two pools share addresses and ports", (s) => s.nat.pools.push({ name: "twin", addresses: ["203.0.113.9"], ports: "60000" }), "OverlappingPools", "spec.nat.pools[2].addresses", /203\.0\.113\.9 overlaps the pool public, with ports 60000-60000 and 2048-60000/],
  ["subscribers are more than blocks", (s) => (s.nat.pools[1].portBlocks.subscribers = ["100.64.0.0/20"]), "PortBlocksExhausted", "spec.nat.pools[1].portBlocks.subscribers", /4096 subscribers need a block each, but 16 addresses with 126 blocks of 512 ports have 2016; give the pool 33 addresses/],
  ["a block is larger than the ports", (s) => Object.assign(s.nat.pools[1], { ports: "1024-1100" }), "PortBlocksExhausted", "spec.nat.pools[1].portBlocks.size", /512 ports does not fit into the 77 ports/],
  ["a subscriber stands there twice", (s) => s.nat.pools[1].portBlocks.subscribers.push("100.64.1.7"), "Duplicate", "spec.nat.pools[1].portBlocks.subscribers[2]", /100\.64\.1\.7\/32 lies in 100\.64\.0\.0\/23/],
  ["a subscriber has host bits", (s) => s.nat.pools[1].portBlocks.subscribers.push("100.70.1.7/24"), "HostBitsSet", "spec.nat.pools[1].portBlocks.subscribers[2]", /100\.70\.1\.0\/24/],
  ["pools have too many ranges", (s) => {
    for (const i of range(17)) s.nat.pools.push({ name: `p${i}`, addresses: range(256).map((k) => `11.${i}.${k}.1`) });
  }, "LimitExceeded", "spec.nat.pools", /4355 ranges of addresses in all; at most 4096/],
  ["pools have too many networks of subscribers", (s) => {
    for (const i of range(5)) s.nat.pools.push({ name: `p${i}`, addresses: [`11.${i}.0.0/16`], portBlocks: { size: 100, subscribers: range(1000).map((k) => `12.${i}.${k >> 8}.${k & 255}`) } });
  }, "LimitExceeded", "spec.nat.pools", /5002 networks of subscribers in all; at most 4096/],
];

const rules: Case[] = [
  ["bindings are kept in a pool of blocks", (s) => (s.nat.source[1].persistent = {}), "InvalidCombination", "spec.nat.source[1].persistent", /pool blocks has fixed blocks/],
  ["ports of an interface run backwards", (s) => (s.nat.source[3].interface.ports = "5-4"), "InvalidRange", "spec.nat.source[3].interface.ports", /write "4-5"/],
  ["a source rule is for IPv6 alone", (s) => { s.addresses.push({ name: "v6", prefixes: ["2001:db8::/32"] }); s.nat.source[0].sources = ["v6"]; }, "Ipv4Only", "spec.nat.source[0].sources", /no IPv4 address/],
  ["a destination rule is for IPv6 alone", (s) => { s.addresses.push({ name: "v6", prefixes: ["2001:db8::/32"] }); s.nat.destination[1].sources = ["v6"]; }, "Ipv4Only", "spec.nat.destination[1].sources", /no IPv4 address/],
  ["a source rule is for ICMPv6", (s) => { s.applications.push({ name: "echo6", protocol: "ICMPv6" }); s.nat.source[2].applications = ["echo6"]; }, "Ipv4Only", "spec.nat.source[2].applications", /are ICMPv6/],
  ["a target has fewer addresses than the rule", (s) => (s.nat.destination[2].to.address = "10.1.3.0/29"), "RangeMismatch", "spec.nat.destination[2].to.address", /10\.1\.3\.0-10\.1\.3\.7 has 8 addresses, but the rule translates 16/],
  ["ports would become too large", (s) => (s.nat.destination[0].to.port = 65530), "RangeMismatch", "spec.nat.destination[0].to.port", /Port 8010 would become 65540, which is no port; write at most 65525/],
  ["a destination's ports run backwards", (s) => (s.nat.destination[0].port = "80-79"), "InvalidRange", "spec.nat.destination[0].port", /write "79-80"/],
  ["a destination is the gateway", (s) => (s.nat.destination[1].address = "203.0.113.1"), "InvalidNatAddress", "spec.nat.destination[1].address", /the gateway of the route/],
  ["a target is a multicast address", (s) => (s.nat.destination[1].to.address = "224.1.2.3"), "InvalidNatAddress", "spec.nat.destination[1].to.address", /multicast/],
  ["static sides are not as many", (s) => (s.nat.static[1].internal = "10.1.5.0/29"), "RangeMismatch", "spec.nat.static[1].internal", /has 8 addresses, but external has 16/],
  ["static rules share an outer address", (s) => (s.nat.static[1].external = "203.0.113.10") && (s.nat.static[1].internal = "10.1.5.0"), "OverlappingStatic", "spec.nat.static[1].external", /203\.0\.113\.10 overlaps 203\.0\.113\.10 of the rule one/],
  ["static rules share an inner address", (s) => (s.nat.static[0].internal = "10.1.5.9"), "OverlappingStatic", "spec.nat.static[1].internal", /overlaps 10\.1\.5\.9 of the rule one/],
  ["a static rule has host bits", (s) => (s.nat.static[1].external = "198.51.100.65/28"), "HostBitsSet", "spec.nat.static[1].external", /198\.51\.100\.64\/28/],
  ["a source rule is behind one that matches the same", (s) => s.nat.source.push({ name: "late", from: ["dmz"], to: ["untrust"], off: {} }), "ShadowedRule", "spec.nat.source[4]", /The rule rest before it/],
  ["a destination rule is behind one that matches the same", (s) => s.nat.destination.push({ name: "late", address: "192.0.2.3", protocol: "UDP", to: { address: "10.1.1.1" } }), "ShadowedRule", "spec.nat.destination[3]", /The rule block before it/],
  ["a static rule takes the firewall's address", (s) => (s.nat.static[0].external = "203.0.113.2"), "AddressTaken", "spec.nat.static[0].external", /203\.0\.113\.2 is the firewall's own address on wan0/],
  ["a destination rule takes the firewall's address", (s) => s.nat.destination.push({ name: "all", address: "203.0.113.2", to: { address: "10.1.1.1" } }), "AddressTaken", "spec.nat.destination[3].address", /own address on wan0/],
  ["no rule uses a pool", (s) => s.nat.source.splice(1, 1), "UnusedPool", "spec.nat.pools[1]", /No source rule uses the pool blocks/],
  ["no policy uses a schedule", (s) => delete s.policies[2].schedule, "UnusedSchedule", "spec.schedules[1]", /No policy uses the schedule night/],
];

const others: Case[] = [
  ["two VRFs have one table", (s) => s.routing.vrfs.push({ name: "red", table: 100 }), "DuplicateVrf", "spec.routing.vrfs[1].table", /The VRF blue has the table 100 already/],
  ["no interface is in a VRF", (s) => s.routing.vrfs.push({ name: "red", table: 101 }), "UnusedVrf", "spec.routing.vrfs[1]", /No interface is in the VRF red/],
  ["two routes of a VRF lead to one network", (s) => s.routing.static.push({ prefix: "2001:DB8::/32", type: "Blackhole" }, { prefix: "2001:db8::/32", type: "Blackhole" }), "DuplicateRoute", "spec.routing.static[5].prefix", /static\[4\] leads to/],
  ["a gateway is in another VRF", (s) => (s.routing.static[1].via = ["203.0.113.1"]), "GatewayNotOnLink", "spec.routing.static[1].via[0]", /in no network of an interface/],
  ["networks of one VRF overlap", (s) => s.interfaces.push({ name: "g2", port: "tap", vlan: 9, zone: "guests", addresses: ["10.0.0.130/25"] }), "OverlappingNetworks", "spec.interfaces[5].addresses[0]", /of interface guest0/],
  ["two ports use one virtual device", (s) => s.dataplane.ports.push({ name: "tap2", vdev: { device: "net_pcap0" } }), "DuplicateDevice", "spec.dataplane.ports[4].vdev.device", /port tap uses the device net_pcap0/],
  ["schedules have too many windows", (s) => {
    s.schedules = range(40).map((i) => ({ name: `s${i}`, windows: range(64).map((k) => ({ from: "22:00", to: `05:${String(k % 60).padStart(2, "0")}` })) }));
  }, "LimitExceeded", "spec.schedules", /5120 windows in all, those over midnight counted twice; at most 4096/],
  ["a static route of type Blackhole has a gateway", (s) => (s.routing.static[2].via = ["10.0.0.9"]), "InvalidCombination", "spec.routing.static[2].via", /none with the other types/],
];

export const natCases = { names, pools, rules, others };
