// SPDX-License-Identifier: Apache-2.0
import { table } from "./support/table";

const config = `
addresses:
- {name: host-five, prefixes: [10.0.1.5]}
- {name: lan-net, prefixes: [10.0.1.0/24, "2001:db8:1::/64"]}
- {name: both, members: [host-five, servers]}
- {name: servers, prefixes: [10.0.20.0/25, "2001:db8:20::/64"]}
- {name: far, prefixes: [198.51.100.0/24]}
applications:
- {name: http, protocol: TCP, destinationPorts: ["80", "8000-8080"]}
- {name: from-high, protocol: UDP, sourcePorts: ["1024-65535"], destinationPorts: ["514"]}
- {name: gre, protocol: 47}
- {name: dns, protocol: UDP, destinationPorts: ["53"]}
policies:
- {name: not-five, from: [trust], to: [dmz], sources: [host-five], applications: [http], action: Deny}
- {name: web, from: [trust], to: [dmz], destinations: [servers], applications: [http], action: Permit}
- {name: off, from: [trust], to: [dmz], action: Permit, enabled: false}
- {name: syslog, from: [trust], to: [dmz], applications: [from-high], action: Permit}
- {name: tunnel, to: [dmz], applications: [gre], action: Permit}
- {name: not-far, from: [trust], to: [untrust], destinations: [far], destinationsNegated: true, applications: [dns], action: Permit}
- {name: strangers, from: [untrust], to: [dmz], sources: [lan-net], sourcesNegated: true, applications: [http], action: Permit}
- {name: many, from: [guest, untrust], to: [untrust, guest], sources: [both, far], action: Permit}
- {name: last, from: [trust], to: [untrust], action: Reject}
`;
const udp = (from: string, to: string): string => `udp ${from} > ${to} len=0`;

table("first match", { config }, {
  "a Deny before a Permit": ["lan: tcp 10.0.1.5:1 > 10.0.20.5:80 S => drop policy-deny by not-five"],
  "the Permit for everybody else": ["lan: tcp 10.0.1.6:1 > 10.0.20.5:80 S => dmz by web"],
  "a policy that does not match leaves it to the next": ["lan: tcp 10.0.1.6:1 > 10.0.20.5:443 S => drop default-deny by -"],
  "a disabled policy is not there": [`lan: ${udp("10.0.1.5:9", "10.0.20.5:9")} => drop default-deny by -`],
  "zones: the pair must match": ["guest: tcp 10.0.30.5:1 > 10.0.20.5:80 S => drop default-deny by -"],
  "zones: several on either side": [
    "wan: tcp 198.51.100.7:1 > 10.0.30.5:80 S => guest by many",
    "wan: tcp 198.51.101.7:1 > 10.0.30.5:80 S => drop default-deny by -",
  ],
  "no zone named is every zone": [
    "wan: proto=47 203.0.113.9 > 10.0.20.5 => dmz by tunnel",
    "guest: proto=47 10.0.30.5 > 10.0.20.5 => dmz by tunnel",
  ],
  "traffic inside one zone needs a policy too": [`lan: ${udp("10.0.1.5:9", "10.0.1.6:9")} => drop default-deny by -`],
});

table("addresses", { config }, {
  "outside the destination set": ["lan: tcp 10.0.1.6:1 > 10.0.20.128:80 S => drop default-deny by -"],
  "IPv6 by the same policy": ["lan: tcp [2001:db8:1::6]:1 > [2001:db8:20::5]:80 S => dmz by web"],
  "a set with IPv4 prefixes only says nothing about IPv6": ["lan: tcp [2001:db8:1::5]:1 > [2001:db8:20::5]:80 S => dmz by web"],
  "negated destinations: not in the set": [`lan: ${udp("10.0.1.5:9", "203.0.113.9:53")} => wan by not-far`],
  "negated destinations: in the set": [
    `lan: ${udp("10.0.1.5:9", "198.51.100.9:53")} => drop policy-reject by last` +
      ` & lan: icmp 10.0.1.1 > 10.0.1.5 3/13 df quote(${udp("10.0.1.5:9", "198.51.100.9:53")})`,
  ],
  "negated destinations: the other family is not in the set": [
    "lan: udp [2001:db8:1::5]:9 > [2001:db8:f::9]:53 => wan by not-far",
  ],
  "negated sources": [
    "wan: tcp 203.0.113.9:1 > 10.0.20.5:80 S => dmz by strangers",
    "wan: tcp 10.0.1.77:1 > 10.0.20.5:80 S => drop default-deny by -",
    "wan: tcp [2001:db8:1::77]:1 > [2001:db8:20::5]:80 S => drop default-deny by -",
    "wan: tcp [2001:db8:f::9]:1 > [2001:db8:20::5]:80 S => dmz by strangers",
  ],
});

table("applications", { config }, {
  "the edges of a port range": [
    "lan: tcp 10.0.1.6:1 > 10.0.20.5:7999 S => drop default-deny",
    "lan: tcp 10.0.1.6:1 > 10.0.20.5:8000 S => dmz by web",
    "lan: tcp 10.0.1.6:1 > 10.0.20.5:8080 S => dmz by web",
    "lan: tcp 10.0.1.6:1 > 10.0.20.5:8081 S => drop default-deny",
  ],
  "the protocol counts": [`lan: ${udp("10.0.1.6:1", "10.0.20.5:80")} => drop default-deny`],
  "source ports": [
    `lan: ${udp("10.0.1.6:1024", "10.0.20.5:514")} => dmz by syslog`,
    `lan: ${udp("10.0.1.6:65535", "10.0.20.5:514")} => dmz by syslog`,
    `lan: ${udp("10.0.1.6:1023", "10.0.20.5:514")} => drop default-deny`,
  ],
  "a bare protocol number": ["lan: proto=47 10.0.1.6 > 10.0.20.5 => dmz by tunnel", "lan: proto=50 10.0.1.6 > 10.0.20.5 => drop default-deny"],
  "a port rule never passes a fragment without ports": [
    "lan: tcp 10.0.1.6:1 > 10.0.20.5:81 S len=40 frag=0+40 => drop default-deny",
    "lan: tcp 10.0.1.6:1 > 10.0.20.5:80 S len=40 frag=40+ => drop fragment-denied",
  ],
});

table("default actions", { config: "policies: []\ndefaultAction: Permit" }, {
  "Permit lets everything through and counts no policy": [
    "wan: tcp 203.0.113.9:1 > 10.0.20.5:80 S => dmz by -",
    "dmz: tcp 10.0.20.5:80 > 203.0.113.9:1 SA ack=1 => wan by -",
  ],
  "Permit does not open the firewall itself": ["wan: tcp 203.0.113.9:1 > 203.0.113.2:22 S => drop host-inbound"],
});

table("no policies", { config: "policies: []" }, {
  "deny": ["lan: tcp 10.0.1.5:1 > 203.0.113.9:80 S => drop default-deny by -"],
});

table("policy counters", { config }, {
  "denied packets count": [
    "lan: tcp 10.0.1.5:1 > 10.0.20.5:80 S => drop policy-deny",
    "lan: tcp 10.0.1.5:2 > 10.0.20.5:80 S => drop policy-deny",
    "expect policies.not-five.packets=2 policies.not-five.bytes=80 policies.not-five.sessions=0",
  ],
  "both directions of a session count": [
    "lan: tcp 10.0.1.6:1 > 10.0.20.5:80 S => dmz",
    "dmz: tcp 10.0.20.5:80 > 10.0.1.6:1 SA ack=1 => lan",
    "lan: tcp 10.0.1.6:1 > 10.0.20.5:80 A seq=1 ack=1 => dmz",
    "expect policies.web.packets=3 policies.web.bytes=120 policies.web.sessions=1",
  ],
});
