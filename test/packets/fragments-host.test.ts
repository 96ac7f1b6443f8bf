// SPDX-License-Identifier: Apache-2.0
// Datagrams that the firewall's own kernel sends in pieces, while NAT has brought its peer here: each piece must leave
// with the address that the peer called.
import { table } from "./support/table";

const config = `
zones: [{name: trust, hostInbound: {services: [all]}}, {name: untrust, hostInbound: {services: [all]}}, {name: dmz}, {name: guest}]
policies: [{name: all, action: Permit}]
nat:
  destination:
  - {name: dns, from: [untrust], address: 203.0.113.5, protocol: UDP, port: "53", to: {address: 10.0.1.1, port: 5353}}
  - {name: host, from: [untrust], address: 203.0.113.7, to: {address: 10.0.1.1}}
`;
const opens = "wan: udp 203.0.113.9:5000 > 203.0.113.5:53 => host as udp 203.0.113.9:5000 > 10.0.1.1:5353";
const inner = (part: string, more = ""): string => `host wan: udp 10.0.1.1:5353 > 203.0.113.9:5000 len=3000 id=7 ${part}${more}`;
const outer = (part: string): string => `wan as udp 203.0.113.5:53 > 203.0.113.9:5000 len=3000 id=7 ${part}`;
const PARTS = ["frag=0+1480", "frag=1480+1480", "frag=2960+48"];

table("fragments of the kernel under NAT", { config }, {
  "each leaves with the translated address": [opens, ...PARTS.map((p) => `${inner(p)} => ${outer(p)}`)],
  "a datagram again, with the same identifier": [opens, ...[...PARTS, ...PARTS].map((p) => `${inner(p)} => ${outer(p)}`)],
  "a ping": [
    "wan: icmp 203.0.113.9 > 203.0.113.7 echo id=5 => host as icmp 203.0.113.9 > 10.0.1.1 echo id=5",
    ...PARTS.map((p) => `host wan: icmp 10.0.1.1 > 203.0.113.9 echo-reply id=5 len=3000 ipid=9 ${p} => wan as icmp 203.0.113.7 > 203.0.113.9 echo-reply id=5 len=3000 ipid=9 ${p}`),
  ],
  "of a session that is not translated they leave as they are": [
    "wan: udp 203.0.113.9:5000 > 203.0.113.2:99 => host",
    ...PARTS.map((p) => `host wan: udp 203.0.113.2:99 > 203.0.113.9:5000 len=3000 id=7 ${p} => wan`),
  ],
  "a later one without a first leaves as it is": [opens, `${inner(PARTS[1] ?? "")} => wan`],
});
