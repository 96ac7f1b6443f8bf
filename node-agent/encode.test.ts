// SPDX-License-Identifier: Apache-2.0
// That every field arrives is proved against C, in worker/shm/roundtrip.test.ts.
import assert from "node:assert/strict";
import fc from "fast-check";
import { largeConfig } from "../bench/compile/config";
import { compile } from "../operator/compile/compile";
import { crc32c } from "../program/crc32c";
import type { Program } from "../program/program";
import { arbitraryProgram } from "../program/testing";
import { draft, fullSpec } from "../operator/compile/testing";
import { places, readScalar } from "./encode/fields";
import { EncodeError, encode, interfaceNameId, policyNameId } from "./encode";
import { FW_MAX_POLICIES, FW_NO_INDEX, fw_program } from "./shm/layout.gen";

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

describe("rows of schedules and NAT", () => {
  const { program, hash } = compile(draft(fullSpec()));
  const bank = encode(program!, { sequence: 1n, hash: hash! });
  const values = new Map([...places(bank)].map(({ path, at, type }) => [path, Number(readScalar(bank, at, type))]));
  const row = (path: string, fields: readonly string[]): (number | undefined)[] => fields.map((field) => values.get(`${path}.${field}`));
  const four = (path: string): string => [0, 1, 2, 3].map((i) => values.get(`${path}[${i}]`)).join(".");
  const refs = (path: string, list: string): (number | undefined)[] => {
    const [first = 0, count = 0] = row(path, [`${list}_first`, `${list}_count`]);
    return Array.from({ length: count }, (_, i) => values.get(`refs[${first + i}]`));
  };

  it("say when a schedule is open", () => {
    assert.deepEqual(row("schedules[0]", ["window_first", "window_count"]), [0, 2]);
    assert.deepEqual(row("schedules[1]", ["window_first", "window_count"]), [2, 2]);
    const windows = [0, 1, 2, 3].map((i) => row(`schedule_windows[${i}]`, ["days", "start_minute", "end_minute"]));
    assert.deepEqual(windows, [[1, 0, 360], [64, 1320, 1440], [6, 480, 1080], [127, 720, 780]]);
    assert.deepEqual(row("policies[0]", ["schedule"]), [FW_NO_INDEX]);
    assert.deepEqual(row("policies[1]", ["schedule"]), [1]);
  });

  it("hold pools, their addresses and their subscribers", () => {
    assert.deepEqual(row("nat_pools[0]", ["range_first", "range_count", "subscriber_first", "subscriber_count", "block_size", "port_low", "port_high", "address_persistent"]), [0, 1, 0, 2, 512, 1024, 65535, 0]);
    assert.deepEqual(row("nat_pools[1]", ["range_first", "range_count", "subscriber_first", "subscriber_count", "block_size", "port_low", "port_high", "address_persistent"]), [1, 2, 2, 0, 0, 2048, 60000, 1]);
    assert.deepEqual([0, 1, 2].map((i) => `${four(`nat_ranges[${i}].low`)}-${four(`nat_ranges[${i}].high`)}`), [
      "198.51.100.0-198.51.100.15", "203.0.113.8-203.0.113.9", "203.0.113.12-203.0.113.12",
    ]);
    assert.deepEqual([0, 1].map((i) => `${four(`nat_subscribers[${i}].address`)}/${values.get(`nat_subscribers[${i}].length`)}`), ["100.64.0.0/23", "100.65.0.1/32"]);
  });

  it("hold source rules", () => {
    const fields = ["action", "pool", "port_low", "port_high", "persistent", "filtering", "binding_timeout_s"];
    assert.deepEqual([0, 1, 2, 3].map((i) => row(`nat_source[${i}]`, fields)), [
      [1, FW_NO_INDEX, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0, 0], [3, 1, 0, 0, 1, 1, 600], [2, FW_NO_INDEX, 10000, 65535, 1, 0, 300],
    ]);
    assert.deepEqual([refs("nat_source[0]", "source"), refs("nat_source[0]", "destination")], [[2], [0]]);
    assert.deepEqual([refs("nat_source[1]", "from"), refs("nat_source[1]", "to")], [[1], [3]]);
    assert.deepEqual(refs("nat_source[2]", "application"), [1]);
  });

  it("hold destination and static rules", () => {
    const fields = ["protocol", "port_low", "port_high", "to_port", "to_single"];
    assert.deepEqual([0, 1, 2].map((i) => row(`nat_destination[${i}]`, fields)), [[6, 8000, 8010, 9000, 1], [6, 25, 25, 0, 1], [0, 0, 0, 0, 0]]);
    assert.deepEqual([four("nat_destination[2].low"), four("nat_destination[2].high"), four("nat_destination[2].to")], ["192.0.2.0", "192.0.2.15", "10.1.3.0"]);
    assert.deepEqual([refs("nat_destination[0]", "from"), refs("nat_destination[1]", "source")], [[3], [0]]);
    assert.deepEqual([four("nat_static[0].external"), four("nat_static[0].internal"), values.get("nat_static[0].count")], ["198.51.100.64", "10.1.5.0", 16]);
    assert.deepEqual(refs("nat_static[1]", "from"), [3]);
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
