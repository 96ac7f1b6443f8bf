// SPDX-License-Identifier: Apache-2.0
// When a program that could not be brought to the worker is tried again: faults of the machine pass, faults of the program do not.
import type { Problem } from "./problem";

const FIRST_MS = 5_000;
const LAST_MS = 60_000;

// Faults that can pass without a new program.
const RETRIED = new Set(["HugepagesInsufficient", "MemoryInsufficient", "CoresUnavailable", "PermissionDenied", "WorkerNotStarted",
  "PortUnavailable", "IOMMUOff", "Timeout", "StateDirectoryUnusable", "StateUnreadable", "WorkerPodAbsent", "CPUNotPinned", "LayoutMismatch"]);

// Of these a new worker pod may be the cure: they are tried again as soon as there is one.
const POD_FAULTS = new Set(["WorkerPodAbsent", "CPUNotPinned", "CoresUnavailable", "HugepagesInsufficient", "PermissionDenied", "LayoutMismatch", "WorkerNotStarted"]);

/** Times are milliseconds of a monotonic clock. */
export class Retry {
  #at = Number.POSITIVE_INFINITY;
  #count = 0;
  #podSeen: boolean;

  /** podSeen: a worker can be started now. */
  constructor(podSeen: boolean) {
    this.#podSeen = podSeen;
  }

  /** Nothing is to be tried again. */
  clear(): void {
    this.#at = Number.POSITIVE_INFINITY;
    this.#count = 0;
  }

  /** After this fault: later each time, or never. */
  plan(problem: Problem, now: number): void {
    if (!RETRIED.has(problem.reason)) return;
    this.#at = now + Math.min(FIRST_MS * 2 ** this.#count, LAST_MS);
    this.#count += 1;
  }

  /** A new worker pod may have what the one before lacked. */
  notice(present: boolean, problem: Problem | null, now: number): void {
    if (present && !this.#podSeen && problem !== null && POD_FAULTS.has(problem.reason)) {
      this.#at = now;
      this.#count = 0;
    }
    this.#podSeen = present;
  }

  /** True once for each planned time. */
  due(now: number): boolean {
    if (now < this.#at) return false;
    this.#at = Number.POSITIVE_INFINITY;
    return true;
  }
}
