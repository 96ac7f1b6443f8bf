// SPDX-License-Identifier: Apache-2.0
// When to dial again: exponential back-off with full jitter, so that agents of many nodes do not come back at once. The
// ceiling is low, because a new leader must have its agents back within seconds.

export const FIRST_MS = 1_000;
export const LAST_MS = 8_000;
export const NEXT_ADDRESS_MS = 250;

/**
 * Milliseconds before the next attempt after so many failures in a row (at least 1); random: 0 <= random() < 1. All
 * addresses are tried in short order before the pause grows: only one of them leads.
 */
export function backoff(failures: number, addresses: number, random: () => number): number {
  const round = Math.floor(failures / addresses);
  if (failures % addresses !== 0) return Math.floor(random() * NEXT_ADDRESS_MS);
  return Math.floor(random() * Math.min(FIRST_MS * 2 ** Math.min(round - 1, 20), LAST_MS));
}
