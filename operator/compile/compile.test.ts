// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { encode } from "../../node-agent/encode";
import { SERVICES } from "../../crds/index";
import { parseProgram } from "../../program/codec";
import { fw_service_values } from "../../program/limits";
import { compile } from "./compile";
import { arbitraryDraft, baseSpec, type Draft, draft } from "./testing";

/** The same meaning, written in another order: keys, and lists whose order has no meaning. */
function reordered(value: Draft, key = ""): Draft {
  if (Array.isArray(value)) {
    const items = value.map((v) => reordered(v));
    // The order of policies is their meaning; an interface's first address is the one that it speaks with.
    return key === "policies" || (key === "addresses" && typeof value[0] === "string") ? items : items.reverse();
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).reverse().map(([k, v]) => [k, reordered(v, k)]));
}

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
        { name: "dmz", hostInbound: [] },
        { name: "trust", hostInbound: ["ping", "ssh"] },
        { name: "untrust", hostInbound: [] },
      ],
      interfaces: [
        { name: "dmz0", port: 0, zone: 0, vlan: 0, addresses: [] },
        { name: "lan0", port: 1, zone: 1, vlan: 100, addresses: ["10.0.0.1/24", "2001:db8::1/64"] },
        { name: "wan0", port: 2, zone: 2, vlan: 0, addresses: ["203.0.113.2/28"] },
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
          applications: [0, 1], action: "Permit",
        },
        {
          name: "out", from: [1], to: [], sources: [0], sourcesNegated: true, destinations: [], destinationsNegated: false,
          applications: [], action: "Permit",
        },
      ],
      routes: [{ prefix: "0.0.0.0/0", nextHops: [{ gateway: "203.0.113.1", interface: 2 }] }],
      neighbors: [{ interface: 2, address: "203.0.113.1", mac: "02:00:00:00:00:01" }],
    });
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
      fc.property(fc.oneof(arbitraryDraft, fc.constant(draft(baseSpec()))), (config) => {
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
