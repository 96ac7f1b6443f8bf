// SPDX-License-Identifier: Apache-2.0
// The network of the packet tests, and configurations for it: one base, and what a test says otherwise.
//
//        10.0.1.5, .6            203.0.113.9, gateway .1
//   lan ---- lan (trust)  FIREWALL  wan (untrust) ---- the rest of the world
//                          |    |
//          dmz (dmz), VLAN 20   guest (guest), VLAN 30        both on port trunk
//          10.0.20.5            10.0.30.5
import { parse } from "yaml";
import { hashProgram } from "../../../program/codec";
import { encode } from "../../../node-agent/encode";
import { compile } from "../../../operator/compile/compile";
import { isIpv6, macOf, macText, parseMac } from "./address";

export interface Interface {
  readonly row: number;
  readonly port: number;
  readonly vlan: number;
  readonly mac: Uint8Array;
  readonly addresses: readonly string[];
  /** Who gets what is not on link. */
  readonly gateways: readonly string[];
}

const mac = (port: number): Uint8Array => parseMac(`02:00:00:00:00:0${port + 1}`);
const NONE: readonly string[] = [];

export const INTERFACES: Readonly<Record<string, Interface>> = {
  lan: { row: 2, port: 0, vlan: 0, mac: mac(0), addresses: ["10.0.1.1", "2001:db8:1::1"], gateways: ["10.0.1.6", "2001:db8:1::6"] },
  wan: { row: 3, port: 1, vlan: 0, mac: mac(1), addresses: ["203.0.113.2", "2001:db8:f::2"], gateways: ["203.0.113.1", "2001:db8:f::1"] },
  dmz: { row: 0, port: 2, vlan: 20, mac: mac(2), addresses: ["10.0.20.1", "2001:db8:20::1"], gateways: NONE },
  guest: { row: 1, port: 2, vlan: 30, mac: mac(2), addresses: ["10.0.30.1"], gateways: NONE },
};

/** Hosts whose link-layer address the configuration knows. */
const NEIGHBORS: readonly (readonly [string, string])[] = [
  ["lan", "10.0.1.5"],
  ["lan", "10.0.1.6"],
  ["lan", "2001:db8:1::5"],
  ["lan", "2001:db8:1::6"],
  ["wan", "203.0.113.1"],
  ["wan", "203.0.113.9"],
  ["wan", "2001:db8:f::1"],
  ["wan", "2001:db8:f::9"],
  ["dmz", "10.0.20.5"],
  ["dmz", "2001:db8:20::5"],
  ["guest", "10.0.30.5"],
];

const ON_LINK = ["10.0.1.", "203.0.113.", "10.0.20.", "10.0.30.", "2001:db8:1::", "2001:db8:f::", "2001:db8:20::"];

export function nextHop(out: Interface, destination: string): Uint8Array {
  if (ON_LINK.some((prefix) => destination.startsWith(prefix))) return macOf(destination);
  const gateway = out.gateways.find((g) => isIpv6(g) === isIpv6(destination));
  if (gateway === undefined) throw new Error(`no gateway to ${destination}`);
  return macOf(gateway);
}

const BASE = `
dataplane:
  sessions: {ipv4: 1024, ipv6: 1024}
  ports: [{name: port-lan, tap: {}}, {name: port-wan, tap: {}}, {name: trunk, tap: {}, mtu: 1400}]
interfaces:
- {name: lan, port: port-lan, zone: trust, addresses: ["10.0.1.1/24", "2001:db8:1::1/64"]}
- {name: wan, port: port-wan, zone: untrust, addresses: ["203.0.113.2/24", "2001:db8:f::2/64"]}
- {name: dmz, port: trunk, vlan: 20, zone: dmz, addresses: ["10.0.20.1/24", "2001:db8:20::1/64"]}
- {name: guest, port: trunk, vlan: 30, zone: guest, addresses: ["10.0.30.1/24"]}
zones:
- {name: trust, hostInbound: {services: [ping, ssh, dns, dhcp, dhcpv6]}}
- {name: untrust}
- {name: dmz}
- {name: guest, hostInbound: {services: [all]}}
defaultAction: Deny
policies: [{name: out, from: [trust], action: Permit}]
routing:
  static:
  - {prefix: 0.0.0.0/0, via: [203.0.113.1]}
  - {prefix: "::/0", via: ["2001:db8:f::1"]}
  - {prefix: 172.16.0.0/16, via: [10.0.1.6]}
`;

/** The bank of the base configuration, with the top-level fields of spec that the YAML text gives. */
export function configure(changes = ""): Uint8Array {
  const spec = { ...(parse(BASE) as Record<string, unknown>), ...((parse(changes) ?? {}) as Record<string, unknown>) };
  const routing = spec["routing"] as Record<string, unknown>;
  const neighbors = NEIGHBORS.map(([name, address]) => ({ interface: name, address, mac: macText(macOf(address)) }));
  spec["routing"] = { neighbors, ...routing };
  const compiled = compile({
    apiVersion: "portcullis.dev/v1alpha1",
    kind: "FirewallConfig",
    metadata: { name: "packets" },
    spec,
  });
  if (compiled.program === undefined || compiled.bytes === undefined) {
    throw new Error(compiled.issues.map((i) => `${i.path}: ${i.message}`).join("\n"));
  }
  for (const [name, { row, port }] of Object.entries(INTERFACES)) {
    const compiledRow = compiled.program.interfaces[row];
    if (compiledRow?.name !== name || compiledRow.port !== port) throw new Error(`row of interface ${name} has moved`);
  }
  return encode(compiled.program, { sequence: 1n, hash: compiled.hash ?? hashProgram(compiled.bytes) });
}
