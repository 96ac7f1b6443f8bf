// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { DEFAULT_WISHES } from "./worker-pod/settings";
import { createHash, randomBytes } from "node:crypto";
import type { Writer } from "./kube/objects";
import { Store } from "./kube/store";
import { ProgramTooLargeError, Programs, type Good } from "./programs";
import type { ConfigObject, RevisionObject } from "./resources";

const config = { metadata: { name: "edge", uid: "u1" }, spec: {} } as ConfigObject;
const good = (bytes: Uint8Array, generation: number): Good => ({ hash: createHash("sha256").update(bytes).digest("hex"), bytes, programVersion: 1, policies: 3, generation, pod: DEFAULT_WISHES, selector: { matchLabels: { a: "b" } } });

describe("Programs", () => {
  let kept: Store<RevisionObject>;
  let writes: string[];
  let writer: Writer;
  let version: number;

  beforeEach(() => {
    [kept, writes, version] = [new Store(() => undefined), [], 0];
    const stamp = <T extends { metadata: object }>(object: T): T => ({ ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } });
    writer = {
      create: async (_r, object) => (writes.push("create"), stamp(object)),
      patch: async (_r, current, patch) => (writes.push("patch"), stamp({ ...current, ...patch })),
      remove: async () => void writes.push("remove"),
    };
  });

  it("keeps a program so that the next operator finds the same bytes and selector", async () => {
    const kind = good(Buffer.from("x".repeat(100_000)), 4);
    await new Programs().keep(config, kind, "ns", kept, writer);
    const next = new Programs();
    assert.deepEqual(next.load(kept.list()), []);
    const found = next.of("u1");
    assert.deepEqual([found?.hash, found?.generation, found?.selector, Buffer.from(found?.bytes ?? []).equals(kind.bytes)], [kind.hash, 4, kind.selector, true]);
    assert.ok(JSON.stringify(kept.list()).length < 2_000, "it is compressed");
  });

  it("writes nothing for what is kept, only the number for a new generation of it, and removes what went before when no node runs it", async () => {
    const programs = new Programs();
    await programs.keep(config, good(Buffer.from("one"), 1), "ns", kept, writer);
    await programs.keep(config, good(Buffer.from("one"), 1), "ns", kept, writer);
    assert.deepEqual(writes, ["create"]);
    await programs.keep(config, good(Buffer.from("one"), 2), "ns", kept, writer);
    assert.deepEqual(writes, ["create", "patch"]);
    await programs.keep(config, good(Buffer.from("two"), 3), "ns", kept, writer);
    await programs.prune(config, [{ hash: good(Buffer.from("one"), 1).hash, generation: 2 }], kept, writer);
    assert.deepEqual([writes, kept.size], [["create", "patch", "create"], 2], "a node runs it still");
    assert.equal(Buffer.from(programs.ordered("u1", { hash: good(Buffer.from("one"), 1).hash, generation: 1 }, kept)?.bytes ?? []).toString(), "one");
    await programs.prune(config, [{ hash: good(Buffer.from("two"), 3).hash, generation: 3 }], kept, writer);
    assert.deepEqual([writes, kept.size], [["create", "patch", "create", "remove"], 1]);
  });

  it("passes over a damaged one to the one before", async () => {
    const programs = new Programs();
    await programs.keep(config, good(Buffer.from("one"), 1), "ns", kept, writer);
    const [first] = kept.list();
    assert.ok(first);
    const damaged: RevisionObject = { ...first, metadata: { ...first.metadata, name: "other" }, revision: 2, data: { ...first.data, hash: "0".repeat(64) } };
    const cut: RevisionObject = { ...first, metadata: { ...first.metadata, name: "cut" }, revision: 3, data: { ...first.data, program: first.data.program.slice(0, 5) } };
    const next = new Programs();
    assert.deepEqual(next.load([first, damaged, cut]).map((revision) => revision.revision), [3, 2]);
    assert.equal(next.of("u1")?.generation, 1);
  });

  it("refuses what the cluster cannot keep, and keeps what it had", async () => {
    const programs = new Programs();
    await programs.keep(config, good(Buffer.from("one"), 1), "ns", kept, writer);
    await assert.rejects(() => programs.keep(config, good(randomBytes(2_000_000), 2), "ns", kept, writer), ProgramTooLargeError);
    assert.deepEqual([programs.of("u1")?.generation, kept.size], [1, 1]);
  });
});
