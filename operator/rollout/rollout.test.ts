// SPDX-License-Identifier: Apache-2.0
// Rollouts over a cluster in memory: who is told what and when, and what an operator makes of a half-done one.
import assert from "node:assert/strict";
import { Crash, MemoryCluster } from "../memory-cluster";
import type { ConfigObject, FirewallNodeObject } from "../resources";
import type { Report } from "../stream/report";

const program = (cores: number): object => ({ dataplane: { cores: { count: cores }, memoryBytes: 2 ** 28, pageBytes: 4096, sessions: { ipv4: 1, ipv6: 1 } } });

describe("a rollout in the operator", () => {
  let cluster: MemoryCluster;
  let names: string[];
  /** Nodes whose worker does not come back after a restart. */
  let stuck: Set<string>;
  let ordered: string[];
  let mostAway: number;

  const node = (name: string, labels: Record<string, string> = { pool: "a" }): void => void cluster.put(cluster.caches.nodes, { ...cluster.caches.nodes.get(name), metadata: { ...cluster.caches.nodes.get(name)?.metadata, name, labels } });
  function config(mark: string, cores: number, rollout: object = {}): void {
    const before = cluster.caches.configs.get("edge");
    cluster.put(cluster.caches.configs, { ...before, metadata: { ...before?.metadata, name: "edge" }, spec: { mark, nodeSelector: { matchLabels: { pool: "a" } }, program: program(cores), rollout } } as ConfigObject);
  }
  const edge = (): ConfigObject => cluster.caches.configs.get("edge") as ConfigObject;
  const at = (name: string): FirewallNodeObject => cluster.caches.firewallNodes.get(name) as FirewallNodeObject;
  const told = (name: string): string => { const bytes = cluster.agents.told.get(name)?.bytes; return bytes === undefined || bytes.length === 0 ? "nothing" : (JSON.parse(Buffer.from(bytes).toString()) as { mark: string }).mark; };
  const condition = (type: string): string => { const found = edge().status?.conditions?.find((one) => one.type === type); return `${found?.status} ${found?.reason}`; };
  const message = (type: string): string => edge().status?.conditions?.find((one) => one.type === type)?.message ?? "";

  /** Agents restart their worker for other cores, which takes a second; nodes that are stuck never come back. */
  function obedient(): void {
    const { agents, clock } = cluster;
    const cores = new Map<string, string>();
    agents.obey = (name) => {
      const order = agents.told.get(name);
      if (order === undefined || order.hash === "") return order === undefined ? undefined : agents.report(name, report("", "", "Down"));
      const wanted = JSON.stringify((JSON.parse(Buffer.from(order.bytes).toString()) as { dataplane: object }).dataplane);
      const restarts = cores.has(name) && cores.get(name) !== wanted;
      if (!restarts && !(stuck.has(name) && !cores.has(name))) {
        cores.set(name, wanted);
        return agents.report(name, report(order.hash, order.hash, "Forwarding"));
      }
      ordered.push(name);
      agents.report(name, report("", order.hash, "Down"));
      if (stuck.has(name)) return agents.report(name, { ...report("", order.hash, "Down"), reason: "HugepagesInsufficient", message: "128 needed, 3 free" });
      void clock.after(1_000, () => {
        if (agents.told.get(name)?.hash !== order.hash) return;
        cores.set(name, wanted);
        agents.report(name, report(order.hash, order.hash, "Forwarding"));
      });
    };
    const tell = agents.report.bind(agents);
    agents.report = (name, said) => {
      tell(name, said);
      mostAway = Math.max(mostAway, names.filter((one) => agents.views.get(one)?.report?.worker?.phase === "Down").length);
    };
  }

  const report = (activeHash: string, desiredHash: string, phase: "Forwarding" | "Down"): Report => ({
    activeHash, desiredHash, reason: "", message: "", agentVersion: "1", ports: [], counters: {}, drops: {},
    worker: { phase, version: "1", dpdkVersion: "22.11", pid: 1, starts: 1, core: 0, cpus: "", exclusive: false, rxMode: undefined },
  });

  async function begin(count: number, rollout: object = {}): Promise<void> {
    cluster = new MemoryCluster();
    [names, stuck, ordered, mostAway] = [Array.from({ length: count }, (_, i) => `n${i + 1}`), new Set(), [], 0];
    for (const name of names) {
      node(name);
      cluster.agents.present.add(name);
    }
    obedient();
    config("one", 1, rollout);
    await cluster.start();
    await cluster.pass(3_000);
    assert.deepEqual([condition("Ready"), condition("Progressing"), ordered], ["True AllNodesReady", "False Complete", []]);
    mostAway = 0;
  }

  /** Time passes, and agents repeat what they said last, as they do. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 10_000) {
      await cluster.pass(Math.min(left, 10_000));
      for (const [name, { report: said }] of [...cluster.agents.views]) if (said !== undefined) cluster.agents.report(name, said);
      await cluster.drain();
    }
  }

  it("gives a change that needs no restart to all at once", async () => {
    await begin(4);
    config("two", 1);
    await cluster.drain();
    assert.deepEqual([names.map(told), ordered], [["two", "two", "two", "two"], []]);
    await pass(2_000);
    assert.deepEqual([edge().status?.rollout?.updated, cluster.caches.revisions.size], [4, 1]);
  });

  it("takes nodes one after another for a change that needs one, and keeps the program of those that wait", async () => {
    await begin(3);
    config("two", 2);
    await cluster.drain();
    assert.deepEqual(names.map(told), ["two", "one", "one"]);
    assert.deepEqual([cluster.caches.revisions.size, condition("Progressing"), edge().status?.rollout?.waiting], [2, "True RollingOut", ["n2", "n3"]]);
    await pass(30_000);
    assert.deepEqual([ordered, mostAway, names.map(told), condition("Progressing"), cluster.caches.revisions.size], [["n1", "n2", "n3"], 1, ["two", "two", "two"], "False Complete", 1]);
  });

  it("takes as many at a time as may be away, and no more when one is away already", async () => {
    await begin(8, { maxUnavailable: "25%" });
    config("two", 2, { maxUnavailable: "25%" });
    await pass(30_000);
    assert.deepEqual([ordered.length, mostAway, condition("Progressing")], [8, 2, "False Complete"]);
    cluster.agents.report("n3", report("", "", "Down"));
    mostAway = 0;
    config("three", 1, { maxUnavailable: "25%" });
    await cluster.drain();
    assert.deepEqual([...new Set(ordered.slice(8))].sort(), ["n1", "n3"], "the one that is down, and one more");
  });

  it("stops at the first that does not come back, names it, and goes on when it does", async () => {
    await begin(3, { progressDeadline: "60s" });
    stuck.add("n1");
    config("two", 2, { progressDeadline: "60s" });
    await pass(59_000);
    assert.deepEqual([condition("Progressing"), condition("Available")], ["True RollingOut", "True MinimumNodesReady"]);
    await pass(5_000);
    assert.deepEqual([condition("Progressing"), condition("Stalled"), names.map(told)], ["False ProgressDeadlineExceeded", "True NodesStalled", ["two", "one", "one"]]);
    assert.match(message("Progressing"), /^0 of 3 nodes updated\. n1 did not become ready within 60 s: HugepagesInsufficient: 128 needed, 3 free\. n2, n3 keep what they have\.$/);
    await pass(120_000);
    assert.deepEqual(names.map(told), ["two", "one", "one"]);
    assert.equal(cluster.events.filter(({ reason }) => reason === "ProgressDeadlineExceeded").length, 1);
    stuck.clear();
    cluster.agents.obey("n1");
    await pass(30_000);
    assert.deepEqual([names.map(told), condition("Progressing")], [["two", "two", "two"], "False Complete"]);
  });

  it("begins anew with a new generation: what all but one run already reaches them at once", async () => {
    await begin(3, { progressDeadline: "60s" });
    stuck.add("n1");
    config("two", 2, { progressDeadline: "60s" });
    await pass(70_000);
    stuck.clear();
    config("three", 1, { progressDeadline: "60s" });
    await pass(10_000);
    assert.deepEqual([names.map(told), condition("Progressing"), condition("Ready")], [["three", "three", "three"], "False Complete", "True AllNodesReady"]);
  });

  it("gives nothing new to anybody while it is paused, and goes on after that", async () => {
    await begin(3);
    config("two", 2);
    await cluster.drain();
    config("three", 2, { paused: true });
    await pass(20_000);
    assert.deepEqual([names.map(told), condition("Progressing")], [["two", "one", "one"], "Unknown Paused"]);
    assert.match(message("Progressing"), /n1, n2, n3 wait/);
    node("n4");
    cluster.agents.present.add("n4");
    names.push("n4");
    await pass(5_000);
    assert.equal(told("n4"), "two", "what others were given last");
    config("three", 2, { paused: false });
    await pass(30_000);
    assert.deepEqual([names.map(told), condition("Progressing")], [["three", "three", "three", "three"], "False Complete"]);
  });

  it("gives nothing to any node of a configuration that is paused from the beginning", async () => {
    await begin(1);
    cluster = new MemoryCluster();
    obedient();
    node("n1");
    config("one", 1, { paused: true });
    await cluster.start();
    await pass(5_000);
    assert.deepEqual([cluster.caches.firewallNodes.size, condition("Progressing")], [0, "Unknown Paused"]);
    config("one", 1);
    cluster.agents.present.add("n1");
    await pass(5_000);
    assert.equal(condition("Ready"), "True AllNodesReady");
  });

  it("stays in force also when the newest generation is invalid, and can be paused then", async () => {
    await begin(3);
    config("two", 2);
    await cluster.drain();
    config("bad", 2, { paused: true });
    await pass(20_000);
    assert.deepEqual(names.map(told), ["two", "one", "one"]);
    config("bad", 2);
    await pass(30_000);
    assert.deepEqual([names.map(told), condition("Progressing"), condition("Compiled")], [["two", "two", "two"], "False Complete", "False CompileFailed"]);
  });

  it("gives nodes back in the middle of one", async () => {
    await begin(3);
    config("two", 2);
    await cluster.drain();
    node("n3", {});
    await pass(20_000);
    assert.deepEqual([cluster.caches.firewallNodes.get("n3"), names.map(told), condition("Progressing")], [undefined, ["two", "two", "nothing"], "False Complete"]);
    config("three", 3);
    await cluster.drain();
    cluster.remove(cluster.caches.configs, "edge");
    await pass(20_000);
    assert.deepEqual([cluster.caches.configs.size, cluster.caches.firewallNodes.size, cluster.caches.revisions.size], [0, 0, 0]);
  });

  it("is taken over by the next operator after any write: bound and end stay the same", async () => {
    const story = async (crashAfter: number): Promise<{ writes: number; end: unknown; away: number }> => {
      await begin(4);
      const before = cluster.writes;
      cluster.crashAfter = before + crashAfter;
      config("two", 2);
      for (let passed = 0; passed < 12; ) {
        try {
          await cluster.pass(2_500);
          passed += 1;
        } catch (error) {
          if (!(error instanceof Crash)) throw error;
          for (;;) {
            try {
              await cluster.start();
              break;
            } catch (again) {
              if (!(again instanceof Crash)) throw again;
            }
          }
        }
      }
      return { writes: cluster.writes - before, away: mostAway, end: [names.map(told), condition("Progressing"), condition("Ready"), cluster.caches.revisions.size, names.map((name) => at(name).status?.readyOrderTime === at(name).spec.orderTime)] };
    };
    const { writes, end, away } = await story(Infinity);
    assert.deepEqual([away, end], [1, [["two", "two", "two", "two"], "False Complete", "True AllNodesReady", 1, [true, true, true, true]]]);
    for (let i = 1; i <= writes; i++) {
      const other = await story(i);
      assert.deepEqual([other.end, other.away], [end, 1], `crash after write ${i}`);
    }
  });
});
