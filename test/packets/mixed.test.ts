// SPDX-License-Identifier: Apache-2.0
// Configurations that have schedules, NAT, VRFs, zones' checks and applications together, as people write them.
// The clock starts on Thursday, 1970-01-01, at 00:00 UTC.
import { table } from "./support/table";

const office = `
schedules: [{name: lunch, windows: [{days: [Thu], from: "00:00", to: "00:10"}]}]
addresses:
- {name: five, prefixes: [10.0.1.5]}
- {name: server, prefixes: [10.0.20.5]}
- {name: private, prefixes: [10.0.0.0/8]}
applications:
- {name: web, protocol: TCP, destinationPorts: ["80"]}
- {name: inner-web, protocol: TCP, destinationPorts: ["8080-8090"]}
- {name: dns, protocol: UDP, destinationPorts: ["53"], timeout: 10s}
policies:
- {name: five-at-lunch, from: [trust], to: [untrust], sources: [five], schedule: lunch, action: Permit}
- {name: dns, from: [trust], to: [untrust], applications: [dns], action: Permit}
- {name: published, to: [dmz], destinations: [server], applications: [inner-web], action: Permit}
- {name: inside, from: [trust], to: [guest], action: Permit}
nat:
  pools: [{name: public, addresses: [203.0.113.20-203.0.113.21], ports: "20000-20009"}]
  source:
  - {name: not-inside, destinations: [private], off: {}}
  - {name: dns, applications: [dns], pool: {name: public}}
  - {name: rest, to: [untrust], interface: {}}
  destination:
  - {name: web, from: [untrust], address: 203.0.113.30, protocol: TCP, port: "80-90", to: {address: 10.0.20.5, port: 8080}}
flow:
  timeouts: {udp: 30s, tcpEstablished: 5m}
`;

table("an office: schedules and NAT", { config: office }, {
  "the first source rule that matches decides": [
    "lan: udp 10.0.1.6:5000 > 203.0.113.9:53 => wan as 203.0.113.20:$p > 203.0.113.9:53 by dns",
    "wan: udp 203.0.113.9:53 > 203.0.113.20:$p => lan as 203.0.113.9:53 > 10.0.1.6:5000",
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:99 => wan as 203.0.113.2:5000 > 203.0.113.9:99 by five-at-lunch",
    "lan: udp 10.0.1.6:5001 > 10.0.30.5:9 => guest by inside",
  ],
  "policies see the translated port": [
    "wan: tcp 203.0.113.9:1000 > 203.0.113.30:80 S seq=1 => dmz as 203.0.113.9:1000 > 10.0.20.5:8080 by published",
    "dmz: tcp 10.0.20.5:8080 > 203.0.113.9:1000 SA seq=7 ack=2 => wan as 203.0.113.30:80 > 203.0.113.9:1000",
    "wan: tcp 203.0.113.9:1000 > 203.0.113.30:90 S seq=1 => dmz as 203.0.113.9:1000 > 10.0.20.5:8090 by published",
    "wan: tcp 203.0.113.9:1000 > 203.0.113.30:91 S seq=1 => drop default-deny",
  ],
});

const simple = office.replace(/nat:[^]*(?=flow:)/, "nat: {source: [{name: rest, to: [untrust], interface: {}}]}\n");

table("an office: sessions of schedules under NAT", { config: simple }, {
  "a translated session ends with the window of its policy, and its answers too": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:99 => wan as 203.0.113.2:5000 > 203.0.113.9:99",
    "wait 9.9m",
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:99 => wan as 203.0.113.2:5000 > 203.0.113.9:99",
    "wait 10s",
    "wan: udp 203.0.113.9:99 > 203.0.113.2:5000 => drop host-inbound",
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:99 => drop default-deny by -",
  ],
  "a translated session that needs no schedule goes on, with its port": [
    "wait 9.95m",
    "lan: udp 10.0.1.6:5000 > 203.0.113.9:53 => wan as 203.0.113.2:5000 > 203.0.113.9:53",
    "wait 5s",
    "wan: udp 203.0.113.9:53 > 203.0.113.2:5000 => lan as 203.0.113.9:53 > 10.0.1.6:5000",
    "lan: udp 10.0.1.6:5000 > 203.0.113.9:53 => wan as 203.0.113.2:5000 > 203.0.113.9:53",
    "expect counters.sessionsOpened=1",
  ],
  "an application's timeout goes before the protocol's": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:99 => wan as 203.0.113.2:5000 > 203.0.113.9:99",
    "lan: udp 10.0.1.6:5000 > 203.0.113.9:53 => wan as 203.0.113.2:5000 > 203.0.113.9:53",
    "wait 12s",
    "expect counters.sessions4=1",
    "wait 20s",
    "expect counters.sessions4=0",
  ],
});
