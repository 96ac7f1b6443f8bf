// SPDX-License-Identifier: Apache-2.0
// A large configuration: policies over address sets, zones, applications. Deterministic.

export interface Size {
  policies: number;
  addresses: number;
}

/** A FirewallConfig as read from YAML. Every policy differs and none is shadowed by those before it. */
export function largeConfig({ policies, addresses }: Size): Record<string, unknown> {
  const zones = ["z0", "z1", "z2", "z3"];
  return {
    apiVersion: "portcullis.dev/v1alpha1",
    kind: "FirewallConfig",
    metadata: { name: "large" },
    spec: {
      dataplane: { ports: zones.map((_, i) => ({ name: `p${i}`, tap: {} })) },
      interfaces: zones.map((zone, i) => ({ name: `if${i}`, port: `p${i}`, zone, addresses: [`192.168.${i}.1/24`] })),
      zones: zones.map((name) => ({ name, hostInbound: { services: ["ping"] } })),
      addresses: range(addresses).map((i) => ({ name: `a${i}`, prefixes: prefixes(i) })),
      applications: range(100).map((i) => ({ name: `app${i}`, protocol: i % 2 ? "TCP" : "UDP", destinationPorts: [`${1000 + i}`] })),
      defaultAction: "Deny",
      policies: range(policies).map((i) => ({
        name: `policy-${i}`,
        from: [zones[i % 4]],
        to: [zones[(i >> 2) % 4]],
        sources: [`a${i % addresses}`],
        destinations: [`a${(i * 7 + Math.floor(i / addresses)) % addresses}`],
        applications: [`app${i % 100}`],
        action: i % 3 ? "Permit" : "Deny",
      })),
    },
  };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Four networks of IPv4 and, in every eighth set, one of IPv6. */
function prefixes(i: number): string[] {
  const four = range(4).map((k) => `10.${(i >> 6) & 255}.${(i & 63) * 4 + k}.${k * 16}/28`);
  return i % 8 ? four : [...four, `2001:db8:${i.toString(16)}::/48`];
}
