// SPDX-License-Identifier: Apache-2.0
// A random firewall, said twice: as a configuration of ours and as rules of nftables.
import { stringify } from "yaml";
import type { Random } from "./random";

export const LAN = ["10.0.1.5", "10.0.1.6"] as const;
export const WAN = ["203.0.113.9", "198.51.100.7", "198.51.100.8"] as const;
/** Addresses of the outside that NAT may give meaning to. */
export const OUTSIDE = ["203.0.113.2", "203.0.113.20", "203.0.113.21"] as const;
export const PORTS = [53, 80, 443, 1024, 5000, 40_000] as const;

type Zone = "trust" | "untrust";
const DEVICE = { trust: "lan", untrust: "wan" } as const;

interface Policy {
  readonly from: Zone;
  readonly to: Zone;
  readonly source: string | undefined;
  readonly destination: string | undefined;
  readonly protocol: "TCP" | "UDP" | "ICMP" | undefined;
  readonly port: number | undefined;
  readonly permit: boolean;
}

export interface Nat {
  readonly source: "none" | "interface" | "pool";
  /** 203.0.113.2:port to host:toPort */
  readonly forward: { readonly protocol: "TCP" | "UDP"; readonly port: number; readonly host: string; readonly toPort: number } | undefined;
  /** 203.0.113.21 is this host. */
  readonly fixed: string | undefined;
}

export interface Setup {
  readonly policies: readonly Policy[];
  readonly nat: Nat;
}

function randomPolicy(random: Random): Policy {
  const out = random.chance(60);
  const protocol = random.pick([undefined, "TCP", "UDP", "ICMP"] as const);
  return {
    from: out ? "trust" : "untrust", to: out ? "untrust" : "trust",
    source: random.chance(40) ? random.pick(out ? LAN : WAN) : undefined,
    destination: random.chance(40) ? random.pick(out ? WAN : LAN) : undefined,
    protocol, port: (protocol === "TCP" || protocol === "UDP") && random.chance(50) ? random.pick(PORTS) : undefined,
    permit: random.chance(65),
  };
}

export function randomSetup(random: Random): Setup {
  const protocol = random.pick(["TCP", "UDP"] as const);
  return {
    policies: [...Array.from({ length: 1 + random.below(8) }, () => randomPolicy(random)), { from: "trust", to: "untrust", source: undefined, destination: undefined, protocol: undefined, port: undefined, permit: random.chance(70) }],
    nat: {
      source: random.pick(["none", "interface", "pool"] as const),
      forward: random.chance(50) ? { protocol, port: random.pick(PORTS), host: random.pick(LAN), toPort: random.pick(PORTS) } : undefined,
      fixed: random.chance(30) ? random.pick(LAN) : undefined,
    },
  };
}

const named = (prefix: string, address: string): string => `${prefix}-${address.replaceAll(".", "-")}`;

function ourNat({ source, forward, fixed }: Nat): Record<string, unknown> {
  return {
    ...(source === "pool" ? { pools: [{ name: "public", addresses: ["203.0.113.20"] }] } : {}),
    ...(source === "none" ? {} : { source: [{ name: "out", from: ["trust"], to: ["untrust"], ...(source === "pool" ? { pool: { name: "public" } } : { interface: {} }) }] }),
    ...(forward === undefined ? {} : { destination: [{ name: "in", from: ["untrust"], address: "203.0.113.2", protocol: forward.protocol, port: String(forward.port), to: { address: forward.host, port: forward.toPort } }] }),
    ...(fixed === undefined ? {} : { static: [{ name: "fixed", from: ["untrust"], external: "203.0.113.21", internal: fixed }] }),
  };
}

/** For configure() of the packet tests. */
export function ourConfig({ policies, nat }: Setup): string {
  return stringify({
    addresses: [...LAN, ...WAN].map((address) => ({ name: named("a", address), prefixes: [address] })),
    applications: [
      ...(["TCP", "UDP"] as const).flatMap((protocol) => [{ name: protocol.toLowerCase(), protocol }, ...PORTS.map((port) => ({ name: `${protocol.toLowerCase()}-${port}`, protocol, destinationPorts: [String(port)] }))]),
      { name: "icmp", protocol: "ICMP" },
    ],
    policies: policies.map((p, i) => ({
      name: `p${i}`, from: [p.from], to: [p.to],
      ...(p.source === undefined ? {} : { sources: [named("a", p.source)] }),
      ...(p.destination === undefined ? {} : { destinations: [named("a", p.destination)] }),
      ...(p.protocol === undefined ? {} : { applications: [`${p.protocol.toLowerCase()}${p.port === undefined ? "" : `-${p.port}`}`] }),
      action: p.permit ? "Permit" : "Deny",
    })),
    nat: ourNat(nat),
  });
}

function nftPolicy(p: Policy): string {
  const match = [
    `iifname "${DEVICE[p.from]}" oifname "${DEVICE[p.to]}"`,
    p.source === undefined ? "" : `ip saddr ${p.source}`,
    p.destination === undefined ? "" : `ip daddr ${p.destination}`,
    p.protocol === undefined ? "" : p.port === undefined ? `meta l4proto ${p.protocol.toLowerCase()}` : `${p.protocol.toLowerCase()} dport ${p.port}`,
  ];
  return `${match.filter((m) => m !== "").join(" ")} ${p.permit ? "accept" : "drop"}`;
}

function nftNat({ source, forward, fixed }: Nat): { pre: string[]; post: string[] } {
  return {
    pre: [
      ...(fixed === undefined ? [] : [`iifname "wan" ip daddr 203.0.113.21 dnat to ${fixed}`]),
      ...(forward === undefined ? [] : [`iifname "wan" ip daddr 203.0.113.2 ${forward.protocol.toLowerCase()} dport ${forward.port} dnat to ${forward.host}:${forward.toPort}`]),
    ],
    post: [
      ...(fixed === undefined ? [] : [`oifname "wan" ip saddr ${fixed} snat to 203.0.113.21`]),
      ...(source === "none" ? [] : [`iifname "lan" oifname "wan" snat to ${source === "pool" ? "203.0.113.20" : "203.0.113.2"}`]),
    ],
  };
}

/** The marker of wire.py passes untracked. Nothing of the kernel itself answers or is reached. */
export function nftRules({ policies, nat }: Setup): string {
  const { pre, post } = nftNat(nat);
  const chain = (name: string, head: string, rules: readonly string[]): string => `  chain ${name} {\n    ${[head, ...rules].join("\n    ")}\n  }`;
  return [
    "flush ruleset",
    "table ip oracle {",
    chain("marker", "type filter hook prerouting priority raw;", ["udp dport 9 notrack"]),
    chain("pre", "type nat hook prerouting priority dstnat;", pre),
    chain("post", "type nat hook postrouting priority srcnat;", post),
    chain("forward", "type filter hook forward priority 0; policy drop;", ["udp dport 9 accept", "ct state invalid drop", "ct state established,related accept", ...policies.map(nftPolicy)]),
    chain("input", "type filter hook input priority 0; policy drop;", []),
    chain("output", "type filter hook output priority 0; policy drop;", []),
    "}",
    "",
  ].join("\n");
}
