// SPDX-License-Identifier: Apache-2.0
// Who may open a stream, and what hostile or slow clients achieve: nothing.
import assert from "node:assert/strict";
import { status, type ServiceError } from "@grpc/grpc-js";
import type { KubeObject } from "../../operator/kube/types";
import { CONFIGS, NODES, type NodeObject } from "../../operator/resources";
import { StreamClient, REPORT } from "./harness/client";
import { NAMESPACE, retry, SERVICE_ACCOUNT, theCluster, type Cluster } from "./harness/cluster";
import { addNode, clear, condition, firewall, holds, nodeToken, untilConfig, untilFirewallNode } from "./harness/objects";
import { AUDIENCE, requestToken, startOperator, type OperatorProcess } from "./harness/operator";

const PODS = { group: "", version: "v1", plural: "pods", kind: "Pod" } as const;
const codeOf = (end: ServiceError | "ended"): string => (end === "ended" ? "ended" : (status[end.code] ?? String(end.code)));

describe("agents' stream", function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let operator: OperatorProcess;
  let node: NodeObject;
  let token: string;

  before(async function () {
    this.timeout(120_000);
    cluster = await theCluster();
    operator = await startOperator(cluster, { flags: ["--token-recheck", "1s"] });
    node = await addNode(cluster, "s1", { pool: "s" });
    await addNode(cluster, "s2", { pool: "s" });
    token = await nodeToken(cluster, "s1");
    await cluster.apply(firewall("stream", { pool: "s" }));
    await untilConfig(cluster, "stream", holds("Compiled", "True"), "compiled");
  });

  after(async () => {
    await clear(cluster);
    await operator.process.stop();
  });

  const dial = (options: { node?: string; token?: string | undefined; hello?: object | null } = {}): StreamClient =>
    new StreamClient(cluster, operator.address, { node: "s1", token, ...options });

  async function refusal(options: { node?: string; token?: string | undefined; hello?: object | null }): Promise<string> {
    const client = dial(options);
    const end = await client.untilEnded();
    assert.equal(client.desired.length, 0, "a refused client must not learn anything");
    return codeOf(end);
  }

  const refusedCount = async (reason: string): Promise<number> => (await operator.metrics()).get(`portcullis_operator_streams_refused_total{reason="${reason}"}`) ?? 0;

  it("lets in a token that is bound to the Node by hand, where its flag says so", async () => {
    const bound = ["--bound-object-kind=Node", "--bound-object-name=s1", `--bound-object-uid=${node.metadata.uid}`];
    const printed = await cluster.kubectl(["-n", NAMESPACE, "create", "token", SERVICE_ACCOUNT, `--audience=${AUDIENCE}`, ...bound]);
    const client = dial({ token: printed.trim() });
    await client.untilDesired((d) => d.hash !== "", "program");
    client.close();
  });

  it("lets in the token of a pod of the agents' DaemonSet on that node, and of no other pod", async () => {
    const owner = { apiVersion: "apps/v1", kind: "DaemonSet", name: "portcullis-agent", uid: "5e6fa1b5-0000-4000-8000-000000000001", controller: true };
    const podToken = async (name: string, change: { nodeName?: string; ownerReferences?: object[] } = {}): Promise<string> => {
      const { nodeName = "s1", ownerReferences = [owner] } = change;
      const pod = { metadata: { name, namespace: NAMESPACE, ownerReferences }, spec: { nodeName, serviceAccountName: SERVICE_ACCOUNT, containers: [{ name: "agent", image: "none" }] } };
      const made = await cluster.add<KubeObject>(PODS, pod as KubeObject, NAMESPACE);
      return requestToken(cluster, { boundTo: { kind: "Pod", name, uid: made.metadata.uid ?? "" } });
    };
    const good = dial({ token: await podToken("agent") });
    await good.untilDesired((d) => d.hash !== "", "program");
    const cases: [token: string, reason: string][] = [
      [await podToken("stranger", { ownerReferences: [] }), "ForeignPod"],
      [await podToken("other-set", { ownerReferences: [{ ...owner, name: "other" }] }), "ForeignPod"],
      [await podToken("replica", { ownerReferences: [{ ...owner, kind: "ReplicaSet" }] }), "ForeignPod"],
      [await podToken("elsewhere", { nodeName: "s2" }), "OtherNode"],
    ];
    for (const [other, reason] of cases) {
      const before = await refusedCount(reason);
      assert.equal(await refusal({ token: other }), "PERMISSION_DENIED", reason);
      assert.equal(await refusedCount(reason), before + 1, reason);
    }
    await cluster.kubectl(["-n", NAMESPACE, "delete", "pod", "agent", "--grace-period=0", "--force"]);
    assert.equal(codeOf(await good.untilEnded()), "UNAUTHENTICATED", "its pod is gone, and it with it");
  });

  it("without the flag takes tokens of pods alone", async () => {
    const strict = await startOperator(cluster, { name: "strict", flags: ["--agent-tokens", "Pod", "--lease-name", "strict"] });
    try {
      const end = await retry(async () => {
        const ended = await new StreamClient(cluster, strict.address, { node: "s1", token }).untilEnded();
        assert.notEqual(codeOf(ended), "UNAVAILABLE", "it does not lead yet");
        return ended;
      }, 30_000, "the operator does not lead");
      assert.equal(codeOf(end), "PERMISSION_DENIED");
      assert.match((end as ServiceError).details, /bound to no pod: agents outside of pods need the operator's flag --agent-tokens PodOrNode/);
    } finally {
      await strict.process.stop();
    }
  });

  it("refuses and counts: no token, nonsense, another audience, no node, another node, another account, an expired one", async () => {
    const boundTo = { kind: "Node", name: "s1", uid: node.metadata.uid ?? "" } as const;
    await cluster.kubectl(["-n", NAMESPACE, "create", "serviceaccount", "other"]);
    const now = Math.floor(Date.now() / 1000);
    const account = await cluster.get({ group: "", version: "v1", plural: "serviceaccounts", kind: "ServiceAccount" }, SERVICE_ACCOUNT, NAMESPACE);
    const claims = {
      iss: "https://kubernetes.default.svc", aud: [AUDIENCE], sub: `system:serviceaccount:${NAMESPACE}:${SERVICE_ACCOUNT}`, iat: now - 7200, nbf: now - 7200, jti: "1",
      "kubernetes.io": { namespace: NAMESPACE, serviceaccount: { name: SERVICE_ACCOUNT, uid: account?.metadata.uid }, node: { name: "s1", uid: node.metadata.uid } },
    };
    const fresh = dial({ token: cluster.pki.sign({ ...claims, exp: now + 600 }) });
    await fresh.untilDesired((d) => d.hash !== "", "program with a token of our own making, so that the expired one is refused for its time alone");
    fresh.close();
    const cases: [what: object, code: string, reason: string][] = [
      [{ token: undefined }, "UNAUTHENTICATED", "NoToken"],
      [{ token: "nonsense" }, "UNAUTHENTICATED", "InvalidToken"],
      [{ token: cluster.pki.sign({ ...claims, exp: now - 60 }) }, "UNAUTHENTICATED", "InvalidToken"],
      [{ token: await requestToken(cluster, { boundTo, audience: "https://kubernetes.default.svc" }) }, "UNAUTHENTICATED", "WrongAudience"],
      [{ token: await requestToken(cluster, {}) }, "PERMISSION_DENIED", "NotNodeBound"],
      [{ token: await requestToken(cluster, { boundTo, serviceAccount: "other" }) }, "PERMISSION_DENIED", "WrongServiceAccount"],
      [{ node: "s2" }, "PERMISSION_DENIED", "OtherNode"],
      [{ node: "../s1" }, "INVALID_ARGUMENT", "InvalidNode"],
    ];
    for (const [what, code, reason] of cases) {
      const before = await refusedCount(reason);
      assert.equal(await refusal(what), code, reason);
      assert.equal(await refusedCount(reason), before + 1, reason);
    }
  });

  it("ends a stream whose token is not good any more", async () => {
    const gone = await addNode(cluster, "s3");
    const client = dial({ node: "s3", token: await nodeToken(cluster, "s3") });
    await client.untilDesired((d) => d.hash === "", "nothing for a node that is not selected");
    await cluster.delete(NODES, gone.metadata.name);
    assert.match(codeOf(await client.untilEnded()), /UNAUTHENTICATED|PERMISSION_DENIED/);
  });

  it("keeps one stream per node: the newest", async () => {
    const first = dial();
    await first.untilDesired((d) => d.hash !== "", "program");
    const second = dial();
    await second.untilDesired((d) => d.hash !== "", "program");
    assert.equal(codeOf(await first.untilEnded()), "ABORTED");
    second.close();
  });

  it("ends streams that say what may not be said", async () => {
    assert.equal(await refusal({ hello: { node: "s2" } }), "INVALID_ARGUMENT");
    const cases: [string, (client: StreamClient) => void][] = [
      ["a report of no known phase", (c) => c.report({ worker: { ...REPORT.worker, phase: "Dancing" } as never })],
      ["a hash that is none", (c) => c.report({ activeHash: "'; drop" })],
      ["a thousand counters", (c) => c.report({ counters: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`c${i}`, 1n])) })],
      ["a counter with a strange name", (c) => c.report({ drops: { "__proto__ x": 1n } })],
      ["a port twice", (c) => c.report({ ports: [...REPORT.ports, ...REPORT.ports] })],
      ["Hello again", (c) => c.send({ hello: { node: "s1", agentVersion: "", programVersions: [], storedHash: "", queryVersion: 0 } })],
      ["nothing", (c) => c.send({})],
    ];
    for (const [what, say] of cases) {
      const client = dial();
      await client.untilDesired((d) => d.hash !== "", "program");
      say(client);
      assert.equal(codeOf(await client.untilEnded()), "INVALID_ARGUMENT", what);
    }
    const large = dial();
    await large.untilDesired((d) => d.hash !== "", "program");
    large.report({ message: "x".repeat(1_000_000) });
    assert.equal(codeOf(await large.untilEnded()), "RESOURCE_EXHAUSTED");
    const chatty = dial();
    await chatty.untilDesired((d) => d.hash !== "", "program");
    for (let i = 0; i < 100; i++) chatty.report({});
    assert.equal(codeOf(await chatty.untilEnded()), "RESOURCE_EXHAUSTED");
  });

  it("gives out only the program that the node shall run", async () => {
    const client = dial();
    const { hash } = await client.untilDesired((d) => d.hash !== "", "program");
    client.request("0".repeat(64));
    client.request(hash);
    await client.untilProgram(hash);
    assert.deepEqual([...new Set(client.pieces.map((piece) => piece.hash))], [hash]);
    client.close();
  });

  it("sends a large program in small pieces, and holds one piece for a client that stopped reading", async () => {
    const policies = Array.from({ length: 4000 }, (_, i) => ({ name: `p-${i}`, from: ["trust"], to: ["untrust"], sources: [`a-${i}`], action: "Permit" }));
    const addresses = Array.from({ length: 4000 }, (_, i) => ({ name: `a-${i}`, prefixes: [`10.${100 + (i >> 8)}.${i & 255}.0/24`] }));
    const client = dial();
    await client.untilDesired((d) => d.hash !== "", "program");
    await cluster.patch(CONFIGS, "stream", { spec: { policies, addresses } });
    const big = await client.untilDesired((d) => d.size > 300_000n, "large program");
    client.freeze();
    for (let i = 0; i < 20; i++) client.request(big.hash);
    const other = dial({ node: "s2", token: await nodeToken(cluster, "s2") });
    await other.untilDesired((d) => d.hash === big.hash, "the large program");
    other.request(big.hash);
    assert.equal(BigInt((await other.untilProgram(big.hash)).length), big.size);
    assert.ok(other.pieces.every((piece) => piece.data.length <= 1 << 20));
    other.close();
    client.close();
    await cluster.apply(firewall("stream", { pool: "s" }));
  });

  it("shows in the FirewallNode what the agent says, in its words", async () => {
    const client = dial();
    const config = await untilConfig(cluster, "stream", (c) => c.status?.observedGeneration === c.metadata.generation, "judged");
    const { hash } = await client.untilDesired((d) => d.hash === config.status?.hash, "program");
    client.report({ desiredHash: hash, reason: "VersionSkew", message: "the program has version 9, this agent reads version 1: update this node's agent" });
    const skewed = await untilFirewallNode(cluster, "s1", holds("ConfigApplied", "False", "VersionSkew"), "refused for its version");
    assert.match(condition(skewed, "ConfigApplied").message, /update this node's agent/);
    client.report({
      desiredHash: hash, activeHash: hash, ports: [{ name: "wan", kind: "tap", state: "Down", mac: "", message: "no carrier", mtu: 1500, rxMode: { requested: "Adaptive", effective: "Polling", wake: "Silent", reason: "they did not come" } }],
      worker: { ...REPORT.worker, rxMode: { requested: "Adaptive", effective: "Polling", reason: "the driver has no interrupts" } } as never,
      counters: { sessions4: 7n, sessions6: 2n, "rx-packets": 2n ** 60n }, drops: { "policy-deny": 3n },
    });
    const down = await untilFirewallNode(cluster, "s1", holds("PortsReady", "False", "PortsNotUp"), "without a port");
    assert.match(condition(down, "Ready").message, /wan is down \(no carrier\)/);
    assert.match(condition(down, "RxModeSatisfied").message, /Polling is used: the driver has no interrupts/);
    assert.deepEqual(down.status?.sessions, { ipv4: 7, ipv6: 2, total: 9 });
    assert.equal(down.status?.counters?.["rx-packets"], Number.MAX_SAFE_INTEGER);
    client.obey();
    await untilFirewallNode(cluster, "s1", holds("Ready", "True"), "ready");
    client.close();
  });
});
