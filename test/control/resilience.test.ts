// SPDX-License-Identifier: Apache-2.0
// Bad times: the API server goes and comes, watches break, lie or fall silent, leaders die. In the end all is as wanted.
import assert from "node:assert/strict";
import { status, type ServiceError } from "@grpc/grpc-js";
import { CONFIGS, NODES } from "../../operator/resources";
import { StreamClient } from "./harness/client";
import { retry, theCluster, type Cluster } from "./harness/cluster";
import { addNode, clear, firewall, holds, nodeToken, untilConfig, untilFirewallNode, untilNoConfig, untilNoFirewallNode } from "./harness/objects";
import { startOperator, type OperatorProcess } from "./harness/operator";
import { Proxy } from "./harness/proxy";

const LEASE = { group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease" } as const;

describe("operator in bad times", function () {
  this.timeout(90_000);
  let cluster: Cluster;
  let proxy: Proxy;
  let operator: OperatorProcess;

  before(async function () {
    this.timeout(120_000);
    cluster = await theCluster();
    proxy = new Proxy(cluster);
    await proxy.open();
    operator = await startOperator(cluster, { server: proxy.server, flags: ["--watch-idle-timeout", "3s", "--resync-period", "2s"] });
    await addNode(cluster, "r1", { pool: "r" });
    await cluster.apply(firewall("rough", { pool: "r" }));
    await untilFirewallNode(cluster, "r1", (n) => n.spec.hash !== "", "selected");
  });

  afterEach(() => {
    proxy.fault = () => undefined;
    proxy.cut();
  });

  after(async () => {
    await clear(cluster);
    await operator.process.stop();
    await proxy.close();
  });

  const watchStat = async (what: string, resource: string): Promise<number> => (await operator.metrics()).get(`portcullis_operator_watch_${what}_total{resource="${resource}"}`) ?? -1;

  /** A label that comes and goes must be followed, whatever happened to the watch. */
  async function followsNodes(name: string): Promise<void> {
    await addNode(cluster, name, { pool: "r" });
    await untilFirewallNode(cluster, name, (n) => n.spec.hash !== "", "selected");
    await cluster.patch(NODES, name, { metadata: { labels: { pool: null } } });
    await untilNoFirewallNode(cluster, name);
    await cluster.delete(NODES, name);
  }

  it("goes on after every connection was cut", async () => {
    proxy.cut();
    await followsNodes("cut");
  });

  it("lists again when a watch ends with 410", async () => {
    const before = await watchStat("gone", "nodes");
    await proxy.untilWatched("nodes");
    assert.ok(proxy.expire("nodes") > 0);
    await followsNodes("gone");
    assert.equal(await watchStat("gone", "nodes"), before + 1);
  });

  it("lists again when a watch is refused with 410", async () => {
    let refused = 0;
    proxy.fault = ({ url }) => (url.includes("/nodes?watch=true") && refused++ === 0 ? { code: 410, reason: "Expired" } : undefined);
    proxy.cut();
    await followsNodes("gone-2");
    assert.ok(refused > 0);
  });

  it("notices a watch that is open and silent", async () => {
    const before = await watchStat("idle", "nodes");
    await proxy.untilWatched("nodes");
    assert.ok(proxy.mute("nodes") > 0);
    await followsNodes("silent");
    assert.ok((await watchStat("idle", "nodes")) > before);
  });

  it("finds events that a watch lost, counts them and makes them good", async () => {
    await proxy.untilWatched("nodes");
    assert.ok(proxy.lose("nodes", (line) => line.includes('"lost"')) > 0);
    await addNode(cluster, "lost", { pool: "r" });
    // An event that does arrive takes the watch past the one that did not.
    await cluster.patch(NODES, "r1", { metadata: { labels: { passed: "yes" } } });
    await untilFirewallNode(cluster, "lost", (n) => n.spec.hash !== "", "selected in spite of the lost event");
    assert.ok((await watchStat("missed_events", "nodes")) > 0);
    await cluster.delete(NODES, "lost");
    await untilNoFirewallNode(cluster, "lost");
  });

  it("waits as long as 429 says", async () => {
    const tried: number[] = [];
    proxy.fault = ({ url, at }) => {
      if (!url.includes("/nodes?watch=true") || tried.length >= 2) return undefined;
      tried.push(at);
      return { code: 429, reason: "TooManyRequests", retryAfter: 2 };
    };
    proxy.cut();
    await followsNodes("later");
    assert.equal(tried.length, 2);
    assert.ok((tried[1] ?? 0) - (tried[0] ?? 0) >= 2000, "the second try came before the time that the server had named");
  });

  it("is not brought down by 500, by a server that hangs, or by writes that fail", async () => {
    let faults = 0;
    proxy.fault = ({ method, url }) => {
      if (!url.includes("/firewall") || faults++ > 12) return undefined;
      if (method === "GET") return url.includes("watch=true") && faults % 2 === 0 ? "hang" : { code: 500, reason: "InternalError" };
      return faults % 2 === 0 ? { code: 503, reason: "ServiceUnavailable" } : { code: 409, reason: "Conflict" };
    };
    proxy.cut();
    await followsNodes("hard");
    assert.ok(faults > 3);
  });

  it("keeps the streams while the API server is restarted, and works with the new one", async () => {
    const agent = new StreamClient(cluster, operator.address, { node: "r1", token: await nodeToken(cluster, "r1") });
    const first = await agent.untilDesired((d) => d.hash !== "", "program");
    agent.obey();
    await untilConfig(cluster, "rough", holds("Ready", "True"), "ready");
    await cluster.killApiServer();
    cluster.startApiServer();
    await cluster.ready();
    await cluster.patch(CONFIGS, "rough", { spec: { defaultAction: "Reject" } });
    const dialed = agent.ended === undefined ? agent : new StreamClient(cluster, operator.address, { node: "r1", token: await nodeToken(cluster, "r1") });
    const next = await dialed.untilDesired((d) => d.hash !== first.hash, "next program");
    dialed.obey();
    await untilConfig(cluster, "rough", (c) => c.status?.hash === next.hash && holds("Ready", "True")(c), "ready again");
    dialed.close();
  });
});

describe("two operators", function () {
  this.timeout(90_000);
  let cluster: Cluster;
  let pair: [OperatorProcess, OperatorProcess];
  let token: string;

  before(async function () {
    this.timeout(120_000);
    cluster = await theCluster();
    pair = [await startOperator(cluster, { name: "operator-a" }), await startOperator(cluster, { name: "operator-b" })];
    await addNode(cluster, "t1", { pool: "t" });
    token = await nodeToken(cluster, "t1");
    await cluster.apply(firewall("two", { pool: "t" }));
    await untilFirewallNode(cluster, "t1", (n) => n.spec.hash !== "", "selected");
  });

  after(async () => {
    await clear(cluster);
    await Promise.all(pair.map((operator) => operator.process.stop()));
  });

  async function leader(not?: OperatorProcess): Promise<OperatorProcess> {
    return retry(async () => {
      const lease = await cluster.get<{ metadata: { name: string }; spec?: { holderIdentity?: string } }>(LEASE as never, "portcullis-operator", "portcullis-system");
      const found = pair.find((operator) => operator.name === lease?.spec?.holderIdentity);
      if (found === undefined || found === not || (await found.metrics()).get("portcullis_operator_leader") !== 1) throw new Error("no leader yet");
      return found;
    }, 20_000, "nobody leads");
  }

  const other = (than: OperatorProcess): OperatorProcess => (pair[0] === than ? pair[1] : pair[0]);
  const dial = (operator: OperatorProcess): StreamClient => new StreamClient(cluster, operator.address, { node: "t1", token });

  /** As an agent does: whoever does not lead says so, and the next one is tried. */
  async function serves(operator: OperatorProcess): Promise<StreamClient> {
    return retry(async () => {
      const client = dial(operator);
      await Promise.race([client.untilDesired((d) => d.hash !== "", "program"), client.untilEnded().then((end) => Promise.reject(new Error(String(end))))]);
      return client;
    }, 20_000, "the leader does not serve");
  }

  it("only the leader serves agents, the other one says UNAVAILABLE", async () => {
    const first = await leader();
    (await serves(first)).close();
    const end = (await dial(other(first)).untilEnded()) as ServiceError;
    assert.deepEqual([status[end.code], /does not lead/.test(end.details)], ["UNAVAILABLE", true]);
  });

  it("the lease is given back on SIGTERM, so that the next one leads at once", async () => {
    const first = await leader();
    const agent = await serves(first);
    const position = other(first).process.output.length;
    assert.equal(await first.process.stop(), 0);
    await agent.untilEnded();
    await other(first).process.line(/"leading"/, { from: position, timeoutMs: 3_000 });
    const index = pair.indexOf(first);
    pair[index] = await startOperator(cluster, { at: first });
    await followsLabels();
  });

  it("kill -9 of the leader: the other one takes over, and the agent gets the same program", async () => {
    const first = await leader();
    const agent = await serves(first);
    const hash = agent.desired.at(-1)?.hash;
    await first.process.kill();
    const second = await leader(first);
    const again = await serves(second);
    assert.equal(again.desired.at(-1)?.hash, hash);
    again.close();
    await followsLabels();
    pair[pair.indexOf(first)] = await startOperator(cluster, { at: first });
  });

  it("a leader that was frozen past its lease writes nothing when it wakes", async () => {
    const first = await leader();
    const position = first.process.output.length;
    first.process.signal("SIGSTOP");
    const second = await leader(first);
    await cluster.apply(firewall("two", { pool: "t" }, { defaultAction: "Reject" }));
    await untilConfig(cluster, "two", (c) => c.status?.observedGeneration === c.metadata.generation, "judged by the second");
    first.process.signal("SIGCONT");
    await first.process.line(/"not leading"/, { from: position });
    assert.equal(await leader(), second);
    await followsLabels();
    const lease = await cluster.get<{ metadata: { name: string }; spec?: { holderIdentity?: string } }>(LEASE as never, "portcullis-operator", "portcullis-system");
    assert.equal(lease?.spec?.holderIdentity, second.name);
  });

  async function followsLabels(): Promise<void> {
    await addNode(cluster, "t2", { pool: "t" });
    await untilFirewallNode(cluster, "t2", (n) => n.spec.hash !== "", "selected");
    await cluster.delete(NODES, "t2");
    await untilNoFirewallNode(cluster, "t2");
  }

  it("the config goes when nobody is there to confirm, because nothing ever ran", async () => {
    await cluster.delete(CONFIGS, "two");
    await untilNoConfig(cluster, "two", 20_000);
  });
});
