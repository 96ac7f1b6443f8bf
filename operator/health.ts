// SPDX-License-Identifier: Apache-2.0
// /healthz: the event loop turns. /readyz: the caches are complete and there is a certificate. /metrics: counters as they stand.
import { createServer, type Server } from "node:http";
import type { Controller } from "./controller";
import type { Elector } from "./kube/lease";
import type { Identity } from "./stream/identity";
import type { AgentServer } from "./stream/server";

export interface HealthOptions {
  controller: Controller;
  elector: Elector;
  agents: AgentServer;
  identity: Identity;
}

export function serveHealth(address: string, options: HealthOptions): Promise<Server> {
  const server = createServer((request, response) => {
    const [code, body] = answer(request.url ?? "", options);
    response.writeHead(code, { "content-type": "text/plain; charset=utf-8" }).end(body);
  });
  server.requestTimeout = 10_000;
  const { host, port } = splitAddress(address);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(server));
  });
}

function answer(url: string, options: HealthOptions): [number, string] {
  if (url === "/healthz") return [200, "ok\n"];
  if (url === "/readyz") return readiness(options);
  return url === "/metrics" ? [200, metrics(options)] : [404, "not found\n"];
}

function readiness({ controller, identity }: HealthOptions): [number, string] {
  if (!controller.synced) return [503, "the caches are not complete yet\n"];
  return identity.current == null ? [503, "there is no certificate yet\n"] : [200, "ok\n"];
}

function metrics({ controller, elector, agents }: HealthOptions): string {
  const lines = [
    `portcullis_operator_leader ${elector.leading() ? 1 : 0}`,
    `portcullis_operator_queue_depth ${controller.queueDepth}`,
    `portcullis_operator_agents_connected ${agents.connected}`,
    `portcullis_operator_events_dropped_total ${controller.events.dropped}`,
    ...[...agents.refused].map(([reason, count]) => `portcullis_operator_streams_refused_total{reason="${reason}"} ${count}`),
  ];
  const names = ["configs", "firewallnodes", "nodes", "revisions"];
  controller.reflectors.forEach((reflector, i) => {
    for (const [what, count] of Object.entries(reflector.stats)) lines.push(`portcullis_operator_watch_${what}_total{resource="${names[i]}"} ${count}`);
  });
  return `${lines.join("\n")}\n`;
}

export function splitAddress(address: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(address) ?? [];
  if (port === undefined) throw new Error(`${JSON.stringify(address)} is not HOST:PORT`);
  return { host: bracketed ?? plain ?? "", port: Number(port) };
}
