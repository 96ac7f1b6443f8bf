// SPDX-License-Identifier: Apache-2.0
// One FirewallConfig: gather > compile > nodes > status. The nodes are keys of their own in the same queue.
import { ApiError, isConflict } from "./kube/errors";
import { dropFinalizer, hasFinalizer, mergeDiff, sameJson, withFinalizer } from "./kube/objects";
import { CONFIGS, FINALIZER, type ConfigObject, type FirewallNodeObject } from "./resources";
import { changed } from "./status/conditions";
import { configStatus, issueText } from "./status/config";
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
  return writeStatus(world, held, verdict);
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
    return writeStatus(world, config, { compiled: await world.verdictOf(config), tooLarge: undefined });
  }
  await world.programs.drop(config, world.caches.revisions, world.writer);
  await dropFinalizer(world.writer, CONFIGS, world.caches.configs, config, FINALIZER);
  world.log.info({ config: config.metadata.name }, "config removed");
  return undefined;
}

const nodesOf = (world: World, config: string): FirewallNodeObject[] =>
  world.caches.firewallNodes.list().filter((node) => node.spec.config === config);

/** At most two writes a second, however many nodes report at once. */
const WRITE_GAP_MS = 500;

async function writeStatus(world: World, config: ConfigObject, { compiled, tooLarge }: Verdict): Promise<number | undefined> {
  const { uid = "" } = config.metadata;
  const wait = (world.statusWrittenAt.get(uid) ?? -Infinity) + WRITE_GAP_MS - world.clock.now();
  if (wait > 0) return wait;
  const after = configStatus({
    object: config,
    issues: compiled.issues,
    tooLarge,
    good: world.programs.of(config.metadata.uid),
    share: world.shareOf(config.metadata.name),
    nodes: nodesOf(world, config.metadata.name),
    labels: world.caches.nodes.list().map((node) => node.metadata.labels),
    now: world.nowText(),
  });
  if (sameJson(config.status, after)) return undefined;
  world.statusWrittenAt.set(uid, world.clock.now());
  const status = mergeDiff(config.status, after);
  const written = await world.writer.patch(CONFIGS, config, { status }, "status");
  world.caches.configs.put(written);
  tell(world, config, after, compiled.issues.filter((issue) => issue.severity === "error").slice(0, 5).map(issueText));
  return undefined;
}

const TELLING = new Set(["Ready", "Compiled", "Conflict", "Degraded", "NodesMatched"]);
/** Reasons of Ready that another condition tells in its own words. */
const TOLD_ELSEWHERE = new Set(["CompileFailed", "NotCompiled", "NoNodesMatched"]);

/** Events for what became different, so that they never repeat what is still so. */
function tell(world: World, config: ConfigObject, after: ConfigObject["status"], errors: readonly string[]): void {
  const edited = config.status?.observedGeneration !== config.metadata.generation;
  const moved = changed(config.status?.conditions, after?.conditions ?? []).map(({ after: now }) => now);
  for (const { type, status, reason, message } of moved) {
    if (!TELLING.has(type) || TOLD_ELSEWHERE.has(reason) || (type === "Ready" && reason === "Conflict")) continue;
    const good = (type === "Conflict" || type === "Degraded" ? "False" : "True") === status;
    if (good && type !== "Ready" && type !== "Compiled") continue;
    world.events.record(CONFIGS, config, { type: good ? "Normal" : "Warning", reason, action: type, note: message });
  }
  if (edited) for (const note of errors) world.events.record(CONFIGS, config, { type: "Warning", reason: "CompileFailed", action: "Compile", note });
}
