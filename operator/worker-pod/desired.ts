// SPDX-License-Identifier: Apache-2.0
// The worker pod of a node, as a pure function of the program, the configuration's wishes and the installation's settings.
import type { KubeObject, OwnerReference, Resource } from "../kube/types";
import { digest, type PodNeeds, type PodSettings, type PodWishes } from "./settings";

export interface ContainerStatus {
  name: string;
  ready?: boolean;
  restartCount?: number;
  state?: { waiting?: { reason?: string; message?: string }; terminated?: { reason?: string; exitCode?: number } };
}

export interface PodObject extends KubeObject {
  spec?: { nodeName?: string; containers: Record<string, unknown>[] } & Record<string, unknown>;
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    containerStatuses?: ContainerStatus[];
  };
}

export const PODS: Resource<PodObject> = { group: "", version: "v1", plural: "pods", kind: "Pod" };

const COMPONENT = { "app.kubernetes.io/name": "portcullis", "app.kubernetes.io/component": "worker" };
export const WORKER_PODS = Object.entries(COMPONENT).map(([name, value]) => `${name}=${value}`).join(",");
/** Annotations: the whole name of the node, and the digest of what the pod was made from. */
export const NODE_ANNOTATION = "portcullis.dev/node";
export const DIGEST_ANNOTATION = "portcullis.dev/pod-digest";

const MIB = 2 ** 20;
/** What the worker takes beside dataplane.memory: its own code, tables of the kernel, page cache. */
const OVERHEAD_MIB = 512;
const GRACE_SECONDS = 20;

/** At most 63 characters: the name of a pod is its host name, too. */
export function podName(node: string): string {
  const name = `portcullis-worker-${node.replaceAll(".", "-")}`;
  return name.length <= 63 && !node.includes(".") ? name : `${name.slice(0, 46).replace(/-+$/, "")}-${digest(node)}`;
}

export interface PodOrder {
  readonly node: string;
  readonly namespace: string;
  readonly owner: OwnerReference;
  readonly needs: PodNeeds;
  readonly wishes: PodWishes;
  readonly settings: PodSettings;
}

export const cpusOf = ({ needs, wishes }: Pick<PodOrder, "needs" | "wishes">): number => needs.cpus + (wishes.controlCpu ? 1 : 0);

/** Kinds of ports that no capability alone serves: DPDK takes the device from /dev/vfio or /dev/uio. */
export const privilegedKinds = (needs: PodNeeds): string[] => needs.portKinds.filter((kind) => kind === "pci");

export const isPrivileged = ({ needs, settings }: Pick<PodOrder, "needs" | "settings">): boolean =>
  settings.privileged === "WhenNeeded" && privilegedKinds(needs).length > 0;

export function capabilitiesOf({ portKinds, namespaces }: Pick<PodNeeds, "portKinds" | "namespaces">): string[] {
  return [
    "NET_ADMIN", // TAP devices, addresses, routes
    "SYS_NICE", // memory policy of DPDK
    ...(portKinds.includes("kernelInterface") || portKinds.includes("vdev") ? ["NET_RAW"] : []), // packet sockets
    ...(portKinds.includes("kernelInterface") ? ["BPF"] : []), // the kernel's own stack is kept off the device
    ...(namespaces ? ["SYS_ADMIN"] : []), // a device is put into another network namespace
  ];
}

export function desiredPod(order: PodOrder): PodObject {
  const { node, namespace, owner, settings } = order;
  const spec = podSpec(order);
  const nodeLabel = node.length <= 63 ? node : `${node.slice(0, 46)}-${digest(node)}`;
  return {
    metadata: {
      name: podName(node), namespace, ownerReferences: [owner],
      labels: { ...settings.labels, ...COMPONENT, [NODE_ANNOTATION]: nodeLabel },
      annotations: { ...settings.annotations, [NODE_ANNOTATION]: node, [DIGEST_ANNOTATION]: digest(JSON.stringify(spec)) },
    },
    spec,
  };
}

/** Digest of what is alike in the pods of all nodes. */
export const podSpecDigest = (of: Pick<PodOrder, "needs" | "wishes" | "settings">): string => digest(JSON.stringify(podSpec({ ...of, node: "" })));

type SpecOrder = Pick<PodOrder, "node" | "needs" | "wishes" | "settings">;

function podSpec(order: SpecOrder): NonNullable<PodObject["spec"]> {
  const { node, wishes, settings } = order;
  return {
    // By affinity and not by nodeName, so that the scheduler accounts for it, and says why it does not fit.
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] }] } } },
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    hostNetwork: wishes.hostNetwork,
    dnsPolicy: "Default",
    restartPolicy: "Always",
    terminationGracePeriodSeconds: GRACE_SECONDS,
    priorityClassName: settings.priorityClassName,
    tolerations: settings.tolerations,
    ...(settings.imagePullSecrets.length > 0 && { imagePullSecrets: settings.imagePullSecrets.map((name) => ({ name })) }),
    securityContext: { runAsUser: 0, runAsGroup: 0, seccompProfile: { type: isPrivileged(order) ? "Unconfined" : "RuntimeDefault" } },
    containers: [container(order)],
    volumes: volumes(order).map(({ name, path, type }) => (type === "" ? { name, emptyDir: { medium: "Memory", sizeLimit: "1Mi" } } : { name, hostPath: { path, type } })),
  };
}

function container(order: SpecOrder): Record<string, unknown> {
  const { wishes, settings } = order;
  const resources = resourcesOf(order);
  const probe = (option: string, more: object): object => ({ exec: { command: ["/usr/bin/portcullis-launcher", option] }, timeoutSeconds: 5, ...more });
  return {
    name: "worker",
    image: settings.image,
    imagePullPolicy: settings.imagePullPolicy,
    command: ["/usr/bin/portcullis-launcher"],
    env: Object.entries({ PORTCULLIS_STATE_DIR: settings.stateDir, PORTCULLIS_CPUS: String(cpusOf(order)), PORTCULLIS_PINNING: wishes.pinning }).map(([name, value]) => ({ name, value })),
    resources: { requests: resources, limits: resources }, // equal: Guaranteed, and with whole CPUs these are its own under the static policy
    securityContext: securityOf(order),
    // Ready: packets are forwarded. Alive: nothing hangs that only a new container would cure.
    readinessProbe: probe("--healthy", { periodSeconds: 5, failureThreshold: 2 }),
    livenessProbe: probe("--alive", { periodSeconds: 20, failureThreshold: 3 }),
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: volumes(order).map(({ name, path, propagation }) => ({ name, mountPath: path, ...(propagation && { mountPropagation: propagation }) })),
  };
}

function securityOf(order: SpecOrder): object {
  const readOnlyRootFilesystem = true;
  if (isPrivileged(order)) return { privileged: true, readOnlyRootFilesystem };
  return { privileged: false, allowPrivilegeEscalation: false, readOnlyRootFilesystem, capabilities: { drop: ["ALL"], add: capabilitiesOf(order.needs) } };
}

export function resourcesOf(order: Pick<PodOrder, "needs" | "wishes">): Record<string, string> {
  const { memoryBytes, pageBytes } = order.needs;
  const mebibytes = Math.ceil(memoryBytes / MIB);
  const ordinary = pageBytes === 4096 ? mebibytes + OVERHEAD_MIB : OVERHEAD_MIB;
  return { cpu: String(cpusOf(order)), memory: `${ordinary}Mi`, ...(pageBytes !== 4096 && { [hugepageResource(pageBytes)]: `${mebibytes}Mi` }) };
}

export const hugepageResource = (pageBytes: number): string => (pageBytes === 2 ** 30 ? "hugepages-1Gi" : "hugepages-2Mi");

interface Volume {
  name: string;
  path: string;
  type: string;
  propagation?: "HostToContainer";
}

/** The state must outlive the pod: folders of the node, at the same paths. */
function volumes({ needs, settings }: SpecOrder): Volume[] {
  return [
    { name: "state", path: settings.stateDir, type: "DirectoryOrCreate" },
    { name: "tun", path: "/dev/net/tun", type: "CharDevice" },
    { name: "runtime", path: "/var/run/dpdk", type: "" }, // of the pod alone
    ...(needs.pageBytes === 4096 ? [] : [{ name: "hugepages", path: settings.hugepagesDir, type: "Directory" }]),
    ...(needs.namespaces ? [{ name: "namespaces", path: "/run/netns", type: "DirectoryOrCreate", propagation: "HostToContainer" as const }] : []),
  ];
}
