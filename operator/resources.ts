// SPDX-License-Identifier: Apache-2.0
// The kinds of objects that the operator reads and writes.
import { createHash } from "node:crypto";
import type { FirewallConfigStatus, FirewallNodeSpec, FirewallNodeStatus, NodeSelector } from "../crds/index";
import type { Origin } from "./history/origin";
import type { PodWishes } from "./worker-pod/settings";
import type { KubeObject, OwnerReference, Resource } from "./kube/types";

/** As the API server gives it: validated by the schema, not parsed. */
export interface ConfigObject extends KubeObject {
  /** Of the cache only: who wrote spec. */
  origin?: Origin;
  spec: { nodeSelector?: NodeSelector } & Record<string, unknown>;
  status?: FirewallConfigStatus;
}

export interface FirewallNodeObject extends KubeObject {
  spec: FirewallNodeSpec;
  status?: FirewallNodeStatus;
}

export interface NodeObject extends KubeObject {
  status?: { allocatable?: Record<string, string> };
}

/** Keeps one compiled program. data never changes after creation; revision may. */
export interface RevisionObject extends KubeObject {
  revision: number;
  data: { hash: string; programVersion: number; policies: number; nodeSelector?: NodeSelector; workerPod?: Partial<PodWishes>; program: string };
}

/** Keeps one specification, for undo; in the caches without its text. */
export interface HistoryObject extends KubeObject {
  revision: number;
  data: { specHash: string; size: number; spec: string };
}

const portcullis = { group: "portcullis.dev", version: "v1alpha1" };

export const CONFIGS: Resource<ConfigObject> = { ...portcullis, plural: "firewallconfigs", kind: "FirewallConfig" };
export const FIREWALL_NODES: Resource<FirewallNodeObject> = { ...portcullis, plural: "firewallnodes", kind: "FirewallNode" };
export const NODES: Resource<NodeObject> = { group: "", version: "v1", plural: "nodes", kind: "Node" };
export const REVISIONS: Resource<RevisionObject> = { group: "apps", version: "v1", plural: "controllerrevisions", kind: "ControllerRevision" };

export const HISTORY: Resource<HistoryObject> = { group: "apps", version: "v1", plural: "controllerrevisions", kind: "ControllerRevision" };

/** On a FirewallConfig: nodes must be told to stop first. On a FirewallNode: the node must have stopped first. */
export const FINALIZER = "portcullis.dev/stop";
/** On a ControllerRevision: the FirewallConfig whose program it keeps. */
export const CONFIG_LABEL = "portcullis.dev/config";
/** On a ControllerRevision: the FirewallConfig of which it keeps a specification. */
export const HISTORY_LABEL = "portcullis.dev/history";

/** Names are up to 253 characters, label values up to 63. */
export const labelValue = (name: string): string =>
  name.length <= 63 ? name : `${name.slice(0, 46)}-${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;

export const ownerOf = (kind: "Node" | "FirewallConfig", object: KubeObject): OwnerReference => ({
  apiVersion: kind === "Node" ? "v1" : "portcullis.dev/v1alpha1",
  kind,
  name: object.metadata.name,
  uid: object.metadata.uid ?? "",
  ...(kind === "FirewallConfig" && { controller: true }),
});
