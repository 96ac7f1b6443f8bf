// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { fw_policy_counters } from "./shm/layout.gen";
import { addPolicies, type PolicyCounts } from "./worker-view";

const { size, fields } = fw_policy_counters;

function rows(slots: readonly (readonly [slot: number, name: bigint, packets: bigint])[]): Uint8Array {
  const bytes = Buffer.alloc(size * 4);
  for (const [slot, name, packets] of slots) {
    bytes.writeBigUInt64LE(name, slot * size + fields.name_id.offset);
    bytes.writeBigUInt64LE(packets, slot * size + fields.packets.offset);
  }
  return bytes;
}

describe("counters of policies", () => {
  it("are summed over the cores by name, whatever their slots", () => {
    const sums = new Map<bigint, PolicyCounts>();
    addPolicies(sums, rows([[0, 7n, 1n], [3, 0xffff_ffff_ffff_ffffn, 2n]]));
    addPolicies(sums, rows([[2, 7n, 0x20_0000_0000_0000n]]));
    assert.deepEqual([...sums].map(([name, { packets }]) => [name, packets]), [[7n, 0x20_0000_0000_0001n], [0xffff_ffff_ffff_ffffn, 2n]]);
  });
});
