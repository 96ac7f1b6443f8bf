// SPDX-License-Identifier: Apache-2.0
// For tests only: builders of configurations.
import fc from "fast-check";

/** A JSON object that tests change freely. */
// biome-ignore lint/suspicious/noExplicitAny: test data is changed in ways that no type allows.
export type Draft = any;

export function draft(spec: Draft): Draft {
  return { apiVersion: "portcullis.dev/v1alpha1", kind: "FirewallConfig", metadata: { name: "edge" }, spec };
}

/** A valid configuration without a warning, that uses everything. */
export function baseSpec(): Draft {
  return {
    dataplane: {
      ports: [
        { name: "lan", tap: { name: "tap-lan" } },
        { name: "wan", kernelInterface: { name: "eth1" } },
        { name: "dmz", pci: { address: "0000:03:00.0" } },
      ],
    },
    interfaces: [
      { name: "lan0", port: "lan", zone: "trust", vlan: 100, addresses: ["10.0.0.1/24", "2001:db8::1/64"] },
      { name: "wan0", port: "wan", zone: "untrust", addresses: ["203.0.113.2/28"] },
      { name: "dmz0", port: "dmz", zone: "dmz" },
    ],
    zones: [{ name: "trust", hostInbound: { services: ["ssh", "ping"] } }, { name: "untrust" }, { name: "dmz" }],
    addresses: [
      { name: "web", prefixes: ["10.1.2.0/24", "10.1.3.7"] },
      { name: "db", prefixes: ["10.1.4.0/25", "2001:db8:4::/48"] },
      { name: "servers", members: ["web", "db"] },
    ],
    applications: [
      { name: "https", protocol: "TCP", destinationPorts: ["443", "8000-8080"], timeout: "30m" },
      { name: "echo", protocol: "ICMP", icmp: [{ type: 8, code: 0 }] },
    ],
    defaultAction: "Deny",
    policies: [
      { name: "web-in", from: ["untrust"], to: ["dmz"], destinations: ["web"], applications: ["https", "echo"], action: "Permit" },
      { name: "out", from: ["trust"], sources: ["servers"], sourcesNegated: true, action: "Permit" },
      { name: "off", from: ["dmz"], to: ["trust"], action: "Reject", enabled: false },
    ],
    routing: {
      static: [{ prefix: "0.0.0.0/0", via: ["203.0.113.1"] }],
      neighbors: [{ interface: "wan0", address: "203.0.113.1", mac: "02:00:00:00:00:01" }],
    },
  };
}

/** The same with everything else that there is: NAT, schedules, VRFs, limits and timeouts. Without a warning, too. */
export function fullSpec(): Draft {
  const spec = baseSpec();
  spec.dataplane.ports.push({ name: "tap", vdev: { device: "net_pcap0", arguments: "rx_pcap=/tmp/in.pcap,infinite_rx=1" } });
  spec.dataplane.limits = { natBindings: 4096, fragments: 1024, fragmentsPerSource: 32, heldPackets: 128, neighbors: 2048, errorsPerSecond: 50 };
  spec.interfaces.push(
    { name: "guest0", port: "tap", zone: "guests", vlan: 6, addresses: ["10.0.0.1/24"] },
    { name: "guest1", port: "tap", zone: "guests", vlan: 7, addresses: ["192.168.7.1/24"], vrf: "main" },
  );
  Object.assign(spec.zones[1], { halfOpenLimit: 1000, sourceCheck: "Loose" });
  spec.zones.push({ name: "guests", sourceCheck: "Strict", vrf: "blue" });
  spec.schedules = [
    { name: "office", timeZone: "Europe/Berlin", windows: [{ days: ["Mon", "Tue"], from: "08:00", to: "18:00" }, { from: "12:00", to: "13:00" }] },
    { name: "night", windows: [{ days: ["Sat"], from: "22:00", to: "06:00" }] },
  ];
  spec.flow = { tcp: { strictSyn: false, window: "Liberal" }, timeouts: { udp: "45s", tcpEstablished: "2h4m" } };
  spec.policies[1].schedule = "office";
  spec.policies[2].schedule = "night";
  spec.nat = {
    pools: [
      { name: "public", addresses: ["203.0.113.8-203.0.113.9", "203.0.113.12"], ports: "2048-60000", addressPersistent: true },
      { name: "blocks", addresses: ["198.51.100.0/28"], portBlocks: { size: 512, subscribers: ["100.64.0.0/23", "100.65.0.1"] } },
    ],
    source: [
      { name: "not-inside", sources: ["web"], destinations: ["db"], off: {} },
      { name: "subscribers", from: ["guests"], to: ["untrust"], pool: { name: "blocks" } },
      { name: "games", from: ["trust"], applications: ["https"], pool: { name: "public" }, persistent: { filtering: "EndpointIndependent", timeout: "10m" } },
      { name: "rest", to: ["untrust"], interface: { ports: "10000-65535" }, persistent: {} },
    ],
    destination: [
      { name: "web", from: ["untrust"], address: "203.0.113.5", protocol: "TCP", port: "8000-8010", to: { address: "10.1.2.10", port: 9000 } },
      { name: "mail", sources: ["db"], address: "203.0.113.6", protocol: "TCP", port: "25", to: { address: "10.1.2.11" } },
      { name: "block", address: "192.0.2.0/28", to: { address: "10.1.3.0-10.1.3.15" } },
    ],
    static: [
      { name: "one", from: ["untrust"], external: "203.0.113.10", internal: "10.1.2.20" },
      { name: "many", external: "198.51.100.64/28", internal: "10.1.5.0/28" },
    ],
  };
  spec.routing.vrfs = [{ name: "blue", table: 100 }];
  spec.routing.static.push(
    { prefix: "0.0.0.0/0", vrf: "blue", via: ["10.0.0.9"] },
    { prefix: "10.200.0.0/16", type: "Prohibit" },
    { prefix: "10.201.0.0/16", vrf: "blue", type: "Blackhole" },
  );
  return spec;
}

/** Networks of a small universe: they nest, touch and overlap. */
export const PREFIXES = [
  "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "10.0.0.0/10", "10.64.0.0/10", "11.0.0.0/8", "::/0", "2001:db8::/32", "2001:db8::/33",
];

/** One address of every region that these networks cut out. */
export const POINTS = ["10.0.0.0", "10.64.0.0", "10.128.0.0", "11.0.0.0", "9.0.0.0", "2001:db8::", "2001:db8:8000::", "3000::"];

const ZONES = ["red", "green", "blue"];
const some = (names: string[], max = names.length): fc.Arbitrary<string[]> => fc.subarray(names, { maxLength: Math.min(max, names.length) });
const range = fc.constantFrom("80", "80-100", "90-200", "1-65535", "101-200", "201-300");
const application = fc.oneof(
  fc.record({ protocol: fc.constantFrom("TCP", "UDP") }),
  fc.record({ protocol: fc.constantFrom("TCP", "UDP"), destinationPorts: fc.array(range, { minLength: 1, maxLength: 2 }) }),
  fc.record({ protocol: fc.constant("TCP"), sourcePorts: fc.array(range, { minLength: 1, maxLength: 1 }), destinationPorts: fc.array(range, { minLength: 1, maxLength: 2 }) }),
  fc.record({ protocol: fc.constantFrom("ICMP", "ICMPv6"), icmp: fc.constantFrom([{ type: 8 }], [{ type: 8, code: 0 }], [{ type: 0 }, { type: 8 }]) }),
);

/** Valid configurations whose policies meet often. */
export const arbitraryDraft: fc.Arbitrary<Draft> = fc
  .record({
    sets: fc.array(some(PREFIXES, 4).filter((p) => p.length > 0), { maxLength: 4 }),
    groups: fc.array(fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }), { maxLength: 2 }),
    applications: fc.array(application, { maxLength: 5 }),
  })
  .chain(({ sets, groups, applications }) => {
    const addresses: Draft[] = sets.map((prefixes, i) => ({ name: `set-${i}`, prefixes }));
    for (const [i, members] of groups.entries()) {
      if (sets.length === 0) break;
      addresses.push({ name: `group-${i}`, members: [...new Set(members.map((m) => `set-${m % sets.length}`))] });
    }
    const named = applications.map((a, i) => ({ name: `app-${i}`, ...a }));
    const names = addresses.map((a) => a.name);
    const list = (negatable: boolean) => fc.tuple(some(names, 2), fc.boolean()).map(([l, n]) => ({ list: l, negated: negatable && n && l.length > 0 }));
    const policy = fc.record({
      from: some(ZONES, 2),
      to: some(ZONES, 2),
      source: list(true),
      destination: list(true),
      applications: some(named.map((a) => a.name), 2),
      action: fc.constantFrom("Permit", "Deny", "Reject"),
      enabled: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    });
    return fc.array(policy, { maxLength: 8 }).map((policies) =>
      draft({
        dataplane: { ports: ZONES.map((z) => ({ name: z, tap: { name: `t-${z}` } })) },
        interfaces: ZONES.map((z, i) => ({ name: `if-${z}`, port: z, zone: z, addresses: [`192.168.${i}.1/24`] })),
        zones: ZONES.map((name) => ({ name })),
        addresses,
        applications: named,
        defaultAction: "Deny",
        policies: policies.map((p, i) => ({
          name: `policy-${i}`,
          from: p.from,
          to: p.to,
          sources: p.source.list,
          sourcesNegated: p.source.negated,
          destinations: p.destination.list,
          destinationsNegated: p.destination.negated,
          applications: p.applications,
          action: p.action,
          enabled: p.enabled,
        })),
      }),
    );
  })
  .map((config) => JSON.parse(JSON.stringify(config)));
