// SPDX-License-Identifier: Apache-2.0
// Sessions of everything but TCP, and the table they live in.
import { table } from "./support/table";

const config = `
applications:
- {name: slow, protocol: UDP, destinationPorts: ["7000-7009"], timeout: 5m}
- {name: slow-web, protocol: TCP, destinationPorts: ["80"], timeout: 20m}
policies:
- {name: slow-out, from: [trust], applications: [slow, slow-web], action: Permit}
- {name: out, from: [trust], action: Permit}
`;

table("UDP, SCTP and other protocols", { config }, {
  "a UDP answer comes back": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan by out",
    "wan: udp 203.0.113.9:53 > 10.0.1.5:5000 => lan by out",
    "expect sessions.length=1 sessions.0.packets=1,1 sessions.0.timeout=60",
  ],
  "an answer from another port does not": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan",
    "wan: udp 203.0.113.9:54 > 10.0.1.5:5000 => drop default-deny",
  ],
  "an answer from another host does not": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan",
    "wan: udp 203.0.113.1:53 > 10.0.1.5:5000 => drop default-deny",
  ],
  "UDP is forgotten after 60 s": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan",
    "wait 58s",
    "expect sessions.length=1",
    "wait 4s",
    "expect sessions.length=0 counters.sessionsExpired=1",
    "wan: udp 203.0.113.9:53 > 10.0.1.5:5000 => drop default-deny",
  ],
  "a one-way stream lives on either side's packets": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan",
    "wait 50s",
    "wan: udp 203.0.113.9:53 > 10.0.1.5:5000 => lan",
    "wait 50s",
    "wan: udp 203.0.113.9:53 > 10.0.1.5:5000 => lan",
    "wait 50s",
    "wan: udp 203.0.113.9:53 > 10.0.1.5:5000 => lan",
    "expect sessions.0.packets=1,3",
  ],
  "an application's timeout counts": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:7005 => wan by slow-out",
    "expect sessions.0.timeout=300",
    "wait 290s",
    "expect sessions.length=1",
    "wait 15s",
    "expect sessions.length=0",
  ],
  "an application's timeout is for the established state": [
    "lan: tcp 10.0.1.5:5000 > 203.0.113.9:80 S => wan by slow-out",
    "expect sessions.0.timeout=30",
    "wan: tcp 203.0.113.9:80 > 10.0.1.5:5000 SA ack=1 => lan",
    "lan: tcp 10.0.1.5:5000 > 203.0.113.9:80 A seq=1 ack=1 => wan",
    "expect sessions.0.timeout=1200",
    "lan: tcp 10.0.1.5:5000 > 203.0.113.9:80 FA seq=1 ack=1 => wan",
    "expect sessions.0.timeout=30",
  ],
  "SCTP has ports": [
    "lan: sctp 10.0.1.5:5000 > 203.0.113.9:80 => wan",
    "wan: sctp 203.0.113.9:80 > 10.0.1.5:5000 => lan",
    "wan: sctp 203.0.113.9:81 > 10.0.1.5:5000 => drop default-deny",
    "expect sessions.0.timeout=60",
  ],
  "GRE, ESP and unknown protocols go by address pair": [
    "lan: proto=47 10.0.1.5 > 203.0.113.9 => wan",
    "wan: proto=47 203.0.113.9 > 10.0.1.5 => lan",
    "wan: proto=50 203.0.113.9 > 10.0.1.5 => drop default-deny",
    "lan: proto=50 2001:db8:1::5 > 2001:db8:f::9 => wan",
    "wan: proto=50 2001:db8:f::9 > 2001:db8:1::5 => lan",
    "expect sessions.length=2 sessions.0.timeout=60",
  ],
  "IPv6 UDP": [
    "lan: udp [2001:db8:1::5]:5000 > [2001:db8:f::9]:53 => wan",
    "wan: udp [2001:db8:f::9]:53 > [2001:db8:1::5]:5000 => lan",
    "wan: udp [2001:db8:f::9]:53 > [2001:db8:1::6]:5000 => drop default-deny",
    "expect counters.sessions6=1 counters.sessions4=0",
  ],
  "ICMPv6 in IPv4 is just a protocol": ["lan: proto=58 10.0.1.5 > 203.0.113.9 => wan"],
  "packets and bytes are counted by IP length": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 len=72 pad=50 => wan",
    "wan: udp 203.0.113.9:53 > 10.0.1.5:5000 len=172 => lan",
    "expect sessions.0.bytes=100,200 policies.out.packets=2 policies.out.bytes=300 policies.out.sessions=1",
  ],
});

table("bursts", { config }, {
  "two packets of one new flow open one session": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 ++ udp 10.0.1.5:5000 > 203.0.113.9:53 len=9 => wan ++ wan",
    "expect sessions.length=1 sessions.0.packets=2,0 counters.sessionsOpened=1",
  ],
  "different flows in one burst": [
    "lan: udp 10.0.1.5:1 > 203.0.113.9:53 ++ udp 10.0.1.5:2 > 203.0.113.9:53 ++ udp [2001:db8:1::5]:3 > [2001:db8:f::9]:53" +
      " => wan ++ wan ++ wan",
    "expect sessions.length=3",
  ],
  "good and bad side by side": [
    "lan: udp 10.0.1.5:1 > 203.0.113.9:53 sum=bad ++ udp 10.0.1.5:2 > 203.0.113.9:53 ++ udp 10.0.1.5:2 > 10.0.1.1:99" +
      " => drop ip-checksum-bad ++ wan ++ drop host-inbound",
  ],
  "both directions of a new flow cannot both open it": [
    "lan: udp 10.0.1.5:1 > 10.0.1.6:1 ++ udp 10.0.1.6:1 > 10.0.1.5:1 => lan ++ lan",
    "expect sessions.length=1 sessions.0.packets=1,1",
  ],
});

table("a full table", { config, sessions: 4 }, {
  "refuses new flows and leaves the others alone": [
    "lan: udp 10.0.1.5:1 > 203.0.113.9:53 => wan",
    "lan: udp 10.0.1.5:2 > 203.0.113.9:53 => wan",
    "lan: udp 10.0.1.5:3 > 203.0.113.9:53 => wan",
    "lan: udp 10.0.1.5:4 > 203.0.113.9:53 => wan",
    "lan: udp 10.0.1.5:5 > 203.0.113.9:53 => drop session-table-full",
    "wan: udp 203.0.113.9:53 > 10.0.1.5:1 => lan",
    "lan: udp [2001:db8:1::5]:5 > [2001:db8:f::9]:53 => wan",
    "wait 62s",
    "lan: udp 10.0.1.5:5 > 203.0.113.9:53 => wan",
  ],
});
