// SPDX-License-Identifier: Apache-2.0
// Why does a node not forward as it should? Pure: what the API holds of it in, causes in the order in which they must be
// cured out. The first one is the one to look at; later ones may be its consequences.
import type { NodeCondition } from "../crds/index";
import { cureOf } from "./cures";
import type { ConfigObject, FirewallNodeObject, NodeObject } from "./resources";
import { hugepageResource, type PodObject } from "./worker-pod/desired";
import { podVerdict, quantity } from "./worker-pod/status";

export interface EventObject {
  type?: string;
  reason?: string;
  message?: string;
  note?: string;
  involvedObject?: { kind?: string; name?: string };
  lastTimestamp?: string | null;
  eventTime?: string | null;
}

export interface NodeView {
  readonly name: string;
  readonly node: (NodeObject & { status?: { conditions?: { type: string; status: string; message?: string }[] } }) | undefined;
  readonly firewallNode: FirewallNodeObject | undefined;
  readonly config: ConfigObject | undefined;
  readonly pod: PodObject | undefined;
  readonly events: readonly EventObject[];
  /** Whoever asks may not read Nodes. */
  readonly nodeUnreadable?: boolean;
  /** Nor pods in the operator's namespace: then the operator's own word counts. */
  readonly podUnreadable?: boolean;
}

export interface Cause {
  /** From the closed lists in docs/conditions.md, or of ExplainReason. */
  readonly reason: string;
  /** What is wrong here, one sentence. */
  readonly message: string;
  /** What to do about it, one sentence. */
  readonly cure: string;
}

export interface Pair {
  readonly what: string;
  readonly requested: string;
  readonly effective: string;
}

export interface Explanation {
  readonly node: string;
  readonly ready: boolean;
  readonly causes: readonly Cause[];
  readonly values: readonly Pair[];
}

type Found = Omit<Cause, "cure"> | undefined | false;
const PORT_REASONS = new Set(["PortsNotUp"]);

export function explainNode(view: NodeView): Explanation {
  const causes = [...machine(view), ...placement(view), ...agent(view), ...program(view)].filter((cause) => cause !== undefined && cause !== false);
  const unique = causes.filter((cause, at) => causes.findIndex(({ message }) => message === cause.message) === at);
  const ready = condition(view, "Ready")?.status === "True" && unique.length === 0;
  return { node: view.name, ready, causes: unique.map((cause) => ({ ...cause, cure: cureOf(cause.reason) })), values: values(view) };
}

const condition = (view: NodeView, type: string): NodeCondition | undefined => view.firewallNode?.status?.conditions?.find((one) => one.type === type);

/** The Node itself, and whether it is ours at all. */
function machine({ name, node, firewallNode, config, nodeUnreadable = false }: NodeView): Found[] {
  if (node === undefined && !nodeUnreadable) return [{ reason: "NodeAbsent", message: `There is no Node ${name}: \`kubectl get nodes\` lists them.` }];
  if (firewallNode === undefined)
    return [{ reason: "NotSelected", message: `No FirewallConfig selects node ${name}: label it, or change spec.nodeSelector; \`kubectl get firewallconfigs\` shows configurations that conflict.` }];
  const kubelet = node?.status?.conditions?.find(({ type }) => type === "Ready");
  const compiled = config?.status?.conditions?.find(({ type }) => type === "Compiled");
  return [
    kubelet !== undefined && kubelet.status !== "True" && { reason: "NodeNotReady", message: `Kubelet of the node is not ready: ${kubelet.message ?? kubelet.status}. Forwarding may go on; nothing is changed until it is back.` },
    compiled?.status === "False" && { reason: compiled.reason, message: `The newest generation of FirewallConfig ${config?.metadata.name} is not in force: ${compiled.message}` },
  ];
}

/** The worker pod: is there one, and what keeps it from running. */
function placement(view: NodeView): Found[] {
  const { firewallNode, pod, node } = view;
  if (firewallNode === undefined) return [];
  const told = condition(view, "WorkerPodReady");
  if (told === undefined && pod === undefined) return []; // this installation makes no worker pods
  const verdict = view.podUnreadable === true && told !== undefined ? told : podVerdict(pod, node?.status?.allocatable);
  const pinned = condition(view, "CPUPinned");
  return [
    verdict.status !== "True" && { reason: verdict.reason, message: verdict.message },
    verdict.status !== "True" && lastWarning(view),
    pinned?.status === "False" && condition(view, "Ready")?.reason === "CPUNotPinned" && { reason: "CPUNotPinned", message: pinned.message },
  ];
}

/** What kubelet says about mounts and devices stands in events alone. */
function lastWarning({ pod, events }: NodeView): Found {
  const about = events.filter(({ type, involvedObject, reason }) =>
    type === "Warning" && involvedObject?.name === pod?.metadata.name && involvedObject?.kind === "Pod" && !["FailedScheduling", "Unhealthy", "BackOff"].includes(reason ?? ""));
  const newest = [...about].sort((a, b) => time(a).localeCompare(time(b))).at(-1);
  return newest && { reason: "WorkerPodPending", message: `Kubelet said last: ${newest.reason ?? "Warning"}: ${newest.message ?? newest.note ?? ""}` };
}

const time = ({ lastTimestamp, eventTime }: EventObject): string => lastTimestamp ?? eventTime ?? "";

function agent(view: NodeView): Found[] {
  const { firewallNode } = view;
  const connected = condition(view, "AgentConnected");
  const versions = [firewallNode?.status?.agent?.version, firewallNode?.status?.worker?.version];
  const silent = connected?.status === "False"; // what it said last may be about another one
  const skewed = !silent && versions[0] !== undefined && versions[1] !== undefined && versions[0] !== versions[1];
  return [
    silent && { reason: connected.reason, message: connected.message },
    skewed && { reason: "VersionSkew", message: `The agent is version ${versions[0]}, the worker ${versions[1]}: finish the upgrade, or give both the same image tag.` },
  ];
}

/** What the agent and the worker say. */
function program(view: NodeView): Found[] {
  const silent = condition(view, "AgentConnected")?.status === "False";
  if (silent) return [];
  const applied = condition(view, "ConfigApplied");
  const ports = condition(view, "PortsReady");
  const rx = condition(view, "RxModeSatisfied");
  const ready = condition(view, "Ready");
  return [
    applied?.status === "False" && { reason: applied.reason, message: applied.message },
    ports?.status === "False" && PORT_REASONS.has(ports.reason) && { reason: "PortUnavailable", message: ports.message },
    ready?.status === "False" && applied?.status !== "False" && ports?.status !== "False" && { reason: ready.reason, message: ready.message },
    rx?.status === "False" && { reason: rx.reason, message: rx.message },
  ];
}

function values({ node, firewallNode, config, pod }: NodeView): Pair[] {
  const { status } = firewallNode ?? {};
  const dataplane = config?.spec["dataplane"] as { memory?: { size?: string; pageSize?: string }; workerPod?: { pinning?: string } } | undefined;
  const page = dataplane?.memory?.pageSize;
  const resource = page === undefined || page === "4Ki" ? undefined : hugepageResource(page === "1Gi" ? 2 ** 30 : 2 ** 21);
  const given = resource === undefined ? undefined : node?.status?.allocatable?.[resource];
  return [
    { what: "configuration", requested: firewallNode?.spec.hash.slice(0, 12) ?? "", effective: status?.applied?.hash?.slice(0, 12) ?? "" },
    { what: "worker pod", requested: pod?.metadata.name ?? "", effective: status?.workerPod?.phase ?? pod?.status?.phase ?? "" },
    { what: "CPUs", requested: status?.workerPod === undefined ? "" : String(status.workerPod.requestedCpus), effective: cpus(status?.workerPod) },
    { what: "CPU pinning", requested: dataplane?.workerPod?.pinning ?? "", effective: status?.workerPod?.exclusive === undefined ? "" : status.workerPod.exclusive ? "exclusive" : "shared" },
    { what: resource ?? "memory", requested: dataplane?.memory?.size ?? "", effective: given === undefined ? "" : `${given} on the node${quantity(given) === 0 ? " (none)" : ""}` },
    { what: "receive mode", requested: status?.rxMode?.requested ?? "", effective: status?.rxMode?.effective ?? "" },
    ...(status?.ports ?? []).map(({ name, state }) => ({ what: `port ${name}`, requested: "Up", effective: state })),
  ].filter(({ requested, effective }) => requested !== "" || effective !== "");
}

const cpus = (pod: { cpus?: string | undefined } | undefined): string => (pod?.cpus === undefined ? "" : `CPU ${pod.cpus}`);
