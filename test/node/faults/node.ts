// SPDX-License-Identifier: Apache-2.0
// The node and its objects: a full disk, no hugepages, a label that flaps, a second configuration.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CONFIGS, FIREWALL_NODES } from "../../../operator/resources";
import { fillDisk, kill } from "../harness/fault-deeds";
import { WORKER, type Firewalled } from "../harness/firewalled";
import { condition, config, CONFIG } from "../harness/firewalled-config";
import { NAMESPACE, NODE_NAME, NODES } from "../harness/node";
import { LABEL, stateDirOf } from "../harness/portcullis";

const HOG = "hog";

/** The scheduler takes the worker's pod away for this one: it wants every hugepage, and has a higher priority. */
const hog = (pages: string): object => {
  const limits = { cpu: "10m", memory: "32Mi", "hugepages-2Mi": pages };
  const container = { name: HOG, image: "localhost/pause:1", imagePullPolicy: "Never", resources: { limits, requests: limits } };
  return { apiVersion: "v1", kind: "Pod", metadata: { name: HOG, namespace: NAMESPACE }, spec: { priorityClassName: "system-node-critical", terminationGracePeriodSeconds: 0, containers: [container] } };
};

export function nodeFaults(at: () => Firewalled): void {
  it("disk of the state directory full: edits still take effect, the status says what is not on disk, a killed worker comes back", async () => {
    const site = at();
    const folder = stateDirOf(site.node);
    const stored = (): string | undefined => readFileSync(join(folder, "last-good"), "latin1").split("\n")[0];
    const before = stored();
    const release = fillDisk(folder);
    try {
      await site.unnoticed(async () => {
        // Larger than what the oldest program on the disk leaves when it goes.
        await site.apply(config(false, CONFIG, 200));
        const full = await site.says("ConfigApplied", "LastGoodNotSaved");
        assert.deepEqual([condition(full, "ConfigApplied").status, condition(full, "Ready").status], ["True", "True"]);
        assert.match(condition(full, "ConfigApplied").message, /could not be stored .*the disk is full/);
        assert.equal(await site.reaches(), false, "the edit is in force");
      });
      assert.equal(stored(), before, "the file before is whole");
      const worker = await site.workerPid();
      await site.blocked("worker killed while the disk is full", async () => kill(worker));
      assert.equal(await site.reaches(), false, "by the same configuration");
    } finally {
      release();
    }
    await site.unnoticed(() => site.says("ConfigApplied", "Applied"));
    assert.notEqual(stored(), before, "stored as soon as there was room");
    await site.apply(config(true));
  });

  it("hugepages exhausted: the pod that needs them says who holds them, and takes its sessions over when they are free", async () => {
    const site = at();
    const { node } = site;
    await site.blocked("hugepages held by another pod", async () => {
      await site.apply(hog((await node.get(NODES, NODE_NAME))?.status?.allocatable?.["hugepages-2Mi"] ?? ""));
      const short = await site.says("WorkerPodReady", "HugepagesInUse");
      assert.match(condition(short, "WorkerPodReady").message, /other pods hold too many/);
      await site.firewallNode("it is not Ready", (object) => condition(object, "Ready").status === "False");
      await node.kubectl(["-n", NAMESPACE, "delete", "pod", HOG]);
      await site.ready();
    });
  });

  it("label of the node flapping: nobody notices", async () => {
    const site = at();
    const uids = async (): Promise<(string | undefined)[]> => [(await site.pod(WORKER))?.metadata.uid, (await site.node.get(FIREWALL_NODES, NODE_NAME))?.metadata.uid];
    const before = await uids();
    await site.unnoticed(async () => {
      for (let i = 0; i < 5; i++) {
        for (const value of [null, "firewall"]) await site.node.patch(NODES, NODE_NAME, { metadata: { labels: { [LABEL]: value } } });
      }
      await site.edit();
    });
    assert.deepEqual(await uids(), before, "the same pod of the same FirewallNode");
  });

  it("a second configuration for the node: it says Conflict, nobody notices", async () => {
    const site = at();
    await site.unnoticed(async () => {
      await site.apply(config(false, "second"));
      const late = await site.told("the conflict is told", async () => {
        const object = await site.node.get(CONFIGS, "second");
        return condition(object, "Conflict").status === "True" ? object : undefined;
      });
      assert.match(condition(late, "Conflict").message, /faults/);
      assert.equal(await site.reaches(), true);
      await site.node.kubectl(["delete", "firewallconfig", "second", "--timeout=60s"]);
    });
  });
}
