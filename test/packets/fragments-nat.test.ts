// SPDX-License-Identifier: Apache-2.0
// Fragments under each kind of NAT: the first has the ports, the others have their addresses translated alike.
import { table } from "./support/table";

const config = `
policies: [{name: all, action: Permit}]
nat:
  pools: [{name: public, addresses: [203.0.113.20]}]
  static: [{name: one, from: [untrust], external: 203.0.113.6, internal: 10.0.1.6}]
  destination: [{name: web, from: [untrust], address: 203.0.113.5, protocol: UDP, port: "53", to: {address: 10.0.20.5, port: 5353}}]
  source:
  - {name: pool, from: [dmz], to: [untrust], pool: {name: public}}
  - {name: interface, from: [trust], to: [untrust], interface: {}}
`;

interface Kind {
  readonly from: string;
  readonly sent: string;
  readonly to: string;
  readonly became: string;
  /** The answer as it comes, and as it leaves. */
  readonly answer: string;
  readonly answered: string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  "an interface's address": {
    from: "lan",
    sent: "udp 10.0.1.5:5000 > 203.0.113.9:9",
    to: "wan",
    became: "udp 203.0.113.2:5000 > 203.0.113.9:9",
    answer: "udp 203.0.113.9:9 > 203.0.113.2:5000",
    answered: "udp 203.0.113.9:9 > 10.0.1.5:5000",
  },
  "an interface's address, without UDP checksum": {
    from: "lan",
    sent: "udp 10.0.1.5:5000 > 203.0.113.9:9 csum=0",
    to: "wan",
    became: "udp 203.0.113.2:5000 > 203.0.113.9:9 csum=0",
    answer: "udp 203.0.113.9:9 > 203.0.113.2:5000 csum=0",
    answered: "udp 203.0.113.9:9 > 10.0.1.5:5000 csum=0",
  },
  "a ping": {
    from: "lan",
    sent: "icmp 10.0.1.5 > 203.0.113.9 echo",
    to: "wan",
    became: "icmp 203.0.113.2 > 203.0.113.9 echo",
    answer: "icmp 203.0.113.9 > 203.0.113.2 echo-reply",
    answered: "icmp 203.0.113.9 > 10.0.1.5 echo-reply",
  },
  "a pool": {
    from: "dmz",
    sent: "udp 10.0.20.5:5000 > 203.0.113.9:9",
    to: "wan",
    became: "udp 203.0.113.20:5000 > 203.0.113.9:9",
    answer: "udp 203.0.113.9:9 > 203.0.113.20:5000",
    answered: "udp 203.0.113.9:9 > 10.0.20.5:5000",
  },
  "a static address": {
    from: "lan",
    sent: "udp 10.0.1.6:5000 > 203.0.113.9:9",
    to: "wan",
    became: "udp 203.0.113.6:5000 > 203.0.113.9:9",
    answer: "udp 203.0.113.9:9 > 203.0.113.6:5000",
    answered: "udp 203.0.113.9:9 > 10.0.1.6:5000",
  },
  "a translated port": {
    from: "wan",
    sent: "udp 203.0.113.9:5000 > 203.0.113.5:53",
    to: "dmz",
    became: "udp 203.0.113.9:5000 > 10.0.20.5:5353",
    answer: "udp 10.0.20.5:5353 > 203.0.113.9:5000",
    answered: "udp 203.0.113.5:53 > 203.0.113.9:5000",
  },
};

for (const [name, k] of Object.entries(KINDS)) {
  const one = (text: string, frag: string): string => `${text} id=7000 len=392 frag=${frag}`;
  const line = (frag: string): string => `${k.from}: ${one(k.sent, frag)} => ${k.to} as ${one(k.became, frag)}`;
  const back = (frag: string): string => `${k.to}: ${one(k.answer, frag)} => ${k.from} as ${one(k.answered, frag)}`;
  const held = (frag: string): string => `${k.from}: ${one(k.sent, frag)} => held`;
  table(`fragments and NAT: ${name}`, { config }, {
    "in order": [line("0+48"), line("48+152"), line("200+"), "expect sessions.length=1 sessions.0.packets=3,0"],
    "the first last": [
      held("48+152"),
      held("200+"),
      `${line("0+48")} ++ ${k.to} as ${one(k.became, "48+152")} ++ ${k.to} as ${one(k.became, "200+")}`,
      "expect counters.held=0",
    ],
    "in the middle": [held("200+"), `${line("0+48")} ++ ${k.to} as ${one(k.became, "200+")}`, line("48+152")],
    "answers": [line("0+200"), line("200+"), back("0+200"), back("200+"), "expect sessions.0.packets=2,2"],
    "answers, the first last": [
      line("0+200"),
      line("200+"),
      `${k.to}: ${one(k.answer, "200+")} => held`,
      `${back("0+200")} ++ ${k.from} as ${one(k.answered, "200+")}`,
    ],
    "an error about the first fragment": [
      line("0+200"),
      ...(k.to === "wan"
        ? [
            `wan: icmp 198.51.100.1 > ${/^\S+ ([\d.]+)/.exec(k.became)?.[1]} 11/1 quote(${one(k.became, "0+200")}) quote=28 =>` +
              ` ${k.from} as icmp 198.51.100.1 > ${/^\S+ ([\d.]+)/.exec(k.sent)?.[1]} 11/1 quote(${one(k.sent, "0+200")}) quote=28`,
          ]
        : []),
    ],
  });
}

table("NAT and packets that are cut", { config: `${config}
interfaces:
- {name: lan, port: port-lan, zone: trust, addresses: [10.0.1.1/24]}
- {name: wan, port: port-wan, zone: untrust, addresses: [203.0.113.2/24]}
- {name: dmz, port: trunk, vlan: 20, zone: dmz, addresses: [10.0.20.1/24]}
- {name: guest, port: trunk, vlan: 30, zone: guest, addresses: [10.0.30.1/24]}
routing: {static: [], neighbors: [{interface: dmz, address: 10.0.20.5, mac: "02:be:0a:00:14:05"}]}
` }, {
  "first translated, then cut": [
    "wan: udp 203.0.113.9:5000 > 203.0.113.5:53 id=5 len=1400 => dmz split 1400 as udp 203.0.113.9:5000 > 10.0.20.5:5353 id=5 len=1400",
  ],
  "too large with DF: the error quotes the packet before NAT": [
    "wan: udp 203.0.113.9:5000 > 203.0.113.5:53 id=5 len=1400 df => drop mtu-exceeded told 3/4 mtu=1400",
  ],
  "TTL at its end: the error quotes the packet before NAT": [
    "wan: udp 203.0.113.9:5000 > 203.0.113.5:53 id=5 len=14 ttl=1 => drop ttl-expired told 11/0",
    "wan: udp 203.0.113.9:5000 > 203.0.113.5:53 id=5 len=14 => dmz as udp 203.0.113.9:5000 > 10.0.20.5:5353 id=5 len=14",
    "wan: udp 203.0.113.9:5000 > 203.0.113.5:53 id=5 len=14 ttl=1 => drop ttl-expired told 11/0",
  ],
});
