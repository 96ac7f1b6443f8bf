// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { NotLeaderError } from "./errors";
import { FakeApi } from "./fake-api";
import { fencedWriter, mergeDiff, sameJson } from "./objects";
import type { KubeObject, Resource } from "./types";

const THINGS: Resource = { group: "g", version: "v1", plural: "things", kind: "Thing" };
const object: KubeObject = { metadata: { name: "a", uid: "u", resourceVersion: "7" } };

describe("fencedWriter()", () => {
  it("bases every write on the version it was decided on", async () => {
    const api = new FakeApi();
    api.answer = () => ({});
    const writer = fencedWriter(api, { signal: new AbortController().signal, leading: () => true });
    await writer.patch(THINGS, object, { spec: { x: 1 } });
    await writer.remove(THINGS, object);
    assert.deepEqual(api.requests[0]?.call.body, { spec: { x: 1 }, metadata: { resourceVersion: "7" } });
    assert.deepEqual((api.requests[1]?.call.body as { preconditions: object }).preconditions, { uid: "u", resourceVersion: "7" });
  });

  it("writes nothing when the lease is not certain, or is lost", async () => {
    const api = new FakeApi();
    const lost = new AbortController();
    for (const fence of [{ signal: lost.signal, leading: () => false }, { signal: AbortSignal.abort(), leading: () => true }]) {
      await assert.rejects(() => fencedWriter(api, fence).patch(THINGS, object, {}), NotLeaderError);
    }
    assert.equal(api.requests.length, 0);
  });
});

describe("mergeDiff()", () => {
  const json = fc.letrec((tie) => ({
    value: fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer(), { maxLength: 3 }), tie("record")),
    record: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3 }),
  }));

  const patched = (target: unknown, patch: unknown): unknown => {
    if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
    const result: Record<string, unknown> = typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
    for (const [key, value] of Object.entries(patch)) {
      if (value === null) delete result[key];
      else result[key] = patched(result[key], value);
    }
    return result;
  };

  it("leads from any object to any other, and is nothing exactly when they are equal", () => {
    fc.assert(
      fc.property(json["record"] as fc.Arbitrary<object>, json["record"] as fc.Arbitrary<object>, (from, to) => {
        const diff = mergeDiff(from, to);
        assert.equal(diff === undefined, sameJson(from, to));
        assert.ok(sameJson(patched(from, diff ?? {}), to));
      }),
    );
  });
});
