// SPDX-License-Identifier: Apache-2.0
// Programs that crash the worker are set aside: three times in a minute, and the one before runs again.
import type { Loaded } from "./last-good";
import { Problem } from "./problem";
import { isCrash, isQuarantined, QUARANTINE_RETRY_MS, recordCrash, type CrashRecord, type Exit } from "./supervise";

export class Quarantine {
  #crashes: CrashRecord = new Map();

  holds(hash: string): boolean {
    return isQuarantined(this.#crashes, hash);
  }

  /** Throws when this program is set aside and another one can run. */
  check(next: Loaded, good: Loaded | null): void {
    if (this.holds(next.hash) && good !== null && good.hash !== next.hash)
      throw new Problem("Quarantined", "this configuration crashed the worker three times in a minute: change it, the previous one runs");
  }

  /** The worker ended while it ran this program. True: that was once too often. Time is milliseconds of a monotonic clock. */
  note(exit: Exit, running: Loaded, now: number): boolean {
    if (!isCrash(exit)) return false;
    this.#crashes = recordCrash(this.#crashes, running.hash, now);
    return this.holds(running.hash);
  }

  /** What is told of it. previous: what ran before, or null. */
  problem(previous: Loaded | null): Problem {
    return new Problem("Quarantined", `this configuration crashed the worker three times in a minute; ${
      previous === null ? `there is no earlier one, it is tried again every ${QUARANTINE_RETRY_MS / 1000} s` : "the previous one runs"}`);
  }
}
