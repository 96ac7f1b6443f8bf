// SPDX-License-Identifier: Apache-2.0
// What a person does about each reason that a node can give: one sentence for every entry of the closed lists, which the
// compiler counts. Messages say what is wrong here and now; this says where to turn.
import type { NODE_CONDITIONS } from "../crds/conditions";

type ReasonsOf<T extends keyof typeof NODE_CONDITIONS> = keyof (typeof NODE_CONDITIONS)[T]["reasons"];
type Good = "Ready" | "Running" | "Pinned" | "CapabilitiesOnly" | "AsRequested" | "Connected" | "AllPortsUp" | "NotStalled" | "Applied";
export type ExplainReason = "NodeAbsent" | "NotSelected" | "NodeNotReady" | "NodeUnreadable" | "CompileFailed" | "ProgramTooLarge";
export type NodeFault = Exclude<{ [T in keyof typeof NODE_CONDITIONS]: ReasonsOf<T> }[keyof typeof NODE_CONDITIONS], Good> | ExplainReason;

const LOGS = "`kubectl -n portcullis-system logs daemonset/portcullis-agent`";
const WAIT = "Wait: it passes by itself";

export const CURES: Readonly<Record<NodeFault, string>> = {
  // The node and its configuration
  NodeAbsent: "Name a node that `kubectl get nodes` lists.",
  NodeUnreadable: "Ask for the right to get nodes, to see what the node can give.",
  NotSelected: "Label the node as spec.nodeSelector of a FirewallConfig asks for: `kubectl label node NODE portcullis.dev/role=firewall`.",
  NodeNotReady: "Look at kubelet on the node: `kubectl describe node NODE`.",
  CompileFailed: "Correct the field that the message names; `kubectl portcullis check --config FILE` tells all issues before you apply.",
  ProgramTooLarge: "Use address groups instead of repeated prefixes, or split the configuration over several nodes.",
  // The worker pod
  WorkerPodStarting: `${WAIT}, within seconds; if not, look at the operator's log.`,
  WorkerPodPending: "Do what the scheduler or kubelet says in the message: a taint, a node selector, or a mount.",
  WorkerPodReplaced: `${WAIT} when the new pod runs; sessions are kept.`,
  WorkerPodCrashing: "Read `kubectl -n portcullis-system logs --previous` of the worker pod: its last lines name the fault.",
  ImagePullFailed: "Correct image.registry, image.tag or image.pullSecrets of the chart, or push the image there.",
  HugepagesMissing: "Reserve hugepages on the node (vm.nr_hugepages) and restart kubelet, or lower spec.dataplane.memory.size.",
  HugepagesInUse: "End the pods that hold the hugepages, or reserve more and restart kubelet.",
  CoresShort: "Lower spec.dataplane.cores, move other pods away, or reserve fewer CPUs for the system.",
  ResourcesShort: "Free the resource on the node, or ask for less of it in spec.dataplane.",
  ContainerNotStarted: "Do what kubelet's words ask for: most often a device, a mount or a runtime setting of the node is missing.",
  PodEvicted: `${WAIT}; if it happens again, relieve the node: it lacks memory or disk.`,
  NotForwarding: `${WAIT} when the agent has brought the configuration to the worker; the next lines say what it lacks.`,
  CPUNotPinned: "Set cpuManagerPolicy: static in the kubelet's configuration, remove cpu_manager_state and restart kubelet; or set spec.dataplane.workerPod.pinning: Preferred.",
  PrivilegedPod: "Nothing need be done; use ports of kind resource or sriov where a privileged pod is not wanted.",
  // The agent
  NeverConnected: `See that an agent runs on the node (agent.nodeSelector of the chart), and what its log says: ${LOGS}.`,
  AgentSilent: `See whether the agent's pod runs and reaches the operator: ${LOGS}. Forwarding goes on.`,
  WorkerPodAbsent: "Cure what keeps the worker pod away; the agent goes on by itself as soon as there is one.",
  VersionSkew: "Finish the upgrade: give operator, agent and worker the same image tag.",
  LayoutMismatch: "Give agent and worker the same image tag; they were built from different layouts of the shared memory.",
  // What the agent found
  Applying: `${WAIT}, within seconds.`,
  Starting: `${WAIT}, within seconds.`,
  Stopping: "Nothing: the node is being given back.",
  NoProgram: "Nothing is meant for this node: label it, or correct spec.nodeSelector.",
  HugepagesInsufficient: "Reserve more hugepages on the node (vm.nr_hugepages), or lower spec.dataplane.memory.size.",
  MemoryInsufficient: "Raise spec.dataplane.memory.size if sessions do not fit in it; lower it if the machine has no more.",
  CoresUnavailable: "Name cores in spec.dataplane.cores that the node has and that kubelet gave to the worker pod.",
  PermissionDenied: "Grant the right that the message names; /dev/net/tun must be allowed by the container runtime (docs/worker-pod.md).",
  StateDirectoryInUse: "End the other agent on this state directory, or give each its own.",
  StateDirectoryUnusable: "Make the state directory writable for root, and see that its disk is not full.",
  StateUnreadable: "See that the agent can read the state file that the message names; deleting the worker pod makes a new one, which keeps sessions where it finds them.",
  LastGoodNotSaved: "Make room in the state directory: after a reboot without an operator this node would not forward.",
  LastGoodCorrupt: "Nothing: it was set aside and is fetched again; look at the disk if it happens twice.",
  WorkerNotStarted: "Read the worker's last words in the message, and the whole of them in `kubectl -n portcullis-system logs` of the worker pod.",
  WorkerDown: `${WAIT}: it is being restarted; if it ends again and again, read the worker pod's log.`,
  WorkerUnresponsive: `${WAIT}: it was killed and is being restarted; if it hangs again, keep a support bundle.`,
  Quarantined: "Take back the last change (`kubectl portcullis undo`), and keep a support bundle: a configuration must not crash the worker.",
  StateReplaced: "Nothing need be done; sessions began anew, as after an upgrade that changed their layout.",
  StateConverted: "Nothing need be done; sessions and NAT bindings went over into the worker of this release, counters began anew.",
  PortUnavailable: "See that the device exists and that nobody else uses it, or name another one in spec.dataplane.ports.",
  ProgramRefused: "Correct the field that the message names; if it is a reason that you do not know, upgrade the operator.",
  ProgramCorrupt: "Look for damage on the way from operator to agent (proxies), and restart the agent.",
  Timeout: "See whether the worker's cores are overcommitted; it is tried again by itself.",
  ConfigNotApplied: "Look at the reason of the condition ConfigApplied.",
  PortsNotReady: "Bring the port up: link, cable or the other end; status.ports says which.",
  PortsNotUp: "Bring the port up: link, cable or the other end; status.ports says which.",
  FellBack: "Nothing need be done; the receive mode in use costs more CPU. A driver that can interrupt makes the other one possible.",
  IOMMUOff: "Switch the IOMMU on in the firmware, boot with intel_iommu=on iommu=pt (AMD: amd_iommu=on), and bind the device to vfio-pci.",
};

/** For a reason of a list newer than ours too. */
export const cureOf = (reason: string): string => (Object.hasOwn(CURES, reason) ? CURES[reason as NodeFault] : "Upgrade kubectl portcullis: it does not know this reason.");
