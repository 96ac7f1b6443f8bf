// SPDX-License-Identifier: Apache-2.0
import { KubeConfig } from "@kubernetes/client-node";
import { explainNode, type EventObject, type Explanation } from "../../operator/explain";
import { KubeClient } from "../../operator/kube/client";
import { ApiError, isNotFound } from "../../operator/kube/errors";
import { pathOf, type KubeObject, type Resource } from "../../operator/kube/types";
import { CONFIGS, FIREWALL_NODES, NODES } from "../../operator/resources";
import { podName, PODS } from "../../operator/worker-pod/desired";
import { CommandError, type Command } from "../command";
import { outputOption, print, wantsJson } from "../common";
import { table } from "../table";

export const command: Command = {
  usage: "NODE [--kubeconfig FILE] [--namespace NAME] [-o json]",
  description: `Says why a node of a cluster does not forward as it should: causes in the order in which they must be cured, each with a reason of
docs/conditions.md and one sentence; and what was asked for beside what is. Reads the API server with your own rights. Exit code 1: not ready.`,
  positional: "name",
  options: {
    name: { type: "string", value: "NODE", help: "name of the node" },
    kubeconfig: { type: "string", value: "FILE", help: "kubeconfig (default: KUBECONFIG, else ~/.kube/config)" },
    namespace: { type: "string", short: "n", value: "NAME", help: "the operator's namespace", default: "portcullis-system" },
    output: outputOption,
  },
  async run(args) {
    const json = wantsJson(args);
    const client = new KubeClient(kubeConfig(args.text("kubeconfig")), { userAgent: "portcullis-explain" });
    try {
      const found = await look(client, args.required("name"), args.required("namespace"));
      print(json ? JSON.stringify(found, null, 2) : render(found));
      return found.ready ? 0 : 1;
    } finally {
      client.close();
    }
  },
};

function kubeConfig(file: string | undefined): KubeConfig {
  const config = new KubeConfig();
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (error) {
    throw new CommandError(`the kubeconfig cannot be read: ${(error as Error).message}`);
  }
  return config;
}

async function look(client: KubeClient, name: string, namespace: string): Promise<Explanation> {
  const get = <T extends KubeObject>(resource: Resource<T>, at: { namespace?: string; name: string }): Promise<T | undefined> => ask<T>(client, pathOf(resource, at));
  const [node, firewallNode, pod] = await Promise.all([get(NODES, { name }), get(FIREWALL_NODES, { name }), get(PODS, { namespace, name: podName(name) })]);
  const config = firewallNode === undefined ? undefined : await get(CONFIGS, { name: firewallNode.spec.config });
  const query = { fieldSelector: `involvedObject.name=${podName(name)}` };
  const events = pod === undefined ? undefined : await ask<{ items: EventObject[] }>(client, `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`, query);
  return explainNode({ name, node, firewallNode, config, pod, events: events?.items ?? [] });
}

/** undefined: there is none, or it may not be read. */
async function ask<T>(client: KubeClient, path: string, query: Record<string, string> = {}): Promise<T | undefined> {
  try {
    return await client.request<T>("GET", path, { query, signal: new AbortController().signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    if (error instanceof ApiError && error.status === 403) {
      process.stderr.write(`portcullis: not read: ${error.message}\n`);
      return undefined;
    }
    throw new CommandError(`the API server cannot be asked: ${(error as Error).message}`);
  }
}

function render({ node, ready, causes, values }: Explanation): string {
  const head = ready ? `node ${node} is ready` : causes.length === 0 ? `node ${node} is not ready yet; nothing is known to be wrong` : `node ${node}, what to cure, first things first:`;
  const lines = causes.map(({ reason, message }, at) => `${at + 1}. ${reason}: ${message}`);
  const shown = values.length === 0 ? [] : ["", table(["WHAT", "REQUESTED", "EFFECTIVE"], values.map(({ what, requested, effective }) => [what, requested === "" ? "-" : requested, effective === "" ? "-" : effective]))];
  return [head, ...lines, ...shown].join("\n");
}
