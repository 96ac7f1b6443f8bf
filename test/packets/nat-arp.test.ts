// SPDX-License-Identifier: Apache-2.0
// ARP for addresses that only NAT rules have.
import { table } from "./support/table";

const nat = (pool: string): string => `
policies: [{name: out, from: [trust, dmz], action: Permit}]
interfaces:
- {name: lan, port: port-lan, zone: trust, addresses: ["10.0.1.1/24", "2001:db8:1::1/64"]}
- {name: wan, port: port-wan, zone: untrust, addresses: ["203.0.113.2/24", "2001:db8:f::2/64"]}
- {name: dmz, port: trunk, vlan: 20, zone: dmz, addresses: ["10.0.20.1/24", "2001:db8:20::1/64"]}
- {name: guest, port: trunk, vlan: 30, zone: guest, addresses: ["10.0.30.1/24"]}
nat:
  pools: [{name: p, addresses: ["${pool}"]}, {name: lan-side, addresses: ["10.0.20.64/30"]}]
  source:
  - {name: s, from: [trust], to: [untrust], pool: {name: p}}
  - {name: d, from: [trust], to: [dmz], pool: {name: lan-side}}
  destination:
  - {name: web, from: [untrust], address: 203.0.113.2, protocol: TCP, port: "80", to: {address: 10.0.20.5}}
  - {name: far, from: [untrust], address: 198.51.100.7, to: {address: 10.0.20.5}}
  - {name: inner, from: [untrust], address: 10.0.1.77, to: {address: 10.0.20.5}}
  static: [{name: one, from: [untrust], external: 203.0.113.64/30, internal: 10.0.20.64/30}]
`;

const GATEWAY = "smac=02:be:cb:00:71:01";

table("proxy ARP", { config: nat("203.0.113.8-203.0.113.9") }, {
  "answers for a pool": [`wan: arp 203.0.113.8 who-has 203.0.113.1 ${GATEWAY} => consumed & wan: proxy 203.0.113.8 for 203.0.113.1`],
  "answers for a static rule": [`wan: arp 203.0.113.66 who-has 203.0.113.1 ${GATEWAY} => consumed & wan: proxy 203.0.113.66 for 203.0.113.1`],
  "with the interface's tag": ["dmz: arp 10.0.20.65 who-has 10.0.20.5 smac=02:be:0a:00:14:05 => consumed & dmz: proxy 10.0.20.65 for 10.0.20.5"],
  "the interface's own address is the kernel's": [`wan: arp 203.0.113.2 who-has 203.0.113.1 ${GATEWAY} => host`],
  "other addresses are not its own": [
    `wan: arp 203.0.113.7 who-has 203.0.113.1 ${GATEWAY} => host`,
    `wan: arp 203.0.113.68 who-has 203.0.113.1 ${GATEWAY} => host`,
    `wan: arp 198.51.100.7 who-has 203.0.113.1 ${GATEWAY} => host`,
  ],
  "only where the rule's outside is": [
    "lan: arp 203.0.113.8 who-has 10.0.1.5 => host",
    "lan: arp 10.0.1.77 who-has 10.0.1.5 => host",
  ],
  "an answer or an announcement is not a question": [
    `wan: arp 203.0.113.8 is-at 02:be:cb:00:71:08 to=203.0.113.1 ${GATEWAY} => host`,
    `wan: arp 203.0.113.8 who-has 203.0.113.8 ${GATEWAY} => host`,
  ],
});

table("announcements", { announce: true, config: nat("203.0.113.8-203.0.113.9"), configs: { same: nat("203.0.113.8-203.0.113.9"), more: nat("203.0.113.8-203.0.113.10") } }, {
  "come once, for all addresses": [
    "wait 1s => & wan: announce 203.0.113.8 & wan: announce 203.0.113.9 & wan: announce 203.0.113.64 & wan: announce 203.0.113.65" +
      " & wan: announce 203.0.113.66 & wan: announce 203.0.113.67" +
      " & dmz: announce 10.0.20.64 & dmz: announce 10.0.20.65 & dmz: announce 10.0.20.66 & dmz: announce 10.0.20.67",
    "wait 10s",
    "load same",
    "wait 1s",
    "load more",
    "wait 1s => & wan: announce 203.0.113.8 & wan: announce 203.0.113.9 & wan: announce 203.0.113.10 & wan: announce 203.0.113.64" +
      " & wan: announce 203.0.113.65 & wan: announce 203.0.113.66 & wan: announce 203.0.113.67",
  ],
});
