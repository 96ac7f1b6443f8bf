// SPDX-License-Identifier: Apache-2.0
// JSON whose integers are exact: a bigint is written as all its digits, and read back as a string when it would lose some.

/** Two spaces of indentation, a newline at the end. */
export function exactJson(value: unknown): string {
  const mark = "\u0000bigint:";
  const text = JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? `${mark}${v}` : v), 2);
  return `${text.replaceAll(/"\\u0000bigint:(-?[0-9]+)"/g, "$1")}\n`;
}

/** One line, without a newline. */
export function exactLine(value: unknown): string {
  const mark = "\u0000bigint:";
  const text = JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? `${mark}${v}` : v));
  return text.replaceAll(/"\\u0000bigint:(-?[0-9]+)"/g, "$1");
}

/** Integers beyond 2^53 come back as strings of their digits. */
export function parseExactJson(text: string): unknown {
  return JSON.parse(text.replaceAll(/"(?:[^"\\]|\\.)*"|-?[0-9]{16,}/g, (token) =>
    token.startsWith('"') || Number.isSafeInteger(Number(token)) ? token : `"${token}"`));
}
