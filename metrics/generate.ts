// SPDX-License-Identifier: Apache-2.0
// Writes what comes from the tables beside this file: docs/metrics.md, and the chart's alerts and dashboard. Run by
// scripts/generate.sh.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { alertsSection, alertsText } from "./alerts-file";
import { dashboardText } from "./dashboard";
import { AGENT_METRICS } from "./agent";
import { mostSeries, type Label, type Metric, type Table } from "./define";
import { OPERATOR_METRICS } from "./operator";
import { INTRODUCTION, LOGS } from "./pages";
import { PROCESS_METRICS } from "./process";

export function page(): string {
  return [
    "<!-- SPDX-License-Identifier: Apache-2.0 -->", "<!-- Generated from metrics/*.ts by scripts/generate.sh; do not edit. -->", "", INTRODUCTION,
    ...section("Operator", "Served on port 9440 (`--health-listen`) at `/metrics`, by every replica. Counters are of this process.", OPERATOR_METRICS),
    ...section("Agent and worker", "Served by the agent on port 9464 (`--metrics-listen`) at `/metrics`. `portcullis_worker_*` comes from the worker's shared memory, which is read at each scrape; these series are absent while no worker runs, and go on where they were when it is back.", AGENT_METRICS),
    ...section("Processes", "Of operator and agent alike.", PROCESS_METRICS),
    ...alertsSection(), LOGS,
  ].join("\n");
}

function section(title: string, text: string, table: Table): string[] {
  const rows = Object.entries(table).map(([name, metric]) => `| \`${name}\` | ${metric.type} | ${labelsOf(metric)} | ${mostSeries(metric)} | ${metric.help} |`);
  const labels = Object.values(table).flatMap((metric) => Object.entries(metric.labels).map(([label, about]) => ({ label, about })));
  const lists = [...new Set(labels.map(({ label, about }) => `- \`${label}\`: ${describe(about)}`))];
  return [`## ${title}`, "", text, "", "| Metric | Type | Labels | Series at most | Meaning |", "|---|---|---|---|---|", ...rows, "",
    ...(lists.length === 0 ? [] : ["Labels:", "", ...lists, ""])];
}

const labelsOf = ({ labels }: Metric): string => Object.keys(labels).map((label) => `\`${label}\``).join(", ");

function describe({ text, values, most }: Label): string {
  return values === undefined ? `${text} At most ${most}.` : `${text} One of ${values.map((value) => `\`${value}\``).join(", ")}.`;
}

export const outputs = (): Map<string, string> => new Map([
  ["docs/metrics.md", page()], ["charts/portcullis/files/alerts.yaml", alertsText()], ["charts/portcullis/files/dashboard.json", dashboardText()],
]);

if (require.main === module) {
  for (const [path, text] of outputs()) {
    const file = join(__dirname, "..", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
