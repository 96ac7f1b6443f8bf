// SPDX-License-Identifier: Apache-2.0
// Tables for people: columns as wide as their widest cell, two spaces between, numbers to the right.

export type Cell = string | number | bigint;

export function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return tableInPieces(header)(rows);
}

/** A table of any length: each call gives further rows as text. Columns are as wide as the first ones need. */
export function tableInPieces(header: readonly string[]): (rows: readonly (readonly Cell[])[]) => string {
  let columns: readonly { width: number; right: boolean }[] | null = null;
  return (rows) => {
    const texts = [...(columns === null ? [header] : []), ...rows].map((row) => row.map((cell) => printable(String(cell))));
    columns ??= header.map((_, i) => ({
      width: Math.max(...texts.map((row) => row[i]?.length ?? 0)),
      right: rows.length > 0 && rows.every((row) => isNumber(row[i])),
    }));
    const pad = (text: string, { width, right }: { width: number; right: boolean }): string => (right ? text.padStart(width) : text.padEnd(width));
    return texts.map((row) => row.map((text, i) => pad(text, columns?.[i] ?? { width: 0, right: false })).join("  ").trimEnd()).join("\n");
  };
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
