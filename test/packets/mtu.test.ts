// SPDX-License-Identifier: Apache-2.0
// Packets larger than the MTU of their link. Port trunk (dmz, guest) has 1400, the others 1500.
import { table } from "./support/table";

const PING = "icmp 10.0.1.5 > 10.0.20.5 echo id=9";
const BACK = "udp 10.0.20.5:9 > 10.0.1.5:9";
const sizes: Record<string, string[]> = {};
for (const length of [1373, 1374, 1380, 1381, 1400, 1472, 2748, 2752, 2753, 4000, 8000]) {
  sizes[`UDP of ${length} bytes`] = [`lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=${length} id=${length} => dmz split 1400`];
}

table("IPv4 without DF is cut", {}, {
  ...sizes,
  "ping": [`lan: ${PING} len=1400 id=3 => dmz split 1400`, "expect sessions.0.packets=1,0 counters.originated=1 counters.forwarded=2"],
  "TCP": ["lan: tcp 10.0.1.5:9 > 10.0.20.5:80 S id=3 len=1400 => dmz split 1400"],
  "another protocol": ["lan: proto=47 10.0.1.5 > 10.0.20.5 len=1500 id=5 => dmz split 1400"],
  "options with the copied flag are on each piece": [
    // router alert is copied, record route is not
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=1400 id=1 opt=94040000 => dmz split 1400",
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=1400 id=2 opt=0707040000000000 => dmz split 1400",
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=1400 id=3 opt=070704000000000194040000 => dmz split 1400",
  ],
  "forty bytes of options": [`lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=2800 id=4 opt=${"94040000".repeat(10)} => dmz split 1400`],
  "a first fragment is cut again": [
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=4000 id=6 frag=0+1480 => dmz split 1400",
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=4000 id=6 frag=1480+1480 => dmz split 1400",
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=4000 id=6 frag=2960+ => dmz",
    "expect sessions.0.packets=3,0 counters.originated=2",
  ],
  "the last fragment is cut again": [
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=2952 id=6 frag=0+1480 => dmz split 1400",
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=2952 id=6 frag=1480+ => dmz split 1400",
  ],
  "what waits for a neighbor is cut when it leaves": [
    "lan: udp 10.0.1.5:9 > 10.0.20.9:9 len=1400 id=8 => held",
    "neighbor dmz 10.0.20.9",
    "wait 10ms => dmz split 1400",
    "expect counters.held=0",
  ],
  "answers come back whole": [
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=1400 id=8 => dmz split 1400",
    `dmz: ${BACK} len=1300 => lan`,
  ],
});

const big6 = "udp [2001:db8:1::5]:9 > [2001:db8:20::5]:9";
const small = "df => drop mtu-exceeded & lan: icmp 10.0.1.1 > 10.0.1.5 3/4 mtu=1400 df";
table("what may not be cut", {}, {
  "DF in the first packet of a flow": [
    `lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=1373 ${small} quote(udp 10.0.1.5:9 > 10.0.20.5:9 len=1373 df)`,
    "expect sessions.length=0",
  ],
  "DF in a session": [
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 df => dmz",
    `lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=1373 ${small} quote(udp 10.0.1.5:9 > 10.0.20.5:9 len=1373 df)`,
    "expect sessions.0.packets=1,0",
  ],
  "DF in a first fragment, and the others know": [
    `lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=3000 frag=0+1480 ${small} quote(udp 10.0.1.5:9 > 10.0.20.5:9 len=3000 frag=0+1480 df)`,
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=3000 frag=1480+ df => drop fragment-denied",
  ],
  "DF in a later fragment: no answer about those": [
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=3000 frag=0+1304 df => dmz",
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=3000 frag=1304+1480 df => drop mtu-exceeded",
  ],
  "IPv6": [
    `lan: ${big6} len=1353 => drop mtu-exceeded & lan: icmp 2001:db8:1::1 > 2001:db8:1::5 2/0 mtu=1400 quote(${big6} len=1353)`,
    `lan: ${big6} len=1352 => dmz`,
  ],
  "an IPv6 fragment": [
    `lan: ${big6} len=3000 frag=0+1400 => drop mtu-exceeded & lan: icmp 2001:db8:1::1 > 2001:db8:1::5 2/0 mtu=1400` +
      ` quote(${big6} len=3000 frag=0+1400)`,
    `lan: ${big6} len=3000 frag=1400+ => drop fragment-denied`,
  ],
});
