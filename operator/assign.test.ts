// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { assign, type Claim } from "./assign";

const claim = (config: string, createdAt: string, labels: Record<string, string> | undefined, uid = config): Claim => ({ config, uid, createdAt, selector: labels && { matchLabels: labels } });
const node = (name: string, pool: string) => ({ name, labels: { pool } });

describe("assign()", () => {
  it("gives a node to the oldest, and tells the others who has it", () => {
    const { winner, shares } = assign([claim("new", "2026-02-01T00:00:00Z", { pool: "a" }), claim("old", "2026-01-01T00:00:00Z", {})], [node("n1", "a"), node("n2", "b")]);
    assert.deepEqual([winner.get("n1")?.config, winner.get("n2")?.config], ["old", "old"]);
    assert.deepEqual([shares.get("new")?.won, [...(shares.get("new")?.lost ?? [])]], [[], [["old", ["n1"]]]]);
  });

  it("decides between twins by uid", () => {
    const at = "2026-01-01T00:00:00Z";
    assert.equal(assign([claim("a", at, {}, "2"), claim("b", at, {}, "1")], [node("n", "a")]).winner.get("n")?.config, "b");
  });

  it("does not depend on the order in which anything is given", () => {
    const claims = fc.uniqueArray(
      fc.record({ config: fc.constantFrom("a", "b", "c", "d"), createdAt: fc.constantFrom("1", "2"), pool: fc.constantFrom("x", "y", undefined) }),
      { selector: (c) => c.config, minLength: 1 },
    );
    const nodes = fc.uniqueArray(fc.record({ name: fc.constantFrom("n1", "n2", "n3"), pool: fc.constantFrom("x", "y") }), { selector: (n) => n.name });
    fc.assert(
      fc.property(claims, nodes, (cs, ns) => {
        const made = cs.map((c) => claim(c.config, c.createdAt, c.pool === undefined ? undefined : { pool: c.pool }));
        const forth = assign(made, ns.map((n) => node(n.name, n.pool)));
        const back = assign([...made].reverse(), [...ns].reverse().map((n) => node(n.name, n.pool)));
        assert.deepEqual(new Map([...forth.winner].sort()), new Map([...back.winner].sort()));
        for (const [config, share] of forth.shares) assert.deepEqual(share, back.shares.get(config));
      }),
    );
  });
});
