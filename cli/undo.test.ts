// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { hashOf, undoable, type Revision } from "../operator/history/history";
import type { ConfigObject } from "../operator/resources";
import { choose } from "./commands/undo";

const spec = (mark: string): Record<string, unknown> => ({ mark });
const config = (mark: string, rollout: object = {}): ConfigObject => ({ metadata: { name: "edge" }, spec: { ...spec(mark), rollout } });
const revision = (number: number, mark: string): Revision => ({ revision: number, hash: hashOf(undoable(spec(mark))), time: "", manager: "", cause: "", current: false });
const KEPT = [revision(4, "c"), revision(3, "b"), revision(1, "a")];

describe("undo", () => {
  it("goes back to the newest that differs: the one before, or after an invalid edit the one in force", () => {
    assert.equal(choose(config("c"), KEPT, undefined)?.revision, 3);
    assert.equal(choose(config("invalid"), KEPT, undefined)?.revision, 4);
  });

  it("goes to the revision that is named, and does nothing when it is there", () => {
    assert.equal(choose(config("c"), KEPT, 1)?.revision, 1);
    assert.equal(choose(config("c", { maxUnavailable: 5 }), KEPT, 4), undefined);
  });

  it("says what is kept when there is nothing to go to", () => {
    assert.throws(() => choose(config("c"), KEPT, 2), /no revision 2 of edge: kept are 4, 3, 1$/);
    assert.throws(() => choose(config("a"), [revision(1, "a")], undefined), /no earlier revision of edge to go back to: kept is 1$/);
    assert.throws(() => choose(config("a"), [], undefined), /none is kept$/);
  });

  it("does not undo what is paused", () => {
    assert.throws(() => choose(config("c", { paused: true }), KEPT, undefined), /edge is paused: set spec\.rollout\.paused to false first/);
  });
});
