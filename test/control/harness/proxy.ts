// SPDX-License-Identifier: Apache-2.0
// What stands between an operator and the API server in bad times: passes everything on, until told otherwise.
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, request, type Server } from "node:https";
import type { Socket } from "node:net";
import type { Cluster } from "./cluster";
import { freePorts } from "./ports";

export interface Answer {
  code: number;
  reason: string;
  retryAfter?: number;
}

export interface Seen {
  method: string;
  url: string;
  at: number;
}

/** Undefined: pass on. "hang": accept and say nothing. */
export type Fault = (request: Seen) => Answer | "hang" | undefined;

export class Proxy {
  readonly seen: Seen[] = [];
  fault: Fault = () => undefined;
  server = "";
  readonly #cluster: Cluster;
  readonly #sockets = new Set<Socket>();
  readonly #watches = new Set<{ url: string; response: ServerResponse; muted: boolean; drop: (line: string) => boolean }>();
  readonly #opened = new Set<() => void>();
  #http: Server | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async open(): Promise<void> {
    const { pki } = this.#cluster;
    const [port] = await freePorts(1);
    const tls = { key: readFileSync(pki.path("apiserver.key")), cert: readFileSync(pki.path("apiserver.crt")) };
    this.#http = createServer(tls, (incoming, response) => this.#pass(incoming, response));
    this.#http.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => this.#http?.listen(port, "127.0.0.1", resolve));
    this.server = `https://127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#http?.close(resolve));
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Resolves when the operator watches a resource. */
  async untilWatched(resource: string): Promise<void> {
    const watched = (): boolean => [...this.#watches].some((watch) => watch.url.includes(`/${resource}?`));
    while (!watched()) await new Promise<void>((resolve) => this.#opened.add(resolve));
  }

  /** Running watches of a resource stay open and carry nothing any more, not even bookmarks. */
  mute(resource: string): number {
    const hit = [...this.#watches].filter((watch) => watch.url.includes(`/${resource}?`));
    for (const watch of hit) watch.muted = true;
    return hit.length;
  }

  /** Running watches of a resource lose the lines for which this says so. */
  lose(resource: string, drop: (line: string) => boolean): number {
    const hit = [...this.#watches].filter((watch) => watch.url.includes(`/${resource}?`));
    for (const watch of hit) watch.drop = drop;
    return hit.length;
  }

  /** Ends running watches of a resource as the server does when it forgot the version. */
  expire(resource: string): number {
    const hit = [...this.#watches].filter((watch) => watch.url.includes(`/${resource}?`));
    const object = { kind: "Status", apiVersion: "v1", status: "Failure", code: 410, reason: "Expired", message: "too old resource version" };
    for (const watch of hit) {
      watch.muted = true;
      watch.response.end(`${JSON.stringify({ type: "ERROR", object })}\n`);
    }
    return hit.length;
  }

  #pass(incoming: IncomingMessage, response: ServerResponse): void {
    const { method = "GET", url = "/" } = incoming;
    const seen = { method, url, at: performance.now() };
    this.seen.push(seen);
    const fault = this.fault(seen);
    if (fault === "hang") return;
    if (fault !== undefined) return refuse(response, fault);
    const { pki, server } = this.#cluster;
    const identity = { key: readFileSync(pki.path("operator-user.key")), cert: readFileSync(pki.path("operator-user.crt")), ca: readFileSync(pki.path("ca.crt")) };
    const headers = { ...incoming.headers };
    delete headers.host;
    const onward = request(new URL(url, server), { method, headers, ...identity, agent: false });
    onward.once("response", (answer) => this.#answer(url, answer, response));
    onward.once("error", () => response.destroy());
    response.once("close", () => onward.destroy());
    incoming.pipe(onward);
  }

  #answer(url: string, answer: IncomingMessage, response: ServerResponse): void {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    if (!url.includes("watch=true")) return void answer.pipe(response);
    response.flushHeaders();
    const watch = { url, response, muted: false, drop: (_line: string): boolean => false };
    this.#watches.add(watch);
    for (const tell of this.#opened) tell();
    this.#opened.clear();
    response.once("close", () => this.#watches.delete(watch));
    let rest = "";
    answer.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString("utf8")).split("\n");
      rest = lines.pop() ?? "";
      if (!watch.muted) for (const line of lines) if (!watch.drop(line)) response.write(`${line}\n`);
    });
    answer.once("end", () => watch.muted || response.end());
    answer.once("error", () => response.destroy());
  }
}

function refuse(response: ServerResponse, { code, reason, retryAfter }: Answer): void {
  response.writeHead(code, { "content-type": "application/json", ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }) });
  response.end(JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message: `${reason} by the test` }));
}
