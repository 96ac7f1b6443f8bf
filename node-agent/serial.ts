// SPDX-License-Identifier: Apache-2.0
// One operation at a time, in the order in which they were asked for.

export class Serial {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Something runs, or waits to. */
  get busy(): boolean {
    return this.#waiting > 0;
  }

  /** Runs when everything before has ended, well or not. */
  run<T>(operation: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const result = this.#last.then(operation);
    this.#last = result.catch(() => undefined).then(() => { this.#waiting -= 1; });
    return result;
  }

  /** Resolves when everything that was asked for so far has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
