// SPDX-License-Identifier: Apache-2.0
import { table } from "./support/table";

const out = "udp 10.0.1.5:9 > 203.0.113.9:9";
const exceeded = (quoted: string): string => `lan: icmp 10.0.1.1 > 10.0.1.5 11/0 df quote(${quoted})`;
const exceeded6 = (quoted: string): string => `lan: icmp 2001:db8:1::1 > 2001:db8:1::5 3/0 quote(${quoted})`;

table("TTL and hop limit", {}, {
  "two is one hop enough": [`lan: ${out} ttl=2 => wan`],
  "one is not": [`lan: ${out} ttl=1 => drop ttl-expired & ${exceeded(`${out} ttl=1`)}`, "expect sessions.length=0"],
  "zero is not": [`lan: ${out} ttl=0 => drop ttl-expired & ${exceeded(`${out} ttl=0`)}`],
  "255 becomes 254, and the checksum follows": [`lan: ${out} ttl=255 => wan`, `lan: ${out} ttl=255 id=65535 => wan`],
  "hop limit": [
    "lan: udp [2001:db8:1::5]:9 > [2001:db8:f::9]:9 ttl=2 => wan",
    "lan: udp [2001:db8:1::5]:9 > [2001:db8:f::9]:9 ttl=1 => drop ttl-expired" +
      ` & ${exceeded6("udp [2001:db8:1::5]:9 > [2001:db8:f::9]:9 ttl=1")}`,
  ],
  "in a session, and it is not refreshed": [
    `lan: ${out} => wan`,
    "wait 50s",
    `lan: ${out} ttl=1 => drop ttl-expired & ${exceeded(`${out} ttl=1`)}`,
    "expect sessions.0.packets=1,0",
    "wait 15s",
    "expect sessions.length=0",
  ],
  "a policy denies before the TTL is looked at": ["wan: udp 203.0.113.9:9 > 10.0.1.5:9 ttl=1 => drop default-deny"],
  "traceroute sees the ingress interface's address": [
    "lan: udp 10.0.1.5:33000 > 198.51.100.7:33434 ttl=1 => drop ttl-expired" +
      ` & ${exceeded("udp 10.0.1.5:33000 > 198.51.100.7:33434 ttl=1")}`,
  ],
  "no error to a sender on the way back who sent an error": [
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo ttl=1 => drop ttl-expired" +
      ` & ${exceeded("icmp 10.0.1.5 > 203.0.113.9 echo ttl=1")}`,
  ],
});

const big = "udp 10.0.1.5:9 > 10.0.20.5:9 len=1373";
table("MTU", {}, {
  "exactly fits": ["lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=1372 => dmz"],
  "one byte more is told with the MTU": [
    `lan: ${big} df => drop mtu-exceeded & lan: icmp 10.0.1.1 > 10.0.1.5 3/4 mtu=1400 df quote(${big} df)`,
    "expect sessions.length=0",
  ],
  "without the don't-fragment bit it is cut": [`lan: ${big} id=7 => dmz split 1400`],
  "IPv6 packet too big": [
    "lan: udp [2001:db8:1::5]:9 > [2001:db8:20::5]:9 len=1400 => drop mtu-exceeded" +
      " & lan: icmp 2001:db8:1::1 > 2001:db8:1::5 2/0 mtu=1400 quote(udp [2001:db8:1::5]:9 > [2001:db8:20::5]:9 len=1400)",
  ],
  "in a session": [
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 => dmz",
    `lan: ${big} df => drop mtu-exceeded & lan: icmp 10.0.1.1 > 10.0.1.5 3/4 mtu=1400 df quote(${big} df)`,
    "expect sessions.0.packets=1,0",
  ],
  "padding does not count": ["lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=1372 pad=40 => dmz"],
  "1500 where nothing else is said": [
    "lan: udp 10.0.1.5:9 > 203.0.113.9:9 len=1472 => wan",
    "lan: udp 10.0.1.5:9 > 203.0.113.9:9 len=1473 df => drop mtu-exceeded" +
      " & lan: icmp 10.0.1.1 > 10.0.1.5 3/4 mtu=1500 df quote(udp 10.0.1.5:9 > 203.0.113.9:9 len=1473 df)",
  ],
});

table("routes", {}, {
  "on link": [`lan: ${out} => wan`],
  "by the default route": ["lan: udp 10.0.1.5:9 > 198.51.100.1:9 => wan", "lan: udp [2001:db8:1::5]:9 > [2001:db8:77::1]:9 => wan"],
  "by a longer prefix, back into the LAN": ["lan: udp 10.0.1.5:9 > 172.16.3.4:9 => lan"],
  "a blackhole": ["route 198.51.100.0/24 blackhole", "lan: udp 10.0.1.5:9 > 198.51.100.1:9 => drop route-blackhole"],
  "a new route takes a live session along": [
    "lan: udp 10.0.1.5:9 > 198.51.100.1:9 => wan",
    "route 198.51.100.0/24 wan via 203.0.113.9",
    "lan: udp 10.0.1.5:9 > 198.51.100.1:9 => wan via 203.0.113.9",
    "route 198.51.100.0/24 gone",
    "lan: udp 10.0.1.5:9 > 198.51.100.1:9 => wan",
    "expect sessions.length=1 sessions.0.packets=3,0",
  ],
  "a route that moves to another zone is judged again: permitted": [
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 => dmz",
    "route 10.0.20.5/32 lan",
    "neighbor lan 10.0.20.5",
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 => lan",
    "expect sessions.length=1 sessions.0.packets=2,0",
    "dmz: udp 10.0.20.5:9 > 10.0.1.5:9 => drop session-interface",
    "lan: udp 10.0.20.5:9 > 10.0.1.5:9 => lan",
  ],
  "a lost route loses packets, not sessions": [
    "lan: udp 10.0.1.5:9 > 198.51.100.1:9 => wan",
    "route 0.0.0.0/0 gone",
    "lan: udp 10.0.1.5:9 > 198.51.100.1:9 => drop no-route told 3/0",
    "route 0.0.0.0/0 wan via 203.0.113.1",
    "lan: udp 10.0.1.5:9 > 198.51.100.1:9 => wan",
    "expect sessions.length=1 counters.sessionsOpened=1",
  ],
});

table("zones that a route crosses", {
  config: `
policies: [{name: to-dmz, from: [trust], to: [dmz], action: Permit}]
`,
}, {
  "a route that moves to a forbidden zone ends the session": [
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 => dmz",
    "route 10.0.20.5/32 wan",
    "neighbor wan 10.0.20.5",
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 => drop default-deny",
    "expect sessions.length=0 counters.sessionsDenied=1",
  ],
  "an answer from another zone": [
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 => dmz",
    "wan: udp 10.0.20.5:9 > 10.0.1.5:9 => drop session-interface",
    "guest: udp 10.0.20.5:9 > 10.0.1.5:9 => drop session-interface",
    "dmz: udp 10.0.20.5:9 > 10.0.1.5:9 => lan",
  ],
  "the initiator from another zone": [
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 => dmz",
    "wan: udp 10.0.1.5:9 > 10.0.20.5:9 => drop session-interface",
  ],
});

table("no routes", { config: "routing: {static: []}" }, {
  "no route": [
    "lan: udp 10.0.1.5:9 > 198.51.100.1:9 => drop no-route told 3/0",
    "lan: udp [2001:db8:1::5]:9 > [2001:db8:77::1]:9 => drop no-route told 1/0",
    "expect sessions.length=0",
  ],
});
