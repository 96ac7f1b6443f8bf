// SPDX-License-Identifier: Apache-2.0
// Packets whose next hop is not known yet wait; the first packet of a flow is not lost.
import { table } from "./support/table";

const first = "udp 10.0.1.5:9 > 203.0.113.77:9";
const reply = "arp 203.0.113.77 is-at 02:be:cb:00:71:4d";

table("unresolved next hops", {}, {
  "an ARP answer lets the packet go": [
    `lan: ${first} => held`,
    "expect counters.held=1 sessions.length=1",
    `wan: ${reply} => host`,
    "wait 2ms => wan",
    "expect counters.held=0 sessions.0.packets=1,0",
  ],
  "neighbor discovery lets the packet go": [
    "lan: udp [2001:db8:1::5]:9 > [2001:db8:f::77]:9 => held",
    "wan: icmp fe80::9 > 2001:db8:f::2 136/0 ttl=255 l4@8=20010db8000f00000000000000000077020102be00000077 len=24 => host",
    "wait 2ms => wan",
  ],
  "packets leave in the order they came": [
    `lan: ${first} len=1 => held`,
    `lan: ${first} len=2 => held`,
    `lan: ${first} len=3 ++ ${first} len=4 => held ++ held`,
    "neighbor wan 203.0.113.77",
    "wait 2ms => wan ++ wan ++ wan ++ wan",
  ],
  "a resolved neighbor needs no waiting": ["neighbor wan 203.0.113.77", `lan: ${first} => wan`],
  "after three seconds the packet is dropped": [
    `lan: ${first} => held`,
    "wait 2900ms",
    "wait 200ms => drop neighbor-unresolved told 3/1",
    "expect counters.held=0 sessions.length=1",
  ],
  "an answer after that is for the next packet": [
    `lan: ${first} => held`,
    "wait 4s => drop neighbor-unresolved told 3/1",
    "neighbor wan 203.0.113.77",
    `lan: ${first} => wan`,
  ],
  "no more than 32 wait for one next hop": [
    ...Array.from({ length: 32 }, () => `lan: ${first} => held`),
    `lan: ${first} => drop neighbor-queue-full`,
    `lan: udp 10.0.1.5:9 > 203.0.113.78:9 => held`,
    "expect counters.held=33",
  ],
  "a neighbor that is lost is waited for again": [
    "lan: udp 10.0.1.5:9 > 203.0.113.9:9 => wan",
    "neighbor wan 203.0.113.9 gone",
    "lan: udp 10.0.1.5:9 > 203.0.113.9:9 => held",
    "neighbor wan 203.0.113.9",
    "wait 2ms => wan",
  ],
  "the gateway is the neighbor of what is far": [
    "neighbor wan 203.0.113.1 gone",
    "lan: udp 10.0.1.5:9 > 198.51.100.1:9 => held",
    "lan: udp 10.0.1.5:9 > 198.51.100.2:9 => held",
    "neighbor wan 203.0.113.1",
    "wait 2ms => wan ++ wan",
  ],
  "an answer waits as well": [
    "lan: udp 10.0.1.77:9 > 203.0.113.9:9 => wan",
    "wan: udp 203.0.113.9:9 > 10.0.1.77:9 => held",
    "neighbor lan 10.0.1.77",
    "wait 2ms => lan",
  ],
  "an ICMP error waits as well": [
    "lan: udp 10.0.1.77:9 > 203.0.113.9:9 => wan",
    "wan: icmp 203.0.113.9 > 10.0.1.77 3/3 quote(udp 10.0.1.77:9 > 203.0.113.9:9) => held",
    "neighbor lan 10.0.1.77",
    "wait 2ms => lan",
  ],
  "ARP teaches from requests, too": [
    "wan: arp 203.0.113.2 who-has 203.0.113.77 smac=02:be:cb:00:71:4d => host",
    `lan: ${first} => wan`,
  ],
});
