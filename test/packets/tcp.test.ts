// SPDX-License-Identifier: Apache-2.0
// TCP sessions: which segment may follow which, and when a session ends.
import { table } from "./support/table";

const a = "tcp 10.0.1.5:1000 > 203.0.113.9:80";
const b = "tcp 203.0.113.9:80 > 10.0.1.5:1000";
const SYN = `lan: ${a} S seq=100 => wan`;
const SYN_ACK = `wan: ${b} SA seq=300 ack=101 => lan`;
const ACK = `lan: ${a} A seq=101 ack=301 => wan`;
const OPEN = [SYN, SYN_ACK, ACK];
const FIN = `lan: ${a} FA seq=101 ack=301 => wan`;
const FIN_BACK = `wan: ${b} FA seq=301 ack=102 => lan`;
const LAST = `lan: ${a} A seq=102 ack=302 => wan`;
const state = (name: string, timeout: number): string => `expect sessions.0.state=${name} sessions.0.timeout=${timeout}`;

table("opening a TCP connection", {}, {
  "SYN, SYN-ACK, ACK": [
    SYN,
    state("syn-sent", 30),
    SYN_ACK,
    state("syn-received", 30),
    ACK,
    state("established", 3600),
    `lan: ${a} PA seq=101 ack=301 len=100 => wan`,
    `wan: ${b} A seq=301 ack=201 len=1000 => lan`,
    "expect sessions.0.packets=3,2 counters.sessionsOpened=1",
  ],
  "a retransmitted SYN": [SYN, SYN, state("syn-sent", 30), "expect counters.sessionsOpened=1"],
  "a retransmitted SYN-ACK": [SYN, SYN_ACK, SYN_ACK, state("syn-received", 30), ACK, SYN_ACK, state("established", 3600)],
  "simultaneous open": [
    SYN,
    `wan: ${b} S seq=300 => lan`,
    `lan: ${a} SA seq=100 ack=301 => wan`,
    `wan: ${b} SA seq=300 ack=101 => lan`,
    state("established", 3600),
  ],
  "data in the SYN, and in answer before the last ACK": [
    `lan: ${a} SP seq=100 len=50 => wan`,
    `wan: ${b} SA seq=300 ack=151 => lan`,
    `wan: ${b} A seq=301 ack=151 len=10 => lan`,
    state("syn-received", 30),
  ],
  "an ACK without SYN has no session": [`lan: ${a} A seq=1 ack=1 => drop tcp-no-session`, "expect sessions.length=0"],
  "a SYN-ACK without SYN has no session": [`wan: ${b} SA seq=1 ack=1 => drop tcp-no-session`],
  "a FIN without session": [`lan: ${a} FA seq=1 ack=1 => drop tcp-no-session`],
  "a reset without session": [`lan: ${a} R seq=1 => drop tcp-no-session`],
  "a permitting policy does not open mid-stream": [`lan: ${a} PA seq=1 ack=1 len=9 => drop tcp-no-session`],
  "data before the answer": [SYN, `lan: ${a} A seq=101 ack=1 => drop tcp-state`, state("syn-sent", 30)],
  "FIN before the answer": [SYN, `lan: ${a} FA seq=101 ack=1 => drop tcp-state`],
  "a SYN-ACK from the initiator": [SYN, `lan: ${a} SA seq=100 ack=1 => drop tcp-state`],
  "FIN from the responder before its SYN-ACK": [SYN, `wan: ${b} FA seq=300 ack=101 => drop tcp-state`],
  "an old half-open connection answers a SYN with an ACK, and is reset": [
    SYN,
    `wan: ${b} A seq=900 ack=777 => lan`,
    state("syn-sent", 30),
    `lan: ${a} R seq=777 => wan`,
    state("closed", 10),
    SYN,
    state("syn-sent", 30),
    "expect sessions.length=1 counters.sessionsOpened=2 counters.sessionsClosed=1",
  ],
  "all in one burst": [`lan: ${a} S seq=100 ++ ${a} S seq=100 => wan ++ wan`, "expect counters.sessionsOpened=1"],
  "SYN and a later segment in one burst": [
    `lan: ${a} S seq=100 ++ ${a} A seq=101 ack=1 => wan ++ drop tcp-state`,
    "expect sessions.length=1",
  ],
  "a SYN inside a live connection is for its ends to judge": [
    ...OPEN,
    `lan: ${a} S seq=9999 => wan`,
    state("established", 3600),
    `wan: ${b} A seq=301 ack=101 => lan`,
  ],
});

table("closing a TCP connection", {}, {
  "FIN, FIN, ACK": [
    ...OPEN,
    FIN,
    state("fin-wait", 30),
    `wan: ${b} A seq=301 ack=102 => lan`,
    state("fin-wait", 30),
    FIN_BACK,
    state("closing", 30),
    LAST,
    state("time-wait", 120),
  ],
  "the responder first": [
    ...OPEN,
    `wan: ${b} FA seq=301 ack=101 => lan`,
    state("close-wait", 30),
    `lan: ${a} FA seq=101 ack=302 => wan`,
    state("closing", 30),
    `wan: ${b} A seq=302 ack=102 => lan`,
    state("time-wait", 120),
  ],
  "a retransmitted FIN is not the other side's": [...OPEN, FIN, FIN, FIN, state("fin-wait", 30)],
  "half-closed, data still flows": [
    ...OPEN,
    FIN,
    `wan: ${b} A seq=301 ack=102 len=500 => lan`,
    `lan: ${a} A seq=102 ack=801 => wan`,
    state("fin-wait", 30),
  ],
  "a half-closed connection with traffic lives on": [
    ...OPEN,
    FIN,
    "wait 25s",
    `wan: ${b} A seq=301 ack=102 len=500 => lan`,
    "wait 25s",
    `wan: ${b} A seq=801 ack=102 len=500 => lan`,
    "expect sessions.length=1",
  ],
  "a new SYN on TIME_WAIT opens a fresh session": [
    ...OPEN,
    FIN,
    FIN_BACK,
    LAST,
    `lan: ${a} S seq=5000 => wan`,
    state("syn-sent", 30),
    "expect counters.sessionsOpened=2 counters.sessionsClosed=1 sessions.length=1 sessions.0.packets=1,0",
  ],
  "a new SYN from the other side is judged as its own": [...OPEN, FIN, FIN_BACK, LAST, `wan: ${b} S seq=1 => drop default-deny`],
  "a late FIN in TIME_WAIT is forwarded": [...OPEN, FIN, FIN_BACK, LAST, FIN_BACK, state("time-wait", 120)],
});

table("resets", {}, {
  "right after the handshake closes": [...OPEN, `lan: ${a} R seq=101 => wan`, state("closed", 10)],
  "exactly where the peer has acknowledged closes": [
    ...OPEN,
    `lan: ${a} PA seq=101 ack=301 len=50 => wan`,
    `wan: ${b} A seq=301 ack=151 => lan`,
    `lan: ${a} R seq=101 => drop tcp-window`,
    state("established", 3600),
    `lan: ${a} R seq=151 => wan`,
    state("closed", 10),
  ],
  "from the responder closes": [...OPEN, `wan: ${b} RA seq=301 ack=101 => lan`, state("closed", 10)],
  "blind, in the window, is forwarded and does not close": [
    ...OPEN,
    `wan: ${b} R seq=302 => lan`,
    `wan: ${b} R seq=1324 => lan`,
    state("established", 3600),
    `wan: ${b} A seq=301 ack=101 len=5 => lan`,
  ],
  "blind, outside the window, is dropped": [
    ...OPEN,
    `wan: ${b} R seq=1326 => drop tcp-window`,
    `wan: ${b} R seq=300 => drop tcp-window`,
    `wan: ${b} R seq=1 => drop tcp-window`,
    `wan: ${b} R seq=2147483949 => drop tcp-window`,
    state("established", 3600),
    `wan: ${b} A seq=301 ack=101 len=5 => lan`,
  ],
  "that acknowledges the SYN refuses the connection": [SYN, `wan: ${b} RA seq=0 ack=101 => lan`, state("closed", 10)],
  "that acknowledges something else does not": [SYN, `wan: ${b} RA seq=0 ack=100 => drop tcp-window`, state("syn-sent", 30), SYN_ACK],
  "without ACK does not refuse": [SYN, `wan: ${b} R seq=0 ack=101 => drop tcp-window`, state("syn-sent", 30)],
  "of the initiator withdraws its SYN": [SYN, `lan: ${a} R seq=101 => wan`, state("closed", 10)],
  "a closed session passes nothing but resets": [
    ...OPEN,
    `wan: ${b} RA seq=301 ack=101 => lan`,
    `wan: ${b} A seq=301 ack=101 => drop tcp-state`,
    `lan: ${a} PA seq=101 ack=301 len=1 => drop tcp-state`,
    `lan: ${a} R seq=101 => wan`,
  ],
  "packets do not keep a closed session": [
    ...OPEN,
    `wan: ${b} RA seq=301 ack=101 => lan`,
    "wait 6s",
    `wan: ${b} A seq=301 ack=101 => drop tcp-state`,
    `wan: ${b} R seq=301 => lan`,
    "wait 6s",
    "expect sessions.length=0",
  ],
  "a new SYN on a closed session opens a fresh one": [
    ...OPEN,
    `wan: ${b} RA seq=301 ack=101 => lan`,
    SYN,
    "expect sessions.length=1 counters.sessionsOpened=2",
  ],
});

table("TCP timeouts", {}, {
  "a SYN is forgotten after 30 s": [SYN, "wait 29s", "expect sessions.length=1", "wait 2s", "expect sessions.length=0"],
  "an established connection after an hour": [
    ...OPEN,
    "wait 3590s",
    "expect sessions.length=1",
    "wait 15s",
    "expect sessions.length=0 counters.sessionsExpired=1",
    `lan: ${a} A seq=101 ack=301 => drop tcp-no-session`,
  ],
  "either direction keeps it": [
    ...OPEN,
    "wait 3000s",
    `wan: ${b} A seq=301 ack=101 => lan`,
    "wait 3000s",
    `lan: ${a} A seq=101 ack=301 => wan`,
    "wait 3000s",
    "expect sessions.length=1",
  ],
  "a closing connection after 30 s": [...OPEN, FIN, "wait 32s", "expect sessions.length=0"],
  "TIME_WAIT after 120 s": [...OPEN, FIN, FIN_BACK, LAST, "wait 118s", "expect sessions.length=1", "wait 4s", "expect sessions.length=0"],
  "a reset connection after 10 s": [
    ...OPEN,
    `wan: ${b} R seq=301 => lan`,
    "wait 9s",
    "expect sessions.length=1",
    "wait 3s",
    "expect sessions.length=0",
  ],
});
