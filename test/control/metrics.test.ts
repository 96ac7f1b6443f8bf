// SPDX-License-Identifier: Apache-2.0
// The endpoints of real processes: what operator and agent serve is what docs/metrics.md says, in both directions, and it moves.
import assert from "node:assert/strict";
import { AGENT_METRICS, OTHER_POLICIES } from "../../metrics/agent";
import { OPERATOR_METRICS } from "../../metrics/operator";
import { PROCESS_METRICS } from "../../metrics/process";
import { checkServed, parseText, type Series } from "../../metrics/testing";
import { retry, theCluster, type Cluster } from "./harness/cluster";
import { RealNode } from "./harness/node";
import { addNode, clear, holds, untilConfig } from "./harness/objects";
import { startOperator, type OperatorProcess } from "./harness/operator";

const POOL = { pool: "metrics" };
const POLICIES = { policies: [{ name: "out", from: ["trust"], to: ["untrust"], action: "Permit" }, { name: "back", from: ["untrust"], to: ["trust"], action: "Deny" }] };
const NAT = { nat: { pools: [{ name: "public", addresses: ["10.2.0.50-10.2.0.51"], ports: "2000-2999" }], source: [{ name: "hide", from: ["trust"], to: ["untrust"], pool: { name: "public" } }] } };

describe("metrics of real processes", function () {
  this.timeout(180_000);
  let cluster: Cluster;
  let operator: OperatorProcess;
  let node: RealNode;

  before(async () => {
    cluster = await theCluster();
    node = new RealNode(cluster, "metrics-1");
    await node.create();
    await addNode(cluster, "metrics-1", POOL);
    operator = await startOperator(cluster, { listen: RealNode.listen });
    await node.startAgent([operator]);
  });

  after(async () => {
    await clear(cluster);
    await operator.process.stop();
    await node.destroy();
  });

  const served = async (): Promise<string> => await (await fetch(`${operator.health}/metrics`)).text();
  const value = (series: readonly Series[], name: string, labels: Record<string, string> = {}): number =>
    series.filter((one) => one.name === name && Object.entries(labels).every(([label, text]) => one.labels[label] === text)).reduce((sum, one) => sum + one.value, 0);
  const ofAgent = async (): Promise<Series[]> => parseText(await node.metrics()).series;

  it("an agent without a program has no series of a worker, and says so", async () => {
    const series = await retry(async () => {
      const all = await ofAgent();
      assert.equal(value(all, "portcullis_agent_stream_connected"), 1);
      return all;
    }, 30_000, "the agent is not connected");
    assert.equal(value(series, "portcullis_agent_worker_up"), 0);
    assert.deepEqual(series.filter(({ name }) => name.startsWith("portcullis_worker_")), []);
  });

  it("with a firewall at work every documented metric is served, and nothing else", async () => {
    await cluster.apply(node.config("metrics", POOL, { ...POLICIES, ...NAT }));
    await untilConfig(cluster, "metrics", holds("Ready", "True"), "ready");
    await node.plugHosts();
    await retry(async () => assert.ok(await node.passes()), 20_000, "no packet passes");
    checkServed(await node.metrics(), [AGENT_METRICS, PROCESS_METRICS], ["nodejs_gc_duration_seconds"]);
    checkServed(await served(), [OPERATOR_METRICS, PROCESS_METRICS], ["nodejs_gc_duration_seconds"]);
  });

  it("the agent's numbers follow the packets", async () => {
    const before = await ofAgent();
    assert.equal(await node.passes(), true);
    await node.passesBack();
    const after = await retry(async () => {
      const all = await ofAgent();
      assert.ok(value(all, "portcullis_worker_core_busy_seconds_total") > value(before, "portcullis_worker_core_busy_seconds_total"));
      return all;
    }, 10_000, "the core was not busy");
    const grown = (name: string, labels: Record<string, string> = {}): number => value(after, name, labels) - value(before, name, labels);
    assert.ok(grown("portcullis_worker_forwarded_packets_total") >= 2);
    assert.ok(grown("portcullis_worker_port_receive_packets_total", { port: "lan" }) >= 1);
    assert.ok(grown("portcullis_worker_sessions_opened_total") >= 1);
    assert.ok(grown("portcullis_worker_policy_sessions_total", { policy: "out" }) >= 1);
    assert.ok(grown("portcullis_worker_policy_packets_total", { policy: OTHER_POLICIES }) >= 1, "the second policy is counted with the others");
    assert.ok(grown("portcullis_worker_dropped_packets_total", { reason: "policy-deny" }) >= 1);
    const busy = value(after, "portcullis_worker_core_busy_seconds_total");
    assert.ok(busy < Date.now() / 1000 - value(after, "portcullis_worker_start_timestamp_seconds"), "an idle core is not busy");
    assert.equal(value(after, "portcullis_worker_nat_pool_endpoints", { pool: "public" }), 2000);
    assert.equal(value(after, "portcullis_worker_rx_mode_info", { requested: "adaptive", effective: "adaptive" }), 1);
    assert.equal(value(after, "portcullis_worker_phase", { phase: "forwarding" }), 1);
    assert.equal(value(after, "portcullis_agent_ready"), 1);
    assert.equal(value(after, "portcullis_worker_table_capacity", { table: "sessions4" }), 4096);
  });

  it("the operator's numbers follow the cluster", async () => {
    await cluster.apply(node.config("metrics", POOL, { policies: [{ name: "wrong", from: ["nowhere"], to: ["untrust"], action: "Deny" }] }));
    await untilConfig(cluster, "metrics", holds("Compiled", "False"), "refused");
    const series = await retry(async () => {
      const { series: all } = parseText(await served());
      assert.equal(value(all, "portcullis_operator_firewallconfigs", { condition: "Compiled", status: "False" }), 1);
      return all;
    }, 10_000, "the refused configuration is not counted");
    assert.equal(value(series, "portcullis_operator_leader"), 1);
    assert.equal(value(series, "portcullis_operator_agents_connected"), 1);
    assert.equal(value(series, "portcullis_operator_firewallnodes", { ready: "True" }), 1);
    assert.ok(value(series, "portcullis_operator_compiles_total", { result: "valid" }) >= 1);
    assert.ok(value(series, "portcullis_operator_compiles_total", { result: "invalid" }) >= 1);
    assert.ok(value(series, "portcullis_operator_programs_sent_total") >= 1);
    assert.ok(value(series, "portcullis_operator_api_requests_total", { verb: "WATCH", code: "200" }) >= 4);
    assert.ok(value(series, "portcullis_operator_reconcile_duration_seconds_count", { kind: "node" }) >= 1);
  });
});
