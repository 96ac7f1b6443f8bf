// SPDX-License-Identifier: Apache-2.0
// What flow and halfOpenLimit say about TCP sessions and timeouts.
import { table } from "./support/table";

const a = "tcp 10.0.1.5:1000 > 203.0.113.9:80";
const b = "tcp 203.0.113.9:80 > 10.0.1.5:1000";
const SYN = `lan: ${a} S seq=100 => wan`;
const SYN_ACK = `wan: ${b} SA seq=300 ack=101 => lan`;
const OPEN = [SYN, SYN_ACK, `lan: ${a} A seq=101 ack=301 => wan`];
const FIN = `lan: ${a} FA seq=101 ack=301 => wan`;
const FIN_BACK = `wan: ${b} FA seq=301 ack=102 => lan`;
const LAST = `lan: ${a} A seq=102 ack=302 => wan`;
const state = (name: string, timeout: number): string => `expect sessions.0.state=${name} sessions.0.timeout=${timeout}`;

table("flow.tcp.strictSyn: false", { config: "flow: {tcp: {strictSyn: false}}" }, {
  "an ACK opens a session that is established": [
    `lan: ${a} A seq=5000 ack=9000 len=100 => wan`,
    state("established", 3600),
    `wan: ${b} A seq=9000 ack=5100 len=100 => lan`,
    `lan: ${a} A seq=5100 ack=9100 => wan`,
    "expect counters.sessionsOpened=1",
  ],
  "whatever its scale is": [
    `lan: ${a} A seq=5000 ack=9000 => wan`,
    `wan: ${b} A seq=9000 ack=5000 win=100 => lan`,
    `lan: ${a} A seq=1000000 ack=9000 len=100 => wan`,
  ],
  "its windows count from then on": [
    `lan: ${a} A seq=5000 ack=9000 len=100 => wan`,
    `wan: ${b} A seq=9000 ack=5100 len=100 => lan`,
    `lan: ${a} A seq=5100 ack=9101 => drop tcp-window`,
    `lan: ${a} A seq=2000000000 ack=9100 => drop tcp-window`,
  ],
  "it closes like any other": [
    `lan: ${a} A seq=100 ack=301 len=1 => wan`,
    `wan: ${b} A seq=301 ack=101 => lan`,
    FIN,
    state("fin-wait", 30),
    FIN_BACK,
    LAST,
    state("time-wait", 120),
  ],
  "a reset of the silent end closes it": [`lan: ${a} A seq=100 ack=301 => wan`, `wan: ${b} R seq=301 => lan`, state("closed", 10)],
  "the policies are asked": [`wan: ${b} A seq=1 ack=1 => drop default-deny`],
  "a SYN still opens": OPEN,
  "a SYN-ACK does not": [`lan: ${a} SA seq=1 ack=1 => drop tcp-no-session`],
  "a FIN does not": [`lan: ${a} FA seq=1 ack=1 => drop tcp-no-session`],
  "a reset does not": [`lan: ${a} R seq=1 => drop tcp-no-session`],
  "IPv6": ["lan: tcp [2001:db8:1::5]:1 > [2001:db8:f::9]:80 A seq=1 ack=1 => wan", state("established", 3600)],
});

table("flow.tcp.window: Liberal", { config: "flow: {tcp: {window: Liberal}}" }, {
  "what lies outside passes": [...OPEN, `lan: ${a} A seq=100000 ack=301 len=10 => wan`, `wan: ${b} A seq=301 ack=7777777 => lan`],
  "and changes nothing": [
    ...OPEN,
    `lan: ${a} FA seq=100000 ack=301 => wan`,
    state("established", 3600),
    `lan: ${a} R seq=100000 => wan`,
    state("established", 3600),
    `lan: ${a} A seq=101 ack=301 len=10 => wan`,
  ],
  "but keeps the session": [...OPEN, "wait 3000s", `lan: ${a} A seq=100000 ack=301 => wan`, "wait 3000s", "expect sessions.length=1"],
  "a reset outside does not": [...OPEN, "wait 3000s", `lan: ${a} R seq=100000 => wan`, "wait 700s", "expect sessions.length=0"],
  "an exact reset closes": [...OPEN, `wan: ${b} R seq=301 => lan`, state("closed", 10)],
  "on a closed session nothing passes": [...OPEN, `wan: ${b} R seq=301 => lan`, `lan: ${a} A seq=100000 ack=1 => drop tcp-state`],
  "an answer that acknowledges another SYN passes and opens nothing": [
    SYN,
    `wan: ${b} SA seq=300 ack=5 => lan`,
    state("syn-sent", 30),
    SYN_ACK,
    state("syn-received", 30),
  ],
});

const timeouts = `flow: {timeouts: {tcpHandshake: 5s, tcpEstablished: 2m, tcpClosing: 7s, tcpTimeWait: 9s, tcpClosed: 3s,
  udp: 11s, icmp: 12s, other: 13s}}`;
const gone = (seconds: number): string[] => [
  `wait ${seconds - 1}s`,
  "expect sessions.length=1",
  "wait 3s",
  "expect sessions.length=0 counters.sessionsExpired=1",
];

table("flow.timeouts", { config: timeouts, configs: { longer: "flow: {timeouts: {udp: 100s, tcpEstablished: 10m}}" } }, {
  handshake: [SYN, ...gone(5)],
  "handshake, answered": [SYN, SYN_ACK, ...gone(5)],
  established: [...OPEN, ...gone(120)],
  "half closed": [...OPEN, FIN, ...gone(7)],
  "half closed by the other end": [...OPEN, `wan: ${b} FA seq=301 ack=101 => lan`, ...gone(7)],
  closing: [...OPEN, FIN, FIN_BACK, ...gone(7)],
  "time-wait": [...OPEN, FIN, FIN_BACK, LAST, ...gone(9)],
  closed: [...OPEN, `wan: ${b} R seq=301 => lan`, ...gone(3)],
  udp: ["lan: udp 10.0.1.5:1 > 203.0.113.9:1 => wan", ...gone(11)],
  "udp, IPv6": ["lan: udp [2001:db8:1::5]:1 > [2001:db8:f::9]:1 => wan", ...gone(11)],
  icmp: ["lan: icmp 10.0.1.5 > 203.0.113.9 echo id=7 => wan", ...gone(12)],
  icmpv6: ["lan: icmp 2001:db8:1::5 > 2001:db8:f::9 echo id=7 => wan", ...gone(12)],
  gre: ["lan: proto=47 10.0.1.5 > 203.0.113.9 len=20 => wan", ...gone(13)],
  esp: ["lan: proto=50 10.0.1.5 > 203.0.113.9 len=20 => wan", ...gone(13)],
  "both directions keep a session": [
    "lan: udp 10.0.1.5:1 > 203.0.113.9:1 => wan",
    "wait 9s",
    "wan: udp 203.0.113.9:1 > 10.0.1.5:1 => lan",
    "wait 9s",
    "lan: udp 10.0.1.5:1 > 203.0.113.9:1 => wan",
    ...gone(11),
  ],
  "of the firewall's own sessions as well": [
    "host wan: udp 203.0.113.2:1 > 203.0.113.9:1 => wan",
    "expect sessions.0.timeout=11",
    "load longer",
    "wait 60s",
    "expect sessions.length=1 sessions.0.timeout=100",
  ],
  "a new configuration changes those of live sessions": [
    "lan: udp 10.0.1.5:1 > 203.0.113.9:1 => wan",
    "load longer",
    "wait 60s",
    "expect sessions.length=1 sessions.0.timeout=100",
    "wait 45s",
    "expect sessions.length=0",
  ],
});

const b2 = (port: number): string => `tcp 203.0.113.9:80 > 10.0.1.5:${port}`;
const syn = (port: number, result: string): string => `lan: tcp 10.0.1.5:${port} > 203.0.113.9:80 S seq=100 => ${result}`;
const zones = (limit: number): string => `zones:
- {name: trust, halfOpenLimit: ${limit}, hostInbound: {services: [ping, ssh]}}
- {name: untrust}
- {name: dmz}
- {name: guest}
policies: [{name: out, action: Permit}]`;

table("zones[].halfOpenLimit", { config: zones(2), configs: { more: zones(3), fewer: zones(1) } }, {
  "the newest is refused": [
    syn(1, "wan"),
    syn(2, "wan"),
    syn(3, "drop half-open-limit"),
    "expect sessions.length=2 counters.dropped.half-open-limit=1",
    syn(1, "wan"), // sent again: it is counted already
  ],
  "one that is established makes room": [
    syn(1, "wan"),
    syn(2, "wan"),
    `wan: ${b2(1)} SA seq=300 ack=101 => lan`,
    syn(3, "drop half-open-limit"),
    "lan: tcp 10.0.1.5:1 > 203.0.113.9:80 A seq=101 ack=301 => wan",
    syn(3, "wan"),
  ],
  "one that is refused makes room": [syn(1, "wan"), syn(2, "wan"), `wan: ${b2(1)} RA seq=0 ack=101 => lan`, syn(3, "wan")],
  "one that expires makes room": [syn(1, "wan"), syn(2, "wan"), "wait 32s", syn(3, "wan"), syn(4, "wan"), syn(5, "drop half-open-limit")],
  "other zones and protocols have their own": [
    syn(1, "wan"),
    syn(2, "wan"),
    "dmz: tcp 10.0.20.5:1 > 203.0.113.9:80 S => wan",
    "dmz: tcp 10.0.20.5:2 > 203.0.113.9:80 S => wan",
    "dmz: tcp 10.0.20.5:3 > 203.0.113.9:80 S => wan",
    "lan: udp 10.0.1.5:3 > 203.0.113.9:80 => wan",
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=3 => wan",
  ],
  "both families together": [
    syn(1, "wan"),
    "lan: tcp [2001:db8:1::5]:1 > [2001:db8:f::9]:80 S => wan",
    syn(2, "drop half-open-limit"),
    "lan: tcp [2001:db8:1::5]:2 > [2001:db8:f::9]:80 S => drop half-open-limit",
  ],
  "to the firewall itself as well": [
    syn(1, "wan"),
    syn(2, "wan"),
    "lan: tcp 10.0.1.5:9 > 10.0.1.1:22 S => drop half-open-limit",
  ],
  "a new SYN on a closed session": [
    syn(1, "wan"),
    `wan: ${b2(1)} RA seq=0 ack=101 => lan`,
    syn(1, "wan"),
    syn(2, "wan"),
    syn(3, "drop half-open-limit"),
  ],
  "a new configuration keeps the count": [
    syn(1, "wan"),
    syn(2, "wan"),
    "load more",
    syn(3, "wan"),
    syn(4, "drop half-open-limit"),
    "load fewer",
    `wan: ${b2(1)} RA seq=0 ack=101 => lan`,
    `wan: ${b2(2)} RA seq=0 ack=101 => lan`,
    syn(5, "drop half-open-limit"),
    `wan: ${b2(3)} RA seq=0 ack=101 => lan`,
    syn(5, "wan"),
  ],
});
