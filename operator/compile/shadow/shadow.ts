// SPDX-License-Identifier: Apache-2.0
// Finds policies that can never match, because policies before them match everything that they would.
//
// A policy is cut into atoms: one family, one pair of zones, one application. It is shadowed when for every atom some
// earlier policy matches all of it. That is never wrong; it misses policies whose addresses only several earlier ones
// cover together. "From every zone" is covered only by "from every zone": new zones may come.
//
// For each atom the earlier policies that cover it are an intersection of bit sets, one per field. The sets are found
// through the first address or port of a list, which every list that covers it must hold. The work has a budget; what
// is left when it ends is not judged.
import type { PolicyRow, Program } from "../../../program/program";
import type { CheckInput } from "../checks";
import { enabledPositions } from "../families";
import { AddressCover } from "./addresses";
import { ApplicationCover } from "./applications";
import { Budget, Rows } from "./bits";

const MAX_STEPS = 100_000_000;
const MAX_ATOMS = 1024;
const MAX_NAMED = 3;

export function shadowedPolicies({ scope, program, addresses, report }: CheckInput): void {
  const positions = enabledPositions(scope.policies);
  const budget = new Budget(MAX_STEPS);
  for (const { row, by } of findShadowed(program, addresses.prefixes, budget)) {
    const named = by.slice(0, MAX_NAMED).map((r) => `policies[${positions[r]}] (${program.policies[r]!.name})`);
    const more = by.length > MAX_NAMED ? ` and ${by.length - MAX_NAMED} more` : "";
    const message = `The policy can never match: ${named.join(", ")}${more} before it ${by.length > 1 ? "match" : "matches"} everything that it would; move it up or remove it.`;
    report.warning("ShadowedPolicy", `spec.policies[${positions[row]}]`, message);
  }
}

export interface Shadowed {
  readonly row: number;
  /** Rows of the policies that take its place, in order. */
  readonly by: readonly number[];
}

export function findShadowed(program: Program, sets: Parameters<typeof makeCovers>[1], budget: Budget): Shadowed[] {
  const covers = makeCovers(program, sets, budget);
  const found: Shadowed[] = [];
  program.policies.forEach((policy, row) => {
    const by = coveredBy(policy, row, covers, budget);
    if (by !== undefined && by.size > 0 && !budget.exhausted) found.push({ row, by: [...by].sort((a, b) => a - b) });
  });
  return found;
}

interface Covers {
  readonly families: readonly { readonly source: AddressCover; readonly destination: AddressCover }[];
  readonly from: ZoneCover;
  readonly to: ZoneCover;
  readonly applications: ApplicationCover;
}

type Prefixes = ConstructorParameters<typeof AddressCover>[2];

function makeCovers(program: Program, sets: Prefixes, budget: Budget): Covers {
  const { policies, zones } = program;
  const sources = policies.map((p) => ({ sets: p.sources, negated: p.sourcesNegated }));
  const destinations = policies.map((p) => ({ sets: p.destinations, negated: p.destinationsNegated }));
  return {
    families: ([4, 6] as const).map((family) => ({
      source: new AddressCover(family, sources, sets, budget),
      destination: new AddressCover(family, destinations, sets, budget),
    })),
    from: new ZoneCover(policies.map((p) => p.from), zones.length),
    to: new ZoneCover(policies.map((p) => p.to), zones.length),
    applications: new ApplicationCover(policies.map((p) => p.applications), program.applications, budget),
  };
}

/** Earlier policies that cover all atoms; undefined: some atom is left. The cheap fields are looked at first. */
function coveredBy(policy: PolicyRow, row: number, covers: Covers, budget: Budget): Set<number> | undefined {
  const by = new Set<number>();
  const from = covers.from.atoms(policy.from);
  const to = covers.to.atoms(policy.to);
  if (from.length * to.length * Math.max(1, policy.applications.length) > MAX_ATOMS) return undefined;
  for (const { source, destination } of covers.families) {
    if (source.isEmpty(row) || destination.isEmpty(row)) continue;
    if (!coverAtoms([source.covering(row)], [from, to], row, new Set(), budget)) return undefined;
    const addresses = [source.covering(row), destination.covering(row)];
    if (!coverAtoms(addresses, [from, to], row, new Set(), budget)) return undefined;
    if (!coverAtoms(addresses, [from, to, covers.applications.atoms(policy.applications)], row, by, budget)) return undefined;
  }
  return by;
}

/** Finds an earlier policy for every combination of the fields. */
function coverAtoms(always: Rows[], fields: readonly Rows[][], row: number, by: Set<number>, budget: Budget): boolean {
  const [field, ...others] = fields;
  if (field !== undefined) return field.every((rows) => coverAtoms([...always, rows], others, row, by, budget));
  if (!budget.spend(row >>> 4)) return false;
  const cover = Rows.firstOfAll(always, row);
  if (cover >= 0) by.add(cover);
  return cover >= 0;
}

/** Which policies match a zone. */
class ZoneCover {
  readonly #every: Rows;
  readonly #zones: readonly Rows[];

  constructor(policies: readonly (readonly number[])[], zones: number) {
    this.#every = new Rows(policies.length);
    this.#zones = Array.from({ length: zones }, () => new Rows(policies.length));
    policies.forEach((list, row) => {
      if (list.length === 0) this.#every.add(row);
      for (const zone of list) this.#zones[zone]!.add(row);
    });
    for (const rows of this.#zones) rows.addAll(this.#every);
  }

  /** One set of policies for each zone of the list. */
  atoms(list: readonly number[]): Rows[] {
    return list.length === 0 ? [this.#every] : list.map((zone) => this.#zones[zone]!);
  }
}
