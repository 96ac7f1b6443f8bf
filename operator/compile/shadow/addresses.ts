// SPDX-License-Identifier: Apache-2.0
// Which policies match every source (or destination) that a given list of address sets matches, in one family.
import { comparePrefix, contains, type Family, mergePrefixes, network, type Prefix } from "../../../program/net";
import type { Index } from "../../../program/program";
import { type Budget, RowList, Rows } from "./bits";

/** The addresses of a list in one family. */
type Extent =
  | { readonly kind: "none" }
  | { readonly kind: "all" }
  /** These, or all but these. Merged, neither empty nor everything. */
  | { readonly kind: "these" | "allBut"; readonly prefixes: readonly Prefix[] };

interface List {
  readonly sets: readonly Index[];
  readonly extent: Extent;
  /** Policies that have this list. */
  readonly rows: RowList;
}

export interface AddressList {
  readonly sets: readonly Index[];
  readonly negated: boolean;
}

/** Lists of which the covering rows are kept. */
const MAX_KEPT = 4096;

export class AddressCover {
  readonly #lists: List[] = [];
  /** The list of each policy. */
  readonly #listOf: number[] = [];
  /** Lists with a negation, or with everything: few, and looked at one by one. */
  readonly #wide: number[] = [];
  readonly #listsOfSet = new Map<Index, number[]>();
  readonly #index: PrefixIndex;
  readonly #kept = new Map<number, Rows>();
  readonly #policies: number;
  readonly #budget: Budget;

  constructor(family: Family, policies: readonly AddressList[], sets: readonly (readonly Prefix[])[], budget: Budget) {
    this.#policies = policies.length;
    this.#budget = budget;
    const ofFamily = sets.map((prefixes) => prefixes.filter((p) => p.family === family));
    const known = new Map<string, number>();
    policies.forEach((list, row) => {
      const key = `${list.negated ? "!" : ""}${list.sets.join(",")}`;
      let id = known.get(key);
      if (id === undefined) {
        id = this.#lists.length;
        known.set(key, id);
        this.#add(list, ofFamily);
      }
      this.#listOf.push(id);
      this.#lists[id]!.rows.add(row);
    });
    this.#index = new PrefixIndex(ofFamily, [...this.#listsOfSet.keys()]);
  }

  #add(list: AddressList, sets: readonly (readonly Prefix[])[]): void {
    const id = this.#lists.length;
    const extent = extentOf(list, sets, this.#budget);
    this.#lists.push({ sets: list.sets, extent, rows: new RowList(this.#policies) });
    if (extent.kind === "all" || extent.kind === "allBut") this.#wide.push(id);
    else for (const set of list.sets) push(this.#listsOfSet, set, id);
  }

  /** Whether the policy matches no address of the family. */
  isEmpty(row: number): boolean {
    return this.#lists[this.#listOf[row]!]!.extent.kind === "none";
  }

  /** Policies that match all addresses that this one matches, itself among them. */
  covering(row: number): Rows {
    const id = this.#listOf[row]!;
    const kept = this.#kept.get(id);
    if (kept !== undefined) return kept;
    const rows = new Rows(this.#policies);
    const { extent } = this.#lists[id]!;
    for (const other of this.#candidates(extent)) {
      if (!this.#budget.spend(rows.words.length)) break;
      if (covers(this.#lists[other]!.extent, extent, this.#budget)) rows.addList(this.#lists[other]!.rows);
    }
    if (this.#kept.size < MAX_KEPT) this.#kept.set(id, rows);
    return rows;
  }

  /** Lists that hold the first address of the extent; no other can cover it. */
  #candidates(extent: Extent): Iterable<number> {
    const found = new Set(this.#wide);
    if (extent.kind !== "these") return found;
    for (const set of this.#index.holding(extent.prefixes[0]!)) {
      const lists = this.#listsOfSet.get(set) ?? [];
      if (!this.#budget.spend(lists.length)) break;
      for (const list of lists) found.add(list);
    }
    return found;
  }
}

function push<K>(lists: Map<K, number[]>, key: K, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function extentOf(list: AddressList, sets: readonly (readonly Prefix[])[], budget: Budget): Extent {
  if (list.sets.length === 0) return { kind: "all" };
  const parts = list.sets.map((set) => sets[set] ?? []);
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  budget.spend(size);
  const prefixes = parts.length === 1 ? parts[0]! : mergePrefixes(parts.flat());
  const everything = prefixes.length === 1 && prefixes[0]!.length === 0;
  if (prefixes.length === 0) return { kind: list.negated ? "all" : "none" };
  if (everything) return { kind: list.negated ? "none" : "all" };
  return { kind: list.negated ? "allBut" : "these", prefixes };
}

/** Whether outer holds all of inner. "No" where it is hard to say. */
function covers(outer: Extent, inner: Extent, budget: Budget): boolean {
  if (outer.kind === "all") return true;
  if (outer.kind === "none" || inner.kind === "none" || inner.kind === "all") return false;
  budget.spend(outer.prefixes.length + inner.prefixes.length);
  if (budget.exhausted) return false;
  if (outer.kind === "these") return inner.kind === "these" && within(inner.prefixes, outer.prefixes);
  if (inner.kind === "allBut") return within(outer.prefixes, inner.prefixes);
  return disjoint(inner.prefixes, outer.prefixes);
}

/** Whether every prefix lies in one of the outer ones. Both lists are merged and sorted. */
function within(inner: readonly Prefix[], outer: readonly Prefix[]): boolean {
  let at = 0;
  return inner.every((prefix) => {
    while (at < outer.length && !contains(outer[at]!, prefix) && comparePrefix(outer[at]!, prefix) < 0) at++;
    return at < outer.length && contains(outer[at]!, prefix);
  });
}

function disjoint(a: readonly Prefix[], b: readonly Prefix[]): boolean {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (contains(a[i]!, b[j]!) || contains(b[j]!, a[i]!)) return false;
    if (comparePrefix(a[i]!, b[j]!) < 0) i++;
    else j++;
  }
  return true;
}

/** Finds the sets that hold an address: one look-up for each prefix length that occurs. */
class PrefixIndex {
  readonly #sets = new Map<string | number, Index[]>();
  readonly #lengths: number[];

  constructor(prefixes: readonly (readonly Prefix[])[], sets: readonly Index[]) {
    const lengths = new Set<number>();
    for (const set of sets) {
      for (const prefix of prefixes[set]!) {
        push(this.#sets, keyOf(prefix), set);
        lengths.add(prefix.length);
      }
    }
    this.#lengths = [...lengths].sort((a, b) => a - b);
  }

  *holding(address: Prefix): Generator<Index> {
    for (const length of this.#lengths) {
      if (length > address.length) return;
      yield* this.#sets.get(keyOf(network(address, length))) ?? [];
    }
  }
}

function keyOf(prefix: Prefix): string | number {
  const w = prefix.words;
  return prefix.family === 4 ? w[0] * 64 + prefix.length : `${w[0]},${w[1]},${w[2]},${w[3]}/${prefix.length}`;
}
