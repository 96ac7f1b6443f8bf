// SPDX-License-Identifier: Apache-2.0
// That every field arrives is proved against C, in worker/shm/roundtrip.test.ts.
import assert from "node:assert/strict";
import fc from "fast-check";
import { largeConfig } from "../bench/compile/config";
import { compile } from "../operator/compile/compile";
import { crc32c } from "../program/crc32c";
import type { Program } from "../program/program";
import { arbitraryProgram } from "../program/testing";
import { EncodeError, encode, interfaceNameId, policyNameId } from "./encode";
import { FW_MAX_POLICIES, fw_program } from "./shm/layout.gen";

const HASH = "ab".repeat(32);
const sample = fc.sample(arbitraryProgram, { seed: 3, numRuns: 1 })[0]!;

describe("encode()", () => {
  it("gives the same bytes for the same program", () => {
    fc.assert(
      fc.property(arbitraryProgram, (program) => {
        const generation = { sequence: 9n, hash: HASH };
        assert.deepEqual(encode(program, generation), encode(structuredClone(program), generation));
      }),
    );
  });

  it("lays sections behind each other, on multiples of eight, inside the total size", () => {
    fc.assert(
      fc.property(arbitraryProgram, (program) => {
        const bank = encode(program, { sequence: 1n, hash: HASH });
        const view = new DataView(bank.buffer);
        let end: number = fw_program.size;
        for (const field of Object.values(fw_program.fields)) {
          if (field.type !== "fw_section") continue;
          const offset = view.getUint32(field.offset, true);
          assert.equal(offset % 8, 0);
          assert.ok(offset >= end && offset <= bank.length);
          end = offset;
        }
        assert.equal(bank.length % 8, 0);
      }),
    );
  });

  it("covers everything behind the header with the checksum, and only that", () => {
    const [one, other] = [1n, 2n].map((sequence) => encode(sample, { sequence, hash: HASH }));
    const checksum = (bank: Uint8Array) => new DataView(bank.buffer).getUint32(fw_program.fields.checksum.offset, true);
    assert.equal(checksum(one!), crc32c(one!.subarray(fw_program.size)));
    assert.equal(checksum(one!), checksum(other!));
  });

  it("takes a program at the limits of the dataplane", () => {
    const zone = { name: "z".repeat(63), hostInbound: [], halfOpenLimit: 0, sourceCheck: "Off" as const };
    const policy = {
      name: "p", from: [0], to: [0], sources: [], sourcesNegated: false, destinations: [], destinationsNegated: false, applications: [],
      action: "Deny" as const, schedule: null,
    };
    const policies = Array.from({ length: FW_MAX_POLICIES }, (_, i) => ({ ...policy, name: `p${i}` }));
    const program: Program = { ...sample, zones: [zone], interfaces: [], routes: [], neighbors: [], policies };
    assert.ok(encode(program, { sequence: 1n, hash: HASH }).length > FW_MAX_POLICIES * 100);
    const more = { ...program, policies: [...policies, { ...policy, name: "one-more" }] };
    assert.throws(() => encode(more, { sequence: 1n, hash: HASH }), /policies: 16385 rows, at most 16384 fit/);
  });

  const impossible: [what: string, change: Partial<Program>][] = [
    ["a name of 64 bytes", { zones: [{ name: "z".repeat(64), hostInbound: [], halfOpenLimit: 0, sourceCheck: "Off" as const }] }],
    ["a name with NUL", { zones: [{ name: "a\0b", hostInbound: [], halfOpenLimit: 0, sourceCheck: "Off" as const }] }],
    ["a service that the layout does not have", { zones: [{ name: "a", hostInbound: ["gopher"], halfOpenLimit: 0, sourceCheck: "Off" as const }] }],
    ["an address that is none", { addressSets: [{ name: "a", prefixes: ["10.0.0/8"] }] }],
    ["a port above 65535", { applications: [{ name: "a", protocol: 6, sourcePorts: [], destinationPorts: [[1, 65536]], timeoutSeconds: 0 }] }],
    ["a negative number", { ports: [{ name: "a", kind: "tap", device: "a", networkNamespace: "", mtu: -1 }] }],
  ];
  for (const [what, change] of impossible) {
    it(`throws EncodeError on ${what}`, () => {
      const empty = { ports: [], zones: [], interfaces: [], addressSets: [], applications: [], policies: [], routes: [], neighbors: [] };
      assert.throws(() => encode({ ...sample, ...empty, ...change }, { sequence: 1n, hash: HASH }), EncodeError);
    });
  }

  it("throws EncodeError on a hash that is none", () => {
    assert.throws(() => encode(sample, { sequence: 1n, hash: "AB" }), EncodeError);
  });

  it("takes 10,000 policies with 2,000 address sets", () => {
    const { program, hash } = compile(largeConfig({ policies: 10_000, addresses: 2_000 }));
    assert.ok(program !== undefined && hash !== undefined);
    const bank = encode(program, { sequence: 1n, hash });
    assert.equal(new DataView(bank.buffer).getUint32(fw_program.fields.policies.offset + 4, true), 10_000);
  });
});

describe("identities that outlive a generation", () => {
  it("of an interface is the CRC-32C of its name", () => assert.equal(interfaceNameId("123456789"), 0xe3069283));
  it("of a policy is the start of the SHA-256 of its name", () => {
    const bytes = Buffer.alloc(8);
    new BigUint64Array(bytes.buffer, bytes.byteOffset, 1)[0] = policyNameId("abc");
    assert.equal(bytes.toString("hex"), "ba7816bf8f01cfea");
  });
});
