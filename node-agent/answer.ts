// SPDX-License-Identifier: Apache-2.0
// What the agent can be asked: by the local socket, and by the operator for a person. Everything but the end of sessions is read only.
import type { Agent } from "./agent";
import { FilterError, sessionFilter } from "./session-filter";
import { MIN_PAGE_BYTES, sessionPage, sessionText, type Cursor, type SessionQuery } from "./sessions";
import { activeProgram, coreSnapshot, counterSnapshot, dropSnapshot, interfaceSnapshot, policySnapshot, statusSnapshot, tableSnapshot, type Notice } from "./snapshot";

export interface AnswerOptions {
  readonly agent: Agent;
  readonly mode: "standalone" | "cluster";
  /** Faults that are not the agent's own: a configuration file that is not used, a stream that is down. */
  notices(): readonly Notice[];
}

/** More than any table has. */
const MOST = 0xffff_ffff;

export class Refusal extends Error {
  /** As of HTTP. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** JSON text that is ready to be sent. */
export class Text {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A value to be written as JSON, a Text, or text in pieces as an AsyncGenerator. Throws a Refusal. */
export async function answer({ agent, mode, notices }: AnswerOptions, method: string, url: string, signal: AbortSignal): Promise<unknown> {
  const { pathname, searchParams } = placeOf(url);
  if (method === "POST" && pathname === "/sessions/clear") {
    running(agent.workerStatus());
    return clearSessions(agent, searchParams);
  }
  if (method !== "GET") throw new Refusal(405, "only GET is served");
  switch (pathname) {
    case "/status": return statusSnapshot(agent, mode, notices());
    case "/interfaces": return interfaceSnapshot(agent);
    case "/counters": return { ...running(counterSnapshot(agent)), cores: coreSnapshot(agent), tables: tableSnapshot(agent), policies: policySnapshot(agent) };
    case "/drops": return running(dropSnapshot(agent));
    case "/sessions":
      running(agent.workerStatus());
      return searchParams.has("page") ? page(agent, searchParams, signal) : sessionText(agent, sessionQuery(agent, searchParams));
    default: throw new Refusal(404, `there is no ${pathname}`);
  }
}

function placeOf(url: string): URL {
  try {
    return new URL(url, "http://agent");
  } catch {
    return refuse("the question is not of its form");
  }
}

function running<T>(value: T | null): T {
  if (value === null) throw new Refusal(503, "the worker is not running");
  return value;
}

function sessionQuery(agent: Agent, params: URLSearchParams): SessionQuery {
  const limit = params.get("limit") ?? "100";
  const lines = params.get("lines") !== null;
  if (!/^[0-9]{1,10}$/.test(limit) || Number(limit) > MOST) refuse(`--limit must be a number from 0 to ${MOST}, not "${limit}"`);
  return { limit: Number(limit), lines, filter: filterOf(agent, params).bytes };
}

async function page(agent: Agent, params: URLSearchParams, signal: AbortSignal): Promise<Text> {
  const { limit, filter } = sessionQuery(agent, params);
  const bytes = Number(params.get("page"));
  if (!Number.isSafeInteger(bytes) || bytes < MIN_PAGE_BYTES) refuse(`page must be a number of bytes from ${MIN_PAGE_BYTES} on`);
  return new Text(await sessionPage(agent, { limit, filter, bytes, from: cursorOf(params.get("cursor")) }, signal));
}

function cursorOf(text: string | null): Cursor | null {
  if (text === null) return null;
  const [, family, slot] = /^([46]):([0-9]{1,10})$/.exec(text) ?? [];
  if (slot === undefined || Number(slot) > MOST) refuse(`cursor must be what the page before said in "next", not "${text.slice(0, 40)}"`);
  return { family: family === "4" ? 4 : 6, slot: Number(slot) };
}

function filterOf(agent: Agent, params: URLSearchParams): ReturnType<typeof sessionFilter> {
  try {
    return sessionFilter((option) => params.get(option), activeProgram(agent));
  } catch (error) {
    if (error instanceof FilterError) refuse(error.message);
    throw error;
  }
}

async function clearSessions(agent: Agent, params: URLSearchParams): Promise<{ cleared: bigint }> {
  const { bytes, any } = filterOf(agent, params);
  if (any && params.get("all") === null) refuse("say which sessions to clear, or --all");
  const cleared = await agent.clearSessions(bytes);
  if (cleared === null) throw new Refusal(503, "the worker did not answer in time");
  return { cleared };
}

function refuse(message: string): never {
  throw new Refusal(400, message);
}
