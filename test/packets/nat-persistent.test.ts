// SPDX-License-Identifier: Apache-2.0
// Persistent source NAT: one mapping for an inner endpoint (RFC 4787 REQ-1), and who may send to it.
import { table } from "./support/table";

const config = (filtering: string, policies = "", limits = ""): string => `
${limits}
policies:
${policies}
- {name: out, from: [trust], action: Permit}
nat:
  pools: [{name: one, addresses: ["203.0.113.8"], ports: "2000-2009"}]
  source: [{name: keep, from: [trust], to: [untrust], pool: {name: one}, persistent: {filtering: ${filtering}, timeout: 100s}}]
`;

table("a persistent binding", { config: config("AddressAndPort"), configs: { other: config("AddressAndPort").replaceAll("203.0.113.8", "203.0.113.10") } }, {
  "is the same for every remote end": [
    "lan: udp 10.0.1.5:2005 > 203.0.113.9:53 => wan as 203.0.113.8:2005 > 203.0.113.9:53",
    "lan: udp 10.0.1.5:99 > 203.0.113.9:53 => wan as 203.0.113.8:$p > 203.0.113.9:53",
    "lan: udp 10.0.1.5:99 > 203.0.113.1:53 => wan as 203.0.113.8:$p > 203.0.113.1:53",
    "lan: udp 10.0.1.5:99 > 203.0.113.1:54 => wan as 203.0.113.8:$p > 203.0.113.1:54",
    "wan: udp 203.0.113.1:54 > 203.0.113.8:$p => lan as 203.0.113.1:54 > 10.0.1.5:99",
    "expect bindings.used=2 sessions.length=4",
  ],
  "belongs to one inner endpoint alone": [
    "lan: udp 10.0.1.5:2005 > 203.0.113.9:53 => wan as 203.0.113.8:2005 > 203.0.113.9:53",
    "lan: udp 10.0.1.6:2005 > 203.0.113.1:53 => wan as 203.0.113.8:$p > 203.0.113.1:53",
    "lan: udp 10.0.1.6:2005 > 203.0.113.9:53 => wan as 203.0.113.8:$p > 203.0.113.9:53",
    "wan: udp 203.0.113.9:53 > 203.0.113.8:2005 => lan as 203.0.113.9:53 > 10.0.1.5:2005",
    "wan: udp 203.0.113.9:53 > 203.0.113.8:$p => lan as 203.0.113.9:53 > 10.0.1.6:2005",
  ],
  "is kept when the client comes back": [
    "lan: udp 10.0.1.5:99 > 203.0.113.9:53 => wan as 203.0.113.8:$p > 203.0.113.9:53",
    "wait 62s",
    "expect sessions.length=0 bindings.used=1",
    "wait 90s",
    "lan: udp 10.0.1.5:99 > 203.0.113.1:53 => wan as 203.0.113.8:$p > 203.0.113.1:53",
  ],
  "ends with its timeout": [
    "lan: udp 10.0.1.5:99 > 203.0.113.9:53 => wan as 203.0.113.8:$p > 203.0.113.9:53",
    "wait 200s",
    "expect sessions.length=0 bindings.used=0",
  ],
  "lives while one of its sessions does": [
    "lan: udp 10.0.1.5:99 > 203.0.113.9:53 => wan as 203.0.113.8:$p > 203.0.113.9:53",
    "wait 50s",
    "wan: udp 203.0.113.9:53 > 203.0.113.8:$p => lan as 203.0.113.9:53 > 10.0.1.5:99",
    "wait 50s",
    "wan: udp 203.0.113.9:53 > 203.0.113.8:$p => lan as 203.0.113.9:53 > 10.0.1.5:99",
    "wait 50s",
    "lan: udp 10.0.1.5:99 > 203.0.113.1:53 => wan as 203.0.113.8:$p > 203.0.113.1:53",
  ],
  "TCP": [
    "lan: tcp 10.0.1.5:99 > 203.0.113.9:80 S seq=1 => wan as 203.0.113.8:$p > 203.0.113.9:80",
    "wan: tcp 203.0.113.9:80 > 203.0.113.8:$p RA seq=0 ack=2 => lan as 203.0.113.9:80 > 10.0.1.5:99",
    "lan: tcp 10.0.1.5:99 > 203.0.113.1:80 S seq=1 => wan as 203.0.113.8:$p > 203.0.113.1:80",
    "expect bindings.used=1",
  ],
  "TCP and UDP have their own": [
    "lan: udp 10.0.1.5:2001 > 203.0.113.9:80 => wan as 203.0.113.8:2001 > 203.0.113.9:80",
    "lan: tcp 10.0.1.5:2001 > 203.0.113.9:80 S => wan as 203.0.113.8:2001 > 203.0.113.9:80",
    "expect bindings.used=2",
  ],
  "ICMP identifiers": [
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=7 => wan as 203.0.113.8 > 203.0.113.9 id=$i",
    "lan: icmp 10.0.1.5 > 203.0.113.1 echo id=7 => wan as 203.0.113.8 > 203.0.113.1 id=$i",
    "wan: icmp 203.0.113.1 > 203.0.113.8 echo-reply id=$i => lan as 203.0.113.1 > 10.0.1.5 id=7",
  ],
  "GRE has none": [
    "lan: proto=47 10.0.1.5 > 203.0.113.9 => wan as 203.0.113.8 > 203.0.113.9",
    "expect bindings.used=0",
  ],
  "refuses others by default": [
    "lan: udp 10.0.1.5:2005 > 203.0.113.9:53 => wan as 203.0.113.8:2005 > 203.0.113.9:53",
    "wan: udp 203.0.113.1:53 > 203.0.113.8:2005 => drop nat-filtered",
    "wan: udp 203.0.113.9:54 > 203.0.113.8:2005 => drop nat-filtered",
    "wan: tcp 203.0.113.9:53 > 203.0.113.8:2005 S => drop default-deny",
    "expect sessions.length=1",
  ],
  "exhaustion refuses new endpoints only": [
    ...Array.from({ length: 10 }, (_, i) => `lan: udp 10.0.1.5:${2000 + i} > 203.0.113.9:53 => wan as 203.0.113.8:${2000 + i} > 203.0.113.9:53`),
    "lan: udp 10.0.1.6:2000 > 203.0.113.9:54 => drop nat-exhausted",
    "lan: udp 10.0.1.5:2003 > 203.0.113.9:54 => wan as 203.0.113.8:2003 > 203.0.113.9:54",
    "wan: udp 203.0.113.9:53 > 203.0.113.8:2009 => lan as 203.0.113.9:53 > 10.0.1.5:2009",
  ],
  "a new configuration without its address ends it": [
    "lan: udp 10.0.1.5:2005 > 203.0.113.9:53 => wan as 203.0.113.8:2005 > 203.0.113.9:53",
    "load other",
    "lan: udp 10.0.1.5:2005 > 203.0.113.9:53 => wan as 203.0.113.10:2005 > 203.0.113.9:53",
    "wan: udp 203.0.113.9:53 > 203.0.113.8:2005 => drop default-deny",
    "wan: udp 203.0.113.9:53 > 203.0.113.10:2005 => lan as 203.0.113.9:53 > 10.0.1.5:2005",
  ],
  "clients talk to each other through their bindings": [
    "lan: udp 10.0.1.5:2005 > 203.0.113.9:53 => wan as 203.0.113.8:2005 > 203.0.113.9:53",
    "lan: udp 10.0.1.6:2006 > 203.0.113.9:53 => wan as 203.0.113.8:2006 > 203.0.113.9:53",
    "lan: udp 10.0.1.5:2005 > 203.0.113.8:2006 => lan as 203.0.113.8:2005 > 10.0.1.6:2006",
    "lan: udp 10.0.1.6:2006 > 203.0.113.8:2005 => lan as 203.0.113.8:2006 > 10.0.1.5:2005",
    "expect bindings.used=2 sessions.length=3",
  ],
});

table("a binding for everybody", { config: config("EndpointIndependent") }, {
  "lets new remote ends in": [
    "lan: udp 10.0.1.5:2005 > 203.0.113.9:53 => wan as 203.0.113.8:2005 > 203.0.113.9:53",
    "wan: udp 203.0.113.1:777 > 203.0.113.8:2005 => lan as 203.0.113.1:777 > 10.0.1.5:2005 by -",
    "lan: udp 10.0.1.5:2005 > 203.0.113.1:777 => wan as 203.0.113.8:2005 > 203.0.113.1:777",
    "wan: tcp 203.0.113.1:777 > 203.0.113.8:2005 S => drop default-deny",
  ],
  "TCP, too": [
    "lan: tcp 10.0.1.5:2005 > 203.0.113.9:53 S => wan as 203.0.113.8:2005 > 203.0.113.9:53",
    "wan: tcp 203.0.113.1:777 > 203.0.113.8:2005 S => lan as 203.0.113.1:777 > 10.0.1.5:2005",
    "lan: tcp 10.0.1.5:2005 > 203.0.113.1:777 SA ack=1 => wan as 203.0.113.8:2005 > 203.0.113.1:777",
  ],
  "and pings": [
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=2003 => wan as 203.0.113.8 > 203.0.113.9 id=2003",
    "wan: icmp 203.0.113.1 > 203.0.113.8 echo id=2003 => lan as 203.0.113.1 > 10.0.1.5 id=2003",
    "lan: icmp 10.0.1.5 > 203.0.113.1 echo-reply id=2003 => wan as 203.0.113.8 > 203.0.113.1 id=2003",
  ],
  "no longer than it lives": [
    "lan: udp 10.0.1.5:2005 > 203.0.113.9:53 => wan as 203.0.113.8:2005 > 203.0.113.9:53",
    "wait 155s",
    "wan: udp 203.0.113.1:777 > 203.0.113.8:2005 => lan as 203.0.113.1:777 > 10.0.1.5:2005",
    "wait 170s",
    "wan: udp 203.0.113.1:777 > 203.0.113.8:2005 => drop default-deny",
  ],
});

table("a binding for everybody and policies", { config: config("EndpointIndependent", "- {name: no, from: [untrust], to: [trust], action: Deny}") }, {
  "a policy that matches has the word": [
    "lan: udp 10.0.1.5:2005 > 203.0.113.9:53 => wan as 203.0.113.8:2005 > 203.0.113.9:53",
    "wan: udp 203.0.113.1:777 > 203.0.113.8:2005 => drop policy-deny by no",
  ],
});

table("a full table of bindings", { config: config("AddressAndPort", "", "dataplane: {sessions: {ipv4: 1024, ipv6: 1024}, limits: {natBindings: 2}, ports: [{name: port-lan, tap: {}}, {name: port-wan, tap: {}}, {name: trunk, tap: {}, mtu: 1400}]}") }, {
  "refuses new endpoints and leaves the others alone": [
    "lan: udp 10.0.1.5:2001 > 203.0.113.9:53 => wan as 203.0.113.8:2001 > 203.0.113.9:53",
    "lan: udp 10.0.1.5:2002 > 203.0.113.9:53 => wan as 203.0.113.8:2002 > 203.0.113.9:53",
    "lan: udp 10.0.1.5:2003 > 203.0.113.9:53 => drop nat-bindings-full",
    "lan: udp 10.0.1.5:2001 > 203.0.113.1:53 => wan as 203.0.113.8:2001 > 203.0.113.1:53",
    "wan: udp 203.0.113.9:53 > 203.0.113.8:2002 => lan as 203.0.113.9:53 > 10.0.1.5:2002",
    "expect bindings.used=2 counters.dropped.nat-bindings-full=1",
  ],
});
