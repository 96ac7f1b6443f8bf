// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { Turns } from "./turns";

describe("turns", () => {
  it("are given in order, never more than there are", () => {
    const turns = new Turns(2);
    const began: number[] = [];
    const ends = [0, 1, 2, 3].map((i) => turns.ask(() => began.push(i)));
    assert.deepEqual(began, [0, 1]);
    ends[1]?.();
    ends[1]?.();
    assert.deepEqual(began, [0, 1, 2], "ended twice, one turn came free");
    ends[0]?.();
    assert.deepEqual(began, [0, 1, 2, 3]);
  });

  it("of somebody who left while waiting goes to the next", () => {
    const turns = new Turns(1);
    const began: string[] = [];
    const first = turns.ask(() => began.push("first"));
    const left = turns.ask(() => began.push("left"));
    turns.ask(() => began.push("last"));
    left();
    first();
    assert.deepEqual(began, ["first", "last"]);
  });

  it("may end at once", () => {
    const turns = new Turns(1);
    const began: string[] = [];
    turns.ask((end) => {
      began.push("short");
      end();
    });
    turns.ask(() => began.push("next"));
    assert.deepEqual(began, ["short", "next"]);
  });
});
