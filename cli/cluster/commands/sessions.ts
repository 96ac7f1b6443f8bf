// SPDX-License-Identifier: Apache-2.0
import { parseExactJson } from "../../../node-agent/json";
import { UsageError, type Arguments, type Command } from "../../command";
import { parseSession, SESSION_HEADER, sessionRow, write, type Summary } from "../../commands/sessions";
import { outputOption, print, wantsJson } from "../../common";
import { FILTER_USAGE, filterOptions, filterQuery } from "../../session-options";
import { tableInPieces } from "../../table";
import { clusterOptions, nodeOption, withCluster, type Cluster } from "../cluster";
import { answerOf, itemsJson, tellErrors, type NodeAnswer } from "../nodes";

export const command: Command = {
  usage: `[--limit N] [--count | --json] ${FILTER_USAGE} [--node NAME] [-o json]`,
  description: `Lists sessions of firewall nodes that match all filters, at most --limit of each node, and how many there are in all. The agents filter; long
lists come in pages. Sessions that begin or end while they are listed may be missed.`,
  options: {
    limit: { type: "string", value: "N", help: "at most this many of each node (default 100; with --json no limit)" },
    count: { type: "boolean", help: "only how many match" },
    json: { type: "boolean", help: "one JSON object per line, with its node" },
    ...filterOptions, ...nodeOption, output: outputOption, ...clusterOptions,
  },
  async run(args) {
    if (args.flag("count") && args.flag("json")) throw new UsageError("--count and --json exclude each other");
    const query = Object.fromEntries(filterQuery(args));
    const limit = limitOf(args);
    const way = args.flag("count") ? count : args.flag("json") ? lines : wantsJson(args) ? documents : tables;
    return withCluster(args, async (cluster) => {
      const nodes = await cluster.chosen(args);
      const answers: NodeAnswer[] = [];
      for (const node of nodes) answers.push(await answerOf(node, () => way({ cluster, node, query, limit, several: nodes.length > 1 })));
      if (way === documents) print(itemsJson(answers));
      return tellErrors(answers);
    });
  },
};

function limitOf(args: Arguments): number {
  const text = args.text("limit") ?? (args.flag("json") ? "4294967295" : "100");
  if (args.flag("count")) return 0;
  if (!/^[0-9]{1,10}$/.test(text) || Number(text) > 0xffff_ffff) throw new UsageError(`--limit must be a number from 0 to 4294967295, not "${text}"`);
  return Number(text);
}

interface Asked {
  readonly cluster: Cluster;
  readonly node: string;
  readonly query: Readonly<Record<string, string>>;
  readonly limit: number;
  readonly several: boolean;
}

interface Page extends Summary {
  /** A session each, as the agent wrote it. */
  readonly lines: readonly string[];
  readonly next: string | null;
}

/** Pages until the limit, or the end. */
async function* pages({ cluster, node, query, limit }: Asked): AsyncGenerator<Page> {
  let left = limit;
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = readPage(await cluster.view(node, "sessions", { ...query, limit: left, ...(cursor !== undefined && { cursor }) }));
    left -= page.lines.length;
    yield page;
    cursor = left <= 0 ? null : page.next;
  }
}

/** The agent's document, line by line: an opening, a session each, and what they are of. */
export function readPage(text: string): Page {
  const all = text.split("\n");
  const lines = all.filter((line) => line.startsWith('{"id":')).map((line) => (line.endsWith(",") ? line.slice(0, -1) : line));
  return { lines, ...(parseExactJson(`{${all.find((line) => line.startsWith('"total":')) ?? "}"}`) as Summary & { next: string | null }) };
}

async function count(asked: Asked): Promise<string> {
  for await (const { matched } of pages(asked)) print(asked.several ? `${asked.node} ${matched}` : String(matched));
  return "";
}

async function lines(asked: Asked): Promise<string> {
  const name = JSON.stringify(asked.node);
  for await (const page of pages(asked)) if (page.lines.length > 0) await write(`${page.lines.map((line) => `{"node":${name},${line.slice(1)}`).join("\n")}\n`);
  return "";
}

async function documents(asked: Asked): Promise<string> {
  const sessions: string[] = [];
  let first: Page | undefined;
  for await (const page of pages(asked)) {
    first ??= page;
    sessions.push(...page.lines);
  }
  return `{"total": ${first?.total ?? 0}, "matched": ${first?.matched ?? 0}, "shown": ${sessions.length}, "sessions": [\n${sessions.join(",\n")}\n]}`;
}

async function tables(asked: Asked): Promise<string> {
  const rows = tableInPieces(SESSION_HEADER);
  let [shown, first] = [0, undefined as Page | undefined];
  if (asked.several) print(`node ${asked.node}`);
  for await (const page of pages(asked)) {
    if (first === undefined || page.lines.length > 0) await write(`${rows(page.lines.map((line) => sessionRow(parseSession(line))))}\n`);
    first ??= page;
    shown += page.lines.length;
  }
  const { total = 0, matched = 0 } = first ?? {};
  print(`${shown} of ${total} session${String(total) === "1" ? "" : "s"} shown${Number(matched) > shown ? `, ${matched} match (--limit ${matched} shows them)` : ""}${asked.several ? "\n" : ""}`);
  return "";
}
