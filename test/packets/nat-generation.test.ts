// SPDX-License-Identifier: Apache-2.0
// A new configuration and sessions that are translated: what is still right goes on, the rest ends.
import { table } from "./support/table";

const spec = (nat: string, policies = "[{name: out, from: [trust, dmz], action: Permit}, {name: in, from: [untrust], to: [dmz, trust], action: Permit}]"): string => `
policies: ${policies}
nat:
${nat}
`;

const POOL = (addresses: string, ports = "1024-65535", name = "s", extra = ""): string => `
  pools: [{name: p, addresses: ${addresses}, ports: "${ports}"}]
  source: [${extra}{name: ${name}, from: [trust], to: [untrust], pool: {name: p}}]`;
const WEB = (to: string, name = "web"): string => `
  destination: [{name: ${name}, from: [untrust], address: 203.0.113.5, protocol: TCP, port: "443", to: ${to}}]`;

table("source NAT and a new configuration", {
  config: spec(POOL('["203.0.113.10-203.0.113.11"]')),
  configs: {
    same: spec(POOL('["203.0.113.10-203.0.113.11"]')),
    more: spec(POOL('["203.0.113.10-203.0.113.14"]')),
    less: spec(POOL('["203.0.113.12"]')),
    ports: spec(POOL('["203.0.113.10-203.0.113.11"]', "30000-40000")),
    renamed: spec(POOL('["203.0.113.10-203.0.113.11"]', "1024-65535", "t")),
    off: spec(POOL('["203.0.113.10-203.0.113.11"]', "1024-65535", "s", '{name: o, from: [trust], "off": {}}, ')),
    face: spec("  source: [{name: s, from: [trust], to: [untrust], interface: {}}]"),
    none: spec("  {}"),
    denied: spec(POOL('["203.0.113.10-203.0.113.11"]'), "[{name: no, from: [trust], action: Deny}]"),
  },
}, Object.fromEntries([
  ...["same", "more", "renamed"].map((name) => [`${name}: the port stays`, [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.11:5000 > 203.0.113.9:53",
    `load ${name}`,
    "wan: udp 203.0.113.9:53 > 203.0.113.11:5000 => lan as 203.0.113.9:53 > 10.0.1.5:5000",
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.11:5000 > 203.0.113.9:53",
    "expect counters.sessionsDenied=0 counters.sessionsOpened=1",
  ]]),
  ["less: another address", [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.11:5000 > 203.0.113.9:53",
    "load less",
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.12:5000 > 203.0.113.9:53",
    "wan: udp 203.0.113.9:53 > 203.0.113.11:5000 => drop default-deny",
    "expect counters.sessionsUntranslated=1 counters.sessionsOpened=2",
  ]],
  ["ports: another port", [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.11:5000 > 203.0.113.9:53",
    "load ports",
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.11:$p > 203.0.113.9:53",
    "wan: udp 203.0.113.9:53 > 203.0.113.11:$p => lan as 203.0.113.9:53 > 10.0.1.5:5000",
    "expect counters.sessionsUntranslated=1",
  ]],
  ...["off", "none"].map((name) => [`${name}: no translation`, [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.11:5000 > 203.0.113.9:53",
    `load ${name}`,
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan",
    "wan: udp 203.0.113.9:53 > 10.0.1.5:5000 => lan",
  ]]),
  ["face: the interface's address", [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.11:5000 > 203.0.113.9:53",
    "load face",
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.2:5000 > 203.0.113.9:53",
  ]],
  ["TCP of a lost translation ends", [
    "lan: tcp 10.0.1.5:5000 > 203.0.113.9:80 S seq=1 => wan as 203.0.113.11:5000 > 203.0.113.9:80",
    "wan: tcp 203.0.113.9:80 > 203.0.113.11:5000 SA seq=1 ack=2 => lan as 203.0.113.9:80 > 10.0.1.5:5000",
    "load less",
    "lan: tcp 10.0.1.5:5000 > 203.0.113.9:80 A seq=2 ack=2 => drop tcp-no-session",
  ]],
  ["a silent session is found, too", [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.11:5000 > 203.0.113.9:53",
    "load less",
    "wait 10ms",
    "expect sessions.length=0 counters.sessionsUntranslated=1",
  ]],
  ["denied by a policy", [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as 203.0.113.11:5000 > 203.0.113.9:53",
    "load denied",
    "wan: udp 203.0.113.9:53 > 203.0.113.11:5000 => drop policy-deny by no",
  ]],
]));

table("destination NAT and a new configuration", {
  config: spec(WEB("{address: 10.0.20.5, port: 8443}")),
  configs: {
    renamed: spec(WEB("{address: 10.0.20.5, port: 8443}", "site")),
    port: spec(WEB("{address: 10.0.20.5, port: 9443}")),
    moved: spec(WEB("{address: 10.0.1.5, port: 8443}")),
    none: spec("  {}"),
  },
}, {
  "the same target goes on": [
    "wan: tcp 203.0.113.9:4000 > 203.0.113.5:443 S seq=1 => dmz as 203.0.113.9:4000 > 10.0.20.5:8443",
    "load renamed",
    "dmz: tcp 10.0.20.5:8443 > 203.0.113.9:4000 SA seq=1 ack=2 => wan as 203.0.113.5:443 > 203.0.113.9:4000",
    "wan: tcp 203.0.113.9:4000 > 203.0.113.5:443 A seq=2 ack=2 => dmz as 203.0.113.9:4000 > 10.0.20.5:8443",
    "expect counters.sessionsDenied=0",
  ],
  "another port ends it": [
    "wan: tcp 203.0.113.9:4000 > 203.0.113.5:443 S seq=1 => dmz as 203.0.113.9:4000 > 10.0.20.5:8443",
    "load port",
    "dmz: tcp 10.0.20.5:8443 > 203.0.113.9:4000 SA seq=1 ack=2 => drop tcp-no-session",
    "wan: tcp 203.0.113.9:4000 > 203.0.113.5:443 S seq=1 => dmz as 203.0.113.9:4000 > 10.0.20.5:9443",
    "expect counters.sessionsUntranslated=1",
  ],
  "another server": [
    "wan: tcp 203.0.113.9:4000 > 203.0.113.5:443 S seq=1 => dmz as 203.0.113.9:4000 > 10.0.20.5:8443",
    "load moved",
    "wan: tcp 203.0.113.9:4000 > 203.0.113.5:443 S seq=1 => lan as 203.0.113.9:4000 > 10.0.1.5:8443",
  ],
  "no rule any more": [
    "wan: tcp 203.0.113.9:4000 > 203.0.113.5:443 S seq=1 => dmz as 203.0.113.9:4000 > 10.0.20.5:8443",
    "load none",
    "wan: tcp 203.0.113.9:4000 > 203.0.113.5:443 S seq=1 => drop default-deny",
    "expect sessions.length=0",
  ],
});
