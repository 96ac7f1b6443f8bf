// SPDX-License-Identifier: Apache-2.0
// The objects of one collection by name. Of two versions of one object the newer stays, so that the answer to a write
// can be put here at once and the older event that is still on its way does not undo it; nor does the answer to a write
// bring back an object whose end was seen before the answer came.
import type { KubeObject } from "./types";

export const keyOf = (object: KubeObject): string =>
  object.metadata.namespace === undefined ? object.metadata.name : `${object.metadata.namespace}/${object.metadata.name}`;

const versionOf = (object: KubeObject): bigint => BigInt(object.metadata.resourceVersion ?? 0);

const MAX_GONE = 1000;

export type OnChange<T> = (key: string, before: T | undefined, after: T | undefined) => void;

export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #onChange: OnChange<T>;
  /** Versions at which objects went, of the last ones that did. */
  readonly #gone = new Map<string, bigint>();

  constructor(onChange: OnChange<T>) {
    this.#onChange = onChange;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  get size(): number {
    return this.#objects.size;
  }

  put(object: T): boolean {
    const key = keyOf(object);
    const before = this.#objects.get(key);
    if (before !== undefined && versionOf(before) >= versionOf(object)) return false;
    if ((this.#gone.get(key) ?? -1n) >= versionOf(object)) return false;
    this.#objects.set(key, object);
    this.#onChange(key, before, object);
    return true;
  }

  /** An object that was replaced by a later one of the same name is not removed. */
  remove(object: KubeObject): boolean {
    const key = keyOf(object);
    const before = this.#objects.get(key);
    if (before !== undefined && versionOf(before) > versionOf(object)) return false;
    this.#bury(key, versionOf(object));
    if (before === undefined) return false;
    this.#objects.delete(key);
    this.#onChange(key, before, undefined);
    return true;
  }

  #bury(key: string, version: bigint): void {
    this.#gone.delete(key);
    this.#gone.set(key, version);
    for (const oldest of this.#gone.keys()) {
      if (this.#gone.size <= MAX_GONE) break;
      this.#gone.delete(oldest);
    }
  }

  /** Makes the cache equal to a complete list; how many objects differed. Objects newer than `at` are left alone. */
  replace(objects: readonly T[], at?: bigint): number {
    const listed = new Set<string>();
    let changed = 0;
    for (const object of objects) {
      listed.add(keyOf(object));
      if (this.put(object)) changed++;
    }
    for (const [key, before] of this.#objects) {
      if (listed.has(key) || (at !== undefined && versionOf(before) > at)) continue;
      this.#objects.delete(key);
      this.#onChange(key, before, undefined);
      changed++;
    }
    return changed;
  }
}
