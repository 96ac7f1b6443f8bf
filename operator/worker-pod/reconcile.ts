// SPDX-License-Identifier: Apache-2.0
// The worker pod of one node is what it shall be: made, replaced where a part of it is different, taken away.
import { isConflict, isNotFound } from "../kube/errors";
import { sameJson } from "../kube/objects";
import type { Good } from "../programs";
import type { FirewallNodeObject } from "../resources";
import { templateOf } from "../rollout/template";
import type { World } from "../world";
import { NODE_ANNOTATION, PODS, type PodObject } from "./desired";
import { digestOf, podOf, wantedPod } from "./pods";

/** A pod that failed stays for a moment, so that its reason can be read; and one that fails at once is no tight loop. */
const FAILED_MS = 10_000;

/**
 * good: the program that the node was given. A pod that runs is replaced only when the node was given this pod too: until the
 * turn of its restart has come it keeps the one that it has.
 * Milliseconds after which it must be looked at again.
 */
export async function ensureWorkerPod(world: World, object: FirewallNodeObject, good: Good): Promise<number | undefined> {
  const wanted = wantedPod(world, object, good);
  if (wanted === undefined) return undefined;
  const { name: node, uid = "" } = object.metadata;
  const pod = podOf(world, node);
  if (pod === undefined) return create(world, wanted);
  if (pod.metadata.deletionTimestamp !== undefined) return undefined; // its end is news, and comes by itself
  const dead = pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded";
  const ours = pod.metadata.ownerReferences?.some((one) => one.uid === uid) === true;
  if (!dead && ours && digestOf(pod) === digestOf(wanted)) return relabel(world, pod, wanted);
  if (dead) {
    const left = Date.parse(pod.metadata.creationTimestamp ?? "") + FAILED_MS - world.clock.wall();
    if (left > 0) return left;
  } else if (ours && object.spec.template !== templateOf(good, world.workerPods)) return undefined;
  world.log.info({ node, pod: pod.metadata.name, why: dead ? pod.status?.reason : "it is to be different" }, "worker pod replaced");
  await remove(world, pod);
  return undefined;
}

async function create(world: World, wanted: PodObject): Promise<undefined> {
  try {
    world.caches.workerPods.put(await world.writer.create(PODS, wanted));
    world.log.info({ node: wanted.metadata.annotations?.[NODE_ANNOTATION], pod: wanted.metadata.name }, "worker pod made");
  } catch (error) {
    if (!isConflict(error)) throw error; // made before, and not seen in the cache yet
  }
  return undefined;
}

/** Labels and annotations are no reason to end a pod. */
async function relabel(world: World, pod: PodObject, wanted: PodObject): Promise<undefined> {
  const { labels, annotations } = wanted.metadata;
  const has = (now: Record<string, string> | undefined, want: Record<string, string> | undefined): boolean =>
    Object.entries(want ?? {}).every(([name, value]) => now?.[name] === value);
  if (has(pod.metadata.labels, labels) && has(pod.metadata.annotations, annotations)) return undefined;
  world.caches.workerPods.put(await world.writer.patch(PODS, pod, { metadata: { labels, annotations } }));
  return undefined;
}

async function remove(world: World, pod: PodObject): Promise<void> {
  await world.writer.remove(PODS, pod).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    world.caches.workerPods.remove(pod);
  });
}

/** The node is released: its worker has stopped, now the pod goes. */
export async function removeWorkerPod(world: World, node: string): Promise<void> {
  const pod = podOf(world, node);
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return;
  await remove(world, pod);
  world.log.info({ node, pod: pod.metadata.name }, "worker pod taken away");
}

/** Of a pod, this alone matters: status changes all the time. */
export function samePod(before: PodObject | undefined, after: PodObject | undefined): boolean {
  const view = (pod: PodObject | undefined): unknown => pod && [pod.metadata.uid, pod.metadata.deletionTimestamp, pod.metadata.annotations, pod.status];
  return sameJson(view(before), view(after));
}
