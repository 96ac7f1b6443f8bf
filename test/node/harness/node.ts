// SPDX-License-Identifier: Apache-2.0
// A real Kubernetes node of its own: etcd, API server, controller-manager, scheduler, containerd, kube-proxy, CoreDNS and kubelet in
// a private network namespace, with the static CPU manager and hugepages. Each part can be stopped, killed and started
// again by its name. Everything lies in one folder and is gone at the end of the run, also of one that failed.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { onInterrupt } from "../../../scripts/lab/interrupt";
import { Api, BIN, clientOf, NAMESPACE, pause, retry, ROOT } from "../../control/harness/api";
import type { Pki } from "../../control/harness/pki";
import { killAll, run, start, type Running } from "../../control/harness/processes";
import type { KubeObject, Resource } from "../../../operator/kube/types";
import { Gate } from "./gate";
import { makeImage, pauseImage, type SmallImage } from "./image";
import { API_PORT, commandOf, NODE_NAME, PARTS, prepare, type NodeOptions, type Part } from "./parts";
import { inside, makePlace, NODE_ADDRESS, removePlace, type Place } from "./place";

export { NAMESPACE, NODE_ADDRESS, NODE_NAME, pause, retry, ROOT };
export type { NodeOptions, Part };

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

export interface ContainerStatus {
  name: string;
  containerID?: string;
  ready: boolean;
  restartCount: number;
  state?: { running?: object; waiting?: { reason?: string; message?: string }; terminated?: { exitCode: number; reason?: string } };
}

export interface Pod extends KubeObject {
  spec: { nodeName?: string; containers: { name: string; image: string; ports?: { name?: string; containerPort: number }[] }[] };
  status?: { phase?: string; qosClass?: string; podIP?: string; conditions?: Condition[]; containerStatuses?: ContainerStatus[] };
}

export interface NodeObject extends KubeObject {
  status?: { conditions?: Condition[]; allocatable?: Record<string, string>; capacity?: Record<string, string> };
}

export const PODS: Resource<Pod> = { group: "", version: "v1", plural: "pods", kind: "Pod" };
export const NODES: Resource<NodeObject> = { group: "", version: "v1", plural: "nodes", kind: "Node" };
export const SERVICE_ACCOUNTS: Resource = { group: "", version: "v1", plural: "serviceaccounts", kind: "ServiceAccount" };

export const isTrue = (conditions: Condition[] | undefined, type: string): boolean =>
  conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;

export class TestNode extends Api {
  readonly place: Place;
  readonly options: NodeOptions;
  #pki: Pki | undefined;
  #gate: Gate | undefined;
  readonly #parts = new Map<Part, Running>();

  constructor(place: Place, options: NodeOptions) {
    super();
    this.place = place;
    this.options = options;
  }

  get dir(): string {
    return this.place.dir;
  }

  /** Network namespace of the node: interfaces of the firewall and of its peers are made in it, or moved to it. */
  get namespace(): string {
    return this.place.name;
  }

  /** kubelet's folder: seccomp profiles go to seccomp/ below it. */
  get kubeletDir(): string {
    return join(this.dir, "kubelet");
  }

  log(part: Part): string {
    return join(this.dir, `${part}.log`);
  }

  /** A kubeconfig that works in this machine's own network. */
  adminConfig(): string {
    if (this.#pki === undefined || this.#gate === undefined) throw new Error("the node is not up");
    return this.#pki.kubeconfig("admin", `https://127.0.0.1:${this.#gate.port}`);
  }

  async up(): Promise<void> {
    const [pki, image] = await Promise.all([prepare(this.place, this.options), pauseImage(this.dir)]);
    this.#pki = pki;
    this.#gate = await Gate.open(this.place, NODE_ADDRESS, API_PORT);
    this.client = clientOf(this.adminConfig());
    await Promise.all([this.start("etcd").then(() => this.start("apiserver")), this.start("containerd").then(() => this.loadImage(image))]);
    await Promise.all([this.start("controller-manager"), this.start("scheduler"), this.start("kube-proxy"), this.start("dns"), this.start("kubelet")]);
    // Pods can be made once the controller-manager has made the namespace's account.
    await this.until(SERVICE_ACCOUNTS, "default", (account) => account !== undefined, "there", 60_000);
  }

  /** Starts a part, and waits until it works. */
  async start(part: Part): Promise<void> {
    if (this.#parts.get(part)?.alive === true) throw new Error(`${part} runs already`);
    const running = start(part, inside(this.place, commandOf(part, this.place)), { log: this.log(part), env: { PATH: `${BIN}:${process.env["PATH"] ?? ""}` } });
    this.#parts.set(part, running);
    const ended = running.exited.then((code) => Promise.reject(new Error(`${part} ended with ${code}\n${running.output.slice(-3000)}`)));
    await Promise.race([this.#works(part, running), ended]);
    ended.catch(() => undefined);
  }

  async #works(part: Part, running: Running): Promise<void> {
    if (part === "etcd") await running.line(/ready to serve client requests/);
    if (part === "apiserver") await this.ready();
    if (part === "containerd") await running.line(/containerd successfully booted/);
    if (part === "dns") await running.line(/^CoreDNS-/);
    if (part === "kubelet") await this.until(NODES, NODE_NAME, (node) => isTrue(node?.status?.conditions, "Ready"), "Ready", 120_000);
  }

  isRunning(part: Part): boolean {
    return this.#parts.get(part)?.alive ?? false;
  }

  pid(part: Part): number {
    return this.#part(part).pid;
  }

  /** What the part printed since it was started. */
  output(part: Part): string {
    return this.#part(part).output;
  }

  #part(part: Part): Running {
    const running = this.#parts.get(part);
    if (running === undefined) throw new Error(`${part} was never started`);
    return running;
  }

  /** SIGTERM; SIGKILL for those that can take a minute to obey. */
  async stop(part: Part): Promise<void> {
    if (part === "apiserver") await this.kill(part);
    else await this.#part(part).stop();
  }

  async kill(part: Part): Promise<void> {
    await this.#part(part).kill();
  }

  async restart(part: Part): Promise<void> {
    await this.stop(part);
    await this.start(part);
  }

  /** Makes the images of an OCI or docker archive known to the node. */
  async loadImage(archive: string): Promise<void> {
    await this.ctr(["images", "import", "--local", archive]);
  }

  async loadSmallImage(image: SmallImage): Promise<void> {
    await this.loadImage(await makeImage(this.dir, image));
  }

  /** containerd's own client, in the namespace of Kubernetes. */
  ctr(args: readonly string[]): Promise<string> {
    return run([join(BIN, "ctr"), "--address", join(this.dir, "containerd.sock"), "--namespace", "k8s.io", ...args]);
  }

  helm(args: readonly string[], input?: string): Promise<string> {
    return run([join(BIN, "helm"), "--kubeconfig", this.adminConfig(), ...args], {
      env: { HOME: this.dir, HELM_CACHE_HOME: join(this.dir, "helm/cache"), HELM_CONFIG_HOME: join(this.dir, "helm/config"), HELM_DATA_HOME: join(this.dir, "helm/data") },
      ...(input !== undefined && { input }),
    });
  }

  /** Runs a command in the node's network. */
  run(command: readonly string[], input?: string): Promise<string> {
    return run(inside(this.place, command), input === undefined ? {} : { input });
  }

  async createNamespace(name: string): Promise<void> {
    await this.kubectl(["create", "namespace", name]);
    await this.until(SERVICE_ACCOUNTS, "default", (account) => account?.metadata.namespace === name, `there in ${name}`, 30_000, name);
  }

  async deleteNamespace(name: string): Promise<void> {
    await this.kubectl(["delete", "namespace", name, "--ignore-not-found", "--timeout=120s"]);
  }

  async podReady(name: string, namespace = NAMESPACE, timeoutMs = 60_000): Promise<Pod> {
    const pod = await this.until(PODS, name, (object) => isTrue(object?.status?.conditions, "Ready"), "Ready", timeoutMs, namespace);
    return pod as Pod;
  }

  /** Resolves with the pod when it ended, however. */
  async podEnded(name: string, namespace = NAMESPACE, timeoutMs = 60_000): Promise<Pod> {
    const ended = (pod: Pod | undefined): boolean => pod?.status?.phase === "Succeeded" || pod?.status?.phase === "Failed";
    return (await this.until(PODS, name, ended, "ended", timeoutMs, namespace)) as Pod;
  }

  /** The pid, on this machine, of a container's first process. */
  async containerPid(pod: Pod, container?: string): Promise<number> {
    const status = pod.status?.containerStatuses?.find(({ name }) => container === undefined || name === container);
    const id = status?.containerID?.replace("containerd://", "");
    const line = (await this.ctr(["tasks", "list"])).split("\n").find((text) => id !== undefined && text.startsWith(id));
    if (line === undefined) throw new Error(`container ${container ?? ""} of pod ${pod.metadata.name} does not run`);
    return Number(line.split(/\s+/)[1]);
  }

  /** Ends everything and removes it from the machine. */
  async down(): Promise<void> {
    for (const part of [...PARTS].reverse()) if (this.isRunning(part)) await this.kill(part);
    this.client?.close();
    await this.#gate?.close();
    if (process.env["PORTCULLIS_KEEP"] !== undefined && existsSync(this.dir)) await run(["cp", "-r", ...PARTS.map((part) => this.log(part)).filter(existsSync), process.env["PORTCULLIS_KEEP"]]);
    await removePlace(this.place);
  }
}

const nodes = new Set<TestNode>();

/** A node that is Ready. It goes away at the end of the run of the tests, or by its down(). */
export async function startNode(options: NodeOptions = {}): Promise<TestNode> {
  const node = new TestNode(await makePlace(), options);
  nodes.add(node);
  try {
    await node.up();
  } catch (error) {
    await stopNode(node);
    throw error;
  }
  return node;
}

export async function stopNode(node: TestNode): Promise<void> {
  if (!nodes.delete(node)) return;
  await node.down();
}

let shared: Promise<TestNode> | undefined;

/** The node of this run of the ring: started once, for all test files that change nothing of it for good. */
export function theNode(): Promise<TestNode> {
  shared ??= startNode();
  return shared;
}

async function stopAll(): Promise<void> {
  for (const node of [...nodes]) await stopNode(node);
  await killAll();
}

onInterrupt((why) => {
  process.stderr.write(`test node: ${why}\n`);
  void stopAll().finally(() => process.exit(130));
});

after(async function () {
  this.timeout(60_000);
  await stopAll();
});
