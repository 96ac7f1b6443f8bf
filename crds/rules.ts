// SPDX-License-Identifier: Apache-2.0
// What a plain schema cannot say, said twice from one place: as CEL for the API server and as a check for zod.
import { z } from "zod";

export interface Rule<T> {
  /** CEL over `self`; must agree with `test`. */
  cel: string;
  test: (self: T) => boolean;
  /** One sentence without the field's path. */
  message: string;
  /** The member to blame, when it is not the value itself. */
  field?: string;
  /** What to add to the message about this value, for people who read it without the value at hand. */
  detail?: (self: T) => string;
}

/** Adds a rule to a schema. */
export function withRule<S extends z.ZodType>(schema: S, rule: Rule<z.output<S>>): S {
  const validation: Record<string, string> = { rule: rule.cel, message: rule.message };
  if (rule.field !== undefined) validation["fieldPath"] = `.${rule.field}`;
  const earlier = (schema.meta()?.["x-kubernetes-validations"] ?? []) as object[];
  return schema
    .refine((self) => rule.test(self as z.output<S>), {
      error: (issue) => rule.message + (rule.detail?.(issue.input as z.output<S>) ?? ""),
      path: rule.field === undefined ? [] : [rule.field],
      params: { reason: schema instanceof z.ZodObject ? "InvalidCombination" : "InvalidValue" },
    })
    .meta({ ...schema.meta(), "x-kubernetes-validations": [...earlier, validation] }) as S;
}

/** A union: exactly one of the optional blocks is present. */
export function exactlyOneOf<S extends z.ZodType>(schema: S, keys: readonly string[]): S {
  const has = keys.map((key) => `has(self.${key})`).join(", ");
  const present = (self: unknown) => keys.filter((key) => (self as Record<string, unknown>)[key] !== undefined);
  return withRule(schema, {
    cel: `[${has}].filter(x, x).size() == 1`,
    test: (self) => present(self).length === 1,
    message: `must have exactly one of ${keys.join(", ")}`,
    detail: (self) => (present(self).length === 0 ? ", and has none of them" : `, and has ${present(self).join(" and ")}`),
  });
}

/** A list whose items are told apart by the given members; atomic items are owned as a whole in server-side apply. */
export function mapOf<S extends z.ZodType>(item: S, list: (item: S) => z.ZodArray<S>, keys: readonly string[], atomic = false) {
  const whole = atomic ? (item.meta({ ...item.meta(), "x-kubernetes-map-type": "atomic" }) as S) : item;
  return list(whole)
    .superRefine((items, context) => {
      const keyOf = (value: unknown) => JSON.stringify(keys.map((key) => (value as Record<string, unknown>)[key]));
      for (const [index, first] of repeated(items.map(keyOf))) context.addIssue(repeats(first, [index, keys.at(-1) ?? ""]));
    })
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [...keys] });
}

/** A list of scalars without repetition. */
export function setOf<S extends z.ZodType>(list: z.ZodArray<S>) {
  return list
    .superRefine((items, context) => {
      for (const [index, first] of repeated(items)) context.addIssue(repeats(first, [index]));
    })
    .meta({ "x-kubernetes-list-type": "set" });
}

/** Index of every item that came before, with the index of its first appearance. */
function* repeated(items: readonly unknown[]): Iterable<[index: number, first: number]> {
  const seen = new Map<unknown, number>();
  for (const [index, item] of items.entries()) {
    const first = seen.get(item);
    if (first === undefined) seen.set(item, index);
    else yield [index, first];
  }
}

function repeats(first: number, path: PropertyKey[]) {
  return { code: "custom" as const, params: { reason: "Duplicate" }, path, message: `repeats item ${first} of the list` };
}

/** A list that is owned as a whole. */
export function atomic<S extends z.ZodType>(list: z.ZodArray<S>) {
  return list.meta({ "x-kubernetes-list-type": "atomic" });
}

/** An object without other fields; the title names the type that is generated for it, the text describes an item of a list. */
export function object<const S extends z.core.$ZodLooseShape>(title: string, shape: S, text?: string) {
  return z.strictObject(shape).meta({ title, ...(text !== undefined && { description: text }) });
}

/** A default that the compiler applies and the API server does not store: it would be repeated in thousands of items. */
export function unstored<S extends z.ZodType>(schema: S): S {
  return schema.meta({ ...schema.meta(), "x-unstored-default": true }) as S;
}
