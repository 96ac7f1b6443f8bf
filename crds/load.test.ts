// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { loadFirewallConfig } from "./load";

const GOOD = "apiVersion: portcullis.dev/v1alpha1\nkind: FirewallConfig\nmetadata: {name: edge}\nspec: {defaultAction: Deny}\n";

function message(text: string): string {
  const result = loadFirewallConfig(text);
  assert.ok(!result.ok, "it was accepted");
  assert.equal(result.issues.length, 1);
  assert.equal(result.issues[0]?.reason, "InvalidDocument");
  return result.issues[0]?.message ?? "";
}

describe("loadFirewallConfig()", () => {
  it("reads YAML, also with markers, a byte order mark and CRLF", () => {
    for (const text of [GOOD, `---\n${GOOD}`, `${GOOD}---\n`, `\uFEFF${GOOD}`, GOOD.replaceAll("\n", "\r\n"), `# a comment\n${GOOD}...\n`]) {
      assert.equal(loadFirewallConfig(text).ok, true, JSON.stringify(text));
    }
  });

  it("reads JSON", () => {
    const json = JSON.stringify({ apiVersion: "portcullis.dev/v1alpha1", kind: "FirewallConfig", metadata: { name: "edge" }, spec: { defaultAction: "Deny" } });
    assert.equal(loadFirewallConfig(json).ok, true);
  });

  it("refuses an empty file", () => {
    for (const text of ["", "\n", "# nothing\n", "---\n", "---\n---\n"]) assert.match(message(text), /is empty/);
  });

  it("refuses several documents", () => {
    assert.match(message(`${GOOD}---\n${GOOD}---\nkind: Namespace\n`), /holds 3 YAML documents/);
  });

  it("gives line and column of broken YAML", () => {
    assert.match(message("apiVersion: [\nkind: x\n"), /line \d+, column \d+/);
    assert.match(message("\ta: b"), /line 1, column 1/);
  });

  it("refuses a key that is there twice", () => {
    assert.match(message(`${GOOD}kind: Other\n`), /line 5, column 1: Map keys must be unique/);
  });

  it("refuses text that is no object", () => {
    assert.match(message("just words"), /is "just words"/);
    assert.match(message("- a\n- b\n"), /is a list/);
  });

  it("refuses a bomb of aliases without growing", () => {
    const levels = Array.from({ length: 40 }, (_, i) => `a${i}: &a${i} [${i === 0 ? "x" : Array.from({ length: 9 }, () => `*a${i - 1}`).join(", ")}]`);
    assert.match(message(levels.join("\n")), /Excessive alias count/);
  });

  it("refuses nesting without end", () => {
    assert.match(message("[".repeat(100_000)), /nested too deeply/);
  });

  it("refuses a file that is too large to be one", () => {
    assert.match(message("#".repeat(17 * 1024 * 1024)), /larger than 16 MiB/);
  });

  it("never throws, whatever the text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => { loadFirewallConfig(text); }), { numRuns: 500 });
    fc.assert(fc.property(fc.string({ maxLength: 30 }), fc.nat(GOOD.length), (text, at) => { loadFirewallConfig(GOOD.slice(0, at) + text + GOOD.slice(at)); }), { numRuns: 500 });
  });
});
