// SPDX-License-Identifier: Apache-2.0
// Source NAT: by interface and by pool, for every kind of protocol, there and back.
import { table } from "./support/table";

const OUT = `policies: [{name: out, from: [trust], action: Permit}, {name: guests, from: [guest], action: Permit}]`;

const byInterface = `
${OUT}
nat:
  source: [{name: wan, from: [trust], to: [untrust], interface: {}}]
`;

table("source NAT by interface", { config: byInterface }, {
  "TCP keeps its port, and answers come back": [
    "lan: tcp 10.0.1.5:4000 > 203.0.113.9:80 S seq=100 => wan as 203.0.113.2:4000 > 203.0.113.9:80",
    "wan: tcp 203.0.113.9:80 > 203.0.113.2:4000 SA seq=7 ack=101 => lan as 203.0.113.9:80 > 10.0.1.5:4000",
    "lan: tcp 10.0.1.5:4000 > 203.0.113.9:80 A seq=101 ack=8 => wan as 203.0.113.2:4000 > 203.0.113.9:80",
    "lan: tcp 10.0.1.5:4000 > 203.0.113.9:80 PA seq=101 ack=8 len=33 => wan as 203.0.113.2:4000 > 203.0.113.9:80",
    "wan: tcp 203.0.113.9:80 > 203.0.113.2:4000 PA seq=8 ack=134 len=7 => lan as 203.0.113.9:80 > 10.0.1.5:4000",
    "expect sessions.0.natSource=203.0.113.2 sessions.0.natSourcePort=4000 sessions.0.natDestination=203.0.113.9",
    "expect sessions.length=1 sessions.0.packets=3,2 policies.out.packets=5",
  ],
  "TCP closes and opens again with the same port": [
    "lan: tcp 10.0.1.5:4000 > 203.0.113.9:80 S seq=1 => wan as 203.0.113.2:4000 > 203.0.113.9:80",
    "wan: tcp 203.0.113.9:80 > 203.0.113.2:4000 RA seq=0 ack=2 => lan as 203.0.113.9:80 > 10.0.1.5:4000",
    "lan: tcp 10.0.1.5:4000 > 203.0.113.9:80 S seq=9 => wan as 203.0.113.2:4000 > 203.0.113.9:80",
    "wan: tcp 203.0.113.9:80 > 203.0.113.2:4000 SA seq=7 ack=10 => lan as 203.0.113.9:80 > 10.0.1.5:4000",
    "expect sessions.length=1 counters.sessionsOpened=2",
  ],
  "UDP": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.2:5000 > 203.0.113.9:53",
    "wan: udp 203.0.113.9:53 > 203.0.113.2:5000 len=99 => lan as 203.0.113.9:53 > 10.0.1.5:5000",
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 len=1 => wan as 203.0.113.2:5000 > 203.0.113.9:53",
  ],
  "UDP without checksum stays without": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 csum=0 => wan as 203.0.113.2:5000 > 203.0.113.9:53",
    "wan: udp 203.0.113.9:53 > 203.0.113.2:5000 csum=0 => lan as 203.0.113.9:53 > 10.0.1.5:5000",
    "wan: udp 203.0.113.9:53 > 203.0.113.2:5000 => lan as 203.0.113.9:53 > 10.0.1.5:5000",
  ],
  "ICMP echo: the identifier is like a port": [
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=3000 => wan as 203.0.113.2 > 203.0.113.9 id=3000",
    "wan: icmp 203.0.113.9 > 203.0.113.2 echo-reply id=3000 => lan as 203.0.113.9 > 10.0.1.5 id=3000",
    "lan: icmp 10.0.1.6 > 203.0.113.9 echo id=3000 => wan as 203.0.113.2 > 203.0.113.9 id=$i",
    "wan: icmp 203.0.113.9 > 203.0.113.2 echo-reply id=$i => lan as 203.0.113.9 > 10.0.1.6 id=3000",
    "wan: icmp 203.0.113.9 > 203.0.113.2 echo-reply id=3000 => lan as 203.0.113.9 > 10.0.1.5 id=3000",
    "expect sessions.length=2",
  ],
  "an identifier below the range moves into it": [
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=0 => wan as 203.0.113.2 > 203.0.113.9 id=$i",
    "wan: icmp 203.0.113.9 > 203.0.113.2 echo-reply id=$i => lan as 203.0.113.9 > 10.0.1.5 id=0",
  ],
  "GRE by address alone": [
    "lan: proto=47 10.0.1.5 > 203.0.113.9 => wan as 203.0.113.2 > 203.0.113.9",
    "wan: proto=47 203.0.113.9 > 203.0.113.2 => lan as 203.0.113.9 > 10.0.1.5",
    "lan: proto=47 10.0.1.5 > 203.0.113.9 len=77 => wan as 203.0.113.2 > 203.0.113.9",
  ],
  "one GRE tunnel to a remote end": [
    "lan: proto=47 10.0.1.5 > 203.0.113.9 => wan as 203.0.113.2 > 203.0.113.9",
    "lan: proto=47 10.0.1.6 > 203.0.113.9 => drop nat-exhausted",
    "lan: proto=47 10.0.1.6 > 203.0.113.1 => wan as 203.0.113.2 > 203.0.113.1",
    "wan: proto=47 203.0.113.9 > 203.0.113.2 => lan as 203.0.113.9 > 10.0.1.5",
    "wan: proto=47 203.0.113.1 > 203.0.113.2 => lan as 203.0.113.1 > 10.0.1.6",
  ],
  "ESP": [
    "lan: proto=50 10.0.1.5 > 203.0.113.9 => wan as 203.0.113.2 > 203.0.113.9",
    "wan: proto=50 203.0.113.9 > 203.0.113.2 => lan as 203.0.113.9 > 10.0.1.5",
  ],
  "SCTP keeps its ports": [
    "lan: sctp 10.0.1.5:700 > 203.0.113.9:80 => wan as 203.0.113.2:700 > 203.0.113.9:80",
    "wan: sctp 203.0.113.9:80 > 203.0.113.2:700 => lan as 203.0.113.9:80 > 10.0.1.5:700",
    "lan: sctp 10.0.1.6:700 > 203.0.113.9:80 => drop nat-exhausted",
    "lan: sctp 10.0.1.6:701 > 203.0.113.9:80 => wan as 203.0.113.2:701 > 203.0.113.9:80",
  ],
  "a port that is taken for the same remote end gives way": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.2:5000 > 203.0.113.9:53",
    "lan: udp 10.0.1.6:5000 > 203.0.113.9:53 => wan as 203.0.113.2:$p > 203.0.113.9:53",
    "wan: udp 203.0.113.9:53 > 203.0.113.2:5000 => lan as 203.0.113.9:53 > 10.0.1.5:5000",
    "wan: udp 203.0.113.9:53 > 203.0.113.2:$p => lan as 203.0.113.9:53 > 10.0.1.6:5000",
    "lan: udp 10.0.1.6:5000 > 203.0.113.9:53 => wan as 203.0.113.2:$p > 203.0.113.9:53",
  ],
  "the same port serves different remote ends": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.2:5000 > 203.0.113.9:53",
    "lan: udp 10.0.1.6:5000 > 203.0.113.1:53 => wan as 203.0.113.2:5000 > 203.0.113.1:53",
    "wan: udp 203.0.113.1:53 > 203.0.113.2:5000 => lan as 203.0.113.1:53 > 10.0.1.6:5000",
    "wan: udp 203.0.113.9:53 > 203.0.113.2:5000 => lan as 203.0.113.9:53 > 10.0.1.5:5000",
  ],
  "two flows of one burst do not get one port": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 ++ udp 10.0.1.6:5001 > 203.0.113.9:53 => wan as 203.0.113.2:5000 > 203.0.113.9:53 ++ wan as 203.0.113.2:5001 > 203.0.113.9:53",
    "lan: udp 10.0.1.6:5000 > 203.0.113.9:53 => wan as 203.0.113.2:$p > 203.0.113.9:53",
    "expect sessions.length=3",
  ],
  "two packets of one new flow": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 ++ udp 10.0.1.5:5000 > 203.0.113.9:53 len=9 => wan as 203.0.113.2:5000 > 203.0.113.9:53 ++ wan as 203.0.113.2:5000 > 203.0.113.9:53",
    "expect sessions.length=1",
  ],
  "nobody else comes in through the translation": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.2:5000 > 203.0.113.9:53",
    "wan: udp 203.0.113.1:53 > 203.0.113.2:5000 => drop host-inbound",
    "wan: udp 203.0.113.9:54 > 203.0.113.2:5000 => drop host-inbound",
    "wan: udp 203.0.113.9:53 > 10.0.1.5:5000 => drop default-deny",
  ],
  "the first packet waits for its neighbor, translated": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.77:53 => held",
    "neighbor wan 203.0.113.77",
    "wait 10ms => wan as 203.0.113.2:5000 > 203.0.113.77:53",
    "wan: udp 203.0.113.77:53 > 203.0.113.2:5000 => lan as 203.0.113.77:53 > 10.0.1.5:5000",
  ],
  "TTL is checked before anything is changed": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 ttl=1 => drop ttl-expired" +
      " & lan: icmp 10.0.1.1 > 10.0.1.5 11/0 df quote(udp 10.0.1.5:5000 > 203.0.113.9:53 ttl=1)",
    "expect sessions.length=0",
  ],
  "IPv6 goes as it is": ["lan: udp [2001:db8:1::5]:5000 > [2001:db8:f::9]:53 => wan"],
  "other zones go as they are": ["guest: udp 10.0.30.5:5000 > 203.0.113.9:53 => wan"],
  "to another zone nothing is translated": ["lan: udp 10.0.1.5:5000 > 10.0.20.5:53 => dmz"],
  "a message that leaves no state does not pass": ["lan: icmp 10.0.1.5 > 203.0.113.9 15/0 => drop icmp-no-session"],
  "to the firewall itself nothing is translated": ["lan: icmp 10.0.1.5 > 10.0.1.1 echo id=1 => host"],
  "the firewall's own connection gives way to a client's": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.2:5000 > 203.0.113.9:53",
    "host wan: udp 203.0.113.2:5000 > 203.0.113.9:53 => wan as 203.0.113.2:$p > 203.0.113.9:53",
    "wan: udp 203.0.113.9:53 > 203.0.113.2:$p => host as 203.0.113.9:53 > 203.0.113.2:5000",
    "wan: udp 203.0.113.9:53 > 203.0.113.2:5000 => lan as 203.0.113.9:53 > 10.0.1.5:5000",
    "host wan: udp 203.0.113.2:5000 > 203.0.113.9:53 len=2 => wan as 203.0.113.2:$p > 203.0.113.9:53",
  ],
  "a client's connection gives way to the firewall's own": [
    "host wan: udp 203.0.113.2:5000 > 203.0.113.9:53 => wan",
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.2:$p > 203.0.113.9:53",
    "wan: udp 203.0.113.9:53 > 203.0.113.2:5000 => host",
    "wan: udp 203.0.113.9:53 > 203.0.113.2:$p => lan as 203.0.113.9:53 > 10.0.1.5:5000",
  ],
});

const bare = `
interfaces:
- {name: lan, port: port-lan, zone: trust, addresses: ["10.0.1.1/24"]}
- {name: wan, port: port-wan, zone: untrust}
- {name: dmz, port: trunk, vlan: 20, zone: dmz}
- {name: guest, port: trunk, vlan: 30, zone: guest}
routing:
  neighbors: [{interface: wan, address: 203.0.113.9, mac: "02:be:cb:00:71:09"}]
  static: [{prefix: 203.0.113.9/32, via: [203.0.113.9], interface: wan}]
${byInterface}
`;

table("source NAT by an interface without address", { config: bare }, {
  "refuses": ["lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => drop nat-no-address", "expect sessions.length=0"],
});

const small = `
${OUT}
nat:
  pools: [{name: few, addresses: ["203.0.113.8"], ports: "40000-40003"}]
  source: [{name: few, from: [trust], to: [untrust], pool: {name: few}}]
`;

table("a small pool", { config: small }, {
  "is used to the last port, and then refuses": [
    "lan: udp 10.0.1.5:1 > 203.0.113.9:53 => wan as 203.0.113.8:$a > 203.0.113.9:53",
    "lan: udp 10.0.1.5:2 > 203.0.113.9:53 => wan as 203.0.113.8:$b > 203.0.113.9:53",
    "lan: udp 10.0.1.5:3 > 203.0.113.9:53 => wan as 203.0.113.8:$c > 203.0.113.9:53",
    "lan: udp 10.0.1.5:4 > 203.0.113.9:53 => wan as 203.0.113.8:$d > 203.0.113.9:53",
    "lan: udp 10.0.1.5:5 > 203.0.113.9:53 => drop nat-exhausted",
    "lan: udp 10.0.1.6:5 > 203.0.113.9:53 => drop nat-exhausted",
    "wan: udp 203.0.113.9:53 > 203.0.113.8:$a => lan as 203.0.113.9:53 > 10.0.1.5:1",
    "wan: udp 203.0.113.9:53 > 203.0.113.8:$d => lan as 203.0.113.9:53 > 10.0.1.5:4",
    "lan: udp 10.0.1.5:5 > 203.0.113.1:53 => wan as 203.0.113.8:$e > 203.0.113.1:53",
    "lan: tcp 10.0.1.5:5 > 203.0.113.9:53 S => wan as 203.0.113.8:$f > 203.0.113.9:53",
    "expect counters.dropped.nat-exhausted=2 sessions.length=6",
  ],
  "is free again when sessions end": [
    "lan: udp 10.0.1.5:1 > 203.0.113.9:53 => wan as 203.0.113.8:$a > 203.0.113.9:53",
    "lan: udp 10.0.1.5:2 > 203.0.113.9:53 => wan as 203.0.113.8:$b > 203.0.113.9:53",
    "lan: udp 10.0.1.5:3 > 203.0.113.9:53 => wan as 203.0.113.8:$c > 203.0.113.9:53",
    "lan: udp 10.0.1.5:4 > 203.0.113.9:53 => wan as 203.0.113.8:$d > 203.0.113.9:53",
    "wait 62s",
    "lan: udp 10.0.1.5:5 > 203.0.113.9:53 => wan as 203.0.113.8:$e > 203.0.113.9:53",
  ],
  "a port of the range is kept": [
    "lan: udp 10.0.1.5:40002 > 203.0.113.9:53 => wan as 203.0.113.8:40002 > 203.0.113.9:53",
    "lan: udp 10.0.1.6:40002 > 203.0.113.9:53 => wan as 203.0.113.8:$p > 203.0.113.9:53",
  ],
});

table("a full table of sessions", { config: small, sessions: 2 }, {
  "refuses without taking a port": [
    "lan: udp 10.0.1.5:1 > 203.0.113.9:53 => wan as 203.0.113.8:$a > 203.0.113.9:53",
    "lan: udp 10.0.1.5:2 > 203.0.113.9:53 => wan as 203.0.113.8:$b > 203.0.113.9:53",
    "lan: udp 10.0.1.5:3 > 203.0.113.9:53 => drop session-table-full",
    "wan: udp 203.0.113.9:53 > 203.0.113.8:$a => lan as 203.0.113.9:53 > 10.0.1.5:1",
  ],
});

const rules = `
${OUT}
addresses: [{name: five, prefixes: ["10.0.1.5"]}, {name: nine, prefixes: ["203.0.113.9"]}]
applications: [{name: dns, protocol: UDP, destinationPorts: ["53"]}]
nat:
  pools:
  - {name: one, addresses: ["203.0.113.8"]}
  - {name: many, addresses: ["203.0.113.20-203.0.113.21", "203.0.113.32/31"], ports: "2000-2001", addressPersistent: true}
  source:
  - {name: dns-stays, from: [trust], applications: [dns], destinations: [nine], "off": {}}
  - {name: five, from: [trust], to: [untrust], sources: [five], pool: {name: one}}
  - {name: rest, from: [trust], to: [untrust], pool: {name: many}}
  - {name: guests, from: [guest], to: [untrust], interface: {ports: "3000-3999"}}
`;

table("source rules", { config: rules }, {
  "off stops": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan",
    "wan: udp 203.0.113.9:53 > 10.0.1.5:5000 => lan",
  ],
  "the first that matches decides": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:54 => wan as 203.0.113.8:5000 > 203.0.113.9:54",
    "lan: udp 10.0.1.5:5000 > 203.0.113.1:53 => wan as 203.0.113.8:5000 > 203.0.113.1:53",
    "guest: udp 10.0.30.5:3500 > 203.0.113.9:53 => wan as 203.0.113.2:3500 > 203.0.113.9:53",
    "guest: udp 10.0.30.5:4500 > 203.0.113.9:53 => wan as 203.0.113.2:$p > 203.0.113.9:53",
  ],
  "a source keeps its address, even when it runs out of ports": [
    "lan: udp 10.0.1.6:2000 > 203.0.113.9:99 => wan as 203.0.113.20:2000 > 203.0.113.9:99",
    "lan: udp 10.0.1.6:2001 > 203.0.113.9:99 => wan as 203.0.113.20:2001 > 203.0.113.9:99",
    "lan: udp 10.0.1.6:2002 > 203.0.113.9:99 => drop nat-exhausted",
    "lan: udp 10.0.1.6:2002 > 203.0.113.9:98 => wan as 203.0.113.20:$p > 203.0.113.9:98",
  ],
});
