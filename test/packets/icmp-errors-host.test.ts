// SPDX-License-Identifier: Apache-2.0
// ICMP errors that the firewall's own kernel sends: about packets that a rule of NAT has brought to it, they quote what
// the kernel got, and the sender must be told about what it sent. And errors of others about the kernel's packets.
import { table } from "./support/table";

const config = `
zones:
- {name: trust, hostInbound: {services: [all]}}
- {name: untrust, hostInbound: {services: [all]}}
- {name: dmz}
- {name: guest, hostInbound: {services: [all]}}
policies: [{name: all, action: Permit}]
nat:
  static: [{name: one, from: [untrust], external: 203.0.113.6, internal: 10.0.20.1}]
  destination:
  - {name: dns, from: [untrust], address: 203.0.113.5, protocol: UDP, port: "53", to: {address: 10.0.1.1, port: 5353}}
  - {name: ssh, from: [untrust], address: 203.0.113.5, protocol: TCP, port: "2222", to: {address: 203.0.113.2, port: 22}}
  - {name: host, from: [untrust], address: 203.0.113.7, to: {address: 10.0.1.1}}
`;

const asked = "udp 203.0.113.9:5000 > 203.0.113.5:53", got = "udp 203.0.113.9:5000 > 10.0.1.1:5353";
const opens = `wan: ${asked} => host as ${got}`;

table("errors of the kernel about packets that NAT brought to it", { config }, {
  "port unreachable, translated outside and in the quote": [
    opens, `host wan: icmp 10.0.1.1 > 203.0.113.9 3/3 quote(${got}) => wan as icmp 203.0.113.5 > 203.0.113.9 3/3 quote(${asked})`,
    "expect sessions.length=1 sessions.0.packets=1,0",
  ],
  "from another address of the kernel": [
    opens, `host wan: icmp 203.0.113.2 > 203.0.113.9 3/3 quote(${got}) => wan as icmp 203.0.113.5 > 203.0.113.9 3/3 quote(${asked})`,
  ],
  "UDP without checksum stays without": [
    `wan: ${asked} csum=0 => host as ${got} csum=0`,
    `host wan: icmp 10.0.1.1 > 203.0.113.9 3/3 quote(${got} csum=0) => wan as icmp 203.0.113.5 > 203.0.113.9 3/3 quote(${asked} csum=0)`,
  ],
  "no more than eight bytes behind the quoted header": [
    opens, `host wan: icmp 10.0.1.1 > 203.0.113.9 3/10 quote(${got}) quote=28 => wan as icmp 203.0.113.5 > 203.0.113.9 3/10 quote(${asked}) quote=28`,
  ],
  "TCP": [
    "wan: tcp 203.0.113.9:5000 > 203.0.113.5:2222 S seq=1 => host as tcp 203.0.113.9:5000 > 203.0.113.2:22 S seq=1",
    "host wan: icmp 203.0.113.2 > 203.0.113.9 3/10 quote(tcp 203.0.113.9:5000 > 203.0.113.2:22 S seq=1) => wan as icmp 203.0.113.5 > 203.0.113.9 3/10 quote(tcp 203.0.113.9:5000 > 203.0.113.5:2222 S seq=1)",
  ],
  "a ping": [
    "wan: icmp 203.0.113.9 > 203.0.113.7 echo id=5 => host as icmp 203.0.113.9 > 10.0.1.1 echo id=5",
    "host wan: icmp 10.0.1.1 > 203.0.113.9 11/1 quote(icmp 203.0.113.9 > 10.0.1.1 echo id=5) => wan as icmp 203.0.113.7 > 203.0.113.9 11/1 quote(icmp 203.0.113.9 > 203.0.113.7 echo id=5)",
  ],
  "GRE": [
    "wan: proto=47 203.0.113.9 > 203.0.113.7 len=24 => host as proto=47 203.0.113.9 > 10.0.1.1 len=24",
    "host wan: icmp 10.0.1.1 > 203.0.113.9 3/2 quote(proto=47 203.0.113.9 > 10.0.1.1 len=24) => wan as icmp 203.0.113.7 > 203.0.113.9 3/2 quote(proto=47 203.0.113.9 > 203.0.113.7 len=24)",
  ],
  "a static rule": [
    "wan: udp 203.0.113.9:5000 > 203.0.113.6:9 => host as udp 203.0.113.9:5000 > 10.0.20.1:9",
    "host wan: icmp 10.0.20.1 > 203.0.113.9 3/3 quote(udp 203.0.113.9:5000 > 10.0.20.1:9) => wan as icmp 203.0.113.6 > 203.0.113.9 3/3 quote(udp 203.0.113.9:5000 > 203.0.113.6:9)",
  ],
  "another port: not of this session, leaves as it is": [
    opens, `host wan: icmp 10.0.1.1 > 203.0.113.9 3/3 quote(udp 203.0.113.9:5001 > 10.0.1.1:5353) => wan`,
  ],
  "a quote that goes to somebody else leaves as it is": [
    opens, `host wan: icmp 10.0.1.1 > 203.0.113.1 3/3 quote(${got}) => wan`,
  ],
  "a quote that is cut short leaves as it is": [opens, `host wan: icmp 10.0.1.1 > 203.0.113.9 3/3 quote(${got}) quote=27 => wan`],
  "a quote of a later fragment leaves as it is": [opens, `host wan: icmp 10.0.1.1 > 203.0.113.9 3/3 quote(${got} ip@6=0001) => wan`],
  "a packet that was not translated": [
    "wan: udp 203.0.113.9:5000 > 203.0.113.2:99 => host", "host wan: icmp 203.0.113.2 > 203.0.113.9 3/3 quote(udp 203.0.113.9:5000 > 203.0.113.2:99) => wan",
  ],
  "without any session": ["host wan: icmp 203.0.113.2 > 203.0.113.9 3/3 quote(udp 203.0.113.9:5000 > 203.0.113.2:99) => wan", "expect sessions.length=0"],
  "a forwarded session is not the kernel's": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan", "host lan: icmp 10.0.1.1 > 10.0.1.5 3/3 quote(udp 10.0.1.5:5000 > 203.0.113.9:53) => lan",
  ],
  "about a packet of the kernel's own connection": [
    "host wan: udp 203.0.113.2:5000 > 203.0.113.9:53 => wan", "wan: udp 203.0.113.9:53 > 203.0.113.2:5000 => host",
    "host wan: icmp 203.0.113.2 > 203.0.113.9 3/3 quote(udp 203.0.113.9:53 > 203.0.113.2:5000) => wan",
  ],
  "IPv6 leaves as it is": [
    "wan: udp [2001:db8:f::9]:5000 > [2001:db8:f::2]:99 => host",
    "host wan: icmp 2001:db8:f::2 > 2001:db8:f::9 1/4 quote(udp [2001:db8:f::9]:5000 > [2001:db8:f::2]:99) => wan",
  ],
});

table("errors of others about packets of the kernel", { config }, {
  "about its answer, which was translated": [
    opens, `host wan: udp 10.0.1.1:5353 > 203.0.113.9:5000 => wan as udp 203.0.113.5:53 > 203.0.113.9:5000`,
    "wan: icmp 203.0.113.9 > 203.0.113.5 3/3 quote(udp 203.0.113.5:53 > 203.0.113.9:5000) => host as icmp 203.0.113.9 > 10.0.1.1 3/3 quote(udp 10.0.1.1:5353 > 203.0.113.9:5000)",
  ],
  "fragmentation needed, from a router": [
    "wan: tcp 203.0.113.9:5000 > 203.0.113.5:2222 S seq=1 => host as tcp 203.0.113.9:5000 > 203.0.113.2:22 S seq=1",
    "host wan: tcp 203.0.113.2:22 > 203.0.113.9:5000 SA seq=1 ack=2 => wan as tcp 203.0.113.5:2222 > 203.0.113.9:5000 SA seq=1 ack=2",
    "wan: icmp 198.51.100.1 > 203.0.113.5 3/4 mtu=1280 quote(tcp 203.0.113.5:2222 > 203.0.113.9:5000 SA seq=1 ack=2) => host as icmp 198.51.100.1 > 203.0.113.2 3/4 mtu=1280 quote(tcp 203.0.113.2:22 > 203.0.113.9:5000 SA seq=1 ack=2)",
  ],
  "IPv6 too big": [
    "host wan: tcp [2001:db8:f::2]:5000 > [2001:db8:f::9]:80 S => wan",
    "wan: icmp 2001:db8:f::1 > 2001:db8:f::2 2/0 mtu=1280 quote(tcp [2001:db8:f::2]:5000 > [2001:db8:f::9]:80 S) => host",
  ],
  "IPv6 about nothing": ["wan: icmp 2001:db8:f::1 > 2001:db8:f::2 2/0 mtu=1280 quote(tcp [2001:db8:f::2]:5000 > [2001:db8:f::9]:80 S) => drop icmp-no-session"],
});
