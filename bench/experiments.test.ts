// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { GOALS } from "./lib/goals";
import { EXPERIMENTS } from "./main";

describe("the benchmark as a whole", () => {
  it("measures every row exactly once", () => {
    assert.deepEqual(EXPERIMENTS.flatMap((e) => [...e.rows]).sort(), GOALS.map((goal) => goal.id).sort());
  });

  it("is bounded", () => assert.ok(EXPERIMENTS.reduce((sum, e) => sum + e.seconds, 0) <= 45 * 60));
});
