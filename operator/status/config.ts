// SPDX-License-Identifier: Apache-2.0
// FirewallConfig.status from the compiler's verdict, the assignment and the FirewallNodes. Pure.
import type { ConfigCondition, FirewallConfigStatus } from "../../crds/index";
import type { Share } from "../assign";
import type { Issue } from "../compiler";
import type { Good } from "../programs";
import type { ConfigObject, FirewallNodeObject } from "../resources";
import { matches, selectorText, whyNothing } from "../selector";
import { clip, conditionsFrom, count, someOf, type Fact } from "./conditions";
import { availableFact, fact, progressFact, type RolloutFacts } from "./rollout";

export interface ConfigFacts {
  object: ConfigObject;
  /** Verdict on the newest generation. */
  issues: readonly Issue[];
  /** The program could not be kept: why. */
  tooLarge: string | undefined;
  /** The program in force, perhaps of an older generation. */
  good: Good | undefined;
  share: Share;
  /** FirewallNodes of the nodes that this config has or is about to leave. */
  nodes: readonly FirewallNodeObject[];
  /** How far the program in force is; undefined when there is none. */
  rollout: RolloutFacts | undefined;
  /** Labels of every node in the cluster. */
  labels: readonly (Readonly<Record<string, string>> | undefined)[];
  now: string;
}

type ConfigFact = Fact<ConfigCondition>;

interface Failure {
  name: string;
  reason: string;
  message: string;
}

interface Tally {
  matched: string[];
  conflicting: string[];
  updated: string[];
  ready: string[];
  unknown: string[];
  /** They run an earlier program until their turn has come. */
  waiting: readonly string[];
  /** Not ready for a reason that waiting will not cure. */
  failed: Failure[];
  /** Those that were in order or never will be by themselves: not the ones whose agent has yet to come. */
  degraded: Failure[];
  /** Those that say so themselves: no waiting will cure it. */
  stalled: Failure[];
}

export function configStatus(facts: ConfigFacts): FirewallConfigStatus {
  const { object, good, issues, now } = facts;
  const tally = tallyOf(facts);
  const generation = object.metadata.generation ?? 0;
  const errors = issues.filter((issue) => issue.severity === "error");
  const top = [...errors, ...issues.filter((issue) => issue.severity === "warning")].slice(0, 10).map(issueText);
  const conditions = object.metadata.deletionTimestamp === undefined ? living(facts, tally, errors) : stopping(facts, errors);
  return {
    observedGeneration: generation,
    ...(good && { hash: good.hash, shortHash: good.hash.slice(0, 12), hashGeneration: good.generation, revision: good.generation }),
    nodes: {
      matched: tally.matched.length,
      updated: tally.updated.length,
      ready: tally.ready.length,
      conflicting: tally.conflicting.length,
      degraded: tally.degraded.length,
      unknown: tally.unknown.length,
      summary: `${tally.ready.length}/${tally.matched.length}`,
    },
    ...(facts.rollout && { rollout: facts.rollout.status }),
    compile: { policies: good?.policies ?? 0, errors: errors.length, warnings: issues.length - errors.length, ...(top.length > 0 && { top }) },
    ...(tally.failed.length > 0 && { failedNodes: tally.failed.slice(0, 20) }),
    conditions: conditionsFrom(object.status?.conditions, conditions, generation, now),
  };
}

export const issueText = (issue: Issue): string => clip(issue.path === "" ? issue.message : `${issue.path}: ${issue.message}`, 1024);

function tallyOf({ share, nodes, good, rollout }: ConfigFacts): Tally {
  const byName = new Map(nodes.map((node) => [node.metadata.name, node]));
  const tally: Tally = { matched: share.won, conflicting: [...share.lost.values()].flat().sort(), updated: [], ready: [], unknown: [], waiting: rollout?.view.waiting ?? [], failed: [], degraded: [], stalled: [] };
  for (const name of share.won) {
    const node = byName.get(name);
    const ready = node?.status?.conditions?.find((condition) => condition.type === "Ready");
    // What was said about an older program says nothing about this one.
    const current = node !== undefined && node.spec.hash === good?.hash && ready?.observedGeneration === node.metadata.generation;
    if (!current || ready === undefined) continue;
    if (node.status?.applied?.verified === true && node.status.applied.hash === good?.hash) tally.updated.push(name);
    if (ready.status === "Unknown") tally.unknown.push(name);
    if (ready.status === "True") tally.ready.push(name);
    else if (ready.reason !== "Applying" && ready.reason !== "Stopping") tally.failed.push({ name, reason: ready.reason, message: ready.message });
    const stalled = node.status?.conditions?.find(({ type, status }) => type === "Stalled" && status === "True");
    if (stalled !== undefined) tally.stalled.push({ name, reason: stalled.reason, message: stalled.message });
  }
  tally.degraded = tally.failed.filter((node) => node.reason !== "NeverConnected");
  return tally;
}

function living(facts: ConfigFacts, tally: Tally, errors: readonly Issue[]): ConfigFact[] {
  const compiled = compiledFact(facts, errors);
  const matched = matchedFact(facts, tally);
  const conflict = conflictFact(facts, tally);
  return [readyFact(facts, tally, [compiled, matched, conflict]), progress(facts, tally), ...available(facts), degradedFact(tally, compiled), compiled, matched, conflict, stalledFact(facts, tally, [compiled, matched, conflict])];
}

function compiledFact({ issues, good, tooLarge }: ConfigFacts, errors: readonly Issue[]): ConfigFact {
  const instead = good === undefined ? "No earlier configuration is in force." : `The configuration of generation ${good.generation} stays in force.`;
  const [first] = errors;
  if (first !== undefined) {
    const more = errors.length > 1 ? ` (and ${count(errors.length - 1, "more error")})` : "";
    return fact("Compiled", "False", "CompileFailed", `${clip(issueText(first), 700)}${more} ${instead}`);
  }
  if (tooLarge !== undefined) return fact("Compiled", "False", "ProgramTooLarge", `${tooLarge} ${instead}`);
  const warnings = issues.length === 0 ? "" : `; ${count(issues.length, "warning")}, see status.compile.top`;
  return fact("Compiled", "True", "Compiled", `${good?.policies === 1 ? "1 policy" : `${good?.policies ?? 0} policies`} in force${warnings}.`);
}

function matchedFact({ object, good, labels }: ConfigFacts, { matched, conflicting }: Tally): ConfigFact {
  const selector = good === undefined ? object.spec.nodeSelector : good.selector;
  if (selector === undefined) {
    return fact("NodesMatched", "False", "SelectorAbsent", "spec.nodeSelector is absent, so no node is selected; write matchLabels, or {} to select every node.");
  }
  const all = good === undefined ? labels.filter((of) => matches(selector, of)).length : matched.length + conflicting.length;
  const later = good === undefined ? "; it gets them as soon as the configuration compiles" : "";
  if (all > 0) return fact("NodesMatched", "True", "NodesMatched", `${selectorText(selector)} selects ${count(all, "node")}${later}.`);
  return fact("NodesMatched", "False", "NoNodeMatches", whyNothing(selector, labels));
}

function conflictFact({ share }: ConfigFacts, { conflicting }: Tally): ConfigFact {
  if (conflicting.length === 0) return fact("Conflict", "False", "NoConflict");
  const texts = [...share.lost].map(([winner, nodes]) => `${someOf([...nodes].sort())} by ${winner}`);
  return fact("Conflict", "True", "NodesClaimed", `Nodes held by an older FirewallConfig: ${someOf(texts)}. Change the nodeSelector of one of them.`);
}

function readyFact({ good }: ConfigFacts, tally: Tally, [compiled, matched, conflict]: readonly ConfigFact[]): ConfigFact {
  const { matched: all, ready, unknown, failed, waiting: later } = tally;
  const where = `${ready.length} of ${count(all.length, "node")} ready`;
  const turn = later.length === 0 ? "" : `; ${someOf(later)} ${later.length === 1 ? "runs" : "run"} an earlier configuration until ${later.length === 1 ? "its" : "their"} turn has come`;
  if (compiled?.status === "False") return fact("Ready", "False", "NotCompiled", `${compiled.message}${good === undefined ? "" : ` ${where} with it.`}`);
  if (matched?.status === "False") return fact("Ready", "False", "NoNodesMatched", matched.message);
  if (conflict?.status === "True") return fact("Ready", "False", "Conflict", conflict.message);
  if (ready.length === all.length) return fact("Ready", "True", "AllNodesReady", `${where}.`);
  const waiting = all.filter((name) => !ready.includes(name) && !later.includes(name));
  const first = failed.find((node) => !unknown.includes(node.name)) ?? failed[0];
  const message = `${where}${waiting.length === 0 ? "" : `; not ready: ${someOf(waiting)}`}${turn}.${first === undefined ? "" : ` ${first.name}: ${first.reason}: ${clip(first.message, 500)}`}`;
  if (unknown.length > 0 && later.length === 0 && unknown.length === waiting.length) return fact("Ready", "Unknown", "NodesUnknown", message);
  return fact("Ready", "False", "NodesNotReady", message);
}

/** Before anything was in force nothing can be on its way but its nodes. */
function progress({ rollout }: ConfigFacts, { matched }: Tally): ConfigFact {
  if (rollout !== undefined) return progressFact(rollout);
  const text = `0 of ${count(matched.length, "node")} updated.`;
  return matched.length > 0 ? fact("Progressing", "True", "RollingOut", text) : fact("Progressing", "False", "Complete", text);
}

const available = ({ rollout }: ConfigFacts): ConfigFact[] =>
  [rollout === undefined ? fact("Available", "False", "NoNodesMatched", "No configuration is in force.") : availableFact(rollout)];

function degradedFact({ degraded }: Tally, compiled: ConfigFact): ConfigFact {
  if (compiled.status === "False") return fact("Degraded", "True", "CompileFailed", compiled.message);
  const [first] = degraded;
  if (first === undefined) return fact("Degraded", "False", "AsExpected");
  const names = degraded.map((node) => node.name);
  return fact("Degraded", "True", "NodesDegraded", `${someOf(names)}. ${first.name}: ${first.reason}: ${first.message}`);
}

/** In the order of what a person would have to cure first. */
function stalledFact({ rollout }: ConfigFacts, { stalled }: Tally, [compiled, matched, conflict]: readonly [ConfigFact, ConfigFact, ConfigFact]): ConfigFact {
  if (compiled.status === "False") return fact("Stalled", "True", compiled.reason === "ProgramTooLarge" ? "ProgramTooLarge" : "CompileFailed", compiled.message);
  if (matched.reason === "SelectorAbsent") return fact("Stalled", "True", "SelectorAbsent", matched.message);
  if (conflict.status === "True") return fact("Stalled", "True", "NodesClaimed", conflict.message);
  const [first] = stalled;
  if (first === undefined && rollout?.late !== undefined) return fact("Stalled", "True", "ProgressDeadlineExceeded", rollout.late);
  if (first === undefined) return fact("Stalled", "False", "NotStalled");
  return fact("Stalled", "True", "NodesStalled", `${someOf(stalled.map((node) => node.name))}. ${first.name}: ${first.reason}: ${first.message}`);
}

function stopping(facts: ConfigFacts, errors: readonly Issue[]): ConfigFact[] {
  const names = facts.nodes.map((node) => node.metadata.name).sort();
  const text = names.length === 0 ? "All nodes have stopped." : `Waiting for ${someOf(names)} to stop.`;
  return [
    fact("Ready", "False", "Terminating", text),
    fact("Progressing", "True", "Stopping", text),
    fact("Available", "False", "Stopping", text),
    fact("Degraded", "False", "AsExpected"),
    compiledFact(facts, errors),
    fact("NodesMatched", "False", "NoNodeMatches", "The configuration is being deleted."),
    fact("Conflict", "False", "NoConflict"),
    fact("Stalled", "False", "NotStalled"),
  ];
}
