// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { MemoryCluster } from "../memory-cluster";
import type { ConfigObject, HistoryObject } from "../resources";
import { hashOf, historyOf, revisionsOf, specOf, undoable } from "./history";
import { managersOf } from "./origin";

describe("the history of a configuration", () => {
  let cluster: MemoryCluster;
  /** What the API server has: the caches of the operator are without the text. */
  let written: Map<string, HistoryObject>;

  function config(mark: string, more: { rollout?: object; text?: string; manager?: string; cause?: string } = {}): void {
    const before = cluster.caches.configs.get("edge");
    const { rollout = {}, text = "", manager = "kubectl", cause } = more;
    cluster.put(cluster.caches.configs, {
      ...before,
      metadata: { ...before?.metadata, name: "edge", ...(cause !== undefined && { annotations: { "kubernetes.io/change-cause": cause } }) },
      spec: { mark, text, rollout }, origin: { manager, time: `2026-01-01T00:00:0${cluster.writes % 10}Z` },
    } as ConfigObject);
  }
  const edge = (): ConfigObject => cluster.caches.configs.get("edge") as ConfigObject;
  const kept = (): HistoryObject[] => historyOf(edge(), cluster.caches.history);
  const specs = (): unknown[] => kept().map(({ revision, metadata: { name } }) => [revision, (specOf(written.get(name) as HistoryObject) as { mark: string } | undefined)?.mark]);

  beforeEach(async () => {
    cluster = new MemoryCluster();
    written = new Map();
    const { history } = cluster.caches;
    const put = history.put.bind(history);
    history.put = (object) => {
      if (object.data.spec !== "") written.set(object.metadata.name, object);
      return put(object);
    };
    config("one");
    await cluster.start();
    await cluster.pass(2_000);
  });

  it("keeps what compiled, with number, hash and who wrote it", async () => {
    config("two", { manager: "argocd-controller", cause: "open the web" });
    await cluster.pass(2_000);
    config("bad");
    await cluster.pass(2_000);
    assert.deepEqual(specs(), [[2, "two"], [1, "one"]]);
    const [newest] = revisionsOf(edge(), kept());
    assert.deepEqual([newest?.manager, newest?.cause, newest?.current, newest?.hash], ["argocd-controller", "open the web", true, hashOf({ mark: "two", text: "" })]);
    assert.equal(edge().status?.rollout?.revision, 2);
  });

  it("gives what comes back a new number, and spec.rollout none", async () => {
    config("two");
    await cluster.pass(2_000);
    config("two", { rollout: { maxUnavailable: 3 } });
    await cluster.pass(2_000);
    assert.deepEqual(specs(), [[2, "two"], [1, "one"]]);
    config("one");
    await cluster.pass(2_000);
    assert.deepEqual([specs(), edge().status?.rollout?.revision], [[[3, "one"], [2, "two"]], 3]);
    assert.deepEqual(undoable({ rollout: {}, mark: 1 }), { mark: 1 });
  });

  it("keeps as many earlier ones as are asked for", async () => {
    for (let i = 2; i <= 14; i++) {
      config(`m${i}`);
      await cluster.pass(1_000);
    }
    assert.deepEqual([kept().length, specs()[0], specs().at(-1)], [11, [14, "m14"], [4, "m4"]]);
    config("m14", { rollout: { revisionHistoryLimit: 0 } });
    await cluster.pass(1_000);
    assert.deepEqual(specs(), [[14, "m14"]]);
  });

  it("writes nothing when nothing is new, also as the next operator", async () => {
    const { writes } = cluster;
    await cluster.start();
    await cluster.pass(5_000);
    assert.equal(cluster.writes, writes);
  });

  it("says what is too large to be kept, once, and lets the oldest go when all together are", async () => {
    config("huge", { text: randomBytes(1_100_000).toString("base64") });
    await cluster.pass(5_000);
    const notes = (): string[] => cluster.events.filter(({ reason }) => reason === "RevisionNotKept").map(({ note }) => note);
    assert.deepEqual([specs(), notes().length], [[[1, "one"]], 1]);
    assert.match(notes()[0] ?? "", /generation 2 needs \d+ KiB compressed, more than the 1269 KiB/);
    for (let i = 0; i < 8; i++) {
      config(`large${i}`, { text: randomBytes(900_000).toString("base64") });
      await cluster.pass(1_000);
    }
    assert.deepEqual([kept().length, kept()[0]?.revision], [6, 9]);
    assert.match(notes().at(-1) ?? "", /had to go: .* more than 8 MiB together/);
  });

  it("goes with the config", async () => {
    assert.deepEqual(kept()[0]?.metadata.ownerReferences?.map(({ kind, uid }) => [kind, uid]), [["FirewallConfig", edge().metadata.uid]]);
    cluster.remove(cluster.caches.configs, "edge");
    await cluster.pass(5_000);
    assert.deepEqual([cluster.caches.configs.size, cluster.caches.history.size], [0, 0]);
  });

  it("knows who owns parts of spec", () => {
    const managedFields = [
      { manager: "portcullis", fieldsV1: { "f:metadata": {} } }, { manager: "portcullis", subresource: "status", fieldsV1: { "f:spec": {} } },
      { manager: "kubectl", time: "2026-01-01T00:00:00Z", fieldsV1: { "f:spec": {} } }, { manager: "argocd-controller", time: "2026-01-02T00:00:00Z", fieldsV1: { "f:spec": {} } },
    ];
    assert.deepEqual(managersOf({ metadata: { name: "x", managedFields } as never }).map(({ manager }) => manager), ["argocd-controller", "kubectl"]);
    assert.deepEqual(managersOf({ metadata: { name: "x" } }), []);
  });
});
