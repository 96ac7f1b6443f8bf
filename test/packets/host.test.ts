// SPDX-License-Identifier: Apache-2.0
// The firewall itself: what reaches the kernel, and what the kernel sends.
import { table } from "./support/table";

const zone = (services: string): string => `
zones:
- {name: trust, hostInbound: {services: [${services}]}}
- {name: untrust}
- {name: dmz, hostInbound: {services: [all]}}
- {name: guest, hostInbound: {services: [dhcp, dhcpv6]}}
`;
const udp = (port: number): string => `udp 10.0.1.5:9000 > 10.0.1.1:${port}`;
const tcp = (port: number): string => `tcp 10.0.1.5:9000 > 10.0.1.1:${port} S`;
const no = "drop host-inbound";

table("hostInbound by service", { config: zone("ping, ssh, dns, ntp, snmp, syslog, traceroute, bgp, bfd, http, https") }, {
  "ping": [`lan: icmp 10.0.1.5 > 10.0.1.1 echo id=5 => host`, "lan: icmp 2001:db8:1::5 > 2001:db8:1::1 echo id=5 => host"],
  "ping is not every ICMP": ["lan: icmp 10.0.1.5 > 10.0.1.1 timestamp id=5 => drop host-inbound"],
  "ssh": [`lan: ${tcp(22)} => host`, `lan: ${udp(22)} => ${no}`],
  "http and https": [`lan: ${tcp(80)} => host`, `lan: ${tcp(443)} => host`, `lan: ${tcp(8080)} => ${no}`],
  "dns over UDP and TCP": [`lan: ${udp(53)} => host`, `lan: ${tcp(53)} => host`],
  "ntp, snmp and syslog are UDP": [
    `lan: ${udp(123)} => host`,
    `lan: ${udp(161)} => host`,
    `lan: ${udp(514)} => host`,
    `lan: ${tcp(123)} => ${no}`,
    `lan: ${tcp(161)} => ${no}`,
    `lan: ${tcp(514)} => ${no}`,
  ],
  "traceroute": [
    `lan: ${udp(33433)} => ${no}`,
    `lan: ${udp(33434)} => host`,
    `lan: ${udp(33523)} => host`,
    `lan: ${udp(33524)} => ${no}`,
  ],
  "bgp and bfd": [
    `lan: ${tcp(179)} => host`,
    `lan: ${udp(3784)} => host`,
    `lan: ${udp(3785)} => host`,
    `lan: ${udp(4784)} => host`,
  ],
  "a service not named": [`lan: ${tcp(23)} => ${no}`, "lan: proto=89 10.0.1.5 > 10.0.1.1 => drop host-inbound"],
  "by zone of the ingress, whatever the address": [
    "lan: tcp 10.0.1.5:9000 > 10.0.20.1:22 S => host",
    "wan: tcp 203.0.113.9:9000 > 203.0.113.2:22 S => drop host-inbound",
    "wan: tcp 203.0.113.9:9000 > 10.0.1.1:22 S => drop host-inbound",
  ],
  "the kernel's TTL is its own affair": [`lan: ${tcp(22)} ttl=1 => host`],
  "a refused packet leaves no session": [`lan: ${tcp(23)} => ${no}`, "expect sessions.length=0"],
  "all is everything": ["dmz: tcp 10.0.20.5:1 > 10.0.20.1:12345 S => host", "dmz: proto=47 10.0.20.5 > 10.0.20.1 => host"],
  "strict TCP holds here too": ["lan: tcp 10.0.1.5:9000 > 10.0.1.1:22 A => drop tcp-no-session"],
});

table("a connection to the firewall", { config: zone("ssh") }, {
  "goes both ways and ends": [
    "lan: tcp 10.0.1.5:9000 > 10.0.1.1:22 S seq=1 => host",
    "host lan: tcp 10.0.1.1:22 > 10.0.1.5:9000 SA seq=5 ack=2 => lan",
    "lan: tcp 10.0.1.5:9000 > 10.0.1.1:22 A seq=2 ack=6 => host",
    "expect sessions.length=1 sessions.0.state=established sessions.0.flags=2 sessions.0.packets=2,1",
    "host lan: tcp 10.0.1.1:22 > 10.0.1.5:9000 FA seq=6 ack=2 => lan",
    "lan: tcp 10.0.1.5:9000 > 10.0.1.1:22 FA seq=2 ack=7 => host",
    "host lan: tcp 10.0.1.1:22 > 10.0.1.5:9000 A seq=7 ack=3 => lan",
    "expect sessions.0.state=time-wait",
  ],
  "may not change its zone": [
    "lan: tcp 10.0.1.5:9000 > 10.0.1.1:22 S => host",
    "wan: tcp 10.0.1.5:9000 > 10.0.1.1:22 S => drop session-interface",
  ],
  "to a link-local address": ["lan: tcp [fe80::5]:9000 > [fe80::1]:22 S => host"],
});

table("what the kernel sends", { config: zone("ping") }, {
  "opens a session, and the answer comes back": [
    "host wan: udp 203.0.113.2:5000 > 203.0.113.9:53 => wan",
    "wan: udp 203.0.113.9:53 > 203.0.113.2:5000 => host",
    "expect sessions.length=1 sessions.0.flags=1 sessions.0.packets=1,1",
  ],
  "TCP, with its states": [
    "host wan: tcp 203.0.113.2:5000 > 203.0.113.9:80 S seq=1 => wan",
    "wan: tcp 203.0.113.9:80 > 203.0.113.2:5000 SA seq=7 ack=2 => host",
    "host wan: tcp 203.0.113.2:5000 > 203.0.113.9:80 A seq=2 ack=8 => wan",
    "expect sessions.0.state=established",
  ],
  "is not judged by any policy": ["host dmz: tcp 10.0.20.1:5000 > 10.0.20.5:80 S => dmz by -"],
  "leaves with the TTL it came with": ["host wan: udp 203.0.113.2:5000 > 203.0.113.9:53 ttl=1 => wan"],
  "in the middle of a connection opens one": [
    "host wan: tcp 203.0.113.2:5000 > 203.0.113.9:80 A seq=2 ack=8 => wan",
    "wan: tcp 203.0.113.9:80 > 203.0.113.2:5000 A seq=8 ack=2 => host",
  ],
  "for others, as a router: the answer is the kernel's as well": [
    "host wan: udp 192.168.77.5:5000 > 203.0.113.9:53 => wan",
    "wan: udp 203.0.113.9:53 > 192.168.77.5:5000 => host",
  ],
  "resets and FINs alone open nothing": [
    "host wan: tcp 203.0.113.2:5000 > 203.0.113.9:80 RA ack=1 => wan",
    "host wan: tcp 203.0.113.2:5000 > 203.0.113.9:80 FA ack=1 => wan",
    "expect sessions.length=0",
  ],
  "ARP, multicast and fragments leave as they are": [
    "host lan: arp 10.0.1.5 who-has 10.0.1.1 => lan",
    "host lan: arp 10.0.1.1 is-at 02:00:00:00:00:01 => lan",
    "host lan: udp 10.0.1.1:5353 > 224.0.0.251:5353 ttl=255 => lan",
    "host lan: udp 10.0.1.1:68 > 255.255.255.255:67 => lan",
    "host lan: udp 10.0.1.1:53 > 10.0.1.5:53 ip@6=2000 => lan",
    "host lan: icmp fe80::1 > ff02::1 134/0 ttl=255 => lan",
    "expect sessions.length=0 counters.forwarded=6",
  ],
  "runs on when the table is full": [
    ...Array.from({ length: 70 }, (_, i) => `host wan: udp 203.0.113.2:${i + 1} > 203.0.113.9:53 => wan`),
  ],
  "a frame of thirteen bytes": ["host lan: raw 02000000000102be0a00010508 => drop frame-truncated"],
  "a new connection on the ports of a dead one": [
    "host wan: tcp 203.0.113.2:5000 > 203.0.113.9:80 S seq=1 => wan",
    "wan: tcp 203.0.113.9:80 > 203.0.113.2:5000 RA ack=2 => host",
    "expect sessions.0.state=closed",
    "host wan: tcp 203.0.113.2:5000 > 203.0.113.9:80 S seq=90 => wan",
    "expect sessions.0.state=syn-sent counters.sessionsOpened=2",
  ],
});

table("always for the kernel", { config: zone("ssh") }, {
  "ARP": ["wan: arp 203.0.113.2 who-has 203.0.113.9 => host", "wan: arp 203.0.113.9 is-at 02:be:cb:00:71:09 => host"],
  "IGMP": ["wan: proto=2 203.0.113.9 > 224.0.0.1 ttl=1 opt=94040000 => host", "wan: proto=2 0.0.0.0 > 224.0.0.1 ttl=1 => host"],
  "multicast listener discovery": ["wan: icmp fe80::9 > ff02::16 143/0 ttl=1 ext=hop => host", "wan: icmp fe80::9 > ff02::1 130/0 ttl=1 => host"],
  "neighbor discovery": [
    "wan: icmp fe80::9 > ff02::1:ff00:2 135/0 ttl=255 len=24 => host",
    "wan: icmp :: > ff02::1:ff00:2 135/0 ttl=255 len=24 => host",
    "wan: icmp fe80::9 > 2001:db8:f::2 135/0 ttl=255 len=24 => host",
    "wan: icmp fe80::9 > fe80::2 136/0 ttl=255 len=24 => host",
    "wan: icmp fe80::9 > ff02::2 133/0 ttl=255 => host",
    "wan: icmp fe80::9 > ff02::1 134/0 ttl=255 => host",
    "wan: icmp fe80::9 > fe80::2 137/0 ttl=255 len=32 => host",
  ],
  "neighbor discovery that crossed a router is a forgery": [
    "wan: icmp 2001:db8:99::9 > 2001:db8:f::2 135/0 ttl=254 len=24 => drop host-inbound",
    "wan: icmp fe80::9 > ff02::1 134/0 ttl=64 => drop host-inbound",
  ],
  "neighbor discovery is never forwarded": ["lan: icmp 2001:db8:1::5 > 2001:db8:f::9 135/0 ttl=255 len=24 => drop icmp-no-session"],
});

table("multicast and DHCP", { config: zone("ospf, vrrp") }, {
  "DHCP discovery where the service is on": [
    "guest: udp 0.0.0.0:68 > 255.255.255.255:67 => host",
    "guest: udp 10.0.30.5:68 > 10.0.30.1:67 => host",
  ],
  "DHCP answers to an address that is not ours yet": [
    "guest: udp 10.0.30.9:67 > 10.0.30.77:68 => host",
    "guest: udp 10.0.30.9:67 > 255.255.255.255:68 => host",
  ],
  "DHCPv6": [
    "guest: udp [fe80::5]:546 > [ff02::1:2]:547 => host",
    "guest: udp [fe80::9]:547 > [fe80::1]:546 => host",
  ],
  "DHCP where the service is off": [
    "lan: udp 0.0.0.0:68 > 255.255.255.255:67 => drop host-inbound",
    "lan: udp 10.0.1.9:67 > 255.255.255.255:68 => drop host-inbound",
    "lan: udp [fe80::5]:546 > [ff02::1:2]:547 => drop host-inbound",
  ],
  "a DHCP relay's unicast is ordinary transit": [
    "guest: udp 10.0.30.5:67 > 203.0.113.9:67 => drop default-deny",
    "lan: udp 10.0.1.5:67 > 203.0.113.9:67 => wan",
  ],
  "OSPF and VRRP groups by service": [
    "lan: proto=89 10.0.1.5 > 224.0.0.5 ttl=1 => host",
    "lan: proto=112 10.0.1.5 > 224.0.0.18 ttl=255 => host",
    "wan: proto=89 203.0.113.9 > 224.0.0.5 ttl=1 => drop host-inbound",
    "wan: proto=112 203.0.113.9 > 224.0.0.18 ttl=255 => drop host-inbound",
  ],
  "other groups": [
    "lan: udp 10.0.1.5:5353 > 224.0.0.251:5353 => drop multicast",
    "lan: icmp 10.0.1.5 > 224.0.0.1 echo => drop multicast",
  ],
  "other groups where everything is allowed": ["dmz: udp 10.0.20.5:5353 > 224.0.0.251:5353 => host"],
});
