// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { decode, decodeRows, sizeOf } from "./decode";
import { FW_LAYOUT_HASH, fw_worker_status, structs } from "./layout.gen";
import { ABI, selfTest } from "./segment";

const honest = { abi: ABI, layoutHash: FW_LAYOUT_HASH, sizeOf: (name: string) => structs[name as keyof typeof structs].size };

describe("decode", () => {
  it("keeps 64-bit values exact", () => {
    const bytes = Buffer.alloc(sizeOf("fw_policy_counters"));
    bytes.writeBigUInt64LE(0xffff_ffff_ffff_fffen, structs.fw_policy_counters.fields.packets.offset);
    assert.equal(decode("fw_policy_counters", bytes).packets, 0xffff_ffff_ffff_fffen);
  });

  it("ends texts at the first NUL", () => {
    const bytes = Buffer.alloc(sizeOf("fw_worker_status"));
    bytes.write("policies\0rest", fw_worker_status.fields.verdict_section.offset);
    assert.equal(decode("fw_worker_status", bytes).verdict_section, "policies");
  });

  it("reads nested structs and arrays of them", () => {
    const bytes = Buffer.alloc(sizeOf("fw_session4"));
    bytes[structs.fw_line4.size + structs.fw_line4.fields.protocol.offset] = 17;
    assert.deepEqual(decode("fw_session4", bytes).line.map((line) => line.protocol), [0, 17]);
  });

  it("never reads outside of the bytes", () => {
    fc.assert(fc.property(fc.nat(400), fc.integer({ min: -10, max: 500 }), (length, at) => {
      const fits = at >= 0 && at + sizeOf("fw_port_status") <= length;
      if (fits) decode("fw_port_status", new Uint8Array(length), at);
      else assert.throws(() => decode("fw_port_status", new Uint8Array(length), at), RangeError);
    }));
  });

  it("ignores an incomplete last row", () => {
    assert.equal(decodeRows("fw_port_status", new Uint8Array(sizeOf("fw_port_status") * 2 + 5)).length, 2);
  });
});

describe("self-test of the library", () => {
  it("passes when both sides agree", () => assert.equal(selfTest(honest), null));
  it("names both layout hashes", () => {
    assert.match(selfTest({ ...honest, layoutHash: 1n }) ?? "", /0x0000000000000001 in the library and 0x[0-9a-f]{16} \(version [0-9]+\) in the agent/);
  });
  it("names the struct and both sizes", () => {
    const fault = selfTest({ ...honest, sizeOf: (name) => (name === "fw_line6" ? 120 : honest.sizeOf(name)) });
    assert.equal(fault, "struct fw_line6 has 120 bytes in the library and 128 in the agent");
  });
  it("refuses another interface version first", () => assert.match(selfTest({ ...honest, abi: ABI + 1 }) ?? "", new RegExp(`interface version is ${ABI + 1} in the library and ${ABI} in the agent`)));
});
