// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import type { SessionView } from "../../node-agent/sessions";
import { parseExactJson } from "../../node-agent/json";
import { ask, askInPieces } from "../client";
import { UsageError, type Arguments, type Command } from "../command";
import { outputOption, print, stateDir, stateDirOption, wantsJson } from "../common";
import { FILTER_USAGE, filterOptions, filterQuery } from "../session-options";
import { table } from "../table";

interface SessionList {
  readonly total: number | string;
  readonly matched: number;
  readonly shown: number;
  readonly sessions: readonly SessionView[];
}

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
    if (args.flag("json")) return lines(args);
    const json = wantsJson(args);
    const query = filterQuery(args);
    query.set("limit", args.flag("count") ? "0" : (args.text("limit") ?? "100"));
    const body = await ask(stateDir(args), `/sessions?${query.toString()}`);
    if (args.flag("count")) print(String((JSON.parse(body) as SessionList).matched));
    else print(json ? body : render(parseExactJson(body) as SessionList));
    return 0;
  },
};

async function lines(args: Arguments): Promise<number> {
  const query = filterQuery(args);
  query.set("lines", "1");
  query.set("limit", args.text("limit") ?? "4294967295");
  await askInPieces(stateDir(args), `/sessions?${query.toString()}`, "GET", async (piece) => {
    if (!process.stdout.write(piece)) await once(process.stdout, "drain");
  });
  return 0;
}

function render(list: SessionList): string {
  const rows = table(["ID", "PROTOCOL", "SOURCE", "DESTINATION", "TRANSLATED", "FROM", "TO", "POLICY", "STATE", "AGE", "IDLE", "PACKETS", "BYTES"],
    list.sessions.map((s) => [s.id, s.protocol, endpoint(s.source, s.sourcePort), endpoint(s.destination, s.destinationPort), translated(s),
      s.fromZone ?? "host", s.toZone ?? "host", s.policy ?? "-", s.state ?? "-", `${s.ageSeconds}s`, `${s.idleSeconds}s/${s.timeoutSeconds}s`,
      `${s.forward.packets}/${s.reverse.packets}`, `${s.forward.bytes}/${s.reverse.bytes}`]));
  const more = list.matched > list.shown ? `, ${list.matched} match (--limit ${list.matched} shows them)` : "";
  return `${rows}\n${list.shown} of ${list.total} session${String(list.total) === "1" ? "" : "s"} shown${more}`;
}

/** What the responder sees of it. */
function translated({ nat }: SessionView): string {
  return nat === null ? "-" : `${endpoint(nat.source, nat.sourcePort)} > ${endpoint(nat.destination, nat.destinationPort)}`;
}

function endpoint(address: string, port: number | null): string {
  if (port === null) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
