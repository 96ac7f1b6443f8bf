// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { exactJson, parseExactJson } from "./json";

describe("exact JSON", () => {
  it("writes every digit of a 64-bit counter", () => {
    assert.match(exactJson({ bytes: 18446744073709551615n }), /"bytes": 18446744073709551615/);
  });

  it("reads large integers back as their digits and small ones as numbers", () => {
    assert.deepEqual(parseExactJson('{"a": 18446744073709551615, "b": 42}'), { a: "18446744073709551615", b: 42 });
  });

  it("does not touch digits in texts", () => {
    fc.assert(fc.property(fc.string(), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (text, number) => {
      const back = parseExactJson(exactJson({ [`k${text}`]: `${text}: 99999999999999999999 "`, n: number })) as Record<string, unknown>;
      assert.equal(back[`k${text}`], `${text}: 99999999999999999999 "`);
      assert.equal(String(back["n"]), String(number));
    }));
  });
});
