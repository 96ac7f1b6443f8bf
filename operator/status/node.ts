// SPDX-License-Identifier: Apache-2.0
// FirewallNode.status from what the agent reported. Pure.
import { NODE_REASONS, NODE_REASON_TEXTS, STALLING_REASONS, type FirewallNodeStatus, type NodeCondition, type NodeConditionReason, type NodeConditionType, type NodeReason } from "../../crds/index";
import type { FirewallNodeObject } from "../resources";
import type { PortReport, Report } from "../stream/report";
import type { PodObject } from "../worker-pod/desired";
import { podVerdict, podView, type Allocatable } from "../worker-pod/status";
import { clip, conditionsFrom, someOf, type Fact } from "./conditions";

export interface NodeFacts {
  object: FirewallNodeObject;
  /** The last report; undefined when this agent has not reported to this operator. */
  report: Report | undefined;
  /** When it came, RFC 3339. */
  reportedAt: string | undefined;
  /** The agent has been silent for too long, or never spoke. */
  silent: boolean;
  now: string;
  /** Its worker pod is the one that it was given, and ready; true where there are no pods. */
  podIsBack: boolean;
  /** Absent: this operator makes no worker pods. */
  workerPod?: { pod: PodObject | undefined; allocatable: Allocatable | undefined } | undefined;
}

type NodeFact = Fact<NodeCondition>;
const fact = <T extends NodeConditionType>(type: T, status: NodeCondition["status"], reason: NodeConditionReason<T> & string, message = ""): NodeFact => ({ type, status, reason, message });

export function nodeStatus(facts: NodeFacts): FirewallNodeStatus {
  const { object, report, silent, now } = facts;
  const before = object.status;
  const generation = object.metadata.generation ?? 0;
  const spoken = report === undefined || silent ? heard(facts) : verdict(facts, report);
  const pod = podFacts(facts);
  const conditions = [...spoken, ...pod, stalledFact(object, [...spoken, ...pod])];
  const back = facts.podIsBack && spoken.some(({ type, status }) => type === "Ready" && status === "True");
  const readyOrderTime = back ? object.spec.orderTime : before?.readyOrderTime;
  const observed = { ...(report === undefined ? keptFrom(before) : reported(facts, report)), ...podStatus(facts), ...(readyOrderTime !== undefined && { readyOrderTime }) };
  return { ...observed, observedGeneration: generation, conditions: conditionsFrom(before?.conditions, conditions, generation, now) };
}

/** What is not the agent's word. */
const OWN_CONDITIONS = new Set<string>(["WorkerPodReady", "CPUPinned", "Unprivileged", "Stalled"]);

/** Before an agent is called silent, what it said last holds. */
function heard(facts: NodeFacts): NodeFact[] {
  const { metadata, spec, status: last } = facts.object;
  const before = last?.conditions;
  if (facts.silent || before === undefined) return silence(facts);
  const said = before.filter(({ type }) => !OWN_CONDITIONS.has(type)).map(({ type, status, reason, message }) => ({ type, status, reason, message }));
  if (last?.observedGeneration === metadata.generation || (spec.hash !== "" && last?.applied?.hash === spec.hash)) return said;
  // It was about another order.
  const applying = (["Ready", "ConfigApplied"] as const).map((type) => fact(type, "False", "Applying", "The agent has not yet said that it knows the configuration."));
  return [...applying, ...said.filter(({ type }) => type !== "Ready" && type !== "ConfigApplied")];
}

function podFacts({ workerPod, report }: NodeFacts): NodeFact[] {
  if (workerPod === undefined) return [];
  const { status, reason, message } = podVerdict(workerPod.pod, workerPod.allocatable);
  const { cpus = "", exclusive = false } = report?.worker ?? {};
  const pinned = exclusive
    ? fact("CPUPinned", "True", "Pinned")
    : fact("CPUPinned", "False", "CPUNotPinned", `The worker pod shares CPUs ${cpus} with other pods: set cpuManagerPolicy: static in the kubelet's configuration.`);
  const privileged = workerPod.pod !== undefined && podView(workerPod.pod).privileged;
  return [
    fact("WorkerPodReady", status, reason, message),
    ...(cpus === "" ? [] : [pinned]),
    privileged
      ? fact("Unprivileged", "False", "PrivilegedPod", "Ports of kind pci take their devices from /dev/vfio, which a pod can only open when it is privileged.")
      : fact("Unprivileged", "True", "CapabilitiesOnly"),
  ];
}

function podStatus({ workerPod, report }: NodeFacts): Pick<FirewallNodeStatus, "workerPod"> {
  if (workerPod?.pod === undefined) return {};
  const { cpus = "", exclusive = false } = report?.worker ?? {};
  return { workerPod: { ...podView(workerPod.pod), ...(cpus !== "" && { cpus, exclusive }) } };
}

/** Without a report in this operator's life, what the one before wrote is the newest there is. */
function keptFrom(before: FirewallNodeStatus | undefined): FirewallNodeStatus {
  const { conditions: _, workerPod: __, ...kept } = before ?? {};
  return kept;
}

function reported({ object, reportedAt }: NodeFacts, report: Report): FirewallNodeStatus {
  const { worker, ports, counters, drops } = report;
  const [ipv4, ipv6] = [counters["sessions4"], counters["sessions6"]];
  return drop({
    lastReportTime: reportedAt,
    shortHash: report.activeHash === "" ? undefined : report.activeHash.slice(0, 12),
    agent: { version: report.agentVersion },
    worker: worker && drop({ phase: worker.phase, ...known({ version: worker.version, dpdkVersion: worker.dpdkVersion }), pid: worker.pid, starts: worker.starts, core: worker.core }),
    applied: {
      verified: isApplied(object, report),
      reason: report.reason === "" ? "Applied" : report.reason,
      ...known({ hash: report.activeHash, message: report.message }),
    },
    rxMode: worker?.rxMode && { requested: worker.rxMode.requested, effective: worker.rxMode.effective, ...known({ reason: worker.rxMode.reason }) },
    ports: ports.length === 0 ? undefined : ports.map(portStatus),
    sessions: ipv4 === undefined || ipv6 === undefined ? undefined : { ipv4, ipv6, total: ipv4 + ipv6 },
    counters: Object.keys(counters).length === 0 ? undefined : counters,
    drops: Object.keys(drops).length === 0 ? undefined : drops,
  });
}

const portStatus = ({ name, state, mtu, kind, mac, message, rxMode }: PortReport) => ({
  name, state, mtu, ...known({ kind, mac, message }),
  ...(rxMode !== undefined && { rxMode: { requested: rxMode.requested, effective: rxMode.effective, wake: rxMode.wake, ...known({ reason: rxMode.reason }) } }),
});

/** Members that are empty text are not known: absent. */
const known = <K extends string>(members: Record<K, string>): Partial<Record<K, string>> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== "")) as Partial<Record<K, string>>;

/** Absent instead of undefined. */
const drop = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };

const isApplied = (object: FirewallNodeObject, report: Report): boolean => object.spec.hash !== "" && report.activeHash === object.spec.hash;

function silence({ object, report }: NodeFacts): NodeFact[] {
  const spoke = report !== undefined || object.status?.lastReportTime !== undefined;
  const reason = spoke ? "AgentSilent" : "NeverConnected";
  const message = spoke
    ? "The agent has not reported for 40 seconds; what it ran last, it still runs. Look at the agent's log on the node."
    : "No agent has connected from this node yet; check that the node-agent runs there and reaches the operator.";
  const unknown = (["Ready", "ConfigApplied", "PortsReady", "RxModeSatisfied"] as const).map((type) => fact(type, "Unknown", reason, message));
  return [...unknown, fact("AgentConnected", "False", reason, message)];
}

/** The node forwards by what it was given, and all its ports are up. */
export const isReadyBy = (object: FirewallNodeObject, report: Report): boolean =>
  readyFact(object, report, appliedFact(object, report), portsFact(report.ports)).status === "True";

function verdict({ object }: NodeFacts, report: Report): NodeFact[] {
  const applied = appliedFact(object, report);
  const ports = portsFact(report.ports);
  return [readyFact(object, report, applied, ports), applied, ports, rxModeFact(report), fact("AgentConnected", "True", "Connected")];
}

function appliedFact(object: FirewallNodeObject, report: Report): NodeFact {
  const reason = closed(report.reason);
  if (isApplied(object, report)) {
    const ok = reason === undefined || report.desiredHash !== object.spec.hash;
    return fact("ConfigApplied", "True", ok ? "Applied" : reason, ok ? "" : report.message);
  }
  if (report.desiredHash !== object.spec.hash || reason === undefined || reason === "Applied" || reason === "Starting") {
    return fact("ConfigApplied", "False", "Applying", "The agent is applying the configuration.");
  }
  return fact("ConfigApplied", "False", reason, report.message === "" ? NODE_REASON_TEXTS[reason] : report.message);
}

/** A reason of our list; one that a newer agent invented is told as a refusal, with its words kept in the message. */
function closed(reason: string): NodeReason | undefined {
  if (reason === "") return undefined;
  return NODE_REASONS.find((known) => known === reason) ?? "ProgramRefused";
}

function readyFact(object: FirewallNodeObject, report: Report, applied: NodeFact, ports: NodeFact): NodeFact {
  if (object.metadata.deletionTimestamp !== undefined) return fact("Ready", "False", "Stopping", "The node is told to stop.");
  if (applied.status !== "True") return fact("Ready", "False", applied.reason as NodeConditionReason<"Ready"> & NodeConditionReason<"ConfigApplied">, applied.message);
  const phase = report.worker?.phase ?? "Down";
  if (phase !== "Forwarding") return fact("Ready", "False", "WorkerDown", `The worker is not forwarding: its phase is ${phase}. ${report.message}`.trim());
  if (ports.status !== "True") return fact("Ready", "False", "PortsNotReady", ports.message);
  return fact("Ready", "True", "Ready", applied.message);
}

/** What keeps the worker pod away comes first: the agent can only say that there is none. */
function stalledFact(object: FirewallNodeObject, facts: readonly NodeFact[]): NodeFact {
  const find = (type: NodeConditionType): NodeFact | undefined => facts.find((one) => one.type === type);
  const no = fact("Stalled", "False", "NotStalled");
  if (object.metadata.deletionTimestamp !== undefined || find("Ready")?.status === "True") return no;
  const cause = [find("WorkerPodReady"), find("ConfigApplied")].find((one) => one?.status === "False" && STALLING_REASONS.has(one.reason));
  if (cause !== undefined) return fact("Stalled", "True", cause.reason as NodeConditionReason<"Stalled">, cause.message);
  const applied = find("ConfigApplied");
  return applied?.status === "Unknown" ? fact("Stalled", "Unknown", applied.reason as NodeConditionReason<"Stalled">, applied.message) : no;
}

function portsFact(ports: readonly PortReport[]): NodeFact {
  const bad = ports.filter((port) => port.state !== "Up");
  if (bad.length === 0) return fact("PortsReady", "True", "AllPortsUp");
  const texts = bad.map((port) => `${port.name} is ${port.state.toLowerCase()}${port.message === "" ? "" : ` (${port.message})`}`);
  return fact("PortsReady", "False", "PortsNotUp", clip(`Port ${someOf(texts)}.`, 1024));
}

function rxModeFact(report: Report): NodeFact {
  const mode = report.worker?.rxMode;
  if (mode === undefined) return fact("RxModeSatisfied", "Unknown", "AsRequested", "The worker has not said how it receives yet.");
  if (mode.requested === mode.effective) return fact("RxModeSatisfied", "True", "AsRequested");
  return fact("RxModeSatisfied", "False", "FellBack", `${mode.requested} was asked for, ${mode.effective} is used: ${mode.reason}`);
}

const COARSE = ["lastReportTime", "counters", "drops", "sessions"] as const;

/** Counters move all the time: written with everything else, and alone only when what is written is `coarseMs` old. */
export function worthWriting(before: FirewallNodeStatus | undefined, after: FirewallNodeStatus, same: (a: unknown, b: unknown) => boolean, coarseMs = 60_000): boolean {
  const withoutCoarse = (status: FirewallNodeStatus | undefined): object => {
    const copy: Record<string, unknown> = { ...status };
    for (const member of COARSE) delete copy[member];
    return copy;
  };
  if (!same(withoutCoarse(before), withoutCoarse(after))) return true;
  const age = Date.parse(after.lastReportTime ?? "") - Date.parse(before?.lastReportTime ?? "");
  return Number.isNaN(age) ? before?.lastReportTime !== after.lastReportTime : age >= coarseMs;
}
