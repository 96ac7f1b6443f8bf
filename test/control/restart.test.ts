// SPDX-License-Identifier: Apache-2.0
// What a change that restarts the worker does to the connections through it: a real agent, a real worker, real sockets.
import assert from "node:assert/strict";
import type { FirewallNodeObject } from "../../operator/resources";
import type { Child } from "../../scripts/lab/lab";
import { count, grows } from "../dataplane/site";
import { theCluster, type Cluster } from "./harness/cluster";
import { RealNode } from "./harness/node";
import { addNode, clear, holds, untilConfig, untilFirewallNode } from "./harness/objects";
import { startOperator, STEADY, type OperatorProcess } from "./harness/operator";

const POOL = { pool: "restart" };

describe("a change that restarts the worker", function () {
  this.timeout(180_000);
  let cluster: Cluster;
  let operator: OperatorProcess;
  let node: RealNode;
  let talk: Child;

  const config = (dataplane: object): object => {
    const made = node.config("restart", POOL) as { spec: { dataplane: object } };
    return { ...made, spec: { ...made.spec, dataplane: { ...made.spec.dataplane, ...dataplane } } };
  };
  /** The worker runs another program than this one, and the rollout knows it. */
  const backWith = (other: string | undefined): Promise<FirewallNodeObject> => untilFirewallNode(cluster, "restart1",
    (n) => n.spec.hash !== other && n.spec.orderTime !== undefined && n.status?.readyOrderTime === n.spec.orderTime && holds("Ready", "True")(n), "back", 120_000);

  before(async () => {
    cluster = await theCluster();
    node = new RealNode(cluster, "restart1");
    await node.create();
    await addNode(cluster, "restart1", POOL);
    operator = await startOperator(cluster, { name: "operator-restart", listen: RealNode.listen, flags: STEADY });
    await node.startAgent([operator]);
    await cluster.apply(config({}));
    await backWith(undefined);
    await node.plugHosts();
    talk = await node.talk();
    await grows(talk, /^echo/, 10);
  });

  after(async () => {
    await clear(cluster);
    await operator.process.stop();
    await node.destroy();
  });

  for (const [what, dataplane] of [
    ["of cores", { cores: { list: "0" } }],
    ["of memory", { cores: { list: "0" }, memory: { size: "300Mi", pageSize: "4Ki" } }],
    ["of the session tables", { cores: { list: "0" }, memory: { size: "300Mi", pageSize: "4Ki" }, sessions: { ipv4: 8192, ipv6: 2048 } }],
  ] as const) {
    it(`keeps the connections: one ${what}`, async () => {
      const before = await backWith(undefined);
      await cluster.apply(config(dataplane));
      const after = await backWith(before.spec.hash);
      assert.notEqual(after.status?.worker?.pid, before.status?.worker?.pid, "another worker");
      assert.notEqual(after.spec.template, before.spec.template);
      await grows(talk, /^echo/, 50, 120_000);
      assert.equal(talk.code, undefined, "the same connection");
      assert.equal(count(talk, /^connected/), 1);
      const done = await untilConfig(cluster, "restart", holds("Progressing", "False", "Complete"), "complete");
      assert.equal(done.status?.rollout?.updated, 1);
    });
  }
});
