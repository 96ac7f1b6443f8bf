// SPDX-License-Identifier: Apache-2.0
// status.rollout and the conditions that tell of it, from the decision and the FirewallNodes. Pure.
import type { ConfigCondition, ConfigConditionType, ConfigReason, FirewallConfigStatus, RolloutStatus } from "../../crds/index";
import type { FirewallNodeObject } from "../resources";
import type { RolloutView } from "../rollout/view";
import { clip, count, someOf, type Fact } from "./conditions";

type ConfigFact = Fact<ConfigCondition>;
export const fact = <T extends ConfigConditionType>(type: T, status: ConfigCondition["status"], reason: ConfigReason<T> & string, message = ""): ConfigFact => ({ type, status, reason, message });

export interface RolloutFacts {
  readonly view: RolloutView;
  readonly status: RolloutStatus;
  /** No node came forward for longer than the deadline, or one was late: the sentence about it. */
  readonly late: string | undefined;
  /** Milliseconds until that may be so; undefined: never as things are. */
  readonly lookInMs: number | undefined;
}

interface Seen {
  readonly view: RolloutView;
  /** Nodes selected, sorted. */
  readonly won: readonly string[];
  readonly nodes: readonly FirewallNodeObject[];
  readonly before: FirewallConfigStatus | undefined;
  /** Hash of the program in force. */
  readonly hash: string;
  /** RFC 3339. */
  readonly now: string;
  readonly revision: number | undefined;
}

const MOST_NAMES = 20;
/** While nodes wait for their turn: an agent that found this operator is no news of the cluster, and yet counts. */
const NEXT_LOOK_MS = 2_000;
const some = <K extends string>(name: K, names: readonly string[]): { [name in K]?: string[] } =>
  (names.length === 0 ? {} : { [name]: names.slice(0, MOST_NAMES) }) as { [name in K]?: string[] };

export function rolloutFacts({ view, won, nodes, before, hash, now, revision }: Seen): RolloutFacts {
  const byName = new Map(nodes.map((node) => [node.metadata.name, node]));
  const ready = won.filter((name) => readyOf(byName.get(name))?.status === "True");
  const counts = {
    updated: view.nodes.filter(({ state, back }) => state === "newest" && back).length, total: won.length, ready: ready.length,
    restarts: view.nodes.filter(({ state }) => state === "restart").length, maxUnavailable: view.rules.maxUnavailable,
  };
  const named = { ...some("current", view.current), ...some("waiting", [...view.restart, ...view.waiting]), ...some("failed", view.failed) };
  const moving = { ...(revision !== undefined && { revision }), ...counts, ...named };
  const progressTime = cameForward(before, moving, hash) ? now : (before?.rollout?.progressTime ?? now);
  const left = Date.parse(progressTime) + view.rules.deadlineMs - Date.parse(now);
  const open = view.phase === "RollingOut" && counts.updated < counts.total;
  const late = view.phase === "Stopped" || (open && left <= 0) ? lateText(view, won, byName) : undefined;
  const looks = [view.lookInMs, ...(open && late === undefined ? [left] : []), ...(view.waiting.length > 0 && !view.rules.paused ? [NEXT_LOOK_MS] : [])].filter((ms) => ms !== undefined);
  return { view, status: { ...moving, progressTime }, late, lookInMs: looks.length === 0 ? undefined : Math.min(...looks) };
}

const readyOf = (node: FirewallNodeObject | undefined) => node?.status?.conditions?.find(({ type }) => type === "Ready");

function cameForward(before: FirewallConfigStatus | undefined, now: Omit<RolloutStatus, "progressTime">, hash: string): boolean {
  const last = before?.rollout;
  if (last === undefined || before?.hash !== hash || now.updated > last.updated || now.restarts !== last.restarts) return true;
  const paused = before.conditions?.some(({ type, reason }) => type === "Progressing" && reason === "Paused");
  return paused === true || (now.current ?? []).join() !== (last.current ?? []).join();
}

/** The node that keeps the others waiting, and what it says. */
function lateText(view: RolloutView, won: readonly string[], byName: ReadonlyMap<string, FirewallNodeObject>): string {
  const notReady = won.filter((name) => readyOf(byName.get(name))?.status !== "True");
  const name = view.failed[0] ?? view.current[0] ?? notReady[0] ?? won[0] ?? "";
  const ready = readyOf(byName.get(name));
  const says = ready === undefined || ready.status === "True" ? "" : `: ${ready.reason}: ${clip(ready.message, 500).replace(/\.$/, "")}`;
  const held = view.waiting.length === 0 ? "" : ` ${someOf(view.waiting)} ${view.waiting.length === 1 ? "keeps" : "keep"} what ${view.waiting.length === 1 ? "it has" : "they have"}.`;
  const given = view.failed.includes(name) || view.current.includes(name);
  return `${name} ${given ? "did not become ready" : "is not ready and lets no other node go"} within ${view.rules.deadlineMs / 1000} s${says}.${held}`;
}

export function progressFact({ view, status, late }: RolloutFacts): ConfigFact {
  const text = `${status.updated} of ${count(status.total, "node")} updated`;
  if (view.rules.paused) return fact("Progressing", "Unknown", "Paused", `${text}; paused by spec.rollout.paused: ${view.waiting.length === 0 ? "nothing waits" : `${someOf(view.waiting)} ${view.waiting.length === 1 ? "waits" : "wait"}`}.`);
  if (late !== undefined) return fact("Progressing", "False", "ProgressDeadlineExceeded", `${text}. ${late}`);
  if (status.updated === status.total) return fact("Progressing", "False", "Complete", `${text}.`);
  const now = view.current.length === 0 ? "" : `; now ${someOf(view.current)}`;
  const next = view.waiting.length === 0 ? "" : `; ${count(view.waiting.length, "node")} to be restarted after that, at most ${view.rules.maxUnavailable} not ready at a time`;
  return fact("Progressing", "True", "RollingOut", `${text}${now}${next}.`);
}

export function availableFact({ status: { total, ready, maxUnavailable } }: RolloutFacts): ConfigFact {
  const text = `${ready} of ${count(total, "node")} ready, ${maxUnavailable} may be away.`;
  if (total === 0) return fact("Available", "False", "NoNodesMatched", "No node is selected.");
  return ready >= Math.max(1, total - maxUnavailable) ? fact("Available", "True", "MinimumNodesReady", text) : fact("Available", "False", "TooFewNodesReady", text);
}
