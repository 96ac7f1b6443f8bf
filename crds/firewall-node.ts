// SPDX-License-Identifier: Apache-2.0
// FirewallNode: one per selected Node, same name, owned by the Node. The operator writes it; agents report to the operator.
import { z } from "zod";
import { NODE_CONDITIONS, type NodeConditionType } from "./conditions";
import { API_VERSION, conditions, counter, message, metadata } from "./object";
import { mapOf, object } from "./rules";
import * as v from "./values";

const word = () => z.string().max(64);

export const firewallNodeSpec = object("FirewallNodeSpec", {
  config: v.objectName().describe("Name of the FirewallConfig that this node runs."),
  hash: v.hash().describe("SHA-256 of the program that it shall run; empty: nothing, and stop forwarding."),
  programVersion: z.int().min(0).max(65_535).optional().describe("Version of the program's format."),
  generation: z.int().min(0).optional().describe("metadata.generation of the FirewallConfig that the program was compiled from."),
  revision: z.int().min(0).optional().describe("Number of the ControllerRevision that keeps the program."),
  template: word().optional().describe("Digest of everything that the worker is restarted for: cores, memory, session tables, and its pod."),
  orderTime: z.iso.datetime().max(64).optional().describe("When the node was given this program and worker pod."),
});

const worker = object("WorkerStatus", {
  phase: z.enum(["Starting", "NoGeneration", "Forwarding", "Stopping", "Down"]).describe("What the worker is doing."),
  version: word().optional().describe("Version of the worker."),
  dpdkVersion: word().optional().describe("Version of DPDK."),
  pid: counter().optional().describe("Process id."),
  starts: counter().optional().describe("Starts of a worker on this node's state."),
  core: z.int().min(0).max(65_535).optional().describe("Core that forwards packets."),
});

const applied = object("AppliedStatus", {
  hash: v.hash().optional().describe("Hash that the worker itself acknowledged; absent: none."),
  verified: z.boolean().describe("Whether the worker acknowledged the wanted hash."),
  reason: word().describe("Reason from the closed list in docs/conditions.md."),
  message: message().optional().describe("One sentence for people."),
});

const rxMode = object("RxModeStatus", {
  requested: word().describe("Receive mode that the configuration asks for."),
  effective: word().describe("Receive mode in use."),
  reason: message().optional().describe("Why the two differ."),
});

const portRxMode = object("PortRxModeStatus", {
  requested: word().describe("Receive mode that the configuration asks for."),
  effective: word().describe("Receive mode of the core that reads it."),
  wake: word().describe("How it wakes a core: Descriptor, Refused, Untried, Accepted, Delivered or Silent; docs/rx-modes.md explains them."),
  reason: message().optional().describe("Why the two modes differ."),
});

const nodePort = object("PortStatus", {
  name: v.name().describe("Name of the port."),
  kind: word().optional().describe("Kind of the port, as in the configuration."),
  state: z.enum(["Up", "Down", "Absent"]).describe("Up, Down, or Absent when the device does not exist."),
  mac: z.string().max(17).optional().describe("MAC address."),
  mtu: z.int().min(0).max(65_535).optional().describe("Largest IP packet in bytes."),
  message: message().optional().describe("Why it is not up."),
  rxMode: portRxMode.optional().describe("How it waits for packets."),
}, "A port of the node.");

const workerPod = object("WorkerPodStatus", {
  name: z.string().max(253).describe("Name of the pod, in the operator's namespace."),
  phase: word().describe("Phase of the pod."),
  image: z.string().max(1024).optional().describe("Image that it was made with."),
  hugepages: word().optional().describe("Hugepages that it asks for."),
  requestedCpus: z.int().min(0).max(65_535).describe("Whole CPUs that it asks for."),
  cpus: z.string().max(512).optional().describe("CPUs that kubelet gave it, for example 2-3."),
  exclusive: z.boolean().optional().describe("Whether these are its own."),
  privileged: z.boolean().describe("Whether it is privileged."),
});

const counters = (what: string) =>
  z
    .record(z.string().min(1).max(63), counter().describe("Count since the state of the node was made."))
    .meta({ maxProperties: 128 })
    .optional()
    .describe(what);

const sessions = object("SessionCounts", {
  ipv4: counter().describe("IPv4 sessions now."),
  ipv6: counter().describe("IPv6 sessions now."),
  total: counter().describe("Sessions now, both families."),
});

export const firewallNodeStatus = object("FirewallNodeStatus", {
  observedGeneration: z.int().min(-1).optional().describe("metadata.generation that this status was computed from; -1 until the operator has seen the object."),
  readyOrderTime: z.iso.datetime().max(64).optional().describe("The spec.orderTime with which the node was last ready: it has come back when the two are equal."),
  lastReportTime: z.iso.datetime().max(64).optional().describe("When the agent last reported; at most a minute old while it does."),
  shortHash: z.string().max(12).optional().describe("The first 12 digits of applied.hash, for tables."),
  agent: object("AgentStatus", { version: word().optional().describe("Version of the agent.") }).optional().describe("The node-agent."),
  worker: worker.optional().describe("The packet worker."),
  workerPod: workerPod.optional().describe("The pod that the worker runs in: what it asks for, and what it got."),
  applied: applied.optional().describe("What the node runs."),
  rxMode: rxMode.optional().describe("Receive mode, wanted and in use."),
  ports: mapOf(nodePort, (item) => z.array(item).max(64), ["name"]).optional().describe("Ports of the node."),
  sessions: sessions.optional().describe("Open sessions."),
  counters: counters("Packet and session counters by name."),
  drops: counters("Dropped packets by reason; docs/drop-reasons.md explains them."),
  conditions: conditions("NodeCondition", Object.keys(NODE_CONDITIONS) as [NodeConditionType, ...NodeConditionType[]]).optional(),
});

export const firewallNode = object("FirewallNode", {
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("FirewallNode"),
    metadata,
    spec: firewallNodeSpec.describe("What the node shall run. Written by the operator."),
    status: firewallNodeStatus.optional().describe("What the node runs. Written by the operator from the agent's reports."),
  })
  .describe("One node as a firewall: what it shall run, and what its worker acknowledged.");
