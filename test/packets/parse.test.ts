// SPDX-License-Identifier: Apache-2.0
// What a frame must be before anything is looked up.
import { table } from "./support/table";

const WEB = "tcp 10.0.1.5:1000 > 203.0.113.9:80 S";

table("Ethernet", {}, {
  "an empty frame is truncated": ["lan: raw 00 => drop frame-truncated"],
  "thirteen bytes are truncated": ["lan: raw 02000000000102be0a00010508 => drop frame-truncated"],
  "a header without payload is an IP packet cut short": [
    "lan: raw 02000000000102be0a0001050800 => drop ip-truncated",
    "lan: raw 02000000000102be0a00010586dd => drop ip-truncated",
  ],
  "a tag that does not fit is truncated": ["lan: raw 02000000000102be0a0001058100 => drop frame-truncated"],
  "an ARP packet that does not fit is truncated": [
    "lan: raw 02000000000102be0a00010508060001 => drop frame-truncated",
  ],
  "LLDP and STP are not for a firewall": [
    `lan: ${WEB} ethertype=0x88cc => drop ethertype-unsupported`,
    `lan: ${WEB} ethertype=38 => drop ethertype-unsupported`,
  ],
  "a double tag is not supported": [`dmz: ${WEB} ethertype=0x8100 => drop ethertype-unsupported`],
  "a service tag is not an 802.1Q tag": [`lan: ${WEB} ethertype=0x88a8 => drop ethertype-unsupported`],
  "without strict MAC any unicast station's frames are taken": [`lan: ${WEB} dmac=02:11:22:33:44:55 => wan`],
});

table("Ethernet with strict MAC", { strictMac: true }, {
  "a frame to the port's MAC address is taken": [`lan: ${WEB} => wan`],
  "a frame to another station is not": [`lan: ${WEB} dmac=02:00:00:00:00:02 => drop not-for-us`],
  "ARP to another station is not": ["lan: arp 10.0.1.9 who-has 10.0.1.5 dmac=02:00:00:00:00:09 => drop not-for-us"],
});

table("no configuration", { empty: true }, {
  "everything is dropped": [
    `lan: ${WEB} => drop no-generation`,
    "lan: arp 10.0.1.1 who-has 10.0.1.5 => drop no-generation",
    "host lan: udp 10.0.1.1:53 > 10.0.1.5:53 => drop no-generation",
    "expect counters.dropped.no-generation=3 counters.received=3",
  ],
});

table("IPv4 header", {}, {
  "the smallest good packet passes": ["lan: udp 10.0.1.5:9 > 203.0.113.9:9 len=0 => wan"],
  "version 5 is invalid": [`lan: ${WEB} ip@0=55 => drop ip-header-invalid`],
  "version 6 under ethertype IPv4 is invalid": [`lan: ${WEB} ip@0=65 => drop ip-header-invalid`],
  "a header of 16 bytes is invalid": [`lan: ${WEB} ip@0=44 => drop ip-header-invalid`],
  "a header length of zero is invalid": [`lan: ${WEB} ip@0=40 => drop ip-header-invalid`],
  "a header longer than the frame is truncated": [`lan: ${WEB} ip@0=4f cut=54 => drop ip-truncated`],
  "a frame inside the header is truncated": [`lan: ${WEB} cut=33 => drop ip-truncated`],
  "a total length below the header is invalid": [`lan: ${WEB} iplen=19 => drop ip-header-invalid`],
  "a total length of zero is invalid": [`lan: ${WEB} iplen=0 => drop ip-header-invalid`],
  "a total length beyond the frame is truncated": [`lan: ${WEB} iplen=41 => drop ip-truncated`],
  "a total length of 65535 is truncated": [`lan: ${WEB} iplen=65535 => drop ip-truncated`],
  "a wrong checksum is dropped": [`lan: ${WEB} sum=bad => drop ip-checksum-bad`],
  "padding behind the total length is cut off": [`lan: ${WEB} pad=6 => wan`, `lan: ${WEB} pad=1200 => wan`],
  "a total length that hides the transport header": [`lan: ${WEB} iplen=30 => drop l4-truncated`],
});

table("IPv4 options", {}, {
  "no-operation options pass": [`lan: ${WEB} opt=01010101 => wan`],
  "an end of options passes, whatever follows": [`lan: ${WEB} opt=0083ffff => wan`],
  "record route without a slot passes": [`lan: ${WEB} opt=0703040000000000 => wan`],
  "a record route option of the right size passes": [`lan: ${WEB} opt=070704000000000001010101 => wan`],
  "router alert passes": [`lan: ${WEB} opt=94040000 => wan`],
  "loose source route is dropped": [`lan: ${WEB} opt=830704cb00710901 => drop source-route`],
  "strict source route is dropped": [`lan: ${WEB} opt=890704cb00710901 => drop source-route`],
  "a source route behind other options is found": [`lan: ${WEB} opt=01010101830704cb00710901 => drop source-route`],
  "an option of length zero is invalid": [`lan: ${WEB} opt=44000000 => drop ip-header-invalid told 12/0 pointer=20`],
  "an option of length one is invalid": [`lan: ${WEB} opt=44010000 => drop ip-header-invalid told 12/0 pointer=20`],
  "an option longer than the header is invalid": [`lan: ${WEB} opt=44050000 => drop ip-header-invalid told 12/0 pointer=20`],
  "an option without room for its length is invalid": [`lan: ${WEB} opt=01010144 => drop ip-header-invalid told 12/0 pointer=23`],
  "ports are read behind forty bytes of options": [`lan: ${WEB} opt=${"01".repeat(40)} => wan`],
});

table("IPv4 fragments", {}, {
  "a first fragment is a packet": [`lan: ${WEB} len=4 ip@6=2000 => wan`],
  "a later fragment waits": ["lan: proto=6 10.0.1.5 > 203.0.113.9 ip@6=0010 => held"],
  "a tiny first fragment is refused": ["lan: proto=6 10.0.1.5 > 203.0.113.9 len=8 ip@6=2000 => drop fragment-tiny"],
  "don't-fragment alone is no fragment": [`lan: ${WEB} df => wan`],
  "the reserved bit alone is no fragment": [`lan: ${WEB} ip@6=8000 => wan`],
});

table("TCP header", {}, {
  "nineteen bytes are truncated": ["lan: proto=6 10.0.1.5 > 203.0.113.9 len=19 => drop l4-truncated"],
  "no bytes at all are truncated": ["lan: proto=6 10.0.1.5 > 203.0.113.9 len=0 => drop l4-truncated"],
  "a data offset below five is invalid": [`lan: ${WEB} l4@12=40 => drop l4-invalid`],
  "a data offset beyond the packet is truncated": [`lan: ${WEB} l4@12=f0 => drop l4-truncated`],
  "source port 0 is invalid": ["lan: tcp 10.0.1.5:0 > 203.0.113.9:80 S => drop l4-invalid"],
  "destination port 0 is invalid": ["lan: tcp 10.0.1.5:1000 > 203.0.113.9:0 S => drop l4-invalid"],
  "options are carried": [`lan: ${WEB} tcpopt=020405b401010402 => wan`],
});

table("TCP flags", {}, {
  "none": ["lan: tcp 10.0.1.5:1000 > 203.0.113.9:80 - => drop tcp-flags-invalid"],
  "SYN and FIN": ["lan: tcp 10.0.1.5:1000 > 203.0.113.9:80 SF => drop tcp-flags-invalid"],
  "SYN and RST": ["lan: tcp 10.0.1.5:1000 > 203.0.113.9:80 SR => drop tcp-flags-invalid"],
  "FIN and RST": ["lan: tcp 10.0.1.5:1000 > 203.0.113.9:80 FRA => drop tcp-flags-invalid"],
  "FIN without ACK": ["lan: tcp 10.0.1.5:1000 > 203.0.113.9:80 F => drop tcp-flags-invalid"],
  "FIN, PSH and URG": ["lan: tcp 10.0.1.5:1000 > 203.0.113.9:80 FPU => drop tcp-flags-invalid"],
  "PSH alone": ["lan: tcp 10.0.1.5:1000 > 203.0.113.9:80 P => drop tcp-flags-invalid"],
  "all": ["lan: tcp 10.0.1.5:1000 > 203.0.113.9:80 FSRPAU => drop tcp-flags-invalid"],
  "ECN on a SYN is fine": ["lan: tcp 10.0.1.5:1000 > 203.0.113.9:80 SEC => wan"],
});

table("UDP, SCTP and ICMP headers", {}, {
  "UDP of seven bytes is truncated": ["lan: proto=17 10.0.1.5 > 203.0.113.9 len=7 => drop l4-truncated"],
  "a UDP length below eight is invalid": ["lan: udp 10.0.1.5:53 > 203.0.113.9:53 udplen=7 => drop l4-invalid"],
  "a UDP length beyond the packet is invalid": ["lan: udp 10.0.1.5:53 > 203.0.113.9:53 udplen=13 => drop l4-invalid"],
  "UDP port 0 is invalid": [
    "lan: udp 10.0.1.5:0 > 203.0.113.9:53 => drop l4-invalid",
    "lan: udp 10.0.1.5:53 > 203.0.113.9:0 => drop l4-invalid",
  ],
  "SCTP of eleven bytes is truncated": ["lan: sctp 10.0.1.5:5 > 203.0.113.9:5 len=7 => drop l4-truncated"],
  "SCTP port 0 is invalid": ["lan: sctp 10.0.1.5:5 > 203.0.113.9:0 => drop l4-invalid"],
  "ICMP of seven bytes is truncated": ["lan: proto=1 10.0.1.5 > 203.0.113.9 len=7 => drop l4-truncated"],
  "a transport checksum is the receiver's business": ["lan: udp 10.0.1.5:53 > 203.0.113.9:53 csum=bad => wan"],
  "UDP without a checksum stays without": ["lan: udp 10.0.1.5:53 > 203.0.113.9:53 csum=0 => wan"],
});

table("buffers", {}, {
  "a frame in pieces is put together": [`lan: ${WEB} segment=16 => wan`, `lan: ${WEB} segment=1 => wan`],
  "a frame larger than a buffer is dropped": ["lan: udp 10.0.1.5:53 > 203.0.113.9:53 len=65000 => drop frame-oversized"],
  "a kernel frame in pieces is put together": ["host lan: udp 10.0.1.1:53 > 10.0.1.5:53 segment=20 => lan"],
});
