// SPDX-License-Identifier: Apache-2.0
// The closed lists of conditions and reasons: the only place. docs/conditions.md is generated from here.

/** What a node-agent reports about a program: why it does not run, or Applied. */
export const NODE_REASON_TEXTS = {
  Applied: "The worker acknowledged the configuration; packets obey it.",
  Starting: "The worker is being started, or the configuration is being applied.",
  HugepagesInsufficient: "Too few free hugepages; the message says how many are needed and how many there are.",
  MemoryInsufficient: "Not enough memory, or dataplane.memory.size is too small for tables and sessions.",
  WorkerPodAbsent: "The agent finds no worker pod on its node; it starts the worker as soon as there is one.",
  CPUNotPinned: "The configuration demands CPUs of its own, and kubelet gave the worker pod shared ones.",
  CoresUnavailable: "A core that the configuration names does not exist or may not be used.",
  PermissionDenied: "The agent or worker lacks a right; the message names it.",
  StateDirectoryInUse: "Another agent runs on the same state directory.",
  StateDirectoryUnusable: "The state directory cannot be written, is no directory, or belongs to another user.",
  StateUnreadable: "The worker lives and forwards on, but the agent cannot read its state file, so that nobody knows what it does; the message says why.",
  LastGoodNotSaved: "The configuration runs, but could not be written to disk; after a reboot the node waits for the operator.",
  LastGoodCorrupt: "The configuration on disk failed its checksum and was set aside.",
  WorkerNotStarted: "The worker executable is missing, or ended at its start.",
  WorkerDown: "The worker ended and is being restarted.",
  WorkerUnresponsive: "The worker stopped giving signs of life; it was killed and is being restarted.",
  Quarantined: "This configuration crashed the worker three times in 60 seconds; the previous one runs.",
  StateReplaced: "The configuration runs, but the worker could not use the state file that it found (damaged, or of a release that keeps sessions otherwise): sessions and counters began anew. Said for a quarter of an hour.",
  StateConverted: "The configuration runs; sessions and NAT bindings were carried over from a worker of another release, counters began anew. Said for a quarter of an hour.",
  PortUnavailable: "A port could not be opened: the device does not exist or another process uses it.",
  IOMMUOff: "The PCI device of a port is in no IOMMU group, so it cannot be given to a worker.",
  ProgramRefused: "The worker refused a row of the configuration; the message names row and field.",
  LayoutMismatch: "Agent and worker were built from different layouts of the shared memory.",
  VersionSkew: "The program is newer than this agent; forwarding goes on with the previous one. Upgrade the agent.",
  ProgramCorrupt: "The received program does not have the announced hash or size.",
  NoProgram: "No configuration is meant for this node; nothing is forwarded.",
  Timeout: "The worker gave no verdict in time.",
} as const satisfies Record<string, string>;

export type NodeReason = keyof typeof NODE_REASON_TEXTS;
export const NODE_REASONS = Object.keys(NODE_REASON_TEXTS) as readonly NodeReason[];

/** Reasons that hold for every condition of a node when its agent does not speak. */
const NO_REPORT = {
  AgentSilent: "The agent has not reported for 40 seconds. What it ran last, it still runs.",
  NeverConnected: "No agent has connected from this node yet.",
} as const;

const NOT_STALLED = { NotStalled: "It is in order, or what is missing may come by itself." } as const;

/** What keeps a worker pod from running, for a person to cure. */
const POD_STALLING_TEXTS = {
  WorkerPodCrashing: "The container ends again and again.",
  ImagePullFailed: "The image cannot be pulled.",
  HugepagesMissing: "The node has fewer hugepages than the pod asks for.",
  HugepagesInUse: "The node has enough hugepages, but other pods hold them.",
  CoresShort: "The node cannot give as many whole CPUs as the pod asks for.",
  ResourcesShort: "The node lacks memory, or a device of a plugin, that the pod asks for.",
  ContainerNotStarted: "Kubelet cannot make or start the container; the message has its words.",
} as const satisfies Record<string, string>;

/** Reasons that no waiting cures: it is tried again, but a person must change the node or the configuration first. */
export const STALLING_REASONS: ReadonlySet<string> = new Set<NodeReason | keyof typeof POD_STALLING_TEXTS>([
  ...(Object.keys(POD_STALLING_TEXTS) as (keyof typeof POD_STALLING_TEXTS)[]),
  "HugepagesInsufficient", "MemoryInsufficient", "CPUNotPinned", "CoresUnavailable", "PermissionDenied", "StateDirectoryInUse",
  "StateDirectoryUnusable", "StateUnreadable", "WorkerNotStarted", "Quarantined", "PortUnavailable", "IOMMUOff", "ProgramRefused", "LayoutMismatch", "VersionSkew", "ProgramCorrupt",
]);

/** What `portcullis status` mentions beside what the worker runs: it goes on with what it has. */
export const NOTICE_REASON_TEXTS = {
  ConfigInvalid: "The configuration file is not valid or cannot be read; what ran before runs on.",
  OperatorUnreachable: "The agent is not connected to the operator; what ran before runs on.",
} as const satisfies Record<string, string>;

/** Reasons of Events beside those of the conditions. */
export const EVENT_REASON_TEXTS = {
  RevisionNotKept: "The specification is too large to be kept for undo, or earlier revisions had to go for it.",
  NodeAway: "A node was to stop, but does not report; it is released without its word.",
} as const satisfies Record<string, string>;

export type NoticeReason = keyof typeof NOTICE_REASON_TEXTS;

export const CONFIG_CONDITIONS = {
  Ready: {
    text: "Every selected node runs this configuration, acknowledged by its worker.",
    reasons: {
      AllNodesReady: "All selected nodes are ready.",
      NodesNotReady: "Some selected nodes are not ready; status.failedNodes names them.",
      NodesUnknown: "Some selected nodes do not report.",
      NotCompiled: "The newest generation is invalid; what was accepted before, if anything, stays in force.",
      NoNodesMatched: "The node selector matches no node.",
      Conflict: "An older configuration holds nodes that this one selects.",
      Terminating: "The configuration is being deleted.",
    },
  },
  Progressing: {
    text: "Nodes are still being brought to this configuration.",
    reasons: {
      RollingOut: "Nodes are applying it.",
      Complete: "All selected nodes have it.",
      Paused: "spec.rollout.paused is true: no node gets anything new. The status is Unknown, as a paused Deployment says it.",
      ProgressDeadlineExceeded: "A node did not become ready in time; the message names it. No further worker is restarted.",
      Stopping: "It is being deleted; nodes are told to stop.",
    },
  },
  Available: {
    text: "At most as many nodes as spec.rollout.maxUnavailable are not ready, whichever program the others run.",
    reasons: {
      MinimumNodesReady: "So it is.",
      TooFewNodesReady: "More nodes are not ready.",
      NoNodesMatched: "No node is selected.",
      Stopping: "It is being deleted.",
    },
  },
  Degraded: {
    text: "Something is wrong that a person should look at.",
    reasons: {
      AsExpected: "Nothing is wrong.",
      NodesDegraded: "Nodes report a fault; status.failedNodes names them.",
      CompileFailed: "The newest generation is invalid; the last good one stays in force.",
    },
  },
  Compiled: {
    text: "The newest generation is valid. False: the last good one stays in force everywhere.",
    reasons: {
      Compiled: "It compiled without an error.",
      CompileFailed: "It has errors; the message has the first one with its path, status.compile.top has more.",
      ProgramTooLarge: "The compiled program is too large to be kept.",
    },
  },
  NodesMatched: {
    text: "The node selector matches at least one node.",
    reasons: {
      NodesMatched: "It matches.",
      SelectorAbsent: "There is no nodeSelector, so no node is selected. Write {} to select all nodes.",
      NoNodeMatches: "No node has the labels.",
    },
  },
  Conflict: {
    text: "An older configuration selects a node that this one selects too; the older one wins.",
    reasons: {
      NoConflict: "No other configuration selects the same nodes.",
      NodesClaimed: "Another configuration holds nodes; the message names it.",
    },
  },
  Stalled: {
    text: "Waiting does not help: a person must change something. Tools that understand kstatus stop waiting at it.",
    reasons: {
      ...NOT_STALLED,
      CompileFailed: "The newest generation is invalid.",
      ProgramTooLarge: "The compiled program is too large to be kept.",
      SelectorAbsent: "There is no nodeSelector, so no node will ever be selected.",
      NodesClaimed: "Another configuration holds nodes; the message names it.",
      ProgressDeadlineExceeded: "A node did not become ready in time; the message names it.",
      NodesStalled: "Nodes cannot run it as they are; status.failedNodes names them.",
    },
  },
} as const;

export const NODE_CONDITIONS = {
  Ready: {
    text: "The worker forwards by the wanted configuration and all ports are up.",
    reasons: {
      Ready: "It does.",
      Applying: "The configuration is being applied.",
      ConfigNotApplied: "The wanted configuration does not run.",
      PortsNotReady: "A port is not up.",
      ...NO_REPORT,
      Stopping: "The node is being released.",
      ...NODE_REASON_TEXTS,
    },
  },
  ConfigApplied: {
    text: "The worker itself acknowledged the wanted hash.",
    reasons: { Applying: "The configuration is being applied.", ...NO_REPORT, ...NODE_REASON_TEXTS },
  },
  AgentConnected: {
    text: "The agent of the node is connected to the operator.",
    reasons: { Connected: "It is.", ...NO_REPORT },
  },
  PortsReady: {
    text: "All ports are up.",
    reasons: { AllPortsUp: "They are.", PortsNotUp: "At least one is down or absent; status.ports says why.", ...NO_REPORT },
  },
  WorkerPodReady: {
    text: "The worker pod runs, and its probe finds a datapath that forwards. Absent where the operator makes no pods.",
    reasons: {
      Running: "It does.",
      NotForwarding: "The pod runs, but nothing is forwarded yet.",
      WorkerPodStarting: "The pod is being made or started.",
      WorkerPodPending: "The pod is not scheduled or cannot be started; the message has the scheduler's or kubelet's words.",
      WorkerPodReplaced: "The pod is ending and is followed by another.",
      ...POD_STALLING_TEXTS,
      PodEvicted: "Kubelet ended the pod; it is made again.",
    },
  },
  CPUPinned: {
    text: "Kubelet gave the worker pod CPUs of its own. Absent until its launcher has spoken.",
    reasons: {
      Pinned: "It did.",
      CPUNotPinned: "The CPUs are shared with other pods: set cpuManagerPolicy: static in the kubelet's configuration.",
    },
  },
  Unprivileged: {
    text: "The worker pod has only the capabilities that it needs.",
    reasons: {
      CapabilitiesOnly: "It has.",
      PrivilegedPod: "A port of kind pci needs a privileged pod; the message names it.",
    },
  },
  RxModeSatisfied: {
    text: "The receive mode is the one that was asked for.",
    reasons: { AsRequested: "It is.", FellBack: "Another mode is used; status.rxMode.reason says why.", ...NO_REPORT },
  },
  Stalled: {
    text: "Waiting does not help: a person must change node or configuration. Tools that understand kstatus stop waiting at it.",
    reasons: { ...NOT_STALLED, ...NO_REPORT, ...POD_STALLING_TEXTS, ...NODE_REASON_TEXTS },
  },
} as const;

export type ConfigConditionType = keyof typeof CONFIG_CONDITIONS;
export type NodeConditionType = keyof typeof NODE_CONDITIONS;
export type ConfigReason<T extends ConfigConditionType> = keyof (typeof CONFIG_CONDITIONS)[T]["reasons"];
export type NodeConditionReason<T extends NodeConditionType> = keyof (typeof NODE_CONDITIONS)[T]["reasons"];
