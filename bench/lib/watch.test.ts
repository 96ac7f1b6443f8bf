// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { Gaps } from "./watch";

describe("looking for gaps in forwarding", () => {
  function looks(...seen: [forwarded: number, at: number][]): Gaps {
    const gaps = new Gaps();
    for (const [forwarded, at] of seen) gaps.look(forwarded, at);
    gaps.finish();
    return gaps;
  }

  it("a counter that grows at every look has none", () => assert.equal(looks([1, 0], [2, 1], [3, 2]).longest, 0));
  it("a gap is as long as the counter was seen to stand", () => assert.equal(looks([1, 0], [1, 3], [1, 7], [2, 8]).longest, 7));
  it("who looked away in between has seen nothing", () => assert.equal(looks([1, 0], [2, 900]).longest, 0));
  it("only gaps of 5 ms and more are summed", () => assert.equal(looks([1, 0], [1, 4], [2, 5], [2, 25], [3, 26]).sum, 20));
  it("one that does not end counts too", () => assert.equal(looks([1, 0], [1, 50]).longest, 50));
});
