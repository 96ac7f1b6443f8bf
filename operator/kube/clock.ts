// SPDX-License-Identifier: Apache-2.0
// Time as the operator sees it. Durations use the monotonic clock; the wall clock is for what people read.

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds since 1970. */
  wall(): number;
  /** Calls back once; the function returned cancels. */
  after(ms: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** Waits; rejects with the signal's reason as soon as it is aborted. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = (): void => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener("abort", stop);
      resolve();
    });
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** A signal aborted with the parent or after a time; dispose() frees timer and listener. */
export function deadline(clock: Clock, ms: number, parent: AbortSignal, what: string): { signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const follow = (): void => controller.abort(parent.reason);
  if (parent.aborted) follow();
  parent.addEventListener("abort", follow, { once: true });
  const cancel = clock.after(ms, () => controller.abort(new Error(`${what} took longer than ${ms} ms`)));
  return {
    signal: controller.signal,
    dispose() {
      cancel();
      parent.removeEventListener("abort", follow);
    },
  };
}

/** Times for tests: nothing moves until advance() is called. */
export class FakeClock implements Clock {
  #time = 0;
  #next = 0;
  readonly #timers = new Map<number, { at: number; call: () => void }>();
  readonly #start: number;

  constructor(startWall = Date.UTC(2026, 0, 1)) {
    this.#start = startWall;
  }

  now = (): number => this.#time;
  wall = (): number => this.#start + this.#time;

  after = (ms: number, call: () => void): (() => void) => {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#time + ms, call });
    return () => void this.#timers.delete(id);
  };

  get pending(): number {
    return this.#timers.size;
  }

  /** Fires what is due in order, letting promises settle after each. */
  async advance(ms: number): Promise<void> {
    const end = this.#time + ms;
    await settle();
    for (;;) {
      const due = [...this.#timers].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
      if (due === undefined) break;
      this.#timers.delete(due[0]);
      this.#time = Math.max(this.#time, due[1].at);
      due[1].call();
      await settle();
    }
    this.#time = end;
  }
}

/** Lets every promise that can go on do so. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
};
