// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { GOALS } from "./goals";
import { makeRow, notMeasured, reaches } from "./row";
import { measured, ratioOf } from "./stats";

describe("rows of the benchmark", () => {
  it("every goal has its own id and a target that is no easier than its must", () => {
    assert.equal(new Set(GOALS.map((g) => g.id)).size, GOALS.length);
    for (const { id, direction, parts } of GOALS) for (const { must, target } of parts) assert.ok(target === null || reaches(direction, target, must), id);
  });

  it("at least: met at the limit and above", () => {
    assert.deepEqual([0.99, 1, 1.4].map((value) => makeRow("G1", [{ value }], "").met), [false, true, true]);
    assert.deepEqual([1, 1.4].map((value) => makeRow("G1", [{ value }], "").targetMet), [false, true]);
  });

  it("at most: met at the limit and below", () => {
    assert.deepEqual([1.81, 1.8, 1.2].map((value) => makeRow("G4", [{ value }], "").met), [false, true, true]);
    assert.deepEqual([0, 0.1].map((value) => makeRow("G15", [{ value }], "").met), [true, false]);
  });

  it("a row of several parts is that of its worst part, and met when all are", () => {
    const row = makeRow("G2", [{ value: 2.1 }, { value: 1.5, spread: [1.4, 1.6] }], "n");
    assert.deepEqual([row.met, row.ratio, row.must, row.spread], [false, 1.5, 1.6, [1.4, 1.6]]);
    assert.equal(makeRow("G2", [{ value: 2.1 }, { value: 1.7 }], "").met, true);
    assert.deepEqual(row.parts.map((part) => part.met), [true, false]);
  });

  it("what was not measured is not met and says why", () => {
    const row = notMeasured("G2", "grout is absent");
    assert.deepEqual([row.ratio, row.met, row.targetMet, row.note], [null, false, false, "not measured: grout is absent"]);
    assert.equal(makeRow("G2", [{ value: 9 }, null], "").met, false);
    assert.equal(makeRow("G15", [null], "").met, false);
    assert.equal(makeRow("G4", [{ value: Number.NaN }], "").met, false);
  });

  it("a ratio is that of the medians, whatever a single turn does", () => {
    const { value, spread } = ratioOf([10, 10, 900, 10, 10], [5, 5, 5, 5, 5]);
    assert.equal(value, 2);
    assert.deepEqual(spread, [2, 2]);
  });

  it("the spread holds the median", () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
      const { value, spread } = measured(values);
      assert.ok(spread !== undefined && spread[0] <= value && value <= spread[1]);
    }));
  });
});
