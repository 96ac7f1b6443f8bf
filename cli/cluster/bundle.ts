// SPDX-License-Identifier: Apache-2.0
// What a support bundle is made of. Each part is read on its own: what cannot be read is listed, and the rest goes on.
import { VERSION } from "../../node-agent/version";
import { ApiError } from "../../operator/kube/errors";
import { pathOf, type KubeObject, type Resource } from "../../operator/kube/types";
import { CONFIGS, FIREWALL_NODES, NODES, REVISIONS } from "../../operator/resources";
import { PODS } from "../../operator/worker-pod/desired";
import { explainOf, renderExplanation } from "../commands/explain-node";
import type { Archive } from "./archive";
import type { Cluster, ViewPart } from "./cluster";
import { redactObject, redactText } from "./redact";

const core = (plural: string, kind: string): Resource => ({ group: "", version: "v1", plural, kind });
const apps = (plural: string, kind: string): Resource => ({ group: "apps", version: "v1", plural, kind });
const OURS = "app.kubernetes.io/part-of=portcullis";
const PARTS: readonly ViewPart[] = ["status", "interfaces", "counters", "drops"];
const LOG_BYTES = 4 * 1024 * 1024;

export interface BundleOptions {
  cluster: Cluster;
  archive: Archive;
  /** Only these firewall nodes; empty: all. */
  nodes: readonly string[];
}

export class Bundle {
  readonly #o: BundleOptions;
  /** One line for each thing that could not be read. */
  readonly notRead: string[] = [];
  readonly files: string[] = [];

  constructor(options: BundleOptions) {
    this.#o = options;
  }

  async collect(): Promise<void> {
    const nodes = await this.#objects();
    await this.#logs();
    for (const node of nodes) await this.#node(node);
    await this.#put("not-read.txt", this.notRead.length === 0 ? "Everything was read.\n" : `${this.notRead.join("\n")}\n`);
  }

  /** Returns the names of the nodes to ask. */
  async #objects(): Promise<string[]> {
    const { cluster, nodes } = this.#o;
    const { namespace } = cluster;
    const list = (resource: Resource, within?: string, query: Record<string, string> = {}) => () => cluster.list(resource, within, query);
    await this.#json("versions.json", async () => ({ client: VERSION, server: await cluster.get<object>("/version") }));
    await this.#json("objects/firewallconfigs.json", list(CONFIGS));
    const firewalls = (await this.#json("objects/firewallnodes.json", list(FIREWALL_NODES))) ?? [];
    const names = firewalls.map(({ metadata }) => metadata.name).filter((name) => nodes.length === 0 || nodes.includes(name));
    for (const name of names) await this.#json(`objects/nodes/${name}.json`, () => cluster.get<KubeObject>(pathOf(NODES, { name })));
    await this.#json("objects/deployments.json", list(apps("deployments", "Deployment"), namespace, { labelSelector: OURS }));
    await this.#json("objects/daemonsets.json", list(apps("daemonsets", "DaemonSet"), namespace, { labelSelector: OURS }));
    await this.#json("objects/pods.json", list(PODS, namespace));
    await this.#json("objects/leases.json", list({ group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease" }, namespace));
    // Their data is the compiled program: the configuration is in the bundle already.
    await this.#json("objects/revisions.json", async () => (await cluster.list(REVISIONS, namespace)).map(({ metadata, revision }) => ({ metadata, revision })));
    await this.#json("objects/apiservice.json", () => cluster.get<KubeObject>("/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.view.portcullis.dev"));
    await this.#json(`objects/events-${namespace}.json`, list(core("events", "Event"), namespace));
    await this.#json("objects/events-default.json", async () => (await cluster.list(core("events", "Event"), "default")).filter(aboutUs));
    return nodes.length > 0 ? [...nodes] : names;
  }

  /** Of all pods of ours: what they say, and what the container before said. */
  async #logs(): Promise<void> {
    const { cluster } = this.#o;
    const { namespace } = cluster;
    const pods = (await this.#read("pods", () => cluster.list(PODS, namespace))) ?? [];
    for (const { metadata: { name }, status } of pods) {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/log`;
      const query = { limitBytes: LOG_BYTES, timestamps: true, tailLines: 20_000 };
      await this.#text(`logs/${name}.log`, () => cluster.text("GET", path, query, "*/*"));
      const restarted = (status?.containerStatuses ?? []).some((container) => ((container as { restartCount?: number }).restartCount ?? 0) > 0);
      if (restarted) await this.#text(`logs/${name}.previous.log`, () => cluster.text("GET", path, { ...query, previous: true }, "*/*"));
    }
  }

  async #node(name: string): Promise<void> {
    const { cluster } = this.#o;
    for (const part of PARTS) await this.#text(`nodes/${name}/${part}.json`, () => cluster.view(name, part));
    await this.#text(`nodes/${name}/explain.txt`, async () => renderExplanation(await explainOf(cluster, name, (message) => this.notRead.push(`nodes/${name}/explain.txt: ${message}`))));
  }

  async #json<T>(file: string, read: () => Promise<T>): Promise<T | undefined> {
    const value = await this.#read(file, read);
    if (value !== undefined) await this.#put(file, `${JSON.stringify(redactObject(value as never), null, 1)}\n`);
    return value;
  }

  async #text(file: string, read: () => Promise<string>): Promise<void> {
    const text = await this.#read(file, read);
    if (text !== undefined) await this.#put(file, redactText(text.endsWith("\n") ? text : `${text}\n`));
  }

  async #read<T>(what: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      this.notRead.push(`${what}: ${error instanceof ApiError ? error.message.trim() : (error as Error).message}`);
      return undefined;
    }
  }

  async #put(file: string, text: string): Promise<void> {
    this.files.push(file);
    await this.#o.archive.add(`portcullis-support/${file}`, text);
  }
}

/** Events of objects without a namespace lie among others'. */
const aboutUs = (event: KubeObject): boolean => ["FirewallConfig", "FirewallNode", "Node"].includes((event as { involvedObject?: { kind?: string } }).involvedObject?.kind ?? "");
