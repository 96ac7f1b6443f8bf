// SPDX-License-Identifier: Apache-2.0
// A cache of one collection that stays equal to the API server's.
//
// Life cycle: list (pages, consistent read) > watch from the list's resourceVersion > on a normal end watch again from
// the last version seen (bookmarks keep that fresh on a quiet collection). 410 means that version is forgotten: list
// again. Any other failure: back off with jitter, longer if the server names a Retry-After, and go on; a reflector
// never gives up and never throws at its owner. A watch that says nothing, not even a bookmark, for `idleMs` is taken
// for dead. Every `relistMs`, between two watches, the collection is listed *at exactly the version the cache stands
// at* and compared: a difference is an event that the watch lost; it is counted, repaired and told to the handler.
//
// The handler is told about changes of the cache, never about events: it gets before and after.
import { backoffMs, waitMs } from "./backoff";
import type { Transport } from "./client";
import { sleep, type Clock } from "./clock";
import { ApiError, isGone, retryAfterOf } from "./errors";
import { Store } from "./store";
import { pathOf, type KubeObject, type ListOf, type Resource } from "./types";

export interface ReflectorOptions<T extends KubeObject> {
  transport: Transport;
  resource: Resource<T>;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  clock: Clock;
  random?: () => number;
  onChange?: (key: string, before: T | undefined, after: T | undefined) => void;
  /** What of an object is kept; default: all but managedFields. */
  keep?: (object: T) => T;
  /** One line for people when something went wrong and is being repaired. */
  warn?: (message: string, fields: Record<string, unknown>) => void;
  pageSize?: number;
  watchMs?: number;
  idleMs?: number;
  relistMs?: number;
  backoff?: { baseMs: number; maxMs: number };
}

export interface ReflectorStats {
  lists: number;
  watches: number;
  failures: number;
  gone: number;
  /** Watches that fell silent. */
  idle: number;
  /** Events that the watch lost, found by comparing with a list at the same version. */
  missed: number;
}

interface WatchEvent<T> {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: T & { code?: number; reason?: string; message?: string };
}

const DEFAULTS = { pageSize: 500, watchMs: 300_000, idleMs: 90_000, relistMs: 600_000, backoff: { baseMs: 500, maxMs: 8_000 } };

export const withoutManagedFields = <T extends KubeObject>(object: T): T => {
  const { managedFields: _, ...metadata } = object.metadata as T["metadata"] & { managedFields?: unknown };
  return { ...object, metadata };
};

export class Reflector<T extends KubeObject> {
  readonly store: Store<T>;
  readonly stats: ReflectorStats = { lists: 0, watches: 0, failures: 0, gone: 0, idle: 0, missed: 0 };
  readonly #o: ReflectorOptions<T> & typeof DEFAULTS & { random: () => number; keep: (object: T) => T };
  readonly #path: string;
  readonly #firstList: Promise<void>;
  #announceFirstList!: () => void;
  #synced = false;
  #version: string | undefined;
  #listedAt = 0;
  #failures = 0;
  #goneInRow = 0;
  /** What was last said to be wrong, while it is. */
  #told = "";

  constructor(options: ReflectorOptions<T>) {
    this.#o = { ...DEFAULTS, random: Math.random, keep: withoutManagedFields, ...options };
    this.#path = pathOf(options.resource, { namespace: options.namespace });
    this.store = new Store<T>((key, before, after) => {
      try {
        this.#o.onChange?.(key, before, after);
      } catch (error) {
        this.#o.warn?.("change handler failed", { resource: options.resource.plural, key, error });
      }
    });
    this.#firstList = new Promise((resolve) => (this.#announceFirstList = resolve));
  }

  /** Plural name of what is watched. */
  get resource(): string {
    return this.#o.resource.plural;
  }

  get hasSynced(): boolean {
    return this.#synced;
  }

  /** Resolves after the first complete list. */
  get synced(): Promise<void> {
    return this.#firstList;
  }

  /** Runs until the signal is aborted; resolves then. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list(signal);
        else if (this.#o.clock.now() - this.#listedAt >= this.#o.relistMs) await this.#compare(signal);
        await this.#watch(signal);
        this.#failures = this.#goneInRow = 0;
        this.#told = "";
      } catch (error) {
        if (signal.aborted) return;
        await this.#recover(error, signal).catch(() => undefined);
      }
    }
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, random, backoff, warn, resource } = this.#o;
    this.#failures++;
    if (isGone(error)) {
      // The server is there and answers: what went before does not count.
      this.stats.gone++;
      this.#version = undefined;
      this.#failures = ++this.#goneInRow;
    } else this.stats.failures++;
    const wait = waitMs(backoffMs(this.#failures, { ...backoff, random }), retryAfterOf(error), random);
    const text = messageOf(error);
    if (text !== this.#told) warn?.("watch interrupted", { resource: resource.plural, error: text, retryInMs: Math.round(wait) });
    this.#told = text;
    await sleep(clock, wait, signal);
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { version, objects } = await this.#fetch({}, signal);
    this.store.replace(objects);
    this.#version = version;
    this.#listedAt = this.#o.clock.now();
    if (!this.#synced) {
      this.#synced = true;
      this.#announceFirstList();
    }
  }

  /** What the server had at the cache's version must be what the cache has. */
  async #compare(signal: AbortSignal): Promise<void> {
    const at = { resourceVersion: this.#version, resourceVersionMatch: "Exact" };
    const { objects } = await this.#fetch(at, signal);
    this.#listedAt = this.#o.clock.now();
    const missed = this.store.replace(objects, BigInt(this.#version ?? 0));
    if (missed === 0) return;
    this.stats.missed += missed;
    this.#o.warn?.("watch had lost events", { resource: this.#o.resource.plural, missed });
  }

  async #fetch(at: Record<string, string | undefined>, signal: AbortSignal): Promise<{ version: string; objects: T[] }> {
    this.stats.lists++;
    const objects: T[] = [];
    let limit: number | undefined = this.#o.pageSize;
    let next: string | undefined;
    for (;;) {
      const query = { labelSelector: this.#o.labelSelector, fieldSelector: this.#o.fieldSelector, limit, ...(next === undefined ? at : { continue: next }) };
      let page: ListOf<T>;
      try {
        page = await this.#o.transport.request<ListOf<T>>("GET", this.#path, { query, signal });
      } catch (error) {
        if (next === undefined || !isGone(error)) throw error;
        // The pages took longer than the server remembers: everything in one answer.
        objects.length = 0;
        [limit, next] = [undefined, undefined];
        continue;
      }
      for (const item of page.items ?? []) objects.push(this.#o.keep(item));
      next = page.metadata.continue;
      if (next === undefined || next === "") return { version: page.metadata.resourceVersion ?? "0", objects };
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, random, transport, labelSelector, fieldSelector, watchMs, idleMs } = this.#o;
    this.stats.watches++;
    const silence = new AbortController();
    const stop = (): void => silence.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    let cancel = (): void => undefined;
    const alive = (): void => {
      cancel();
      cancel = clock.after(idleMs, () => silence.abort(new IdleError(idleMs)));
    };
    try {
      alive();
      const timeoutSeconds = Math.max(1, Math.round((watchMs / 1000) * (1 + random() / 2)));
      const query = { watch: true, allowWatchBookmarks: true, resourceVersion: this.#version, timeoutSeconds, labelSelector, fieldSelector };
      for await (const line of transport.stream(this.#path, { query, signal: silence.signal })) {
        alive();
        if (line !== "") this.#apply(JSON.parse(line) as WatchEvent<T>);
      }
    } catch (error) {
      if (silence.signal.reason instanceof IdleError) {
        this.stats.idle++;
        // It was open for long enough not to be a row of failures.
        this.#failures = 0;
      }
      throw silence.signal.aborted ? silence.signal.reason : error;
    } finally {
      cancel();
      signal.removeEventListener("abort", stop);
    }
  }

  #apply({ type, object }: WatchEvent<T>): void {
    if (type === "ERROR") throw new ApiError(object.code ?? 500, object.reason ?? "Unknown", object.message ?? "error in the watch");
    if (type === "DELETED") this.store.remove(object);
    else if (type !== "BOOKMARK") this.store.put(this.#o.keep(object));
    this.#version = object.metadata.resourceVersion ?? this.#version;
    this.#failures = this.#goneInRow = 0;
    this.#told = "";
  }
}

class IdleError extends Error {
  constructor(ms: number) {
    super(`the watch said nothing for ${ms} ms`);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

