// SPDX-License-Identifier: Apache-2.0
import { table } from "./support/table";

const config = `
applications:
- {name: ping, protocol: ICMP, icmp: [{type: 8, code: 0}]}
- {name: ping6, protocol: ICMPv6, icmp: [{type: 128}]}
- {name: photuris, protocol: ICMP, icmp: [{type: 40}]}
policies:
- {name: ping-in, from: [untrust], to: [trust], applications: [ping, ping6], action: Permit}
- {name: photuris-in, from: [untrust], to: [trust], applications: [photuris], action: Permit}
- {name: out, from: [trust], action: Permit}
`;
const out = "udp 10.0.1.5:5000 > 203.0.113.9:53";
const out6 = "udp [2001:db8:1::5]:5000 > [2001:db8:f::9]:53";

table("ICMP queries", { config }, {
  "ping and its answer": [
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=7 seq=1 => wan by out",
    "wan: icmp 203.0.113.9 > 10.0.1.5 echo-reply id=7 seq=1 => lan by out",
    "expect sessions.length=1 sessions.0.sourcePort=7 sessions.0.destinationPort=7 sessions.0.timeout=30",
  ],
  "ping over IPv6": [
    "lan: icmp 2001:db8:1::5 > 2001:db8:f::9 echo id=7 => wan",
    "wan: icmp 2001:db8:f::9 > 2001:db8:1::5 echo-reply id=7 => lan",
  ],
  "timestamp and its answer": [
    "lan: icmp 10.0.1.5 > 203.0.113.9 timestamp id=7 => wan",
    "wan: icmp 203.0.113.9 > 10.0.1.5 timestamp-reply id=7 => lan",
  ],
  "an answer nobody asked for": [
    "wan: icmp 203.0.113.9 > 10.0.1.5 echo-reply id=7 => drop icmp-no-session",
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo-reply id=7 => drop icmp-no-session",
    "wan: icmp 2001:db8:f::9 > 2001:db8:1::5 echo-reply id=7 => drop icmp-no-session",
  ],
  "an answer with another identifier": [
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=7 => wan",
    "wan: icmp 203.0.113.9 > 10.0.1.5 echo-reply id=8 => drop icmp-no-session",
  ],
  "an answer of another kind": [
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=7 => wan",
    "wan: icmp 203.0.113.9 > 10.0.1.5 timestamp-reply id=7 => drop icmp-no-session",
  ],
  "another question under a permitted identifier is judged by itself": [
    "wan: icmp 203.0.113.9 > 10.0.1.5 echo id=7 => lan by ping-in",
    "wan: icmp 203.0.113.9 > 10.0.1.5 timestamp id=7 => drop default-deny",
  ],
  "two hosts that ping each other with one identifier": [
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=1 => wan",
    "wan: icmp 203.0.113.9 > 10.0.1.5 echo id=1 => lan",
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo-reply id=1 => wan",
    "wan: icmp 203.0.113.9 > 10.0.1.5 echo-reply id=1 => lan",
    "expect sessions.length=1",
  ],
  "but not where the policies deny it": [
    "lan: icmp 10.0.1.5 > 10.0.20.5 echo id=1 => dmz",
    "dmz: icmp 10.0.20.5 > 10.0.1.5 echo id=1 => drop default-deny",
    "dmz: icmp 10.0.20.5 > 10.0.1.5 echo-reply id=1 => lan",
  ],
  "type and code are matched": [
    "wan: icmp 203.0.113.9 > 10.0.1.5 echo id=7 => lan by ping-in",
    "wan: icmp 2001:db8:f::9 > 2001:db8:1::5 echo id=7 => lan by ping-in",
    "wan: icmp 203.0.113.9 > 10.0.1.6 timestamp id=7 => drop default-deny",
    "wan: icmp 203.0.113.9 > 10.0.1.6 8/1 id=7 => drop default-deny",
  ],
  "messages that are neither query nor error are judged one by one": [
    "wan: icmp 203.0.113.9 > 10.0.1.5 40/3 => lan by photuris-in",
    "wan: icmp 203.0.113.9 > 10.0.1.5 41/0 => drop default-deny",
    "lan: icmp 10.0.1.5 > 203.0.113.9 40/0 => wan by out",
    "expect sessions.length=0 policies.photuris-in.packets=1",
  ],
});

table("ICMP errors", { config }, {
  "port unreachable from the destination": [
    `lan: ${out} => wan`,
    `wan: icmp 203.0.113.9 > 10.0.1.5 3/3 quote(${out} ttl=63) => lan by out`,
    "expect sessions.0.packets=1,0 counters.sessionsOpened=1",
  ],
  "time exceeded from a router on the way": [
    `lan: ${out} => wan`,
    `wan: icmp 198.51.100.1 > 10.0.1.5 11/0 quote(${out} ttl=1) quote=28 => lan`,
  ],
  "fragmentation needed": [
    `lan: ${out} len=1200 => wan`,
    `wan: icmp 198.51.100.1 > 10.0.1.5 3/4 mtu=1280 quote(${out} len=1200) => lan`,
  ],
  "IPv6 packet too big": [
    `lan: ${out6} => wan`,
    `wan: icmp 2001:db8:99::1 > 2001:db8:1::5 2/0 mtu=1280 quote(${out6}) => lan`,
  ],
  "IPv6 unreachable, time exceeded and parameter problem": [
    `lan: ${out6} => wan`,
    `wan: icmp 2001:db8:f::9 > 2001:db8:1::5 1/4 quote(${out6}) => lan`,
    `wan: icmp 2001:db8:f::9 > 2001:db8:1::5 3/0 quote(${out6}) => lan`,
    `wan: icmp 2001:db8:f::9 > 2001:db8:1::5 4/1 quote(${out6} ext=dst) => lan`,
  ],
  "about an answer goes to the responder": [
    `lan: ${out} => wan`,
    "wan: udp 203.0.113.9:53 > 10.0.1.5:5000 => lan",
    "lan: icmp 10.0.1.5 > 203.0.113.9 3/3 quote(udp 203.0.113.9:53 > 10.0.1.5:5000 ttl=63) => wan",
  ],
  "about a ping": [
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=7 => wan",
    "wan: icmp 203.0.113.9 > 10.0.1.5 3/1 quote(icmp 10.0.1.5 > 203.0.113.9 echo id=7) => lan",
  ],
  "about TCP does not close the session": [
    "lan: tcp 10.0.1.5:1000 > 203.0.113.9:80 S => wan",
    "wan: icmp 203.0.113.9 > 10.0.1.5 3/3 quote(tcp 10.0.1.5:1000 > 203.0.113.9:80 S) => lan",
    "expect sessions.0.state=syn-sent",
  ],
  "does not refresh a session": [
    `lan: ${out} => wan`,
    "wait 50s",
    `wan: icmp 203.0.113.9 > 10.0.1.5 3/3 quote(${out}) => lan`,
    "wait 15s",
    "expect sessions.length=0",
  ],
  "about nothing we know": [
    `wan: icmp 203.0.113.9 > 10.0.1.5 3/3 quote(${out}) => drop icmp-no-session`,
    "expect sessions.length=0",
  ],
  "about the wrong port": [
    `lan: ${out} => wan`,
    "wan: icmp 203.0.113.9 > 10.0.1.5 3/3 quote(udp 10.0.1.5:5000 > 203.0.113.9:54) => drop icmp-no-session",
  ],
  "to another than the sender of what it quotes": [
    `lan: ${out} => wan`,
    `wan: icmp 203.0.113.9 > 10.0.1.6 3/3 quote(${out}) => drop icmp-no-session`,
  ],
  "from the sender's own side": [
    `lan: ${out} => wan`,
    `lan: icmp 10.0.1.6 > 10.0.1.5 3/3 quote(${out}) => drop session-interface`,
  ],
  "from a zone that the packet never went to": [
    `lan: ${out} => wan`,
    `dmz: icmp 10.0.20.5 > 10.0.1.5 3/3 quote(${out}) => drop session-interface`,
  ],
  "a quote that is cut short": [
    `lan: ${out} => wan`,
    `wan: icmp 203.0.113.9 > 10.0.1.5 3/3 quote(${out}) quote=27 => drop icmp-error-invalid`,
    `wan: icmp 203.0.113.9 > 10.0.1.5 3/3 quote(${out}) quote=19 => drop icmp-error-invalid`,
    `wan: icmp 203.0.113.9 > 10.0.1.5 3/3 quote(${out}) quote=0 => drop icmp-error-invalid`,
    `wan: icmp 203.0.113.9 > 10.0.1.5 3/3 quote(${out}) quote=28 => lan`,
  ],
  "a quote of a fragment": [
    `lan: ${out} => wan`,
    `wan: icmp 203.0.113.9 > 10.0.1.5 3/3 quote(${out} ip@6=0010) => drop icmp-error-invalid`,
  ],
  "a quote of an error": [
    `lan: ${out} => wan`,
    `wan: icmp 203.0.113.9 > 10.0.1.5 3/3 quote(icmp 10.0.1.5 > 203.0.113.9 3/3 quote=0) => drop icmp-error-invalid`,
  ],
  "a redirect is not forwarded": [
    `lan: ${out} => wan`,
    `wan: icmp 203.0.113.1 > 10.0.1.5 5/1 quote(${out}) => drop icmp-no-session`,
  ],
  "with a TTL of one dies here, silently": [
    `lan: ${out} => wan`,
    `wan: icmp 203.0.113.9 > 10.0.1.5 3/3 ttl=1 quote(${out}) => drop ttl-expired`,
  ],
  "for the firewall's own packet goes to the kernel": [
    "host wan: udp 203.0.113.2:5000 > 203.0.113.9:53 => wan",
    "wan: icmp 203.0.113.9 > 203.0.113.2 3/3 quote(udp 203.0.113.2:5000 > 203.0.113.9:53) => host",
  ],
  "for the firewall without a session of its own": [
    "wan: icmp 203.0.113.9 > 203.0.113.2 3/3 quote(udp 203.0.113.2:5000 > 203.0.113.9:53) => drop icmp-no-session",
  ],
});
