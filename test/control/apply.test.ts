// SPDX-License-Identifier: Apache-2.0
// What kubectl apply, label and delete do: selection, status, last good, stop. Agents are stream clients here.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { CONFIGS, FIREWALL_NODES, NODES } from "../../operator/resources";
import { StreamClient } from "./harness/client";
import { retry, theCluster, type Cluster } from "./harness/cluster";
import { addNode, clear, condition, firewall, holds, nodeToken, untilConfig, untilFirewallNode, untilNoConfig, untilNoFirewallNode } from "./harness/objects";
import { startOperator, type OperatorProcess } from "./harness/operator";

describe("operator with a real API server", function () {
  this.timeout(90_000);
  let cluster: Cluster;
  let operator: OperatorProcess;

  before(async function () {
    this.timeout(120_000);
    cluster = await theCluster();
    operator = await startOperator(cluster);
  });

  after(async () => {
    await clear(cluster);
    assert.equal(await operator.process.stop(), 0);
  });

  async function dial(node: string): Promise<StreamClient> {
    return new StreamClient(cluster, operator.address, { node, token: await nodeToken(cluster, node) });
  }

  it("gives every selected node a FirewallNode, its agent the program, and says Ready when the worker acknowledged it", async () => {
    await Promise.all(["a1", "a2", "a3"].map((name) => addNode(cluster, name, { pool: name === "a3" ? "other" : "a" })));
    await cluster.apply(firewall("edge", { pool: "a" }));
    const node = await untilFirewallNode(cluster, "a1", (n) => n.spec.hash !== "", "given a hash");
    assert.equal(node.metadata.ownerReferences?.[0]?.kind, "Node");
    assert.equal(node.spec.config, "edge");
    await untilConfig(cluster, "edge", holds("Ready", "Unknown", "NodesUnknown"), "waiting for agents");
    const agents = await Promise.all(["a1", "a2"].map(dial));
    for (const agent of agents) {
      const { hash, size } = await agent.untilDesired((d) => d.hash === node.spec.hash, "desired program");
      agent.request(hash);
      const bytes = await agent.untilProgram(hash);
      assert.equal(BigInt(bytes.length), size);
      assert.equal(createHash("sha256").update(bytes).digest("hex"), hash);
      agent.obey();
    }
    const config = await untilConfig(cluster, "edge", holds("Ready", "True"), "ready");
    assert.deepEqual([config.status?.nodes?.summary, config.status?.hash], ["2/2", node.spec.hash]);
    assert.equal(await cluster.get(FIREWALL_NODES, "a3"), undefined);
    await cluster.kubectl(["wait", "--for=condition=Ready", "--timeout=10s", "firewallnode/a1", "firewallnode/a2", "fwc/edge"]);
    for (const agent of agents) agent.close();
  });

  it("writes nothing when the same is applied again", async () => {
    const versions = async (): Promise<unknown> =>
      [...(await cluster.list(CONFIGS)), ...(await cluster.list(FIREWALL_NODES))].map((o) => [o.metadata.name, o.metadata.resourceVersion]);
    await untilConfig(cluster, "edge", holds("Ready", "True"), "ready");
    const before = await versions();
    const log = operator.process.output.length;
    await cluster.apply(firewall("edge", { pool: "a" }));
    // A config that comes later is reconciled later: when it is done, the first one was looked at.
    await cluster.apply(firewall("later", undefined));
    await untilConfig(cluster, "later", holds("NodesMatched", "False", "SelectorAbsent"), "judged");
    await cluster.delete(CONFIGS, "later");
    await untilNoConfig(cluster, "later");
    assert.deepEqual(await versions(), before);
    assert.doesNotMatch(operator.process.output.slice(log), /reconcile failed/);
  });

  it("fights over no field: server-side apply twice changes nothing, and the operator owns only status and finalizer", async () => {
    type Managed = { manager: string; operation: string; subresource?: string; fieldsV1: Record<string, unknown> };
    const read = async () => (await cluster.get(CONFIGS, "shared")) as unknown as { metadata: { resourceVersion: string; generation: number; managedFields: Managed[] }; spec: unknown };
    const apply = (): Promise<string> => cluster.kubectl(["apply", "--server-side", "--field-manager=gitops", "--warnings-as-errors", "-f", "-"], JSON.stringify(firewall("shared", { pool: "nobody" })));
    await apply();
    await untilConfig(cluster, "shared", holds("NodesMatched", "False", "NoNodeMatches"), "judged");
    const first = await read();
    for (let i = 0; i < 2; i++) await apply();
    // A config that comes later is reconciled later: when it is done, the first one was looked at.
    await cluster.apply(firewall("later", undefined));
    await untilConfig(cluster, "later", holds("NodesMatched", "False", "SelectorAbsent"), "judged");
    const second = await read();
    assert.deepEqual(second, first);
    assert.equal(second.metadata.generation, 1, "the operator wrote no field of spec");
    const ours = second.metadata.managedFields.filter(({ manager }) => manager !== "gitops");
    assert.ok(ours.length > 0);
    for (const { subresource, fieldsV1 } of ours) {
      assert.deepEqual(Object.keys(fieldsV1), subresource === "status" ? ["f:status"] : ["f:metadata"]);
      if (subresource !== "status") assert.deepEqual(Object.keys(fieldsV1["f:metadata"] as object).filter((name) => name !== "."), ["f:finalizers"]);
    }
    const theirs = second.metadata.managedFields.filter(({ manager }) => manager === "gitops");
    assert.deepEqual(theirs.map(({ operation, fieldsV1 }) => [operation, Object.keys(fieldsV1)]), [["Apply", ["f:spec"]]]);
    for (const name of ["shared", "later"]) {
      await cluster.delete(CONFIGS, name);
      await untilNoConfig(cluster, name);
    }
  });

  it("an object that nobody has looked at is not taken for one in order", async () => {
    const made = JSON.parse(await cluster.kubectl(["create", "--dry-run=server", "-o", "json", "-f", "-"], JSON.stringify(firewall("fresh", undefined)))) as { status?: { observedGeneration?: number } };
    assert.equal(made.status?.observedGeneration, -1);
  });

  it("keeps the last good program and its selection everywhere while a newer generation is invalid, also across its own restart", async () => {
    const agent = await dial("a1");
    const good = await agent.untilDesired((d) => d.hash !== "", "program");
    agent.obey();
    await untilConfig(cluster, "edge", holds("Compiled", "True"), "compiled");
    const policies = [{ name: "out", from: ["nowhere"], to: ["untrust"], action: "Permit" }];
    await cluster.apply(firewall("edge", { pool: "other" }, { policies }));
    const bad = await untilConfig(cluster, "edge", holds("Compiled", "False", "CompileFailed"), "refused");
    assert.match(condition(bad, "Compiled").message, /spec\.policies\[0\]\.from\[0\]/);
    assert.equal(condition(bad, "Ready").status, "False");
    assert.equal(bad.status?.hash, good.hash);
    await retry(async () => assert.match(await cluster.kubectl(["describe", "fwc", "edge"]), /Warning +CompileFailed .*spec\.policies\[0\]\.from\[0\]/), 10_000, "kubectl describe shows no Event");
    agent.close();
    await operator.process.kill();
    operator = await startOperator(cluster, { at: operator });
    await operator.process.line(/"leading"/);
    const again = await dial("a1");
    await again.untilDesired((d) => d.hash === good.hash, "last good program after the restart");
    assert.equal((await cluster.get(FIREWALL_NODES, "a1"))?.spec.hash, good.hash);
    assert.equal(await cluster.get(FIREWALL_NODES, "a3"), undefined);
    await cluster.apply(firewall("edge", { pool: "a" }));
    await untilConfig(cluster, "edge", holds("Compiled", "True"), "good again");
    again.close();
  });

  it("lets the older of two configs have a node, and tells the younger which nodes and who", async () => {
    await cluster.apply(firewall("younger", { pool: "a" }));
    const younger = await untilConfig(cluster, "younger", holds("Conflict", "True", "NodesClaimed"), "in conflict");
    assert.match(condition(younger, "Conflict").message, /a1, a2 by edge/);
    assert.equal(condition(younger, "Ready").reason, "Conflict");
    assert.equal((await cluster.get(FIREWALL_NODES, "a1"))?.spec.config, "edge");
    await cluster.delete(CONFIGS, "edge");
    await untilNoConfig(cluster, "edge");
    await untilFirewallNode(cluster, "a1", (n) => n.spec.config === "younger", "taken over");
    await untilConfig(cluster, "younger", holds("Conflict", "False"), "without conflict");
  });

  it("follows node labels: added, removed, and the node deleted", async () => {
    await cluster.patch(NODES, "a3", { metadata: { labels: { pool: "a" } } });
    await untilFirewallNode(cluster, "a3", (n) => n.spec.config === "younger", "selected");
    const agent = await dial("a3");
    await agent.untilDesired((d) => d.hash !== "", "program");
    agent.obey();
    await untilFirewallNode(cluster, "a3", holds("Ready", "True"), "ready");
    await cluster.patch(NODES, "a3", { metadata: { labels: { pool: null } } });
    await agent.untilDesired((d) => d.hash === "", "order to stop");
    const stopping = await cluster.get(FIREWALL_NODES, "a3");
    assert.notEqual(stopping?.metadata.deletionTimestamp, undefined, "the FirewallNode stays until the agent confirms");
    agent.obey();
    await untilNoFirewallNode(cluster, "a3");
    agent.close();
    await cluster.delete(NODES, "a2");
    await untilNoFirewallNode(cluster, "a2");
  });

  it("says what is near when a selector matches nothing", async () => {
    await cluster.apply(firewall("nobody", { pool: "b" }));
    const nobody = await untilConfig(cluster, "nobody", holds("NodesMatched", "False", "NoNodeMatches"), "unmatched");
    assert.match(condition(nobody, "NodesMatched").message, /pool with "a"/);
    await cluster.delete(CONFIGS, "nobody");
    await untilNoConfig(cluster, "nobody");
  });

  it("makes a FirewallNode again that somebody deleted or edited", async () => {
    const before = await untilFirewallNode(cluster, "a1", (n) => n.spec.config === "younger", "selected");
    await cluster.delete(FIREWALL_NODES, "a1");
    await untilFirewallNode(cluster, "a1", (n) => n.metadata.uid !== before.metadata.uid && n.metadata.deletionTimestamp === undefined, "made again");
    await cluster.patch(FIREWALL_NODES, "a1", { spec: { hash: "0".repeat(64) } });
    await untilFirewallNode(cluster, "a1", (n) => n.spec.hash === before.spec.hash, "put right");
  });

  it("tells nodes to stop before a deleted config goes", async () => {
    const agent = await dial("a1");
    await agent.untilDesired((d) => d.hash !== "", "program");
    agent.obey();
    await untilFirewallNode(cluster, "a1", holds("Ready", "True"), "ready");
    await cluster.delete(CONFIGS, "younger");
    await agent.untilDesired((d) => d.hash === "", "order to stop");
    const going = await untilConfig(cluster, "younger", holds("Ready", "False", "Terminating"), "terminating");
    assert.match(condition(going, "Ready").message, /a1/);
    agent.obey();
    await untilNoConfig(cluster, "younger");
    await untilNoFirewallNode(cluster, "a1");
    agent.close();
  });
});
