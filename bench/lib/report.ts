// SPDX-License-Identifier: Apache-2.0
// The table that a person reads.
import type { Row, RowPart } from "./row";
import type { Machine } from "./machine";

const HEAD = ["row", "what", "measured", "spread", "must", "target", ""] as const;

function number(value: number | null, unit: string): string {
  if (value === null) return "-";
  const text = Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
  return unit === "x" ? `${text}x` : `${text} ${unit}`;
}

function cells(row: Row, part: RowPart, first: boolean): string[] {
  const sign = row.direction === "least" ? ">=" : "<=";
  const verdict = part.ratio === null ? "not measured" : part.met ? "met" : "MISSED";
  return [
    first ? row.id : "",
    part.name === "" ? row.name : first ? `${row.name}: ${part.name}` : `  ${part.name}`,
    number(part.ratio, part.unit),
    part.spread === null ? "" : `${number(part.spread[0], "x").slice(0, -1)} - ${number(part.spread[1], "x").slice(0, -1)}`,
    `${sign} ${number(part.must, part.unit)}`,
    part.target === null ? "" : `${sign} ${number(part.target, part.unit)}`,
    verdict,
  ];
}

function layout(lines: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines.map((line) => line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd()).join("\n");
}

export function renderRows(rows: readonly Row[]): string {
  const lines = rows.flatMap((row) => row.parts.map((part, i) => cells(row, part, i === 0)));
  const notes = rows.filter((row) => row.note !== "").map((row) => `${row.id}: ${row.note}`);
  return `${layout([HEAD, ...lines])}\n\n${notes.join("\n")}`;
}

export function renderMachine(m: Machine): string {
  return `${m.cpus} CPUs ${m.cpu}, ${m.memoryGiB} GiB, kernel ${m.kernel}, DPDK ${m.dpdk}; `
    + `load ${m.load.toFixed(1)}, stolen ${(m.stolen * 100).toFixed(1)} %, taken by other processes ${(m.foreign * 100).toFixed(0)} % of the CPUs while this ran`;
}
