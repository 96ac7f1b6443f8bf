// SPDX-License-Identifier: Apache-2.0
// Faults that an earlier DPDK firewall of this kind had, each as the case that would find it again. NAT, filter and screen
// cases come with those features.
import { table } from "./support/table";

const config = `
applications: [{name: http, protocol: TCP, destinationPorts: ["80"]}]
policies:
- {name: no-web, from: [trust], to: [dmz], applications: [http], action: Reject}
- {name: out, from: [trust], to: [untrust, dmz], action: Permit}
`;

table("faults of the reference firewall", { config }, {
  "5: the answer to a ping matches its session": [
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=4711 seq=1 => wan",
    "wan: icmp 203.0.113.9 > 10.0.1.5 echo-reply id=4711 seq=1 => lan",
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=4711 seq=2 => wan",
    "wan: icmp 203.0.113.9 > 10.0.1.5 echo-reply id=4711 seq=2 => lan",
  ],
  "5: an error about a ping finds the same session": [
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=4711 => wan",
    "wan: icmp 203.0.113.1 > 10.0.1.5 3/1 quote(icmp 10.0.1.5 > 203.0.113.9 echo id=4711) => lan",
  ],
  "6: a reset acknowledges the SYN and nothing of the Ethernet frame": [
    "lan: tcp 10.0.1.5:1000 > 10.0.20.5:80 S seq=1000 => drop policy-reject" +
      " & lan: tcp 10.0.20.5:80 > 10.0.1.5:1000 RA ack=1001 df",
    "lan: tcp 10.0.1.5:1000 > 10.0.20.5:80 S seq=1000 pad=6 => drop policy-reject" +
      " & lan: tcp 10.0.20.5:80 > 10.0.1.5:1000 RA ack=1001 df",
  ],
  "7: time exceeded comes from the firewall, not from the destination": [
    "lan: udp 10.0.1.5:40000 > 203.0.113.9:33434 ttl=1 => drop ttl-expired" +
      " & lan: icmp 10.0.1.1 > 10.0.1.5 11/0 df quote(udp 10.0.1.5:40000 > 203.0.113.9:33434 ttl=1)",
    "lan: udp [2001:db8:1::5]:40000 > [2001:db8:f::9]:33434 ttl=1 => drop ttl-expired" +
      " & lan: icmp 2001:db8:1::1 > 2001:db8:1::5 3/0 quote(udp [2001:db8:1::5]:40000 > [2001:db8:f::9]:33434 ttl=1)",
  ],
  "8: stateless checks know the zone, and hit before any session": [
    "lan: tcp 10.0.1.5:1 > 203.0.113.9:80 SF => drop tcp-flags-invalid",
    "lan: udp 203.0.113.9:1 > 203.0.113.9:1 => drop source-invalid",
    "expect sessions.length=0",
  ],
  "10: a default route exists, and what has none is not taken for the firewall's own": [
    "lan: udp 10.0.1.5:1 > 198.51.100.1:1 => wan",
    "lan: udp [2001:db8:1::5]:1 > [2001:db8:99::1]:1 => wan",
    "route 0.0.0.0/0 gone",
    "lan: udp 10.0.1.5:2 > 198.51.100.1:1 => drop no-route told 3/0",
  ],
  "15: a one-way flow lives while it is active": [
    "lan: udp 10.0.1.5:1 > 203.0.113.9:1 => wan",
    ...Array.from({ length: 6 }, () => ["wait 40s", "lan: udp 10.0.1.5:1 > 203.0.113.9:1 => wan"]).flat(),
    "expect sessions.length=1 counters.sessionsOpened=1 sessions.0.packets=7,0",
  ],
  "15: also when only the responder speaks": [
    "lan: udp 10.0.1.5:1 > 203.0.113.9:1 => wan",
    ...Array.from({ length: 6 }, () => ["wait 40s", "wan: udp 203.0.113.9:1 > 10.0.1.5:1 => lan"]).flat(),
    "expect sessions.length=1 sessions.0.packets=1,6",
  ],
  "17: a segment in mid-stream opens nothing, though a policy permits it": [
    "lan: tcp 10.0.1.5:1 > 203.0.113.9:443 A seq=1 ack=1 => drop tcp-no-session",
    "expect sessions.length=0",
  ],
  "17: an orphan fragment opens nothing": [
    "lan: udp 10.0.1.5:1 > 203.0.113.9:1 ip@6=00b9 => held",
    "wait 11s => drop fragment-timeout",
    "expect sessions.length=0",
  ],
  "18: ARP reaches the kernel": ["lan: arp 10.0.1.1 who-has 10.0.1.5 => host", "host lan: arp 10.0.1.1 is-at 02:00:00:00:00:01 => lan"],
  "a reset goes out on the VLAN that the packet came from": [
    "lan: tcp 10.0.1.5:1000 > 10.0.20.5:80 S tag=0 pcp=2 => drop policy-reject" +
      " & lan: tcp 10.0.20.5:80 > 10.0.1.5:1000 RA ack=1 df",
  ],
  "neighbor discovery needs no service": ["guest: icmp fe80::5 > ff02::1:ff00:1 135/0 ttl=255 len=24 => host"],
});

const churn = Array.from({ length: 300 }, (_, i) => [
  `lan: udp 10.0.1.5:${i + 1} > 203.0.113.9:53 => wan`,
  `wan: udp 203.0.113.9:53 > 10.0.1.5:${i + 1} => lan`,
  ...(i % 30 === 29 ? ["wait 62s"] : []),
]).flat();

table("the session table over its life", { config, sessions: 32 }, {
  "11, 12: many times more sessions than it has slots, as old ones end": [
    ...churn,
    "expect counters.sessionsOpened=300 counters.sessionsExpired=300 counters.sessions4=0",
  ],
  "14: all sessions end in time, and the gauge follows": [
    ...Array.from({ length: 32 }, (_, i) => `lan: udp 10.0.1.5:${i + 1} > 203.0.113.9:53 => wan`),
    "expect counters.sessions4=32",
    "wait 63s",
    "expect counters.sessions4=0 counters.sessionsExpired=32",
  ],
});
