// SPDX-License-Identifier: Apache-2.0
// What senders hear, byte for byte. Every checksum is checked by the harness.
import { table } from "./support/table";

const config = `
applications: [{name: http, protocol: TCP, destinationPorts: ["80"]}]
policies:
- {name: no-web, from: [trust], to: [dmz], applications: [http], action: Reject}
- {name: no-dmz, from: [trust], to: [dmz], action: Reject}
- {name: quiet, from: [guest], to: [dmz], action: Deny}
`;
const rst = "lan: tcp 10.0.20.5:80 > 10.0.1.5:1000";
const prohibited = (quoted: string): string => `lan: icmp 10.0.1.1 > 10.0.1.5 3/13 df quote(${quoted})`;
const prohibited6 = (quoted: string): string => `lan: icmp 2001:db8:1::1 > 2001:db8:1::5 1/1 quote(${quoted})`;

table("rejected TCP", { config }, {
  "a SYN is reset with its number acknowledged": [
    `lan: tcp 10.0.1.5:1000 > 10.0.20.5:80 S seq=100 => drop policy-reject by no-web & ${rst} RA seq=0 ack=101 df`,
    "expect counters.originated=1 counters.forwarded=1 sessions.length=0 policies.no-web.packets=1",
  ],
  "a SYN with options and padding": [
    `lan: tcp 10.0.1.5:1000 > 10.0.20.5:80 S seq=100 tcpopt=020405b4 pad=14 => drop policy-reject & ${rst} RA ack=101 df`,
  ],
  "a SYN with data": [
    `lan: tcp 10.0.1.5:1000 > 10.0.20.5:80 SP seq=100 len=20 => drop policy-reject & ${rst} RA ack=121 df`,
  ],
  "a number that wraps": [
    `lan: tcp 10.0.1.5:1000 > 10.0.20.5:80 S seq=4294967295 => drop policy-reject & ${rst} RA ack=0 df`,
  ],
  "over IPv6": [
    "lan: tcp [2001:db8:1::5]:1000 > [2001:db8:20::5]:80 S seq=100 => drop policy-reject" +
      " & lan: tcp [2001:db8:20::5]:80 > [2001:db8:1::5]:1000 RA ack=101",
  ],
  "over IPv6 with extension headers": [
    "lan: tcp [2001:db8:1::5]:1000 > [2001:db8:20::5]:80 S seq=100 ext=hop,dst => drop policy-reject" +
      " & lan: tcp [2001:db8:20::5]:80 > [2001:db8:1::5]:1000 RA ack=101",
  ],
  "with IP options": [
    `lan: tcp 10.0.1.5:1000 > 10.0.20.5:80 S seq=100 opt=01010101 => drop policy-reject & ${rst} RA ack=101 df`,
  ],
  "the reset goes to the station that sent it": [
    `lan: tcp 10.0.1.5:1000 > 10.0.20.5:80 S smac=02:77:77:77:77:77 => drop policy-reject` +
      ` & ${rst} RA ack=1 df to=02:77:77:77:77:77`,
  ],
  "anything but a SYN has no session, and no answer": [
    "lan: tcp 10.0.1.5:1000 > 10.0.20.5:80 A seq=1 ack=1 => drop tcp-no-session",
  ],
  "a denied SYN has no answer": ["guest: tcp 10.0.30.5:1000 > 10.0.20.5:80 S => drop policy-deny by quiet"],
});

table("rejected UDP, ICMP and others", { config }, {
  "UDP: administratively prohibited": [
    `lan: udp 10.0.1.5:9 > 10.0.20.5:9 => drop policy-reject by no-dmz & ${prohibited("udp 10.0.1.5:9 > 10.0.20.5:9")}`,
  ],
  "the quote has the TTL as it came": [
    `lan: udp 10.0.1.5:9 > 10.0.20.5:9 ttl=9 => drop policy-reject & ${prohibited("udp 10.0.1.5:9 > 10.0.20.5:9 ttl=9")}`,
  ],
  "the quote has no padding": [
    `lan: udp 10.0.1.5:9 > 10.0.20.5:9 pad=14 => drop policy-reject & ${prohibited("udp 10.0.1.5:9 > 10.0.20.5:9")}`,
  ],
  "the quote has at most 548 bytes": [
    `lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=1300 => drop policy-reject & ${prohibited("udp 10.0.1.5:9 > 10.0.20.5:9 len=1300")}`,
  ],
  "a quote of odd length": [
    `lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=5 => drop policy-reject & ${prohibited("udp 10.0.1.5:9 > 10.0.20.5:9 len=5")}`,
  ],
  "with IP options": [
    `lan: udp 10.0.1.5:9 > 10.0.20.5:9 opt=01010101 => drop policy-reject` +
      ` & ${prohibited("udp 10.0.1.5:9 > 10.0.20.5:9 opt=01010101")}`,
  ],
  "a ping": [
    "lan: icmp 10.0.1.5 > 10.0.20.5 echo id=3 => drop policy-reject" +
      ` & ${prohibited("icmp 10.0.1.5 > 10.0.20.5 echo id=3")}`,
  ],
  "another protocol": [
    `lan: proto=47 10.0.1.5 > 10.0.20.5 => drop policy-reject & ${prohibited("proto=47 10.0.1.5 > 10.0.20.5")}`,
  ],
  "IPv6: administratively prohibited": [
    "lan: udp [2001:db8:1::5]:9 > [2001:db8:20::5]:9 => drop policy-reject" +
      ` & ${prohibited6("udp [2001:db8:1::5]:9 > [2001:db8:20::5]:9")}`,
  ],
  "IPv6: the quote has at most 1232 bytes": [
    "lan: udp [2001:db8:1::5]:9 > [2001:db8:20::5]:9 len=1340 => drop policy-reject" +
      ` & ${prohibited6("udp [2001:db8:1::5]:9 > [2001:db8:20::5]:9 len=1340")}`,
  ],
  "IPv6 ping": [
    "lan: icmp 2001:db8:1::5 > 2001:db8:20::5 echo id=3 => drop policy-reject" +
      ` & ${prohibited6("icmp 2001:db8:1::5 > 2001:db8:20::5 echo id=3")}`,
  ],
  "no answer to a sender without an address": ["lan: udp 0.0.0.0:9 > 10.0.20.5:9 => drop source-invalid"],
  "no answer to a multicast station": [
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 smac=03:00:00:00:00:01 => drop policy-reject",
  ],
  "no answer about a later fragment": [
    `lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=24 frag=0+8 => drop policy-reject & lan: icmp 10.0.1.1 > 10.0.1.5 3/13 df quote(udp 10.0.1.5:9 > 10.0.20.5:9 len=24 frag=0+8)`,
    "lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=24 frag=8+ => drop fragment-denied",
  ],
  "no answer to a multicast packet": ["lan: udp 10.0.1.5:9 > 239.0.0.1:9 => drop multicast"],
});

table("the default action Reject", { config: "policies: []\ndefaultAction: Reject" }, {
  "resets and tells": [
    "lan: tcp 10.0.1.5:1000 > 10.0.20.5:80 S seq=100 => drop default-reject by -" +
      " & lan: tcp 10.0.20.5:80 > 10.0.1.5:1000 RA ack=101 df",
    `lan: udp 10.0.1.5:9 > 10.0.20.5:9 => drop default-reject by - & ${prohibited("udp 10.0.1.5:9 > 10.0.20.5:9")}`,
  ],
  "never about an ICMP error": [
    "lan: icmp 10.0.1.5 > 10.0.20.5 3/3 quote(udp 10.0.20.5:1 > 10.0.1.5:2) => drop icmp-no-session",
  ],
});

const packet = "udp 10.0.1.5:9 > 10.0.20.5:9 len=0";
const answered = `lan: ${packet} => drop policy-reject & ${prohibited(packet)}`;
const silent = `lan: ${packet} => drop policy-reject`;

table("the rate of answers", { config }, {
  "a hundred at once, then a hundred per second": [
    ...new Array<string>(100).fill(answered),
    silent,
    silent,
    "expect counters.errorsLimited=2 counters.originated=100",
    "wait 100ms",
    ...new Array<string>(9).fill(answered),
    silent,
    "wait 10s",
    ...new Array<string>(100).fill(answered),
    silent,
  ],
  "each interface has its own": [
    ...new Array<string>(100).fill(answered),
    silent,
    "route 192.0.2.0/24 unreachable",
    "dmz: udp 10.0.20.5:9 > 192.0.2.1:9 pcp=3 => drop route-unreachable told 3/1",
    "lan: udp 10.0.1.5:9 > 192.0.2.1:9 => drop route-unreachable",
  ],
  "resets and ICMP share it": [
    ...new Array<string>(100).fill(answered),
    "lan: tcp 10.0.1.5:1000 > 10.0.20.5:80 S => drop policy-reject",
    "expect counters.errorsLimited=1",
    "wait 1s",
    "lan: tcp 10.0.1.5:1000 > 10.0.20.5:80 S => drop policy-reject & lan: tcp 10.0.20.5:80 > 10.0.1.5:1000 RA ack=1 df",
  ],
});
