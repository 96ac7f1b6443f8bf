// SPDX-License-Identifier: Apache-2.0
// When to dial again: exponential back-off with full jitter, so that agents of many nodes do not come back at once.

export const FIRST_MS = 1_000;
export const LAST_MS = 30_000;

/** Milliseconds before attempt n + 1 after n failures in a row; random: 0 <= random() < 1. */
export function backoff(failures: number, random: () => number): number {
  const ceiling = Math.min(FIRST_MS * 2 ** Math.min(failures, 20), LAST_MS);
  return Math.floor(random() * ceiling);
}
