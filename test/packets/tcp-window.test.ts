// SPDX-License-Identifier: Apache-2.0
// TCP windows: which segments of a connection may be real. Windows of the tests are 1024 unless a line says otherwise.
import { table } from "./support/table";

const a = "tcp 10.0.1.5:1000 > 203.0.113.9:80";
const b = "tcp 203.0.113.9:80 > 10.0.1.5:1000";
const OPEN = [`lan: ${a} S seq=100 => wan`, `wan: ${b} SA seq=300 ack=101 => lan`, `lan: ${a} A seq=101 ack=301 => wan`];
const a6 = "tcp [2001:db8:1::5]:1000 > [2001:db8:f::9]:80";
const b6 = "tcp [2001:db8:f::9]:80 > [2001:db8:1::5]:1000";
const OPEN6 = [`lan: ${a6} S seq=100 => wan`, `wan: ${b6} SA seq=300 ack=101 => lan`, `lan: ${a6} A seq=101 ack=301 => wan`];
const ESTABLISHED = "expect sessions.0.state=established";
const scale = (n: number): string => `tcpopt=0303${n.toString(16).padStart(2, "0")}01`;
const MAX = 4294967296;

table("TCP windows", {}, {
  "a segment that starts where the window ends": [...OPEN, `lan: ${a} A seq=1125 ack=301 len=1 => wan`],
  "one byte further": [...OPEN, `lan: ${a} A seq=1126 ack=301 len=1 => drop tcp-window`, ESTABLISHED],
  "far behind": [...OPEN, `lan: ${a} A seq=3000000000 ack=301 len=10 => drop tcp-window`],
  "a repeated segment": [...OPEN, `lan: ${a} A seq=101 ack=301 len=500 => wan`, `lan: ${a} A seq=101 ack=301 len=500 => wan`],
  "older than a window": [
    ...OPEN,
    `lan: ${a} A seq=101 ack=301 len=1000 => wan`,
    `wan: ${b} A seq=301 ack=1101 => lan`,
    `lan: ${a} A seq=1101 ack=301 len=1000 => wan`,
    `lan: ${a} A seq=101 ack=301 len=10 => drop tcp-window`,
  ],
  "out of order inside the window": [
    ...OPEN,
    `lan: ${a} A seq=601 ack=301 len=500 => wan`,
    `lan: ${a} A seq=101 ack=301 len=500 => wan`,
  ],
  "an acknowledgment of what was never sent": [...OPEN, `lan: ${a} A seq=101 ack=302 => drop tcp-window`],
  "an acknowledgment far too old": [...OPEN, `lan: ${a} A seq=101 ack=4294900000 => drop tcp-window`],
  "an old acknowledgment": [...OPEN, `wan: ${b} A seq=301 ack=101 len=500 => lan`, `lan: ${a} A seq=101 ack=301 => wan`],
  "the window moves with acknowledgments": [
    ...OPEN,
    `lan: ${a} A seq=101 ack=301 len=1000 => wan`,
    `lan: ${a} A seq=1126 ack=301 len=10 => drop tcp-window`,
    `wan: ${b} A seq=301 ack=1101 => lan`,
    `lan: ${a} A seq=1126 ack=301 len=10 => wan`,
  ],
  "a window that grows": [
    ...OPEN,
    `wan: ${b} A seq=301 ack=101 win=30000 => lan`,
    `lan: ${a} A seq=20000 ack=301 len=10 => wan`,
  ],
  "a window that shrinks takes nothing back": [
    ...OPEN,
    `wan: ${b} A seq=301 ack=101 win=10 => lan`,
    `lan: ${a} A seq=900 ack=301 len=10 => wan`,
  ],
  "a window of zero, probes, and their answers": [
    ...OPEN,
    `lan: ${a} A seq=101 ack=301 len=1024 => wan`,
    `wan: ${b} A seq=301 ack=1125 win=0 => lan`,
    `lan: ${a} A seq=1125 ack=301 len=1 => wan`,
    `wan: ${b} A seq=301 ack=1125 win=0 => lan`,
    `lan: ${a} A seq=1124 ack=301 => wan`,
    `wan: ${b} A seq=301 ack=1125 win=0 => lan`,
    `wan: ${b} A seq=301 ack=1126 win=1024 => lan`,
    `lan: ${a} A seq=1126 ack=301 len=1000 => wan`,
  ],
  "keep-alives of both ends, with and without a byte": [
    ...OPEN,
    `lan: ${a} A seq=100 ack=301 => wan`,
    `wan: ${b} A seq=301 ack=101 => lan`,
    `wan: ${b} A seq=300 ack=101 len=1 => lan`,
    `lan: ${a} A seq=101 ack=301 => wan`,
  ],
  "sequence numbers wrap in both directions": [
    `lan: ${a} S seq=${MAX - 10} => wan`,
    `wan: ${b} SA seq=${MAX - 1} ack=${MAX - 9} => lan`,
    `lan: ${a} A seq=${MAX - 9} ack=0 len=500 => wan`,
    `wan: ${b} A seq=0 ack=491 len=900 => lan`,
    `lan: ${a} A seq=491 ack=900 => wan`,
    `lan: ${a} A seq=1600 ack=900 len=1 => drop tcp-window`,
  ],
  "IPv6 alike": [
    ...OPEN6,
    `lan: ${a6} A seq=1125 ack=301 len=1 => wan`,
    `lan: ${a6} A seq=1127 ack=301 len=1 => drop tcp-window`,
    `wan: ${b6} R seq=9 => drop tcp-window`,
    `wan: ${b6} R seq=301 => lan`,
    "expect sessions.0.state=closed",
  ],
  "a SYN-ACK that acknowledges another SYN": [
    `lan: ${a} S seq=100 => wan`,
    `wan: ${b} SA seq=300 ack=100 => drop tcp-window`,
    `wan: ${b} SA seq=300 ack=102 => drop tcp-window`,
    `wan: ${b} SA seq=300 ack=101 => lan`,
  ],
  "an ACK that does not end the handshake": [
    `lan: ${a} S seq=100 => wan`,
    `wan: ${b} SA seq=300 ack=101 => lan`,
    `lan: ${a} A seq=101 ack=302 => drop tcp-window`,
    "expect sessions.0.state=syn-received",
  ],
  "a FIN outside does not close": [...OPEN, `wan: ${b} FA seq=5000 ack=101 => drop tcp-window`, ESTABLISHED],
  "what is dropped does not keep the session": [
    ...OPEN,
    "wait 3590s",
    `lan: ${a} A seq=100000 ack=301 => drop tcp-window`,
    "wait 15s",
    "expect sessions.length=0",
  ],
});

table("TCP window scaling", {}, {
  "of both ends": [
    `lan: ${a} S seq=100 ${scale(7)} => wan`,
    `wan: ${b} SA seq=300 ack=101 ${scale(3)} => lan`,
    `lan: ${a} A seq=101 ack=301 => wan`,
    `wan: ${b} A seq=301 ack=101 => lan`,
    `lan: ${a} A seq=8293 ack=301 len=1 => wan`,
    `lan: ${a} A seq=8295 ack=301 len=1 => drop tcp-window`,
    `wan: ${b} A seq=131373 ack=101 len=1 => lan`,
    `wan: ${b} A seq=131375 ack=101 len=1 => drop tcp-window`,
  ],
  "offered by the initiator only": [
    `lan: ${a} S seq=100 ${scale(7)} => wan`,
    `wan: ${b} SA seq=300 ack=101 => lan`,
    `lan: ${a} A seq=101 ack=301 => wan`,
    `wan: ${b} A seq=1326 ack=101 len=1 => drop tcp-window`,
  ],
  "a SYN's own window is never scaled": [
    `lan: ${a} S seq=100 ${scale(7)} => wan`,
    `wan: ${b} SA seq=300 ack=101 ${scale(7)} => lan`,
    `wan: ${b} A seq=1325 ack=101 len=1 => lan`,
    `wan: ${b} A seq=1327 ack=101 len=1 => drop tcp-window`,
  ],
  "by more than 14 counts as 14": [
    `lan: ${a} S seq=100 ${scale(200)} => wan`,
    `wan: ${b} SA seq=300 ack=101 ${scale(0)} => lan`,
    `lan: ${a} A seq=101 ack=301 win=1 => wan`,
    `wan: ${b} A seq=16685 ack=101 len=1 => lan`,
    `wan: ${b} A seq=16688 ack=101 len=1 => drop tcp-window`,
  ],
  "other options around it": [
    `lan: ${a} S seq=100 tcpopt=020405b40402080a0000000000000000010303${"05"} => wan`,
    `wan: ${b} SA seq=300 ack=101 tcpopt=020405b401010402${"0303"}0500 => lan`,
    `lan: ${a} A seq=101 ack=301 => wan`,
    `wan: ${b} A seq=301 ack=101 => lan`,
    `lan: ${a} A seq=32869 ack=301 len=1 => wan`,
  ],
});

table("TCP connections that one end has forgotten", {}, {
  "a SYN in it is challenged, and the answer resets": [
    ...OPEN,
    `lan: ${a} S seq=70000 => wan`,
    `wan: ${b} A seq=301 ack=101 => lan`,
    `lan: ${a} R seq=101 => wan`,
    "expect sessions.0.state=closed",
    `lan: ${a} S seq=70000 => wan`,
    "expect sessions.0.state=syn-sent counters.sessionsOpened=2",
  ],
  "both begin anew on the same ports": [
    ...OPEN,
    `lan: ${a} S seq=7000000 => wan`,
    `wan: ${b} SA seq=9000000 ack=7000001 => lan`,
    "expect sessions.0.state=syn-received sessions.0.timeout=30",
    `lan: ${a} A seq=7000001 ack=9000001 len=10 => wan`,
    `wan: ${b} A seq=9000001 ack=7000011 len=10 => lan`,
    ESTABLISHED,
    `lan: ${a} A seq=101 ack=301 => drop tcp-window`,
  ],
  "not by an answer that acknowledges another number": [
    ...OPEN,
    `lan: ${a} S seq=7000000 => wan`,
    `wan: ${b} SA seq=9000000 ack=7000002 => drop tcp-window`,
    `lan: ${a} A seq=101 ack=301 len=5 => wan`,
  ],
  "a late copy of the handshake changes nothing": [
    ...OPEN,
    `lan: ${a} A seq=101 ack=301 len=900 => wan`,
    `lan: ${a} S seq=100 => wan`,
    `wan: ${b} SA seq=300 ack=101 => lan`,
    ESTABLISHED,
    `lan: ${a} A seq=1001 ack=301 len=100 => wan`,
  ],
  "a reset that may have overtaken data is challenged": [
    ...OPEN,
    `lan: ${a} A seq=101 ack=301 len=500 => wan`,
    `lan: ${a} R seq=601 => wan`,
    "expect sessions.0.state=closed",
    `wan: ${b} A seq=301 ack=101 => lan`,
    `lan: ${a} R seq=101 => wan`,
    `wan: ${b} A seq=301 ack=601 => drop tcp-state`,
  ],
  "after both have closed an old acknowledgment does not keep it": [
    ...OPEN,
    `lan: ${a} FA seq=101 ack=301 => wan`,
    `wan: ${b} FA seq=301 ack=102 => lan`,
    `lan: ${a} A seq=102 ack=302 => wan`,
    "wait 100s",
    `lan: ${a} A seq=102 ack=302 => wan`,
    "wait 25s",
    "expect sessions.length=0",
  ],
  "but a FIN that is sent again does": [
    ...OPEN,
    `lan: ${a} FA seq=101 ack=301 => wan`,
    `wan: ${b} FA seq=301 ack=102 => lan`,
    `lan: ${a} A seq=102 ack=302 => wan`,
    "wait 100s",
    `wan: ${b} FA seq=301 ack=102 => lan`,
    "wait 25s",
    "expect sessions.0.state=time-wait",
  ],
  "both close at once": [
    ...OPEN,
    `lan: ${a} FA seq=101 ack=301 => wan`,
    `wan: ${b} FA seq=301 ack=101 => lan`,
    "expect sessions.0.state=closing",
    `lan: ${a} A seq=102 ack=302 => wan`,
    "expect sessions.0.state=closing",
    `wan: ${b} A seq=302 ack=102 => lan`,
    "expect sessions.0.state=time-wait",
  ],
});
