// SPDX-License-Identifier: Apache-2.0
// Which policies match everything that a given application matches.
import type { ApplicationRow, Index, Range } from "../../../program/program";
import { mergeRanges } from "../applications";
import { type Budget, RowList, Rows } from "./bits";

const EVERY_PORT: readonly Range[] = [[0, 0xffff]];

interface List {
  readonly applications: readonly Index[];
  readonly rows: RowList;
}

export class ApplicationCover {
  readonly #applications: readonly ApplicationRow[];
  readonly #byProtocol = new Map<number | null, Index[]>();
  readonly #lists: List[] = [];
  readonly #listsOf = new Map<Index, number[]>();
  readonly #every: Rows;
  readonly #kept = new Map<Index, Rows>();
  readonly #budget: Budget;

  constructor(policies: readonly (readonly Index[])[], applications: readonly ApplicationRow[], budget: Budget) {
    this.#applications = applications;
    this.#budget = budget;
    this.#every = new Rows(policies.length);
    applications.forEach((a, i) => {
      const rows = this.#byProtocol.get(a.protocol);
      if (rows === undefined) this.#byProtocol.set(a.protocol, [i]);
      else rows.push(i);
    });
    const known = new Map<string, number>();
    policies.forEach((list, row) => {
      if (list.length === 0) this.#every.add(row);
      else this.#lists[this.#listId(list, known, policies.length)]!.rows.add(row);
    });
  }

  #listId(list: readonly Index[], known: Map<string, number>, policies: number): number {
    const key = list.join(",");
    const found = known.get(key);
    if (found !== undefined) return found;
    const id = this.#lists.length;
    known.set(key, id);
    this.#lists.push({ applications: list, rows: new RowList(policies) });
    for (const application of list) {
      const lists = this.#listsOf.get(application);
      if (lists === undefined) this.#listsOf.set(application, [id]);
      else lists.push(id);
    }
    return id;
  }

  /** For each application of a list, the policies that match all of it. */
  atoms(list: readonly Index[]): Rows[] {
    return list.length === 0 ? [this.#every] : list.map((application) => this.#covering(application));
  }

  #covering(application: Index): Rows {
    const kept = this.#kept.get(application);
    if (kept !== undefined) return kept;
    const rows = this.#every.copy();
    const inner = this.#applications[application]!;
    for (const id of this.#candidates(inner)) {
      const list = this.#lists[id]!;
      if (!this.#budget.spend(5 * list.applications.length)) break;
      if (this.#covers(list.applications, inner)) rows.addList(list.rows, this.#budget);
    }
    this.#kept.set(application, rows);
    return rows;
  }

  /** Lists with an application that matches the first port of this one. */
  #candidates(inner: ApplicationRow): Set<number> {
    const found = new Set<number>();
    const [first] = inner.destinationPorts[0] ?? EVERY_PORT[0]!;
    for (const other of this.#byProtocol.get(inner.protocol) ?? []) {
      const ranges = this.#applications[other]!.destinationPorts;
      if (!this.#budget.spend(1 + ranges.length)) return found;
      if (ranges.length > 0 && !ranges.some(([low, high]) => low <= first && first <= high)) continue;
      for (const list of this.#listsOf.get(other) ?? []) found.add(list);
    }
    return found;
  }

  /** Together, those of the list with all of the source ports must have all destination ports. */
  #covers(list: readonly Index[], inner: ApplicationRow): boolean {
    const ranges: Range[] = [];
    for (const index of list) {
      const outer = this.#applications[index]!;
      if (outer.protocol !== inner.protocol || !within(inner.sourcePorts, orEvery(outer.sourcePorts))) continue;
      const destinations = orEvery(outer.destinationPorts);
      this.#budget.spend(destinations.length + outer.sourcePorts.length);
      if (within(inner.destinationPorts, destinations)) return true;
      for (const range of destinations) ranges.push(range);
    }
    if (ranges.length < 2) return false;
    this.#budget.spend(20 * ranges.length);
    return within(inner.destinationPorts, mergeRanges(ranges));
  }
}

function orEvery(ranges: readonly Range[]): readonly Range[] {
  return ranges.length === 0 ? EVERY_PORT : ranges;
}

/** Whether each range lies in one of the outer ones. */
function within(inner: readonly Range[], outer: readonly Range[]): boolean {
  return orEvery(inner).every(([low, high]) => outer.some((o) => o[0] <= low && high <= o[1]));
}
