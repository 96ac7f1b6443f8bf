// SPDX-License-Identifier: Apache-2.0
// The worker pods that there are, and how they differ from those that there shall be.
import type { Good } from "../programs";
import type { FirewallNodeObject } from "../resources";
import type { World } from "../world";
import { desiredPod, DIGEST_ANNOTATION, podName, type PodObject } from "./desired";
import { needsOf } from "./settings";

export const podOf = (world: World, node: string): PodObject | undefined => world.caches.workerPods.get(`${world.namespace}/${podName(node)}`);

/** It runs, is not ending, and its probe finds a datapath that forwards. */
export const isPodReady = (pod: PodObject | undefined): boolean =>
  pod !== undefined && pod.metadata.deletionTimestamp === undefined && pod.status?.containerStatuses?.[0]?.ready === true;

export const digestOf = (pod: PodObject | undefined): string | undefined => pod?.metadata.annotations?.[DIGEST_ANNOTATION];

/** The pod of a node for a program; undefined where no pods are made. */
export function wantedPod(world: World, object: FirewallNodeObject, good: Good): PodObject | undefined {
  const settings = world.workerPods;
  if (settings === undefined) return undefined;
  const { name: node, uid = "" } = object.metadata;
  const owner = { apiVersion: "portcullis.dev/v1alpha1", kind: "FirewallNode", name: node, uid, controller: true };
  return desiredPod({ node, namespace: world.namespace, owner, needs: needsOf(good), wishes: good.pod, settings });
}

export function hasWantedDigest(world: World, object: FirewallNodeObject, good: Good, pod: PodObject): boolean {
  return digestOf(pod) === digestOf(wantedPod(world, object, good));
}

/** The pod of the node is the one that it was given, and ready. True where there are no pods. */
export function podIsBack(world: World, object: FirewallNodeObject, good: Good): boolean {
  if (world.workerPods === undefined) return true;
  const pod = podOf(world, object.metadata.name);
  return pod !== undefined && isPodReady(pod) && hasWantedDigest(world, object, good, pod);
}
