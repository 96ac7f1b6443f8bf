// SPDX-License-Identifier: Apache-2.0
// How a metric is defined. The tables beside this file are the only place where names, labels and meanings are written:
// the endpoints serve what they say (metrics/registry.ts), and docs/metrics.md is generated from them.

export interface Label {
  readonly text: string;
  /** Every value that it may have; absent: names from the configuration or numbers, at most `most` of them. */
  readonly values?: readonly string[];
  readonly most: number;
}

export interface Metric {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: Readonly<Record<string, Label>>;
  /** Histograms: upper bounds. */
  readonly buckets?: readonly number[];
}

export type Table = Readonly<Record<string, Metric>>;

type Labels = Readonly<Record<string, Label>>;
type Defined<L extends Labels> = Metric & { readonly labels: L };

const none = {} as const;

export function counter<L extends Labels = typeof none>(help: string, labels = none as L): Defined<L> {
  return { type: "counter", help, labels };
}

export function gauge<L extends Labels = typeof none>(help: string, labels = none as L): Defined<L> {
  return { type: "gauge", help, labels };
}

export function histogram<L extends Labels = typeof none>(help: string, buckets: readonly number[], labels = none as L): Defined<L> {
  return { type: "histogram", help, labels, buckets };
}

/** A label with a closed list of values. */
export const oneOf = (text: string, values: readonly string[]): Label => ({ text, values, most: values.length });

/** A label whose values come from elsewhere, at most so many. */
export const upTo = (most: number, text: string): Label => ({ text, most });

/** Most series that a metric can have; a histogram has one for each bucket, the sum, the count and +Inf. */
export function mostSeries({ type, labels, buckets }: Metric): number {
  const sets = Object.values(labels).reduce((product, { most }) => product * most, 1);
  return type === "histogram" ? sets * ((buckets?.length ?? 0) + 3) : sets;
}
