// SPDX-License-Identifier: Apache-2.0
// Without any certificate given: the operator's own authority, in real objects, for both replicas; and the leader's label.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { pathOf, type KubeObject, type Resource } from "../../operator/kube/types";
import { NODES } from "../../operator/resources";
import { StreamClient } from "./harness/client";
import { NAMESPACE, retry, theCluster, type Cluster } from "./harness/cluster";
import { addNode, clear, firewall, nodeToken, untilFirewallNode } from "./harness/objects";
import { startOperator, type OperatorProcess } from "./harness/operator";

interface Data extends KubeObject {
  data?: Record<string, string>;
}

const SECRETS: Resource<Data> = { group: "", version: "v1", plural: "secrets", kind: "Secret" };
const CONFIG_MAPS: Resource<Data> = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap" };
const PODS: Resource = { group: "", version: "v1", plural: "pods", kind: "Pod" };
const NAME = "portcullis-operator.portcullis-system.svc";

describe("the operator's own authority", function () {
  this.timeout(90_000);
  let cluster: Cluster;
  const operators: OperatorProcess[] = [];

  const start = async (name: string): Promise<OperatorProcess> => {
    const spec = { containers: [{ name: "operator", image: "operator" }] };
    if ((await cluster.get(PODS, name, NAMESPACE)) === undefined) await cluster.add(PODS, { metadata: { name, labels: { app: "operator" } }, spec } as KubeObject, NAMESPACE);
    const operator = await startOperator(cluster, { name, tls: "own", flags: ["--pod-name", name] });
    operators.push(operator);
    return operator;
  };

  const bundle = async (): Promise<string> =>
    retry(async () => {
      const text = (await cluster.get(CONFIG_MAPS, "portcullis-ca", NAMESPACE))?.data?.["ca.crt"] ?? "";
      assert.match(text, /BEGIN CERTIFICATE/);
      return text;
    }, 20_000, "no authority was published");

  const ready = (operator: OperatorProcess): Promise<void> => retry(async () => assert.equal((await fetch(`${operator.health}/readyz`)).status, 200), 20_000, `${operator.name} is not ready`);

  const labelled = async (): Promise<string[]> => {
    const query = { labelSelector: "portcullis.dev/leader=true" };
    const list = await cluster.client.request<{ items: KubeObject[] }>("GET", pathOf(PODS, { namespace: NAMESPACE }), { query, signal: AbortSignal.timeout(5_000) });
    return list.items.map((pod) => pod.metadata.name);
  };

  const untilLabelled = (name: string): Promise<void> => retry(async () => assert.deepEqual(await labelled(), [name]), 20_000, `the label is not on ${name} alone`);

  /** An agent that trusts what is published gets its order from whoever leads. */
  async function serves(operator: OperatorProcess, ca: string): Promise<void> {
    await retry(async () => {
      const client = new StreamClient(cluster, operator.address, { node: "t1", token: await nodeToken(cluster, "t1"), trust: { ca, name: NAME } });
      try {
        await client.untilDesired((desired) => desired.hash !== "", "a program", 3_000);
      } finally {
        client.close();
      }
    }, 30_000, `${operator.name} does not serve`);
  }

  before(async function () {
    this.timeout(120_000);
    cluster = await theCluster();
    await addNode(cluster, "t1", { pool: "tls" });
    await start("authority-a");
    await start("authority-b");
    await cluster.apply(firewall("tls", { pool: "tls" }));
    await untilFirewallNode(cluster, "t1", (n) => n.spec.hash !== "", "selected");
  });

  after(async () => {
    await clear(cluster);
    for (const operator of operators) await operator.process.stop();
    for (const name of ["authority-a", "authority-b"]) await cluster.client.request("DELETE", pathOf(PODS, { namespace: NAMESPACE, name }), { query: { gracePeriodSeconds: 0 }, signal: AbortSignal.timeout(5_000) });
  });

  it("is made without any step by hand; both replicas get ready; the leader alone is labelled and serves", async () => {
    const ca = await bundle();
    for (const operator of operators) await ready(operator);
    const [leader] = await retry(async () => { const names = await labelled(); assert.equal(names.length, 1); return names; }, 20_000, "no leader is labelled");
    await serves(operators.find(({ name }) => name === leader) as OperatorProcess, ca);
    const secret = await cluster.get(SECRETS, "portcullis-ca", NAMESPACE);
    assert.equal(Buffer.from(secret?.data?.["tls.crt"] ?? "", "base64").toString(), ca);
    assert.equal(new X509Certificate(ca).ca, true);
  });

  it("who trusts another authority does not connect", async () => {
    const [leader] = await labelled();
    const operator = operators.find(({ name }) => name === leader) as OperatorProcess;
    const client = new StreamClient(cluster, operator.address, { node: "t1", token: await nodeToken(cluster, "t1") });
    const end = await client.untilEnded();
    assert.match(end === "ended" ? "" : end.message, /UNAVAILABLE/);
    assert.equal(client.desired.length, 0);
  });

  it("a leader that is killed leaves its label; the next one takes it, and serves those who read the bundle before", async () => {
    const ca = await bundle();
    const [killed] = await labelled();
    const [dead, next] = [operators.find(({ name }) => name === killed), operators.find(({ name }) => name !== killed)] as [OperatorProcess, OperatorProcess];
    await dead.process.kill();
    await untilLabelled(next.name);
    await serves(next, ca);
    assert.equal(await bundle(), ca);
    await dead.process.kill();
    operators.splice(operators.indexOf(dead), 1);
    await start(dead.name);
    await next.process.stop();
    await untilLabelled(dead.name);
    operators.splice(operators.indexOf(next), 1);
  });

  it("replaces a damaged key at once, without dropping who trusts the one before", async () => {
    const before = await bundle();
    await cluster.client.request("PATCH", pathOf(SECRETS, { namespace: NAMESPACE, name: "portcullis-ca" }), {
      body: { data: { "tls.key": "bm9uc2Vuc2U=" } }, contentType: "application/merge-patch+json", signal: AbortSignal.timeout(5_000),
    });
    const [operator] = operators as [OperatorProcess];
    await operator.process.stop();
    operators.splice(0, 1);
    const fresh = await start(operator.name);
    const after = await retry(async () => { const text = await bundle(); assert.notEqual(text, before); return text; }, 20_000, "the authority was not replaced");
    assert.ok(after.includes(before));
    await serves(fresh, after);
  });

  it("may not read any other Secret, nor create one", async () => {
    const can = (verb: string, what: string): Promise<string> =>
      cluster.kubectl(["auth", "can-i", verb, what, "-n", NAMESPACE, "--as", `system:serviceaccount:${NAMESPACE}:portcullis-operator`]).catch(() => "no");
    assert.match(await can("get", "secrets/portcullis-ca"), /yes/);
    for (const [verb, what] of [["get", "secrets/other"], ["list", "secrets"], ["watch", "secrets"], ["create", "secrets"], ["delete", "secrets/portcullis-ca"]] as const) {
      assert.match(await can(verb, what), /no/, `${verb} ${what}`);
    }
    assert.ok(await cluster.get(NODES, "t1"));
  });
});
