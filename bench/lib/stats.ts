// SPDX-License-Identifier: Apache-2.0
import type { Measured } from "./row";

export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(part * (sorted.length - 1))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Ratio of the medians; the spread is that of the ratios of single turns, which were measured next to each other. */
export function ratioOf(above: readonly number[], below: readonly number[]): Measured {
  const turns = above.slice(0, below.length).map((value, i) => value / (below[i] ?? Number.NaN));
  return { value: median(above) / median(below), spread: [quantile(turns, 0.25), quantile(turns, 0.75)] };
}

export function measured(values: readonly number[], unit = 1): Measured {
  return { value: median(values) / unit, spread: [quantile(values, 0.25) / unit, quantile(values, 0.75) / unit] };
}
