// SPDX-License-Identifier: Apache-2.0
// One page, /metrics, over HTTP. Nothing that a client sends is read beyond its path.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** What is shown under /metrics. */
export interface Page {
  readonly contentType: string;
  text(): Promise<string>;
}

/** Throws an Error with a sentence when the address cannot be listened on. */
export async function serveMetrics(address: string, page: Page): Promise<MetricsServer> {
  const { host, port } = splitAddress(address);
  const server = createServer((request, response) => {
    if (request.method !== "GET" || request.url !== "/metrics") return void response.writeHead(404, { "content-type": "text/plain" }).end("there is only GET /metrics\n");
    page.text().then(
      (text) => response.writeHead(200, { "content-type": page.contentType }).end(text),
      (error: unknown) => response.writeHead(500, { "content-type": "text/plain" }).end(`${(error as Error).message}\n`),
    );
  });
  [server.requestTimeout, server.headersTimeout, server.maxConnections] = [10_000, 5_000, 64];
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(new Error(`metrics cannot be served on ${address}: ${error.message}`, { cause: error })));
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

/** "[::]:9440", "0.0.0.0:9440" or ":9440". Throws an Error with a sentence. */
export function splitAddress(address: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(address) ?? [];
  if (port === undefined || Number(port) > 65535) throw new Error(`${JSON.stringify(address)} is not HOST:PORT`);
  return { host: bracketed ?? plain ?? "", port: Number(port) };
}
