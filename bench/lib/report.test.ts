// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { parseProcessTime, parseStat } from "./machine";
import { parseLines, samples } from "./inprocess";
import { renderRows } from "./report";
import { makeRow, notMeasured } from "./row";

describe("the report of the benchmark", () => {
  it("shows one line for each part, and the notes below", () => {
    const text = renderRows([makeRow("G2", [{ value: 2.5, spread: [2.4, 2.6] }, { value: 1.2 }], "same minute"), notMeasured("G5", "no memory")]);
    const lines = text.split("\n");
    assert.match(lines[1] ?? "", /^G2 .*16 k flows +2\.50x +2\.40 - 2\.60 +>= 2\.00x +>= 2\.80x +met$/);
    assert.match(lines[2] ?? "", /60 k flows +1\.20x +>= 1\.60x .* MISSED$/);
    assert.match(lines[3] ?? "", /^G5 .* not measured$/);
    assert.deepEqual(lines.slice(5), ["G2: same minute", "G5: not measured: no memory"]);
  });

  it("reads the kernel's accounts", () => {
    assert.deepEqual(parseStat("cpu  10 1 5 70 4 2 3 5 0 0\ncpu0 1 1 1\n"), { all: 100, busy: 21, stolen: 5 });
    assert.equal(parseProcessTime("7 (a) b (c) S 1 1 1 0 -1 0 0 0 0 0 11 12 13 14 20 0"), 50);
  });

  it("reads the lines of portcullis-bench and nothing else", () => {
    const lines = parseLines('EAL: something\n{"run":"x","kind":"a","samples":[1,2]}\n{"run":"y"}\n');
    assert.deepEqual(samples(lines, { kind: "a" }), [1, 2]);
    assert.deepEqual(samples(lines, { run: "y" }), []);
    assert.throws(() => samples(lines, { kind: "b" }), /no line with/);
  });
});
