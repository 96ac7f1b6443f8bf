// SPDX-License-Identifier: Apache-2.0
// Node selectors: does one match, and if it matches nothing, what is near.
import { nearest, type NodeSelector } from "../crds/index";

type Labels = Readonly<Record<string, string>> | undefined;
type Requirement = NonNullable<NodeSelector["matchExpressions"]>[number];

/** An absent selector matches nothing, an empty one everything. */
export function matches(selector: NodeSelector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false;
  return requirementsOf(selector).every((requirement) => holds(requirement, labels ?? {}));
}

function requirementsOf(selector: NodeSelector): Requirement[] {
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]): Requirement => ({ key, operator: "In", values: [value] }));
  return [...equal, ...(selector.matchExpressions ?? [])];
}

function holds({ key, operator, values = [] }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

/** In the notation of kubectl -l. */
export function selectorText(selector: NodeSelector): string {
  const parts = requirementsOf(selector).map(({ key, operator, values = [] }) => {
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    if (operator === "In" && values.length === 1) return `${key}=${values[0]}`;
    return `${key} ${operator === "In" ? "in" : "notin"} (${values.join(",")})`;
  });
  return parts.length === 0 ? "every node" : parts.join(",");
}

/** Why nothing matches, as a sentence: the first requirement that no node meets, and what the nodes have instead. */
export function whyNothing(selector: NodeSelector, nodes: readonly Labels[]): string {
  if (nodes.length === 0) return "The cluster has no nodes.";
  const wanted = `No node matches ${selectorText(selector)}`;
  const requirements = requirementsOf(selector);
  const unmet = requirements.find((requirement) => !nodes.some((labels) => holds(requirement, labels ?? {})));
  if (unmet === undefined) return `${wanted}: each part matches some of the ${nodes.length} nodes, but no node has all of them.`;
  const values = [...new Set(nodes.flatMap((labels) => labels?.[unmet.key] ?? []))].sort();
  if (values.length > 0 && (unmet.operator === "In" || unmet.operator === "NotIn" || unmet.operator === "DoesNotExist")) {
    return `${wanted}: the nodes have ${unmet.key} with ${listText(values.map((v) => JSON.stringify(v)))}.`;
  }
  const keys = [...new Set(nodes.flatMap((labels) => Object.keys(labels ?? {})))].sort();
  const near = nearest(unmet.key, keys);
  const hint = near === undefined ? `kubectl label node NAME ${unmet.key}=${unmet.values?.[0] ?? ""}` : `did you mean the label ${near}?`;
  return `${wanted}: no node has the label ${unmet.key}; ${near === undefined ? `set it with: ${hint}` : hint}`;
}

const listText = (items: readonly string[]): string =>
  items.length <= 5 ? items.join(", ") : `${items.slice(0, 5).join(", ")} and ${items.length - 5} more`;
