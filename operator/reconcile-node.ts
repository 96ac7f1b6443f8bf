// SPDX-License-Identifier: Apache-2.0
// One node: its FirewallNode is what the assignment says, its agent is told, its status is what the agent reported.
import type { FirewallNodeStatus } from "../crds/index";
import { NOTHING } from "./agents";
import { dropFinalizer, hasFinalizer, mergeDiff, sameJson } from "./kube/objects";
import { CONFIGS, FINALIZER, FIREWALL_NODES, NODES, ownerOf, type ConfigObject, type FirewallNodeObject, type NodeObject } from "./resources";
import type { Good } from "./programs";
import { rolloutOf } from "./rollout/rules";
import { orderedGood, orderOf, stateOf } from "./rollout/view";
import { podIsBack, podOf } from "./worker-pod/pods";
import { ensureWorkerPod, removeWorkerPod } from "./worker-pod/reconcile";
import { changed, count } from "./status/conditions";
import { nodeStatus, worthWriting } from "./status/node";
import { timeText, type World } from "./world";

interface Wanted {
  node: NodeObject;
  config: ConfigObject;
  /** The program in force. */
  good: Good;
}

/** Milliseconds after which the node must be looked at again. */
export async function reconcileNode(world: World, name: string): Promise<number | undefined> {
  const wanted = wantedFor(world, name);
  const current = world.caches.firewallNodes.get(name);
  if (wanted === undefined) return release(world, name, current);
  world.unselectedSince.delete(current?.metadata.uid ?? "");
  if (current?.metadata.deletionTimestamp !== undefined) {
    // Somebody deleted the object of a node that is still wanted: it may go, and is made again after that.
    await unhold(world, current);
    return undefined;
  }
  const next = nextGood(world, wanted, current);
  const object = await ensure(world, wanted, current, next);
  if (object === undefined) return undefined; // paused before any node had anything
  const good = next ?? orderedGood(world, object);
  const { config, hash } = object.spec;
  if (good !== undefined) world.agents.desire(name, { hash, config, programVersion: good.programVersion, bytes: good.bytes });
  const pod = good === undefined ? undefined : await ensureWorkerPod(world, object, good);
  const again = [pod, await writeStatus(world, object, good)].filter((ms) => ms !== undefined);
  return again.length === 0 ? undefined : Math.min(...again);
}

function wantedFor(world: World, name: string): Wanted | undefined {
  const node = world.caches.nodes.get(name);
  const winner = world.assignment.winner.get(name);
  const good = world.programs.of(winner?.uid);
  const config = winner && world.caches.configs.get(winner.config);
  return node === undefined || config === undefined || good === undefined ? undefined : { node, config, good };
}

/**
 * The program that the node is to be given now; undefined: it keeps what it has. That its worker be restarted is not decided
 * here but for all nodes of the config together (reconcile-config.ts).
 */
function nextGood(world: World, { config, good }: Wanted, current: FirewallNodeObject | undefined): Good | undefined {
  const { paused } = rolloutOf(config);
  const { name } = config.metadata;
  if (current?.spec.config !== name) {
    if (!paused) return good;
    return newestInUse(world, name) ?? (current === undefined ? undefined : good);
  }
  return paused || stateOf(world, current, good) === "restart" ? undefined : good;
}

/** The newest program that a node of the config was given. */
function newestInUse(world: World, config: string): Good | undefined {
  const goods = world.caches.firewallNodes.list().filter(({ spec }) => spec.config === config).map((node) => orderedGood(world, node));
  return goods.reduce((best, good) => (good !== undefined && good.generation > (best?.generation ?? -1) ? good : best), undefined);
}

/** The FirewallNode as wanted; written only where it differs. next: what it is to be given. */
async function ensure(world: World, { node, config }: Wanted, current: FirewallNodeObject | undefined, next: Good | undefined): Promise<FirewallNodeObject | undefined> {
  const spec = next === undefined ? current?.spec : orderOf(world, config.metadata.name, next, current?.spec);
  if (spec === undefined) return undefined;
  const owner = ownerOf("Node", node);
  if (current === undefined) {
    const metadata = { name: node.metadata.name, finalizers: [FINALIZER], ownerReferences: [owner] };
    const made = await world.writer.create(FIREWALL_NODES, { metadata, spec });
    world.caches.firewallNodes.put(made);
    world.log.info({ node: metadata.name, config: spec.config, hash: spec.hash }, "node selected");
    return made;
  }
  const metadata = {
    ...(!hasFinalizer(current, FINALIZER) && { finalizers: [...(current.metadata.finalizers ?? []), FINALIZER] }),
    ...(!current.metadata.ownerReferences?.some((o) => sameJson(o, owner)) && { ownerReferences: [owner] }),
  };
  const specPatch = mergeDiff(current.spec, spec);
  if (specPatch === undefined && Object.keys(metadata).length === 0) return current;
  const written = await world.writer.patch(FIREWALL_NODES, current, { metadata, ...(specPatch && { spec: specPatch }) });
  world.caches.firewallNodes.put(written);
  if (specPatch?.["hash"] !== undefined) world.log.info({ node: node.metadata.name, config: spec.config, hash: spec.hash }, "node gets another program");
  return written;
}

/** No config has this node: it is told to stop, then its FirewallNode goes. */
async function release(world: World, name: string, current: FirewallNodeObject | undefined): Promise<number | undefined> {
  const node = world.caches.nodes.get(name);
  if (node === undefined) {
    // The Node is gone and its identity with it. What its worker runs is not ours to judge any more.
    world.agents.dismiss(name, "the Node object does not exist");
    await removeWorkerPod(world, name);
    if (current !== undefined) await removeNow(world, current);
    return undefined;
  }
  // A node is never taken out of service because a config could not be judged at this moment.
  if (!world.settled) return 1000;
  if (current === undefined) {
    await removeWorkerPod(world, name);
    world.agents.desire(name, NOTHING);
    return undefined;
  }
  if (current.metadata.deletionTimestamp === undefined) {
    const left = flapLeft(world, current);
    if (left > 0) return left;
    world.log.info({ node: name, config: current.spec.config }, "node released");
    await world.writer.remove(FIREWALL_NODES, current);
    return 1000;
  }
  world.agents.desire(name, NOTHING);
  return awaitStop(world, name, current);
}

/** A label that is back within this time was never gone: whoever replaces labels may take one away first. */
const FLAP_MS = 3_000;

/** How long a node that lost its configuration keeps it; 0 when the configuration itself went. */
function flapLeft(world: World, current: FirewallNodeObject): number {
  const { uid = "" } = current.metadata;
  const config = world.caches.configs.get(current.spec.config);
  if (config === undefined || config.metadata.deletionTimestamp !== undefined) return 0;
  const now = world.clock.now();
  const since = world.unselectedSince.get(uid) ?? now;
  world.unselectedSince.set(uid, since);
  return since + FLAP_MS - now;
}

async function awaitStop(world: World, name: string, current: FirewallNodeObject): Promise<number | undefined> {
  const uid = current.metadata.uid ?? "";
  const now = world.clock.now();
  const since = world.stoppingSince.get(uid) ?? now;
  world.stoppingSince.set(uid, since);
  const view = world.agents.view(name);
  // Where no agent ever spoke nothing runs; one that comes later is told to stop first.
  const untouched = view === undefined && current.status?.lastReportTime === undefined;
  const stopped = untouched || view?.stopped === true;
  const left = since + world.stopMs - now;
  if (!stopped && left > 0) {
    const again = await writeStatus(world, current, undefined);
    return Math.min(left, again ?? left);
  }
  if (!stopped) tellAway(world, name, current);
  await removeWorkerPod(world, name);
  await unhold(world, current);
  return undefined;
}

function tellAway(world: World, name: string, current: FirewallNodeObject): void {
  const waited = count(Math.round(world.stopMs / 1000), "second");
  const note = `Node ${name} did not confirm within ${waited} that it stopped; it is told to stop when its agent comes back.`;
  world.log.warn({ node: name, config: current.spec.config }, "node away while it should stop");
  const config = world.caches.configs.get(current.spec.config);
  const text = { type: "Warning", reason: "NodeAway", action: "Stop", note } as const;
  const node = world.caches.nodes.get(name);
  if (config !== undefined) world.events.record(CONFIGS, config, text);
  if (node !== undefined) world.events.record(NODES, node, text);
}

async function removeNow(world: World, current: FirewallNodeObject): Promise<void> {
  if (current.metadata.deletionTimestamp === undefined) await world.writer.remove(FIREWALL_NODES, current);
  else await unhold(world, current);
}

async function unhold(world: World, current: FirewallNodeObject): Promise<void> {
  world.stoppingSince.delete(current.metadata.uid ?? "");
  world.applyingSince.delete(current.metadata.uid ?? "");
  world.unselectedSince.delete(current.metadata.uid ?? "");
  await dropFinalizer(world.writer, FIREWALL_NODES, world.caches.firewallNodes, current, FINALIZER);
}

/** Counters of a node are written at most once a minute, and those of all nodes together once a second. */
const COARSE_MS = 60_000;
const COARSE_GAP_MS = 1_000;
/** A change is applied in less than that nearly always: its end is written, and its beginning only when it takes longer. */
const APPLYING_MS = 5_000;

/** How long it is no news yet that a node is applying what it was just told. Until then observedGeneration says that the status is older. */
function quietFor(world: World, object: FirewallNodeObject, after: FirewallNodeStatus): number {
  const ready = (status: FirewallNodeStatus | undefined) => status?.conditions?.find(({ type }) => type === "Ready");
  const { uid = "", generation } = object.metadata;
  if (ready(after)?.reason !== "Applying" || ready(object.status)?.status !== "True") return 0;
  const known = world.applyingSince.get(uid);
  const since = known !== undefined && known.generation === generation ? known.at : world.clock.now();
  world.applyingSince.set(uid, { generation, at: since });
  return since + APPLYING_MS - world.clock.now();
}

/** Writes what the agent reported, if that is news. good: what the node was given, if that is known. Returns when silence would be. */
async function writeStatus(world: World, object: FirewallNodeObject, good: Good | undefined): Promise<number | undefined> {
  const view = world.agents.view(object.metadata.name);
  const now = world.clock.now();
  const spokeAt = view?.report === undefined ? undefined : view.reportedAt;
  const known = object.status?.conditions !== undefined;
  // A new leader gives agents that reported to the one before the time to find it.
  const heardAt = spokeAt ?? (known ? world.startedAt : -Infinity);
  const left = heardAt + world.silentMs - now;
  if (spokeAt === undefined && known && left > 0 && world.workerPods === undefined) return left;
  const after = nodeStatus({
    object,
    report: view?.report,
    reportedAt: view?.report === undefined ? undefined : timeText(view.reportedWall),
    silent: left <= 0,
    podIsBack: good !== undefined && podIsBack(world, object, good),
    workerPod: world.workerPods && { pod: podOf(world, object.metadata.name), allocatable: world.caches.nodes.get(object.metadata.name)?.status?.allocatable },
    now: world.nowText(),
  });
  const quiet = left > 0 ? quietFor(world, object, after) : 0;
  if (quiet > 0) return Math.min(quiet, left);
  const coarseMs = Math.max(COARSE_MS, world.caches.firewallNodes.size * COARSE_GAP_MS);
  const status = worthWriting(object.status, after, sameJson, coarseMs) ? mergeDiff(object.status, after) : undefined;
  if (status !== undefined) {
    world.caches.firewallNodes.put(await world.writer.patch(FIREWALL_NODES, object, { status }, "status"));
    tell(world, object, after);
  }
  return left > 0 && left !== Infinity ? left : undefined;
}

/** What is no news for a person: work going on, and an agent that is yet to come. */
const QUIET = new Set(["Applying", "Starting", "Stopping", "NeverConnected"]);

/** What a worker says of its start beside that it runs: it does not make the node less ready, and is worth an Event of its own. */
const START_NEWS: ReadonlyMap<string, "Normal" | "Warning"> = new Map([["StateReplaced", "Warning"], ["StateConverted", "Normal"]]);

function tell(world: World, object: FirewallNodeObject, after: FirewallNodeStatus): void {
  for (const { after: now } of changed(object.status?.conditions, after.conditions ?? [])) {
    const { type, status, reason, message } = now;
    const news = type === "ConfigApplied" && status === "True" ? START_NEWS.get(reason) : undefined;
    if (news !== undefined) world.events.record(FIREWALL_NODES, object, { type: news, reason, action: "StartWorker", note: message });
    if ((type !== "Ready" && type !== "RxModeSatisfied") || QUIET.has(reason)) continue;
    if (type === "RxModeSatisfied" && reason !== "FellBack") continue;
    world.events.record(FIREWALL_NODES, object, { type: status === "True" ? "Normal" : "Warning", reason, action: type, note: message === "" ? "The node forwards by its configuration." : message });
  }
}
