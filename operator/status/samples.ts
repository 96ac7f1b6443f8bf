// SPDX-License-Identifier: Apache-2.0
// For tests: every kind of status that the operator writes, with what is true of the object in words of kstatus.
import { NODE_REASONS, type FirewallNodeStatus } from "../../crds/index";
import type { Good } from "../programs";
import type { ConfigObject, FirewallNodeObject } from "../resources";
import type { Report } from "../stream/report";
import type { PodObject } from "../worker-pod/desired";
import { decide, type RolloutNode } from "../rollout/decide";
import { configStatus, type ConfigFacts } from "./config";
import { rolloutFacts, type RolloutFacts } from "./rollout";
import { nodeStatus } from "./node";

export type Truth = "Current" | "InProgress" | "Failed" | "Terminating";

export interface Sample {
  what: string;
  truth: Truth;
  object: ConfigObject | FirewallNodeObject;
}

const HASH = "a".repeat(64);
const OLD = "b".repeat(64);
const NOW = "2026-01-01T00:00:00Z";

/** Reasons after which a person has to do something; written down here once more, so that a change of the list is noticed. */
const FOR_A_PERSON = new Set([
  "HugepagesInsufficient", "MemoryInsufficient", "CPUNotPinned", "CoresUnavailable", "PermissionDenied", "StateDirectoryInUse", "StateDirectoryUnusable", "StateUnreadable",
  "WorkerNotStarted", "Quarantined", "PortUnavailable", "IOMMUOff", "ProgramRefused", "LayoutMismatch", "VersionSkew", "ProgramCorrupt", "ReasonOfTomorrow",
]);

const worker: Report["worker"] = { phase: "Forwarding", version: "1", dpdkVersion: "22.11", pid: 7, starts: 1, core: 1, cpus: "1", exclusive: true, rxMode: { requested: "Adaptive", effective: "Adaptive", reason: "" } };
const port = { name: "lan", kind: "tap", state: "Up" as const, mac: "02:00:00:00:00:01", message: "", mtu: 1500 };

const pods: [name: string, pod: PodObject | undefined | "none made", cure: boolean][] = [
  ["no pods are made", "none made", false],
  ["no pod yet", undefined, false],
  ["image absent", pod({ phase: "Pending", containerStatuses: [{ name: "worker", ready: false, state: { waiting: { reason: "ImagePullBackOff", message: "" } } }] }), true],
  ...(["CreateContainerError", "CrashLoopBackOff"] as const).map((reason): (typeof pods)[number] => [reason, waiting(reason), true]),
  ["a container that comes", waiting("ContainerCreating"), false],
  ...["hugepages-2Mi", "cpu", "memory", "intel.com/fw_vfio"].map((resource): (typeof pods)[number] => [`short of ${resource}`, unscheduled(`0/1 nodes are available: 1 Insufficient ${resource}.`), true]),
  ["a taint that may pass", unscheduled("0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }."), false],
  ["hugepages gone at the start", pod({ phase: "Failed", reason: "OutOfhugepages-2Mi" }), true],
  ["evicted", pod({ phase: "Failed", reason: "Evicted" }), false],
  ["pod runs", pod({ phase: "Running", containerStatuses: [{ name: "worker", ready: true, state: { running: {} } }] }), false],
];

function pod(status: object): PodObject {
  return { metadata: { name: "portcullis-worker-n" }, spec: { containers: [{ name: "worker", image: "worker:1", resources: {} }] }, status } as unknown as PodObject;
}

const EVERYTHING = new Set(["no pods are made", "no pod yet", "image absent", "pod runs"]);

function waiting(reason: string): PodObject {
  return pod({ phase: "Pending", containerStatuses: [{ name: "worker", ready: false, state: { waiting: { reason, message: "" } } }] });
}

function unscheduled(message: string): PodObject {
  return pod({ phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", message }] });
}

const dates = (deleted: boolean): object => (deleted ? { deletionTimestamp: NOW } : {});

/** One FirewallNode for every combination of what agent, worker, ports, pod and API server can say. */
export function* nodeSamples(): Generator<Sample> {
  for (const deleted of [false, true]) {
    for (const [podName, workerPod, podCure] of pods) {
      const view = workerPod === "none made" ? {} : { workerPod: { pod: workerPod, allocatable: undefined } };
      const make = (what: string, truth: Truth, report: Report | undefined, silent: boolean, before?: FirewallNodeStatus): Sample => {
        const object: FirewallNodeObject = { metadata: { name: "n", generation: 4, ...dates(deleted) }, spec: { config: "edge", hash: HASH }, ...(before && { status: before }) };
        const status = nodeStatus({ object, report, reportedAt: report && NOW, silent, podIsBack: true, now: NOW, ...view });
        return { what: `node${deleted ? ", deleted" : ""}, ${podName}: ${what}`, truth: deleted ? "Terminating" : truth, object: { ...object, status } };
      };
      const waits: Truth = podCure ? "Failed" : "InProgress";
      yield make("no agent ever", waits, undefined, true);
      // Of the pod only its verdict counts: one of each kind is combined with everything, the others with what matters.
      for (const reason of EVERYTHING.has(podName) ? ["", "ReasonOfTomorrow", ...NODE_REASONS] : ["", "WorkerPodAbsent"]) {
        for (const [activeHash, desiredHash, phase, state] of product([HASH, OLD, ""], [HASH, OLD], ["Forwarding", "Down"] as const, ["Up", "Down"] as const)) {
          const report: Report = { activeHash, desiredHash, reason, message: "words", agentVersion: "1", worker: worker && { ...worker, phase }, ports: [{ ...port, state }], counters: {}, drops: {} };
          const good = activeHash === HASH && phase === "Forwarding" && state === "Up";
          const refused = activeHash !== HASH && desiredHash === HASH && FOR_A_PERSON.has(reason);
          const truth = good ? "Current" : refused ? "Failed" : waits;
          const what = `reason '${reason}', active ${activeHash[0]}, desired ${desiredHash[0]}, worker ${phase}, port ${state}`;
          const now = make(what, truth, report, false);
          yield now;
          yield make(`${what}, then silent`, waits, report, true);
          const before = now.object.status as FirewallNodeStatus;
          yield make(`${what}, then another operator`, truth, undefined, false, before);
          const older = { ...before, observedGeneration: 3, applied: { ...before.applied, hash: OLD, verified: true, reason: "Applied" } };
          yield make(`${what}, then another operator and order`, waits, undefined, false, older);
        }
      }
    }
  }
}

const good: Good = { hash: HASH, bytes: Buffer.from("x"), programVersion: 1, policies: 3, generation: 2, selector: { matchLabels: { pool: "a" } }, pod: {} } as unknown as Good;
const issue = { severity: "error" as const, reason: "UnknownZone" as const, path: "spec.policies[0].from[0]", message: "There is no zone dmz." };

/** One FirewallConfig for every combination of verdict, selection, conflict and nodes. */
export function* configSamples(): Generator<Sample> {
  const nodes = nodesOfEachTruth();
  for (const [errors, kept, selector, lost, one, two, deleted, rollout] of product(
    ["none", "invalid", "too large"], [true, false], ["matches", "matches nothing", "absent"], [false, true], ["none", ...nodes.keys()], ["none", ...nodes.keys()], [false, true],
    ["moves", "paused", "late"] as const,
  )) {
    if (!kept && errors === "none") continue;
    if (rollout !== "moves" && (!kept || errors !== "none" || lost)) continue;
    const won = !kept || selector !== "matches" ? [] : [one, two].flatMap((name, i) => (name === "none" ? [] : [{ name, node: `n${i}` }]));
    const conflicting = lost && kept && selector === "matches";
    if (selector === "matches" && kept && won.length === 0 && !conflicting) continue;
    const nodeSelector = { matches: { matchLabels: { pool: "a" } }, "matches nothing": { matchLabels: { pool: "z" } }, absent: undefined }[selector] as ConfigFacts["object"]["spec"]["nodeSelector"];
    const object = { metadata: { name: "edge", uid: "u", generation: 2, ...dates(deleted) }, spec: { ...(nodeSelector && { nodeSelector }) } } as ConfigObject;
    const share = { won: won.map(({ node }) => node), lost: conflicting ? new Map([["older", ["n9"]]]) : new Map<string, string[]>() };
    const firewallNodes = won.map(({ name, node }) => ({ ...(nodes.get(name) as FirewallNodeObject), metadata: { name: node, generation: 4 } }));
    const progress = rolloutSample(rollout, won, firewallNodes);
    const status = configStatus({
      object, now: NOW, rollout: kept ? progress : undefined, labels: [{ pool: "a" }],
      issues: errors === "invalid" ? [issue] : [],
      tooLarge: errors === "too large" ? "It is too large." : undefined,
      good: kept ? { ...good, selector: nodeSelector } as Good : undefined,
      share,
      nodes: firewallNodes,
    });
    const truths = won.map(({ name }) => name as Truth);
    const late = kept && progress.late !== undefined;
    const stuck = late || errors !== "none" || selector === "absent" || conflicting || truths.includes("Failed");
    const current = selector === "matches" && truths.every((truth) => truth === "Current");
    const truth: Truth = deleted ? "Terminating" : stuck ? "Failed" : current ? "Current" : "InProgress";
    yield { what: `config${deleted ? ", deleted" : ""}: errors ${errors}, kept ${kept}, selector ${selector}, conflict ${conflicting}, nodes ${truths.join()}, rollout ${rollout}`, truth, object: { ...object, status } };
  }
}

/** A rollout that moves, is paused, or came no further for longer than its deadline. */
function rolloutSample(how: "moves" | "paused" | "late", won: readonly { name: string; node: string }[], nodes: readonly FirewallNodeObject[]): RolloutFacts {
  const states = won.map(({ name, node }): RolloutNode => ({ name: node, state: "newest", ready: name === "Current", heard: true, back: name === "Current", age: how === "late" ? 600_000 : 0 }));
  const rules = { maxUnavailable: 1, paused: how === "paused", deadlineMs: 600_000 };
  return rolloutFacts({ view: { rules, nodes: states, ...decide(states, rules) }, won: won.map(({ node }) => node), nodes, before: undefined, hash: HASH, now: NOW, revision: 1 });
}

function nodesOfEachTruth(): Map<string, FirewallNodeObject> {
  const found = new Map<string, FirewallNodeObject>();
  for (const { truth, object } of nodeSamples()) if (truth !== "Terminating" && !found.has(truth)) found.set(truth, object as FirewallNodeObject);
  return found;
}

/** Every combination of one of each. */
export function product<T extends readonly (readonly unknown[])[]>(...lists: T): { [K in keyof T]: T[K][number] }[] {
  return lists.reduce<readonly unknown[][]>((rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])), [[]]) as never;
}
