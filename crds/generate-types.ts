// SPDX-License-Identifier: Apache-2.0
// Structural schemas to documented TypeScript interfaces.
import { parsedShape, type Structural } from "./structural";
import { KINDS } from "./crd";

/** Text of types.gen.ts: objects as they are after parsing, so what has a default is there. */
export function typesText(): string {
  const interfaces = new Map<string, string>();
  for (const kind of [...KINDS].reverse()) typeOf(parsedShape(kind.schema), interfaces);
  const head = "// SPDX-License-Identifier: Apache-2.0\n// Generated from crds/*.ts by scripts/generate.sh; do not edit. Objects as they are after parsing: defaults applied.\n";
  return head + [...interfaces.values()].reverse().join("");
}

/** The TypeScript type of a schema; the interfaces that it needs are added, the outermost last. */
function typeOf(schema: Structural, interfaces: Map<string, string>): string {
  const base = baseType(schema, interfaces);
  return schema.nullable === true ? `${base} | null` : base;
}

function baseType(schema: Structural, interfaces: Map<string, string>): string {
  if (schema["x-kubernetes-int-or-string"] === true) return unionOf(schema, interfaces);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  switch (schema.type) {
    case "string":
      return "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "array": {
      const item = typeOf(schema.items ?? {}, interfaces);
      return item.includes("|") ? `(${item})[]` : `${item}[]`;
    }
    case "object":
      return schema.properties === undefined ? `Record<string, ${typeOf(schema.additionalProperties ?? {}, interfaces)}>` : objectType(schema, interfaces);
    default:
      return "unknown";
  }
}

function unionOf(schema: Structural, interfaces: Map<string, string>): string {
  return (schema.anyOf ?? []).map((branch) => typeOf(branch, interfaces)).join(" | ");
}

function objectType(schema: Structural, interfaces: Map<string, string>): string {
  const name = schema.title;
  if (name === undefined) throw new Error("an object of the API has no title to name its type");
  const required = new Set(schema.required ?? []);
  const lines = Object.entries(schema.properties ?? {}).map(([field, child]) => {
    const type = typeOf(child, interfaces);
    const comment = child.description === undefined ? "" : `  /** ${child.description} */\n`;
    return comment + (required.has(field) ? `  ${field}: ${type};\n` : `  ${field}?: ${type} | undefined;\n`);
  });
  const shape = lines.length === 0 ? `export type ${name} = Record<string, never>;` : `export interface ${name} {\n${lines.join("")}}`;
  const text = `\n${schema.description === undefined ? "" : `/** ${schema.description} */\n`}${shape}\n`;
  const earlier = interfaces.get(name);
  if (earlier !== undefined && earlier !== text && stripComment(earlier) !== stripComment(text)) throw new Error(`two different objects of the API are called ${name}`);
  if (earlier === undefined) interfaces.set(name, text);
  return name;
}

/** The same type may be described twice, once for each place that uses it. */
function stripComment(text: string): string {
  return text.replace(/^\n\/\*\*.*\n/, "");
}
