// SPDX-License-Identifier: Apache-2.0
// The bound of packets that wait for a next hop, and what their senders hear.
import { table } from "./support/table";

const small = `
dataplane:
  limits: {heldPackets: 16}
  ports: [{name: port-lan, tap: {}}, {name: port-wan, tap: {}}, {name: trunk, tap: {}, mtu: 1400}]
`;
const nat = `
nat: {source: [{name: all, from: [trust], to: [untrust], interface: {}}]}
`;
const to = (n: number): string => `udp 10.0.1.5:9 > 203.0.113.${n}:9`;
const sixteen = Array.from({ length: 16 }, (_, i) => `lan: ${to(100 + i)} => held`);
const told = (n: number): string[] => Array.from({ length: n }, () => "drop neighbor-unresolved told 3/1");

table("packets that wait for a next hop", { config: small, configs: { normal: "" } }, {
  "the newest is refused when the bound is reached": [
    ...sixteen,
    `lan: ${to(120)} => drop neighbor-queue-full`,
    "expect counters.held=16",
    `wait 4s => ${told(16).join(" ++ ")}`,
    `lan: ${to(120)} => held`,
  ],
  "a larger bound comes with the next configuration": [...sixteen, "load normal", `lan: ${to(120)} => held`, "expect counters.held=17"],
});

table("a next hop that does not answer, with NAT", { config: nat }, {
  "the sender gets its packet back as it sent it": [
    "lan: udp 10.0.1.5:2000 > 203.0.113.77:9 => held",
    "wait 4s => drop neighbor-unresolved told 3/1",
  ],
  "TCP": ["lan: tcp 10.0.1.5:2000 > 203.0.113.77:9 S => held", "wait 4s => drop neighbor-unresolved told 3/1"],
  "ping": ["lan: icmp 10.0.1.5 > 203.0.113.77 echo id=3 => held", "wait 4s => drop neighbor-unresolved told 3/1"],
  "UDP without checksum": ["lan: udp 10.0.1.5:2000 > 203.0.113.77:9 csum=0 => held", "wait 4s => drop neighbor-unresolved told 3/1"],
});
table("a next hop that does not answer, IPv6", {}, {
  "address unreachable": ["lan: udp [2001:db8:1::5]:9 > [2001:db8:f::77]:9 => held", "wait 4s => drop neighbor-unresolved told 1/3"],
});
