// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { stringify } from "yaml";
import { largeConfig } from "../bench/compile/config";
import { loadFirewallConfig } from "./load";
import { parseFirewallConfig } from "./parse";

describe("loadFirewallConfig() on a large text", () => {
  const config = largeConfig({ policies: 1000, addresses: 300 });
  const text = stringify(config);

  it("reads what a small text would say", () => {
    assert.ok(text.length > 128 * 1024);
    assert.deepEqual(loadFirewallConfig(text), parseFirewallConfig(config));
  });
  it("reads it with a byte order mark, with comments, and as JSON", () => {
    for (const same of [`\uFEFF${text}`, `# large\n---\n${text}`, JSON.stringify(config)]) {
      assert.deepEqual(loadFirewallConfig(same), parseFirewallConfig(config));
    }
  });

  const broken: [what: string, text: string, message: RegExp][] = [
    ["where a fault is", `${text}  - [\n`, /not valid YAML: line [0-9]+/],
    ["that a key stands there twice", `${text}kind: FirewallConfig\n`, /not valid YAML: line [0-9]+.*unique/],
    ["that there is another document", `${text}---\nkind: Node\n`, /holds 2 YAML documents/],
  ];
  for (const [what, bad, message] of broken) {
    it(`says ${what}`, () => {
      const loaded = loadFirewallConfig(bad);
      assert.match(loaded.ok ? "" : (loaded.issues[0]?.message ?? ""), message);
    });
  }
  it("does not expand what aliases repeat without end", () => {
    const levels = Array.from({ length: 30 }, (_, i) => `x${i}: &x${i} [${i === 0 ? "1" : `*x${i - 1}, *x${i - 1}`}]`);
    const loaded = loadFirewallConfig(`${text}${levels.join("\n")}\n`);
    assert.match(loaded.ok ? "" : (loaded.issues[0]?.message ?? ""), /alias/i);
  });
});
