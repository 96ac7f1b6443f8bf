// SPDX-License-Identifier: Apache-2.0
// ICMP errors about translated packets: in each kind of NAT, about each protocol, from both ends and from routers on
// the way. The quote is translated back with all its checksums, the outer addresses where they are of the session.
import { table } from "./support/table";

const config = `
policies: [{name: all, action: Permit}]
nat:
  pools: [{name: public, addresses: [203.0.113.20]}]
  static: [{name: one, from: [untrust], external: 203.0.113.6, internal: 10.0.1.6}]
  destination:
  - {name: web, from: [untrust], address: 203.0.113.5, protocol: TCP, port: "443", to: {address: 10.0.20.5, port: 8443}}
  - {name: dns, from: [untrust], address: 203.0.113.5, protocol: UDP, port: "53", to: {address: 10.0.20.5, port: 5353}}
  - {name: host, from: [untrust], address: 203.0.113.7, to: {address: 10.0.20.5}}
  - {name: twice, from: [trust], address: 198.51.100.7, to: {address: 203.0.113.9}}
  source:
  - {name: pool, from: [dmz], to: [untrust], pool: {name: public}}
  - {name: interface, from: [trust], to: [untrust], interface: {}}
  - {name: hairpin, from: [trust], to: [dmz], destinations: [], interface: {}}
`;

/** A packet on the inner and the outer link, as "PROTOCOL A > B REST", and what answers it on both. */
interface Flow {
  readonly opens: string;
  /** As the sender sent it. */
  readonly sent: string;
  /** As it is behind the firewall. */
  readonly became: string;
  /** Where errors about it come from, and go to: interfaces. */
  readonly far: string;
  readonly near: string;
  /** The sender as the far side sees it, and as it is. */
  readonly outer: string;
  readonly inner: string;
  /** The far end as it is, and as the sender sees it. */
  readonly end: string;
  readonly seen: string;
}

function snat(kind: string, sent: string, became: string): Flow {
  return { opens: `lan: ${sent} => wan as ${became}`, sent, became, far: "wan", near: "lan", ...snatEnds(kind) };
}

function snatEnds(kind: string): Pick<Flow, "outer" | "inner" | "end" | "seen"> {
  const end = { end: "203.0.113.9", seen: "203.0.113.9" };
  return kind === "static" ? { outer: "203.0.113.6", inner: "10.0.1.6", ...end } : { outer: "203.0.113.2", inner: "10.0.1.5", ...end };
}

const dmzOut = { far: "wan", near: "dmz", outer: "203.0.113.20", inner: "10.0.20.5", end: "203.0.113.9", seen: "203.0.113.9" };
const toWeb = { far: "dmz", near: "wan", outer: "203.0.113.9", inner: "203.0.113.9", end: "10.0.20.5", seen: "203.0.113.5" };
const FLOWS: Readonly<Record<string, Flow>> = {
  "UDP behind the interface's address": snat("if", "udp 10.0.1.5:5000 > 203.0.113.9:53", "udp 203.0.113.2:5000 > 203.0.113.9:53"),
  "UDP without checksum": snat("if", "udp 10.0.1.5:5000 > 203.0.113.9:53 csum=0", "udp 203.0.113.2:5000 > 203.0.113.9:53 csum=0"),
  "TCP behind the interface's address": snat("if", "tcp 10.0.1.5:5000 > 203.0.113.9:80 S seq=7", "tcp 203.0.113.2:5000 > 203.0.113.9:80 S seq=7"),
  "a ping behind the interface's address": snat("if", "icmp 10.0.1.5 > 203.0.113.9 echo id=7700", "icmp 203.0.113.2 > 203.0.113.9 echo id=7700"),
  "GRE behind the interface's address": snat("if", "proto=47 10.0.1.5 > 203.0.113.9 len=24", "proto=47 203.0.113.2 > 203.0.113.9 len=24"),
  "UDP behind a static address": snat("static", "udp 10.0.1.6:5000 > 203.0.113.9:53", "udp 203.0.113.6:5000 > 203.0.113.9:53"),
  "TCP behind a static address": snat("static", "tcp 10.0.1.6:5000 > 203.0.113.9:80 S", "tcp 203.0.113.6:5000 > 203.0.113.9:80 S"),
  "UDP behind a pool": {
    opens: "dmz: udp 10.0.20.5:5000 > 203.0.113.9:53 => wan as udp 203.0.113.20:5000 > 203.0.113.9:53",
    sent: "udp 10.0.20.5:5000 > 203.0.113.9:53",
    became: "udp 203.0.113.20:5000 > 203.0.113.9:53",
    ...dmzOut,
  },
  "TCP behind a pool": {
    opens: "dmz: tcp 10.0.20.5:5000 > 203.0.113.9:80 S => wan as tcp 203.0.113.20:5000 > 203.0.113.9:80 S",
    sent: "tcp 10.0.20.5:5000 > 203.0.113.9:80 S",
    became: "tcp 203.0.113.20:5000 > 203.0.113.9:80 S",
    ...dmzOut,
  },
  "TCP to a translated port": {
    opens: "wan: tcp 203.0.113.9:5000 > 203.0.113.5:443 S => dmz as tcp 203.0.113.9:5000 > 10.0.20.5:8443 S",
    sent: "tcp 203.0.113.9:5000 > 203.0.113.5:443 S",
    became: "tcp 203.0.113.9:5000 > 10.0.20.5:8443 S",
    ...toWeb,
  },
  "UDP to a translated port": {
    opens: "wan: udp 203.0.113.9:5000 > 203.0.113.5:53 => dmz as udp 203.0.113.9:5000 > 10.0.20.5:5353",
    sent: "udp 203.0.113.9:5000 > 203.0.113.5:53",
    became: "udp 203.0.113.9:5000 > 10.0.20.5:5353",
    ...toWeb,
  },
  "a ping to a translated address": {
    opens: "wan: icmp 203.0.113.9 > 203.0.113.7 echo id=5 => dmz as icmp 203.0.113.9 > 10.0.20.5 echo id=5",
    sent: "icmp 203.0.113.9 > 203.0.113.7 echo id=5",
    became: "icmp 203.0.113.9 > 10.0.20.5 echo id=5",
    ...toWeb,
    seen: "203.0.113.7",
  },
  "UDP to a static address": {
    opens: "wan: udp 203.0.113.9:5000 > 203.0.113.6:9 => lan as udp 203.0.113.9:5000 > 10.0.1.6:9",
    sent: "udp 203.0.113.9:5000 > 203.0.113.6:9",
    became: "udp 203.0.113.9:5000 > 10.0.1.6:9",
    ...toWeb,
    far: "lan",
    end: "10.0.1.6",
    seen: "203.0.113.6",
  },
  "UDP translated twice": {
    opens: "lan: udp 10.0.1.5:5000 > 198.51.100.7:53 => wan as udp 203.0.113.2:5000 > 203.0.113.9:53",
    sent: "udp 10.0.1.5:5000 > 198.51.100.7:53",
    became: "udp 203.0.113.2:5000 > 203.0.113.9:53",
    far: "wan",
    near: "lan",
    outer: "203.0.113.2",
    inner: "10.0.1.5",
    end: "203.0.113.9",
    seen: "198.51.100.7",
  },
};

const ERRORS: Readonly<Record<string, string>> = {
  "port unreachable": "3/3",
  "time exceeded": "11/0",
  "fragmentation needed": "3/4 mtu=1280",
  "parameter problem": "12/0",
};

/** A router on the side that errors come from. */
const router = (f: Flow): string => (f.far === "wan" ? "198.51.100.1" : "10.99.0.1");

for (const [name, f] of Object.entries(FLOWS)) {
  const cases: Record<string, string[]> = {};
  for (const [error, words] of Object.entries(ERRORS)) {
    cases[`${error} from the other end`] = [
      f.opens,
      `${f.far}: icmp ${f.end} > ${f.outer} ${words} quote(${f.became} ttl=63) => ${f.near} as icmp ${f.seen} > ${f.inner} ${words} quote(${f.sent} ttl=63)`,
      "expect sessions.length=1 sessions.0.packets=1,0",
    ];
  }
  cases["from a router on the way"] = [
    f.opens,
    `${f.far}: icmp ${router(f)} > ${f.outer} 11/0 quote(${f.became} ttl=1) => ${f.near} as icmp ${f.seen === f.end ? router(f) : f.seen} > ${f.inner} 11/0 quote(${f.sent} ttl=1)`,
  ];
  cases["with no more than eight bytes behind the quoted header"] = [
    f.opens,
    `${f.far}: icmp ${f.end} > ${f.outer} 3/1 quote(${f.became}) quote=28 => ${f.near} as icmp ${f.seen} > ${f.inner} 3/1 quote(${f.sent}) quote=28`,
  ];
  cases["an odd number of bytes"] = [
    f.opens,
    `${f.far}: icmp ${f.end} > ${f.outer} 3/1 quote(${f.became}) quote=31 => ${f.near} as icmp ${f.seen} > ${f.inner} 3/1 quote(${f.sent}) quote=31`,
  ];
  cases["a quote that was never translated so"] = [
    f.opens,
    `${f.far}: icmp ${f.end} > ${f.outer} 3/1 quote(udp ${f.outer}:1 > ${f.end}:2) => drop icmp-no-session`,
  ];
  cases["the quote as the sender sent it is not what was on that link"] = [
    f.opens,
    ...(f.outer === f.inner ? [] : [`${f.far}: icmp ${f.end} > ${f.inner} 3/1 quote(${f.sent}) => drop icmp-no-session`]),
  ];
  table(`ICMP errors about ${name}`, { config }, cases);
}

const strict = config.replace("policies:", "zones: [{name: trust}, {name: untrust, sourceCheck: Strict}, {name: dmz}, {name: guest}]\npolicies:");
const out = "lan: udp 10.0.1.5:5000 > 203.0.113.9:53 => wan as udp 203.0.113.2:5000 > 203.0.113.9:53";
const about = "quote(udp 203.0.113.2:5000 > 203.0.113.9:53)";
const out6 = "lan: udp [2001:db8:1::5]:5000 > [2001:db8:f::9]:53 => wan", about6 = "quote(udp [2001:db8:1::5]:5000 > [2001:db8:f::9]:53)";

table("who may send an ICMP error", { config, configs: { strict } }, {
  "nobody with an address of the firewall": [out, `wan: icmp 10.0.1.1 > 203.0.113.2 3/3 ${about} => drop source-invalid`],
  "nobody with the address of the one who gets it": [out, `wan: icmp 10.0.1.5 > 203.0.113.2 3/3 ${about} => drop source-invalid`],
  "others of that network, while sources are not checked": [
    out, `wan: icmp 10.0.1.77 > 203.0.113.2 3/3 ${about} => lan as icmp 10.0.1.77 > 10.0.1.5 3/3 quote(udp 10.0.1.5:5000 > 203.0.113.9:53)`,
  ],
  "not they where the zone checks sources": ["load strict", out, `wan: icmp 10.0.1.77 > 203.0.113.2 3/3 ${about} => drop source-check`],
  "routers pass the check": [
    "load strict", out, `wan: icmp 198.51.100.1 > 203.0.113.2 11/0 ${about} => lan as icmp 198.51.100.1 > 10.0.1.5 11/0 quote(udp 10.0.1.5:5000 > 203.0.113.9:53)`,
  ],
  "IPv6: nobody with an address of the firewall": [out6, `wan: icmp 2001:db8:f::2 > 2001:db8:1::5 1/4 ${about6} => drop source-invalid`],
  "IPv6: no link-local one is forwarded": [out6, `wan: icmp fe80::1 > 2001:db8:1::5 3/0 ${about6} => drop source-invalid`],
  "IPv6: a router": [out6, `wan: icmp 2001:db8:77::1 > 2001:db8:1::5 2/0 mtu=1280 ${about6} => lan`],
});

table("ICMP errors that an inner router makes", { config }, {
  "about an answer to a client behind NAT: from the client's outer address": [
    out, "wan: udp 203.0.113.9:53 > 203.0.113.2:5000 => lan as udp 203.0.113.9:53 > 10.0.1.5:5000",
    "lan: icmp 10.0.1.6 > 203.0.113.9 3/4 mtu=1280 quote(udp 203.0.113.9:53 > 10.0.1.5:5000) => wan as icmp 203.0.113.2 > 203.0.113.9 3/4 mtu=1280 quote(udp 203.0.113.9:53 > 203.0.113.2:5000)",
  ],
});
