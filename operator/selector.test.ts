// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { matches, selectorText, whyNothing } from "./selector";

describe("matches()", () => {
  const labels = { role: "firewall", zone: "a" };

  it("an absent selector matches nothing, an empty one everything", () => {
    assert.deepEqual([matches(undefined, labels), matches({}, labels), matches({}, undefined)], [false, true, true]);
  });

  const cases: [operator: "In" | "NotIn" | "Exists" | "DoesNotExist", key: string, values: string[] | undefined, expected: boolean][] = [
    ["In", "role", ["x", "firewall"], true],
    ["In", "role", ["x"], false],
    ["In", "none", ["x"], false],
    ["NotIn", "role", ["x"], true],
    ["NotIn", "role", ["firewall"], false],
    ["NotIn", "none", ["x"], true],
    ["Exists", "zone", undefined, true],
    ["Exists", "none", undefined, false],
    ["DoesNotExist", "none", undefined, true],
    ["DoesNotExist", "zone", undefined, false],
    ["Exists", "constructor", undefined, false],
  ];
  for (const [operator, key, values, expected] of cases) {
    it(`${key} ${operator} ${values?.join(",") ?? ""} is ${expected}`, () => {
      assert.equal(matches({ matchExpressions: [{ key, operator, ...(values && { values }) }] }, labels), expected);
    });
  }

  it("all requirements must hold", () => {
    const selector = { matchLabels: { role: "firewall" }, matchExpressions: [{ key: "zone", operator: "NotIn" as const, values: ["a"] }] };
    assert.equal(matches(selector, labels), false);
    assert.equal(matches(selector, { ...labels, zone: "b" }), true);
    assert.equal(selectorText(selector), "role=firewall,zone notin (a)");
  });
});

describe("whyNothing()", () => {
  it("names the values that nodes have", () => {
    assert.equal(whyNothing({ matchLabels: { role: "fw" } }, [{ role: "firewall" }, { role: "db" }]), 'No node matches role=fw: the nodes have role with "db", "firewall".');
  });

  it("names a key that was probably meant, or how to set it", () => {
    assert.match(whyNothing({ matchLabels: { rolle: "fw" } }, [{ role: "fw" }]), /did you mean the label role\?$/);
    assert.match(whyNothing({ matchLabels: { "portcullis.dev/role": "fw" } }, [{ a: "b" }]), /kubectl label node NAME portcullis.dev\/role=fw$/);
  });

  it("tells apart parts that match and a whole that does not", () => {
    assert.match(whyNothing({ matchLabels: { a: "1", b: "1" } }, [{ a: "1" }, { b: "1" }]), /each part matches some of the 2 nodes/);
  });
});
