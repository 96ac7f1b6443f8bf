// SPDX-License-Identifier: Apache-2.0
// Port blocks: what RFC 7422 computes is what packets get.
import { table } from "./support/table";

const config = `
policies: [{name: out, from: [trust], action: Permit}]
nat:
  pools:
  - {name: cgn, addresses: ["203.0.113.8", "203.0.113.16-203.0.113.17"], ports: "10000-10009", portBlocks: {size: 4, subscribers: ["10.0.1.4/30", "172.16.0.0/31"]}}
  source: [{name: cgn, from: [trust], to: [untrust], pool: {name: cgn}}]
`;

// Two blocks of four ports on each address: subscriber n has block n % 2 of address n / 2.
table("port blocks", { config }, {
  "every subscriber has its own": [
    "lan: udp 10.0.1.5:10005 > 203.0.113.9:53 => wan as 203.0.113.8:10005 > 203.0.113.9:53",
    "lan: udp 10.0.1.6:10001 > 203.0.113.9:53 => wan as 203.0.113.16:10001 > 203.0.113.9:53",
    "lan: udp 172.16.0.0:10002 > 203.0.113.9:53 => wan as 203.0.113.17:10002 > 203.0.113.9:53",
    "lan: udp 172.16.0.1:10007 > 203.0.113.9:53 => wan as 203.0.113.17:10007 > 203.0.113.9:53",
  ],
  "a port of another block moves into its own": [
    "lan: udp 10.0.1.5:10000 > 203.0.113.9:53 => wan as 203.0.113.8:$p > 203.0.113.9:53",
    "wan: udp 203.0.113.9:53 > 203.0.113.8:$p => lan as 203.0.113.9:53 > 10.0.1.5:10000",
  ],
  "is all that it has": [
    "lan: udp 10.0.1.5:10004 > 203.0.113.9:53 => wan as 203.0.113.8:10004 > 203.0.113.9:53",
    "lan: udp 10.0.1.5:10005 > 203.0.113.9:53 => wan as 203.0.113.8:10005 > 203.0.113.9:53",
    "lan: udp 10.0.1.5:10006 > 203.0.113.9:53 => wan as 203.0.113.8:10006 > 203.0.113.9:53",
    "lan: udp 10.0.1.5:10007 > 203.0.113.9:53 => wan as 203.0.113.8:10007 > 203.0.113.9:53",
    "lan: udp 10.0.1.5:10008 > 203.0.113.9:53 => drop nat-exhausted",
    "lan: udp 10.0.1.6:10000 > 203.0.113.9:53 => wan as 203.0.113.16:10000 > 203.0.113.9:53",
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=10007 => wan as 203.0.113.8 > 203.0.113.9 id=10007",
  ],
  "nobody else has one": ["lan: udp 10.0.1.9:10000 > 203.0.113.9:53 => drop nat-no-address"],
});
