// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { nearest, pathText, show } from "./issues";

describe("pathText()", () => {
  it("writes members with dots and indexes with brackets", () => {
    assert.equal(pathText(["spec", "policies", 3, "from", 0]), "spec.policies[3].from[0]");
    assert.equal(pathText([]), "");
  });

  it("quotes keys that are no plain words", () => {
    assert.equal(pathText(["spec", "nodeSelector", "matchLabels", "portcullis.dev/role"]), 'spec.nodeSelector.matchLabels["portcullis.dev/role"]');
    assert.equal(pathText(["a\nb"]), '["a\\nb"]');
  });
});

describe("nearest()", () => {
  const fields = ["policies", "zones", "routing", "addresses", "applications"];

  it("finds a word with a letter missing, added, changed, swapped or in another case", () => {
    for (const word of ["polices", "policiess", "polixies", "poilcies", "Policies"]) assert.equal(nearest(word, fields), "policies");
  });

  it("finds nothing for a word of its own", () => {
    assert.equal(nearest("nat", fields), undefined);
    assert.equal(nearest("x".repeat(1e6), fields), undefined);
  });

  it("always finds a known word itself", () => {
    fc.assert(fc.property(fc.constantFrom(...fields), (word) => nearest(word, fields) === word));
  });
});

describe("show()", () => {
  it("keeps every value short and on one line", () => {
    fc.assert(fc.property(fc.oneof(fc.anything(), fc.string({ maxLength: 5000 })), (value) => show(value).length <= 400 && !show(value).includes("\n")));
  });
});
