// SPDX-License-Identifier: Apache-2.0
// Any configuration means in the worker what it says: random policies and connections, through compiler, encoder and
// pipeline, against a model that reads the configuration as a person does.
import assert from "node:assert/strict";
import fc from "fast-check";
import { largeConfig } from "../../bench/compile/config";
import { encode } from "../../node-agent/encode";
import { compile } from "../../operator/compile/compile";
import { arbitraryDraft, type Draft, POINTS } from "../../operator/compile/testing";
import { isIpv6, macOf, macText } from "./support/address";
import { Engine } from "./support/engine";
import { type Connection, Model } from "./support/model";
import { buildFrame, parsePacket } from "./support/packet";

const ZONES = ["red", "green", "blue"];
/** Ports have the rows of their names in order. */
const rowOf = (zone: string): number => [...ZONES].sort().indexOf(zone);
const portMac = (zone: string): Uint8Array => Uint8Array.from([2, 0, 0, 0, 0, rowOf(zone) + 1]);

/** The networks whose first addresses are POINTS: where a destination lies decides the zone that it is in. */
const NETWORKS = ["10.0.0.0/10", "10.64.0.0/10", "10.128.0.0/9", "11.0.0.0/8", "0.0.0.0/0", "2001:db8::/33", "2001:db8:8000::/33", "::/0"];

function host(point: number, number: number): string {
  const text = POINTS[point]!;
  return isIpv6(text) ? `${text}${number}` : text.replace(/0$/, String(number));
}

const gateway = (zone: string, family6: boolean): string =>
  family6 ? `fd00:${ZONES.indexOf(zone)}::2` : `192.168.${ZONES.indexOf(zone)}.2`;

/** Adds what packets need to travel. zones: where each of NETWORKS lies. */
function routed(config: Draft, zones: readonly string[], defaultAction: string): Draft {
  const copy = structuredClone(config);
  copy.spec.defaultAction = defaultAction;
  for (const item of copy.spec.interfaces) item.addresses.push(gateway(item.zone, true).replace("::2", "::1/64"));
  const all = ZONES.flatMap((zone) => [false, true].map((six) => ({ interface: `if-${zone}`, address: gateway(zone, six) })));
  copy.spec.routing = {
    static: NETWORKS.map((prefix, i) => ({ prefix, via: [gateway(zones[i]!, isIpv6(prefix))] })),
    neighbors: all.map((n) => ({ ...n, mac: macText(macOf(n.address)) })),
  };
  return copy;
}

const PORTS = [1, 80, 85, 95, 150, 250, 500];
const port = fc.constantFrom(...PORTS);
const transport = fc.oneof(
  fc.record({ protocol: fc.constant(6), sourcePort: port, destinationPort: port }),
  fc.record({ protocol: fc.constant(17), sourcePort: port, destinationPort: port }),
  fc.record({ protocol: fc.constant(1), sourcePort: fc.constant(0), destinationPort: fc.constant(0) }),
  fc.record({ protocol: fc.constant(99), sourcePort: fc.constant(0), destinationPort: fc.constant(0) }),
);
const flow = fc.record({
  from: fc.constantFrom(...ZONES),
  source: fc.nat(POINTS.length - 1),
  destination: fc.nat(POINTS.length - 1),
  transport,
});

/** The connection, and its first packet as text. */
function connection(f: typeof flow extends fc.Arbitrary<infer T> ? T : never, zones: readonly string[]): { c: Connection; text: string } {
  const [source, destination] = [host(f.source, 7), host(f.destination, 9)];
  const six = isIpv6(source);
  const { protocol, sourcePort, destinationPort } = f.transport;
  const end = (address: string, p: number): string => (six ? `[${address}]:${p}` : `${address}:${p}`);
  const base = { from: f.from, to: zones[f.destination]!, source, destination, sourcePort, destinationPort };
  if (protocol === 1) {
    return { c: { ...base, protocol: six ? 58 : 1, type: six ? 128 : 8, code: 0 }, text: `icmp ${source} > ${destination} echo id=7` };
  }
  if (protocol === 99) return { c: { ...base, protocol }, text: `proto=99 ${source} > ${destination} len=20` };
  const kind = protocol === 6 ? "tcp" : "udp";
  const text = `${kind} ${end(source, sourcePort)} > ${end(destination, destinationPort)}${protocol === 6 ? " S" : ""}`;
  return { c: { ...base, protocol }, text };
}

function bankOf(config: Draft): Uint8Array {
  const { program, hash, issues } = compile(config);
  assert.ok(program !== undefined && hash !== undefined, JSON.stringify(issues));
  return encode(program, { sequence: 1n, hash });
}

describe("policies in the worker", function () {
  this.timeout(300_000);
  let engine: Engine;
  before(() => {
    engine = new Engine();
  });
  after(() => engine.close());

  it("decide as the configuration says, for any configuration and connection", async () => {
    let judged = 0;
    const zone = fc.constantFrom(...ZONES);
    const networks = fc.array(zone, { minLength: NETWORKS.length, maxLength: NETWORKS.length });
    const action = fc.constantFrom("Permit", "Deny", "Reject");
    const flows = fc.array(flow, { minLength: 10, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(arbitraryDraft, networks, action, flows, async (draft, zones, defaultAction, list) => {
        const config = routed(draft, zones, defaultAction);
        const bank = bankOf(config);
        const model = new Model(config.spec);
        for (const f of list) {
          if (isIpv6(POINTS[f.source]!) !== isIpv6(POINTS[f.destination]!)) continue;
          await engine.reset(64, false);
          await engine.load(bank);
          const { c, text } = connection(f, zones);
          const packet = parsePacket(text);
          const bytes = buildFrame(packet, { destination: portMac(c.from), source: macOf(c.source), tci: undefined });
          const { ends } = await engine.fromPort(rowOf(c.from), [{ tag: 1, bytes, strippedTci: undefined, segment: 0 }]);
          const policy = model.firstMatch(c);
          const chosen = policy?.action ?? defaultAction;
          const reason = chosen === "Permit" ? null : `${policy === undefined ? "default" : "policy"}-${chosen.toLowerCase()}`;
          const expected = { verdict: chosen === "Permit" ? "forwarded" : "dropped", reason, policy: policy?.name ?? null, fromZone: c.from, toZone: c.to };
          const [end] = ends;
          assert.deepEqual({ verdict: end?.verdict, reason: end?.reason, policy: end?.policy, fromZone: end?.fromZone, toZone: end?.toZone }, expected, text);
          judged++;
        }
      }),
      { numRuns: 250 },
    );
    assert.ok(judged > 500, `only ${judged} connections were judged`);
  });

  it("decide by the first of 10,000 policies that matches", async () => {
    const config: Draft = largeConfig({ policies: 10_000, addresses: 2_000 });
    const { spec } = config;
    spec.routing = {
      static: [{ prefix: "0.0.0.0/0", via: ["192.168.1.2"] }],
      neighbors: [{ interface: "if1", address: "192.168.1.2", mac: "02:00:00:00:00:99" }],
    };
    for (const [i, p] of spec.policies.entries()) {
      p.to = i % 3 === 0 ? [] : p.to;
      p.sources = i % 5 === 0 ? [] : [...p.sources, `a${(i * 13) % 2000}`];
      Object.assign(p, { sourcesNegated: false, destinationsNegated: false, enabled: true });
    }
    spec.policies.push({ name: "rest", from: [], to: [], sources: [], sourcesNegated: false, destinations: [], destinationsNegated: false, applications: [], action: "Reject", enabled: true });
    await engine.reset(4096, false);
    await engine.load(bankOf(config));
    const model = new Model(spec);
    const named = new Set<string>();
    for (const [n, i] of fc.sample(fc.nat(9_999), { numRuns: 300, seed: 11 }).entries()) {
      const p = spec.policies[i];
      const inside = (set: string): string => spec.addresses[Number(set.slice(1))].prefixes[n % 4].replace(/[0-9]+\/28$/, (m: string) => String(Number.parseInt(m, 10) + 3));
      const app = spec.applications[Number(p.applications[0].slice(3))];
      const zone = Number(p.from[0].slice(1));
      const c: Connection = {
        from: p.from[0], to: "z1", source: inside(p.sources[0] ?? "a7"), destination: inside(p.destinations[0]),
        protocol: app.protocol === "TCP" ? 6 : 17, sourcePort: 1024 + n, destinationPort: Number(app.destinationPorts[0]),
      };
      const packet = parsePacket(`${app.protocol.toLowerCase()} ${c.source}:${c.sourcePort} > ${c.destination}:${c.destinationPort} S`);
      const bytes = buildFrame(packet, { destination: Uint8Array.from([2, 0, 0, 0, 0, zone + 1]), source: macOf(c.source), tci: undefined });
      const { ends } = await engine.fromPort(zone, [{ tag: n, bytes, strippedTci: undefined, segment: 0 }]);
      const expected = model.firstMatch(c);
      named.add(expected?.name ?? "");
      assert.equal(ends[0]?.policy, expected?.name, packet.text);
    }
    assert.ok(named.size > 100, `only ${named.size} policies decided`);
  });
});
