// SPDX-License-Identifier: Apache-2.0
// What a plain schema cannot say, said twice from one place: as CEL for the API server and as a check for zod.
import type { z } from "zod";

export interface Rule<T> {
  /** CEL over `self`; must agree with `test`. */
  cel: string;
  test: (self: T) => boolean;
  /** One sentence without the field's path. */
  message: string;
  /** The member to blame, when it is not the object itself. */
  field?: string;
}

/** Adds a rule to a schema. */
export function withRule<S extends z.ZodType>(schema: S, rule: Rule<z.output<S>>): S {
  const validation: Record<string, string> = { rule: rule.cel, message: rule.message };
  if (rule.field !== undefined) validation["fieldPath"] = `.${rule.field}`;
  const earlier = (schema.meta()?.["x-kubernetes-validations"] ?? []) as object[];
  return schema
    .refine((self) => rule.test(self as z.output<S>), {
      message: rule.message,
      path: rule.field === undefined ? [] : [rule.field],
    })
    .meta({ ...schema.meta(), "x-kubernetes-validations": [...earlier, validation] }) as S;
}

/** A union: exactly one of the optional blocks is present. */
export function exactlyOneOf<S extends z.ZodType>(schema: S, keys: readonly string[]): S {
  const present = keys.map((key) => `has(self.${key})`).join(", ");
  return withRule(schema, {
    cel: `[${present}].filter(x, x).size() == 1`,
    test: (self) => keys.filter((key) => (self as Record<string, unknown>)[key] !== undefined).length === 1,
    message: `must have exactly one of ${keys.join(", ")}`,
  });
}

/** A list whose items are told apart by the given members; atomic items are owned as a whole in server-side apply. */
export function mapOf<S extends z.ZodType>(item: S, list: (item: S) => z.ZodArray<S>, keys: readonly string[], atomic = false) {
  const whole = atomic ? (item.meta({ ...item.meta(), "x-kubernetes-map-type": "atomic" }) as S) : item;
  return list(whole)
    .superRefine((items, context) => {
      const seen = new Map<string, number>();
      items.forEach((value, index) => {
        const record = value as Record<string, unknown>;
        const key = JSON.stringify(keys.map((k) => record[k]));
        const first = seen.get(key);
        if (first === undefined) seen.set(key, index);
        else context.addIssue({ code: "custom", params: { reason: "Duplicate" }, path: [index, keys.at(-1) ?? ""], message: `repeats item ${first} of the same list` });
      });
    })
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [...keys] });
}

/** A list of scalars without repetition. */
export function setOf<S extends z.ZodType>(list: z.ZodArray<S>) {
  return list
    .superRefine((items, context) => {
      const seen = new Map<unknown, number>();
      items.forEach((value, index) => {
        const first = seen.get(value);
        if (first === undefined) seen.set(value, index);
        else context.addIssue({ code: "custom", params: { reason: "Duplicate" }, path: [index], message: `repeats item ${first} of the same list` });
      });
    })
    .meta({ "x-kubernetes-list-type": "set" });
}

/** A list that is owned as a whole. */
export function atomic<S extends z.ZodType>(list: z.ZodArray<S>) {
  return list.meta({ "x-kubernetes-list-type": "atomic" });
}

/** A default that the compiler applies and the API server does not store: it would be repeated in thousands of items. */
export function unstored<S extends z.ZodType>(schema: S): S {
  return schema.meta({ ...schema.meta(), "x-unstored-default": true }) as S;
}
