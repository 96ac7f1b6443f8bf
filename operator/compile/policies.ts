// SPDX-License-Identifier: Apache-2.0
// spec.policies: who may talk to whom. The order is the order; the first match wins.
import type { Policy } from "../../crds/index";
import { FW_MAX_POLICIES, FW_MAX_REFS } from "../../program/limits";
import type { ApplicationRow, Index, PolicyRow } from "../../program/program";
import { breadth } from "./applications";
import type { ErrorReason, Report } from "./issue";
import { ANY, type Named, type Scope, suggestion } from "./scope";

interface Kind {
  readonly known: Named<{ name: string }>;
  readonly rows: (name: string) => number | undefined;
  readonly unknown: ErrorReason;
  readonly what: string;
}

/** Rows of the enabled policies. Disabled ones are checked all the same. */
export function compilePolicies(scope: Scope, applications: readonly ApplicationRow[], report: Report): PolicyRow[] {
  const zone: Kind = { known: scope.zones, rows: (n) => scope.zones.row(n), unknown: "UnknownZone", what: "zone" };
  const address: Kind = {
    known: scope.addresses,
    rows: (n) => scope.addressRows.get(n),
    unknown: "UnknownAddress",
    what: "address set",
  };
  const application: Kind = {
    known: scope.applications,
    rows: (n) => scope.applicationRows.get(n),
    unknown: "UnknownApplication",
    what: "application",
  };
  const specificity = rank(applications);
  const rows = scope.policies.map((policy, i): PolicyRow => {
    const list = (kind: Kind, field: ListField): Index[] => resolve(policy, `spec.policies[${i}]`, field, kind, report);
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
      schedule: null,
    };
  });
  const inForce = rows.filter((_, i) => scope.policies[i]!.enabled);
  checkLimits(inForce, report);
  return inForce;
}

type ListField = "from" | "to" | "sources" | "destinations" | "applications";

/** Rows that the names of a list stand for; an empty list is everything. */
function resolve(policy: Policy, path: string, field: ListField, kind: Kind, report: Report): Index[] {
  const names = policy[field];
  const rows: Index[] = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    const row = kind.rows(name);
    if (row !== undefined) rows.push(row);
    else if (name === ANY) checkAny(policy, `${path}.${field}`, field, report);
    else if (!kind.known.has(name)) {
      const message = `There is no ${kind.what} "${name}" in ${kind.known.path.slice(5)}${suggestion(name, kind.known, report) || "."}`;
      report.error(kind.unknown, `${path}.${field}[${i}]`, message);
    }
  }
  return rows;
}

/** "any" alone is an empty list. */
function checkAny(policy: Policy, path: string, field: ListField, report: Report): void {
  if (policy[field].length > 1) {
    const message = `"any" stands for everything, so the other names have no effect; leave them out, or leave out "any".`;
    report.error("AnyMisused", `${path}[${policy[field].indexOf(ANY)}]`, message);
  }
  const negated = (field === "sources" && policy.sourcesNegated) || (field === "destinations" && policy.destinationsNegated);
  if (negated) {
    report.error("AnyMisused", `${path}Negated`, `Nothing is outside of "any", so the policy would never match; name the sets to exclude.`);
  }
}

function ascending(rows: Index[]): Index[] {
  return [...new Set(rows)].sort((a, b) => a - b);
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
  const refs = rows.reduce(
    (sum, p) => sum + p.from.length + p.to.length + p.sources.length + p.destinations.length + p.applications.length,
    0,
  );
  if (refs > FW_MAX_REFS) {
    const message = `The lists of all policies have ${refs} names together; at most ${FW_MAX_REFS} fit. Put address sets into larger sets.`;
    report.error("LimitExceeded", "spec.policies", message);
  }
}
