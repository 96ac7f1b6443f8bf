// SPDX-License-Identifier: Apache-2.0
// docs/api.md: every field with its type, bounds, default and meaning.
import * as layout from "../node-agent/shm/layout.gen";
import { KINDS, type Kind } from "./crd";
import { API_VERSION } from "./object";
import { documented, type Structural } from "./structural";
import { PATTERN_TEXTS } from "./values";

interface Field {
  name: string;
  schema: Structural;
  required: boolean;
}

/** Text of docs/api.md. */
export function referenceText(): string {
  return [HEAD, ...KINDS.map(kindText), LIMITS].join("\n");
}

const HEAD = `<!-- Generated from crds/*.ts by scripts/generate.sh; do not edit. -->
# API reference

\`${API_VERSION}\`, two kinds, both cluster-scoped, both in the category \`firewall\` (\`kubectl get firewall\`).
\`kubectl explain fwc.spec --recursive\` shows the same texts. [conditions.md](conditions.md) lists conditions and reasons,
[issues.md](issues.md) what the compiler says, [drop-reasons.md](drop-reasons.md) why packets are dropped.

**R** marks required fields. A field of a one-of block (for example \`cores\`) is optional by itself; the rule below its table says more.
Lists with a key hold each key once, here and in the API server; lists marked "set" hold each value once.
A field without a value (null) is refused by \`portcullis\`; the API server takes it for absent.

Sizes: etcd keeps objects up to 1.5 MiB, which is about 7,000 policies that name a zone pair, an address set on each side and an
application; more than that is refused by the API server with "request is too large". Without Kubernetes the limit is the one of
each list. \`kubectl apply\` keeps a copy of the object in an annotation, at most 256 KiB (about 1,500 policies): use
\`kubectl apply --server-side\` for larger ones.
`;

const LIMITS = `## Limits of the dataplane

The compiler refuses a configuration that exceeds one of these, with the path of the field.

| What | At most |
|---|---|
| Prefixes of all address sets together, after merging | ${layout.FW_MAX_PREFIXES} |
| Port ranges and ICMP types of all applications together | ${layout.FW_MAX_PORT_RANGES} |
| Names in all lists of all policies and NAT rules together | ${layout.FW_MAX_REFS} |
| Windows of all schedules together (a window over midnight counts as two) | ${layout.FW_MAX_SCHEDULE_WINDOWS} |
| Ranges of addresses of all NAT pools together | ${layout.FW_MAX_NAT_RANGES} |
| Networks of subscribers of all NAT pools together | ${layout.FW_MAX_NAT_SUBSCRIBERS} |
| Addresses of all interfaces together | ${layout.FW_MAX_INTERFACE_ADDRESSES} |
| Gateways of all static routes together | ${layout.FW_MAX_NEXT_HOPS} |
| Bytes of the encoded configuration | ${layout.FW_MAX_BANK_SIZE} |
`;

function kindText(kind: Kind): string {
  const { properties } = documented(kind.schema);
  const columns = kind.columns.map((column) => `${column.name}${column.priority === 1 ? " (wide)" : ""}`).join(", ");
  const head = `## ${kind.kind}\n\n${documented(kind.schema).description ?? ""}\nShort name \`${kind.shortName}\`. Columns of \`kubectl get\`: ${columns}.\n`;
  const sections = (["spec", "status"] as const).map((member) => section(member, properties?.[member] ?? {}));
  return [head, ...sections].join("\n");
}

/** The table of an object, then those of the objects in it. */
function section(path: string, schema: Structural): string {
  const fields = fieldsOf(schema);
  const rows = fields.map((field) => `| \`${field.name}\`${field.required ? " **R**" : ""} | ${typeText(field.schema)} | ${defaultText(field.schema)} | ${cell(field.schema.description ?? "")} |`);
  const table = ["| Field | Type and bounds | Default | Meaning |", "|---|---|---|---|", ...rows].join("\n");
  const inner = fields.flatMap((field) => innerObject(`${path}.${field.name}`, field.schema));
  return [`### ${path}\n\n${schema.description ?? ""}\n\n${table}\n${rulesText(schema)}`, ...inner.map(([place, object]) => section(place, object))].join("\n");
}

function fieldsOf(schema: Structural): Field[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, child]) => ({ name, schema: child, required: required.has(name) }));
}

function innerObject(path: string, schema: Structural): [string, Structural][] {
  if (schema.properties !== undefined) return [[path, schema]];
  if (schema.items?.properties !== undefined) return [[`${path}[]`, { ...schema.items, ...(schema.description !== undefined && { description: schema.description }) }]];
  return [];
}

function rulesText(schema: Structural): string {
  const own = rulesOf(schema).map(({ field, message }) => `- ${field === "" ? "It" : `\`${field}\``} ${message}.`);
  return own.length === 0 ? "" : `\n${own.join("\n")}\n`;
}

function rulesOf(schema: Structural): { field: string; message: string }[] {
  const rules = (schema["x-kubernetes-validations"] ?? []) as { message: string; fieldPath?: string }[];
  return rules.map((rule) => ({ field: rule.fieldPath?.slice(1) ?? "", message: rule.message }));
}

function typeText(schema: Structural): string {
  const rules = schema.properties === undefined ? rulesOf(schema).map(({ message }) => message) : [];
  return cell([baseText(schema), ...rules].join("; "));
}

function baseText(schema: Structural): string {
  if (schema["x-kubernetes-int-or-string"] === true) return `${PATTERN_TEXTS.get(schema.pattern ?? "") ?? (schema.pattern ?? "").slice(2, -2).replaceAll("|", ", ")}, or integer${range(schema.minimum, schema.maximum)}`;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (schema.type === "array") return listText(schema);
  if (schema.type === "integer") return `integer${range(schema.minimum, schema.maximum)}`;
  if (schema.type === "string") return stringText(schema);
  if (schema.additionalProperties !== undefined) return `map of ${baseText(schema.additionalProperties)}, at most ${schema.maxProperties ?? "?"} keys`;
  return schema.type ?? "";
}

function listText(schema: Structural): string {
  const keys = schema["x-kubernetes-list-map-keys"] as string[] | undefined;
  const kind = schema["x-kubernetes-list-type"] === "set" ? "set" : "list";
  const least = schema.minItems === undefined ? "" : `${schema.minItems} to `;
  const bound = least === "" ? `at most ${schema.maxItems ?? "?"}` : `${least}${schema.maxItems ?? "?"}`;
  return `${kind} of ${baseText(schema.items ?? {})}, ${bound} items${keys === undefined ? "" : `, key ${keys.join(" + ")}`}`;
}

function stringText(schema: Structural): string {
  if (schema.format === "date-time") return "time (RFC 3339)";
  const what = schema.pattern === undefined ? undefined : PATTERN_TEXTS.get(schema.pattern);
  return `${what ?? "string"}, at most ${schema.maxLength ?? "?"} characters`;
}

function range(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum === undefined && maximum === undefined) return "";
  return maximum === undefined ? ` from ${minimum}` : ` ${minimum ?? ""} to ${maximum}`;
}

function defaultText(schema: Structural): string {
  const value = schema.default;
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return "";
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0 ? "" : `\`${JSON.stringify(value)}\``;
  return `\`${String(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
