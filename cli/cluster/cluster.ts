// SPDX-License-Identifier: Apache-2.0
// The cluster way: a kubeconfig says where the API server is and who asks; everything else is its authority.
import { KubeConfig } from "@kubernetes/client-node";
import { KubeClient, type Query } from "../../operator/kube/client";
import { ApiError, isNotFound } from "../../operator/kube/errors";
import { pathOf, type KubeObject, type ListOf, type Resource } from "../../operator/kube/types";
import { CONFIGS, FIREWALL_NODES, type FirewallNodeObject } from "../../operator/resources";
import { GROUP, VERSION } from "../../operator/view/routes";
import { CommandError, UsageError, type Arguments, type Options } from "../command";
import { parseDuration } from "../duration";

/** As kubectl has them. */
export const clusterOptions = {
  kubeconfig: { type: "string", value: "FILE", help: "kubeconfig (default: KUBECONFIG, else ~/.kube/config)" },
  context: { type: "string", value: "NAME", help: "context of the kubeconfig" },
  cluster: { type: "string", value: "NAME", help: "cluster of the kubeconfig" },
  user: { type: "string", value: "NAME", help: "user of the kubeconfig" },
  as: { type: "string", value: "USER", help: "ask as this user" },
  "as-group": { type: "string", value: "GROUP", multiple: true, help: "ask as a member of this group; may be repeated" },
  "request-timeout": { type: "string", value: "DURATION", help: "give up a request after this time (default 30s)", default: "30s" },
  namespace: { type: "string", short: "n", value: "NAME", help: "namespace of the operator (default portcullis-system)", default: "portcullis-system" },
} as const satisfies Options;

export const nodeOption = { node: { type: "string", value: "NAME", multiple: true, help: "this node; may be repeated (default: every firewall node)" } } as const satisfies Options;

export type ViewPart = "status" | "interfaces" | "counters" | "drops" | "sessions";
const TRIES = 6;

export class Cluster {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly #timeoutMs: number;

  constructor(client: KubeClient, namespace: string, timeoutMs: number) {
    this.client = client;
    this.namespace = namespace;
    this.#timeoutMs = timeoutMs;
  }

  /** Throws an ApiError, or a CommandError when there is no answer at all. */
  async text(method: "GET" | "DELETE", path: string, query: Query = {}, accept?: string): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.client.text(method, path, { query, signal: new AbortController().signal, timeoutMs: this.#timeoutMs, ...(accept !== undefined && { accept }) });
      } catch (error) {
        if (!(error instanceof ApiError)) throw new CommandError(`the API server cannot be asked: ${reasonOf(error as Error)}`);
        if (error.status !== 429 || attempt >= TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? 1_000));
      }
    }
  }

  async get<T>(path: string, query: Query = {}): Promise<T> {
    return JSON.parse(await this.text("GET", path, query)) as T;
  }

  /** undefined: there is none. */
  async find<T extends KubeObject>(resource: Resource<T>, at: { namespace?: string; name: string }): Promise<T | undefined> {
    return this.get<T>(pathOf(resource, at)).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  }

  async list<T extends KubeObject>(resource: Resource<T>, namespace?: string, query: Query = {}): Promise<T[]> {
    return (await this.get<ListOf<T>>(pathOf(resource, { namespace }), query)).items ?? [];
  }

  /** What the node's agent answers, as it wrote it. */
  view(node: string, part: ViewPart, query: Query = {}, method: "GET" | "DELETE" = "GET"): Promise<string> {
    return this.text(method, `/apis/${GROUP}/${VERSION}/firewallnodes/${encodeURIComponent(node)}/${part}`, query);
  }

  firewallNodes(): Promise<FirewallNodeObject[]> {
    return this.list(FIREWALL_NODES);
  }

  /** Those that were named, else all; none at all is an error. */
  async chosen(args: Arguments): Promise<string[]> {
    const named = args.list("node");
    if (named.length > 0) return [...new Set(named)];
    const names = (await this.firewallNodes()).map(({ metadata }) => metadata.name).sort();
    if (names.length === 0) throw new CommandError(`there is no firewall node: ${(await this.list(CONFIGS)).length === 0 ? "apply a FirewallConfig" : "no FirewallConfig selects a node; `kubectl get firewallconfigs` says why"}`);
    return names;
  }
}

/** Runs with a connection of the arguments, and closes it. Refusals of the API server are one sentence. */
export async function withCluster<T>(args: Arguments, run: (cluster: Cluster) => Promise<T>): Promise<T> {
  const cluster = openCluster(args);
  try {
    return await run(cluster);
  } catch (error) {
    throw error instanceof ApiError ? new CommandError(refusalText(error)) : error;
  } finally {
    cluster.client.close();
  }
}

export function openCluster(args: Arguments): Cluster {
  const config = readKubeConfig(args);
  const as = args.text("as");
  const groups = args.list("as-group");
  if (as === undefined && groups.length > 0) throw new UsageError("--as-group needs --as");
  const headers = as === undefined ? {} : { "impersonate-user": as, ...(groups.length > 0 && { "impersonate-group": [...groups] }) };
  const namespace = args.required("namespace");
  return new Cluster(new KubeClient(config, { userAgent: "kubectl-portcullis", headers }), namespace, parseDuration("--request-timeout", args.required("request-timeout")));
}

function readKubeConfig(args: Arguments): KubeConfig {
  const config = new KubeConfig();
  const file = args.text("kubeconfig");
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (error) {
    throw new CommandError(`the kubeconfig cannot be read: ${(error as Error).message}`);
  }
  const context = args.text("context");
  if (context !== undefined && config.getContextObject(context) === null) throw new CommandError(`the kubeconfig has no context ${JSON.stringify(context)}: \`kubectl config get-contexts\` lists them`);
  if (context !== undefined) config.setCurrentContext(context);
  const [cluster, user] = [args.text("cluster"), args.text("user")];
  if (cluster === undefined && user === undefined) return config;
  if (cluster !== undefined && config.getCluster(cluster) === null) throw new CommandError(`the kubeconfig has no cluster ${JSON.stringify(cluster)}`);
  if (user !== undefined && config.getUser(user) === null) throw new CommandError(`the kubeconfig has no user ${JSON.stringify(user)}`);
  const now = config.getContextObject(config.getCurrentContext());
  const chosen = { name: "chosen", cluster: cluster ?? now?.cluster ?? "", user: user ?? now?.user ?? "" };
  config.loadFromOptions({ clusters: config.getClusters(), users: config.getUsers(), contexts: [chosen], currentContext: chosen.name });
  return config;
}

function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ECONNREFUSED" ? `${error.message === "" ? "connection refused" : error.message}: is the kubeconfig the right one?` : error.message;
}

/** One sentence, with the cure where there is one. */
export function refusalText(error: ApiError): string {
  if (error.status === 403) return `${error.message} (the ClusterRole portcullis-view allows to look, portcullis-admin to change)`;
  if (error.status === 404 && /could not find the requested resource|page not found/.test(error.message)) return "the cluster does not serve this: the CustomResourceDefinitions or view.portcullis.dev are not installed (value view.enabled of the chart)";
  if (error.status === 503 && error.reason !== "AgentNotConnected" && error.reason !== "WorkerNotRunning") return `${error.message.trim()}: does an operator lead? \`kubectl get apiservice ${VERSION}.${GROUP}\` and \`kubectl -n portcullis-system get pods\``;
  return error.message;
}
