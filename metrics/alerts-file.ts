// SPDX-License-Identifier: Apache-2.0
// The alerts as a file of Prometheus' rules, and as a section of docs/metrics.md.
import { stringify } from "yaml";
import { ALERTS } from "./alerts";

/** The section of docs/metrics.md about an alert, as a page that a person can open. */
export const runbookOf = (name: string): string => `https://github.com/portcullis/portcullis/blob/main/docs/metrics.md#${name.toLowerCase()}`;

/** Rules as Prometheus reads them; also the spec of a PrometheusRule. */
export function alertsText(): string {
  const rules = ALERTS.map(({ name, expr, for: wait, severity, summary, cure }) => ({
    alert: name, expr, for: wait, labels: { severity },
    annotations: { summary, description: `${summary} ${cure}`, runbook_url: runbookOf(name) },
  }));
  return `# SPDX-License-Identifier: Apache-2.0\n# Generated from metrics/alerts.ts by scripts/generate.sh; do not edit.\n${stringify({ groups: [{ name: "portcullis", rules }] }, { lineWidth: 0 })}`;
}

export function alertsSection(): string[] {
  return ["## Alerts", "", "`charts/portcullis/files/alerts.yaml`; with `metrics.alerts` the chart installs them as a PrometheusRule. Each is tested by promtool: when it fires, and when it does not.", "",
    ...ALERTS.flatMap(({ name, expr, for: wait, severity, summary, cure }) => [
      `### ${name}`, "", `${severity}, after ${wait}. ${plain(summary)} ${cure}`, "", "```", expr, "```", ""])];
}

/** "{{ $labels.port }}" > "PORT". */
const plain = (text: string): string => text.replace(/\{\{ \$(?:labels\.)?(\w+) \}\}/g, (_, name: string) => (name === "value" ? "N" : name.toUpperCase()));
