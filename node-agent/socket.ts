// SPDX-License-Identifier: Apache-2.0
// The local socket: HTTP and JSON over a unix socket that only root (or the agent's user) can open. Everything
// but the end of sessions is read only.
import { once } from "node:events";
import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { Agent } from "./agent";
import { exactJson } from "./json";
import { FilterError, sessionFilter } from "./session-filter";
import { sessionText, type SessionQuery } from "./sessions";
import { activeProgram, coreSnapshot, counterSnapshot, dropSnapshot, interfaceSnapshot, policySnapshot, statusSnapshot, tableSnapshot, type Notice } from "./snapshot";

export interface SocketOptions {
  readonly agent: Agent;
  readonly mode: "standalone" | "cluster";
  /** Faults that are not the agent's own: a configuration file that is not used, a stream that is down. */
  notices(): readonly Notice[];
}

/** More than any table has. */
const MOST = 0xffff_ffff;

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function serveSocket(options: SocketOptions): Promise<{ close(): Promise<void> }> {
  const path = options.agent.paths.agentSocket;
  const server = createServer((request, response) => {
    answer(options, request.method ?? "", request.url ?? "/").then(
      (value) => (isText(value) ? stream(response, value) : send(response, 200, value)),
    ).catch(
      (error: unknown) => { send(response, error instanceof Refusal ? error.status : 500, { error: (error as Error).message }); },
    );
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
  rmSync(path, { force: true });
  await listen(server, path);
  chmodSync(path, 0o600);
  return {
    close: () => new Promise((resolve) => {
      server.close(() => { resolve(); });
      server.closeAllConnections();
    }),
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function answer({ agent, mode, notices }: SocketOptions, method: string, url: string): Promise<unknown> {
  const { pathname, searchParams } = new URL(url, "http://agent");
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
      return sessionText(agent, sessionQuery(agent, searchParams));
    default: throw new Refusal(404, `there is no ${pathname}`);
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

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(exactJson(value));
}

function isText(value: unknown): value is AsyncGenerator<Uint8Array> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/** Writes pieces as they come, no faster than the other side reads; stops when it has gone. */
async function stream(response: ServerResponse, pieces: AsyncGenerator<Uint8Array>): Promise<void> {
  response.writeHead(200, { "content-type": "application/json" });
  try {
    for await (const piece of pieces) {
      if (response.destroyed) return;
      if (!response.write(piece)) await Promise.race([once(response, "drain"), once(response, "close")]);
    }
    response.end();
  } catch {
    response.destroy(); // half an answer must not look like a whole one
  }
}
