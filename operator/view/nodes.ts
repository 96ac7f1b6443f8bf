// SPDX-License-Identifier: Apache-2.0
// Parts of a firewall node that only its agent knows: asked there, and handed on as the agent wrote it.
import { FILTER_OPTIONS } from "../../program/session-options";
import { QueryError, type QueryReason, type Question, type Reply } from "../stream/queries";
import { ViewError, type Handler, type Route, type ViewReply, type ViewRequest } from "./routes";

export interface NodeViews {
  /** Rejects with a QueryError. */
  ask(node: string, question: Question): Promise<Reply>;
  /** There is a FirewallNode of this name. */
  known(node: string): boolean;
  log: { info(fields: object, message: string): void };
}

const MIB = 1024 * 1024;
const PAGE_BYTES = 2 * MIB;
/** Parts without parameters, and what an answer may have: counters have a row for every policy. */
const PLAIN = { status: MIB, interfaces: MIB, counters: 12 * MIB, drops: MIB } as const;
const KINDS = { status: "FirewallNodeStatusView", interfaces: "InterfaceList", counters: "Counters", drops: "Drops" } as const;
/** What kubectl and the API server add by themselves. */
const OF_KUBERNETES = ["timeout", "pretty"];

const CODES: Readonly<Record<QueryReason, number>> = {
  NotLeader: 503, NodeUnknown: 404, AgentNotConnected: 503, VersionSkew: 501, TooManyQueries: 429, QueryTimeout: 504, AnswerTooLarge: 413, QueryCancelled: 499,
};
/** What the agent refuses, by its status; 404: it does not know the question. */
const REASONS: Readonly<Record<number, string>> = { 400: "BadRequest", 404: "VersionSkew", 413: "AnswerTooLarge", 429: "TooManyQueries", 503: "WorkerNotRunning" };

export function nodeRoutes(views: NodeViews): Route[] {
  const parts = (Object.keys(PLAIN) as (keyof typeof PLAIN)[]).map((part): Route => ({
    resource: "firewallnodes", part, kind: KINDS[part],
    verbs: { get: (request) => ask(views, request, "GET", `/${part}`, parameters(request, []), PLAIN[part]) },
  }));
  const list: Handler = (request) => {
    const query = parameters(request, [...FILTER_OPTIONS, "limit", "cursor"]);
    query.set("page", String(PAGE_BYTES));
    return ask(views, request, "GET", "/sessions", query, PAGE_BYTES);
  };
  const clear: Handler = async (request) => {
    const query = parameters(request, [...FILTER_OPTIONS, "all"]);
    const reply = await ask(views, request, "POST", "/sessions/clear", query, MIB);
    views.log.info({ user: request.user, node: request.name, filter: query.toString(), answer: reply.body.toString().trim() }, "sessions cleared");
    return reply;
  };
  return [...parts, { resource: "firewallnodes", part: "sessions", kind: "SessionList", verbs: { get: list, delete: clear } }];
}

/** A parameter that is not known could have been a filter: nothing is done without it. */
function parameters({ query }: ViewRequest, known: readonly string[]): URLSearchParams {
  const taken = new URLSearchParams();
  for (const [name, value] of query) {
    if (OF_KUBERNETES.includes(name)) continue;
    if (!known.includes(name) || taken.has(name)) throw new ViewError(400, "BadRequest", `the parameter ${JSON.stringify(name)} is unknown or given twice`);
    taken.set(name, value);
  }
  return taken;
}

async function ask(views: NodeViews, { name, signal }: ViewRequest, method: "GET" | "POST", path: string, query: URLSearchParams, maxBytes: number): Promise<ViewReply> {
  if (!views.known(name)) throw new ViewError(404, "NotFound", `there is no FirewallNode ${JSON.stringify(name)}: no FirewallConfig selects such a node`);
  const question = { method, path: query.size === 0 ? path : `${path}?${query.toString()}`, maxBytes, signal };
  const { status, body } = await views.ask(name, question).catch((error: unknown) => { throw refusedBy(error, name); });
  if (status === 200) return { status, body };
  throw new ViewError(status >= 400 && status <= 599 ? status : 502, REASONS[status] ?? "InternalError", `node ${name}: ${sentenceOf(body)}`);
}

function refusedBy(error: unknown, node: string): unknown {
  return error instanceof QueryError ? new ViewError(CODES[error.reason], error.reason, `node ${node}: ${error.message}`) : error;
}

function sentenceOf(body: Buffer): string {
  try {
    const { error } = JSON.parse(body.toString("utf8")) as { error?: unknown };
    if (typeof error === "string") return error.slice(0, 1024);
  } catch {
    // not of our form
  }
  return "the agent gave no reason";
}
