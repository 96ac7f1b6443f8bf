// SPDX-License-Identifier: Apache-2.0
// For tests: what an endpoint serves, and whether it is what the tables say.
import assert from "node:assert/strict";
import { mostSeries, type Table } from "./define";

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the text format of Prometheus as prom-client writes it. */
export function parseText(text: string): { types: Map<string, string>; series: Series[] } {
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type]));
  const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => {
    const [, name = "", inner = "", value = ""] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? assert.fail(`no line of the text format: ${line}`);
    const labels = Object.fromEntries([...inner.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(([, label = "", text = ""]) => [label, text]));
    return { name, labels, value: Number(value) };
  });
  return { types, series };
}

/** Names and types in the tables of docs/metrics.md, by section. */
export function documented(page: string, ...sections: string[]): Map<string, string> {
  const parts = page.split(/^## /m).filter((part) => sections.some((title) => part.startsWith(`${title}\n`)));
  return new Map(parts.flatMap((part) => [...part.matchAll(/^\| `([a-z0-9_]+)` \| (\w+) \|/gm)].map(([, name = "", type = ""]): [string, string] => [name, type])));
}

/** Everything that is served is in the tables, with these labels and values and not more series; everything in the tables is served,
 *  with a series but for `silent`. */
export function checkServed(text: string, tables: readonly Table[], silent: readonly string[] = []): void {
  const { types, series } = parseText(text);
  const table: Table = Object.assign({}, ...tables) as Table;
  assert.deepEqual([...types].sort(), Object.entries(table).map(([name, { type }]) => [name, type]).sort());
  for (const [name, metric] of Object.entries(table)) {
    const own = series.filter((one) => one.name === name || (metric.type === "histogram" && [`${name}_bucket`, `${name}_sum`, `${name}_count`].includes(one.name)));
    assert.ok(own.length <= mostSeries(metric), `${name} has ${own.length} series, more than ${mostSeries(metric)}`);
    assert.ok(own.length > 0 || silent.includes(name), `${name} has no series`);
    for (const { labels, value } of own) {
      const { le: _, ...rest } = labels;
      assert.deepEqual(Object.keys(rest).sort(), Object.keys(metric.labels).sort(), name);
      for (const [label, text_] of Object.entries(rest)) assert.ok(metric.labels[label]?.values?.includes(text_) ?? text_ !== "", `${name}: ${label}="${text_}"`);
      assert.ok(Number.isFinite(value) || metric.type === "histogram", `${name} is ${value}`);
    }
  }
  const known = new Set(Object.entries(table).flatMap(([name, { type }]) => (type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])));
  assert.deepEqual([...new Set(series.map(({ name }) => name))].filter((name) => !known.has(name)), []);
}
