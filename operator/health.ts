// SPDX-License-Identifier: Apache-2.0
// /healthz: the event loop turns. /readyz: the caches are complete and there is a certificate. /metrics: see metrics.ts.
import { createServer, type Server, type ServerResponse } from "node:http";
import { splitAddress } from "../metrics/serve";
import type { Controller } from "./controller";
import type { OperatorMetrics } from "./metrics";
import type { Identity } from "./stream/identity";

export interface HealthOptions {
  controller: Controller;
  identity: Identity;
  metrics: OperatorMetrics;
}

export function serveHealth(address: string, options: HealthOptions): Promise<Server> {
  const server = createServer((request, response) => {
    answer(request.url ?? "", options).then(
      (reply) => send(response, reply),
      (error: unknown) => send(response, { code: 500, body: `${(error as Error).message}\n` }),
    );
  });
  server.requestTimeout = 10_000;
  const { host, port } = splitAddress(address);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(server));
  });
}

interface Reply {
  code: number;
  body: string;
  type?: string;
}

function send(response: ServerResponse, { code, body, type = "text/plain; charset=utf-8" }: Reply): void {
  response.writeHead(code, { "content-type": type }).end(body);
}

async function answer(url: string, options: HealthOptions): Promise<Reply> {
  if (url === "/healthz") return { code: 200, body: "ok\n" };
  if (url === "/readyz") return readiness(options);
  return url === "/metrics" ? { code: 200, body: await options.metrics.text(), type: options.metrics.contentType } : { code: 404, body: "not found\n" };
}

function readiness({ controller, identity }: HealthOptions): Reply {
  if (!controller.synced) return { code: 503, body: "the caches are not complete yet\n" };
  return identity.current == null ? { code: 503, body: "there is no certificate yet\n" } : { code: 200, body: "ok\n" };
}
