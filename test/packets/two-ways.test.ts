// SPDX-License-Identifier: Apache-2.0
// The short way of an ordinary packet and the general way do the same. One engine is left alone; the other gets the
// configuration anew before each burst, so that every session is judged again and its packets go the general way, and
// gets each frame in pieces, so that the full parser reads it. Frames, verdicts, counters and sessions must be equal.
import assert from "node:assert/strict";
import { type Answer, Engine, type Frame } from "./support/engine";
import { macOf } from "./support/address";
import { configure, INTERFACES } from "./support/network";
import { buildFrame, parsePacket } from "./support/packet";

const CONFIG = `
policies: [{name: all, action: Permit}]
nat:
  static: [{name: one, from: [untrust], external: 203.0.113.6, internal: 10.0.1.6}]
  destination: [{name: web, from: [untrust], address: 203.0.113.5, to: {address: 10.0.20.5}}]
  source: [{name: interface, from: [trust], to: [untrust], interface: {}}]
`;

interface Side {
  readonly name: string;
  readonly address: string;
}

/** Each end as it sees itself and the other. */
interface Flow {
  readonly protocol: "tcp" | "udp";
  readonly ends: readonly [Side, Side];
  readonly peers: readonly [string, string];
  readonly ports: readonly [number, number];
  readonly next: [number, number];
  stage: number;
}

const PATHS: readonly [from: string, source: string, called: string, to: string, target: string, seen: string][] = [
  ["lan", "10.0.1.5", "203.0.113.9", "wan", "203.0.113.9", "203.0.113.2"],
  ["lan", "10.0.1.6", "203.0.113.9", "wan", "203.0.113.9", "203.0.113.6"],
  ["lan", "10.0.1.5", "10.0.20.5", "dmz", "10.0.20.5", "10.0.1.5"],
  ["wan", "203.0.113.9", "203.0.113.5", "dmz", "10.0.20.5", "203.0.113.9"],
  ["guest", "10.0.30.5", "10.0.20.5", "dmz", "10.0.20.5", "10.0.30.5"],
  ["lan", "2001:db8:1::5", "2001:db8:f::9", "wan", "2001:db8:f::9", "2001:db8:1::5"],
  ["lan", "2001:db8:1::5", "2001:db8:20::5", "dmz", "2001:db8:20::5", "2001:db8:1::5"],
];

class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }
}

function makeFlows(random: Random): Flow[] {
  return PATHS.flatMap(([from, source, called, to, target, seen], i) =>
    (["tcp", "udp"] as const).map((protocol, j): Flow => ({
      protocol,
      ends: [{ name: from, address: source }, { name: to, address: target }],
      peers: [called, seen],
      ports: [2000 + 10 * i + j, 80],
      next: [random.below(2 ** 32), random.below(2 ** 32)],
      stage: 0,
    })));
}

const endpoint = (address: string, port: number): string => (address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`);

/** The next packet of a flow, now and then one that must not pass. */
function packetOf(flow: Flow, random: Random): { side: Side; text: string } {
  const opening = flow.protocol === "tcp" && flow.stage < 3;
  const from = opening ? flow.stage % 2 : flow.stage === 0 ? 0 : random.below(2);
  const odd = random.below(12);
  const length = [0, 1, 8, 77, 500, 1300, 1380, 1400][random.below(8)] ?? 0;
  const [own, other] = [flow.next[from] ?? 0, flow.next[1 - from] ?? 0];
  const words = [`ttl=${odd === 0 ? 1 : 2 + random.below(200)}`];
  if (odd === 1 && !flow.peers[0].includes(":")) words.push("df");
  if (odd === 2) words.push("csum=bad");
  if (flow.protocol === "udp") {
    words.push(`len=${length}`);
  } else {
    const flags = ["S", "SA"][flow.stage] ?? (flow.stage === 2 ? "A" : "PA");
    const size = flow.stage < 3 ? 0 : length;
    const seq = odd === 3 && flow.stage >= 3 ? (own + 5_000_000) >>> 0 : own;
    words.push(flags, `seq=${seq}`, `len=${size}`);
    if (flow.stage > 0) words.push(`ack=${other}`);
    const passes = odd !== 0 && seq === own && size <= 1300;
    if (passes) flow.next[from] = (own + size + (flags.startsWith("S") ? 1 : 0)) >>> 0;
    if (!passes && opening) words[0] = "ttl=64";
    if (!passes && opening) flow.next[from] = (own + (flow.stage < 2 ? 1 : 0)) >>> 0;
  }
  if (flow.protocol === "udp" && flow.stage === 0) words[0] = "ttl=64";
  flow.stage++;
  const side = flow.ends[from] as Side;
  const ports = [flow.ports[from] ?? 0, flow.ports[1 - from] ?? 0] as const;
  return { side, text: `${flow.protocol} ${endpoint(side.address, ports[0])} > ${endpoint(flow.peers[from] ?? "", ports[1])} ${words.join(" ")}` };
}

function frameOf({ side, text }: { side: Side; text: string }, tag: number, segment: number): Frame {
  const iface = INTERFACES[side.name]!;
  const packet = parsePacket(text);
  const tci = iface.vlan === 0 ? undefined : iface.vlan;
  return { tag, bytes: buildFrame(packet, { destination: iface.mac, source: macOf(side.address), tci }), strippedTci: undefined, segment };
}

const told = ({ ends, outputs }: Answer): unknown => ({
  ends,
  outputs: outputs.map((o) => ({ ...o, frame: Buffer.from(o.frame).toString("hex") })),
});

describe("the short way and the general way", function () {
  this.timeout(60_000);
  const engines: Engine[] = [];
  before(() => {
    engines.push(new Engine(), new Engine());
  });
  after(() => {
    for (const engine of engines) engine.close();
  });

  for (const seed of [1, 2, 3, 4]) {
    it(`make the same of random packets of live sessions, seed ${seed}`, async () => {
      const [short, general] = engines as [Engine, Engine];
      const bank = configure(CONFIG);
      for (const engine of engines) {
        await engine.reset(64, false);
        await engine.load(bank);
      }
      const random = new Random(seed);
      const flows = makeFlows(random);
      for (let tag = 1; tag <= 1500; tag++) {
        const packet = packetOf(flows[random.below(flows.length)]!, random);
        const { port } = INTERFACES[packet.side.name]!;
        await general.load(bank);
        const answers = [
          await short.fromPort(port, [frameOf(packet, tag, 0)]),
          await general.fromPort(port, [frameOf(packet, tag, 64)]),
        ] as const;
        assert.deepEqual(told(answers[1]), told(answers[0]), packet.text);
        if (tag % 100 === 0) assert.deepEqual(await general.state(), await short.state(), packet.text);
      }
      const { counters, sessions } = (await short.state()) as { counters: { forwarded: number }; sessions: unknown[] };
      assert.ok(counters.forwarded > 700 && sessions.length >= flows.length, JSON.stringify(counters));
    });
  }
});
