// SPDX-License-Identifier: Apache-2.0
// At most so many at a time; who comes later waits in order. A fleet that asks for a large program at once would
// otherwise have a piece of it in memory for every node.

export class Turns {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(most: number) {
    this.#free = most;
  }

  /** Calls back when it is the caller's turn, at once if one is free. `end`, and the same function returned, ends the turn, or the waiting for it; calling it again does nothing. */
  ask(start: (end: () => void) => void): () => void {
    let ended = false;
    let running = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      if (running) this.#release();
      else this.#waiting.delete(begin);
    };
    const begin = (): void => {
      running = true;
      start(end);
    };
    if (this.#free > 0) {
      this.#free--;
      begin();
    } else this.#waiting.add(begin);
    return end;
  }

  #release(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
