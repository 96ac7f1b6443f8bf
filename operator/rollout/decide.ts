// SPDX-License-Identifier: Apache-2.0
// Which nodes may have their worker restarted now. Pure: what is known of the cluster in, names out. Nothing is remembered
// between two decisions, so that another operator goes on where the one before was killed.

export interface RolloutNode {
  readonly name: string;
  /** Value of the label that orders nodes; undefined: the node does not have it. */
  readonly rank?: string | undefined;
  /** newest: it was given the newest. hot: it can have it without a restart. restart: its worker must be restarted for it. */
  readonly state: "newest" | "hot" | "restart";
  /** It forwards and is ready, by its agent's own word to this operator. */
  readonly ready: boolean;
  /** Its agent speaks to this operator. */
  readonly heard: boolean;
  /** It was ready at least once with what it was given last. */
  readonly back: boolean;
  /** Milliseconds since it was given that. */
  readonly age: number;
}

export interface Rules {
  /** At least 1. */
  readonly maxUnavailable: number;
  readonly paused: boolean;
  readonly deadlineMs: number;
}

export interface Decision {
  readonly phase: "Complete" | "RollingOut" | "Paused" | "Stopped";
  /** Nodes whose worker is to be restarted now, in their order. */
  readonly restart: readonly string[];
  /** Nodes that are to get the newest at once, without a restart. */
  readonly hot: readonly string[];
  /** They have the newest and are not back yet. */
  readonly current: readonly string[];
  /** Their turn has not come, in their order. */
  readonly waiting: readonly string[];
  /** They have the newest and did not come back in time. */
  readonly failed: readonly string[];
  /** Milliseconds until one of them is late. */
  readonly lookInMs: number | undefined;
}

const numeric = new Intl.Collator("en", { numeric: true });
const compareText = (a: string, b: string): number => numeric.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
const compareRank = (a: string | undefined, b: string | undefined): number =>
  a === b ? 0 : a === undefined ? 1 : b === undefined ? -1 : compareText(a, b);
const compare = (a: RolloutNode, b: RolloutNode): number => compareRank(a.rank, b.rank) || compareText(a.name, b.name);

const isCurrent = (node: RolloutNode): boolean => node.state === "newest" && !node.back;
const names = (nodes: readonly RolloutNode[]): string[] => nodes.map(({ name }) => name);

export function decide(nodes: readonly RolloutNode[], rules: Rules): Decision {
  const sorted = [...nodes].sort(compare);
  const current = sorted.filter(isCurrent);
  const failed = current.filter(({ age, ready }) => !ready && age >= rules.deadlineMs);
  const stopped = rules.paused || failed.length > 0;
  const restart = stopped ? [] : chosen(sorted, current, rules);
  const waiting = sorted.filter((node) => (node.state === "restart" && !restart.includes(node)) || (node.state === "hot" && rules.paused));
  const lefts = current.filter((node) => !failed.includes(node)).map(({ age }) => Math.max(1, rules.deadlineMs - age));
  return {
    phase: rules.paused ? "Paused" : failed.length > 0 ? "Stopped" : sorted.every(({ state, back }) => state === "newest" && back) ? "Complete" : "RollingOut",
    restart: names(restart),
    hot: rules.paused ? [] : names(sorted.filter(({ state }) => state === "hot")),
    current: names(current),
    waiting: names(waiting),
    failed: names(failed),
    lookInMs: lefts.length === 0 ? undefined : Math.min(...lefts),
  };
}

/** Nodes that do not speak are not touched: nobody could tell whether they come back. */
function chosen(sorted: readonly RolloutNode[], current: readonly RolloutNode[], { maxUnavailable }: Rules): RolloutNode[] {
  const open = sorted.filter((node) => node.heard && (node.state === "restart" || isCurrent(node)));
  const turn = open.filter((node) => compareRank(node.rank, open[0]?.rank) === 0 && node.state === "restart");
  const down = turn.filter(({ ready }) => !ready).slice(0, Math.max(0, maxUnavailable - current.length));
  // Whatever is not ready, for whichever reason, leaves less for those that are.
  const away = sorted.filter((node) => !node.ready || isCurrent(node)).length;
  const up = turn.filter(({ ready }) => ready).slice(0, Math.max(0, Math.min(maxUnavailable - away, maxUnavailable - current.length - down.length)));
  return [...down, ...up];
}
