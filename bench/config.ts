// SPDX-License-Identifier: Apache-2.0
// The configuration of the benchmarks: clients 10.0.0.0/8 and 2001:db8:a::/48 behind lan, the world behind wan, a policy for each
// kind of flow, and as many other rules before them as wanted. What portcullis-bench, the captures and the peers use is the same.

export interface Port {
  readonly name: string;
  readonly [kind: string]: unknown;
}

export interface BenchConfig {
  /** Policies in all; at least the five that the flows need. */
  readonly rules: number;
  /** Source NAT for 198.19.0.0/16. */
  readonly nat?: boolean;
  /** It is by persistent bindings. */
  readonly persistent?: boolean;
  /** Kinds of flow that are denied although they are usually permitted. */
  readonly refuse?: readonly string[];
  readonly ports?: readonly [lan: Port, wan: Port];
  readonly dataplane?: Readonly<Record<string, unknown>>;
}

export const LAN_GATEWAY = { address: "192.168.1.2", address6: "2001:db8:1::2", mac: "02:00:00:00:00:98" };
export const WAN_GATEWAY = { address: "203.0.113.2", address6: "2001:db8:f::2", mac: "02:00:00:00:00:99" };

/** By what the destination of a flow says; see worker/bench/flow.c. */
const PURPOSES = [
  { name: "deny", prefixes: ["100.64.0.0/16"], action: "Deny" },
  { name: "churn", prefixes: ["100.65.0.0/16"], action: "Permit", applications: ["one-second"] },
  { name: "open", prefixes: ["100.66.0.0/16"], action: "Permit" },
  { name: "plain", prefixes: ["198.18.0.0/16", "2001:db8:b::/48"], action: "Permit", applications: ["lasting-udp", "lasting-tcp"] },
  { name: "translated", prefixes: ["198.19.0.0/16"], action: "Permit", applications: ["lasting-udp", "lasting-tcp"] },
] as const;

function range(count: number): number[] {
  return Array.from({ length: Math.max(count, 0) }, (_, i) => i);
}

/** A rule between the same zones that no flow of the benchmarks meets, unlike every other one. */
function filler(i: number): Record<string, unknown> {
  return { name: `other-${i}`, from: ["trust"], to: ["untrust"], sources: [`net-${i % 256}`], destinations: [`host-${i % 512}`], applications: [`app-${i % 128}`], action: i % 3 === 0 ? "Deny" : "Permit" };
}

function fillers(count: number): { addresses: unknown[]; applications: unknown[]; policies: unknown[] } {
  const used = range(count);
  return {
    addresses: [
      ...range(Math.min(count, 256)).map((i) => ({ name: `net-${i}`, prefixes: [`10.${i}.0.0/16`] })),
      ...range(Math.min(count, 512)).map((i) => ({ name: `host-${i}`, prefixes: [`172.16.${i >> 1}.${(i & 1) * 128}/25`] })),
    ],
    applications: range(Math.min(count, 128)).map((i) => ({ name: `app-${i}`, protocol: i % 2 === 0 ? "TCP" : "UDP", destinationPorts: [i % 5 === 0 ? `${2000 + i}-${2100 + i}` : `${2000 + i}`] })),
    policies: used.map(filler),
  };
}

export function benchConfig({ rules, nat = false, persistent = false, refuse = [], ports, dataplane = {} }: BenchConfig): Record<string, unknown> {
  const other = fillers(rules - PURPOSES.length);
  return {
    apiVersion: "portcullis.dev/v1alpha1",
    kind: "FirewallConfig",
    metadata: { name: "bench" },
    spec: {
      dataplane: { ...dataplane, ports: ports ?? [{ name: "lan", tap: {} }, { name: "wan", tap: {} }] },
      interfaces: [
        { name: "lan0", port: "lan", zone: "trust", addresses: ["192.168.1.1/24", "2001:db8:1::1/64"] },
        { name: "wan0", port: "wan", zone: "untrust", addresses: ["203.0.113.1/24", "2001:db8:f::1/64"] },
      ],
      zones: [{ name: "trust" }, { name: "untrust" }],
      addresses: [...PURPOSES.map(({ name, prefixes }) => ({ name: `to-${name}`, prefixes })), ...other.addresses],
      applications: [
        { name: "lasting-udp", protocol: "UDP", destinationPorts: ["4433"], timeout: "160h" },
        { name: "lasting-tcp", protocol: "TCP", destinationPorts: ["4433"], timeout: "160h" },
        { name: "one-second", protocol: "UDP", destinationPorts: ["4433"], timeout: "1s" },
        ...other.applications,
      ],
      defaultAction: "Deny",
      policies: [
        ...other.policies,
        ...PURPOSES.map(({ prefixes: _, ...purpose }) => ({ from: ["trust"], to: ["untrust"], destinations: [`to-${purpose.name}`], ...purpose, ...(refuse.includes(purpose.name) ? { action: "Deny" } : {}) })),
      ],
      ...(nat ? { nat: sourceNat(persistent) } : {}),
      routing: {
        static: [
          { prefix: "10.0.0.0/8", via: [LAN_GATEWAY.address] },
          { prefix: "2001:db8:a::/48", via: [LAN_GATEWAY.address6] },
          { prefix: "0.0.0.0/0", via: [WAN_GATEWAY.address] },
          { prefix: "::/0", via: [WAN_GATEWAY.address6] },
        ],
        neighbors: [LAN_GATEWAY, WAN_GATEWAY].flatMap((g, i) => [g.address, g.address6].map((address) => ({ address, mac: g.mac, interface: ["lan0", "wan0"][i] }))),
      },
    },
  };
}

function sourceNat(persistent: boolean): Record<string, unknown> {
  const kept = persistent ? { persistent: { filtering: "EndpointIndependent", timeout: "1h" } } : {};
  return {
    pools: [{ name: "public", addresses: ["192.0.2.0/24"] }],
    source: [{ name: "out", from: ["trust"], to: ["untrust"], destinations: ["to-translated"], pool: { name: "public" }, ...kept }],
  };
}
