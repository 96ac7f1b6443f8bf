// SPDX-License-Identifier: Apache-2.0
// The harness checks after every line that all packets add up. Here: that they add up to the right numbers.
import { table } from "./support/table";

table("counters", {}, {
  "every end has its own": [
    "lan: tcp 10.0.1.5:1 > 203.0.113.9:80 S => wan",
    "lan: icmp 10.0.1.5 > 10.0.1.1 echo => host",
    "lan: udp 10.0.1.5:1 > 203.0.113.77:1 => held",
    "wan: udp 203.0.113.9:1 > 10.0.1.5:1 => drop default-deny",
    "lan: udp 10.0.1.5:1 > 203.0.113.9:1 ttl=1 => drop ttl-expired" +
      " & lan: icmp 10.0.1.1 > 10.0.1.5 11/0 df quote(udp 10.0.1.5:1 > 203.0.113.9:1 ttl=1)",
    "expect counters.received=5 counters.originated=1 counters.forwarded=2 counters.punted=1 counters.held=1",
    "expect counters.dropped.default-deny=1 counters.dropped.ttl-expired=1 counters.consumed=0",
    "wait 4s => drop neighbor-unresolved told 3/1",
    "expect counters.held=0 counters.dropped.neighbor-unresolved=1",
  ],
  "bytes are those of frames": [
    "lan: udp 10.0.1.5:1 > 203.0.113.9:1 len=58 pad=10 => wan",
    "expect counters.receivedBytes=110 counters.forwardedBytes=100",
  ],
  "interfaces count their own, VLAN and all": [
    "lan: udp 10.0.1.5:1 > 10.0.20.5:1 len=58 => dmz",
    "dmz: udp 10.0.20.5:1 > 10.0.1.5:1 len=58 => lan",
    "lan: icmp 10.0.1.5 > 10.0.1.1 echo len=58 => host",
    "host lan: icmp 10.0.1.1 > 10.0.1.5 echo-reply len=58 => lan",
    "expect interfaces.lan.rxPackets=2 interfaces.lan.txPackets=2 interfaces.lan.punted=1 interfaces.lan.fromHost=1",
    "expect interfaces.lan.rxBytes=200 interfaces.lan.txBytes=200",
    "expect interfaces.dmz.rxPackets=1 interfaces.dmz.txPackets=1 interfaces.dmz.rxBytes=104 interfaces.dmz.txBytes=104",
    "expect interfaces.guest.rxPackets=0 interfaces.wan.rxPackets=0",
  ],
  "a packet dropped by its interface's zone counts as received there": [
    "wan: tcp 203.0.113.9:1 > 10.0.1.5:80 S => drop default-deny",
    "expect interfaces.wan.rxPackets=1 interfaces.lan.txPackets=0",
  ],
  "an answer of our own counts as sent": [
    "lan: udp 10.0.1.5:1 > 203.0.113.9:1 ttl=1 len=0 => drop ttl-expired" +
      " & lan: icmp 10.0.1.1 > 10.0.1.5 11/0 df quote(udp 10.0.1.5:1 > 203.0.113.9:1 ttl=1 len=0)",
    "expect interfaces.lan.txPackets=1 interfaces.lan.txBytes=70",
  ],
});
