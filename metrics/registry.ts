// SPDX-License-Identifier: Apache-2.0
// A table of metrics as a registry of prom-client. Only what the table has can be set, and only with its labels.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Metric, Table } from "./define";
import { PROCESS_METRICS } from "./process";

type LabelsOf<M extends Metric> = { readonly [K in keyof M["labels"]]: string };
/** A series: its labels and its value. */
export type Sample<M extends Metric> = readonly [LabelsOf<M>, number | bigint];

type Any = Counter | Gauge | Histogram;

export class Metrics<T extends Table> {
  readonly #table: T;
  readonly #registry = new Registry();
  /** What prom-client measures of the process, of which only PROCESS_METRICS is served. */
  readonly #process = new Registry();
  readonly #all = new Map<string, Any>();

  constructor(table: T) {
    this.#table = table;
    collectDefaultMetrics({ register: this.#process, gcDurationBuckets: [...(PROCESS_METRICS.nodejs_gc_duration_seconds.buckets ?? [])] });
    for (const [name, metric] of Object.entries(table)) this.#all.set(name, make(name, metric, this.#registry));
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The text format of Prometheus. */
  async text(): Promise<string> {
    await this.#process.getMetricsAsJSON(); // several are measured by another one's look
    const process = await Promise.all(Object.keys(PROCESS_METRICS).map((name) => this.#process.getSingleMetricAsString(name)));
    return [(await this.#registry.metrics()).trimEnd(), ...process, ""].join("\n\n").trimEnd() + "\n";
  }

  add<N extends keyof T & string>(name: N, labels: LabelsOf<T[N]>, by: number | bigint = 1): void {
    (this.#of(name) as Counter).inc(this.#checked(name, labels), Number(by));
  }

  observe<N extends keyof T & string>(name: N, labels: LabelsOf<T[N]>, value: number): void {
    (this.#of(name) as Histogram).observe(this.#checked(name, labels), value);
  }

  /** All series of a metric as they are now; one that is not among them is gone. */
  put<N extends keyof T & string>(name: N, samples: readonly Sample<T[N]>[]): void {
    const metric = this.#of(name) as Counter | Gauge;
    metric.reset();
    if (samples.length === 0 && Object.keys(this.#table[name]?.labels ?? {}).length === 0) return metric.remove({});
    for (const [labels, value] of samples) metric.inc(this.#checked(name, labels), Number(value));
  }

  /** A metric without labels; undefined: there is no value. */
  one<N extends keyof T & string>(name: N, value: number | bigint | undefined): void {
    this.put(name, value === undefined ? [] : [[{} as LabelsOf<T[N]>, value]]);
  }

  #of(name: string): Any {
    const metric = this.#all.get(name);
    if (metric === undefined) throw new Error(`${name} is no metric of this table`);
    return metric;
  }

  /** A value outside a closed list becomes "other" where the list has that. */
  #checked(name: string, labels: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(Object.entries(labels).map(([label, value]) => {
      const values = this.#table[name]?.labels[label]?.values;
      if (values === undefined || values.includes(value)) return [label, value];
      if (values.includes("other")) return [label, "other"];
      throw new Error(`${name}: ${JSON.stringify(value)} is no value of the label ${label}`);
    }));
  }
}

function make(name: string, { type, help, labels, buckets }: Metric, registry: Registry): Any {
  const common = { name, help, labelNames: Object.keys(labels), registers: [registry] };
  if (type === "histogram") return new Histogram({ ...common, buckets: [...(buckets ?? [])] });
  return type === "counter" ? new Counter(common) : new Gauge(common);
}
