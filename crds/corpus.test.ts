// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { corpus } from "./corpus";
import { parseFirewallConfig } from "./parse";

describe("the corpus, judged by zod", () => {
  for (const { name, object } of corpus("valid")) {
    it(`accepts ${name}`, () => {
      assert.deepEqual(parseFirewallConfig(object).ok || parseFirewallConfig(object), true);
    });
  }
  for (const { name, object, path, says } of corpus("invalid")) {
    it(`refuses ${name}`, () => {
      const result = parseFirewallConfig(object);
      assert.ok(!result.ok, "it was accepted");
      const [issue, ...more] = result.issues;
      assert.deepEqual(more, [], "one fault gives one issue");
      assert.equal(issue?.path, path);
      assert.ok(issue?.message.includes(says ?? ""), issue?.message);
      assert.match(issue?.message ?? "", /^[^\n]*[.?]$/);
    });
  }
});
