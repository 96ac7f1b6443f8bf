// SPDX-License-Identifier: Apache-2.0
// The whole chain: kubectl > API server > operator > agent > worker > packets > status. Every process is real, and every one
// of them is killed in turn.
import assert from "node:assert/strict";
import { systemClock } from "../../operator/kube/clock";
import { CONFIGS, NODES, type FirewallNodeObject } from "../../operator/resources";
import { CertificateFiles } from "../../operator/stream/certificate";
import type { Report } from "../../operator/stream/report";
import { AgentServer } from "../../operator/stream/server";
import { pause, retry, theCluster, type Cluster } from "./harness/cluster";
import { RealNode } from "./harness/node";
import { addNode, clear, condition, holds, untilConfig, untilFirewallNode, untilNoConfig, untilNoFirewallNode } from "./harness/objects";
import { startOperator, type OperatorProcess } from "./harness/operator";

const POOL = { pool: "real" };
const PASS = { policies: [{ name: "out", from: ["trust"], to: ["untrust"], action: "Permit" }] };

describe("from kubectl to packets", function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let operator: OperatorProcess;
  let node: RealNode;

  before(async function () {
    this.timeout(120_000);
    cluster = await theCluster();
    node = new RealNode(cluster, "fw1");
    await node.create();
    await addNode(cluster, "fw1", POOL);
    operator = await startOperator(cluster, { listen: RealNode.listen });
    await node.startAgent([operator]);
  });

  after(async function () {
    this.timeout(60_000);
    await clear(cluster);
    await operator.process.stop();
    await node.destroy();
  });

  const ready = (what: string, hash?: string): Promise<FirewallNodeObject> =>
    untilFirewallNode(cluster, "fw1", (n) => holds("Ready", "True")(n) && (hash === undefined || n.status?.applied?.hash === hash), what, 60_000);

  const passes = (what: string): Promise<void> => retry(async () => assert.ok(await node.passes()), 20_000, `no packet passes ${what}`);
  const stops = (what: string): Promise<void> => retry(async () => assert.ok(!(await node.passes())), 20_000, `packets pass ${what}`);

  it("an applied config is acknowledged by the worker, and packets obey it", async () => {
    await cluster.apply(node.config("real", POOL, PASS));
    const fw = await ready("running");
    assert.equal(fw.status?.applied?.hash, fw.spec.hash);
    assert.equal(fw.status?.worker?.phase, "Forwarding");
    assert.deepEqual(fw.status?.ports?.map((port) => [port.name, port.state]), [["lan", "Up"], ["wan", "Up"]]);
    await untilConfig(cluster, "real", holds("Ready", "True", "AllNodesReady"), "ready");
    await node.plugHosts();
    await passes("that should");
    assert.equal(await node.passesBack(), false, "the other way is not permitted");
  });

  it("an edit changes what packets may do", async () => {
    await cluster.apply(node.config("real", POOL, { policies: [{ ...PASS.policies[0], action: "Deny" }] }));
    await untilConfig(cluster, "real", holds("Ready", "True"), "ready");
    await stops("after the policy denies them");
    await cluster.apply(node.config("real", POOL, PASS));
    await untilConfig(cluster, "real", holds("Ready", "True"), "ready");
    await passes("after the policy permits them again");
  });

  it("an invalid edit changes nothing", async () => {
    const { spec } = await ready("running");
    const lost = await node.lossDuring(async () => {
      await cluster.apply(node.config("real", POOL, { policies: [{ name: "out", from: ["dmz"], to: ["untrust"], action: "Deny" }] }));
      const bad = await untilConfig(cluster, "real", holds("Compiled", "False", "CompileFailed"), "refused");
      assert.match(condition(bad, "Compiled").message, /spec\.policies\[0\]\.from\[0\].*dmz/);
    });
    assert.equal(lost, 0);
    assert.equal((await ready("still running")).spec.hash, spec.hash);
  });

  it("what the worker refuses is told with reason and port, and the program before it runs on", async () => {
    const before = await ready("running");
    const missing = { name: "dmz", kernelInterface: { name: "nope0" } };
    const config = node.config("real", POOL, PASS) as { spec: { dataplane: { ports: object[] }; interfaces: object[]; zones: object[] } };
    config.spec.dataplane.ports.push(missing);
    config.spec.interfaces.push({ name: "dmz0", port: "dmz", zone: "dmz", addresses: ["10.3.0.1/24"] });
    config.spec.zones.push({ name: "dmz" });
    await cluster.apply(config);
    const refused = await untilFirewallNode(cluster, "fw1", (n) => n.spec.hash !== before.spec.hash && condition(n, "ConfigApplied").reason === "PortUnavailable", "refused by the worker", 60_000);
    assert.match(condition(refused, "ConfigApplied").message, /nope0/);
    assert.equal(refused.status?.applied?.hash, before.spec.hash);
    const degraded = await untilConfig(cluster, "real", holds("Degraded", "True", "NodesDegraded"), "degraded");
    assert.deepEqual(degraded.status?.failedNodes?.map((failed) => [failed.name, failed.reason]), [["fw1", "PortUnavailable"]]);
    assert.ok(await node.passes());
    await retry(async () => assert.match(await cluster.kubectl(["describe", "fwn", "fw1"]), /Warning +PortUnavailable .*nope0/), 10_000, "kubectl describe shows no Event");
    await cluster.apply(node.config("real", POOL, PASS));
    await untilConfig(cluster, "real", holds("Ready", "True"), "ready");
  });

  it("killing the operator loses no packet, and the next one finds everything as it is", async () => {
    const { spec } = await ready("running");
    const lost = await node.lossDuring(async () => {
      await operator.process.kill();
      operator = await startOperator(cluster, { listen: RealNode.listen, at: operator });
      await operator.process.line(/"agent connected"/, { timeoutMs: 60_000 });
      await ready("reported to the new operator", spec.hash);
    });
    assert.equal(lost, 0);
  });

  it("killing the agent loses no packet; the next one takes the worker over", async () => {
    const before = await ready("running");
    const lost = await node.lossDuring(async () => {
      await node.agent.kill();
      const from = operator.process.output.length;
      await node.startAgent([operator]);
      await operator.process.line(/"agent connected"/, { from, timeoutMs: 60_000 });
      await ready("reported by the new agent", before.spec.hash);
    });
    assert.equal(lost, 0);
    const after = await ready("running");
    assert.deepEqual([after.status?.worker?.pid, after.status?.worker?.starts], [before.status?.worker?.pid, before.status?.worker?.starts]);
  });

  it("killing the worker brings it back with the same program", async () => {
    const before = await ready("running");
    const pid = before.status?.worker?.pid ?? 0;
    assert.ok(pid > 1);
    process.kill(pid, "SIGKILL");
    await untilFirewallNode(cluster, "fw1", (n) => n.status?.worker?.pid !== pid && holds("Ready", "True")(n) && n.status?.applied?.hash === before.spec.hash, "forwarding again", 60_000);
    await passes("after the worker came back");
  });

  it("API server and etcd killed and gone for 30 seconds: no packet is lost, and the next edit arrives", async () => {
    const { spec } = await ready("running");
    const lost = await node.lossDuring(async () => {
      await cluster.killApiServer();
      await cluster.killEtcd();
      await pause(30_000);
      cluster.startEtcd();
      cluster.startApiServer();
      await cluster.ready();
      await cluster.apply(node.config("real", POOL, { ...PASS, defaultAction: "Reject" }));
      await untilFirewallNode(cluster, "fw1", (n) => n.spec.hash !== spec.hash && holds("Ready", "True")(n), "on the next program", 60_000);
    });
    assert.equal(lost, 0);
  });

  it("a program newer than the agent is refused with VersionSkew, and forwarding goes on", async () => {
    const before = await ready("running");
    assert.equal(await operator.process.stop(), 0);
    const certificate = new CertificateFiles(cluster.pki.path("operator.crt"), cluster.pki.path("operator.key"), () => undefined);
    await certificate.read();
    const newer = new AgentServer({ authenticator: { check: () => Promise.resolve("") }, clock: systemClock, log: { info: () => undefined, warn: () => undefined } });
    try {
      const skewed = new Promise<Report>((resolve) => newer.open(() => {
        const report = newer.view("fw1")?.report;
        if (report?.reason === "VersionSkew") resolve(report);
      }));
      newer.desire("fw1", { hash: "f".repeat(64), config: "real", programVersion: 99, bytes: Buffer.from("{}") });
      await newer.listen(`${RealNode.listen}:${operator.address.split(":").pop()}`, certificate.identity);
      const report = await skewed;
      assert.equal(report.activeHash, before.spec.hash);
      assert.equal(await node.lossDuring(async () => undefined), 0);
    } finally {
      newer.shutdown();
      operator = await startOperator(cluster, { listen: RealNode.listen, at: operator });
    }
    await ready("with the operator of its own version", before.spec.hash);
  });

  it("without operator and after a kill of agent and worker the node starts from its last good program", async () => {
    const before = await ready("running");
    assert.equal(await operator.process.stop(), 0);
    await node.agent.kill();
    process.kill(before.status?.worker?.pid ?? 0, "SIGKILL");
    await stops("without a worker");
    await node.startAgent([operator]);
    await passes("from the last good program");
    operator = await startOperator(cluster, { listen: RealNode.listen, at: operator });
    await untilFirewallNode(cluster, "fw1", (n) => n.status?.worker?.pid !== before.status?.worker?.pid && holds("Ready", "True")(n), "reported again", 60_000);
  });

  it("kill -9 of the leading of two operators loses no packet; the agent finds the other one", async () => {
    const other = await startOperator(cluster, { name: "operator-b", listen: RealNode.listen });
    await node.agent.kill();
    await node.startAgent([other, operator]);
    await operator.process.line(/"agent connected"/, { from: operator.process.output.length, timeoutMs: 60_000 });
    const { spec } = await ready("running");
    const lost = await node.lossDuring(async () => {
      await operator.process.kill();
      await other.process.line(/"agent connected"/, { timeoutMs: 60_000 });
      await cluster.apply(node.config("real", POOL, { ...PASS, defaultAction: "Deny" }));
      await untilFirewallNode(cluster, "fw1", (n) => n.spec.hash !== spec.hash && holds("Ready", "True")(n), "on the next program", 60_000);
    });
    operator = other;
    assert.equal(lost, 0);
  });

  it("a node that loses its label stops, and starts again with it", async () => {
    await cluster.patch(NODES, "fw1", { metadata: { labels: { pool: null } } });
    await untilNoFirewallNode(cluster, "fw1", 60_000);
    await stops("though the node was released");
    await cluster.patch(NODES, "fw1", { metadata: { labels: POOL } });
    await ready("running again");
    await node.plugHosts();
    await passes("after the node was selected again");
  });

  it("a deleted config stops its nodes and then goes", async () => {
    await cluster.delete(CONFIGS, "real");
    await untilNoConfig(cluster, "real", 60_000);
    await untilNoFirewallNode(cluster, "fw1");
    assert.equal(await node.passes(), false);
  });
});
