// SPDX-License-Identifier: Apache-2.0
// Fragments of both families: every order, every kind of overlap, the bounds, and who gets them.
import { table } from "./support/table";

const config = `
policies:
- {name: web, from: [trust], to: [untrust], applications: [http], action: Permit}
- {name: bulk, from: [trust], to: [untrust], applications: [bulk, bulk6], action: Permit}
- {name: ping, from: [trust], to: [untrust], applications: [ping, ping6], action: Permit}
- {name: tunnel, from: [trust], to: [untrust], applications: [gre], action: Permit}
- {name: no, from: [trust], to: [dmz], action: Reject}
applications:
- {name: http, protocol: TCP, destinationPorts: ["80"]}
- {name: bulk, protocol: UDP, destinationPorts: ["9000"]}
- {name: bulk6, protocol: 132}
- {name: ping, protocol: ICMP, icmp: [{type: 8}]}
- {name: ping6, protocol: ICMPv6, icmp: [{type: 128}]}
- {name: gre, protocol: 47}
`;

const FAMILIES = {
  IPv4: { client: "10.0.1.5", server: "203.0.113.9", udp: "udp 10.0.1.5:5000 > 203.0.113.9:9000" },
  IPv6: { client: "2001:db8:1::5", server: "2001:db8:f::9", udp: "udp [2001:db8:1::5]:5000 > [2001:db8:f::9]:9000" },
};

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]));
}

/** Lines that send the pieces in an order: what comes before the first piece is held, and leaves behind it. */
function inOrder(packet: string, cuts: readonly string[], order: readonly number[]): string[] {
  const piece = (n: number): string => `${packet} id=77 frag=${cuts[n]}`;
  const firstAt = order.indexOf(0);
  const waiting = order.slice(0, firstAt);
  const lines = waiting.map((n) => `lan: ${piece(n)} => held`);
  const released = waiting.map(() => " ++ wan");
  return [...lines, `lan: ${piece(0)} => wan${released.join("")}`, ...order.slice(firstAt + 1).map((n) => `lan: ${piece(n)} => wan`)];
}

for (const [family, { udp }] of Object.entries(FAMILIES)) {
  const cases: Record<string, string[]> = {};
  const cuts: readonly (readonly string[])[] = [
    ["0+104", "104+"],
    ["0+48", "48+64", "112+"],
    ["0+8", "8+40", "48+8", "56+"],
  ];
  for (const set of cuts) {
    for (const order of permutations(set.map((_, i) => i))) {
      const name = `${set.length} pieces in order ${order.map((n) => n + 1).join(" ")}`;
      cases[name] = [
        ...inOrder(`${udp} len=192`, set, order),
        `expect sessions.length=1 sessions.0.packets=${set.length},0 counters.held=0 counters.sessionsOpened=1`,
      ];
    }
  }
  table(`fragments, ${family}`, { config }, cases);
}

const U = "udp 10.0.1.5:5000 > 203.0.113.9:9000 len=192 id=7"; // 200 bytes
const U6 = "udp [2001:db8:1::5]:5000 > [2001:db8:f::9]:9000 len=192 id=7";

for (const [family, u] of Object.entries({ IPv4: U, IPv6: U6 })) {
  const later = (frag: string): string => `lan: ${u} frag=${frag}`;
  table(`overlapping fragments, ${family}`, { config }, {
    "a second first fragment with other ports": [
      `${later("0+48")} => wan`,
      `lan: ${u.replace("5000", "5001")} frag=0+56 => drop fragment-overlap`,
      `${later("48+")} => drop fragment-overlap`,
      "expect sessions.length=1",
    ],
    "a copy of the first with other ports never leaves": [
      `${later("0+48")} => wan`,
      `lan: ${u.replace(":9000", ":23")} frag=0+48 => drop fragment-duplicate`,
      `${later("48+")} => wan`,
    ],
    "a later fragment that rewrites what came": [
      `${later("0+48")} => wan`,
      `${later("40+80")} => drop fragment-overlap`,
      `${later("48+")} => drop fragment-overlap`,
    ],
    "inside a piece": [`${later("0+96")} => wan`, `${later("48+8")} => drop fragment-overlap`, `${later("96+")} => drop fragment-overlap`],
    "around a piece": [`${later("0+8")} => wan`, `${later("64+8")} => wan`, `${later("56+24")} => drop fragment-overlap`],
    "with the same start, longer": [`${later("0+8")} => wan`, `${later("64+8")} => wan`, `${later("64+16")} => drop fragment-overlap`],
    "with the same end, longer": [`${later("0+8")} => wan`, `${later("64+8")} => wan`, `${later("56+16")} => drop fragment-overlap`],
    "of what waits: all of it goes": [
      `${later("48+48")} => held`,
      `${later("96+48")} => held`,
      `${later("88+16")} => drop fragment-overlap ++ drop fragment-overlap ++ drop fragment-overlap`,
      `${later("0+48")} => drop fragment-overlap`,
      "expect counters.held=0 sessions.length=0",
    ],
    "refused until its time is over": [
      `${later("48+48")} => held`,
      `${later("56+48")} => drop fragment-overlap ++ drop fragment-overlap`,
      "wait 9s",
      `${later("0+48")} => drop fragment-overlap`,
      "wait 2s",
      `${later("0+48")} => wan`,
    ],
    "another datagram is not concerned": [
      `${later("0+48")} => wan`,
      `${later("40+80")} => drop fragment-overlap`,
      `lan: ${u.replace("id=7", "id=8")} frag=0+48 => wan`,
      `lan: ${u.replace("id=7", "id=8")} frag=48+ => wan`,
    ],
    "copies are dropped and nothing else happens": [
      `${later("0+48")} => wan`,
      `${later("48+48")} => wan`,
      `${later("48+48")} => drop fragment-duplicate`,
      `${later("0+48")} => drop fragment-duplicate`,
      `${later("96+")} => wan`,
      "expect sessions.0.packets=3,0",
    ],
    "a copy of what waits": [
      `${later("48+48")} => held`,
      `${later("48+48")} => drop fragment-duplicate`,
      `${later("0+48")} => wan ++ wan`,
    ],
    "two ends": [`${later("0+48")} => wan`, `${later("56+48,last")} => wan`, `${later("104+")} => drop fragment-invalid`],
    "an end before what came": [`${later("0+48")} => wan`, `${later("104+40")} => wan`, `${later("48+8,last")} => drop fragment-invalid`],
  });

  table(`bad fragments, ${family}`, { config, configs: { closed: "policies: []", more: `${config}\nzones: [{name: spare}, {name: trust}, {name: untrust}, {name: dmz}, {name: guest}]` } }, {
    "more follow, but the length is no multiple of eight": [
      `${later("8+47,more")} => drop fragment-invalid` + (family === "IPv6" ? " told 4/0 pointer=4" : ""),
    ],
    "empty": [`${later("48+0,more")} => drop fragment-invalid` + (family === "IPv6" ? " told 4/0 pointer=4" : "")],
    "ping of death": [`${later("65528+80,last")} => drop fragment-invalid` + (family === "IPv6" ? " told 4/0 pointer=42" : "")],
    "a first fragment of seven bytes": [
      `${later("0+7,more")} => drop fragment-invalid` + (family === "IPv6" ? " told 4/0 pointer=4" : ""),
    ],
    "a denied first fragment": [
      `lan: ${u.replace(":9000", ":9001")} frag=0+48 => drop default-deny`,
      `lan: ${u.replace(":9000", ":9001")} frag=48+48 => drop fragment-denied`,
      `lan: ${u.replace(":9000", ":9001")} frag=96+ => drop fragment-denied`,
      `lan: ${u.replace(":9000", ":9001")} frag=96+ => held`, // of a datagram that is over
    ],
    "what waited for a denied first fragment": [
      `${later("48+48")} => held`,
      `${later("96+")} => held`,
      `lan: ${u.replace(":9000", ":9001")} frag=0+48 => drop default-deny ++ drop fragment-denied ++ drop fragment-denied`,
      "expect counters.held=0",
    ],
    "the session is denied in between": [
      `${later("0+48")} => wan`,
      "load closed",
      `${later("48+96")} => drop default-deny`,
      `${later("144+")} => drop fragment-denied`,
      "expect sessions.length=0",
    ],
    "no first fragment": [`${later("48+48")} => held`, "wait 9s", "wait 2s => drop fragment-timeout", "expect counters.held=0"],
    "from another zone it is another datagram": [
      `${later("0+48")} => wan`,
      `wan: ${u} frag=48+ => held`,
      `${later("48+")} => wan`,
    ],
    "a new configuration keeps what waits": [`${later("48+")} => held`, "load more", `${later("0+48")} => wan ++ wan`],
    "no configuration at all lets nothing wait": [`${later("48+")} => held`, "load base", `${later("0+48")} => wan ++ wan`],
  });
}

table("fragments of IPv4", { config }, {
  "TCP: a first fragment without the whole header": [
    "lan: tcp 10.0.1.5:1 > 203.0.113.9:80 S id=1 len=20 frag=0+16 => drop fragment-tiny",
    "lan: tcp 10.0.1.5:1 > 203.0.113.9:80 S id=1 len=20 frag=24+ => drop fragment-denied",
  ],
  "TCP: options belong to the header": ["lan: tcp 10.0.1.5:1 > 203.0.113.9:80 S id=1 tcpopt=020405b4 len=20 frag=0+16 => drop fragment-tiny"],
  "TCP: a fragment at offset 8": ["lan: tcp 10.0.1.5:1 > 203.0.113.9:80 S id=1 len=20 frag=8+8 => drop fragment-tiny"],
  "TCP: a fragment at offset 16": ["lan: tcp 10.0.1.5:1 > 203.0.113.9:80 S id=1 len=20 frag=16+8 => drop fragment-tiny"],
  "TCP with data": [
    "lan: tcp 10.0.1.5:1 > 203.0.113.9:80 S id=1 seq=100 len=100 frag=0+48 => wan",
    "lan: tcp 10.0.1.5:1 > 203.0.113.9:80 S id=1 seq=100 len=100 frag=48+ => wan",
    "expect sessions.0.packets=2,0 sessions.0.state=syn-sent",
  ],
  "TCP: the answer to data in fragments is inside the window": [
    "lan: tcp 10.0.1.5:1 > 203.0.113.9:80 S seq=99 win=8000 => wan",
    "wan: tcp 203.0.113.9:80 > 10.0.1.5:1 SA seq=499 ack=100 win=8000 => lan",
    "lan: tcp 10.0.1.5:1 > 203.0.113.9:80 A seq=100 ack=500 win=8000 => wan",
    "lan: tcp 10.0.1.5:1 > 203.0.113.9:80 A id=1 seq=100 ack=500 win=8000 len=1000 frag=0+520 => wan",
    "wan: tcp 203.0.113.9:80 > 10.0.1.5:1 A seq=500 ack=1100 win=8000 => drop tcp-window",
    "lan: tcp 10.0.1.5:1 > 203.0.113.9:80 A id=1 seq=100 ack=500 win=8000 len=1000 frag=520+ => wan",
    "wan: tcp 203.0.113.9:80 > 10.0.1.5:1 A seq=500 ack=1101 win=8000 => drop tcp-window",
    "wan: tcp 203.0.113.9:80 > 10.0.1.5:1 A seq=500 ack=1100 win=8000 => lan",
  ],
  "ICMP: offset 8 is behind the header": [
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=9 len=40 frag=8+ => held",
    "lan: icmp 10.0.1.5 > 203.0.113.9 echo id=9 len=40 frag=0+8 => wan ++ wan",
    "wan: icmp 203.0.113.9 > 10.0.1.5 echo-reply id=9 len=40 frag=0+16 => lan",
    "wan: icmp 203.0.113.9 > 10.0.1.5 echo-reply id=9 len=40 frag=16+ => lan",
  ],
  "another protocol has no header to hide": [
    "lan: proto=47 10.0.1.5 > 203.0.113.9 id=4 len=100 frag=48+ => held",
    "lan: proto=47 10.0.1.5 > 203.0.113.9 id=4 len=100 frag=0+48 => wan ++ wan",
  ],
  "an ICMP error in fragments": [
    `lan: ${U} => wan`,
    `wan: icmp 203.0.113.9 > 10.0.1.5 3/3 id=5 quote(${U}) frag=0+40 => drop icmp-error-invalid`,
    `wan: icmp 203.0.113.9 > 10.0.1.5 3/3 id=5 quote(${U}) frag=40+ => drop fragment-denied`,
  ],
  "the identifier tells datagrams apart": [`lan: ${U} frag=48+ => held`, `lan: ${U.replace("id=7", "id=8")} frag=0+48 => wan`],
  "the protocol tells datagrams apart": [`lan: ${U} frag=48+ => held`, "lan: tcp 10.0.1.5:1 > 203.0.113.9:80 S id=7 len=100 frag=0+48 => wan"],
  "a rejected first fragment is answered once": [
    "lan: udp 10.0.1.5:1 > 10.0.20.5:1 id=1 len=100 frag=48+ => held",
    "lan: udp 10.0.1.5:1 > 10.0.20.5:1 id=1 len=100 frag=0+48 => drop policy-reject told 3/13 ++ drop fragment-denied",
  ],
  "for the firewall itself": [
    "lan: icmp 10.0.1.5 > 10.0.1.1 echo id=9 len=40 frag=16+ => held",
    "lan: icmp 10.0.1.5 > 10.0.1.1 echo id=9 len=40 frag=0+16 => host ++ host",
    "expect sessions.length=1",
  ],
  "for the firewall itself, not permitted": [
    "lan: udp 10.0.1.5:5 > 10.0.1.1:69 id=9 len=40 frag=0+16 => drop host-inbound",
    "lan: udp 10.0.1.5:5 > 10.0.1.1:69 id=9 len=40 frag=16+ => drop fragment-denied",
  ],
  "of the kernel: the first opens the session": [
    "host wan: icmp 203.0.113.2 > 203.0.113.9 echo id=9 len=40 frag=0+16 => wan",
    "host wan: icmp 203.0.113.2 > 203.0.113.9 echo id=9 len=40 frag=16+ => wan",
    "wan: icmp 203.0.113.9 > 203.0.113.2 echo-reply id=9 len=40 frag=0+16 => host",
    "wan: icmp 203.0.113.9 > 203.0.113.2 echo-reply id=9 len=40 frag=16+ => host",
  ],
  "of multicast": ["guest: udp 10.0.30.5:5 > 239.1.1.1:5 id=3 len=40 frag=0+16 => host", "guest: udp 10.0.30.5:5 > 239.1.1.1:5 id=3 len=40 frag=16+ => host"],
  "in one burst, the first last": [`lan: ${U} frag=48+ ++ ${U} frag=0+48 => held ++ wan ++ wan`],
  "wait for a next hop together": [
    "lan: udp 10.0.1.5:5000 > 203.0.113.77:9000 len=192 id=7 frag=0+48 => held",
    "lan: udp 10.0.1.5:5000 > 203.0.113.77:9000 len=192 id=7 frag=48+ => held",
    "neighbor wan 203.0.113.77",
    "wait 2ms => wan ++ wan",
  ],
});

table("fragments of IPv6", { config }, {
  "TCP: a first fragment without the whole header": [
    "lan: tcp [2001:db8:1::5]:1 > [2001:db8:f::9]:80 S id=1 len=20 frag=0+16 => drop fragment-tiny",
    "lan: tcp [2001:db8:1::5]:1 > [2001:db8:f::9]:80 S id=1 len=20 frag=24+ => drop fragment-denied",
  ],
  "a chain of headers that does not end in the first fragment": [
    "lan: tcp [2001:db8:1::5]:1 > [2001:db8:f::9]:80 S id=1 len=20 ext=dst,dst frag=0+8 => drop fragment-tiny told 4/3",
  ],
  "headers before and behind the fragment header": [
    "lan: udp [2001:db8:1::5]:5000 > [2001:db8:f::9]:9000 id=1 len=92 ext=hop,dst frag@=8 frag=0+48 => wan",
    "lan: udp [2001:db8:1::5]:5000 > [2001:db8:f::9]:9000 id=1 len=92 ext=hop,dst frag@=8 frag=48+ => wan",
  ],
  "atomic fragments are whole packets, whatever else has their identifier": [
    `lan: ${U6.replace("id=7", "id=1")} frag=0+48 => wan`,
    `lan: ${U6.replace("id=7", "")} ext=atomic => wan`,
    `lan: ${U6.replace("id=7", "")} ext=atomic => wan`,
    `lan: ${U6.replace("id=7", "id=1")} frag=48+ => wan`,
  ],
  "neighbor discovery": ["lan: icmp 2001:db8:1::5 > 2001:db8:1::1 135/0 ttl=255 id=1 len=40 frag=0+24 => drop fragment-invalid"],
  "ping": [
    "lan: icmp 2001:db8:1::5 > 2001:db8:f::9 echo id=9 len=100 frag=48+ => held",
    "lan: icmp 2001:db8:1::5 > 2001:db8:f::9 echo id=9 len=100 frag=0+48 => wan ++ wan",
    "wan: icmp 2001:db8:f::9 > 2001:db8:1::5 echo-reply id=9 len=100 frag=0+48 => lan",
    "wan: icmp 2001:db8:f::9 > 2001:db8:1::5 echo-reply id=9 len=100 frag=48+ => lan",
  ],
});

const small = `
dataplane:
  limits: {fragments: 64, fragmentsPerSource: 4}
  ports: [{name: port-lan, tap: {}}, {name: port-wan, tap: {}}, {name: trunk, tap: {}, mtu: 1400}]
`;
const of = (source: string, id: number, frag: string): string => `lan: udp ${source}:5 > 203.0.113.9:9 len=92 id=${id} frag=${frag}`;
const four = [1, 2, 3, 4].map((id) => `${of("10.0.1.5", id, "48+48")} => held`);
const sixteenSources = Array.from({ length: 16 }, (_, i) => `10.0.1.${i + 10}`);
table("bounds of the fragment table", { config: small }, {
  "datagrams of one source": [
    ...four,
    `${of("10.0.1.5", 5, "48+48")} => drop fragment-source-limit`,
    `${of("10.0.1.6", 5, "48+48")} => held`,
    `${of("10.0.1.5", 1, "0+48")} => wan ++ wan`,
    `${of("10.0.1.5", 1, "96+")} => wan`, // complete
    `${of("10.0.1.5", 5, "48+48")} => held`,
  ],
  "datagrams in all": [
    ...sixteenSources.flatMap((s) => [1, 2, 3, 4].map((id) => `${of(s, id, "0+48")} => wan`)),
    `${of("10.0.1.5", 1, "0+48")} => drop fragment-table-full`,
    `${of("10.0.1.10", 1, "48+")} => wan`,
    `${of("10.0.1.5", 1, "0+48")} => wan`,
  ],
  "time makes room": [...four, `wait 11s => ${four.map(() => "drop fragment-timeout").join(" ++ ")}`, ...four],
});
