// SPDX-License-Identifier: Apache-2.0
// A queue of keys. A key waits at most once, is handled by one worker at a time, and if it is added while it is being
// handled it is handled once more afterwards. A failure is tried again after an exponential wait of its own.
import { backoffMs, waitMs } from "./backoff";
import type { Clock } from "./clock";
import { retryAfterOf } from "./errors";

export interface QueueOptions {
  /** Milliseconds after which the key shall be looked at again; undefined: when something changes. */
  handle: (key: string, signal: AbortSignal) => Promise<number | undefined>;
  clock: Clock;
  random?: () => number;
  workers?: number;
  backoff?: { baseMs: number; maxMs: number };
  onError?: (key: string, error: unknown, retryInMs: number) => void;
}

export class WorkQueue {
  readonly #o: Required<Omit<QueueOptions, "onError">> & Pick<QueueOptions, "onError">;
  readonly #waiting = new Set<string>();
  readonly #active = new Set<string>();
  readonly #again = new Set<string>();
  readonly #later = new Map<string, { at: number; cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  #wake: (() => void) | undefined;
  #handled = 0;

  constructor(options: QueueOptions) {
    this.#o = { random: Math.random, workers: 4, backoff: { baseMs: 200, maxMs: 15_000 }, ...options };
  }

  /** Keys waiting or being handled; keys that only wait for a time are not counted. */
  get depth(): number {
    return this.#waiting.size + this.#active.size;
  }

  get handled(): number {
    return this.#handled;
  }

  add(key: string): void {
    if (this.#active.has(key)) this.#again.add(key);
    else {
      this.#waiting.add(key);
      this.#wake?.();
    }
  }

  /** The earliest of several times wins. */
  addAfter(key: string, ms: number): void {
    const at = this.#o.clock.now() + ms;
    const planned = this.#later.get(key);
    if (planned !== undefined && planned.at <= at) return;
    planned?.cancel();
    const cancel = this.#o.clock.after(ms, () => {
      this.#later.delete(key);
      this.add(key);
    });
    this.#later.set(key, { at, cancel });
  }

  /** Handles keys until the signal is aborted; resolves when the handlers that were running have ended. */
  async run(signal: AbortSignal): Promise<void> {
    const running = new Set<Promise<void>>();
    while (!signal.aborted) {
      while (running.size < this.#o.workers && this.#waiting.size > 0) {
        const task = this.#handleNext(signal).finally(() => {
          running.delete(task);
          this.#wake?.();
        });
        running.add(task);
      }
      await this.#woken(signal);
    }
    await Promise.all(running);
    for (const { cancel } of this.#later.values()) cancel();
    this.#later.clear();
    this.#waiting.clear();
    this.#failures.clear();
  }

  #woken(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wake = undefined;
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener("abort", wake, { once: true });
      if (signal.aborted) wake();
    });
  }

  async #handleNext(signal: AbortSignal): Promise<void> {
    const key = this.#waiting.values().next().value as string;
    this.#waiting.delete(key);
    this.#active.add(key);
    try {
      const after = await this.#o.handle(key, signal);
      this.#failures.delete(key);
      if (after !== undefined) this.addAfter(key, after);
    } catch (error) {
      if (!signal.aborted) this.#retry(key, error);
    } finally {
      this.#handled++;
      this.#active.delete(key);
      if (this.#again.delete(key)) this.add(key);
    }
  }

  #retry(key: string, error: unknown): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const { backoff, random, onError } = this.#o;
    const wait = waitMs(backoffMs(failures, { ...backoff, random }), retryAfterOf(error), random);
    onError?.(key, error, wait);
    this.addAfter(key, wait);
  }
}

