// SPDX-License-Identifier: Apache-2.0
// The view API, put together.
import type { Transport } from "../kube/client";
import type { Clock } from "../kube/clock";
import type { Store } from "../kube/store";
import type { ConfigObject, HistoryObject } from "../resources";
import type { Identity } from "../stream/identity";
import type { AgentServer } from "../stream/server";
import type { Log } from "../world";
import { FrontProxy } from "./front-proxy";
import { nodeRoutes } from "./nodes";
import { revisionRoutes } from "./revisions";
import { ViewServer } from "./server";

export interface ViewOptions {
  transport: Transport;
  clock: Clock;
  identity: Identity;
  agents: AgentServer;
  /** There is a FirewallNode of this name. */
  known: (node: string) => boolean;
  configs: Store<ConfigObject>;
  history: Store<HistoryObject>;
  log: Log;
  stop: AbortSignal;
}

/** undefined: no address, nothing is served. Every replica serves; only the leader's agents can be asked. */
export async function startView(address: string | undefined, { transport, clock, identity, agents, known, configs, history, log, stop }: ViewOptions): Promise<ViewServer | undefined> {
  if (address === undefined) return undefined;
  const routes = nodeRoutes({ ask: (node, question) => agents.ask(node, question), known, log }).concat(revisionRoutes({ configs, history, transport }));
  const server = new ViewServer({ identity, routes, log });
  const port = await server.listen(address);
  void new FrontProxy({ transport, clock, changed: (trust) => server.trust(trust), log }).run(stop);
  log.info({ address, port }, "views are served to the API server");
  return server;
}
