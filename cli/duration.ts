// SPDX-License-Identifier: Apache-2.0
import { UsageError } from "./command";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const LONGEST_MS = 24 * 3_600_000;

/** Milliseconds of "500ms", "30s", "1m30s"; a number alone is seconds. */
export function parseDuration(option: string, text: string): number {
  if (/^[0-9]{1,6}$/.test(text)) return bounded(option, Number(text) * 1_000);
  if (!/^([0-9]{1,6}(\.[0-9]{1,3})?(ms|s|m|h))+$/.test(text)) throw new UsageError(`${option} must be a duration such as 30s or 1m30s, not "${text}"`);
  const parts = [...text.matchAll(/([0-9.]+)(ms|s|m|h)/g)];
  return bounded(option, parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ""] ?? 0), 0));
}

function bounded(option: string, ms: number): number {
  if (ms > LONGEST_MS) throw new UsageError(`${option} may be at most 24h`);
  return Math.round(ms);
}
