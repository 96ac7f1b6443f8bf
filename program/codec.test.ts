// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson } from "./canonical";
import { hashProgram, parseProgram, serializeProgram } from "./codec";
import { crc32c } from "./crc32c";
import { PROGRAM_VERSION, type Program } from "./program";
import { arbitraryProgram } from "./testing";

/** The same value with all keys in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).reverse().map(([k, v]) => [k, shuffled(v)]));
}

describe("canonicalJson()", () => {
  it("sorts keys and leaves white space out", () => {
    assert.equal(canonicalJson({ b: [1, { d: null, c: "x\n" }], a: true, u: undefined }), '{"a":true,"b":[1,{"c":"x\\n","d":null}]}');
  });
  it("writes the same text for every order of keys, and JSON.parse reads it back", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        assert.equal(canonicalJson(shuffled(value)), text);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe("crc32c()", () => {
  const vectors: [bytes: number[], crc: number][] = [
    [[], 0],
    [[..."123456789"].map((c) => c.charCodeAt(0)), 0xe3069283],
    [new Array(32).fill(0), 0x8a9136aa],
    [new Array(32).fill(0xff), 0x62a8ab43],
    [Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    [Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ];
  for (const [bytes, crc] of vectors) {
    it(`of ${bytes.length} bytes (${bytes.slice(0, 2)}...) is that of RFC 3720`, () => assert.equal(crc32c(Uint8Array.from(bytes)), crc));
  }
});

describe("parseProgram()", () => {
  const parse = (value: unknown) => parseProgram(Buffer.from(JSON.stringify(value)));
  const sample = fc.sample(arbitraryProgram, { seed: 5, numRuns: 1 })[0]!;

  it("reads back every program that serializeProgram() writes", () => {
    fc.assert(
      fc.property(arbitraryProgram, (program) => {
        const bytes = serializeProgram(program);
        assert.deepEqual(parseProgram(bytes), { kind: "ok", program });
        assert.match(hashProgram(bytes), /^[0-9a-f]{64}$/);
      }),
    );
  });
  it("tells a newer version apart, whatever else it has", () => {
    const result = parse({ version: PROGRAM_VERSION + 1, news: true });
    assert.equal(result.kind, "versionSkew");
    assert.match(result.kind === "versionSkew" ? result.message : "", /version 2, this agent reads version 1: update this node's agent/);
  });
  it("tells an older version than it reads apart", () => {
    assert.equal(parse({ ...sample, version: 0 }).kind, "versionSkew");
  });

  const broken: [what: string, change: (p: Program) => unknown][] = [
    ["an unknown field", (p) => ({ ...p, extra: 1 })],
    ["a missing list", (p) => ({ ...p, zones: undefined })],
    ["a name that is too long", (p) => ({ ...p, zones: [{ name: "x".repeat(64), hostInbound: [] }] })],
    ["a name with NUL", (p) => ({ ...p, zones: [{ name: "a\0b", hostInbound: [] }] })],
    ["a reference to no row", (p) => ({ ...p, neighbors: [{ interface: 99, address: "10.0.0.1", mac: "02:00:00:00:00:01" }] })],
    ["an unknown service", (p) => ({ ...p, zones: [{ name: "a", hostInbound: ["gopher"] }] })],
    ["a prefix with host bits", (p) => ({ ...p, addressSets: [{ name: "a", prefixes: ["10.0.0.1/8"] }] })],
    ["a fraction", (p) => ({ ...p, dataplane: { ...p.dataplane, memoryBytes: 1.5 } })],
    ["no version", (p) => ({ ...p, version: undefined })],
    ["a list", () => []],
    ["null", () => null],
  ];
  for (const [what, change] of broken) {
    it(`refuses ${what}`, () => assert.equal(parse(change(sample)).kind, "invalid"));
  }

  it("never throws, on any bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => assert.notEqual(parseProgram(bytes).kind, "ok")));
    fc.assert(fc.property(fc.jsonValue(), (value) => assert.notEqual(parse(value).kind, "ok")));
  });
  it("never throws on a program with one part replaced", () => {
    fc.assert(
      fc.property(arbitraryProgram, fc.nat(), fc.jsonValue(), (program, at, value) => {
        const copy = structuredClone(program) as unknown as Record<string, unknown>;
        const keys = Object.keys(copy);
        copy[keys[at % keys.length]!] = value;
        parse(copy);
      }),
    );
  });
});
