// SPDX-License-Identifier: Apache-2.0
// The local socket: HTTP and JSON over a unix socket that only root (or the agent's user) can open. Read only.
import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { Agent } from "./agent";
import { exactJson } from "./json";
import { listSessions, MAX_LIMIT, protocolNumber, type SessionQuery } from "./sessions";
import { counterSnapshot, dropSnapshot, interfaceSnapshot, policySnapshot, statusSnapshot, type Notice } from "./snapshot";
import { formatAddress, parseAddress } from "../program/net";

export interface SocketOptions {
  readonly agent: Agent;
  readonly mode: "standalone" | "cluster";
  /** Faults that are not the agent's own: a configuration file that is not used, a stream that is down. */
  notices(): readonly Notice[];
}

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
      (value) => { send(response, 200, value); },
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
  if (method !== "GET") throw new Refusal(405, "only GET is served");
  const { pathname, searchParams } = new URL(url, "http://agent");
  switch (pathname) {
    case "/status": return statusSnapshot(agent, mode, notices());
    case "/interfaces": return interfaceSnapshot(agent);
    case "/counters": return { ...running(counterSnapshot(agent)), policies: policySnapshot(agent) };
    case "/drops": return running(dropSnapshot(agent));
    case "/sessions": return running(await listSessions(agent, sessionQuery(searchParams)));
    default: throw new Refusal(404, `there is no ${pathname}`);
  }
}

function running<T>(value: T | null): T {
  if (value === null) throw new Refusal(503, "the worker is not running");
  return value;
}

export function sessionQuery(params: URLSearchParams): SessionQuery {
  const number = (name: string, min: number, max: number): number | undefined => {
    const text = params.get(name);
    if (text === null) return undefined;
    if (!/^[0-9]{1,9}$/.test(text) || Number(text) < min || Number(text) > max) throw new Refusal(400, `${name} must be a number from ${min} to ${max}`);
    return Number(text);
  };
  const protocol = params.get("protocol");
  const address = params.get("address");
  const family = number("family", 4, 6);
  const port = number("port", 0, 65535);
  if (family === 5) throw new Refusal(400, "family must be 4 or 6");
  return {
    limit: number("limit", 0, MAX_LIMIT) ?? 100,
    ...(family === undefined ? {} : { family: family as 4 | 6 }),
    ...(port === undefined ? {} : { port }),
    ...(protocol === null ? {} : { protocol: protocolNumber(protocol) ?? refuse("protocol must be TCP, UDP, ICMP, ICMPv6, SCTP or a number from 0 to 255") }),
    ...(address === null ? {} : { address: canonical(address) ?? refuse(`"${address}" is no IP address`) }),
  };
}

function canonical(text: string): string | null {
  const parsed = parseAddress(text);
  return parsed === undefined ? null : formatAddress(parsed);
}

function refuse(message: string): never {
  throw new Refusal(400, message);
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(exactJson(value));
}
