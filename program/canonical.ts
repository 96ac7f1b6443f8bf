// SPDX-License-Identifier: Apache-2.0
// Canonical JSON: keys sorted by code unit, no white space. One value has one text, so a hash can name it.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** Takes finite numbers, no undefined outside of objects; a member that is undefined is left out. */
export function canonicalJson(value: unknown): string {
  const out: string[] = [];
  write(value as Json, out);
  return out.join("");
}

function write(value: Json, out: string[]): void {
  if (value === null || typeof value !== "object") {
    out.push(JSON.stringify(value));
    return;
  }
  if (Array.isArray(value)) {
    out.push("[");
    value.forEach((item, i) => {
      if (i > 0) out.push(",");
      write(item, out);
    });
    out.push("]");
    return;
  }
  const object = value as { readonly [key: string]: Json | undefined };
  let separator = "{";
  for (const key of Object.keys(object).sort()) {
    const member = object[key];
    if (member === undefined) continue;
    out.push(separator, JSON.stringify(key), ":");
    write(member, out);
    separator = ",";
  }
  out.push(separator === "{" ? "{}" : "}");
}
