// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import type { NodeCondition } from "../crds/index";
import { explainNode, type NodeView } from "./explain";
import type { PodObject } from "./worker-pod/desired";

const HASH = "a".repeat(64);
const good: Record<string, [status: string, reason: string, message: string]> = {
  Ready: ["True", "Ready", ""], ConfigApplied: ["True", "Applied", ""], AgentConnected: ["True", "Connected", ""], PortsReady: ["True", "AllPortsUp", ""],
  WorkerPodReady: ["True", "Running", ""], CPUPinned: ["True", "Pinned", ""], RxModeSatisfied: ["True", "AsRequested", ""],
};
const pod = (status: PodObject["status"]): PodObject => ({
  metadata: { name: "portcullis-worker-n1" }, spec: { containers: [{ name: "worker", resources: { requests: { cpu: "1", "hugepages-2Mi": "256Mi" } } }] }, ...(status && { status }),
});
const running = pod({ phase: "Running", containerStatuses: [{ name: "worker", ready: true, state: {} }] });

function view(change: typeof good = {}, more: Partial<NodeView> = {}): NodeView {
  const conditions = Object.entries({ ...good, ...change }).map(([type, [status, reason, message]]) => ({ type, status, reason, message, lastTransitionTime: "" }) as NodeCondition);
  return {
    name: "n1", events: [], pod: running,
    node: { metadata: { name: "n1" }, status: { allocatable: { cpu: "4", "hugepages-2Mi": "1Gi" }, conditions: [{ type: "Ready", status: "True" }] } },
    firewallNode: {
      metadata: { name: "n1" }, spec: { config: "edge", hash: HASH },
      status: {
        conditions, agent: { version: "1" }, worker: { phase: "Forwarding", version: "1" }, applied: { hash: HASH, verified: true, reason: "Applied" },
        workerPod: { name: "portcullis-worker-n1", phase: "Running", requestedCpus: 1, cpus: "3", exclusive: true, privileged: false }, rxMode: { requested: "Adaptive", effective: "Polling" },
      },
    },
    config: { metadata: { name: "edge" }, spec: { dataplane: { memory: { size: "256Mi", pageSize: "2Mi" }, workerPod: { pinning: "Required" } } } },
    ...more,
  };
}

const reasons = (of: NodeView): string[] => explainNode(of).causes.map(({ reason }) => reason);

describe("explain node", () => {
  it("has nothing to say of a good one, and shows what was asked for beside what is", () => {
    const { ready, causes, values } = explainNode(view());
    assert.deepEqual([ready, causes], [true, []]);
    assert.deepEqual(values.map(({ what, requested, effective }) => `${what}: ${requested} > ${effective}`), [
      "configuration: aaaaaaaaaaaa > aaaaaaaaaaaa", "worker pod: portcullis-worker-n1 > Running", "CPUs: 1 > CPU 3", "CPU pinning: Required > exclusive",
      "hugepages-2Mi: 256Mi > 1Gi on the node", "receive mode: Adaptive > Polling",
    ]);
  });

  it("says that there is no such node, or that nothing selects it", () => {
    assert.deepEqual(reasons({ ...view(), node: undefined }), ["NodeAbsent"]);
    assert.deepEqual(reasons(view({}, { firewallNode: undefined, pod: undefined })), ["NotSelected"]);
  });

  it("puts the scheduler's own words before what follows from them", () => {
    const pending = pod({ phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", message: "0/1 nodes are available: 1 Insufficient hugepages-2Mi." }] });
    const change = { WorkerPodReady: ["False", "HugepagesInUse", "old words"], Ready: ["False", "WorkerPodAbsent", "no pod"], ConfigApplied: ["False", "WorkerPodAbsent", "no pod"] } as typeof good;
    const { causes, ready } = explainNode(view(change, { pod: pending }));
    assert.deepEqual([ready, causes.map(({ reason }) => reason)], [false, ["HugepagesInUse", "WorkerPodAbsent"]]);
    assert.match(causes[0]?.message ?? "", /end these, or reserve more.*The scheduler says: 0\/1 nodes/);
  });

  it("finds kubelet's last warning where only an event has it", () => {
    const waiting = pod({ phase: "Pending", containerStatuses: [{ name: "worker", state: { waiting: { reason: "ContainerCreating" } } }] });
    const about = { kind: "Pod", name: "portcullis-worker-n1" };
    const events = [
      { type: "Warning", reason: "FailedMount", message: "hostPath type check failed: /dev/hugepages is not a directory", involvedObject: about, lastTimestamp: "2026-01-01T00:00:02Z" },
      { type: "Warning", reason: "FailedMount", message: "older", involvedObject: about, lastTimestamp: "2026-01-01T00:00:01Z" },
      { type: "Warning", reason: "Other", message: "of another pod", involvedObject: { kind: "Pod", name: "x" }, lastTimestamp: "2026-01-01T00:00:03Z" },
    ];
    const { causes } = explainNode(view({}, { pod: waiting, events }));
    assert.deepEqual(causes.map(({ reason }) => reason), ["WorkerPodStarting", "WorkerPodPending"]);
    assert.match(causes[1]?.message ?? "", /hugepages is not a directory/);
  });

  const cases: [what: string, change: typeof good, expected: string[], message: RegExp][] = [
    ["shared CPUs that were to be its own", { Ready: ["False", "CPUNotPinned", "x"], ConfigApplied: ["False", "CPUNotPinned", "x"], CPUPinned: ["False", "CPUNotPinned", "set cpuManagerPolicy: static"] }, ["CPUNotPinned", "CPUNotPinned"], /static/],
    ["a port that is busy", { Ready: ["False", "PortUnavailable", "x"], ConfigApplied: ["False", "PortUnavailable", "eth9 is in use"] }, ["PortUnavailable"], /eth9 is in use/],
    ["a port that went down", { Ready: ["False", "PortsNotReady", "x"], PortsReady: ["False", "PortsNotUp", "Port wan is down."] }, ["PortUnavailable"], /wan is down/],
    ["a PCI port without an IOMMU", { Ready: ["False", "IOMMUOff", "x"], ConfigApplied: ["False", "IOMMUOff", "no IOMMU group"] }, ["IOMMUOff"], /no IOMMU/],
    ["a silent agent, of which nothing else is believed", { AgentConnected: ["False", "AgentSilent", "Look at the agent's log."], Ready: ["Unknown", "AgentSilent", "x"], ConfigApplied: ["False", "Timeout", "x"] }, ["AgentSilent"], /log/],
    ["another receive mode", { RxModeSatisfied: ["False", "FellBack", "no interrupts"] }, ["FellBack"], /no interrupts/],
  ];
  for (const [what, change, expected, message] of cases) {
    it(`names ${what}`, () => {
      const { causes } = explainNode(view(change));
      assert.deepEqual(causes.map(({ reason }) => reason), expected);
      assert.match(causes[0]?.message ?? "", message);
    });
  }

  it("names versions that do not fit, and configurations that are not in force", () => {
    const of = view();
    const status = { ...of.firewallNode?.status, worker: { phase: "Forwarding", version: "2" } } as never;
    assert.deepEqual(reasons({ ...of, firewallNode: { ...of.firewallNode, status } as never }), ["VersionSkew"]);
    const away = view({ AgentConnected: ["False", "AgentSilent", "x"] });
    assert.deepEqual(reasons({ ...away, firewallNode: { ...away.firewallNode, status: { ...away.firewallNode?.status, worker: { phase: "Forwarding", version: "2" } } } as never }), ["AgentSilent"]);
    const failed = { type: "Compiled", status: "False", reason: "CompileFailed", message: "spec.x: wrong", lastTransitionTime: "" } as const;
    assert.deepEqual(reasons({ ...of, config: { metadata: { name: "edge" }, spec: {}, status: { conditions: [failed] } as never } }), ["CompileFailed"]);
  });
});
