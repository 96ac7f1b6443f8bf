// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { allBlocks, blocksOfPort, blocksOfSubscriber } from "./port-blocks";
import type { NatPoolRow } from "./program";

function pool(size: number, ports: [number, number], addresses: [string, string][], subscribers: string[]): NatPoolRow {
  return { name: "p", addresses, ports, addressPersistent: false, blocks: { size, subscribers } };
}

const TWO = pool(1000, [1024, 4023], [["192.0.2.1", "192.0.2.2"], ["192.0.2.9", "192.0.2.9"]], ["100.64.0.0/30", "100.65.0.8/32", "100.64.1.0/31"]);

describe("port blocks", () => {
  it("go to subscribers in the order of the list, address by address", () => {
    assert.deepEqual([...allBlocks(TWO)].map((b) => `${b.subscriber} ${b.address} ${b.low}-${b.high}`), [
      "100.64.0.0 192.0.2.1 1024-2023",
      "100.64.0.1 192.0.2.1 2024-3023",
      "100.64.0.2 192.0.2.1 3024-4023",
      "100.64.0.3 192.0.2.2 1024-2023",
      "100.65.0.8 192.0.2.2 2024-3023",
      "100.64.1.0 192.0.2.2 3024-4023",
      "100.64.1.1 192.0.2.9 1024-2023",
    ]);
  });

  it("are found from both sides", () => {
    for (const block of allBlocks(TWO)) {
      assert.deepEqual(blocksOfSubscriber([TWO], block.subscriber), [block]);
      for (const port of [block.low, block.low + 1, block.high]) assert.deepEqual(blocksOfPort([TWO], block.address, port), [block]);
    }
  });

  it("are nobody's outside of pools, ports and subscribers", () => {
    assert.deepEqual(blocksOfPort([TWO], "192.0.2.3", 2000), []);
    assert.deepEqual(blocksOfPort([TWO], "192.0.2.1", 1023), []);
    assert.deepEqual(blocksOfPort([TWO], "192.0.2.1", 4024), []);
    assert.deepEqual(blocksOfPort([TWO], "192.0.2.9", 2024), []);
    assert.deepEqual(blocksOfSubscriber([TWO], "100.64.0.4"), []);
    assert.deepEqual(blocksOfSubscriber([TWO], "2001:db8::1"), []);
    assert.deepEqual(blocksOfSubscriber([{ ...TWO, blocks: null }], "100.64.0.0"), []);
  });

  it("of two subscribers never meet", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 60_000 }), fc.nat(5000), (size, low, more) => {
        const row = pool(size, [low, low + more], [["192.0.2.0", "192.0.2.255"]], ["100.64.0.0/25"]);
        const seen = new Set<string>();
        for (const { address, low: first, high } of allBlocks(row)) {
          assert.ok(first >= low && high <= low + more);
          assert.equal(seen.size, seen.add(`${address} ${first}`).size - 1);
          assert.equal((first - low) % size, 0);
        }
      }),
    );
  });
});
