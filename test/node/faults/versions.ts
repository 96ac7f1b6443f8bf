// SPDX-License-Identifier: Apache-2.0
// Versions: an upgrade of everything under traffic and back, agents newer than the operator, and too old for it.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { WORKER, type Firewalled } from "../harness/firewalled";
import { condition, config } from "../harness/firewalled-config";
import { referenceOf, TARGETS, VERSION } from "../harness/images";
import { NAMESPACE } from "../harness/node";
import { helm, rolledOut } from "../harness/portcullis";

const NEXT = "next";
const CODEC = "app/dist/program/codec.js";
const PACKAGE = "app/package.json";

/** The agent as one of another version: files of its image in other words, mounted over them. */
async function variant(site: Firewalled, version: string, programs: string): Promise<void> {
  const folder = join(site.node.dir, `agent-${version}`);
  mkdirSync(folder);
  const image = `/proc/${await site.node.containerPid(await site.agent())}/root`;
  const changes: Record<string, (text: string) => string> = {
    [PACKAGE]: (text) => text.replace(/"version": "[^"]*"/, `"version": "${version}"`),
    [CODEC]: (text) => text.replace(/exports\.PROGRAM_VERSIONS = \[.*;/, `exports.PROGRAM_VERSIONS = ${programs};`),
  };
  const volumeMounts = Object.entries(changes).map(([path, change]) => {
    const text = readFileSync(join(image, path), "utf8");
    assert.notEqual(change(text), text, `${path} is changed`);
    writeFileSync(join(folder, basename(path)), change(text));
    return { name: "variant", mountPath: `/${path}`, subPath: basename(path) };
  });
  const spec = { volumes: [{ name: "variant", hostPath: { path: folder } }], containers: [{ name: "agent", volumeMounts }] };
  await site.node.kubectl(["-n", NAMESPACE, "patch", "daemonset", "portcullis-agent", "--type=strategic", "-p", JSON.stringify({ spec: { template: { spec } } })]);
  await rolledOut(site.node);
}

/** Takes variants back. */
async function original(site: Firewalled): Promise<void> {
  await site.node.kubectl(["-n", NAMESPACE, "patch", "daemonset", "portcullis-agent", "--type=strategic", "-p", JSON.stringify({
    spec: { template: { spec: {
      volumes: [{ $patch: "delete", name: "variant" }],
      containers: [{ name: "agent", volumeMounts: [PACKAGE, CODEC].map((path) => ({ $patch: "delete", mountPath: `/${path}` })) }],
    } } },
  })]);
  await rolledOut(site.node);
}

/** The worker pod of the node has the image with this tag, and forwards. */
async function worker(site: Firewalled, tag: string): Promise<void> {
  await site.told(`the worker's image is ${tag}`, async () => {
    const pod = await site.pod(WORKER);
    return pod?.spec.containers[0]?.image.endsWith(`:${tag}`) === true && pod.status?.containerStatuses?.[0]?.ready === true;
  });
  await site.ready();
}

export function versionFaults(at: () => Firewalled): void {
  it("images upgraded by helm, and rolled back: sessions stay", async () => {
    const site = at();
    const { node } = site;
    for (const target of TARGETS) await node.ctr(["images", "tag", "--force", referenceOf(target), referenceOf(target).replace(VERSION, NEXT)]);
    await site.blocked("upgrade", async () => {
      await helm(node, "upgrade", { "image.tag": NEXT });
      await rolledOut(node);
      await worker(site, NEXT);
    });
    await site.blocked("rollback", async () => {
      await node.helm(["rollback", "portcullis", "1", "--namespace", NAMESPACE]);
      await rolledOut(node);
      await worker(site, VERSION);
    });
    await site.edit();
  });

  it("agent one version newer than the operator: it is served, and the status shows its version", async () => {
    const site = at();
    await site.unnoticed(async () => {
      await variant(site, "0.2.0", "[2, 1]");
      await site.firewallNode("its version is shown", (object) => object.status?.agent?.version === "0.2.0");
      await site.edit();
    });
  });

  it("agent too old for the operator's programs: VersionSkew, forwarding goes on; with the right one all is well", async () => {
    const site = at();
    await site.unnoticed(async () => {
      await variant(site, "0.0.9", "[0]");
      await site.apply(config(false));
      const skewed = await site.firewallNode("the skew is told", (object) => condition(object, "ConfigApplied").reason === "VersionSkew" && condition(object, "ConfigApplied").status === "False");
      assert.match(condition(skewed, "ConfigApplied").message, /update this node's agent/);
      assert.equal(skewed.status?.agent?.version, "0.0.9");
      assert.equal(await site.reaches(), true, "what ran before runs");
      await original(site);
      await site.ready();
      assert.equal(await site.reaches(), false, "and now the new one");
      await site.apply(config(true));
    });
  });
}
