// SPDX-License-Identifier: Apache-2.0
// Where packets go: kinds of routes, changes under traffic, VRFs, the reverse path check, several paths.
import assert from "node:assert/strict";
import { macOf, macText } from "./support/address";
import { Engine, type Frame } from "./support/engine";
import { configure } from "./support/network";
import { buildFrame, parsePacket } from "./support/packet";
import { table } from "./support/table";

const TYPES = `
routing:
  static:
  - {prefix: 0.0.0.0/0, via: [203.0.113.1]}
  - {prefix: 198.18.0.0/15, type: Blackhole}
  - {prefix: 198.51.100.0/25, type: Unreachable}
  - {prefix: 198.51.100.128/25, type: Prohibit}
  - {prefix: 198.18.7.0/24, via: [203.0.113.9]}
  - {prefix: "2001:db8:aa::/48", type: Blackhole}
  - {prefix: "2001:db8:bb::/48", type: Unreachable}
  - {prefix: "2001:db8:cc::/48", type: Prohibit}
`;

table("kinds of routes", { config: TYPES }, {
  "a blackhole": ["lan: udp 10.0.1.5:9 > 198.18.0.1:9 => drop route-blackhole", "expect sessions.length=0"],
  "a longer prefix inside the blackhole": ["lan: udp 10.0.1.5:9 > 198.18.7.1:9 => wan via 203.0.113.9"],
  "unreachable": ["lan: udp 10.0.1.5:9 > 198.51.100.1:9 => drop route-unreachable told 3/1", "expect sessions.length=0"],
  "prohibited": ["lan: udp 10.0.1.5:9 > 198.51.100.129:9 => drop route-prohibit told 3/13", "expect sessions.length=0"],
  "both of IPv6": [
    "lan: udp [2001:db8:1::5]:9 > [2001:db8:bb::1]:9 => drop route-unreachable told 1/3",
    "lan: udp [2001:db8:1::5]:9 > [2001:db8:cc::1]:9 => drop route-prohibit told 1/1",
  ],
  "the last and the first address of two neighboring kinds": [
    "lan: udp 10.0.1.5:9 > 198.17.255.255:9 => wan",
    "lan: udp 10.0.1.5:9 > 198.19.255.255:9 => drop route-blackhole",
    "lan: udp 10.0.1.5:9 > 198.20.0.0:9 => wan",
  ],
  "a blackhole of IPv6": ["lan: udp [2001:db8:1::5]:9 > [2001:db8:aa::1]:9 => drop route-blackhole"],
  "beside it there is no route": ["lan: udp [2001:db8:1::5]:9 > [2001:db8:ab::1]:9 => drop no-route told 1/0"],
  "a policy is not asked": [
    "wan: udp 203.0.113.9:9 > 198.18.0.1:9 => drop route-blackhole by -",
  ],
});

table("routes that change under a session", {}, {
  "it follows a longer prefix, and comes back": [
    "lan: udp 10.0.1.5:9 > 198.51.100.7:9 => wan",
    "route 198.51.100.0/24 wan via 203.0.113.9",
    "lan: udp 10.0.1.5:9 > 198.51.100.7:9 => wan via 203.0.113.9",
    "route 198.51.100.0/24 gone",
    "lan: udp 10.0.1.5:9 > 198.51.100.7:9 => wan via 203.0.113.1",
    "expect sessions.length=1 sessions.0.packets=3,0",
  ],
  "it follows a host route": [
    "lan: udp 10.0.1.5:9 > 198.51.100.7:9 => wan",
    "route 198.51.100.7/32 wan via 203.0.113.9",
    "lan: udp 10.0.1.5:9 > 198.51.100.7:9 => wan via 203.0.113.9",
    "route 198.51.100.7/32 wan via 203.0.113.1",
    "lan: udp 10.0.1.5:9 > 198.51.100.7:9 => wan via 203.0.113.1",
  ],
  "it follows a short prefix": [
    "route 0.0.0.0/0 gone",
    "route 196.0.0.0/6 wan via 203.0.113.1",
    "lan: udp 10.0.1.5:9 > 198.51.100.7:9 => wan via 203.0.113.1",
    "route 196.0.0.0/6 wan via 203.0.113.9",
    "lan: udp 10.0.1.5:9 > 198.51.100.7:9 => wan via 203.0.113.9",
    "route 196.0.0.0/6 gone",
    "lan: udp 10.0.1.5:9 > 198.51.100.7:9 => drop no-route told 3/0",
    "route 192.0.0.0/3 wan via 203.0.113.1",
    "lan: udp 10.0.1.5:9 > 198.51.100.7:9 => wan via 203.0.113.1",
  ],
  "IPv6 follows as well": [
    "lan: udp [2001:db8:1::5]:9 > [2001:db8:77::7]:9 => wan",
    "route 2001:db8:77::/48 wan via 2001:db8:f::9",
    "lan: udp [2001:db8:1::5]:9 > [2001:db8:77::7]:9 => wan via 2001:db8:f::9",
    "route 2001:db8:77::/48 gone",
    "route 2000::/3 wan via 2001:db8:f::9",
    "lan: udp [2001:db8:1::5]:9 > [2001:db8:77::7]:9 => wan via 2001:db8:f::9",
    "route 2000::/3 gone",
    "lan: udp [2001:db8:1::5]:9 > [2001:db8:77::7]:9 => wan via 2001:db8:f::1",
  ],
  "other routes leave it alone": [
    "lan: udp 10.0.1.5:9 > 198.51.100.7:9 => wan",
    "route 198.52.0.0/16 wan via 203.0.113.9",
    "route 10.77.0.0/16 blackhole",
    "lan: udp 10.0.1.5:9 > 198.51.100.7:9 => wan",
    "expect sessions.0.packets=2,0",
  ],
  "a blackhole stops it, and it goes on afterwards": [
    "lan: udp 10.0.1.5:9 > 198.51.100.7:9 => wan",
    "route 198.51.100.7/32 blackhole",
    "lan: udp 10.0.1.5:9 > 198.51.100.7:9 => drop route-blackhole",
    "route 198.51.100.7/32 gone",
    "lan: udp 10.0.1.5:9 > 198.51.100.7:9 => wan",
    "expect sessions.length=1",
  ],
  "a neighbor that changes does not need a look at the route": [
    "lan: udp 10.0.1.5:9 > 203.0.113.9:9 => wan",
    "neighbor wan 203.0.113.9 gone",
    "lan: udp 10.0.1.5:9 > 203.0.113.9:9 => held",
    "neighbor wan 203.0.113.9",
    "wait 2ms => wan",
    "lan: udp 10.0.1.5:9 > 203.0.113.9:9 => wan",
  ],
});

// Two networks that use the same addresses: lan and wan in the main table, guest and dmz in the VRF blue.
const VRFS = `
interfaces:
- {name: lan, port: port-lan, zone: trust, addresses: ["10.0.1.1/24", "2001:db8:1::1/64"]}
- {name: wan, port: port-wan, zone: untrust, addresses: ["203.0.113.2/24", "2001:db8:f::2/64"]}
- {name: dmz, port: trunk, vlan: 20, zone: dmz, vrf: blue, addresses: ["203.0.113.2/24", "2001:db8:f::2/64"]}
- {name: guest, port: trunk, vlan: 30, zone: guest, vrf: blue, addresses: ["10.0.1.1/24", "2001:db8:1::1/64"]}
policies:
- {name: out, from: [trust], to: [untrust], action: Permit}
- {name: blue-out, from: [guest], to: [dmz], action: Permit}
routing:
  vrfs: [{name: blue, table: 100}]
  static:
  - {prefix: 0.0.0.0/0, via: [203.0.113.1]}
  - {prefix: 198.51.100.0/24, vrf: blue, via: [203.0.113.9]}
  - {prefix: 192.0.2.0/24, vrf: blue, type: Blackhole}
  neighbors:
  - {interface: lan, address: 10.0.1.5, mac: "02:be:0a:00:01:05"}
  - {interface: wan, address: 203.0.113.1, mac: "02:be:cb:00:71:01"}
  - {interface: wan, address: 203.0.113.9, mac: "02:be:cb:00:71:09"}
  - {interface: guest, address: 10.0.1.5, mac: "02:be:0a:00:01:05"}
  - {interface: dmz, address: 203.0.113.9, mac: "02:be:cb:00:71:09"}
`;

table("VRFs with the same addresses", { config: VRFS }, {
  "the same flow twice, each in its own": [
    "lan: udp 10.0.1.5:9 > 203.0.113.9:9 len=1 => wan",
    "guest: udp 10.0.1.5:9 > 203.0.113.9:9 len=2 => dmz",
    "expect sessions.length=2",
    "wan: udp 203.0.113.9:9 > 10.0.1.5:9 len=3 => lan",
    "dmz: udp 203.0.113.9:9 > 10.0.1.5:9 len=4 => guest",
    "lan: udp 10.0.1.5:9 > 203.0.113.9:9 len=5 => wan",
    "guest: udp 10.0.1.5:9 > 203.0.113.9:9 len=6 => dmz",
    "expect sessions.length=2 sessions.0.packets=2,1 sessions.1.packets=2,1",
  ],
  "TCP in both": [
    "lan: tcp 10.0.1.5:9 > 203.0.113.9:80 S seq=1 => wan",
    "dmz: tcp 203.0.113.9:80 > 10.0.1.5:9 SA seq=1 ack=2 => drop tcp-no-session",
    "guest: tcp 10.0.1.5:9 > 203.0.113.9:80 S seq=1 => dmz",
    "dmz: tcp 203.0.113.9:80 > 10.0.1.5:9 SA seq=1 ack=2 => guest",
    "wan: tcp 203.0.113.9:80 > 10.0.1.5:9 SA seq=1 ack=2 => lan",
  ],
  "routes of the VRF only": [
    "guest: udp 10.0.1.5:9 > 198.51.100.1:9 => dmz via 203.0.113.9",
    "lan: udp 10.0.1.5:9 > 198.51.100.1:9 => wan via 203.0.113.1",
    "guest: udp 10.0.1.5:9 > 192.0.2.1:9 => drop route-blackhole",
    "lan: udp 10.0.1.5:9 > 192.0.2.1:9 => wan via 203.0.113.1",
    "guest: udp 10.0.1.5:9 > 8.8.8.8:9 => drop no-route & guest: icmp 10.0.1.1 > 10.0.1.5 3/0 df quote(udp 10.0.1.5:9 > 8.8.8.8:9)",
  ],
  "an address of the firewall is one in its own VRF": [
    "guest: icmp 10.0.1.5 > 10.0.1.1 echo => host",
    "lan: icmp 10.0.1.5 > 10.0.1.1 echo => host",
    "guest: udp 203.0.113.2:9 > 203.0.113.9:9 => drop source-invalid",
  ],
  "an ICMP error finds the session of its VRF": [
    "guest: udp 10.0.1.5:9 > 203.0.113.9:9 => dmz",
    "wan: icmp 203.0.113.9 > 10.0.1.5 3/3 quote(udp 10.0.1.5:9 > 203.0.113.9:9) => drop icmp-no-session",
    "dmz: icmp 203.0.113.9 > 10.0.1.5 3/3 quote(udp 10.0.1.5:9 > 203.0.113.9:9) => guest",
  ],
  "an unresolved next hop is one of its interface": [
    "guest: udp 10.0.1.5:9 > 203.0.113.77:9 len=1 => held",
    "lan: udp 10.0.1.5:9 > 203.0.113.77:9 len=2 => held",
    "neighbor dmz 203.0.113.77",
    "wait 2ms => dmz",
    "neighbor wan 203.0.113.77",
    "wait 2ms => wan",
  ],
});

table("an interface that leaves its VRF", { config: VRFS, configs: { apart: "" } }, {
  "its sessions end, those of others stay": [
    "guest: udp 10.0.1.5:9 > 203.0.113.9:9 => dmz",
    "lan: udp 10.0.1.5:9 > 203.0.113.9:9 => wan",
    "load apart",
    "wait 1s",
    "expect sessions.length=1 sessions.0.id=3",
  ],
});

const check = (mode: string): string => `
zones:
- {name: trust, sourceCheck: ${mode}, hostInbound: {services: [ping]}}
- {name: untrust, sourceCheck: ${mode}}
- {name: dmz}
- {name: guest}
policies: [{name: all, action: Permit}]
routing:
  static:
  - {prefix: 198.51.100.0/24, via: [203.0.113.1]}
  - {prefix: 172.16.0.0/16, via: [10.0.1.6]}
  - {prefix: 192.0.2.0/24, type: Blackhole}
  - {prefix: 198.18.0.0/16, via: [203.0.113.1, 10.0.1.6]}
  - {prefix: "2001:db8:77::/48", via: ["2001:db8:f::1"]}
`;
const far = "203.0.113.9:9";

table("reverse path check, strict", { config: check("Strict") }, {
  "from where the route leads": [`lan: udp 10.0.1.5:9 > ${far} => wan`, `lan: udp 172.16.9.9:9 > ${far} => wan`],
  "from elsewhere": [`lan: udp 198.51.100.1:9 > ${far} => drop source-check`, "expect sessions.length=0"],
  "without a route": [`lan: udp 8.8.8.8:9 > ${far} => drop source-check`],
  "from a blackhole": [`lan: udp 192.0.2.1:9 > ${far} => drop source-check`],
  "one of several paths is enough": [
    `lan: udp 198.18.0.1:9 > ${far} => wan`,
    "wan: udp 198.18.0.2:9 > 10.0.1.5:9 => lan",
    "dmz: udp 198.18.0.3:9 > 10.0.1.5:9 => lan",
  ],
  "to the firewall itself": ["lan: icmp 198.51.100.1 > 10.0.1.1 echo => drop source-check", "lan: icmp 10.0.1.5 > 10.0.1.1 echo => host"],
  "a zone without it": ["dmz: udp 8.8.8.8:9 > 10.0.1.5:9 => lan"],
  "IPv6": [
    "wan: udp [2001:db8:77::1]:9 > [2001:db8:1::5]:9 => lan",
    "lan: udp [2001:db8:77::1]:9 > [2001:db8:f::9]:9 => drop source-check",
    "lan: udp [2001:db8:99::1]:9 > [2001:db8:f::9]:9 => drop source-check",
  ],
  "what is established is not asked again": [
    `lan: udp 172.16.9.9:9 > ${far} => wan`,
    "route 172.16.0.0/16 gone",
    `lan: udp 172.16.9.9:9 > ${far} => wan`,
  ],
  "an address of ours is no source at all": [`lan: udp 10.0.20.1:9 > ${far} => drop source-invalid`],
});

table("reverse path check, loose", { config: check("Loose") }, {
  "from anywhere that has a route": [`lan: udp 198.51.100.1:9 > ${far} => wan`, `lan: udp 10.0.1.5:9 > ${far} => wan`],
  "without a route": [`lan: udp 8.8.8.8:9 > ${far} => drop source-check`],
  "from a blackhole": [`lan: udp 192.0.2.1:9 > ${far} => drop source-check`],
  "IPv6": [
    "lan: udp [2001:db8:77::1]:9 > [2001:db8:f::9]:9 => wan",
    "lan: udp [2001:db8:99::1]:9 > [2001:db8:f::9]:9 => drop source-check",
  ],
});

table("reverse path check, off", { config: check("Off") }, {
  "from anywhere": [`lan: udp 198.51.100.1:9 > ${far} => wan`, `lan: udp 8.8.8.8:9 > ${far} => wan`, `lan: udp 192.0.2.1:9 > ${far} => wan`],
});

// ---- several paths

const FLOWS = 512;
const paths = (via: readonly string[], via6: readonly string[]): string =>
  `routing: {static: [{prefix: 0.0.0.0/0, via: [${via.join(", ")}]}, {prefix: "::/0", via: [${via6.map((v) => JSON.stringify(v)).join(", ")}]}]}`;
const VIA = ["203.0.113.1", "203.0.113.9", "10.0.1.6"] as const;
const VIA6 = ["2001:db8:f::1", "2001:db8:f::9", "2001:db8:1::6"] as const;
const flow4 = (i: number): string => `udp 10.0.20.5:${1000 + i} > 198.51.100.${i % 200}:9`;
const flow6 = (i: number): string => `udp [2001:db8:20::5]:${1000 + i} > [2001:db8:77::${i % 200}]:9`;

describe("equal-cost paths", () => {
  let engine: Engine;
  before(() => { engine = new Engine(); });
  after(() => engine.close());

  const frame = (flow: string, tag: number): Frame => {
    const packet = parsePacket(flow);
    const bytes = buildFrame(packet, { destination: Uint8Array.from([2, 0, 0, 0, 0, 3]), source: macOf(packet.source), tci: 20 });
    return { tag, bytes, strippedTci: undefined, segment: 0 };
  };

  /** The gateway of each of the flows, by the MAC address of the frame that leaves. */
  async function taken(config: string, flow: (i: number) => string, fresh = true): Promise<string[]> {
    if (fresh) await engine.reset(1024, false);
    await engine.load(configure(`policies: [{name: all, action: Permit}]\n${config}`));
    const names = new Map([...VIA, ...VIA6].map((a) => [macText(macOf(a)), a] as const));
    const found: string[] = [];
    for (let i = 0; i < FLOWS; i++) {
      const answer = await engine.fromPort(2, [frame(flow(i), i)]);
      found.push(names.get(macText(answer.outputs[0]?.frame.slice(0, 6) ?? new Uint8Array())) ?? "nobody");
    }
    return found;
  }

  const share = (found: readonly string[], gateway: string): number => found.filter((g) => g === gateway).length / found.length;

  for (const [family, all, flow, config] of [
    ["IPv4", VIA, flow4, (v: readonly string[]): string => paths(v, VIA6)],
    ["IPv6", VIA6, flow6, (v: readonly string[]): string => paths(VIA, v)],
  ] as const) {
    describe(family, () => {
      it("share the flows evenly, over two interfaces", async () => {
        const found = await taken(config(all), flow);
        for (const gateway of all) assert.ok(Math.abs(share(found, gateway) - 1 / 3) < 0.08, `${gateway}: ${share(found, gateway)}`);
      });
      it("keep each flow where it is, whatever their order", async () => {
        const found = await taken(config(all), flow);
        assert.deepEqual(await taken(config([...all].reverse()), flow, false), found);
        assert.deepEqual(await taken(config([...all].reverse()), flow), found);
      });
      it("leave most flows where they are when one goes", async () => {
        const before = await taken(config(all), flow);
        const now = await taken(config(all.slice(0, 2)), flow);
        const moved = before.filter((gateway, i) => gateway !== all[2] && now[i] !== gateway).length;
        assert.ok(moved < FLOWS / 10, `${moved} flows of the others have moved`);
        assert.equal(now.includes(all[2]), false);
      });
      for (const [denied, permitted, gateway] of [["untrust", "trust", all[2]], ["trust", "untrust", all[0]]] as const) {
        it(`a flood is refused by the zone that each of its flows would go to: none to ${denied}`, async () => {
          const ways = config([all[0], all[2]]);
          const open = (i: number): string => (i % 2 === 0 ? flow(i) : flow(i).replace("udp", "tcp") + " S seq=1");
          const found = await taken(ways, open);
          await engine.reset(1024, false);
          await engine.load(configure(`policies: [{name: closed, to: [${denied}], action: Deny}, {name: open, to: [${permitted}], action: Permit}]\n${ways}`));
          for (let first = 0; first < FLOWS; first += 32) {
            const burst = Array.from({ length: 32 }, (_, i) => first + i);
            const { ends } = await engine.fromPort(2, burst.map((i) => frame(open(i), i)));
            const said = new Map(ends.map((end) => [end.tag, [end.verdict, end.reason, end.policy]]));
            for (const i of burst)
              assert.deepEqual(said.get(i), found[i] === gateway ? ["forwarded", null, "open"] : ["dropped", "policy-deny", "closed"], `${open(i)} by ${found[i]}`);
          }
        });
      }
    });
  }
});
