// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { expiryOf } from "./server";

describe("the end of a token", () => {
  const token = (claims: object): string => `Bearer e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;

  it("is what it says, and no time at all when it says none", () => {
    assert.equal(expiryOf(token({ exp: 1_800_000_000 })), 1_800_000_000_000);
    for (const text of [token({}), token({ exp: "soon" }), "Bearer opaque", "", "Bearer a.%%%.b"]) assert.equal(expiryOf(text), Infinity, text);
  });
});
