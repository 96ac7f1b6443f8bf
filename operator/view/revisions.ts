// SPDX-License-Identifier: Apache-2.0
// Revisions of a configuration: what the operator keeps for undo.
import { revisionsOf, specOf } from "../history/history";
import { pathOf } from "../kube/types";
import type { Transport } from "../kube/client";
import type { Store } from "../kube/store";
import { HISTORY, type ConfigObject, type HistoryObject } from "../resources";
import { ViewError, type Route, type ViewRequest } from "./routes";

export interface RevisionViews {
  readonly configs: Store<ConfigObject>;
  readonly history: Store<HistoryObject>;
  readonly transport: Transport;
}

/** GET .../firewallconfigs/NAME/revisions: a RevisionList, newest first. With ?revision=N: that one, and its spec. */
export const revisionRoutes = (views: RevisionViews): Route[] =>
  [{ resource: "firewallconfigs", part: "revisions", kind: "RevisionList", verbs: { get: async (request) => ({ status: 200, body: JSON.stringify(await answer(views, request)) }) } }];

async function answer(views: RevisionViews, request: ViewRequest): Promise<object> {
  const config = views.configs.get(request.name);
  if (config === undefined) throw new ViewError(404, "NotFound", `there is no FirewallConfig ${JSON.stringify(request.name)}`);
  const items = revisionsOf(config, views.history.list());
  const wanted = revisionIn(request);
  if (wanted === undefined) return { kind: "RevisionList", items };
  const revision = items.find((item) => item.revision === wanted);
  const kept = views.history.list().find((object) => object.revision === wanted && object.data.specHash === revision?.hash);
  if (revision === undefined || kept === undefined) throw new ViewError(404, "NotFound", `there is no revision ${wanted} of ${request.name}: ${items.map((item) => item.revision).join(", ") || "none"} ${items.length === 1 ? "is" : "are"} kept`);
  // The caches have no specifications.
  const whole = await views.transport.request<HistoryObject>("GET", pathOf(HISTORY, { namespace: kept.metadata.namespace, name: kept.metadata.name }), { signal: request.signal });
  const spec = specOf(whole);
  if (spec === undefined) throw new ViewError(500, "InternalError", `revision ${wanted} of ${request.name} is damaged: the ControllerRevision ${kept.metadata.name} does not have its hash`);
  return { kind: "Revision", ...revision, spec };
}

function revisionIn({ query }: ViewRequest): number | undefined {
  const unknown = [...query.keys()].find((name) => !["revision", "timeout", "pretty"].includes(name));
  if (unknown !== undefined) throw new ViewError(400, "BadRequest", `the parameter ${JSON.stringify(unknown)} is unknown`);
  const text = query.get("revision");
  if (text === null) return undefined;
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new ViewError(400, "BadRequest", `revision is ${JSON.stringify(text)}: write its number`);
  return Number(text);
}
