// SPDX-License-Identifier: Apache-2.0
// What is wrong with a document, in the form that every layer uses: where, why, and a sentence.

/** Reasons of the schema. The compiler has more of its own. */
export const SCHEMA_REASON_TEXTS = {
  InvalidDocument: "The text is not one YAML or JSON document that holds an object.",
  UnsupportedKind: "apiVersion or kind is another than the one that is read here.",
  UnknownField: "The API has no such field.",
  MissingField: "A required field is absent.",
  InvalidType: "A value has another type than the field.",
  InvalidValue: "A value is not one that the field can have.",
  OutOfRange: "A number, text or list is smaller or larger than allowed.",
  Duplicate: "A list names the same thing twice.",
  InvalidCombination: "Fields contradict each other, or exactly one of several is needed.",
} as const satisfies Record<string, string>;

export type SchemaReason = keyof typeof SCHEMA_REASON_TEXTS;

export interface SchemaIssue {
  severity: "error";
  reason: SchemaReason;
  /** "spec.policies[3].from[0]"; empty: the document as a whole. */
  path: string;
  /** One sentence. */
  message: string;
}

export type Parsed<T> = { ok: true; value: T } | { ok: false; issues: SchemaIssue[] };

/** The text of a path: "spec.policies[3].from[0]". Keys that are no plain words are quoted in brackets. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(String(part))) text += text === "" ? String(part) : `.${String(part)}`;
    else text += `[${JSON.stringify(clip(String(part), 64))}]`;
  }
  return text;
}

/** A value as a person should see it: short, on one line, unambiguous. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(clip(value, 64));
  if (Array.isArray(value)) return "a list";
  if (value === null) return "nothing (null)";
  if (typeof value === "object") return "an object";
  return clip(String(value), 64);
}

function clip(value: string, length: number): string {
  return value.length <= length ? value : `${value.slice(0, length - 3)}...`;
}

/** The nearest of the known words, when it is near enough to be what was meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbors that turn one word into another. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(at(rows, i - 1, j) + 1, (row[j - 1] ?? 0) + 1, at(rows, i - 1, j - 1) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, at(rows, i - 2, j - 2) + 1);
      row.push(cost);
    }
    rows.push(row);
  }
  return at(rows, a.length, b.length);
}

function at(rows: readonly number[][], i: number, j: number): number {
  return rows[i]?.[j] ?? 0;
}
