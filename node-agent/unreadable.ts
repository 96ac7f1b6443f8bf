// SPDX-License-Identifier: Apache-2.0
// A worker that runs although this agent cannot read its state file: another release of it, or a file that is out of reach. What
// runs, runs on; whether it lives is heard at its doorbell, which holds only a few words that nobody takes.
import { Problem } from "./problem";

const ESTALE = 116;

/** Why a state file could not be read. */
export interface Fault {
  readonly errno: number;
  readonly message: string;
}

/** Signs of life of a worker whose state file says nothing. */
export class Doorbell {
  readonly #ring: () => boolean;
  #pid = 0;
  #taken = 0n;
  #answers = false;

  /** ring: false when the bell takes nothing, because nobody listens or nobody has listened for a while. */
  constructor(ring: () => boolean) {
    this.#ring = ring;
  }

  /** Rings. The result grows for as long as somebody listens; 0: nobody has listened yet. */
  beats(pid: number): bigint {
    if (pid !== this.#pid) this.forget();
    this.#pid = pid;
    this.#answers = this.#ring();
    if (this.#answers) this.#taken += 1n;
    return this.#taken;
  }

  /** It took the last ring. */
  get answers(): boolean {
    return this.#answers;
  }

  forget(): void {
    this.#pid = 0;
    this.#taken = 0n;
    this.#answers = false;
  }
}

export function unreadable(pid: number, { errno, message }: Fault): Problem {
  const known = `the worker (pid ${pid}) runs on, but this agent cannot read its state file`;
  return errno === ESTALE
    ? new Problem("LayoutMismatch", `${known}: ${message}; finish the upgrade, or end that worker: the next one takes its sessions over where they are kept alike`)
    : new Problem("StateUnreadable", `${known}: ${message}; make it readable again, or end that worker`);
}
