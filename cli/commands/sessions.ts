// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import type { SessionView } from "../../node-agent/session-json";
import { parseExactJson } from "../../node-agent/json";
import { ask, askInPieces } from "../client";
import { UsageError, type Arguments, type Command } from "../command";
import { outputOption, print, stateDir, stateDirOption, wantsJson } from "../common";
import { byLine } from "../lines";
import { FILTER_USAGE, filterOptions, filterQuery } from "../session-options";
import { tableInPieces } from "../table";

export interface Summary {
  readonly total: number | string;
  readonly matched: number;
  readonly shown: number;
}

export const SESSION_HEADER = ["ID", "PROTOCOL", "SOURCE", "DESTINATION", "TRANSLATED", "FROM", "TO", "POLICY", "STATE", "AGE", "IDLE", "PACKETS", "BYTES"];
const ROWS_AT_ONCE = 1_000;

export const command: Command = {
  usage: `[--limit N] [--count | --json] ${FILTER_USAGE} [--state-dir DIR] [-o json]`,
  description: `Lists sessions of the running worker that match all filters, at most --limit of them, and how many there are in all.
\`sessions clear\` ends sessions by the same filters.`,
  options: {
    limit: { type: "string", value: "N", help: "at most this many (default 100; with --json no limit)" },
    count: { type: "boolean", help: "only how many match" },
    json: { type: "boolean", help: "one JSON object per line, written as they are found" },
    ...filterOptions,
    "state-dir": stateDirOption,
    output: outputOption,
  },
  async run(args) {
    if (args.flag("count") && args.flag("json")) throw new UsageError("--count and --json exclude each other");
    const query = filterQuery(args);
    if (args.flag("count")) return count(args, query);
    if (args.flag("json")) query.set("lines", "1");
    query.set("limit", args.text("limit") ?? (args.flag("json") ? "4294967295" : "100"));
    const path = `/sessions?${query.toString()}`;
    if (args.flag("json") || wantsJson(args)) await askInPieces(stateDir(args), path, "GET", write);
    else await tabulate(stateDir(args), path);
    return 0;
  },
};

async function count(args: Arguments, query: URLSearchParams): Promise<number> {
  query.set("limit", "0");
  const body = await ask(stateDir(args), `/sessions?${query.toString()}`);
  print(String((JSON.parse(body) as Summary).matched));
  return 0;
}

export async function write(piece: Uint8Array | string): Promise<void> {
  if (!process.stdout.write(piece)) await once(process.stdout, "drain");
}

/** The agent's document, line by line: an opening, a session each, and what they are of. */
async function tabulate(dir: string, path: string): Promise<void> {
  const rows = tableInPieces(SESSION_HEADER);
  let [waiting, end]: [string[], string] = [[], ""];
  const take = byLine((line) => {
    if (line.startsWith('{"id":')) waiting.push(line);
    else if (line.startsWith('"total":')) end = line;
  });
  const flush = async (): Promise<void> => {
    const text = rows(waiting.map((line) => sessionRow(parseSession(line))));
    waiting = [];
    await write(`${text}\n`);
  };
  await askInPieces(dir, path, "GET", async (piece) => {
    take(piece);
    if (waiting.length >= ROWS_AT_ONCE) await flush();
  });
  if (waiting.length > 0 || end.includes('"shown":0}')) await flush();
  print(summary(parseExactJson(`{${end}`) as Summary));
}

export function parseSession(line: string): SessionView {
  const text = line.endsWith(",") ? line.slice(0, -1) : line;
  const quick = JSON.parse(text) as SessionView;
  const safe = Number.isSafeInteger(quick.id) && Number.isSafeInteger(quick.packets) && Number.isSafeInteger(quick.bytes);
  return safe ? quick : (parseExactJson(text) as SessionView);
}

export function sessionRow(s: SessionView): string[] {
  return [String(s.id), s.protocol, endpoint(s.source, s.sourcePort), endpoint(s.destination, s.destinationPort), translated(s),
    s.fromZone ?? "host", s.toZone ?? "host", s.policy ?? "-", s.state ?? "-", `${s.ageSeconds}s`, `${s.idleSeconds}s/${s.timeoutSeconds}s`,
    `${s.forward.packets}/${s.reverse.packets}`, `${s.forward.bytes}/${s.reverse.bytes}`];
}

function summary({ total, matched, shown }: Summary): string {
  const more = matched > shown ? `, ${matched} match (--limit ${matched} shows them)` : "";
  return `${shown} of ${total} session${String(total) === "1" ? "" : "s"} shown${more}`;
}

/** What the responder sees of it. */
function translated({ nat }: SessionView): string {
  return nat === null ? "-" : `${endpoint(nat.source, nat.sourcePort)} > ${endpoint(nat.destination, nat.destinationPort)}`;
}

function endpoint(address: string, port: number | null): string {
  if (port === null) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
