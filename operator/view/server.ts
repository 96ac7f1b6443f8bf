// SPDX-License-Identifier: Apache-2.0
// The view API (docs/adr/0017-view-api.md): HTTPS for the API server alone. It has authenticated and authorised the person and
// says so in headers; that is worth as much as its own client certificate, which is checked in the handshake and by name here.
import { constants } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { TLSSocket } from "node:tls";
import { splitAddress } from "../../metrics/serve";
import type { Identity } from "../stream/identity";
import { discovery } from "./discovery";
import type { Trust } from "./front-proxy";
import { GROUP, statusOf, VERBS, VERSION, ViewError, type Route } from "./routes";

export interface ViewServerOptions {
  identity: Identity;
  routes: readonly Route[];
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

const MAX_BODY = 64 * 1024;
const MAX_CONNECTIONS = 256;
const OBJECT = new RegExp(`^/apis/${GROUP.replaceAll(".", "\\.")}/${VERSION}/([a-z]+)/([^/]+)/([a-z]+)$`);
const OBJECT_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

export class ViewServer {
  readonly #o: ViewServerOptions;
  readonly #documents: ReadonlyMap<string, object>;
  readonly #server: Server;
  #trust: Trust | undefined;

  constructor(options: ViewServerOptions) {
    this.#o = options;
    this.#documents = discovery(options.routes);
    // Without a certificate of its own no handshake succeeds; it comes together with whom to trust.
    this.#server = createServer({ requestCert: true, rejectUnauthorized: true, secureOptions: constants.SSL_OP_NO_TICKET }, (request, response) => void this.#serve(request, response));
    this.#server.requestTimeout = 30_000;
    this.#server.headersTimeout = 10_000;
    // Longer than the API server keeps idle connections, so that it is not the one to find them closed.
    this.#server.keepAliveTimeout = 120_000;
    this.#server.maxConnections = MAX_CONNECTIONS;
    options.identity.addIdentityCertificateListener(() => this.#renew());
  }

  /** Resolves to the port that is listened on. */
  listen(address: string): Promise<number> {
    const { host, port } = splitAddress(address);
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => resolve((this.#server.address() as { port: number }).port));
    });
  }

  /** From now on; connections that were made before are closed. */
  trust(trust: Trust | undefined): void {
    this.#trust = trust;
    this.#renew();
    this.#server.closeAllConnections();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #renew(): void {
    const pair = this.#o.identity.current;
    if (pair == null || this.#trust === undefined) return;
    try {
      this.#server.setSecureContext({ cert: pair.certificate, key: pair.privateKey, ca: this.#trust.ca, secureOptions: constants.SSL_OP_NO_TICKET });
    } catch (error) {
      this.#trust = undefined;
      this.#o.log.warn({ error: (error as Error).message }, "the certificates of the API server cannot be used, nobody is let in");
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    try {
      const user = this.#userOf(request);
      const { status, body } = await this.#answer(request, user, gone.signal);
      send(response, status, body);
    } catch (error) {
      const known = error instanceof ViewError;
      if (!known && !gone.signal.aborted) this.#o.log.warn({ path: request.url, err: error }, "a view failed");
      const [code, reason, message] = known ? [error.code, error.reason, error.message] : [500, "InternalError", "the operator's log says what went wrong"];
      if (code === 429) response.setHeader("retry-after", "1");
      send(response, code, JSON.stringify(statusOf(code, reason, message)));
    }
  }

  /** Whoever it is that the API server speaks for; throws when it is not the API server that speaks. */
  #userOf(request: IncomingMessage): string {
    const trust = this.#trust;
    const socket = request.socket as TLSSocket;
    const { subject } = (socket.getPeerCertificate() as { subject?: { CN?: string | string[] } } | null) ?? {};
    const name = typeof subject?.CN === "string" ? subject.CN : "";
    if (trust === undefined || !socket.authorized) throw new ViewError(401, "Unauthorized", "only the API server may ask here, by its client certificate");
    if (trust.names.length > 0 && !trust.names.includes(name)) throw new ViewError(401, "Unauthorized", `the client certificate is that of ${JSON.stringify(name)}, not of the API server`);
    const user = trust.userHeaders.map((header) => request.headers[header]).find((value) => typeof value === "string" && value !== "");
    if (typeof user !== "string") throw new ViewError(401, "Unauthorized", "the request does not say for whom it is");
    return user;
  }

  async #answer(request: IncomingMessage, user: string, signal: AbortSignal): Promise<{ status: number; body: Buffer | string }> {
    const { pathname, searchParams: query } = placeOf(request.url ?? "/");
    const document = this.#documents.get(pathname.replace(/(.)\/$/, "$1"));
    if (document !== undefined && request.method === "GET") return { status: 200, body: JSON.stringify(document) };
    const [, resource, encoded = "", part] = OBJECT.exec(pathname) ?? [];
    const route = this.#o.routes.find((one) => one.resource === resource && one.part === part);
    if (route === undefined) throw new ViewError(404, "NotFound", `there is no ${pathname}`);
    const name = decoded(encoded);
    if (!OBJECT_NAME.test(name)) throw new ViewError(400, "BadRequest", `${JSON.stringify(name)} is no name of an object`);
    const verb = VERBS[request.method as keyof typeof VERBS] as (typeof VERBS)[keyof typeof VERBS] | undefined;
    const handler = verb === undefined ? undefined : route.verbs[verb];
    if (handler === undefined) throw new ViewError(405, "MethodNotAllowed", `${request.method} is not served for ${resource}/${part}`);
    const body = await bodyOf(request);
    if (verb !== "get") this.#o.log.info({ user, verb, resource: `${resource}/${part}`, name }, "asked to change something");
    return handler({ user, name, query, body, signal });
  }
}

function placeOf(url: string): URL {
  try {
    return new URL(url, "https://operator");
  } catch {
    throw new ViewError(400, "BadRequest", "the path is not of its form");
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ViewError(400, "BadRequest", `${JSON.stringify(text)} is no name of an object`);
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > MAX_BODY) throw new ViewError(413, "RequestEntityTooLarge", `at most ${MAX_BODY} bytes are read`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function send(response: ServerResponse, status: number, body: Buffer | string): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body);
}
