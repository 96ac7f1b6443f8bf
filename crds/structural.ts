// SPDX-License-Identifier: Apache-2.0
// zod to structural schema: the subset of OpenAPI v3 that Kubernetes accepts for custom resources.
import { z } from "zod";

/** A node of a structural schema. */
export interface Structural {
  type?: string;
  format?: string;
  description?: string;
  default?: unknown;
  /** Names the generated type; not part of a CRD. */
  title?: string;
  nullable?: boolean;
  /** The branches of an int-or-string; not part of a CRD. */
  anyOf?: Structural[];
  enum?: unknown[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  items?: Structural;
  properties?: Record<string, Structural>;
  additionalProperties?: Structural;
  required?: string[];
  [extension: `x-kubernetes-${string}`]: unknown;
}

type Json = Record<string, unknown>;

/** Plain copies: what both dialects spell alike. */
const COPIED = [
  "type", "format", "description", "default", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "maxProperties", "required",
] as const;

/** The structural schema of a zod schema, as people write objects: fields with a default are optional. */
export function structural(schema: z.ZodType): Structural {
  return rewrite(z.toJSONSchema(schema, { target: "openapi-3.0", io: "input", unrepresentable: "any" }) as Json, true);
}

/** The same as programs read objects after parsing: fields with a default are always there; every default is shown. */
export function parsedShape(schema: z.ZodType): Structural {
  return rewrite(z.toJSONSchema(schema, { target: "openapi-3.0", io: "output", unrepresentable: "any" }) as Json, false);
}

/** The schema as people write objects, with the defaults that only the compiler applies. For the reference. */
export function documented(schema: z.ZodType): Structural {
  return rewrite(z.toJSONSchema(schema, { target: "openapi-3.0", io: "input", unrepresentable: "any" }) as Json, false);
}

function rewrite(node: Json, stored: boolean): Structural {
  const out: Json = {};
  for (const key of COPIED) if (node[key] !== undefined) out[key] = node[key];
  if (!stored) for (const key of ["title", "nullable", "anyOf"]) if (node[key] !== undefined) out[key] = node[key];
  for (const [key, value] of Object.entries(node)) if (key.startsWith("x-kubernetes-")) out[key] = value;
  if (stored && (node["x-unstored-default"] === true || isEmptyList(node["default"]))) delete out["default"];
  if (out["x-kubernetes-int-or-string"] === true) delete out["type"];
  if (out["type"] === "integer") Object.assign(out, integer(out));
  if (out["format"] === "date-time") delete out["pattern"];
  if (node["items"] !== undefined) out["items"] = rewrite(node["items"] as Json, stored);
  if (node["properties"] !== undefined) {
    out["properties"] = Object.fromEntries(Object.entries(node["properties"] as Json).map(([name, child]) => [name, rewrite(child as Json, stored)]));
  } else if (typeof node["additionalProperties"] === "object") {
    out["additionalProperties"] = rewrite(node["additionalProperties"] as Json, stored);
  }
  return out as Structural;
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** zod bounds every integer by what a double holds; that says nothing to a reader. */
function integer(node: Json): Json {
  const maximum = node["maximum"] as number | undefined;
  if (maximum === Number.MAX_SAFE_INTEGER) delete node["maximum"];
  if (node["minimum"] === Number.MIN_SAFE_INTEGER) delete node["minimum"];
  return { format: maximum !== undefined && maximum < 2 ** 31 ? "int32" : "int64" };
}
