// SPDX-License-Identifier: Apache-2.0
// One case or more for every issue: a change to a valid configuration, and what is said about it.
import assert from "node:assert/strict";
import { SCHEMA_REASON_TEXTS } from "../../crds/index";
import { compile } from "./compile";
import { ISSUE_REASONS, type IssueReason, MAX_ISSUES } from "./issue";
import { natCases } from "./issues-nat";
import { baseSpec, type Draft, draft, fullSpec } from "./testing";

type Case = [title: string, change: (spec: Draft) => void, reason: IssueReason, path: string, message: RegExp];

const references: Case[] = [
  ["an interface names an unknown port", (s) => (s.interfaces[0].port = "lann"), "UnknownPort", "spec.interfaces[0].port", /no port "lann".*did you mean lan\?/],
  ["an interface names an unknown zone", (s) => (s.interfaces[2].zone = "dzm"), "UnknownZone", "spec.interfaces[2].zone", /no zone "dzm".*did you mean dmz\?/],
  ["a policy comes from an unknown zone", (s) => (s.policies[1].from = ["trust", "x"]), "UnknownZone", "spec.policies[1].from[1]", /no zone "x" in zones\./],
  ["a disabled policy goes to an unknown zone", (s) => (s.policies[2].to = ["nowhere"]), "UnknownZone", "spec.policies[2].to[0]", /no zone "nowhere"/],
  ["a policy has an unknown source", (s) => (s.policies[1].sources = ["servrs"]), "UnknownAddress", "spec.policies[1].sources[0]", /did you mean servers\?/],
  ["a policy has an unknown destination", (s) => (s.policies[0].destinations = ["x"]), "UnknownAddress", "spec.policies[0].destinations[0]", /no address set "x"/],
  ["a set has an unknown member", (s) => s.addresses[2].members.push("mail"), "UnknownAddress", "spec.addresses[2].members[2]", /no address set "mail"/],
  ["a policy has an unknown application", (s) => (s.policies[0].applications = ["http"]), "UnknownApplication", "spec.policies[0].applications[0]", /did you mean https\?/],
  ["a route names an unknown interface", (s) => (s.routing.static[0].interface = "wan9"), "UnknownInterface", "spec.routing.static[0].interface", /no interface "wan9"/],
  ["a neighbor names an unknown interface", (s) => (s.routing.neighbors[0].interface = "wan"), "UnknownInterface", "spec.routing.neighbors[0].interface", /did you mean wan0\?/],
  ["any stands beside other sets", (s) => (s.policies[0].destinations = ["web", "any"]), "AnyMisused", "spec.policies[0].destinations[1]", /stands for everything/],
  ["any is negated", (s) => Object.assign(s.policies[0], { destinations: ["any"], destinationsNegated: true }), "AnyMisused", "spec.policies[0].destinationsNegated", /Nothing is outside/],
  ["any is a member of a set", (s) => s.addresses[2].members.push("any"), "AnyMisused", "spec.addresses[2].members[2]", /cannot contain "any"/],
];

const devices: Case[] = [
  ["a TAP has a name of the kernel", (s) => (s.dataplane.ports[0].tap.name = "lo"), "ReservedName", "spec.dataplane.ports[0].tap.name", /"lo" is a name that the kernel keeps/],
  ["a port without a device name has one of the kernel", (s) => { s.dataplane.ports[0] = { name: "all", tap: {} }; s.interfaces[0].port = "all"; }, "ReservedName", "spec.dataplane.ports[0].tap", /"all"/],
  ["a port's name is too long for its TAP", (s) => { s.dataplane.ports[0] = { name: "a-rather-long-name", tap: {} }; s.interfaces[0].port = "a-rather-long-name"; }, "NameTooLong", "spec.dataplane.ports[0].tap", /longer than the 15 characters.*tap\.name/],
  ["two ports use one kernel interface", (s) => (s.dataplane.ports[0] = { name: "lan", kernelInterface: { name: "eth1" } }), "DuplicateDevice", "spec.dataplane.ports[1].kernelInterface.name", /port lan uses the device eth1 already/],
  ["a TAP has the name of a kernel interface", (s) => (s.dataplane.ports[0].tap.name = "eth1"), "DuplicateDevice", "spec.dataplane.ports[1].kernelInterface.name", /port lan/],
  ["two ports use one PCI device", (s) => (s.dataplane.ports[1] = { name: "wan", pci: { address: "0000:03:00.0" } }), "DuplicateDevice", "spec.dataplane.ports[2].pci.address", /port wan uses the device 0000:03:00\.0/],
  ["an interface has the name of a TAP port's device", (s) => (s.dataplane.ports[0].tap.name = "wan0"), "NameCollision", "spec.interfaces[1].name", /TAP device of port lan; rename the interface, or give/],
  ["an interface has the name of a kernel interface", (s) => { s.dataplane.ports[1].kernelInterface.name = "dmz0"; }, "NameCollision", "spec.interfaces[2].name", /kernel device of port wan; rename the interface\./],
  ["two interfaces take the untagged frames of a port", (s) => (s.interfaces[2].port = "wan"), "DuplicateVlan", "spec.interfaces[2].port", /wan0 has the untagged frames of port wan already/],
  ["two interfaces take one VLAN of a port", (s) => Object.assign(s.interfaces[2], { port: "lan", vlan: 100 }), "DuplicateVlan", "spec.interfaces[2].vlan", /lan0 has VLAN 100 of port lan already/],
];

const addresses: Case[] = [
  ["an interface has the address of its network", (s) => (s.interfaces[0].addresses = ["10.0.0.0/24"]), "InvalidAddress", "spec.interfaces[0].addresses[0]", /10\.0\.0\.0 in 10\.0\.0\.0\/24 is the address of the network/],
  ["an interface has the broadcast address", (s) => (s.interfaces[0].addresses = ["10.0.0.255/24"]), "InvalidAddress", "spec.interfaces[0].addresses[0]", /the broadcast address of 10\.0\.0\.0\/24/],
  ["an interface has a multicast address", (s) => (s.interfaces[0].addresses = ["ff02::5/64"]), "InvalidAddress", "spec.interfaces[0].addresses[0]", /multicast/],
  ["an interface has a loopback address", (s) => (s.interfaces[0].addresses = ["127.0.0.1/8"]), "InvalidAddress", "spec.interfaces[0].addresses[0]", /loopback/],
  ["an interface has the unspecified address", (s) => (s.interfaces[0].addresses = ["::/64"]), "InvalidAddress", "spec.interfaces[0].addresses[0]", /unspecified/],
  ["an interface has a reserved address", (s) => (s.interfaces[0].addresses = ["241.0.0.1/8"]), "InvalidAddress", "spec.interfaces[0].addresses[0]", /reserved/],
  ["an interface has a prefix length of 0", (s) => (s.interfaces[0].addresses = ["10.0.0.1/0"]), "InvalidAddress", "spec.interfaces[0].addresses[0]", /every address a neighbor/],
  ["an interface has one address twice", (s) => (s.interfaces[0].addresses = ["10.0.0.1/24", "10.0.0.1/25"]), "DuplicateAddress", "spec.interfaces[0].addresses[1]", /lan0 has the address 10\.0\.0\.1 already/],
  ["two interfaces have one address", (s) => (s.interfaces[2].addresses = ["2001:db8::1/64"]), "DuplicateAddress", "spec.interfaces[2].addresses[0]", /lan0 has the address 2001:db8::1/],
  ["networks of two interfaces overlap", (s) => (s.interfaces[2].addresses = ["10.0.0.130/25"]), "OverlappingNetworks", "spec.interfaces[2].addresses[0]", /10\.0\.0\.128\/25 overlaps 10\.0\.0\.0\/24 of interface lan0/],
  ["a network holds one of an earlier interface", (s) => (s.interfaces[2].addresses = ["10.9.9.9/8"]), "OverlappingNetworks", "spec.interfaces[2].addresses[0]", /10\.0\.0\.0\/8 overlaps 10\.0\.0\.0\/24/],
  ["a set has a network with host bits", (s) => (s.addresses[0].prefixes[0] = "10.1.2.9/24"), "HostBitsSet", "spec.addresses[0].prefixes[0]", /write 10\.1\.2\.0\/24 for the network or 10\.1\.2\.9\/32/],
  ["a route has a network with host bits", (s) => (s.routing.static[0].prefix = "10.5.0.1/16"), "HostBitsSet", "spec.routing.static[0].prefix", /write 10\.5\.0\.0\/16/],
  ["a set contains itself", (s) => s.addresses[2].members.push("servers"), "AddressCycle", "spec.addresses[2].members[2]", /servers > servers/],
  ["sets contain each other", (s) => (s.addresses[0].members = ["servers"]), "AddressCycle", "spec.addresses[2].members[0]", /web > servers > web/],
];

const applications: Case[] = [
  ["a port range runs backwards", (s) => (s.applications[0].destinationPorts[1] = "8080-8000"), "InvalidRange", "spec.applications[0].destinationPorts[1]", /write "8000-8080"/],
  ["a source port range runs backwards", (s) => (s.applications[0].sourcePorts = ["2-1"]), "InvalidRange", "spec.applications[0].sourcePorts[0]", /runs backwards/],
];

const routing: Case[] = [
  ["two routes lead to one network", (s) => { s.interfaces[2].addresses = ["2001:db8:9::1/64"]; s.routing.static.push({ prefix: "2001:DB8:5::/48", via: ["2001:db8::2"] }, { prefix: "2001:db8:5::/48", via: ["2001:db8:9::2"] }); }, "DuplicateRoute", "spec.routing.static[2].prefix", /routing\.static\[1\] leads to 2001:db8:5::\/48 already/],
  ["a route leads to multicast", (s) => (s.routing.static[0].prefix = "224.0.0.0/4"), "InvalidPrefix", "spec.routing.static[0].prefix", /multicast/],
  ["a route leads to loopback", (s) => (s.routing.static[0].prefix = "127.0.0.0/8"), "InvalidPrefix", "spec.routing.static[0].prefix", /loopback/],
  ["a route leads to link-local addresses", (s) => (s.routing.static[0].prefix = "fe80::/10"), "InvalidPrefix", "spec.routing.static[0].prefix", /link-local/],
  ["a gateway has the wrong family", (s) => s.routing.static.push({ prefix: "2001:db8:9::/48", via: ["10.0.0.2"] }), "InvalidGateway", "spec.routing.static[1].via[0]", /is IPv4, but the route is IPv6/],
  ["a gateway is the firewall itself", (s) => (s.routing.static[0].via = ["203.0.113.2"]), "InvalidGateway", "spec.routing.static[0].via[0]", /firewall's own address/],
  ["a gateway is a multicast address", (s) => (s.routing.static[0].via = ["224.0.0.1"]), "InvalidGateway", "spec.routing.static[0].via[0]", /multicast/],
  ["a gateway is a broadcast address", (s) => (s.routing.static[0].via = ["203.0.113.15"]), "InvalidGateway", "spec.routing.static[0].via[0]", /broadcast address of 203\.0\.113\.0\/28/],
  ["a gateway stands there twice", (s) => Object.assign(s.routing.static[0], { prefix: "2001:db8:9::/48", via: ["2001:db8::2", "2001:DB8::2"] }), "Duplicate", "spec.routing.static[0].via[1]", /2001:db8::2 stands there twice/],
  ["a gateway is in no network", (s) => (s.routing.static[0].via = ["203.0.113.1", "198.51.100.1"]), "GatewayNotOnLink", "spec.routing.static[0].via[1]", /198\.51\.100\.1 is in no network of an interface/],
  ["a gateway is not on the named interface", (s) => (s.routing.static[0].interface = "lan0"), "GatewayNotOnLink", "spec.routing.static[0].via[0]", /no network of lan0 \(10\.0\.0\.0\/24, 2001:db8::\/64\)/],
  ["a link-local gateway has no interface", (s) => s.routing.static.push({ prefix: "::/0", via: ["fe80::1"] }), "GatewayNotOnLink", "spec.routing.static[1].via[0]", /link-local, so it could be on any interface/],
  ["two neighbors are one", (s) => s.routing.neighbors.push({ interface: "lan0", address: "2001:db8::9", mac: "02:00:00:00:00:02" }, { interface: "lan0", address: "2001:DB8::9", mac: "02:00:00:00:00:03" }), "DuplicateNeighbor", "spec.routing.neighbors[2].address", /routing\.neighbors\[1\] is 2001:db8::9 on lan0 already/],
  ["a neighbor is the firewall itself", (s) => (s.routing.neighbors[0].address = "203.0.113.2"), "InvalidNeighbor", "spec.routing.neighbors[0].address", /own address on wan0/],
  ["a neighbor is a network", (s) => (s.routing.neighbors[0].address = "203.0.113.0"), "InvalidNeighbor", "spec.routing.neighbors[0].address", /address of the network/],
  ["a neighbor's MAC address is zero", (s) => (s.routing.neighbors[0].mac = "00:00:00:00:00:00"), "InvalidNeighbor", "spec.routing.neighbors[0].mac", /all zero/],
  ["a neighbor is not on its interface", (s) => (s.routing.neighbors[0].address = "10.0.0.9"), "NeighborNotOnLink", "spec.routing.neighbors[0].address", /no network of wan0 \(203\.0\.113\.0\/28\)/],
];

const dataplane: Case[] = [
  ["more cores are listed than there can be", (s) => (s.dataplane.cores = { list: "2,4-20" }), "LimitExceeded", "spec.dataplane.cores.list", /names 18 cores; at most 16/],
  ["a core range runs backwards", (s) => (s.dataplane.cores = { list: "5-2" }), "InvalidRange", "spec.dataplane.cores.list", /"5-2" runs backwards/],
  ["memory is too small for the sessions", (s) => Object.assign(s.dataplane, { memory: { size: "128Mi" }, sessions: { ipv4: 1048576 } }), "MemoryTooSmall", "spec.dataplane.memory.size", /1048576 IPv4 and 32768 IPv6 sessions, 65536 NAT bindings and the counters take \d+Mi.*at least 64Mi.*write at least/],
  ["memory is too small for pages of 1Gi", (s) => (s.dataplane.memory = { size: "1Gi", pageSize: "1Gi" }), "MemoryTooSmall", "spec.dataplane.memory.size", /write at least 2Gi/],
  ["memory is no multiple of the page size", (s) => (s.dataplane.memory = { size: "255Mi" }), "InvalidMemory", "spec.dataplane.memory.size", /no multiple of the page size 2Mi; write 256Mi/],
  ["memory is larger than any machine", (s) => (s.dataplane.memory = { size: "999999999999999Ti" }), "InvalidMemory", "spec.dataplane.memory.size", /more than 1Ti/],
];

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const limits: Case[] = [
  ["interfaces have too many addresses", (s) => {
    s.interfaces = range(65).map((i) => ({ name: `v${i}`, port: "lan", zone: "trust", vlan: i + 1, addresses: range(16).map((k) => `10.${i}.${k}.1/24`) }));
    s.routing = {};
  }, "LimitExceeded", "spec.interfaces[64].addresses", /may have 1024 addresses/],
  ["sets have too many prefixes", (s) => {
    s.addresses = range(5).map((i) => ({ name: `a${i}`, prefixes: range(60_000).map((k) => `${10 + (k >> 15)}.${(k >> 7) & 255}.${(k & 127) * 2}.${i}`) }));
    s.policies = [{ name: "p", sources: s.addresses.map((a: Draft) => a.name), action: "Permit" }];
  }, "LimitExceeded", "spec.addresses", /have 300000 prefixes in all.*at most 262144/],
  ["members multiply without end", (s) => {
    s.addresses = [{ name: "base", prefixes: range(60_000).map((k) => `${10 + (k >> 15)}.${(k >> 7) & 255}.${(k & 127) * 2}.1`) }];
    for (const i of range(80)) s.addresses.push({ name: `a${i}`, members: ["base"] });
    s.policies = [{ name: "p", sources: s.addresses.map((a: Draft) => a.name), action: "Permit" }];
  }, "LimitExceeded", "spec.addresses[69].members", /more than 4194304 prefixes/],
  ["applications have too many port ranges", (s) => {
    s.applications = range(260).map((i) => ({ name: `a${i}`, protocol: "TCP", destinationPorts: range(256).map((k) => `${(k + 1) * 2}`) }));
    s.policies = [{ name: "p", applications: s.applications.map((a: Draft) => a.name), action: "Permit" }];
  }, "LimitExceeded", "spec.applications", /66560 port ranges in all; at most 65536/],
  ["lists of policies have too many names", (s) => {
    s.addresses = range(1000).map((i) => ({ name: `a${i}`, prefixes: [`10.${i >> 8}.${i & 255}.0/24`] }));
    const names = s.addresses.map((a: Draft) => a.name);
    s.policies = range(600).map((i) => ({ name: `p${i}`, sources: names, destinations: names, action: "Permit" }));
  }, "LimitExceeded", "spec.policies", /1200000 names together; at most 1048576/],
  ["routes have too many gateways", (s) => {
    s.interfaces[0].addresses = ["10.0.0.1/16"];
    const via = range(16).map((i) => `10.0.1.${i}`);
    s.routing.static = range(2100).map((i) => ({ prefix: `11.${i >> 8}.${i & 255}.0/24`, via }));
  }, "LimitExceeded", "spec.routing.static", /33600 gateways; at most 32768/],
];

const warnings: Case[] = [
  ["the default is Permit", (s) => (s.defaultAction = "Permit"), "DefaultPermit", "spec.defaultAction", /is permitted/],
  ["a policy is behind one that matches the same", (s) => s.policies.push({ name: "again", from: ["trust"], to: ["dmz"], sources: ["servers"], sourcesNegated: true, action: "Deny" }), "ShadowedPolicy", "spec.policies[3]", /policies\[1\] \(out\) before it matches everything/],
  ["families never meet", (s) => { s.addresses.push({ name: "v6", prefixes: ["2001:db8::/32"] }); s.policies[0].sources = ["v6"]; }, "NeverMatches", "spec.policies[0]", /share no address family/],
  ["an application is of the other family", (s) => Object.assign(s.policies[0], { applications: ["echo6"] }) && s.applications.splice(0, 2, { name: "echo6", protocol: 58 }), "NeverMatches", "spec.policies[0]", /share no address family/],
  ["no interface uses a port", (s) => s.dataplane.ports.push({ name: "spare", tap: {} }), "UnusedPort", "spec.dataplane.ports[3]", /No interface uses the port spare/],
  ["no interface is in a zone", (s) => s.zones.push({ name: "guests" }), "UnusedZone", "spec.zones[3]", /No interface is in the zone guests/],
  ["no policy uses a set", (s) => s.addresses.push({ name: "old", prefixes: ["10.9.0.0/16"] }), "UnusedAddress", "spec.addresses[3]", /No policy and no NAT rule uses the address set old/],
  ["no policy uses an application", (s) => s.applications.push({ name: "ospf", protocol: 89 }), "UnusedApplication", "spec.applications[2]", /No policy and no NAT rule uses the application ospf/],
  ["no permitting policy uses a timeout", (s) => (s.policies[0].action = "Deny"), "TimeoutIgnored", "spec.applications[0].timeout", /timeout has no effect/],
];

const schema: Case[] = [
  ["an unknown field", (s) => (s.polices = []), "UnknownField", "spec.polices", /did you mean policies/],
  ["a missing default action", (s) => delete s.defaultAction, "MissingField", "spec.defaultAction", /required/],
  ["a name used twice", (s) => (s.zones[1].name = "trust"), "Duplicate", "spec.zones[1].name", /repeats item 0/],
  ["an empty set", (s) => delete s.addresses[0].prefixes, "InvalidCombination", "spec.addresses[0]", /prefixes or members/],
  ["ports with a protocol that has none", (s) => (s.applications[0].protocol = 47), "InvalidCombination", "spec.applications[0]", /only with protocol TCP/],
  ["the reserved name any", (s) => (s.addresses[0].name = "any"), "InvalidValue", "spec.addresses[0].name", /reserved/],
  ["a multicast MAC address", (s) => (s.routing.neighbors[0].mac = "01:00:5e:00:00:01"), "InvalidValue", "spec.routing.neighbors[0].mac", /unicast/],
];

const groups = { references, devices, addresses, applications, routing, dataplane, limits, warnings, schema };

const every = [
  ...Object.entries(groups).map(([group, cases]) => ({ group, cases, base: baseSpec })),
  ...Object.entries(natCases).map(([group, cases]) => ({ group: `NAT and ${group}`, cases, base: fullSpec })),
];

describe("compile() says what is wrong", () => {
  for (const { group, cases, base } of every) {
    describe(`about ${group}`, () => {
      for (const [title, change, reason, path, message] of cases) {
        it(`when ${title}`, () => {
          const spec = base();
          change(spec);
          const { issues, hash } = compile(draft(spec));
          const found = issues.filter((i) => i.reason === reason && i.path === path);
          assert.equal(found.length, 1, JSON.stringify(issues, null, 1));
          assert.match(found[0]!.message, message);
          assert.match(found[0]!.message, /[.?]$/);
          assert.equal(hash !== undefined, found[0]!.severity === "warning");
        });
      }
    });
  }

  it("has a case for every reason of its own", () => {
    const elsewhere = ["TooManyIssues", "Internal", ...Object.keys(SCHEMA_REASON_TEXTS)];
    const cases = new Set(every.flatMap(({ cases }) => cases).map((c) => c[2]));
    assert.deepEqual(ISSUE_REASONS.filter((r) => !cases.has(r) && !elsewhere.includes(r)), []);
  });

  it("finds every error at once, errors before warnings", () => {
    const spec = baseSpec();
    spec.interfaces[0].port = "x";
    spec.policies[0].from = ["y"];
    spec.routing.static[0].via = ["1.1.1.1"];
    const { issues } = compile(draft(spec));
    assert.deepEqual(issues.map((i) => i.reason), ["UnknownPort", "UnknownZone", "GatewayNotOnLink"]);
  });

  it("counts what is too much to list", () => {
    const spec = baseSpec();
    spec.policies = range(1500).map((i) => ({ name: `p${i}`, from: ["nowhere"], action: "Deny" }));
    const { issues } = compile(draft(spec));
    assert.equal(issues.length, MAX_ISSUES + 1);
    assert.deepEqual([issues.at(-1)?.reason, issues.at(-1)?.message], ["TooManyIssues", "There are 500 more errors."]);
  });
});

describe("compile() has nothing against", () => {
  const fine: [title: string, change: (spec: Draft) => void][] = [
    ["one device name in two network namespaces", (s) => { s.dataplane.ports[0].tap = { name: "wan0", networkNamespace: "inside" }; }],
    ["link-local addresses that repeat", (s) => { s.interfaces[1].addresses.push("fe80::1/64"); s.interfaces[2].addresses = ["fe80::1/64"]; }],
    ["both addresses of a /31 and a /127", (s) => { s.interfaces[1].addresses = ["203.0.113.0/31", "2001:db8:1::/127"]; }],
    ["two networks of one interface that overlap", (s) => { s.interfaces[0].addresses = ["10.0.0.1/24", "10.0.0.2/24"]; }],
    ["a gateway on an interface that gets its address by DHCP", (s) => { s.routing.static = [{ prefix: "10.7.0.0/16", via: ["172.16.0.1"], interface: "dmz0" }]; }],
    ["a link-local gateway with its interface", (s) => { s.routing.static.push({ prefix: "::/0", via: ["fe80::1"], interface: "dmz0" }); }],
    ["one core by id", (s) => { s.dataplane.cores = { list: "3" }; }],
    ["a set that is only a member", (s) => { s.policies[0].destinations = ["servers"]; }],
    ["a policy behind one that differs in one port", (s) => {
      s.applications.push({ name: "web-all", protocol: "TCP", destinationPorts: ["443", "8000-8081"] });
      s.policies.splice(1, 0, { ...s.policies[0], name: "more", applications: ["web-all"] });
    }],
  ];
  for (const [title, change] of fine) {
    it(title, () => {
      const spec = baseSpec();
      change(spec);
      assert.deepEqual(compile(draft(spec)).issues, []);
    });
  }
});
