// SPDX-License-Identifier: Apache-2.0
// Issues of a configuration as lines that an editor can jump to: FILE:LINE:COLUMN: severity: path: message (Reason).
import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type Node, type Pair } from "yaml";
import type { Issue } from "../operator/compile/issue";
import { printable } from "./table";

export interface Position {
  readonly line: number;
  readonly column: number;
}

export type LocatedIssue = Issue & Partial<Position>;

export function locateIssues(text: string, issues: readonly Issue[]): LocatedIssue[] {
  const find = issues.some((issue) => issue.path !== "") ? positions(text) : () => null;
  return issues.map((issue) => ({ ...issue, ...(find(issue.path) ?? {}) }));
}

export function formatIssues(file: string, text: string, issues: readonly Issue[]): string {
  return locateIssues(text, issues).map((issue) => `${formatIssue(file, issue)}\n`).join("");
}

export function formatIssue(file: string, issue: LocatedIssue): string {
  const at = issue.line === undefined ? "" : `:${issue.line}:${issue.column}`;
  const path = issue.path === "" ? "" : `${issue.path}: `;
  return printable(`${file}${at}: ${issue.severity}: ${path}${issue.message} (${issue.reason})`);
}

/** Finds the place of a field's path, or of the nearest field around it that is there. */
export function positions(text: string): (path: string) => Position | null {
  const lines = new LineCounter();
  let root: unknown;
  try {
    root = parseDocument(text.replace(/^\uFEFF/, ""), { lineCounter: lines, prettyErrors: false, logLevel: "silent" }).contents;
  } catch {
    root = null;
  }
  return (path) => {
    if (path === "" || root === null) return null;
    const offset = offsetOf(root as Node, splitPath(path));
    if (offset === null) return null;
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
}

/** "spec.a[3].b" > ["spec", "a", 3, "b"]; a key in quotes stays one key. */
export function splitPath(path: string): (string | number)[] {
  return [...path.matchAll(/\[([0-9]+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g)].map(([, index, quoted, word]) =>
    index !== undefined ? Number(index) : (quoted ?? word ?? ""));
}

function offsetOf(root: Node, path: readonly (string | number)[]): number | null {
  let node: unknown = root;
  let offset: number | null = null;
  for (const part of path) {
    const next = step(node, part);
    if (next === null) return offset;
    offset = next.offset ?? offset;
    node = next.node;
  }
  return offset;
}

function step(node: unknown, part: string | number): { offset: number | null; node: unknown } | null {
  if (typeof part === "number") {
    const item = isSeq(node) ? (node.items[part] as Node | undefined) : undefined;
    return item === undefined ? null : { offset: start(item), node: item };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find((p): p is Pair<Node, Node> => isPair(p) && isScalar(p.key) && String(p.key.value) === part);
  if (pair === undefined) return null;
  const scalar = pair.value !== null && !isMap(pair.value) && !isSeq(pair.value);
  return { offset: scalar ? (start(pair.value) ?? start(pair.key)) : start(pair.key), node: pair.value };
}

function start(node: unknown): number | null {
  return (node as { range?: [number, number, number] } | null)?.range?.[0] ?? null;
}
