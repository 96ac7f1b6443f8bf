// SPDX-License-Identifier: Apache-2.0
// Which policies match every source (or destination) that a given list of address sets matches, in one family.
import { comparePrefix, contains, type Family, mergePrefixes, network, type Prefix } from "../../../program/net";
import type { Index } from "../../../program/program";
import { type Budget, RowList, Rows } from "./bits";

export interface AddressList {
  readonly sets: readonly Index[];
  readonly negated: boolean;
}

/** The addresses of a list in one family: all, none, these prefixes, or all but these. */
class Extent {
  readonly kind: "none" | "all" | "these" | "allBut";
  /** Policies that have this list. */
  readonly rows: RowList;
  readonly #parts: readonly (readonly Prefix[])[];
  #prefixes: readonly Prefix[] | undefined;

  constructor(list: AddressList, sets: readonly (readonly Prefix[])[], policies: number) {
    this.rows = new RowList(policies);
    this.#parts = list.sets.map((set) => sets[set] ?? []).filter((part) => part.length > 0);
    const everything = this.#parts.some((part) => part[0]!.length === 0);
    if (list.sets.length === 0) this.kind = "all";
    else if (everything) this.kind = list.negated ? "none" : "all";
    else if (this.#parts.length === 0) this.kind = list.negated ? "all" : "none";
    else this.kind = list.negated ? "allBut" : "these";
  }

  /** The most specific prefix of the sets: few others hold it. */
  sample(): Prefix | undefined {
    let best: Prefix | undefined;
    for (const part of this.#parts) for (const prefix of part) if (prefix.length > (best?.length ?? -1)) best = prefix;
    return best;
  }

  /** Merged; made when it is asked for. */
  prefixes(budget: Budget): readonly Prefix[] {
    if (this.#prefixes !== undefined) return this.#prefixes;
    const size = this.#parts.reduce((sum, part) => sum + part.length, 0);
    if (!budget.spend(20 * size)) return [];
    this.#prefixes = this.#parts.length === 1 ? this.#parts[0]! : mergePrefixes(this.#parts.flat());
    return this.#prefixes;
  }
}

/** Lists of which the covering rows are kept. */
const MAX_KEPT = 4096;

export class AddressCover {
  readonly #lists: Extent[] = [];
  /** The list of each policy. */
  readonly #listOf: number[] = [];
  /** Lists with a negation, or with everything: few, and looked at one by one. */
  readonly #wide: number[] = [];
  readonly #listsOfSet = new Map<Index, number[]>();
  readonly #index: PrefixIndex;
  readonly #kept = new Map<number, Rows>();
  /** The last search that met a list, so that none is looked at twice. */
  readonly #seenBy: Int32Array;
  #searches = 0;
  readonly #policies: number;
  readonly #budget: Budget;

  constructor(family: Family, policies: readonly AddressList[], sets: readonly (readonly Prefix[])[], budget: Budget) {
    this.#policies = policies.length;
    this.#budget = budget;
    const ofFamily = sets.map((prefixes) => prefixes.filter((p) => p.family === family));
    const known = new Map<string, number>();
    policies.forEach((list, row) => {
      const key = `${list.negated ? "!" : ""}${list.sets.join(",")}`;
      const id = known.get(key) ?? this.#add(list, ofFamily);
      known.set(key, id);
      this.#listOf.push(id);
      this.#lists[id]!.rows.add(row);
    });
    this.#index = new PrefixIndex(ofFamily, [...this.#listsOfSet.keys()]);
    this.#seenBy = new Int32Array(this.#lists.length);
  }

  #add(list: AddressList, sets: readonly (readonly Prefix[])[]): number {
    const extent = new Extent(list, sets, this.#policies);
    const id = this.#lists.push(extent) - 1;
    if (extent.kind === "all" || extent.kind === "allBut") this.#wide.push(id);
    else for (const set of list.sets) push(this.#listsOfSet, set, id);
    return id;
  }

  /** Whether the policy matches no address of the family. */
  isEmpty(row: number): boolean {
    return this.#lists[this.#listOf[row]!]!.kind === "none";
  }

  /** Policies that match all addresses that this one matches, itself among them. */
  covering(row: number): Rows {
    const id = this.#listOf[row]!;
    const kept = this.#kept.get(id);
    if (kept !== undefined) return kept;
    const rows = new Rows(this.#policies);
    const inner = this.#lists[id]!;
    for (const other of this.#candidates(inner)) {
      if (!this.#budget.spend(20)) break;
      const outer = this.#lists[other]!;
      if (other === id || covers(outer, inner, this.#budget)) rows.addList(outer.rows, this.#budget);
    }
    if (this.#kept.size < MAX_KEPT) this.#kept.set(id, rows);
    return rows;
  }

  /** Lists that hold one address of the inner one; no other can cover it. */
  *#candidates(inner: Extent): Generator<number> {
    yield* this.#wide;
    if (inner.kind !== "these") return;
    const search = ++this.#searches;
    for (const set of this.#index.holding(inner.sample()!)) {
      for (const list of this.#listsOfSet.get(set) ?? []) {
        if (this.#seenBy[list] === search) continue;
        this.#seenBy[list] = search;
        yield list;
      }
    }
  }
}

function push<K>(lists: Map<K, number[]>, key: K, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Whether outer holds all of inner. "No" where it is hard to say. */
function covers(outer: Extent, inner: Extent, budget: Budget): boolean {
  if (outer.kind === "all") return true;
  if (outer.kind === "none" || inner.kind === "none" || inner.kind === "all") return false;
  if (outer.kind === "these" && inner.kind === "allBut") return false;
  const [a, b] = [outer.prefixes(budget), inner.prefixes(budget)];
  if (!budget.spend(4 * (a.length + b.length))) return false;
  if (outer.kind === "these") return within(b, a);
  return inner.kind === "allBut" ? within(a, b) : disjoint(a, b);
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
