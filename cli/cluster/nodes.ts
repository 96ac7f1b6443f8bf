// SPDX-License-Identifier: Apache-2.0
// One question to several nodes: asked a few at a time, told in order, with what could not be answered apart.
import { parseExactJson } from "../../node-agent/json";
import { ApiError } from "../../operator/kube/errors";
import { type Arguments } from "../command";
import { print, wantsJson } from "../common";
import { printable } from "../table";
import { refusalText, withCluster, type Cluster, type ViewPart } from "./cluster";

const AT_ONCE = 4;

export interface NodeAnswer {
  readonly node: string;
  /** JSON text as the agent wrote it; null: error says why. */
  readonly text: string | null;
  readonly error: { readonly reason: string; readonly message: string } | null;
}

/** Results in the order of the nodes. */
export async function eachNode<T>(nodes: readonly string[], ask: (node: string) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < nodes.length; at = next++) results[at] = await ask(nodes[at] as string);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, nodes.length) }, work));
  return results;
}

export async function answerOf(node: string, ask: () => Promise<string>): Promise<NodeAnswer> {
  try {
    return { node, text: await ask(), error: null };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { node, text: null, error: { reason: error.reason, message: refusalText(error) } };
  }
}

/** {"items": [{"node": NAME, "data": ...} or {"node": NAME, "error": {...}}]}, with data to the digit as it came. */
export function itemsJson(answers: readonly NodeAnswer[]): string {
  const items = answers.map(({ node, text, error }) => `{"node": ${JSON.stringify(node)}, ${text === null ? `"error": ${JSON.stringify(error)}` : `"data": ${text.trim()}`}}`);
  return `{"items": [\n${items.join(",\n")}\n]}`;
}

/** Says on stderr which nodes did not answer; the exit code. */
export function tellErrors(answers: readonly NodeAnswer[]): number {
  for (const { node, error } of answers) if (error !== null) process.stderr.write(`portcullis: ${printable(`${node}: ${error.message}`)}\n`);
  return answers.some(({ error }) => error !== null) ? 1 : 0;
}

/** One part of every chosen node: a table for each, or one document. */
export function partOfNodes<T>(args: Arguments, part: ViewPart, render: (value: T) => string): Promise<number> {
  const json = wantsJson(args);
  return withCluster(args, async (cluster: Cluster) => {
    const nodes = await cluster.chosen(args);
    const answers = await eachNode(nodes, (node) => answerOf(node, () => cluster.view(node, part)));
    if (json) print(itemsJson(answers));
    else printTables(answers, (text) => render(parseExactJson(text) as T));
    return tellErrors(answers);
  });
}

/** With the node's name above each where there are several. */
export function printTables(answers: readonly NodeAnswer[], render: (text: string) => string): void {
  const parts = answers.flatMap(({ node, text }) => (text === null ? [] : [answers.length === 1 ? render(text) : `node ${printable(node)}\n${render(text)}`]));
  if (parts.length > 0) print(parts.join("\n\n"));
}
