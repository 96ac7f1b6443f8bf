// SPDX-License-Identifier: Apache-2.0
// Whole terms of an operator over a cluster in memory: what it writes, when it does not, and what a crash leaves.
import assert from "node:assert/strict";
import { Crash, MemoryCluster } from "./memory-cluster";
import type { ConfigObject, FirewallNodeObject } from "./resources";

const ALL = { matchLabels: { pool: "a" } };

function conditionOf(object: ConfigObject | FirewallNodeObject | undefined, type: string): string {
  const conditions = (object?.status?.conditions ?? []) as { type: string; status: string; reason: string }[];
  const found = conditions.find((condition) => condition.type === type);
  return found === undefined ? "absent" : `${found.status} ${found.reason}`;
}

describe("reconciling", () => {
  let cluster: MemoryCluster;

  beforeEach(() => {
    cluster = new MemoryCluster();
  });

  const node = (name: string, labels: Record<string, string> = { pool: "a" }): void => void cluster.put(cluster.caches.nodes, { ...cluster.caches.nodes.get(name), metadata: { ...cluster.caches.nodes.get(name)?.metadata, name, labels } });
  const config = (name: string, mark: string, nodeSelector: ConfigObject["spec"]["nodeSelector"] = ALL): void => {
    const before = cluster.caches.configs.get(name);
    cluster.put(cluster.caches.configs, { ...before, metadata: { ...before?.metadata, name }, spec: { mark, ...(nodeSelector && { nodeSelector }) } });
  };
  const getConfig = (name: string): ConfigObject | undefined => cluster.caches.configs.get(name);
  const getNode = (name: string): FirewallNodeObject | undefined => cluster.caches.firewallNodes.get(name);
  const told = (name: string): string | undefined => cluster.agents.told.get(name)?.bytes.toString();

  async function begin(...present: string[]): Promise<void> {
    for (const name of present) {
      node(name);
      cluster.agents.present.add(name);
    }
    await cluster.start();
    await cluster.drain();
    await cluster.pass(1_000);
  }

  it("comes to rest, and then writes nothing more", async () => {
    config("edge", "one");
    await begin("n1", "n2");
    assert.equal(conditionOf(getConfig("edge"), "Ready"), "True AllNodesReady");
    assert.deepEqual([told("n1"), getNode("n1")?.status?.applied?.verified], ['{"mark":"one"}', true]);
    const { writes } = cluster;
    cluster.world?.changed();
    await cluster.pass(30_000);
    assert.equal(cluster.writes, writes);
  });

  it("writes counters at most once a minute, and everything else at once", async () => {
    config("edge", "one");
    await begin("n1");
    const { writes } = cluster;
    const report = cluster.agents.view("n1")?.report;
    assert.ok(report);
    for (let i = 1; i <= 120; i++) {
      cluster.agents.report("n1", { ...report, counters: { "rx-packets": i } });
      await cluster.pass(1_000);
    }
    assert.equal(cluster.writes - writes, 2);
    cluster.agents.report("n1", { ...report, ports: [{ name: "lan", kind: "tap", state: "Down", mac: "", message: "", mtu: 1500 }] });
    await cluster.drain();
    assert.equal(conditionOf(getNode("n1"), "Ready"), "False PortsNotReady");
  });

  it("says in condition and Event what a worker has lost or carried over at its start, once, and stays ready", async () => {
    config("edge", "one");
    await begin("n1");
    const report = cluster.agents.view("n1")?.report;
    assert.ok(report);
    for (const reason of ["StateReplaced", "", "StateConverted", "StateConverted"]) {
      cluster.agents.report("n1", { ...report, reason, message: reason === "" ? "" : `because of ${reason}` });
      await cluster.drain();
      assert.equal(conditionOf(getNode("n1"), "ConfigApplied"), `True ${reason === "" ? "Applied" : reason}`);
      assert.equal(conditionOf(getNode("n1"), "Ready"), "True Ready");
      assert.equal(getNode("n1")?.status?.applied?.message, reason === "" ? undefined : `because of ${reason}`);
    }
    const told = cluster.events.filter(({ reason }) => reason.startsWith("State")).map(({ reason, note }) => [reason, note]);
    assert.deepEqual(told, [["StateReplaced", "because of StateReplaced"], ["StateConverted", "because of StateConverted"]]);
  });

  it("says Unknown after 40 s of silence, and not because a new operator leads", async () => {
    config("edge", "one");
    await begin("n1");
    await cluster.pass(38_000);
    assert.equal(conditionOf(getNode("n1"), "Ready"), "True Ready");
    await cluster.pass(3_000);
    assert.equal(conditionOf(getNode("n1"), "Ready"), "Unknown AgentSilent");
    assert.equal(conditionOf(getConfig("edge"), "Ready"), "Unknown NodesUnknown");
    cluster.agents.obey("n1");
    await cluster.pass(1_000);
    assert.equal(conditionOf(getConfig("edge"), "Ready"), "True AllNodesReady");
    cluster.agents.present.clear();
    await cluster.start();
    await cluster.pass(38_000);
    assert.equal(conditionOf(getNode("n1"), "Ready"), "True Ready", "agents have time to find the new leader");
    await cluster.pass(3_000);
    assert.equal(conditionOf(getNode("n1"), "Ready"), "Unknown AgentSilent");
  });

  it("keeps program and selector of the last good generation, also in the next operator", async () => {
    config("edge", "one");
    await begin("n1");
    node("n2", { pool: "b" });
    config("edge", "bad", { matchLabels: { pool: "b" } });
    await cluster.pass(1_000);
    for (const _operator of ["this one", "the next one"]) {
      assert.deepEqual([told("n1"), getNode("n2"), conditionOf(getConfig("edge"), "Compiled")], ['{"mark":"one"}', undefined, "False CompileFailed"]);
      await cluster.start();
      await cluster.pass(1_000);
    }
    assert.deepEqual(cluster.events.filter((event) => event.reason === "CompileFailed").map((event) => event.note), ["spec.policies[0].from[0]: There is no zone dmz."]);
    config("edge", "two", { matchLabels: { pool: "b" } });
    cluster.agents.present.add("n2");
    await cluster.pass(5_000);
    assert.deepEqual([getNode("n1"), told("n1"), told("n2")], [undefined, "", '{"mark":"two"}']);
  });

  it("lets a config that never compiled claim nothing", async () => {
    config("older", "bad");
    config("younger", "one");
    await begin("n1");
    assert.deepEqual([getNode("n1")?.spec.config, conditionOf(getConfig("younger"), "Conflict")], ["younger", "False NoConflict"]);
    config("older", "two");
    await cluster.pass(1_000);
    assert.deepEqual([getNode("n1")?.spec.config, conditionOf(getConfig("younger"), "Conflict")], ["older", "True NodesClaimed"]);
    assert.equal(told("n1"), '{"mark":"two"}');
  });

  it("waits for a node that is away only so long, says so, and tells it later", async () => {
    config("edge", "one");
    await begin("n1");
    cluster.agents.present.delete("n1");
    cluster.remove(cluster.caches.configs, "edge");
    await cluster.pass(29_000);
    assert.equal(conditionOf(getConfig("edge"), "Progressing"), "True Stopping");
    await cluster.pass(2_000);
    assert.deepEqual([getConfig("edge"), getNode("n1"), cluster.caches.revisions.size], [undefined, undefined, 0]);
    assert.equal(cluster.events.filter((event) => event.reason === "NodeAway").length, 2);
    assert.equal(told("n1"), "");
  });

  it("hands a node over to another config without stopping it", async () => {
    config("first", "one");
    config("second", "two");
    await begin("n1");
    const orders: string[] = [];
    const desire = cluster.agents.desire.bind(cluster.agents);
    cluster.agents.desire = (name, desired) => (orders.push(desired.hash === "" ? "stop" : desired.config), desire(name, desired));
    cluster.remove(cluster.caches.configs, "first");
    await cluster.pass(2_000);
    assert.deepEqual([orders.includes("stop"), told("n1"), getConfig("first")], [false, '{"mark":"two"}', undefined]);
  });

  it("takes a node away when its label has been gone for a moment, not while it flaps", async () => {
    config("edge", "one");
    await begin("n1");
    const { writes } = cluster;
    for (let i = 0; i < 5; i++) {
      node("n1", {});
      await cluster.pass(1_000);
      node("n1");
      await cluster.pass(1_000);
    }
    assert.deepEqual([told("n1"), conditionOf(getNode("n1"), "Ready")], ['{"mark":"one"}', "True Ready"]);
    assert.ok(cluster.writes - writes <= 10, "only the config's status counts its nodes");
    node("n1", {});
    await cluster.pass(5_000);
    assert.deepEqual([told("n1"), getNode("n1")], ["", undefined]);
  });

  it("writes one status for a change that is applied soon, and says Applying of one that is not", async () => {
    config("edge", "one");
    await begin("n1");
    const versions = new Set<string | undefined>();
    const put = cluster.caches.firewallNodes.put.bind(cluster.caches.firewallNodes);
    cluster.caches.firewallNodes.put = (object) => (versions.add(object.metadata.resourceVersion), put(object));
    config("edge", "two");
    await cluster.pass(1_000);
    assert.deepEqual([versions.size, conditionOf(getNode("n1"), "Ready"), getNode("n1")?.status?.observedGeneration], [2, "True Ready", getNode("n1")?.metadata.generation], "spec and status");
    cluster.agents.present.delete("n1");
    config("edge", "three");
    await cluster.pass(4_000);
    assert.notEqual(getNode("n1")?.status?.observedGeneration, getNode("n1")?.metadata.generation, "the status says that it is older");
    await cluster.pass(2_000);
    assert.equal(conditionOf(getNode("n1"), "Ready"), "False Applying");
  });

  it("writes the counters of many nodes no faster than one node a second", async () => {
    config("edge", "one");
    const names = Array.from({ length: 200 }, (_, i) => `n${i}`);
    await begin(...names);
    await cluster.pass(5_000);
    const { writes } = cluster;
    const report = cluster.agents.view("n1")?.report;
    assert.ok(report);
    for (let i = 1; i <= 10; i++) {
      for (const name of names) cluster.agents.report(name, { ...report, counters: { "rx-packets": i } });
      await cluster.pass(30_000);
    }
    assert.ok(cluster.writes - writes <= 300, `${cluster.writes - writes} writes in 300 s`);
    assert.ok(cluster.writes - writes >= 200, "each was written");
  });

  it("leaves a Node that is gone alone: no order, no FirewallNode", async () => {
    config("edge", "one");
    await begin("n1");
    cluster.remove(cluster.caches.nodes, "n1");
    await cluster.pass(1_000);
    assert.deepEqual([told("n1"), getNode("n1")], [undefined, undefined]);
    assert.equal(conditionOf(getConfig("edge"), "NodesMatched"), "False NoNodeMatches");
  });

  it("brings up 200 nodes with a few writes for each, and for the config only a few in all", async () => {
    config("edge", "one");
    await begin(...Array.from({ length: 200 }, (_, i) => `n${i}`));
    await cluster.pass(5_000);
    assert.equal(getConfig("edge")?.status?.nodes?.summary, "200/200");
    assert.ok(cluster.writes <= 200 * 2 + 12, `${cluster.writes} writes`);
    const { writes } = cluster;
    await cluster.start();
    await cluster.pass(5_000);
    assert.ok(cluster.writes - writes <= 1, `a new leader wrote ${cluster.writes - writes} times`);
  });

  it("reaches the same end when it crashes after any of its writes", async () => {
    const story = async (crashAfter: number): Promise<{ writes: number; end: unknown }> => {
      cluster = new MemoryCluster();
      cluster.crashAfter = crashAfter;
      const step = async (change: () => void): Promise<void> => {
        for (let act = change; ; act = () => undefined) {
          try {
            act();
            if (cluster.world === undefined) await cluster.start();
            await cluster.pass(7_000);
            return;
          } catch (error) {
            if (!(error instanceof Crash)) throw error;
            cluster.world = undefined;
          }
        }
      };
      for (const name of ["n1", "n2"]) cluster.agents.present.add(name);
      await step(() => { node("n1"); node("n2"); config("edge", "one"); config("other", "two"); });
      await step(() => config("edge", "bad"));
      await step(() => config("edge", "three"));
      await step(() => node("n2", { pool: "b" }));
      await step(() => cluster.remove(cluster.caches.configs, "edge"));
      return { writes: cluster.writes, end: picture(cluster) };
    };
    const { writes, end } = await story(Infinity);
    assert.ok(writes > 15);
    for (let i = 1; i <= writes; i++) assert.deepEqual((await story(i)).end, end, `crash after write ${i}`);
  });

  /** What must be equal in the end: everything but versions, uids and times. */
  function picture(of: MemoryCluster): unknown {
    const status = (object: ConfigObject | FirewallNodeObject): unknown => (object.status?.conditions as { type: string; status: string; reason: string }[] | undefined)?.map((c) => [c.type, c.status, c.reason]);
    return {
      configs: of.caches.configs.list().map((c) => [c.metadata.name, c.metadata.finalizers, c.status?.hash, status(c)]),
      nodes: of.caches.firewallNodes.list().map((n) => [n.metadata.name, n.metadata.finalizers, { ...n.spec, orderTime: n.spec.orderTime !== undefined }, n.status?.readyOrderTime === n.spec.orderTime, n.status?.applied, status(n)]),
      revisions: of.caches.revisions.list().map((r) => r.data.hash),
      told: [...of.agents.told].map(([name, desired]) => [name, desired.hash]).sort(),
    };
  }
});
