// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { MemoryCluster } from "../memory-cluster";
import type { ConfigObject, FirewallNodeObject } from "../resources";
import { capabilitiesOf, cpusOf, desiredPod, DIGEST_ANNOTATION, podName, type PodObject } from "./desired";
import { DEFAULT_WISHES, readPodSettings, type PodNeeds } from "./settings";
import { podVerdict, podView, quantity } from "./status";

const MIB = 2 ** 20;
const settings = readPodSettings("registry.example/worker:1", '{"imagePullSecrets":["pull"],"labels":{"team":"net"}}');
const needs: PodNeeds = { cpus: 2, memoryBytes: 256 * MIB, pageBytes: 2 * MIB, portKinds: ["tap"], namespaces: false, worker: "" };
const order = { node: "n1", namespace: "ns", owner: { apiVersion: "portcullis.dev/v1alpha1", kind: "FirewallNode", name: "n1", uid: "u" }, needs, wishes: DEFAULT_WISHES, settings };
interface Container { resources: { requests: object; limits: object }; securityContext: { privileged: boolean; capabilities?: object }; image: string; volumeMounts: { mountPath: string }[] }
const containerOf = (pod: PodObject): Container => pod.spec?.containers[0] as unknown as Container;
const digestOf = (pod: PodObject | undefined): string | undefined => pod?.metadata.annotations?.[DIGEST_ANNOTATION];

describe("the desired worker pod", () => {
  it("is Guaranteed with whole CPUs and its hugepages, on its node, without a token", () => {
    const pod = desiredPod(order);
    const { resources, securityContext, volumeMounts } = containerOf(pod);
    assert.deepEqual(resources.requests, { cpu: "2", memory: "512Mi", "hugepages-2Mi": "256Mi" });
    assert.deepEqual(resources.limits, resources.requests);
    assert.deepEqual(securityContext, { privileged: false, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"], add: ["NET_ADMIN", "SYS_NICE"] } });
    assert.deepEqual(volumeMounts.map(({ mountPath }) => mountPath), ["/var/lib/portcullis", "/dev/net/tun", "/var/run/dpdk", "/dev/hugepages"]);
    assert.equal(pod.spec?.["automountServiceAccountToken"], false);
    assert.equal(pod.spec?.["hostNetwork"], true);
    assert.match(JSON.stringify(pod.spec?.["affinity"]), /"matchFields":\[{"key":"metadata.name","operator":"In","values":\["n1"\]}\]/);
    assert.deepEqual(pod.metadata.labels, { team: "net", "app.kubernetes.io/name": "portcullis", "app.kubernetes.io/component": "worker", "portcullis.dev/node": "n1" });
  });

  it("asks for ordinary memory where there are no hugepages, and for one CPU more for the control thread", () => {
    const pod = desiredPod({ ...order, needs: { ...needs, pageBytes: 4096 }, wishes: { ...DEFAULT_WISHES, controlCpu: true } });
    assert.deepEqual(containerOf(pod).resources.requests, { cpu: "3", memory: "768Mi" });
    assert.equal(cpusOf({ needs, wishes: DEFAULT_WISHES }), 2);
  });

  it("has only what its ports need, and is privileged for none but pci", () => {
    assert.deepEqual(capabilitiesOf({ portKinds: ["kernelInterface", "tap"], namespaces: false }), ["NET_ADMIN", "SYS_NICE", "NET_RAW", "BPF"]);
    assert.deepEqual(capabilitiesOf({ portKinds: ["tap"], namespaces: true }), ["NET_ADMIN", "SYS_NICE", "SYS_ADMIN"]);
    const pci = { ...order, needs: { ...needs, portKinds: ["pci", "tap"] } };
    assert.equal(containerOf(desiredPod(pci)).securityContext.privileged, true);
    assert.equal(containerOf(desiredPod({ ...pci, settings: { ...settings, privileged: "Never" } })).securityContext.privileged, false);
  });

  it("is another one when the program needs another, and the same for other labels", () => {
    const same = digestOf(desiredPod(order));
    assert.equal(digestOf(desiredPod({ ...order, settings: { ...settings, labels: {}, annotations: { a: "b" } } })), same);
    const others = [
      { ...order, needs: { ...needs, cpus: 1 } }, { ...order, needs: { ...needs, memoryBytes: MIB } }, { ...order, wishes: { ...DEFAULT_WISHES, hostNetwork: false } },
      { ...order, wishes: { ...DEFAULT_WISHES, pinning: "Required" as const } }, { ...order, settings: { ...settings, image: "other" } },
    ].map((other) => digestOf(desiredPod(other)));
    assert.equal(new Set([same, ...others]).size, 6);
  });

  it("has a name that is a host name, and another for every node", () => {
    const names = ["n1", "a.b", "a-b", "x".repeat(63), `${"x".repeat(250)}.a`, `${"x".repeat(250)}.b`].map(podName);
    assert.equal(names[0], "portcullis-worker-n1");
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$/);
  });

  it("refuses settings that it does not know", () => {
    for (const [json, why] of [["{", /no JSON/], ["[]", /no JSON object/], ['{"x":1}', /unknown member "x"/], ['{"stateDir":1}', /wrong type/], ['{"stateDir":"x"}', /absolute/], ['{"privileged":"Yes"}', /neither/]] as const)
      assert.throws(() => readPodSettings("i", json), why);
    assert.equal(readPodSettings("i", '{"hugepagesDir":""}').hugepagesDir, "/dev/hugepages");
  });
});

describe("the verdict on a worker pod", () => {
  const pod = (status: PodObject["status"]): PodObject => ({ ...desiredPod(order), ...(status && { status }) });
  const unschedulable = (message: string) => pod({ phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }] });
  const waiting = (reason: string, message = "") => pod({ phase: "Pending", containerStatuses: [{ name: "worker", ready: false, state: { waiting: { reason, message } } }] });
  const cases: [what: string, pod: PodObject | undefined, reason: string, message: RegExp][] = [
    ["none", undefined, "WorkerPodStarting", /being made/],
    ["too few hugepages on the node", unschedulable("0/1 nodes are available: 1 Insufficient hugepages-2Mi."), "HugepagesMissing", /asks for 256Mi of hugepages-2Mi, the node has 64Mi: .*lower spec.dataplane.memory.size.*0\/1 nodes/],
    ["too few CPUs", unschedulable("0/1 nodes are available: 1 Insufficient cpu."), "CoresShort", /asks for 2 whole CPUs, the node gives 4 to all pods/],
    ["a device that a plugin has no more of", unschedulable("0/1 nodes are available: 1 Insufficient intel.com/fw_vfio. no new claims"), "ResourcesShort", /of intel\.com\/fw_vfio, the node has too little/],
    ["memory", unschedulable("0/1 nodes are available: 1 Insufficient memory."), "ResourcesShort", /of memory, the node/],
    ["another reason of the scheduler", unschedulable("1 node(s) had untolerated taint"), "WorkerPodPending", /The scheduler says: 1 node\(s\) had untolerated taint/],
    ["an image that is not there", waiting("ImagePullBackOff", "not found"), "ImagePullFailed", /ImagePullBackOff: not found/],
    ["a container that ends again and again", waiting("CrashLoopBackOff"), "WorkerPodCrashing", /logs --previous/],
    ["a container that cannot be made", waiting("CreateContainerError", "no such device"), "ContainerNotStarted", /CreateContainerError: no such device/],
    ["an eviction", pod({ phase: "Failed", reason: "Evicted", message: "low on memory" }), "PodEvicted", /Evicted: low on memory/],
    ["a refusal by kubelet", pod({ phase: "Failed", reason: "OutOfcpu" }), "CoresShort", /OutOfcpu/],
    ["a pod that is not ready", pod({ phase: "Running", containerStatuses: [{ name: "worker", ready: false, state: {} }] }), "NotForwarding", /no datapath/],
    ["a pod that forwards", pod({ phase: "Running", containerStatuses: [{ name: "worker", ready: true, state: {} }] }), "Running", /^$/],
  ];
  for (const [what, of, reason, message] of cases) {
    it(`of ${what}`, () => {
      const verdict = podVerdict(of, { cpu: "4", "hugepages-2Mi": "64Mi" });
      assert.equal(verdict.reason, reason);
      assert.match(verdict.message, message);
    });
  }

  it("tells hugepages that are missing from those that others hold", () => {
    const short = unschedulable("1 Insufficient hugepages-2Mi");
    assert.equal(podVerdict(short, { "hugepages-2Mi": "1Gi" }).reason, "HugepagesInUse");
    assert.equal(podVerdict(short, undefined).reason, "HugepagesMissing");
    assert.deepEqual(["1Gi", "500m", "3", "", "1x"].map(quantity), [2 ** 30, 0.5, 3, Number.NaN, Number.NaN]);
  });

  it("shows what was asked for", () => {
    assert.deepEqual(podView(pod({ phase: "Running" })), {
      name: "portcullis-worker-n1", phase: "Running", image: "registry.example/worker:1", hugepages: "256Mi of hugepages-2Mi", requestedCpus: 2, privileged: false,
    });
  });
});

describe("reconciling worker pods", () => {
  let cluster: MemoryCluster;
  const program = (count: number): object => ({ dataplane: { cores: { count }, memoryBytes: 256 * MIB, pageBytes: 2 * MIB }, ports: [{ kind: "tap", networkNamespace: "" }] });
  const config = (spec: object): void => {
    const before = cluster.caches.configs.get("edge");
    cluster.put(cluster.caches.configs, { ...before, metadata: { ...before?.metadata, name: "edge" }, spec: { mark: "one", nodeSelector: { matchLabels: { pool: "a" } }, program: program(1), ...spec } } as ConfigObject);
  };
  const node = (name: string, labels: Record<string, string> = { pool: "a" }): void => void cluster.put(cluster.caches.nodes, { ...cluster.caches.nodes.get(name), metadata: { ...cluster.caches.nodes.get(name)?.metadata, name, labels } });
  const podAt = (name: string): PodObject | undefined => cluster.caches.workerPods.get(`ns/${podName(name)}`);
  const fwnAt = (name: string): FirewallNodeObject | undefined => cluster.caches.firewallNodes.get(name);
  const kubelet = (name: string, ready: boolean): void => {
    const pod = podAt(name);
    assert.ok(pod);
    cluster.put(cluster.caches.workerPods, { ...pod, status: { phase: "Running", containerStatuses: [{ name: "worker", ready, state: {} }] } });
  };
  const conditionAt = (name: string, type: string): string | undefined => fwnAt(name)?.status?.conditions?.find((one) => one.type === type)?.reason;

  beforeEach(async () => {
    cluster = new MemoryCluster();
    cluster.workerPods = settings;
    for (const name of ["n1", "n2"]) {
      node(name);
      cluster.agents.present.add(name);
    }
    config({});
    await cluster.start();
    await cluster.drain();
  });

  it("makes one for each node, tells how it is, and then rests", async () => {
    assert.equal(podAt("n1")?.metadata.ownerReferences?.[0]?.uid, fwnAt("n1")?.metadata.uid);
    assert.equal(conditionAt("n1", "WorkerPodReady"), "WorkerPodStarting");
    for (const name of ["n1", "n2"]) kubelet(name, true);
    await cluster.pass(1_000);
    assert.deepEqual([conditionAt("n1", "WorkerPodReady"), conditionAt("n1", "Unprivileged"), fwnAt("n1")?.status?.workerPod?.requestedCpus], ["Running", "CapabilitiesOnly", 1]);
    const { writes } = cluster;
    cluster.world?.changed();
    await cluster.pass(20_000);
    assert.equal(cluster.writes, writes);
  });

  it("replaces none for a change that needs no restart", async () => {
    const before = podAt("n1")?.metadata.uid;
    config({ mark: "two" });
    await cluster.pass(5_000);
    assert.equal(podAt("n1")?.metadata.uid, before);
  });

  it("replaces one after another, and stops at the first that does not come back", async () => {
    for (const name of ["n1", "n2"]) kubelet(name, true);
    await cluster.pass(1_000);
    const before = ["n1", "n2"].map((name) => podAt(name)?.metadata.uid);
    config({ program: program(2) });
    await cluster.pass(10_000);
    const changed = (): string[] => ["n1", "n2"].filter((name, i) => podAt(name)?.metadata.uid !== before[i]);
    const first = changed();
    assert.equal(first.length, 1);
    kubelet(first[0] as string, true);
    await cluster.pass(5_000);
    assert.equal(changed().length, 2);
  });

  it("upgrades the image node by node, and stops where the new pod does not come up", async () => {
    for (const name of ["n1", "n2"]) kubelet(name, true);
    await cluster.pass(1_000);
    const imageAt = (name: string): string => containerOf(podAt(name) as PodObject).image;
    cluster.workerPods = { ...settings, image: "registry.example/worker:2" };
    await cluster.start();
    await cluster.pass(6_000);
    assert.deepEqual([imageAt("n1"), imageAt("n2")], ["registry.example/worker:2", "registry.example/worker:1"]);
    await cluster.pass(10_000);
    assert.deepEqual(cluster.caches.configs.get("edge")?.status?.rollout?.current, ["n1"], "its pod is not ready");
    assert.equal(imageAt("n2"), "registry.example/worker:1");
    cluster.remove(cluster.caches.workerPods, `ns/${podName("n2")}`);
    await cluster.pass(2_000);
    assert.equal(imageAt("n2"), "registry.example/worker:2", "one that is gone is made as it shall be");
    for (const name of ["n1", "n2"]) kubelet(name, true);
    await cluster.pass(6_000);
    assert.deepEqual([imageAt("n2"), cluster.caches.configs.get("edge")?.status?.rollout?.updated], ["registry.example/worker:2", 2]);
  });

  it("keeps wishes of the last good configuration while the newest is invalid", async () => {
    config({ dataplane: { workerPod: { controlCpu: true } } });
    await cluster.pass(2_000);
    assert.equal((containerOf(podAt("n1") as PodObject).resources.requests as { cpu: string }).cpu, "2");
    config({ mark: "bad" });
    await cluster.start();
    await cluster.pass(5_000);
    assert.equal((containerOf(podAt("n1") as PodObject).resources.requests as { cpu: string }).cpu, "2");
  });

  it("makes a failed one again, after its reason could be read", async () => {
    const pod = podAt("n1") as PodObject;
    cluster.put(cluster.caches.workerPods, { ...pod, metadata: { ...pod.metadata, creationTimestamp: new Date(cluster.clock.wall()).toISOString() }, status: { phase: "Failed", reason: "Evicted" } });
    await cluster.pass(2_000);
    assert.equal(conditionAt("n1", "WorkerPodReady"), "PodEvicted");
    await cluster.pass(30_000);
    assert.notEqual(podAt("n1")?.metadata.uid, pod.metadata.uid);
  });

  it("takes it away only after the worker has stopped", async () => {
    cluster.agents.present.delete("n1");
    node("n1", {});
    await cluster.pass(5_000);
    assert.ok(podAt("n1"), "its agent has not said that it stopped");
    cluster.agents.present.add("n1");
    cluster.agents.obey("n1");
    await cluster.pass(5_000);
    assert.deepEqual([podAt("n1"), fwnAt("n1")], [undefined, undefined]);
    assert.ok(podAt("n2"));
  });

  it("makes none, and says nothing of any, without an image", async () => {
    cluster = new MemoryCluster();
    node("n1");
    config({});
    await cluster.start();
    await cluster.pass(2_000);
    assert.equal(cluster.caches.workerPods.size, 0);
    assert.equal(conditionAt("n1", "WorkerPodReady"), undefined);
  });
});
