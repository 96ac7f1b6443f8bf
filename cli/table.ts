// SPDX-License-Identifier: Apache-2.0
// Tables for people: columns as wide as their widest cell, two spaces between, numbers to the right.

export type Cell = string | number | bigint;

export function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = [header, ...rows].map((row) => row.map((cell) => printable(String(cell))));
  const widths = header.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const right = header.map((_, column) => rows.length > 0 && rows.every((row) => isNumber(row[column])));
  return texts.map((row) => row.map((text, column) =>
    right[column] === true ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0)).join("  ").trimEnd()).join("\n");
}

/** "key:  value" lines, aligned. */
export function facts(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([key]) => key.length)) + 2;
  return pairs.map(([key, value]) => `${`${key}:`.padEnd(width)} ${printable(value)}`.trimEnd()).join("\n");
}

function isNumber(cell: Cell | undefined): boolean {
  return typeof cell === "number" || typeof cell === "bigint" || (typeof cell === "string" && /^[0-9]+$/.test(cell));
}

/** No control character of a name reaches the terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}
