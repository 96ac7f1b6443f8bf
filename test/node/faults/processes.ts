// SPDX-License-Identifier: Apache-2.0
// Processes that are killed: worker, shim, agent, operator, kubelet.
import assert from "node:assert/strict";
import { FIREWALL_NODES } from "../../../operator/resources";
import { must } from "../../../scripts/lab/lab";
import { kill, killContainer, shimOf } from "../harness/fault-deeds";
import { WORKER, type Firewalled } from "../harness/firewalled";
import { NAMESPACE, NODE_NAME, type ContainerStatus, type Pod } from "../harness/node";

const container = (pod: Pod | undefined): ContainerStatus | undefined => pod?.status?.containerStatuses?.[0];
const restarts = (pod: Pod | undefined): number => container(pod)?.restartCount ?? -1;

/** Killed, and started again by kubelet. */
async function killPod(site: Firewalled, pod: Pod): Promise<void> {
  await killContainer(site.node, pod);
  await site.told(`${pod.metadata.name} was started again`, async () => {
    const now = await site.pod(pod.metadata.name);
    return restarts(now) > restarts(pod) && container(now)?.ready === true;
  });
}

/** Launchers of workers in the node's network, by their names as the kernel has them. */
async function launchers(site: Firewalled): Promise<number> {
  const pids = (await must(["ip", "netns", "pids", site.node.namespace])).trim().split("\n");
  const names = await must(["ps", "-o", "comm=", "-p", pids.join(",")]);
  return names.split("\n").filter((name) => name.startsWith("portcullis-laun")).length;
}

export function processFaults(at: () => Firewalled): void {
  it("worker killed: sessions stay, the container is the same one, the status counts the start", async () => {
    const site = at();
    const before = (await site.node.get(FIREWALL_NODES, NODE_NAME))?.status?.worker?.starts ?? 0;
    const worker = await site.workerPid();
    await site.blocked("worker killed", async () => kill(worker));
    await site.firewallNode("another start is counted", (object) => (object.status?.worker?.starts ?? 0) > before);
    assert.equal(restarts(await site.pod(WORKER)), 0);
  });

  it("containerd's shim of the worker pod killed: kubelet makes another container, sessions stay", async () => {
    const site = at();
    const pod = await site.node.podReady(WORKER);
    const shim = await shimOf(site.node, pod);
    await site.blocked("shim killed", async () => {
      kill(shim);
      await site.told("another container is ready", async () => {
        const now = container(await site.pod(WORKER));
        return now?.ready === true && now.containerID !== container(pod)?.containerID;
      });
    });
    await site.told("nothing of the container before is left", async () => (await launchers(site)) === 1);
  });

  it("agent killed: nobody notices, and the next one takes edits", async () => {
    const site = at();
    const [agent, worker] = [await site.agent(), await site.workerPid()];
    await site.unnoticed(async () => {
      await killPod(site, agent);
      await site.edit();
    });
    assert.equal(await site.workerPid(), worker, "the same worker");
  });

  it("operator that leads killed: nobody notices, and a leader takes edits", async () => {
    const site = at();
    await site.unnoticed(async () => {
      await killPod(site, await site.leader());
      await site.edit();
    });
    await site.leader();
  });

  it("kubelet restarted: nobody notices, no container is another one", async () => {
    const site = at();
    const ids = async (): Promise<(string | undefined)[]> => (await site.pods({})).map((pod) => container(pod)?.containerID).sort();
    const before = await ids();
    await site.unnoticed(async () => {
      await site.node.kill("kubelet");
      await site.node.start("kubelet");
      await site.told("kubelet knows the pod again", () => site.node.kubectl(["-n", NAMESPACE, "logs", WORKER, "--tail=1"]).then((text) => text !== "", () => false));
      await site.edit();
    });
    assert.deepEqual(await ids(), before);
  });
}
