// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { encode } from "../../node-agent/encode";
import { SERVICES } from "../../crds/index";
import { parseProgram } from "../../program/codec";
import { fw_service_values } from "../../program/limits";
import { compile } from "./compile";
import { arbitraryDraft, baseSpec, type Draft, draft, fullSpec } from "./testing";

/** The same meaning, written in another order: keys, and lists whose order has no meaning. */
function reordered(value: Draft, key = ""): Draft {
  if (Array.isArray(value)) {
    const items = value.map((v) => reordered(v));
    // The order of policies, rules and subscribers is their meaning; an interface's first address is the one that it speaks with.
    const ordered = ["policies", "source", "destination", "subscribers"];
    return ordered.includes(key) || (key === "addresses" && typeof value[0] === "string") ? items : items.reverse();
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).reverse().map(([k, v]) => [k, reordered(v, k)]));
}

const natRows = {
  pools: [
    { name: "blocks", addresses: [["198.51.100.0", "198.51.100.15"]], ports: [1024, 65535], addressPersistent: false, blocks: { size: 512, subscribers: ["100.64.0.0/23", "100.65.0.1/32"] } },
    { name: "public", addresses: [["203.0.113.8", "203.0.113.9"], ["203.0.113.12", "203.0.113.12"]], ports: [2048, 60000], addressPersistent: true, blocks: null },
  ],
  source: [
    { name: "not-inside", from: [], to: [], sources: [2], destinations: [0], applications: [], kind: "off", pool: null, ports: [0, 0], persistent: null },
    { name: "subscribers", from: [1], to: [3], sources: [], destinations: [], applications: [], kind: "pool", pool: 0, ports: [0, 0], persistent: null },
    {
      name: "games", from: [2], to: [], sources: [], destinations: [], applications: [1], kind: "pool", pool: 1, ports: [0, 0],
      persistent: { filtering: "EndpointIndependent", timeoutSeconds: 600 },
    },
    {
      name: "rest", from: [], to: [3], sources: [], destinations: [], applications: [], kind: "interface", pool: null, ports: [10000, 65535],
      persistent: { filtering: "AddressAndPort", timeoutSeconds: 300 },
    },
  ],
  destination: [
    { name: "web", from: [3], sources: [], addresses: ["203.0.113.5", "203.0.113.5"], protocol: 6, ports: [8000, 8010], to: { address: "10.1.2.10", port: 9000, single: true } },
    { name: "mail", from: [], sources: [0], addresses: ["203.0.113.6", "203.0.113.6"], protocol: 6, ports: [25, 25], to: { address: "10.1.2.11", port: null, single: true } },
    { name: "block", from: [], sources: [], addresses: ["192.0.2.0", "192.0.2.15"], protocol: null, ports: null, to: { address: "10.1.3.0", port: null, single: false } },
  ],
  static: [
    { name: "many", from: [], external: "198.51.100.64", internal: "10.1.5.0", count: 16 },
    { name: "one", from: [3], external: "203.0.113.10", internal: "10.1.2.20", count: 1 },
  ],
};

describe("compile()", () => {
  it("makes a program of a valid configuration, without an issue", () => {
    const { issues, program } = compile(draft(baseSpec()));
    assert.deepEqual(issues, []);
    assert.deepEqual(program, {
      version: 1,
      config: "edge",
      dataplane: {
        cores: { count: 1 },
        memoryBytes: 268435456,
        pageBytes: 2097152,
        rxMode: { mode: "Adaptive", idleThreshold: 256, resumeThreshold: 32, sleepTimeoutUs: 100000 },
        sessions: { ipv4: 131072, ipv6: 32768 },
      },
      ports: [
        { name: "dmz", kind: "pci", device: "0000:03:00.0", networkNamespace: "", mtu: 0 },
        { name: "lan", kind: "tap", device: "tap-lan", networkNamespace: "", mtu: 0 },
        { name: "wan", kind: "kernelInterface", device: "eth1", networkNamespace: "", mtu: 0 },
      ],
      zones: [
        { name: "dmz", hostInbound: [], halfOpenLimit: 0, sourceCheck: "Off" },
        { name: "trust", hostInbound: ["ping", "ssh"], halfOpenLimit: 0, sourceCheck: "Off" },
        { name: "untrust", hostInbound: [], halfOpenLimit: 0, sourceCheck: "Off" },
      ],
      interfaces: [
        { name: "dmz0", port: 0, zone: 0, vlan: 0, vrf: 0, addresses: [] },
        { name: "lan0", port: 1, zone: 1, vlan: 100, vrf: 0, addresses: ["10.0.0.1/24", "2001:db8::1/64"] },
        { name: "wan0", port: 2, zone: 2, vlan: 0, vrf: 0, addresses: ["203.0.113.2/28"] },
      ],
      addressSets: [
        { name: "servers", prefixes: ["10.1.2.0/24", "10.1.3.7/32", "10.1.4.0/25", "2001:db8:4::/48"] },
        { name: "web", prefixes: ["10.1.2.0/24", "10.1.3.7/32"] },
      ],
      applications: [
        { name: "echo", protocol: 1, sourcePorts: [], destinationPorts: [[2048, 2048]], timeoutSeconds: 0 },
        { name: "https", protocol: 6, sourcePorts: [], destinationPorts: [[443, 443], [8000, 8080]], timeoutSeconds: 1800 },
      ],
      defaultAction: "Deny",
      policies: [
        {
          name: "web-in", from: [2], to: [0], sources: [], sourcesNegated: false, destinations: [1], destinationsNegated: false,
          applications: [0, 1], action: "Permit", schedule: null,
        },
        {
          name: "out", from: [1], to: [], sources: [0], sourcesNegated: true, destinations: [], destinationsNegated: false,
          applications: [], action: "Permit", schedule: null,
        },
      ],
      schedules: [],
      nat: { pools: [], source: [], destination: [], static: [] },
      flow: {
        strictSyn: true,
        tcpWindow: "Strict",
        timeoutsSeconds: { tcpHandshake: 30, tcpEstablished: 3600, tcpClosing: 30, tcpTimeWait: 120, tcpClosed: 10, udp: 60, icmp: 30, other: 60 },
      },
      limits: { bindings: 65536, fragments: 4096, fragmentsPerSource: 64, heldPackets: 256, neighbors: 4096, errorsPerSecond: 100 },
      routes: [{ prefix: "0.0.0.0/0", vrf: 0, type: "unicast", nextHops: [{ gateway: "203.0.113.1", interface: 2 }] }],
      neighbors: [{ interface: 2, address: "203.0.113.1", mac: "02:00:00:00:00:01" }],
    });
  });

  it("makes rows of NAT, schedules, VRFs and limits, without an issue", () => {
    const { program, issues } = compile(draft(fullSpec()));
    assert.deepEqual(issues, []);
    assert.ok(program !== undefined);
    assert.deepEqual(program.schedules, [
      { name: "night", timeZone: "UTC", windows: [{ days: [0], startMinute: 0, endMinute: 360 }, { days: [6], startMinute: 1320, endMinute: 1440 }] },
      { name: "office", timeZone: "Europe/Berlin", windows: [{ days: [1, 2], startMinute: 480, endMinute: 1080 }, { days: [0, 1, 2, 3, 4, 5, 6], startMinute: 720, endMinute: 780 }] },
    ]);
    assert.deepEqual(program.policies.map((p) => p.schedule), [null, 1]);
    assert.deepEqual(program.nat, natRows);
    assert.deepEqual(program.limits, { bindings: 4096, fragments: 1024, fragmentsPerSource: 32, heldPackets: 128, neighbors: 2048, errorsPerSecond: 50 });
    assert.deepEqual([program.flow.strictSyn, program.flow.tcpWindow, program.flow.timeoutsSeconds.udp, program.flow.timeoutsSeconds.tcpEstablished], [false, "Liberal", 45, 7440]);
    assert.deepEqual(program.zones.map((z) => [z.name, z.halfOpenLimit, z.sourceCheck]), [["dmz", 0, "Off"], ["guests", 0, "Strict"], ["trust", 0, "Off"], ["untrust", 1000, "Loose"]]);
    assert.deepEqual(program.interfaces.map((i) => [i.name, i.vrf]), [["dmz0", 0], ["guest0", 100], ["guest1", 0], ["lan0", 0], ["wan0", 0]]);
    assert.deepEqual(program.ports.find((p) => p.kind === "vdev")?.device, "net_pcap0,rx_pcap=/tmp/in.pcap,infinite_rx=1");
    assert.deepEqual(program.routes.map((r) => [r.vrf, r.prefix, r.type, r.nextHops.map((h) => h.gateway)]), [
      [0, "0.0.0.0/0", "unicast", ["203.0.113.1"]], [0, "10.200.0.0/16", "prohibit", []], [100, "0.0.0.0/0", "unicast", ["10.0.0.9"]], [100, "10.201.0.0/16", "blackhole", []],
    ]);
  });

  it("knows the services that the layout has", () => {
    assert.deepEqual([...SERVICES], fw_service_values.map((s) => s.name));
  });

  it("gives the same bytes for the same input, every time", () => {
    const [first, second] = [compile(draft(baseSpec())), compile(draft(baseSpec()))];
    assert.deepEqual(first.bytes, second.bytes);
    assert.equal(first.hash, second.hash);
  });

  it("gives the same bytes for every order that has no meaning", () => {
    fc.assert(
      fc.property(fc.oneof(arbitraryDraft, fc.constantFrom(draft(baseSpec()), draft(fullSpec()))), (config) => {
        const [one, other] = [compile(config), compile(reordered(config))];
        assert.ok(one.hash !== undefined, JSON.stringify(one.issues));
        assert.equal(other.hash, one.hash);
      }),
    );
  });

  it("gives other bytes when the order of policies changes", () => {
    const spec = baseSpec();
    spec.policies.reverse();
    assert.notEqual(compile(draft(spec)).hash, compile(draft(baseSpec())).hash);
  });

  it("is not changed by what no enabled policy uses", () => {
    const spec = baseSpec();
    spec.addresses.push({ name: "idle", prefixes: ["192.0.2.0/24"] });
    spec.applications.push({ name: "idle", protocol: 89 });
    assert.equal(compile(draft(spec)).hash, compile(draft(baseSpec())).hash);
  });

  it("takes any alone as everything", () => {
    const spec = baseSpec();
    spec.policies = [
      { name: "all", from: ["any"], to: ["any"], sources: ["any"], destinations: ["any"], applications: ["any"], action: "Permit" },
    ];
    const row = compile(draft(spec)).program?.policies[0];
    assert.deepEqual([row?.from, row?.to, row?.sources, row?.destinations, row?.applications], [[], [], [], [], []]);
  });

  it("lets the most specific application come first", () => {
    const spec = baseSpec();
    spec.applications = [
      { name: "a-tcp", protocol: "TCP" },
      { name: "b-high", protocol: "TCP", destinationPorts: ["1024-65535"], timeout: "2h" },
      { name: "c-alt", protocol: "TCP", destinationPorts: ["8080"], timeout: "1h" },
    ];
    spec.policies[0].applications = ["a-tcp", "b-high", "c-alt"];
    assert.deepEqual(compile(draft(spec)).program?.policies[0]?.applications, [2, 1, 0]);
  });

  it("makes programs that an agent reads and encodes", () => {
    fc.assert(
      fc.property(arbitraryDraft, (config) => {
        const { program, bytes, hash } = compile(config);
        assert.ok(program !== undefined && bytes !== undefined && hash !== undefined);
        assert.deepEqual(parseProgram(bytes), { kind: "ok", program });
        assert.ok(encode(program, { sequence: 1n, hash }).length > 0);
      }),
    );
  });

  it("has a program exactly when no issue is an error", () => {
    fc.assert(
      fc.property(fc.oneof(arbitraryDraft, hostile), (config) => {
        const { issues, program, bytes, hash } = compile(config);
        const failed = issues.some((i) => i.severity === "error");
        assert.deepEqual([program, bytes, hash].map((x) => x === undefined), [failed, failed, failed]);
      }),
    );
  });

  it("never throws, whatever it is given", () => {
    fc.assert(fc.property(fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true }), (value) => void compile(value)));
    fc.assert(fc.property(fc.jsonValue(), (value) => void compile(draft(value))));
  });

  it("never throws on a configuration with any part replaced by anything", () => {
    fc.assert(fc.property(hostile, (config) => void compile(config)), { numRuns: 500 });
  });

  it("never throws on objects that fight back", () => {
    const trap = new Proxy({}, { get: () => { throw new Error("no"); }, ownKeys: () => { throw new Error("no"); } });
    const cycle: Draft = draft(baseSpec());
    cycle.spec.dataplane.self = cycle;
    const deep: Draft = draft(baseSpec());
    for (let i = 0, at: Draft = deep.spec; i < 20_000; i++) at = at.next = {};
    const throws: Draft = draft(baseSpec());
    Object.defineProperty(throws.spec, "zones", { enumerable: true, get: () => { throw { toString: () => { throw 1; } }; } });
    for (const value of [trap, draft(trap), cycle, deep, throws]) assert.equal(compile(value).program, undefined);
  });
});

/** Paths of all values inside a value. */
function paths(value: unknown, at: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([k, v]) => paths(v, [...at, Array.isArray(value) ? Number(k) : k]))];
}

const words = fc.constantFrom<unknown>("lan", "any", "web", "lan0", "trust", "10.0.0.1", "10.0.0.0/8", "::/0", "9-1", "80", 0, -1, 1.5, 2 ** 53, "", null, true, [], {}, "__proto__");

/** The base configuration with some parts replaced. */
const hostile = fc
  .array(fc.tuple(fc.nat(), fc.oneof({ weight: 3, arbitrary: words }, fc.jsonValue())), { minLength: 1, maxLength: 4 })
  .map((changes) => {
    const config = draft(baseSpec());
    for (const [n, value] of changes) {
      const all = paths(config).filter((p) => p.length > 0);
      const path = all[n % all.length];
      if (path === undefined) continue;
      let at: Draft = config;
      for (const part of path.slice(0, -1)) at = at[part];
      at[path.at(-1)!] = value;
    }
    return config;
  });
