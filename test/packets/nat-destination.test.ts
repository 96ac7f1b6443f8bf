// SPDX-License-Identifier: Apache-2.0
// Destination NAT and static NAT, both ways, together with source NAT, and from behind the firewall.
import { table } from "./support/table";

const POLICIES = `
policies:
- {name: in, from: [untrust], to: [dmz, trust], action: Permit}
- {name: out, from: [trust, dmz], action: Permit}
`;

const destination = `
${POLICIES}
addresses: [{name: nine, prefixes: ["203.0.113.9"]}]
nat:
  destination:
  - {name: web, from: [untrust], address: 203.0.113.5, protocol: TCP, port: "443", to: {address: 10.0.20.5, port: 8443}}
  - {name: block, from: [untrust], address: 203.0.113.5, protocol: UDP, port: "8000-8010", to: {address: 10.0.20.5, port: 9000}}
  - {name: same, from: [untrust], address: 203.0.113.5, protocol: TCP, port: "2222", to: {address: 10.0.1.5}}
  - {name: own, from: [untrust], address: 203.0.113.2, protocol: TCP, port: "80", to: {address: 10.0.20.5}}
  - {name: nine, from: [untrust], sources: [nine], address: 203.0.113.16/30, to: {address: 10.0.20.4/30}}
  - {name: all, from: [untrust], address: 203.0.113.24/30, protocol: 47, to: {address: 10.0.20.5}}
`;

const closed = `${destination.replace(POLICIES, "policies: [{name: no, from: [untrust], action: Reject}]")}`;

table("destination NAT", { config: destination, configs: { closed } }, {
  "to another port, and answers come back": [
    "wan: tcp 203.0.113.9:4000 > 203.0.113.5:443 S seq=1 => dmz as 203.0.113.9:4000 > 10.0.20.5:8443",
    "dmz: tcp 10.0.20.5:8443 > 203.0.113.9:4000 SA seq=5 ack=2 => wan as 203.0.113.5:443 > 203.0.113.9:4000",
    "wan: tcp 203.0.113.9:4000 > 203.0.113.5:443 A seq=2 ack=6 => dmz as 203.0.113.9:4000 > 10.0.20.5:8443",
    "dmz: tcp 10.0.20.5:8443 > 203.0.113.9:4000 PA seq=6 ack=2 len=99 => wan as 203.0.113.5:443 > 203.0.113.9:4000",
    "expect sessions.length=1 sessions.0.natDestination=10.0.20.5 sessions.0.natDestinationPort=8443 sessions.0.packets=2,2",
  ],
  "a range of ports in step": [
    "wan: udp 203.0.113.9:4000 > 203.0.113.5:8000 => dmz as 203.0.113.9:4000 > 10.0.20.5:9000",
    "wan: udp 203.0.113.9:4000 > 203.0.113.5:8010 => dmz as 203.0.113.9:4000 > 10.0.20.5:9010",
    "dmz: udp 10.0.20.5:9010 > 203.0.113.9:4000 => wan as 203.0.113.5:8010 > 203.0.113.9:4000",
    "wan: udp 203.0.113.9:4000 > 203.0.113.5:8011 => drop default-deny",
  ],
  "UDP without checksum": [
    "wan: udp 203.0.113.9:4000 > 203.0.113.5:8001 csum=0 => dmz as 203.0.113.9:4000 > 10.0.20.5:9001",
    "dmz: udp 10.0.20.5:9001 > 203.0.113.9:4000 csum=0 => wan as 203.0.113.5:8001 > 203.0.113.9:4000",
  ],
  "the port may stay": [
    "wan: tcp 203.0.113.9:4000 > 203.0.113.5:2222 S => lan as 203.0.113.9:4000 > 10.0.1.5:2222",
    "lan: tcp 10.0.1.5:2222 > 203.0.113.9:4000 SA ack=1 => wan as 203.0.113.5:2222 > 203.0.113.9:4000",
  ],
  "from outside with the address of the target": [
    "wan: tcp 10.0.20.5:4000 > 203.0.113.5:443 S => drop source-invalid", "expect sessions.length=0",
  ],
  "another port is not translated": ["wan: tcp 203.0.113.9:4000 > 203.0.113.5:444 S => drop default-deny"],
  "the firewall's own address, before hostInbound": [
    "wan: tcp 203.0.113.9:4000 > 203.0.113.2:80 S => dmz as 203.0.113.9:4000 > 10.0.20.5:80",
    "dmz: tcp 10.0.20.5:80 > 203.0.113.9:4000 SA ack=1 => wan as 203.0.113.2:80 > 203.0.113.9:4000",
    "wan: tcp 203.0.113.9:4000 > 203.0.113.2:81 S => drop host-inbound",
  ],
  "a network in step, for one source": [
    "wan: udp 203.0.113.9:4000 > 203.0.113.17:7 => dmz as 203.0.113.9:4000 > 10.0.20.5:7",
    "dmz: udp 10.0.20.5:7 > 203.0.113.9:4000 => wan as 203.0.113.17:7 > 203.0.113.9:4000",
    "wan: icmp 203.0.113.9 > 203.0.113.17 echo id=4 => dmz as 203.0.113.9 > 10.0.20.5 id=4",
    "dmz: icmp 10.0.20.5 > 203.0.113.9 echo-reply id=4 => wan as 203.0.113.17 > 203.0.113.9 id=4",
    "wan: udp 203.0.113.1:4000 > 203.0.113.17:7 => drop default-deny",
  ],
  "GRE to one server": [
    "wan: proto=47 203.0.113.9 > 203.0.113.25 => dmz as 203.0.113.9 > 10.0.20.5",
    "dmz: proto=47 10.0.20.5 > 203.0.113.9 => wan as 203.0.113.25 > 203.0.113.9",
  ],
  "an answer that a second translation would share is told apart": [
    "wan: proto=47 203.0.113.9 > 203.0.113.25 => dmz as 203.0.113.9 > 10.0.20.5",
    "wan: proto=47 203.0.113.9 > 203.0.113.26 => drop nat-exhausted",
    "wan: udp 203.0.113.9:4000 > 203.0.113.5:8007 => dmz as 203.0.113.9:4000 > 10.0.20.5:9007",
    "wan: udp 203.0.113.9:4000 > 203.0.113.17:9007 => dmz as 203.0.113.9:$p > 10.0.20.5:9007",
    "dmz: udp 10.0.20.5:9007 > 203.0.113.9:4000 => wan as 203.0.113.5:8007 > 203.0.113.9:4000",
    "dmz: udp 10.0.20.5:9007 > 203.0.113.9:$p => wan as 203.0.113.17:9007 > 203.0.113.9:4000",
  ],
  "the server's own connections are not translated": [
    "dmz: tcp 10.0.20.5:8443 > 203.0.113.9:4000 S => wan",
  ],
  "policies see the translated destination": [
    "wan: tcp 203.0.113.9:4000 > 203.0.113.5:443 S => dmz as 203.0.113.9:4000 > 10.0.20.5:8443 by in",
    "wan: tcp 203.0.113.9:4000 > 10.0.20.5:8443 S => dmz as 203.0.113.9:$p > 10.0.20.5:8443 by in",
  ],
  "a reject comes from the address that was called": [
    "load closed",
    "wan: tcp 203.0.113.9:4000 > 203.0.113.5:443 S seq=9 => drop policy-reject by no" +
      " & wan: tcp 203.0.113.5:443 > 203.0.113.9:4000 RA seq=0 ack=10 df",
  ],
});

const fixed = `
${POLICIES}
nat:
  static:
  - {name: server, from: [untrust], external: 203.0.113.6, internal: 10.0.20.5}
  - {name: net, from: [untrust], external: 203.0.113.64/28, internal: 10.0.1.0/28}
`;

table("static NAT", { config: fixed }, {
  "from outside": [
    "wan: tcp 203.0.113.9:4000 > 203.0.113.6:22 S => dmz as 203.0.113.9:4000 > 10.0.20.5:22",
    "dmz: tcp 10.0.20.5:22 > 203.0.113.9:4000 SA ack=1 => wan as 203.0.113.6:22 > 203.0.113.9:4000",
    "wan: tcp 203.0.113.9:4000 > 203.0.113.6:22 A seq=1 ack=1 => dmz as 203.0.113.9:4000 > 10.0.20.5:22",
  ],
  "from inside": [
    "dmz: tcp 10.0.20.5:50 > 203.0.113.9:80 S => wan as 203.0.113.6:50 > 203.0.113.9:80",
    "wan: tcp 203.0.113.9:80 > 203.0.113.6:50 SA ack=1 => dmz as 203.0.113.9:80 > 10.0.20.5:50",
  ],
  "a network": [
    "lan: udp 10.0.1.5:50 > 203.0.113.9:80 => wan as 203.0.113.69:50 > 203.0.113.9:80",
    "wan: udp 203.0.113.9:7 > 203.0.113.70:9 => lan as 203.0.113.9:7 > 10.0.1.6:9",
    "lan: udp 10.0.1.6:9 > 203.0.113.9:7 => wan as 203.0.113.70:9 > 203.0.113.9:7",
  ],
  "ICMP, both ways": [
    "wan: icmp 203.0.113.9 > 203.0.113.6 echo id=5 => dmz as 203.0.113.9 > 10.0.20.5 id=5",
    "dmz: icmp 10.0.20.5 > 203.0.113.9 echo-reply id=5 => wan as 203.0.113.6 > 203.0.113.9 id=5",
    "dmz: icmp 10.0.20.5 > 203.0.113.9 echo id=6 => wan as 203.0.113.6 > 203.0.113.9 id=6",
    "wan: icmp 203.0.113.9 > 203.0.113.6 echo-reply id=6 => dmz as 203.0.113.9 > 10.0.20.5 id=6",
  ],
  "GRE, both ways": [
    "wan: proto=47 203.0.113.9 > 203.0.113.6 => dmz as 203.0.113.9 > 10.0.20.5",
    "dmz: proto=47 10.0.20.5 > 203.0.113.9 => wan as 203.0.113.6 > 203.0.113.9",
    "dmz: proto=47 10.0.20.5 > 203.0.113.1 => wan as 203.0.113.6 > 203.0.113.1",
  ],
  "SCTP keeps its ports": [
    "wan: sctp 203.0.113.9:70 > 203.0.113.6:80 => dmz as 203.0.113.9:70 > 10.0.20.5:80",
    "dmz: sctp 10.0.20.5:80 > 203.0.113.9:70 => wan as 203.0.113.6:80 > 203.0.113.9:70",
  ],
  "between inner zones nothing is translated": ["lan: udp 10.0.1.5:50 > 10.0.20.5:80 => dmz"],
  "one server calls the outer address of another": [
    "lan: udp 10.0.1.5:50 > 203.0.113.70:80 => lan as 203.0.113.69:50 > 10.0.1.6:80",
    "lan: udp 10.0.1.6:80 > 203.0.113.69:50 => lan as 203.0.113.70:80 > 10.0.1.5:50",
  ],
});

const twice = `
${POLICIES}
nat:
  source:
  - {name: hide, from: [untrust], to: [dmz], interface: {ports: "1024-65535"}}
  - {name: out, from: [trust], to: [untrust], interface: {}}
  destination:
  - {name: web, from: [untrust], address: 203.0.113.5, protocol: TCP, port: "443", to: {address: 10.0.20.5, port: 8443}}
  - {name: ping, from: [untrust], address: 203.0.113.5, protocol: ICMP, to: {address: 10.0.20.5}}
  - {name: partner, from: [trust], address: 172.31.0.9, to: {address: 203.0.113.9}}
`;

table("twice NAT", { config: twice }, {
  "from outside": [
    "wan: tcp 203.0.113.9:4000 > 203.0.113.5:443 S seq=1 => dmz as 10.0.20.1:4000 > 10.0.20.5:8443",
    "dmz: tcp 10.0.20.5:8443 > 10.0.20.1:4000 SA seq=1 ack=2 => wan as 203.0.113.5:443 > 203.0.113.9:4000",
    "wan: tcp 203.0.113.9:4000 > 203.0.113.5:443 A seq=2 ack=2 => dmz as 10.0.20.1:4000 > 10.0.20.5:8443",
    "expect sessions.0.natSource=10.0.20.1 sessions.0.natDestination=10.0.20.5 sessions.0.natDestinationPort=8443",
  ],
  "from inside": [
    "lan: udp 10.0.1.5:50 > 172.31.0.9:53 => wan as 203.0.113.2:$p > 203.0.113.9:53",
    "wan: udp 203.0.113.9:53 > 203.0.113.2:$p => lan as 172.31.0.9:53 > 10.0.1.5:50",
  ],
  "ping": [
    "wan: icmp 203.0.113.9 > 203.0.113.5 echo id=3000 => dmz as 10.0.20.1 > 10.0.20.5 id=3000",
    "dmz: icmp 10.0.20.5 > 10.0.20.1 echo-reply id=3000 => wan as 203.0.113.5 > 203.0.113.9 id=3000",
    "wan: icmp 203.0.113.1 > 203.0.113.5 echo id=3000 => dmz as 10.0.20.1 > 10.0.20.5 id=$i",
    "dmz: icmp 10.0.20.5 > 10.0.20.1 echo-reply id=$i => wan as 203.0.113.5 > 203.0.113.1 id=3000",
  ],
});

const hairpin = `
${POLICIES.replace("- {name: out, from: [trust, dmz], action: Permit}", "- {name: out, from: [trust], action: Permit}")}
nat:
  source: [{name: out, from: [trust], to: [untrust], interface: {}}]
  destination:
  - {name: web, from: [untrust], address: 203.0.113.5, protocol: TCP, port: "443", to: {address: 10.0.1.6, port: 8443}}
  - {name: dmz-web, from: [untrust], address: 203.0.113.2, protocol: TCP, port: "80", to: {address: 10.0.20.5}}
  static: [{name: server, from: [untrust], external: 203.0.113.6, internal: 10.0.1.6}]
`;

table("hairpin", { config: hairpin }, {
  "a client calls the outer address of a server beside it": [
    "lan: tcp 10.0.1.5:4000 > 203.0.113.5:443 S seq=1 => lan as 203.0.113.5:4000 > 10.0.1.6:8443 by out",
    "lan: tcp 10.0.1.6:8443 > 203.0.113.5:4000 SA seq=1 ack=2 => lan as 203.0.113.5:443 > 10.0.1.5:4000",
    "lan: tcp 10.0.1.5:4000 > 203.0.113.5:443 A seq=2 ack=2 => lan as 203.0.113.5:4000 > 10.0.1.6:8443",
    "expect sessions.length=1",
  ],
  "from outside it is the same rule": [
    "wan: tcp 203.0.113.9:4000 > 203.0.113.5:443 S => lan as 203.0.113.9:4000 > 10.0.1.6:8443 by in",
  ],
  "a client in another zone keeps its address": [
    "lan: tcp 10.0.1.5:4000 > 203.0.113.2:80 S => dmz as 10.0.1.5:4000 > 10.0.20.5:80 by out",
    "dmz: tcp 10.0.20.5:80 > 10.0.1.5:4000 SA ack=1 => lan as 203.0.113.2:80 > 10.0.1.5:4000",
  ],
  "policies decide, from the client's zone": [
    "guest: tcp 10.0.30.5:4000 > 203.0.113.5:443 S => drop default-deny",
    "dmz: tcp 10.0.20.5:4000 > 203.0.113.6:443 S => drop default-deny",
  ],
  "through a static rule": [
    "lan: udp 10.0.1.5:4000 > 203.0.113.6:53 => lan as 203.0.113.6:4000 > 10.0.1.6:53",
    "lan: udp 10.0.1.6:53 > 203.0.113.6:4000 => lan as 203.0.113.6:53 > 10.0.1.5:4000",
  ],
  "to itself": [
    "lan: udp 10.0.1.6:4000 > 203.0.113.6:53 => lan as 203.0.113.6:4000 > 10.0.1.6:53",
  ],
});

const zones = `
${POLICIES}
nat:
  destination: [{name: any, address: 203.0.113.5, to: {address: 10.0.1.6}}]
`;

table("a destination rule for every zone", { config: zones }, {
  "turns back into the client's own zone": [
    "lan: udp 10.0.1.5:4000 > 203.0.113.5:53 => lan as 203.0.113.5:4000 > 10.0.1.6:53",
    "lan: udp 10.0.1.6:53 > 203.0.113.5:4000 => lan as 203.0.113.5:53 > 10.0.1.5:4000",
  ],
  "and leads from others": ["wan: udp 203.0.113.9:4000 > 203.0.113.5:53 => lan as 203.0.113.9:4000 > 10.0.1.6:53"],
});
