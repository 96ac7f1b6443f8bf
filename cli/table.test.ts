// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { byLine } from "./lines";
import { table, tableInPieces } from "./table";

describe("a table in pieces", () => {
  it("keeps the columns of its first rows", () => {
    const rows = tableInPieces(["NAME", "COUNT"]);
    assert.equal(rows([["one", 1], ["two", 22]]), "NAME  COUNT\none       1\ntwo      22");
    assert.equal(rows([["a long one", 333]]), "a long one    333");
    assert.equal(table(["NAME"], []), "NAME");
  });
});

describe("lines of a stream", () => {
  it("are whole, however the bytes are cut", () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: "grapheme" }).map((s) => s.replaceAll("\n", ""))), fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
      const seen: string[] = [];
      const take = byLine((line) => { seen.push(line); });
      for (let at = 0; at < bytes.length;) {
        const end = at + (cuts.next().value ?? 1);
        take(bytes.subarray(at, end));
        at = end;
      }
      assert.deepEqual(seen, lines);
    }));
  });
});
