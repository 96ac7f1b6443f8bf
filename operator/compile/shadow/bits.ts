// SPDX-License-Identifier: Apache-2.0
// Sets of policy rows as bits, and the budget that bounds the work on them.

/** Counts elementary steps. Deterministic, so that the same configuration always gets the same warnings. */
export class Budget {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** Takes steps; false when they are used up. */
  spend(steps: number): boolean {
    this.#left -= steps;
    return this.#left >= 0;
  }

  get exhausted(): boolean {
    return this.#left < 0;
  }

  get left(): number {
    return this.#left;
  }
}

export class Rows {
  readonly words: Uint32Array;

  constructor(count: number) {
    this.words = new Uint32Array((count + 31) >>> 5);
  }

  add(row: number): void {
    this.words[row >>> 5]! |= 1 << (row & 31);
  }

  addAll(other: Rows): void {
    for (let i = 0; i < this.words.length; i++) this.words[i]! |= other.words[i]!;
  }

  addList(list: RowList, budget: Budget): void {
    budget.spend(list.dense === undefined ? list.sparse.length : this.words.length);
    if (list.dense !== undefined) this.addAll(list.dense);
    else for (const row of list.sparse) this.add(row);
  }

  copy(): Rows {
    const rows = new Rows(0);
    return Object.assign(rows, { words: this.words.slice() });
  }

  /** The first row that all sets hold and that lies before `end`; -1: none. */
  static firstOfAll(sets: readonly Rows[], end: number): number {
    const last = (end + 31) >>> 5;
    for (let i = 0; i < last; i++) {
      let word = 0xffffffff;
      for (const set of sets) word &= set.words[i]!;
      if (word === 0) continue;
      const row = i * 32 + (31 - Math.clz32(word & -word));
      return row < end ? row : -1;
    }
    return -1;
  }
}

/** Rows that are only ever added to others: a plain list while there are few. */
export class RowList {
  sparse: number[] = [];
  dense: Rows | undefined;
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  add(row: number): void {
    if (this.dense !== undefined) this.dense.add(row);
    else if (this.sparse.push(row) > this.#count >>> 5) this.#condense();
  }

  #condense(): void {
    this.dense = new Rows(this.#count);
    for (const row of this.sparse) this.dense.add(row);
    this.sparse = [];
  }
}
