// SPDX-License-Identifier: Apache-2.0
// One FirewallConfig: gather > compile > nodes > status. The nodes are keys of their own in the same queue.
import { dropHistory, historyOf } from "./history/history";
import { ApiError, isConflict } from "./kube/errors";
import { dropFinalizer, hasFinalizer, mergeDiff, sameJson, withFinalizer } from "./kube/objects";
import type { Good } from "./programs";
import { CONFIGS, FINALIZER, FIREWALL_NODES, type ConfigObject, type FirewallNodeObject } from "./resources";
import { orderOf, rolloutView, type RolloutView } from "./rollout/view";
import { changed } from "./status/conditions";
import { configStatus, issueText } from "./status/config";
import { rolloutFacts } from "./status/rollout";
import { nodeKey, type Verdict, type World } from "./world";

export async function reconcileConfig(world: World, name: string): Promise<number | undefined> {
  const config = world.caches.configs.get(name);
  if (config === undefined) return undefined;
  if (config.metadata.deletionTimestamp !== undefined) return finish(world, config);
  const held = await hold(world, config);
  const verdict = await world.settle(held).catch((error: unknown) => {
    tellNotKept(world, held, error);
    throw error;
  });
  const early = tooEarly(world, held);
  if (early !== undefined) return early;
  const view = await rollOut(world, held);
  await world.programs.prune(held, nodesOf(world, name).map(({ spec }) => spec), world.caches.revisions, world.writer);
  const good = verdict.compiled.program !== undefined && verdict.tooLarge === undefined;
  const notKept = good ? await keepHistory(world, held).then(() => undefined, (error: unknown) => ({ error })) : undefined;
  const again = await writeStatus(world, held, verdict, view);
  if (notKept !== undefined) throw notKept.error; // tried again, and hides nothing else meanwhile
  return again;
}

/** Before the status, which has the number. */
function keepHistory(world: World, config: ConfigObject): Promise<void> {
  return world.history.record(config, {
    kept: world.caches.history, writer: world.writer, namespace: world.namespace, now: world.nowText(),
    tell: (note) => world.events.record(CONFIGS, config, { type: "Warning", reason: "RevisionNotKept", action: "Keep", note }),
  });
}

/** A thousand nodes that report at once are looked through together, and not once for each. */
const LOOK_GAP_MS = 100;
const MANY_NODES = 50;

function tooEarly(world: World, { metadata: { name, uid = "" } }: ConfigObject): number | undefined {
  if (world.shareOf(name).won.length <= MANY_NODES) return undefined;
  const now = world.clock.now();
  const left = (world.lookedAt.get(uid) ?? -Infinity) + LOOK_GAP_MS - now;
  if (left > 0) return left;
  world.lookedAt.set(uid, now);
  return undefined;
}

/** Gives the newest to the nodes whose turn it is. One key of the queue decides for all nodes, so that two never go at once. */
async function rollOut(world: World, config: ConfigObject): Promise<RolloutView | undefined> {
  const good = world.programs.of(config.metadata.uid);
  if (good === undefined) return undefined;
  const view = rolloutView(world, config, good);
  for (const name of view.restart) await give(world, config, good, name);
  for (const name of view.hot) world.enqueue(nodeKey(name));
  return view.restart.length === 0 ? view : rolloutView(world, config, good);
}

async function give(world: World, config: ConfigObject, good: Good, name: string): Promise<void> {
  const node = world.caches.firewallNodes.get(name);
  if (node === undefined || node.metadata.deletionTimestamp !== undefined) return;
  const spec = mergeDiff(node.spec, orderOf(world, config.metadata.name, good, node.spec));
  world.caches.firewallNodes.put(await world.writer.patch(FIREWALL_NODES, node, { spec }));
  world.log.info({ node: name, config: config.metadata.name, hash: good.hash }, "node gets what its worker is restarted for");
}

/** A program that cannot be kept never reaches a node; trying again does not cure a missing right or namespace. */
function tellNotKept(world: World, config: ConfigObject, error: unknown): void {
  if (!(error instanceof ApiError) || isConflict(error) || error.status === 429 || error.status >= 500) return;
  const note = `The compiled program could not be kept as a ControllerRevision in namespace ${world.namespace}: ${error.message}`;
  world.events.record(CONFIGS, config, { type: "Warning", reason: "ProgramNotKept", action: "Compile", note });
}

/** The finalizer comes before anything that would have to be undone. */
async function hold(world: World, config: ConfigObject): Promise<ConfigObject> {
  if (hasFinalizer(config, FINALIZER)) return config;
  const held = await world.writer.patch(CONFIGS, config, withFinalizer(config, FINALIZER));
  world.caches.configs.put(held);
  return held;
}

/** Nodes of a config that is going away stop, or go over to another config; then its programs and finalizer go. */
async function finish(world: World, config: ConfigObject): Promise<number | undefined> {
  if (!hasFinalizer(config, FINALIZER)) return undefined;
  const left = nodesOf(world, config.metadata.name);
  if (left.length > 0) {
    for (const node of left) world.enqueue(nodeKey(node.metadata.name));
    return writeStatus(world, config, { compiled: await world.verdictOf(config), tooLarge: undefined }, undefined);
  }
  await world.programs.drop(config, world.caches.revisions, world.writer);
  await dropHistory(config, world.caches.history, world.writer);
  await dropFinalizer(world.writer, CONFIGS, world.caches.configs, config, FINALIZER);
  world.log.info({ config: config.metadata.name }, "config removed");
  return undefined;
}

const nodesOf = (world: World, config: string): FirewallNodeObject[] =>
  world.caches.firewallNodes.list().filter((node) => node.spec.config === config);

/** At most two writes a second, however many nodes report at once. */
const WRITE_GAP_MS = 500;

async function writeStatus(world: World, config: ConfigObject, { compiled, tooLarge }: Verdict, view: RolloutView | undefined): Promise<number | undefined> {
  const { uid = "" } = config.metadata;
  const wait = (world.statusWrittenAt.get(uid) ?? -Infinity) + WRITE_GAP_MS - world.clock.now();
  if (wait > 0) return wait;
  const rollout = view && rolloutFacts({
    view, won: world.shareOf(config.metadata.name).won, nodes: nodesOf(world, config.metadata.name), before: config.status,
    hash: world.programs.of(config.metadata.uid)?.hash ?? "", now: world.nowText(), revision: historyOf(config, world.caches.history)[0]?.revision,
  });
  const after = configStatus({
    object: config,
    issues: compiled.issues,
    tooLarge,
    good: world.programs.of(config.metadata.uid),
    share: world.shareOf(config.metadata.name),
    nodes: nodesOf(world, config.metadata.name),
    rollout,
    labels: world.caches.nodes.list().map((node) => node.metadata.labels),
    now: world.nowText(),
  });
  if (sameJson(config.status, after)) return rollout?.lookInMs;
  world.statusWrittenAt.set(uid, world.clock.now());
  const status = mergeDiff(config.status, after);
  const written = await world.writer.patch(CONFIGS, config, { status }, "status");
  world.caches.configs.put(written);
  tell(world, config, after, compiled.issues.filter((issue) => issue.severity === "error").slice(0, 5).map(issueText));
  return rollout?.lookInMs;
}

const TELLING = new Set(["Ready", "Compiled", "Conflict", "Degraded", "NodesMatched", "Progressing"]);
/** Of Progressing only these are news; the rest is told by Ready. */
const NEWS_OF_PROGRESS = new Set(["ProgressDeadlineExceeded", "Paused"]);
/** Reasons of Ready that another condition tells in its own words. */
const TOLD_ELSEWHERE = new Set(["CompileFailed", "NotCompiled", "NoNodesMatched"]);

/** Events for what became different, so that they never repeat what is still so. */
function tell(world: World, config: ConfigObject, after: ConfigObject["status"], errors: readonly string[]): void {
  const edited = config.status?.observedGeneration !== config.metadata.generation;
  const moved = changed(config.status?.conditions, after?.conditions ?? []).map(({ after: now }) => now);
  for (const { type, status, reason, message } of moved) {
    if (!TELLING.has(type) || TOLD_ELSEWHERE.has(reason) || (type === "Ready" && reason === "Conflict")) continue;
    if (type === "Progressing") {
      if (NEWS_OF_PROGRESS.has(reason)) world.events.record(CONFIGS, config, { type: reason === "Paused" ? "Normal" : "Warning", reason, action: type, note: message });
      continue;
    }
    const good = (type === "Conflict" || type === "Degraded" ? "False" : "True") === status;
    if (good && type !== "Ready" && type !== "Compiled") continue;
    world.events.record(CONFIGS, config, { type: good ? "Normal" : "Warning", reason, action: type, note: message });
  }
  if (edited) for (const note of errors) world.events.record(CONFIGS, config, { type: "Warning", reason: "CompileFailed", action: "Compile", note });
}
