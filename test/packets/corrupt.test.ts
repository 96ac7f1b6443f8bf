// SPDX-License-Identifier: Apache-2.0
// A bank with any field changed is refused, or the worker forwards by it without harm: nothing is read out of bounds,
// every packet still ends once. (With PORTCULLIS_BUILD=build/asan every bad access ends the worker.)
import assert from "node:assert/strict";
import fc from "fast-check";
import { places, readScalar, sign, writeScalar } from "../../node-agent/encode/fields";
import { Engine, type Frame } from "./support/engine";
import { configure, INTERFACES } from "./support/network";
import { macOf } from "./support/address";
import { buildFrame, parsePacket } from "./support/packet";

const CONFIG = `
addresses: [{name: web, prefixes: [203.0.113.0/24, "2001:db8:f::/64"]}, {name: bad, prefixes: [203.0.113.9]}]
applications: [{name: http, protocol: TCP, destinationPorts: ["80", "8000-8080"], timeout: 1m}, {name: echo, protocol: ICMP, icmp: [{type: 8}]}]
policies:
- {name: a, from: [trust], to: [untrust], destinations: [web], applications: [http, echo], action: Permit}
- {name: b, from: [trust], sources: [bad], sourcesNegated: true, action: Reject}
`;

const PACKETS = [
  "tcp 10.0.1.5:4000 > 203.0.113.9:80 S",
  "udp 10.0.1.5:4000 > 203.0.113.9:53",
  "icmp 10.0.1.5 > 203.0.113.9 echo id=7",
  "icmp 10.0.1.5 > 10.0.1.1 echo id=8",
  "tcp [2001:db8:1::5]:4000 > [2001:db8:f::9]:80 S",
  "udp 10.0.1.5:5000 > 192.0.2.1:53",
  "udp 10.0.1.5:5000 > 172.16.0.1:53",
];

function frames(): Frame[] {
  const lan = INTERFACES["lan"]!;
  return PACKETS.map((text, tag) => {
    const packet = parsePacket(text);
    const bytes = buildFrame(packet, { destination: lan.mac, source: macOf(packet.source), tci: undefined });
    return { tag, bytes, strippedTci: undefined, segment: 0 };
  });
}

describe("a corrupted program", function () {
  this.timeout(300_000);
  let engine: Engine;
  before(() => {
    engine = new Engine();
  });
  after(() => engine.close());

  it("is refused or does no harm", async () => {
    const bank = configure(CONFIG);
    const all = [...places(bank)].filter((p) => p.kind !== "program.checksum");
    const change = fc.tuple(fc.nat(all.length - 1), fc.oneof(fc.bigInt(0n, 8n), fc.bigInt(0n, (1n << 64n) - 1n), fc.constantFrom(4n, 6n, 32n, 128n, 255n, 0xffffn, 0xffffffffn)), fc.boolean());
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const copy = bank.slice();
        for (const [n, value, flip] of changes) {
          const { at, type } = all[n]!;
          writeScalar(copy, at, type, flip ? readScalar(bank, at, type) ^ (1n << (value % 64n)) : value);
        }
        sign(copy);
        await engine.reset(64, false);
        try {
          await engine.load(copy);
        } catch (error) {
          assert.match((error as Error).message, /^program refused/);
          return;
        }
        accepted++;
        for (const port of [0, 1, 2]) {
          const { ends } = await engine.fromPort(port, frames());
          assert.ok(ends.length <= PACKETS.length);
        }
        await engine.advance(5_000); // what was held for a neighbor ends; the engine itself checks the sums
        await engine.load(bank);
        await engine.fromPort(0, frames());
      }),
      { numRuns: 1500 },
    );
    assert.ok(accepted > 50, `only ${accepted} were accepted`);
  });
});
