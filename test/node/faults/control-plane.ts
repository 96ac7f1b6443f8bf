// SPDX-License-Identifier: Apache-2.0
// The control plane: away for a minute, restarted, a leader that is cut off, a token that has ended.
import assert from "node:assert/strict";
import { FIREWALL_NODES, CONFIGS } from "../../../operator/resources";
import { cutOff, expireToken, kill, killContainer, logOf } from "../harness/fault-deeds";
import { WORKER, type Firewalled } from "../harness/firewalled";
import { CONFIG } from "../harness/firewalled-config";
import { NODE_NAME, pause, retry } from "../harness/node";

const OUTAGE_MS = 60_000;
const VIEW = `/apis/view.portcullis.dev/v1alpha1/firewallnodes/${NODE_NAME}/status`;

export function controlPlaneFaults(at: () => Firewalled): void {
  it("API server away for a minute: nobody notices; worker and agent killed meanwhile come back without it", async () => {
    const site = at();
    const { node } = site;
    const [worker, agent, pid] = [await site.node.podReady(WORKER), await site.agent(), await site.workerPid()];
    const before = (await node.get(FIREWALL_NODES, NODE_NAME))?.status?.worker?.starts ?? 0;
    const ends = Date.now() + OUTAGE_MS;
    await site.unnoticed(() => node.kill("apiserver"));
    await site.blocked("worker killed without an API server", async () => kill(pid));
    assert.notEqual(await site.workerPid(worker), pid);
    await site.unnoticed(async () => {
      await killContainer(node, agent);
      await pause(ends - Date.now());
      await node.start("apiserver");
      await site.firewallNode("the start meanwhile is told", (object) => (object.status?.worker?.starts ?? 0) > before);
      await site.ready();
      await site.edit();
    });
  });

  it("etcd restarted: nobody notices, and edits go on", async () => {
    const site = at();
    await site.unnoticed(async () => {
      await site.node.kill("etcd");
      await site.node.start("etcd");
      await retry(() => site.node.patch(CONFIGS, CONFIG, { metadata: { annotations: { etcd: "restarted" } } }), 60_000, "the API server does not write");
      await site.edit();
    });
  });

  it("operators parted from each other, and the leader from the API server: it lets go by itself, the other one leads", async () => {
    const site = at();
    const cut = await site.leader();
    const other = (await site.pods({ "app.kubernetes.io/component": "operator" })).find(({ metadata }) => metadata.name !== cut.metadata.name);
    assert.ok(other);
    await site.unnoticed(async () => {
      const heal = await cutOff(site.node, cut, other);
      try {
        await site.told("the other one leads", async () => (await site.leader()).metadata.name === other.metadata.name);
        await site.edit();
        assert.match(logOf(site.node, cut), /"not leading"/);
      } finally {
        await heal();
      }
      await site.edit();
    });
    assert.equal((await site.leader()).metadata.name, other.metadata.name, "it stays so");
  });

  it("token expired, while kubelet makes no other: the agent is refused, nobody else notices; it is let in with the next one", async () => {
    const site = at();
    const { node } = site;
    const [leader, agent] = [await site.leader(), await site.agent()];
    const operators = await site.pods({ "app.kubernetes.io/component": "operator" });
    await site.unnoticed(async () => {
      await node.kill("kubelet");
      try {
        expireToken(node, agent);
        // The agent dials the next leader, with that token.
        await killContainer(node, leader, "SIGTERM");
        await site.told("the token is refused", () => Promise.resolve(operators.some((pod) => /"detail":"[^"]*expired[^}]*"agent refused"/.test(logOf(node, pod)))));
        await site.told("the view says so", async () => /AgentNotConnected|no agent of this node is connected/.test(await node.kubectl(["get", "--raw", VIEW]).catch(String)));
      } finally {
        await node.start("kubelet");
      }
      await site.told("the agent is asked again", () => node.kubectl(["get", "--raw", VIEW]).then(() => true, () => false));
      await site.edit();
    });
  });
}
