// SPDX-License-Identifier: Apache-2.0
// npm run bench [-- --json FILE] [-- --only NAME]: see docs/benchmarks.md.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { onInterrupt } from "../scripts/lab/interrupt";
import { GOALS } from "./lib/goals";
import { inProcess } from "./lib/inprocess";
import { watchMachine } from "./lib/machine";
import { renderMachine, renderRows } from "./lib/report";
import { notMeasured, type Row } from "./lib/row";
import type { Context, Experiment } from "./rows/context";
import { inProcessExperiments } from "./rows/inprocess";
import { liveExperiments } from "./rows/live";
import { portExperiments } from "./rows/ports";
import { routeExperiments } from "./rows/routes";
import { wakeExperiments } from "./rows/wake";

export const EXPERIMENTS: readonly Experiment[] = [...portExperiments, ...liveExperiments, ...routeExperiments, ...wakeExperiments, ...inProcessExperiments];

/** Names are ids of rows; "G4,G7" is both. */
export function chosen(only: string | undefined, experiments: readonly Experiment[]): readonly Experiment[] {
  if (only === undefined) return experiments;
  const names = only.split(",");
  const unknown = names.find((name) => !GOALS.some((goal) => goal.id === name));
  if (unknown !== undefined) throw new Error(`there is no row ${unknown}; rows are ${GOALS.map((goal) => goal.id).join(", ")}`);
  return experiments.filter((experiment) => experiment.rows.some((id) => names.includes(id)));
}

async function measure(experiment: Experiment, context: Context): Promise<Row[]> {
  context.say(`${experiment.rows.join(", ")}: up to ${experiment.seconds} s`);
  try {
    const rows = await experiment.measure(context);
    const missing = experiment.rows.filter((id) => !rows.some((row) => row.id === id));
    return [...rows, ...missing.map((id) => notMeasured(id, "its measurement ended without a value"))];
  } catch (error) {
    return experiment.rows.map((id) => notMeasured(id, (error as Error).message));
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: "string" }, only: { type: "string" } } });
  const experiments = chosen(values.only, EXPERIMENTS);
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  const machine = watchMachine();
  const [controlCpu, dataCpu] = [0, Math.min(1, cpus().length - 1)];
  const context: Context = { folder, inProcess: inProcess(folder, dataCpu), dataCpu, controlCpu, say: (text) => process.stderr.write(`bench: ${text}\n`), done: [] };
  onInterrupt(() => rmSync(folder, { recursive: true, force: true }));
  try {
    for (const experiment of experiments) context.done.push(...await measure(experiment, context));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const order = (row: Row): number => GOALS.findIndex((goal) => goal.id === row.id);
  const rows = [...context.done].sort((a, b) => order(a) - order(b));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  console.log(`${renderRows(rows)}\n\n${renderMachine(machine())}`);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exitCode = 1;
  });
}
