// SPDX-License-Identifier: Apache-2.0
// FirewallConfig: what a person writes. One object describes the firewall of every node that it selects.
import { z } from "zod";
import { CONFIG_CONDITIONS, type ConfigConditionType } from "./conditions";
import { dataplane } from "./dataplane";
import { flow } from "./flow";
import { nat } from "./nat";
import { interfaces, routing, zones } from "./network";
import { API_VERSION, conditions, count, message, metadata } from "./object";
import { action, addresses, applications, policies } from "./policy";
import { rollout, rolloutStatus } from "./rollout";
import { atomic, mapOf, object, withRule } from "./rules";
import { schedules } from "./schedule";
import * as v from "./values";

const requirement = withRule(
  object("NodeSelectorRequirement", {
    key: v.labelKey().describe("Label key."),
    operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]).describe("How the label is compared."),
    values: atomic(z.array(v.labelValue().describe("A label value.")).min(1).max(64)).optional().describe("Values for In and NotIn; absent for Exists and DoesNotExist."),
  }),
  {
    cel: "(self.operator in ['In', 'NotIn']) == has(self.values)",
    test: (self) => ["In", "NotIn"].includes(self.operator) === (self.values !== undefined),
    message: "must have values with In and NotIn, and none with Exists and DoesNotExist",
  },
);

const matchLabels = withRule(z.record(z.string(), v.labelValue().describe("Value of the label.")).meta({ maxProperties: 64 }), {
  cel: `self.all(key, size(key) <= 317 && key.matches('^(${v.LABEL_KEY})$'))`,
  test: (self) => Object.keys(self).every((key) => v.labelKey().safeParse(key).success),
  message: "must have keys of the form name or prefix/name, for example portcullis.dev/role",
});

const nodeSelector = object("NodeSelector", {
    matchLabels: matchLabels
      .optional()
      .describe("Labels that a node must have, key and value."),
    matchExpressions: atomic(z.array(requirement.describe("A condition on one label.")).max(64)).optional().describe("Conditions on labels; all must hold."),
  })
  .meta({ "x-kubernetes-map-type": "atomic" });

export const firewallConfigSpec = object("FirewallConfigSpec", {
  nodeSelector: nodeSelector.optional().describe("Which nodes become this firewall. Absent: none; {}: all. Without Kubernetes it is ignored."),
  rollout: rollout.prefault({}).describe("How changes go over the nodes, and how many earlier revisions are kept. Without Kubernetes it is ignored."),
  dataplane: dataplane.prefault({}).describe("Cores, memory and ports of the packet worker."),
  interfaces: interfaces.default([]).describe("Logical interfaces: a port, perhaps a VLAN of it, with addresses and a zone."),
  zones: zones.default([]).describe("Zones: groups of interfaces that policies speak of."),
  addresses: addresses.default([]).describe("Named sets of addresses and networks."),
  applications: applications.default([]).describe("Named protocols and ports."),
  schedules: schedules.default([]).describe("Times of the week, for policies."),
  flow: flow.prefault({}).describe("How connections are followed, and for how long."),
  defaultAction: action.describe("What happens to a connection that no policy matches."),
  policies: policies.default([]).describe("Policies in order; the first that matches a new connection decides. Replies belong to the connection."),
  nat: nat.prefault({}).describe("Translation of IPv4 addresses and ports."),
  routing: routing.prefault({}).describe("VRFs, static routes and neighbors."),
});

const failedNode = object("FailedNode", {
  name: v.objectName().describe("Name of the node."),
  reason: z.string().min(1).max(128).describe("Reason from the closed list in docs/conditions.md."),
  message: message().describe("One sentence for people."),
}, "A node that is not ready.");

const nodes = object("NodeCounts", {
  matched: count().describe("Nodes that the selector matches and no older configuration holds."),
  updated: count().describe("Nodes whose worker acknowledged the newest program."),
  ready: count().describe("Nodes that are ready."),
  conflicting: count().describe("Nodes that the selector matches but an older configuration holds."),
  degraded: count().describe("Nodes that report a fault."),
  unknown: count().describe("Nodes that do not report."),
  summary: z.string().max(32).describe("Ready nodes of matched nodes, for example 2/3."),
});

const compile = object("CompileOutcome", {
  policies: count().describe("Policies in force."),
  errors: count().describe("Errors of the newest generation."),
  warnings: count().describe("Warnings of the newest generation."),
  top: atomic(z.array(z.string().max(1024).describe("An error or warning with the path of its field.")).max(10)).optional().describe("The first errors and warnings."),
});

export const firewallConfigStatus = object("FirewallConfigStatus", {
  observedGeneration: z.int().min(-1).optional().describe("metadata.generation that this status was computed from; -1 until the operator has seen the object."),
  hash: v.hash().optional().describe("SHA-256 of the program in force: the last good one."),
  shortHash: z.string().max(12).optional().describe("The first 12 digits of hash, for tables."),
  hashGeneration: z.int().min(0).optional().describe("metadata.generation that the program in force was compiled from."),
  revision: z.int().min(0).optional().describe("Number of the ControllerRevision that keeps the program in force."),
  nodes: nodes.optional().describe("Nodes, counted."),
  rollout: rolloutStatus.optional().describe("How far the newest program and worker pod are."),
  compile: compile.optional().describe("Outcome of the compiler."),
  failedNodes: mapOf(failedNode, (item) => z.array(item).max(20), ["name"]).optional().describe("The first nodes that are not ready, and why."),
  conditions: conditions("ConfigCondition", Object.keys(CONFIG_CONDITIONS) as [ConfigConditionType, ...ConfigConditionType[]]).optional(),
});

export const firewallConfig = object("FirewallConfig", {
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("FirewallConfig"),
    metadata,
    spec: firewallConfigSpec.describe("What the firewall shall do. Written by people."),
    status: firewallConfigStatus.optional().describe("What the nodes do. Written by the operator."),
  })
  .describe("A zone-based stateful firewall: its ports, zones and policies, for every node that it selects.");

/** A FirewallConfig as people write it: what has a default may be absent. */
export type FirewallConfigInput = z.input<typeof firewallConfig>;
