// SPDX-License-Identifier: Apache-2.0
// What leaves a cluster in a support bundle: nothing that opens a door. Objects lose what repeats them or may hold
// credentials; every text loses tokens and keys by their form, whatever brought them there.

const MARK = "[removed]";
const FORMS = [
  /eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, // JSON web tokens, as of service accounts
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\b(Bearer|Basic) [A-Za-z0-9._~+/-]{8,}=*/gi,
  /\/\/[^/\s:@"]+:[^/\s@"]+@/g, // credentials in an address
];
const SECRET_NAME = /token|passw|secret|credential|private|api[-_]?key/i;

export function redactText(text: string): string {
  return FORMS.reduce((rest, form) => rest.replace(form, MARK), text);
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** An object of the API: without managed fields and copies of itself, without values of variables and fields that are named like a secret. */
export function redactObject(value: Json): Json {
  if (typeof value === "string") return redactText(value);
  if (Array.isArray(value)) return value.map((item: Json) => redactObject(item));
  if (typeof value !== "object" || value === null) return value;
  const record = value as { readonly [key: string]: Json };
  const named = typeof record["name"] === "string" && SECRET_NAME.test(record["name"]) && typeof record["value"] === "string";
  return Object.fromEntries(Object.entries(record)
    .filter(([key]) => key !== "managedFields" && key !== "kubectl.kubernetes.io/last-applied-configuration")
    .map(([key, member]) => [key, (named && key === "value") || (typeof member === "string" && SECRET_NAME.test(key) && !/(name|file|path|mount)s?$/i.test(key)) ? MARK : redactObject(member)]));
}
