// SPDX-License-Identifier: Apache-2.0
// The local socket: HTTP and JSON over a unix socket that only root (or the agent's user) can open.
import { once } from "node:events";
import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { answer, Refusal, Text, type AnswerOptions } from "./answer";
import { exactJson } from "./json";

export async function serveSocket(options: AnswerOptions): Promise<{ close(): Promise<void> }> {
  const path = options.agent.paths.agentSocket;
  const server = createServer((request, response) => {
    const gone = new AbortController();
    response.once("close", () => { gone.abort(); });
    answer(options, request.method ?? "", request.url ?? "/", gone.signal).then(
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

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(value instanceof Text ? value.text : exactJson(value));
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
