// SPDX-License-Identifier: Apache-2.0

/** The API server's answer when it is not a success. Network failures are other errors. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly reason: string;
  /** What Retry-After asked for, milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, reason: string, message: string, retryAfterMs?: number) {
    super(`${status} ${reason}: ${message}`);
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A write that was not tried, or was cut off, because this process does not lead. */
export class NotLeaderError extends Error {
  override readonly name = "NotLeaderError";
  constructor() {
    super("this operator does not hold the lease; the write was not made");
  }
}

const hasStatus = (error: unknown, ...codes: number[]): boolean => error instanceof ApiError && codes.includes(error.status);

export const isNotFound = (error: unknown): boolean => hasStatus(error, 404);
export const isConflict = (error: unknown): boolean => hasStatus(error, 409);
export const isGone = (error: unknown): boolean => hasStatus(error, 410);

/** Milliseconds to wait because the server said so; undefined when it did not. */
export const retryAfterOf = (error: unknown): number | undefined => (error instanceof ApiError ? error.retryAfterMs : undefined);

/** Retry-After: seconds, or an HTTP date. */
export function parseRetryAfter(value: string | undefined, wall: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - wall);
}
