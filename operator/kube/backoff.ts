// SPDX-License-Identifier: Apache-2.0

export interface BackoffOptions {
  baseMs: number;
  maxMs: number;
  /** 0 <= random() < 1 */
  random: () => number;
}

/** Exponential, with jitter over its upper half: n failures wait between half and all of base * 2^(n-1), bounded. */
export function backoffMs(failures: number, { baseMs, maxMs, random }: BackoffOptions): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(Math.max(failures, 1) - 1, 30));
  return full / 2 + (random() * full) / 2;
}

/** The server's Retry-After wins where it is longer; jitter on top keeps clients apart. */
export const waitMs = (backoff: number, retryAfterMs: number | undefined, random: () => number): number =>
  retryAfterMs === undefined ? backoff : Math.max(backoff, retryAfterMs * (1 + 0.2 * random()));
