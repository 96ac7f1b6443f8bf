// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { FakeClock, settle } from "./kube/clock";
import { ApiError } from "./kube/errors";
import { FakeApi } from "./kube/fake-api";
import { fencedWriter } from "./kube/objects";
import { holdLeaderLabel, LEADER_LABEL } from "./leader-label";

describe("holdLeaderLabel()", () => {
  let api: FakeApi;
  let clock: FakeClock;
  let pods: Map<string, string | undefined>;
  let broken: boolean;
  let warnings: number;

  beforeEach(() => {
    [api, clock, broken, warnings] = [new FakeApi(), new FakeClock(), false, 0];
    pods = new Map([["a", undefined], ["b", "true"]]);
    api.answer = ({ method, path, call }) => {
      if (broken) throw new ApiError(503, "ServiceUnavailable", "down");
      if (method === "GET") return { items: [...pods].filter(([, label]) => label === "true").map(([name]) => ({ metadata: { name, namespace: "fw", resourceVersion: "1" } })) };
      const name = path.split("/").pop() as string;
      pods.set(name, (call.body as { metadata: { labels: Record<string, string | null> } }).metadata.labels[LEADER_LABEL] ?? undefined);
      return {};
    };
  });

  const start = (pod: string): AbortController => {
    const term = new AbortController();
    const writer = fencedWriter(api, { signal: term.signal, leading: () => !term.signal.aborted });
    void holdLeaderLabel({ transport: api, clock, namespace: "fw", pod, warn: () => void warnings++ }, term.signal, writer);
    return term;
  };

  it("takes the label from a leader that died, keeps it, and gives it back", async () => {
    const term = start("a");
    await settle();
    assert.deepEqual([...pods], [["a", "true"], ["b", undefined]]);
    pods.set("a", undefined); // somebody's kubectl
    await clock.advance(61_000);
    assert.equal(pods.get("a"), "true");
    term.abort(new Error("lost"));
    await settle();
    assert.deepEqual([...pods], [["a", undefined], ["b", undefined]]);
  });

  it("tries until it succeeds, and tells it once", async () => {
    broken = true;
    const term = start("a");
    await clock.advance(10_000);
    assert.equal(warnings, 1);
    broken = false;
    await clock.advance(2_000);
    assert.equal(pods.get("a"), "true");
    term.abort(new Error("end of test"));
  });
});
