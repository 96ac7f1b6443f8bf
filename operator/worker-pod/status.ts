// SPDX-License-Identifier: Apache-2.0
// What the state of a worker pod means: one reason of the closed list, and one sentence with the cure. Pure.
import type { NodeConditionReason } from "../../crds/index";
import { hugepageResource, type PodObject } from "./desired";

export interface PodVerdict {
  readonly status: "True" | "False" | "Unknown";
  readonly reason: NodeConditionReason<"WorkerPodReady">;
  readonly message: string;
}

/** What kubelet says that the node can give to pods. */
export type Allocatable = Readonly<Record<string, string>>;

const IMAGE_FAULTS = new Set(["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable"]);
const START_FAULTS = new Set(["CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreCreateHookError", "PreStartHookError", "PostStartHookError"]);
const UNITS: Readonly<Record<string, number>> = { "": 1, m: 0.001, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/** A quantity of Kubernetes as a number; NaN when it is none. */
export function quantity(text: string | undefined): number {
  const [, digits, unit = ""] = /^([0-9.]+)([A-Za-z]*)$/.exec(text ?? "") ?? [];
  return Number(digits ?? Number.NaN) * (UNITS[unit] ?? Number.NaN);
}

export function podVerdict(pod: PodObject | undefined, allocatable: Allocatable | undefined): PodVerdict {
  if (pod === undefined) return verdict("False", "WorkerPodStarting", "The worker pod is being made.");
  if (pod.metadata.deletionTimestamp !== undefined) return verdict("False", "WorkerPodReplaced", "The worker pod is ending; its sessions stay for the next one.");
  const { status } = pod;
  if (status?.phase === "Failed" || status?.phase === "Succeeded") return failed(pod, allocatable);
  const unscheduled = status?.conditions?.find(({ type, status: is }) => type === "PodScheduled" && is === "False");
  if (unscheduled !== undefined) return unschedulable(pod, unscheduled.message ?? "", allocatable);
  const container = status?.containerStatuses?.[0];
  const waiting = container?.state?.waiting;
  if (waiting?.reason !== undefined && IMAGE_FAULTS.has(waiting.reason))
    return verdict("False", "ImagePullFailed", `The image of the worker pod cannot be pulled (${waiting.reason}${tail(waiting.message)}): check its name, the registry and the pull secrets.`);
  if (waiting?.reason === "CrashLoopBackOff")
    return verdict("False", "WorkerPodCrashing", `The container ended ${container?.restartCount ?? 0} times: \`kubectl logs --previous\` of pod ${pod.metadata.name} says why.`);
  if (waiting?.reason !== undefined && waiting.reason !== "ContainerCreating" && waiting.reason !== "PodInitializing")
    return verdict("False", START_FAULTS.has(waiting.reason) ? "ContainerNotStarted" : "WorkerPodPending", `Kubelet cannot start the container: ${waiting.reason}${tail(waiting.message)}.`);
  if (container?.ready === true) return verdict("True", "Running", "");
  if (container?.state !== undefined && waiting === undefined) return verdict("False", "NotForwarding", "The worker pod runs, but its probe finds no datapath that forwards yet.");
  return verdict("False", "WorkerPodStarting", "Kubelet is starting the worker pod.");
}

const verdict = (status: PodVerdict["status"], reason: PodVerdict["reason"], message: string): PodVerdict => ({ status, reason, message: message.slice(0, 1024) });
const tail = (message: string | undefined): string => (message === undefined || message === "" ? "" : `: ${message}`);

function unschedulable(pod: PodObject, message: string, allocatable: Allocatable | undefined): PodVerdict {
  const said = `The scheduler says: ${message}`;
  const pages = /Insufficient (hugepages-[0-9]+[MG]i)/.exec(message)?.[1];
  if (pages !== undefined) return lacksPages(pod, pages, said, allocatable);
  if (/Insufficient cpu/.test(message)) return lacksCpus(pod, said, allocatable);
  const lacking = /Insufficient ([^\s,]+?)[.,]?(\s|$)/.exec(message)?.[1];
  if (lacking !== undefined) return verdict("False", "ResourcesShort", `The pod asks for ${requested(pod, lacking)} of ${lacking}, the node has ${allocatable?.[lacking] ?? "too little"} for all pods together: move other pods away, or ask for less. ${said}`);
  return verdict("False", "WorkerPodPending", said);
}

function requested(pod: PodObject, resource: string): string {
  const { resources } = (pod.spec?.containers[0] ?? {}) as { resources?: { requests?: Record<string, string> } };
  return resources?.requests?.[resource] ?? "0";
}

function lacksPages(pod: PodObject, resource: string, said: string, allocatable: Allocatable | undefined): PodVerdict {
  const want = requested(pod, resource);
  const have = allocatable?.[resource] ?? "0";
  if (!(quantity(have) >= quantity(want)))
    return verdict("False", "HugepagesMissing", `The pod asks for ${want} of ${resource}, the node has ${have}: reserve more, restart kubelet, or lower spec.dataplane.memory.size. ${said}`);
  return verdict("False", "HugepagesInUse", `The pod asks for ${want} of ${resource}; the node has ${have}, but other pods hold too many of them: end these, or reserve more. ${said}`);
}

function lacksCpus(pod: PodObject, said: string, allocatable: Allocatable | undefined): PodVerdict {
  return verdict("False", "CoresShort", `The pod asks for ${requested(pod, "cpu")} whole CPUs, the node gives ${allocatable?.["cpu"] ?? "an unknown number"} to all pods together: lower spec.dataplane.cores, or move other pods away. ${said}`);
}

function failed(pod: PodObject, allocatable: Allocatable | undefined): PodVerdict {
  const { reason = "Failed", message = "" } = pod.status ?? {};
  const said = `Kubelet says: ${reason}${tail(message)}.`;
  const pages = /^OutOf(hugepages-[0-9]+[MG]i)$/.exec(reason)?.[1];
  if (pages !== undefined) return lacksPages(pod, pages, said, allocatable);
  if (reason === "OutOfcpu") return lacksCpus(pod, said, allocatable);
  return verdict("False", "PodEvicted", `The worker pod was ended and is made again. ${said}`);
}

/** What of requested and given is known, side by side. */
export function podView(pod: PodObject) {
  const pages = [2 ** 21, 2 ** 30].map(hugepageResource).find((resource) => requested(pod, resource) !== "0");
  const { image, securityContext } = (pod.spec?.containers[0] ?? {}) as { image?: string; securityContext?: { privileged?: boolean } };
  return {
    name: pod.metadata.name,
    phase: pod.status?.phase ?? "Pending",
    ...(image !== undefined && { image }),
    ...(pages !== undefined && { hugepages: `${requested(pod, pages)} of ${pages}` }),
    requestedCpus: Math.round(quantity(requested(pod, "cpu"))) || 0,
    privileged: securityContext?.privileged === true,
  };
}
