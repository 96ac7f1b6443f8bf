// SPDX-License-Identifier: Apache-2.0
// Where the command line reads revisions: from the operator's view API, which needs no more rights than to look at
// configurations; where that is not served, from the ControllerRevisions themselves.
import { revisionsOf, specOf, type Revision } from "../operator/history/history";
import { ApiError } from "../operator/kube/errors";
import { HISTORY, HISTORY_LABEL, labelValue, type ConfigObject, type HistoryObject } from "../operator/resources";
import { GROUP, VERSION } from "../operator/view/routes";
import type { Cluster } from "./cluster/cluster";
import { CommandError } from "./command";

export interface RevisionSource {
  /** Newest first. */
  list(config: ConfigObject): Promise<Revision[]>;
  /** Without spec.rollout. */
  spec(config: ConfigObject, revision: Revision): Promise<Record<string, unknown>>;
}

export async function openRevisions(cluster: Cluster): Promise<RevisionSource> {
  try {
    await cluster.get(`/apis/${GROUP}/${VERSION}`);
    return fromView(cluster);
  } catch (error) {
    if (!(error instanceof ApiError) || ![403, 404, 503].includes(error.status)) throw error;
    return fromObjects(cluster);
  }
}

function fromView(cluster: Cluster): RevisionSource {
  const path = (config: ConfigObject): string => `/apis/${GROUP}/${VERSION}/firewallconfigs/${encodeURIComponent(config.metadata.name)}/revisions`;
  return {
    list: async (config) => (await cluster.get<{ items: Revision[] }>(path(config))).items,
    spec: async (config, { revision }) => (await cluster.get<{ spec: Record<string, unknown> }>(path(config), { revision })).spec,
  };
}

function fromObjects(cluster: Cluster): RevisionSource {
  const read = (config: ConfigObject): Promise<HistoryObject[]> => cluster.list(HISTORY, cluster.namespace, { labelSelector: `${HISTORY_LABEL}=${labelValue(config.metadata.name)}` });
  return {
    list: async (config) => revisionsOf(config, await read(config)),
    spec: async (config, { revision, hash }) => {
      const kept = (await read(config)).find((object) => object.revision === revision && object.data.specHash === hash);
      const spec = kept && specOf(kept);
      if (spec === undefined) throw new CommandError(`revision ${revision} of ${config.metadata.name} ${kept === undefined ? "is gone: list the revisions again" : "is damaged: choose another"}`);
      return spec;
    },
  };
}
