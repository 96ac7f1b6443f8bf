// SPDX-License-Identifier: Apache-2.0
// Objects of the tests, kept to what matters in them.
import type { FirewallConfigSpec } from "../../../crds/index";
import { CONFIGS, FIREWALL_NODES, NODES, type ConfigObject, type FirewallNodeObject, type NodeObject } from "../../../operator/resources";
import type { Cluster } from "./cluster";
import { requestToken } from "./operator";

/** A FirewallConfig as a person writes it: two zones, one permitted way. */
export function firewall(name: string, labels: Record<string, string> | undefined, change: object = {}): object {
  return {
    apiVersion: "portcullis.dev/v1alpha1",
    kind: "FirewallConfig",
    metadata: { name },
    spec: {
      ...(labels && { nodeSelector: { matchLabels: labels } }),
      dataplane: { memory: { size: "256Mi", pageSize: "4Ki" }, sessions: { ipv4: 4096, ipv6: 1024 }, ports: [{ name: "lan", tap: {} }, { name: "wan", tap: {} }] },
      interfaces: [
        { name: "lan0", port: "lan", zone: "trust", addresses: ["10.1.0.1/24"] },
        { name: "wan0", port: "wan", zone: "untrust", addresses: ["10.2.0.1/24"] },
      ],
      zones: [{ name: "trust", hostInbound: { services: ["ping"] } }, { name: "untrust" }],
      defaultAction: "Deny",
      policies: [{ name: "out", from: ["trust"], to: ["untrust"], action: "Permit" }],
      ...change,
    } satisfies Partial<Record<keyof FirewallConfigSpec, unknown>>,
  };
}

export const addNode = (cluster: Cluster, name: string, labels: Record<string, string> = {}): Promise<NodeObject> =>
  cluster.add(NODES, { metadata: { name, labels } });

/** A token that is bound to the Node itself. */
export async function nodeToken(cluster: Cluster, name: string): Promise<string> {
  const node = await cluster.get(NODES, name);
  return requestToken(cluster, { boundTo: { kind: "Node", name, uid: node?.metadata.uid ?? "" } });
}

export const untilConfig = (cluster: Cluster, name: string, wanted: (object: ConfigObject) => boolean, what: string, timeoutMs?: number): Promise<ConfigObject> =>
  cluster.until(CONFIGS, name, (object) => object !== undefined && wanted(object), what, timeoutMs) as Promise<ConfigObject>;

export const untilFirewallNode = (cluster: Cluster, name: string, wanted: (object: FirewallNodeObject) => boolean, what: string, timeoutMs?: number): Promise<FirewallNodeObject> =>
  cluster.until(FIREWALL_NODES, name, (object) => object !== undefined && wanted(object), what, timeoutMs) as Promise<FirewallNodeObject>;

export const untilNoFirewallNode = async (cluster: Cluster, name: string, timeoutMs?: number): Promise<void> =>
  void (await cluster.until(FIREWALL_NODES, name, (object) => object === undefined, "gone", timeoutMs));

export const untilNoConfig = async (cluster: Cluster, name: string, timeoutMs?: number): Promise<void> =>
  void (await cluster.until(CONFIGS, name, (object) => object === undefined, "gone", timeoutMs));

type Condition = { type: string; status: string; reason: string; message: string; observedGeneration?: number | undefined };

export function condition(object: ConfigObject | FirewallNodeObject | undefined, type: string): Condition {
  const conditions = (object?.status?.conditions ?? []) as Condition[];
  return conditions.find((candidate) => candidate.type === type) ?? { type, status: "absent", reason: "", message: "" };
}

/** The condition holds for the generation that the object has now. */
export const holds = (type: string, status: string, reason?: string) => (object: ConfigObject | FirewallNodeObject): boolean => {
  const found = condition(object, type);
  return found.status === status && (reason === undefined || found.reason === reason) && found.observedGeneration === object.metadata.generation;
};

/** Removes what a file made, as far as it is still there. An operator must be running. */
export async function clear(cluster: Cluster): Promise<void> {
  for (const config of await cluster.list(CONFIGS)) await cluster.delete(CONFIGS, config.metadata.name);
  for (const node of await cluster.list(NODES)) await cluster.delete(NODES, node.metadata.name);
  for (const config of await cluster.list(CONFIGS)) await untilNoConfig(cluster, config.metadata.name, 40_000);
  for (const node of await cluster.list(FIREWALL_NODES)) await untilNoFirewallNode(cluster, node.metadata.name, 40_000);
}
