// SPDX-License-Identifier: Apache-2.0
// Requests to the API server. KubeConfig says where it is and who we are; the requests are plain node:https, so that
// every one has a deadline, can be aborted, and a watch is a stream of lines that nothing swallows.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { createInterface } from "node:readline";
import type { KubeConfig } from "@kubernetes/client-node";
import { deadline, systemClock, type Clock } from "./clock";
import { ApiError, parseRetryAfter } from "./errors";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export type Query = Record<string, string | number | boolean | undefined>;

export interface Call {
  query?: Query;
  body?: unknown;
  /** Default application/json; a PATCH must say which kind it is. */
  contentType?: string;
  /** Default application/json. */
  accept?: string;
  signal: AbortSignal;
  timeoutMs?: number;
}

/** What the rest of the operator needs of a client; tests give their own. */
export interface Transport {
  request<T>(method: Method, path: string, call: Call): Promise<T>;
  /** Lines of a streamed answer. Ends when the server ends it, throws when the connection breaks. */
  stream(path: string, call: Call): AsyncIterable<string>;
}

/** Told about every answer: method (WATCH for a stream) and status; undefined: there was none. */
export type OnAnswer = (verb: Method | "WATCH", status: number | undefined) => void;

const REQUEST_TIMEOUT_MS = 15_000;
const MAX_ERROR_BODY = 64 * 1024;

interface Status {
  reason?: string;
  message?: string;
  details?: { retryAfterSeconds?: number };
}

export class KubeClient implements Transport {
  readonly #config: KubeConfig;
  readonly #clock: Clock;
  readonly #userAgent: string;
  readonly #headers: Readonly<Record<string, string | string[]>>;
  readonly #onAnswer: OnAnswer;
  #agent: HttpAgent | HttpsAgent | undefined;
  #material = "";

  constructor(config: KubeConfig, options: { clock?: Clock; userAgent?: string; headers?: Readonly<Record<string, string | string[]>>; onAnswer?: OnAnswer } = {}) {
    this.#config = config;
    this.#clock = options.clock ?? systemClock;
    this.#userAgent = options.userAgent ?? "portcullis-operator";
    this.#headers = options.headers ?? {};
    this.#onAnswer = options.onAnswer ?? (() => undefined);
  }

  async request<T>(method: Method, path: string, call: Call): Promise<T> {
    return JSON.parse(await this.text(method, path, call)) as T;
  }

  /** The answer as it came. */
  async text(method: Method, path: string, call: Call): Promise<string> {
    const limit = deadline(this.#clock, call.timeoutMs ?? REQUEST_TIMEOUT_MS, call.signal, `${method} ${path}`);
    try {
      const response = await this.#send(method, path, { ...call, signal: limit.signal }, method);
      const text = await textOf(response);
      if (isFailure(response)) throw this.#failure(response, text);
      return text;
    } catch (error) {
      throw limit.signal.aborted ? (limit.signal.reason as Error) : error;
    } finally {
      limit.dispose();
    }
  }

  async *stream(path: string, call: Call): AsyncIterable<string> {
    const response = await this.#send("GET", path, call, "WATCH");
    if (isFailure(response)) throw this.#failure(response, await textOf(response, MAX_ERROR_BODY));
    try {
      yield* createInterface({ input: response, crlfDelay: Infinity });
    } finally {
      response.destroy();
    }
    if (!response.complete) throw new Error("the connection was cut during a watch");
  }

  /** Closes idle connections. */
  close(): void {
    this.#agent?.destroy();
  }

  async #send(method: Method, path: string, call: Call, verb: Method | "WATCH"): Promise<IncomingMessage> {
    try {
      const response = await this.#open(method, path, call);
      this.#onAnswer(verb, response.statusCode);
      return response;
    } catch (error) {
      this.#onAnswer(verb, undefined);
      throw error;
    }
  }

  async #open(method: Method, path: string, call: Call): Promise<IncomingMessage> {
    const cluster = this.#config.getCurrentCluster();
    if (cluster === null) throw new Error("the kubeconfig names no cluster");
    const url = new URL(cluster.server.replace(/\/$/, "") + path);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
    const options = await this.#options(cluster.proxyUrl !== undefined);
    options.method = method;
    options.signal = call.signal;
    options.headers = {
      ...options.headers,
      accept: call.accept ?? "application/json",
      "user-agent": this.#userAgent,
      ...this.#headers,
      ...(body && { "content-type": call.contentType ?? "application/json", "content-length": body.length }),
    };
    return new Promise((resolve, reject) => {
      const request = (url.protocol === "http:" ? httpRequest : httpsRequest)(url, options, resolve);
      request.on("error", reject);
      request.end(body);
    });
  }

  /** Credentials are asked for each time, because tokens and certificates on disk change. */
  async #options(proxied: boolean): Promise<RequestOptions> {
    const options: RequestOptions & Record<string, unknown> = {};
    await this.#config.applyToHTTPSOptions(options as never);
    if (proxied) return options;
    const { ca, cert, key, servername, rejectUnauthorized } = options;
    const material = JSON.stringify([ca, cert, key, servername, rejectUnauthorized].map((m) => (m === undefined ? null : String(m))));
    if (this.#agent === undefined || material !== this.#material) {
      const tls = Object.fromEntries(Object.entries({ ca, cert, key, servername, rejectUnauthorized }).filter(([, v]) => v !== undefined));
      const plain = this.#config.getCurrentCluster()?.server.startsWith("http:") === true;
      const keep = { keepAlive: true, keepAliveMsecs: 15_000, maxSockets: 32 };
      this.#agent = plain ? new HttpAgent(keep) : new HttpsAgent({ ...keep, ...tls });
      this.#material = material;
    }
    options.agent = this.#agent;
    return options;
  }

  #failure(response: IncomingMessage, text: string): ApiError {
    const code = response.statusCode ?? 0;
    const header = parseRetryAfter(response.headers["retry-after"], this.#clock.wall());
    try {
      const status = JSON.parse(text) as Status;
      const asked = status.details?.retryAfterSeconds;
      const retryAfter = header ?? (asked === undefined ? undefined : asked * 1000);
      return new ApiError(code, status.reason ?? "Unknown", status.message ?? text.slice(0, 300), retryAfter);
    } catch {
      return new ApiError(code, response.statusMessage ?? "Unknown", text.slice(0, 300), header);
    }
  }
}

const isFailure = (response: IncomingMessage): boolean => (response.statusCode ?? 0) < 200 || (response.statusCode ?? 0) >= 300;

async function textOf(response: IncomingMessage, limit = Infinity): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) {
      response.destroy();
      break;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
