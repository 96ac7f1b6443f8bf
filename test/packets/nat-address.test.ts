// SPDX-License-Identifier: Apache-2.0
// Source NAT by an interface whose addresses change: the kernel gives it others (DHCP), or the configuration does.
import { table } from "./support/table";

const interfaces = (wan: string): string => `
interfaces:
- {name: lan, port: port-lan, zone: trust, addresses: ["10.0.1.1/24", "2001:db8:1::1/64"]}
- {name: wan, port: port-wan, zone: untrust${wan}}
- {name: dmz, port: trunk, vlan: 20, zone: dmz, addresses: ["10.0.20.1/24", "2001:db8:20::1/64"]}
- {name: guest, port: trunk, vlan: 30, zone: guest, addresses: ["10.0.30.1/24"]}
policies: [{name: out, from: [trust], action: Permit}]
routing: {static: []}
`;
const given = (...addresses: string[]): string => `, addresses: [${addresses.map((a) => `"${a}/24"`).join(", ")}, "2001:db8:f::2/64"]`;
const DYNAMIC = interfaces("");
const SOURCE = "nat: {source: [{name: s, from: [trust], to: [untrust], interface: {}}]}";
const PERSISTENT = `nat: {source: [{name: s, from: [trust], to: [untrust], interface: {}, persistent: {filtering: EndpointIndependent, timeout: 5m}}]}`;
const udp = (outer: string, port = 5000): string => `lan: udp 10.0.1.5:${port} > 203.0.113.9:53 => wan as ${outer}:${port} > 203.0.113.9:53`;
const reply = (outer: string, result: string, port = 5000): string => `wan: udp 203.0.113.9:53 > ${outer}:${port} => ${result}`;
const back = (port = 5000): string => `lan as 203.0.113.9:53 > 10.0.1.5:${port}`;

table("an interface that gets its address from the kernel", { config: DYNAMIC + SOURCE }, {
  "no address yet": ["lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => drop no-route told 3/0", "own wan 203.0.113.2", udp("203.0.113.2")],
  "another address: the session ends, the next packet opens one with the new address": [
    "own wan 203.0.113.2", udp("203.0.113.2"), "own wan 203.0.113.7",
    reply("203.0.113.2", "drop default-deny"), udp("203.0.113.7"), reply("203.0.113.7", back()),
    "expect counters.sessionsUntranslated=1 counters.sessionsDenied=0 counters.sessionsOpened=2 sessions.length=1",
  ],
  "a silent session is found, too": [
    "own wan 203.0.113.2", udp("203.0.113.2"), "own wan 203.0.113.7", "wait 10ms", "expect sessions.length=0 counters.sessionsUntranslated=1",
  ],
  "TCP of a lost address ends": [
    "own wan 203.0.113.2",
    "lan: tcp 10.0.1.5:5000 > 203.0.113.9:80 S seq=1 => wan as 203.0.113.2:5000 > 203.0.113.9:80",
    "wan: tcp 203.0.113.9:80 > 203.0.113.2:5000 SA seq=1 ack=2 => lan as 203.0.113.9:80 > 10.0.1.5:5000",
    "own wan 203.0.113.7",
    "lan: tcp 10.0.1.5:5000 > 203.0.113.9:80 A seq=2 ack=2 => drop tcp-no-session",
    "expect counters.sessionsUntranslated=1",
  ],
  "ping of a lost address": [
    "own wan 203.0.113.2", "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=2000 => wan as icmp 203.0.113.2 > 203.0.113.9 echo id=2000",
    "own wan 203.0.113.7", "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=2000 => wan as icmp 203.0.113.7 > 203.0.113.9 echo id=2000",
  ],
  "the same address again: nothing happens": [
    "own wan 203.0.113.2", udp("203.0.113.2"), "own wan 203.0.113.2", reply("203.0.113.2", back()),
    "expect counters.sessionsUntranslated=0 counters.sessionsOpened=1",
  ],
  "one more address: nothing happens, also when it is the first now": [
    "own wan 203.0.113.2", udp("203.0.113.2"), "own wan 203.0.113.7 203.0.113.2", reply("203.0.113.2", back()), udp("203.0.113.2"),
    udp("203.0.113.7", 5001), "expect counters.sessionsUntranslated=0 counters.sessionsOpened=2",
  ],
  "the second address goes, the session of the first stays": [
    "own wan 203.0.113.2 203.0.113.7", udp("203.0.113.2"), "own wan 203.0.113.7 203.0.113.2", udp("203.0.113.7", 5001), "own wan 203.0.113.7",
    udp("203.0.113.7", 5001), reply("203.0.113.7", back(5001), 5001), reply("203.0.113.2", "drop default-deny"),
    "expect counters.sessionsUntranslated=1",
  ],
  "no address any more": [
    "own wan 203.0.113.2", udp("203.0.113.2"), "own wan", "route 203.0.113.0/24 wan",
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => drop nat-no-address", "expect sessions.length=0 counters.sessionsUntranslated=1",
  ],
  "sessions that are not translated do not notice": [
    "own wan 203.0.113.2", "lan: udp 10.0.1.5:5000 > 10.0.20.5:53 => dmz", "own wan 203.0.113.7", "dmz: udp 10.0.20.5:53 > 10.0.1.5:5000 => lan",
    "expect counters.sessionsUntranslated=0 counters.sessionsOpened=1",
  ],
  "an error about a packet of the lost address": [
    "own wan 203.0.113.2", udp("203.0.113.2"), "own wan 203.0.113.7",
    "wan: icmp 203.0.113.9 > 203.0.113.7 3/3 quote(udp 203.0.113.2:5000 > 203.0.113.9:53) => drop icmp-no-session",
  ],
});

table("persistent bindings and another address of the kernel", { config: DYNAMIC + PERSISTENT }, {
  "the binding ends with the session": [
    "own wan 203.0.113.2", udp("203.0.113.2"), "expect bindings.used=1", "own wan 203.0.113.7", "wait 2s", "expect bindings.used=0 sessions.length=0",
  ],
  "a binding without sessions ends as well": [
    "own wan 203.0.113.2", udp("203.0.113.2"), "wait 2m", "expect sessions.length=0 bindings.used=1",
    "own wan 203.0.113.7", "wait 2s", "expect bindings.used=0",
  ],
  "the binding goes on while its address is there": [
    "own wan 203.0.113.2", udp("203.0.113.2"), "own wan 203.0.113.7 203.0.113.2", "wait 2s",
    "wan: udp 203.0.113.99:9 > 203.0.113.2:5000 => lan as 203.0.113.99:9 > 10.0.1.5:5000", "expect bindings.used=1",
  ],
  "a new binding at the new address": ["own wan 203.0.113.2", udp("203.0.113.2"), "own wan 203.0.113.7", udp("203.0.113.7"), "wait 2s", "expect bindings.used=1"],
});

table("addresses of an interface in the configuration", {
  config: interfaces(given("203.0.113.2", "203.0.113.7")) + SOURCE,
  configs: {
    swapped: interfaces(given("203.0.113.7", "203.0.113.2")) + SOURCE,
    first: interfaces(given("203.0.113.2")) + SOURCE,
    second: interfaces(given("203.0.113.7")) + SOURCE,
    dynamic: DYNAMIC + SOURCE,
  },
}, {
  "in another order: sessions stay": [
    udp("203.0.113.2"), "load swapped", udp("203.0.113.2"), reply("203.0.113.2", back()), udp("203.0.113.7", 5001),
    "expect counters.sessionsUntranslated=0",
  ],
  "the second is gone: the first stays": [udp("203.0.113.2"), "load first", udp("203.0.113.2"), "expect counters.sessionsUntranslated=0"],
  "the first is gone": [udp("203.0.113.2"), "load second", udp("203.0.113.7"), "expect counters.sessionsUntranslated=1"],
  "from the configuration to the kernel, with the same address": [
    udp("203.0.113.2"), "own wan 203.0.113.2", "load dynamic", udp("203.0.113.2"), "expect counters.sessionsUntranslated=0 counters.sessionsOpened=1",
  ],
  "from the configuration to the kernel, with another": [
    udp("203.0.113.2"), "own wan 203.0.113.7", "load dynamic", "wait 10ms", "expect counters.sessionsUntranslated=1",
  ],
});
