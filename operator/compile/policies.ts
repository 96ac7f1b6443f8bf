// SPDX-License-Identifier: Apache-2.0
// spec.policies: who may talk to whom. The order is the order; the first match wins.
import type { Policy } from "../../crds/index";
import { FW_MAX_POLICIES } from "../../program/limits";
import type { ApplicationRow, Index, PolicyRow } from "../../program/program";
import { breadth } from "./applications";
import type { Report } from "./issue";
import { ascending, type NameKind, nameKinds, resolveName, resolveNames } from "./names";
import { ANY, type Scope } from "./scope";

/** Rows of the enabled policies. Disabled ones are checked all the same. */
export function compilePolicies(scope: Scope, applications: readonly ApplicationRow[], report: Report): PolicyRow[] {
  const { zone, address, application } = nameKinds(scope);
  const specificity = rank(applications);
  const rows = scope.policies.map((policy, i): PolicyRow => {
    const path = `spec.policies[${i}]`;
    const list = (kind: NameKind, field: ListField): Index[] => resolve(policy, path, field, kind, report);
    return {
      name: policy.name,
      from: ascending(list(zone, "from")),
      to: ascending(list(zone, "to")),
      sources: ascending(list(address, "sources")),
      sourcesNegated: policy.sourcesNegated,
      destinations: ascending(list(address, "destinations")),
      destinationsNegated: policy.destinationsNegated,
      applications: list(application, "applications").sort((a, b) => specificity[a]! - specificity[b]!),
      action: policy.action,
      schedule: policy.schedule === undefined ? null : resolveName(policy.schedule, scope.schedules, "UnknownSchedule", "schedule", `${path}.schedule`, report),
    };
  });
  const inForce = rows.filter((_, i) => scope.policies[i]!.enabled);
  checkLimits(inForce, report);
  return inForce;
}

type ListField = "from" | "to" | "sources" | "destinations" | "applications";

function resolve(policy: Policy, path: string, field: ListField, kind: NameKind, report: Report): Index[] {
  const names = policy[field];
  const rows = resolveNames(names, `${path}.${field}`, kind, report);
  if (rows.length < names.length && names.includes(ANY)) checkNegated(policy, `${path}.${field}`, field, report);
  return rows;
}

function checkNegated(policy: Policy, path: string, field: ListField, report: Report): void {
  const negated = (field === "sources" && policy.sourcesNegated) || (field === "destinations" && policy.destinationsNegated);
  if (!negated) return;
  report.error("AnyMisused", `${path}Negated`, `Nothing is outside of "any", so the policy would never match; name the sets to exclude.`);
}

/** Place of each application when the most specific comes first: where several match, that one's timeout counts. */
function rank(applications: readonly ApplicationRow[]): number[] {
  const size = applications.map(breadth);
  const order = applications.map((_, row) => row).sort((a, b) => size[a]! - size[b]! || a - b);
  const place = new Array<number>(order.length);
  order.forEach((row, i) => {
    place[row] = i;
  });
  return place;
}

function checkLimits(rows: readonly PolicyRow[], report: Report): void {
  if (rows.length > FW_MAX_POLICIES) {
    report.error("LimitExceeded", "spec.policies", `There are ${rows.length} policies in force; at most ${FW_MAX_POLICIES} fit.`);
  }
}
