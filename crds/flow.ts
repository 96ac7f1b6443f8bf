// SPDX-License-Identifier: Apache-2.0
// spec.flow: how connections are followed, and how long idle ones are kept.
import { z } from "zod";
import { timeout } from "./policy";
import { object } from "./rules";

const tcp = object("TcpTracking", {
  strictSyn: z.boolean().default(true).describe("Only a SYN opens a TCP session. False: any segment does but a reset, which lets connections live on that began elsewhere."),
  window: z
    .enum(["Strict", "Liberal"])
    .default("Strict")
    .describe("What becomes of segments outside of the window of their connection: Strict drops them, Liberal forwards them all but resets."),
});

const timeouts = object("Timeouts", {
  tcpHandshake: timeout.default("30s").describe("TCP, until the connection is established."),
  tcpEstablished: timeout.default("1h").describe("TCP, established."),
  tcpClosing: timeout.default("30s").describe("TCP, after the first FIN."),
  tcpTimeWait: timeout.default("2m").describe("TCP, after both sides have closed."),
  tcpClosed: timeout.default("10s").describe("TCP, after a reset."),
  udp: timeout.default("60s").describe("UDP, without a packet in either direction."),
  icmp: timeout.default("30s").describe("ICMP and ICMPv6 queries."),
  other: timeout.default("60s").describe("Every other protocol."),
});

export const flow = object("Flow", {
  tcp: tcp.prefault({}).describe("How TCP connections are followed."),
  timeouts: timeouts.prefault({}).describe("How long an idle session is kept, 1s to 168h each. An application's own timeout goes first."),
});
