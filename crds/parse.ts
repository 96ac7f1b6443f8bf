// SPDX-License-Identifier: Apache-2.0
// The border: unknown data in, a typed FirewallConfig with defaults or a list of issues out. Never throws.
import { z } from "zod";
import { firewallConfig } from "./firewall-config";
import { nearest, pathText, show, type Parsed, type SchemaIssue, type SchemaReason } from "./issues";
import { API_VERSION } from "./object";
import type { FirewallConfig } from "./types.gen";

const MAX_ISSUES = 100;

/** Reads one FirewallConfig from data. Unknown fields are errors; defaults are applied. */
export function parseFirewallConfig(input: unknown): Parsed<FirewallConfig> {
  const wrong = [...wrongKind(input), ...prototypeKeys(input)];
  if (wrong.length > 0) return { ok: false, issues: wrong.slice(0, MAX_ISSUES) };
  const result = firewallConfig.safeParse(input);
  if (result.success) return { ok: true, value: result.data };
  const issues = result.error.issues.flatMap((issue) => explain(issue, input));
  return { ok: false, issues: firstOfEachPath(issues).slice(0, MAX_ISSUES) };
}

/** An empty name breaks two rules; one sentence about it is enough. */
function firstOfEachPath(issues: readonly SchemaIssue[]): SchemaIssue[] {
  const byPath = new Map<string, SchemaIssue>();
  for (const issue of issues) if (!byPath.has(issue.path)) byPath.set(issue.path, issue);
  return [...byPath.values()];
}

/** Things that make every other message useless. */
function wrongKind(input: unknown): SchemaIssue[] {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return [error("InvalidDocument", [], `The document is ${show(input)}; a FirewallConfig is an object with apiVersion, kind, metadata and spec.`)];
  }
  const { apiVersion, kind } = input as Record<string, unknown>;
  if (apiVersion === API_VERSION && kind === "FirewallConfig") return [];
  const issues: SchemaIssue[] = [];
  if (apiVersion !== API_VERSION) issues.push(error("UnsupportedKind", ["apiVersion"], `The apiVersion is ${given(apiVersion)}; write ${API_VERSION}.`));
  if (kind !== "FirewallConfig") issues.push(error("UnsupportedKind", ["kind"], `The kind is ${given(kind)}; write FirewallConfig.`));
  return issues;
}

/** Members called __proto__, which a record would lose without a word. */
function prototypeKeys(input: unknown): SchemaIssue[] {
  const issues: SchemaIssue[] = [];
  const seen = new Set<object>();
  const left: { value: unknown; path: readonly PropertyKey[] }[] = [{ value: input, path: [] }];
  for (let next = left.pop(); next !== undefined && issues.length < MAX_ISSUES; next = left.pop()) {
    const { value, path } = next;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (Object.hasOwn(value, "__proto__")) issues.push(error("UnknownField", [...path, "__proto__"], "There can be no field __proto__; remove it."));
    for (const key of Object.keys(value)) {
      const child = (value as Record<string, unknown>)[key];
      if (typeof child === "object") left.push({ value: child, path: [...path, Array.isArray(value) ? Number(key) : key] });
    }
  }
  return issues;
}

function given(value: unknown): string {
  return value === undefined ? "missing" : show(value);
}

function error(reason: SchemaReason, path: readonly PropertyKey[], message: string): SchemaIssue {
  return { severity: "error", reason, path: pathText(path), message };
}

/** Turns an issue of zod into ours. */
function explain(issue: z.core.$ZodIssue, input: unknown): SchemaIssue[] {
  const value = valueAt(input, issue.path);
  const one = (reason: SchemaReason, message: string) => [error(reason, issue.path, message)];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownField(issue.path, key));
    case "invalid_type":
      return value === undefined
        ? one("MissingField", `The field is required: ${article(issue.expected)}.`)
        : one("InvalidType", `${subject(value)} must be ${article(issue.expected)}, but is ${typeText(value)}${issue.expected === "object" && value === null ? "; write {} for one without members" : ""}.`);
    case "invalid_value":
      return value === undefined
        ? one("MissingField", `The field is required: ${choice(issue.values)}.`)
        : one("InvalidValue", `${subject(value)} must be ${choice(issue.values)}${meant(value, issue.values)}`);
    case "too_big":
      return one("OutOfRange", `${subject(value)} ${atMost(issue.origin, issue.maximum)}.`);
    case "too_small":
      return one("OutOfRange", `${subject(value)} ${atLeast(issue.origin, issue.minimum)}.`);
    case "custom":
      return one((issue.params?.["reason"] as SchemaReason | undefined) ?? "InvalidValue", `${subject(value)} ${issue.message}.`);
    case "invalid_union":
      return value === undefined ? one("MissingField", `The field is required; it ${issue.message}.`) : one("InvalidValue", `${subject(value)} ${issue.message}.`);
    default:
      return one("InvalidValue", `${subject(value)} ${issue.message}.`);
  }
}

/** Scalars are shown; of objects and lists the path says enough. */
function subject(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? show(value) : "It";
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a string", number: "a number", int: "a whole number", boolean: "true or false", array: "a list", object: "an object", record: "an object",
};

function article(expected: string): string {
  return TYPES[expected] ?? expected;
}

function typeText(value: unknown): string {
  if (value === null) return "empty (null)";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number") return Number.isInteger(value) ? "a number; put it in quotes if it is meant as text" : "not";
  return article(typeof value);
}

function choice(values: readonly unknown[]): string {
  const texts = values.map(String);
  return texts.length === 1 ? `${texts[0]}` : `${texts.slice(0, -1).join(", ")} or ${texts.at(-1)}`;
}

function meant(value: unknown, values: readonly unknown[]): string {
  if (typeof value !== "string" && typeof value !== "number") return `, but is ${typeText(value)}.`;
  const near = typeof value === "string" ? nearest(value, values.map(String)) : undefined;
  return near === undefined ? "." : `; did you mean ${near}?`;
}

function atMost(origin: string, maximum: number | bigint): string {
  if (origin === "string") return `must have at most ${maximum} characters`;
  if (origin === "array") return `must have at most ${maximum} items`;
  return maximum === Number.MAX_SAFE_INTEGER ? "is too large" : `must be at most ${maximum}`;
}

function atLeast(origin: string, minimum: number | bigint): string {
  if (origin === "string") return minimum === 1 ? "must not be empty" : `must have at least ${minimum} characters`;
  if (origin === "array") return minimum === 1 ? "must not be empty; leave the field out instead" : `must have at least ${minimum} items`;
  return minimum === Number.MIN_SAFE_INTEGER ? "is too small" : `must be at least ${minimum}`;
}

function unknownField(path: readonly PropertyKey[], key: string): SchemaIssue {
  const known = fieldsAt(path);
  const near = nearest(key, known);
  const hint = near !== undefined ? `did you mean ${near}?` : known.length > 0 ? `known are ${known.join(", ")}.` : "remove it.";
  return error("UnknownField", [...path, key], `There is no field ${show(key)} here; ${hint}`);
}

/** Names of the fields that the schema has at a path. */
function fieldsAt(path: readonly PropertyKey[]): string[] {
  let schema: z.core.$ZodType | undefined = firewallConfig;
  for (const part of path) {
    const inner = unwrap(schema);
    if (inner instanceof z.ZodObject) schema = inner.shape[String(part)];
    else if (inner instanceof z.ZodArray) schema = inner.element;
    else return [];
  }
  const inner = unwrap(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function unwrap(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodNullable) {
    inner = inner.def.innerType;
  }
  return inner;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}
