// SPDX-License-Identifier: Apache-2.0
// The text of a file in, a FirewallConfig or issues out. YAML 1.2 and therefore JSON.
import { CORE_SCHEMA, load } from "js-yaml";
import { isScalar, LineCounter, parseAllDocuments } from "yaml";
import type { Parsed, SchemaIssue } from "./issues";
import { parseFirewallConfig } from "./parse";
import type { FirewallConfig } from "./types.gen";

/** More than the API server would keep, and little enough to read at once. */
const MAX_BYTES = 16 * 1024 * 1024;

/** From this size on a text is read by the faster parser first. */
const LARGE = 64 * 1024;

/** Reads a file's text that holds exactly one FirewallConfig. */
export function loadFirewallConfig(text: string): Parsed<FirewallConfig> {
  const document = loadDocument(text);
  return document.ok ? parseFirewallConfig(document.value) : document;
}

/** The value of a text that is exactly one document, whatever it says. */
export function loadDocument(text: string): Parsed<unknown> {
  if (text.length > MAX_BYTES) return refuse(`The file is larger than ${MAX_BYTES / 1024 / 1024} MiB.`);
  const large = loadLarge(text);
  if (large !== undefined) return { ok: true, value: large.value };
  const lines = new LineCounter();
  try {
    const documents = parseAllDocuments(text.replace(/^\uFEFF/, ""), { lineCounter: lines, strict: true, uniqueKeys: true, prettyErrors: false });
    const filled = [...documents].filter((document) => !isEmpty(document.contents) || document.errors.length > 0);
    const [first, second] = filled;
    if (first === undefined) return refuse("The file is empty; it must hold one FirewallConfig.");
    const broken = filled.flatMap((document) => document.errors)[0];
    if (broken !== undefined) {
      const { line, col } = lines.linePos(broken.pos[0]);
      return refuse(`The file is not valid YAML: line ${line}, column ${col}: ${sentence(broken.message)}`);
    }
    if (second !== undefined) return refuse(`The file holds ${filled.length} YAML documents; give exactly one FirewallConfig in a file.`);
    return { ok: true, value: first.toJS({ maxAliasCount: 100 }) };
  } catch (cause) {
    return refuse(`The file cannot be read as YAML: ${sentence(cause instanceof Error ? cause.message : String(cause))}`);
  }
}

/**
 * The value of a large text that is exactly one document, in a sixth of the time. Undefined: read it the careful way, which
 * counts what aliases expand to, knows directives, and says where a fault is.
 */
function loadLarge(text: string): { value: unknown } | undefined {
  if (text.length < LARGE || /[&*]|^%/m.test(text)) return undefined;
  try {
    return { value: load(text, { schema: CORE_SCHEMA }) };
  } catch {
    return undefined;
  }
}

/** Nothing between two document markers. */
function isEmpty(contents: unknown): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && contents.source === "");
}

function refuse(message: string): { ok: false; issues: SchemaIssue[] } {
  return { ok: false, issues: [{ severity: "error", reason: "InvalidDocument", path: "", message }] };
}

function sentence(message: string): string {
  if (message.includes("call stack")) return "It is nested too deeply.";
  const first = message.split("\n", 1)[0] ?? "";
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
