// SPDX-License-Identifier: Apache-2.0
// The two CustomResourceDefinitions as plain objects.
import type { z } from "zod";
import { firewallConfig } from "./firewall-config";
import { firewallNode } from "./firewall-node";
import { API_VERSION, GROUP, VERSION } from "./object";
import { structural, type Structural } from "./structural";

export interface Kind {
  kind: string;
  plural: string;
  shortName: string;
  schema: z.ZodType;
  columns: readonly Column[];
}

interface Column {
  name: string;
  type: "string" | "integer" | "date";
  jsonPath: string;
  description: string;
  /** 1: only with -o wide. */
  priority?: number;
}

const condition = (type: string, member: string) => `.status.conditions[?(@.type=="${type}")].${member}`;
const age: Column = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since it was made." };

export const FIREWALL_CONFIG: Kind = {
  kind: "FirewallConfig",
  plural: "firewallconfigs",
  shortName: "fwc",
  schema: firewallConfig,
  columns: [
    { name: "Ready", type: "string", jsonPath: condition("Ready", "status"), description: "Whether every selected node runs it." },
    { name: "Nodes", type: "string", jsonPath: ".status.nodes.summary", description: "Ready nodes of matched nodes." },
    { name: "Compiled", type: "string", jsonPath: condition("Compiled", "status"), description: "Whether the newest generation is valid." },
    { name: "Reason", type: "string", jsonPath: condition("Ready", "reason"), description: "Why it is ready or not." },
    { name: "Hash", type: "string", jsonPath: ".status.shortHash", description: "First digits of the hash of the program in force." },
    { name: "Message", type: "string", jsonPath: condition("Ready", "message"), description: "The reason in words.", priority: 1 },
    { name: "Policies", type: "integer", jsonPath: ".status.compile.policies", description: "Policies in force.", priority: 1 },
    age,
  ],
};

export const FIREWALL_NODE: Kind = {
  kind: "FirewallNode",
  plural: "firewallnodes",
  shortName: "fwn",
  schema: firewallNode,
  columns: [
    { name: "Ready", type: "string", jsonPath: condition("Ready", "status"), description: "Whether it runs what it shall run." },
    { name: "Config", type: "string", jsonPath: ".spec.config", description: "Name of its FirewallConfig." },
    { name: "Hash", type: "string", jsonPath: ".status.shortHash", description: "First digits of the hash that its worker acknowledged." },
    { name: "RxMode", type: "string", jsonPath: ".status.rxMode.effective", description: "Receive mode in use." },
    { name: "Sessions", type: "integer", jsonPath: ".status.sessions.total", description: "Open sessions." },
    { name: "Reason", type: "string", jsonPath: condition("Ready", "reason"), description: "Why it is ready or not." },
    { name: "Message", type: "string", jsonPath: condition("Ready", "message"), description: "The reason in words.", priority: 1 },
    { name: "Worker", type: "string", jsonPath: ".status.worker.phase", description: "What the worker is doing.", priority: 1 },
    age,
  ],
};

export const KINDS: readonly Kind[] = [FIREWALL_CONFIG, FIREWALL_NODE];

/** The CustomResourceDefinition of a kind. */
export function crd(kind: Kind): object {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.kind.toLowerCase(),
        shortNames: [kind.shortName],
        categories: ["firewall"],
      },
      scope: "Cluster",
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          additionalPrinterColumns: kind.columns,
          schema: { openAPIV3Schema: root(kind) },
          subresources: { status: {} },
        },
      ],
    },
  };
}

/** The whole object; the API server knows apiVersion, kind and metadata by itself. */
function root(kind: Kind): Structural {
  const { properties, ...rest } = structural(kind.schema);
  return {
    ...rest,
    required: ["spec"],
    properties: {
      apiVersion: { type: "string", description: `Version of the schema of this object: ${API_VERSION}.` },
      kind: { type: "string", description: `Kind of this object: ${kind.kind}.` },
      metadata: { type: "object" },
      ...(properties?.["spec"] && { spec: properties["spec"] }),
      // An object that no operator has seen yet is not taken for one that is in order.
      ...(properties?.["status"] && { status: { ...properties["status"], default: { observedGeneration: -1 } } }),
    },
  };
}
