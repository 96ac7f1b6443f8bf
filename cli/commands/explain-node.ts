// SPDX-License-Identifier: Apache-2.0
import { explainNode, type EventObject, type Explanation } from "../../operator/explain";
import { ApiError } from "../../operator/kube/errors";
import type { KubeObject, Resource } from "../../operator/kube/types";
import { CONFIGS, FIREWALL_NODES, NODES } from "../../operator/resources";
import { podName, PODS } from "../../operator/worker-pod/desired";
import { clusterOptions, withCluster, type Cluster } from "../cluster/cluster";
import type { Command } from "../command";
import { outputOption, print, wantsJson } from "../common";
import { table } from "../table";

export const command: Command = {
  usage: "NODE [-n NAMESPACE] [-o json]",
  description: `Says why a node of a cluster does not forward as it should: causes in the order in which they must be cured, each with a reason of
docs/conditions.md, one sentence of what is wrong and one of what to do; and what was asked for beside what is. Reads the API server with your own rights.
Exit code 1: not ready.`,
  positional: "name",
  options: {
    name: { type: "string", value: "NODE", help: "name of the node" },
    output: outputOption,
    ...clusterOptions,
  },
  async run(args) {
    const json = wantsJson(args);
    const name = args.required("name");
    const found = await withCluster(args, (cluster) => explainOf(cluster, name, (refused) => process.stderr.write(`portcullis: not read: ${refused}\n`)));
    print(json ? JSON.stringify(found, null, 2) : renderExplanation(found));
    return found.ready ? 0 : 1;
  },
};

/** What the API server tells of a node, explained; what may not be read is told to `refused`. */
export async function explainOf(cluster: Cluster, name: string, refused: (message: string) => void): Promise<Explanation> {
  const { namespace } = cluster;
  const readable = async <T>(read: Promise<T>): Promise<{ value: T | undefined; allowed: boolean }> => {
    try {
      return { value: await read, allowed: true };
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 403) throw error;
      refused(error.message);
      return { value: undefined, allowed: false };
    }
  };
  const get = <T extends KubeObject>(resource: Resource<T>, at: { namespace?: string; name: string }) => readable(cluster.find<T>(resource, at));
  const firewallNode = await cluster.find(FIREWALL_NODES, { name });
  const [node, pod, config] = await Promise.all([get(NODES, { name }), get(PODS, { namespace, name: podName(name) }), firewallNode === undefined ? undefined : get(CONFIGS, { name: firewallNode.spec.config })]);
  const query = { fieldSelector: `involvedObject.name=${podName(name)}` };
  const events = pod.value === undefined ? undefined : await readable(cluster.get<{ items: EventObject[] }>(`/api/v1/namespaces/${encodeURIComponent(namespace)}/events`, query));
  return explainNode({ name, node: node.value, nodeUnreadable: !node.allowed, firewallNode, config: config?.value, pod: pod.value, podUnreadable: !pod.allowed, events: events?.value?.items ?? [] });
}

export function renderExplanation({ node, ready, causes, values }: Explanation): string {
  const head = ready ? `node ${node} is ready` : causes.length === 0 ? `node ${node} is not ready yet; nothing is known to be wrong` : `node ${node}, what to cure, first things first:`;
  const lines = causes.map(({ reason, message, cure }, at) => `${at + 1}. ${reason}: ${message}\n   ${cure}`);
  const shown = values.length === 0 ? [] : ["", table(["WHAT", "REQUESTED", "EFFECTIVE"], values.map(({ what, requested, effective }) => [what, requested === "" ? "-" : requested, effective === "" ? "-" : effective]))];
  return [head, ...lines, ...shown].join("\n");
}
