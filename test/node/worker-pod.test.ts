// SPDX-License-Identifier: Apache-2.0
// Worker pods on a real node: placed by the real scheduler, started by the real kubelet with CPUs and hugepages of its
// own, with traffic between two hosts through it. Operator and agent run beside it, from the sources.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CONFIGS, FIREWALL_NODES, type FirewallNodeObject } from "../../operator/resources";
import { podName } from "../../operator/worker-pod/desired";
import { Lab, must, root, until, type Child, type Namespace } from "../../scripts/lab/lab";
import { portcullis } from "../../scripts/lab/firewall";
import { count, grows, listening } from "../dataplane/site";
import { loadImages, referenceOf } from "./harness/images";
import { NAMESPACE, NODE_NAME, NODES, PODS, theNode, type Pod, type TestNode } from "./harness/node";
import { cable, footprint } from "./harness/site";

const OPERATOR = "127.0.0.1:19443";
const LABEL = "portcullis.dev/worker-pod-test";
const POD = podName(NODE_NAME);
const IMAGE = referenceOf("worker");

describe("node: the worker pod", function () {
  this.timeout(300_000);
  let node: TestNode;
  let lab: Lab;
  let inside: Namespace;
  let outside: Namespace;
  let stateDir = "";
  let talk: Child;
  let agent: Child;
  let operator: Child;
  let untouched = "";

  const inNode = (...command: string[]): string[] => ["nsenter", `--net=/run/netns/${node.namespace}`, "--", ...command];
  const config = (dataplane: object = {}): object => ({
    apiVersion: "portcullis.dev/v1alpha1", kind: "FirewallConfig", metadata: { name: "worker-pod" },
    spec: {
      nodeSelector: { matchLabels: { [LABEL]: "yes" } },
      dataplane: {
        memory: { size: "128Mi", pageSize: "2Mi" }, sessions: { ipv4: 8192, ipv6: 8192 },
        ports: [{ name: "lan", kernelInterface: { name: "pcllan" } }, { name: "wan", kernelInterface: { name: "pclwan" } }], ...dataplane,
      },
      interfaces: [{ name: "lan0", port: "lan", zone: "lan", addresses: ["10.81.0.1/24"] }, { name: "wan0", port: "wan", zone: "wan", addresses: ["10.82.0.1/24"] }],
      zones: [{ name: "lan", hostInbound: { services: ["ping"] } }, { name: "wan" }],
      defaultAction: "Deny",
      policies: [{ name: "out", from: ["lan"], to: ["wan"], action: "Permit" }],
    },
  });
  const fwn = (what: string, holds: (object: FirewallNodeObject) => boolean, ms = 60_000): Promise<FirewallNodeObject> =>
    until(what, async () => {
      const found = await node.get(FIREWALL_NODES, NODE_NAME);
      return found !== undefined && holds(found) ? found : undefined;
    }, ms).catch(async (error: unknown) => {
      throw new Error(`${(error as Error).message}\n${JSON.stringify((await node.get(FIREWALL_NODES, NODE_NAME))?.status, null, 1)}\n${await logs()}`);
    });
  const is = (type: string, reason: string) => (object: FirewallNodeObject): boolean => object.status?.conditions?.some((one) => one.type === type && one.reason === reason) === true;
  const logs = async (): Promise<string> => {
    const pod = await node.kubectl(["-n", NAMESPACE, "logs", POD, "--tail=30"]).catch((error: unknown) => String(error));
    return `operator:\n${operator.tail(40)}\nagent:\n${agent.tail(20)}\npod:\n${pod}`;
  };
  const podNow = (): Promise<Pod | undefined> => node.get(PODS, POD, NAMESPACE);
  const startAgent = (): void => {
    agent = lab.start(inNode(portcullis, "agent", "--operator", OPERATOR, "--operator-ca", join(lab.folder, "tls.crt"), "--operator-server-name", "localhost",
      "--token-file", join(lab.folder, "token"), "--node", NODE_NAME, "--worker", "pod", "--state-dir", stateDir));
  };
  const startOperator = (image: string): Child => lab.start(inNode(process.execPath, join(root, "dist", "operator", "main.js"), "--kubeconfig", join(node.dir, "pki", "admin-6443.kubeconfig"), "--namespace", NAMESPACE,
    "--listen", OPERATOR, "--health-listen", "127.0.0.1:19440", "--tls-cert", join(lab.folder, "tls.crt"), "--tls-key", join(lab.folder, "tls.key"), "--worker-image", image,
    "--lease-name", "worker-pod-test", "--agent-tokens", "PodOrNode", "--worker-pod", JSON.stringify({ imagePullPolicy: "Never", stateDir })));
  /** Returns when the connection goes on, and tells how long nothing came. */
  const blocked = async (what: string, deed: () => Promise<unknown>): Promise<void> => {
    const gaps: number[] = [];
    let [seen, at] = [count(talk, /^echo/), Date.now()];
    const watch = setInterval(() => {
      const now = count(talk, /^echo/);
      if (now === seen) return;
      gaps.push(Date.now() - at);
      [seen, at] = [now, Date.now()];
    }, 5);
    await deed();
    await grows(talk, /^echo/, 20);
    clearInterval(watch);
    console.log(`      ${what}: no packets for ${Math.max(...gaps)} ms`);
    assert.equal(talk.code, undefined, "the same connection");
  };
  before(async () => {
    node = await theNode();
    await loadImages(node, ["worker"]);
    lab = new Lab("pcl-wpod");
    [inside, outside] = [await lab.namespace("in"), await lab.namespace("out")];
    stateDir = join(lab.folder, "state");
    await cable(node, "pcllan", inside);
    await cable(node, "pclwan", outside);
    await inside.device("eth0", ["10.81.0.2/24"], [["default", "via", "10.81.0.1"]]);
    await outside.device("eth0", ["10.82.0.2/24"], [["default", "via", "10.82.0.1"]]);
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
      "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", join(lab.folder, "tls.key"), "-out", join(lab.folder, "tls.crt")], { stdio: "ignore" });
    for (const file of ["firewallconfig", "firewallnode"]) await node.kubectl(["apply", "--server-side", "-f", join(root, "crds", `${file}.gen.yaml`)]);
    await node.createNamespace(NAMESPACE);
    await node.kubectl(["-n", NAMESPACE, "create", "serviceaccount", "worker-pod-agent"]);
    const uid = (await node.get(NODES, NODE_NAME))?.metadata.uid ?? "";
    writeFileSync(join(lab.folder, "token"), await node.kubectl(["-n", NAMESPACE, "create", "token", "worker-pod-agent", "--audience=portcullis-operator", "--bound-object-kind=Node", `--bound-object-name=${NODE_NAME}`, `--bound-object-uid=${uid}`]));
    untouched = await footprint(node);
    operator = startOperator(IMAGE);
    await operator.line(/"operator started"/);
    startAgent();
  });

  after(async () => {
    await node.kubectl(["delete", "firewallconfig", "worker-pod", "--ignore-not-found", "--wait=false"]).catch(() => undefined);
    await until("the pod is gone", async () => (await podNow()) === undefined, 60_000).catch(() => undefined);
    for (const device of ["pcllan", "pclwan"]) await node.run(["ip", "link", "del", device]).catch(() => undefined);
    await lab.close();
    await node.deleteNamespace(NAMESPACE);
  });

  it("is scheduled, gets a CPU and hugepages of its own, and forwards", async () => {
    await node.kubectl(["label", "node", NODE_NAME, `${LABEL}=yes`, "--overwrite"]);
    await node.apply(config() as never);
    const ready = await fwn("the node is ready", (object) => is("Ready", "Ready")(object) && is("WorkerPodReady", "Running")(object), 60_000);
    assert.deepEqual([is("CPUPinned", "Pinned")(ready), is("Unprivileged", "CapabilitiesOnly")(ready)], [true, true]);
    const { workerPod } = ready.status ?? {};
    assert.deepEqual([workerPod?.requestedCpus, workerPod?.exclusive, workerPod?.hugepages], [1, true, "128Mi of hugepages-2Mi"]);
    const pid = await node.containerPid(await node.podReady(POD));
    assert.equal(/Cpus_allowed_list:\s*(\S+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1], workerPod?.cpus, "as kubelet gave it");
    assert.equal(String(ready.status?.worker?.core), workerPod?.cpus, "the datapath core is that CPU");
    await listening(outside.peer("echo", "10.82.0.2", "7031"));
    talk = inside.peer("talk", "10.82.0.2", "7031", "5");
    await talk.line(/^echo 5$/);
    assert.notEqual((await outside.run(["ping", "-c", "1", "-W", "1", "10.81.0.2"])).code, 0, "nothing comes in");
  });

  it("goes on when the worker is killed, and when the agent is", async () => {
    const pid = await node.containerPid(await node.podReady(POD));
    const worker = (await must(["pgrep", "-P", String(pid), "-f", "portcullis-worker"])).split("\n")[0] ?? "";
    await blocked("worker killed", () => must(["kill", "-9", worker]));
    agent.signal("SIGKILL");
    await agent.exit;
    await blocked("agent killed", async () => startAgent());
    await fwn("the node is ready", is("Ready", "Ready"));
  });

  it("goes on with its connections when the pod is deleted", async () => {
    const { uid } = (await podNow())?.metadata ?? {};
    await blocked("pod deleted", async () => {
      await node.kubectl(["-n", NAMESPACE, "delete", "pod", POD, "--wait=false"]);
      await until("another pod", async () => { const now = await podNow(); return now !== undefined && now.metadata.uid !== uid; }, 60_000);
    });
    await fwn("the node is ready", (object) => is("Ready", "Ready")(object) && is("WorkerPodReady", "Running")(object));
  });

  it("says what keeps it from running, and runs when that is cured", async () => {
    await node.apply(config({ memory: { size: "64Gi", pageSize: "2Mi" } }) as never);
    const short = await fwn("too many hugepages", is("WorkerPodReady", "HugepagesMissing"));
    assert.match(short.status?.conditions?.find(({ type }) => type === "WorkerPodReady")?.message ?? "", /asks for 64Gi of hugepages-2Mi, the node has .*The scheduler says: 0\/1 nodes/);
    await blocked("cured", async () => {
      await node.apply(config() as never);
      await fwn("the node is ready", (object) => is("Ready", "Ready")(object) && is("WorkerPodReady", "Running")(object));
    });
  });

  it("leaves the node as it was", async () => {
    await talk.stop();
    await node.delete(CONFIGS, "worker-pod");
    await until("the pod is gone", async () => (await podNow()) === undefined, 60_000);
    await until("the FirewallNode is gone", async () => (await node.get(FIREWALL_NODES, NODE_NAME)) === undefined);
    assert.equal(await footprint(node), untouched);
    for (const file of ["control", "state", "state.path", "launch"]) assert.equal(existsSync(join(stateDir, file)), false, file);
  });
});
