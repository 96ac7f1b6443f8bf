// SPDX-License-Identifier: Apache-2.0
// The rollout of one configuration as the cluster shows it: what each node was given, whether it is back, who is next.
import type { FirewallNodeSpec } from "../../crds/index";
import type { Good } from "../programs";
import type { ConfigObject, FirewallNodeObject } from "../resources";
import { isReadyBy } from "../status/node";
import { hasWantedDigest, isPodReady, podOf } from "../worker-pod/pods";
import { needsOf } from "../worker-pod/settings";
import type { World } from "../world";
import { decide, type Decision, type RolloutNode, type Rules } from "./decide";
import { rolloutOf, rulesOf } from "./rules";
import { templateOf } from "./template";

export interface RolloutView extends Decision {
  readonly rules: Rules;
  readonly nodes: readonly RolloutNode[];
}

/** good: the program in force. */
export function rolloutView(world: World, config: ConfigObject, good: Good): RolloutView {
  const { won } = world.shareOf(config.metadata.name);
  const rollout = rolloutOf(config);
  const rules = rulesOf(rollout, won.length);
  const nodes = won.flatMap((name) => {
    const object = world.caches.firewallNodes.get(name);
    return object === undefined || object.spec.config !== config.metadata.name ? [] : [nodeOf(world, object, good, rollout.order.label)];
  });
  return { rules, nodes, ...decide(nodes, rules) };
}

function nodeOf(world: World, object: FirewallNodeObject, good: Good, label: string | undefined): RolloutNode {
  const { metadata: { name }, spec, status } = object;
  const view = world.agents.view(name);
  const spoken = view?.connected === true && world.clock.now() - view.reportedAt < world.silentMs ? view.report : undefined;
  const pod = world.workerPods === undefined || isPodReady(podOf(world, name));
  return {
    name,
    rank: label === undefined ? undefined : world.caches.nodes.get(name)?.metadata.labels?.[label],
    state: stateOf(world, object, good),
    ready: spoken !== undefined && pod && isReadyBy(object, spoken),
    heard: spoken !== undefined,
    back: spec.orderTime !== undefined && status?.readyOrderTime === spec.orderTime,
    age: spec.orderTime === undefined ? 0 : world.clock.wall() - Date.parse(spec.orderTime),
  };
}

/** What the node was given, compared with what is in force now. */
export function stateOf(world: World, object: FirewallNodeObject, good: Good): RolloutNode["state"] {
  const same = object.spec.hash === good.hash;
  const template = templateOf(good, world.workerPods);
  if (object.spec.template === template) return same ? "newest" : "hot";
  return object.spec.template === undefined && adoptable(world, object, good) ? "hot" : "restart";
}

/** A node that an operator without rollouts gave its order: does its worker run with what is wanted now? */
function adoptable(world: World, object: FirewallNodeObject, good: Good): boolean {
  const ordered = orderedGood(world, object);
  if (ordered !== undefined && needsOf(ordered).worker !== needsOf(good).worker) return false;
  const pod = podOf(world, object.metadata.name);
  return pod === undefined || hasWantedDigest(world, object, good, pod);
}

/** The program that this node was given; undefined when it is not kept any more. */
export function orderedGood(world: World, object: FirewallNodeObject): Good | undefined {
  const uid = world.caches.configs.get(object.spec.config)?.metadata.uid;
  return world.programs.ordered(uid, object.spec, world.caches.revisions);
}

/** What is written into a FirewallNode's spec when it is given a program. The time moves only with what is given. */
export function orderOf(world: World, config: string, good: Good, before: FirewallNodeSpec | undefined): FirewallNodeSpec {
  const { hash, programVersion, generation } = good;
  const template = templateOf(good, world.workerPods);
  const same = before?.config === config && before.hash === hash && before.template === template;
  const orderTime = same && before.orderTime !== undefined ? before.orderTime : new Date(world.clock.wall()).toISOString();
  return { config, hash, programVersion, generation, revision: generation, template, orderTime };
}
