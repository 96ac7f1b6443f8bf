// SPDX-License-Identifier: Apache-2.0
// spec.dataplane: cores, memory, receive mode, session tables, limits, ports.
import { z } from "zod";
import { exactlyOneOf, mapOf, object, unstored, withRule } from "./rules";
import * as v from "./values";

const cores = exactlyOneOf(
  object("Cores", {
    count: z.int().min(1).max(16).optional().describe("How many datapath cores to use; the node chooses which."),
    list: v.coreList().optional().describe("Absolute ids of the datapath cores, at most 16 of them, for example \"2\" or \"2-5\"."),
  }),
  ["count", "list"],
);

const memory = object("Memory", {
  size: v
    .quantity()
    .default("256Mi")
    .describe("Memory for packet buffers, tables and session state together, for example 256Mi or 2Gi. A change restarts the worker."),
  pageSize: z
    .enum(["4Ki", "2Mi", "1Gi"])
    .default("2Mi")
    .describe("Page size of that memory: 2Mi and 1Gi are hugepages; 4Ki asks for ordinary memory, which is slower. A change restarts the worker."),
});

const sleepTimeout = withRule(v.shortDuration(), {
  cel: "duration(self) >= duration('1ms') && duration(self) <= duration('1s')",
  test: (self) => v.durationMs(self) >= 1 && v.durationMs(self) <= 1_000,
  message: "must be from 1ms to 1s",
});

const RX_MODES = ["Polling", "Interrupt", "Adaptive"] as const;

const rxMode = object("RxMode", {
  mode: z
    .enum(RX_MODES)
    .default("Adaptive")
    .describe("Polling never sleeps and has the lowest latency; Interrupt sleeps whenever nothing waits; Adaptive sleeps when there is little or no traffic. Changes live."),
  idleThreshold: z.int().min(1).max(1_000_000).default(256).describe("Empty polls in a row before a core sleeps (Adaptive only)."),
  resumeThreshold: z.int().min(1).max(512).default(32).describe("Packets received in one go that bring a core back to polling (Adaptive only)."),
  sleepTimeout: sleepTimeout.default("100ms").describe("Longest sleep, 1ms to 1s (Adaptive and Interrupt). No sleep is longer than half a second."),
});

const sessions = object("SessionCapacity", {
  ipv4: z.int().min(1).max(16_777_216).default(131_072).describe("Capacity of the IPv4 session table. A change restarts the worker."),
  ipv6: z.int().min(1).max(16_777_216).default(32_768).describe("Capacity of the IPv6 session table. A change restarts the worker."),
});

const tap = object("TapPort", {
  name: v.deviceName().optional().describe("Name of the kernel device that is made. Default: the port's name."),
  networkNamespace: v
    .name()
    .optional()
    .describe("Named network namespace (ip netns) that the device is put into. Default: the worker's own."),
});

const kernelInterface = object("KernelInterfacePort", {
  name: v.deviceName().describe("Name of the kernel network device, for example eth1. The kernel's own stack no longer sees its packets."),
});

const pci = object("PciPort", {
  address: v.pciAddress().describe("PCI address of a device that is bound to a driver for user space, for example 0000:03:00.0."),
});

const vdev = object("VirtualPort", {
  device: v.virtualDevice().describe("Name of the device: the driver and a number, for example net_pcap0, net_null0 or net_ring0."),
  arguments: v.deviceArguments().optional().describe("Arguments of the driver, for example \"rx_pcap=/tmp/in.pcap,infinite_rx=1\". Default: none."),
});

const portRxMode = object("PortRxMode", {
  mode: z.enum(RX_MODES).describe("As in dataplane.rxMode. A core is as awake as that of its ports which is most awake. Changes live."),
});

const vhostUser = object("VhostUserPort", {
  socket: v.socketPath().describe("Path of the vhost-user socket, for example /run/vhost/vm1.sock. A virtual machine or another driver is at its other end."),
  serve: z.boolean().default(true).describe("Whether the worker makes the socket. False: it connects to it, and again whenever the other side comes back."),
});

const virtioUser = object("VirtioUserPort", {
  socket: v.socketPath().describe("Path of the vhost-user socket, for example /run/vhost/uplink.sock. A software switch is at its other end."),
  serve: z.boolean().default(false).describe("Whether the worker makes the socket. False: it connects to it; the socket must be there."),
});

let limits = object("DataplaneLimits", {
  natBindings: z.int().min(1).max(4_194_304).default(65_536).describe("Persistent NAT bindings. A full table refuses new ones. A change restarts the worker."),
  fragments: z.int().min(1).max(65_536).default(4096).describe("Fragmented packets that are in reassembly at a time, on each core. Others are dropped."),
  fragmentsPerSource: z.int().min(1).max(65_536).default(64).describe("How many of them may come from one source address, at most as many as fragments."),
  heldPackets: z.int().min(1).max(4096).default(256).describe("Packets that may wait for the MAC address of a neighbor, on each core. Others are dropped."),
  neighbors: z.int().min(1).max(16_384).default(4096).describe("Neighbors that may be learned, beside the static ones."),
  errorsPerSecond: z.int().min(1).max(1_000_000).default(100).describe("ICMP errors and TCP resets that each interface may send in a second. Others are not sent."),
});
limits = withRule(limits, {
  cel: "!has(self.fragmentsPerSource) || !has(self.fragments) || self.fragmentsPerSource <= self.fragments",
  test: (self) => self.fragmentsPerSource <= self.fragments,
  message: "must not be larger than fragments",
  field: "fragmentsPerSource",
});

const workerPod = object("WorkerPod", {
  hostNetwork: z
    .boolean()
    .default(true)
    .describe("Whether the worker pod lives in the node's own network, where its interfaces are. False: the pod has a network of its own, and kernelInterface ports name devices of that. A change replaces the pod."),
  controlCpu: z.boolean().default(false).describe("One more CPU for the control thread, which otherwise shares the first datapath core. A change replaces the pod."),
  pinning: z
    .enum(["Preferred", "Required"])
    .default("Preferred")
    .describe("Required: the worker does not start unless kubelet gives its pod CPUs of its own (cpuManagerPolicy: static). A change replaces the pod."),
});

const port = exactlyOneOf(
  object("Port", {
    name: v.name().describe("Name of the port; interfaces refer to it."),
    mtu: z.int().min(576).max(9000).optional().describe("Largest IP packet in bytes. Default: the device's own."),
    tap: tap.optional().describe("A kernel TAP device that the worker makes: for virtual machines, network namespaces and tests."),
    kernelInterface: kernelInterface.optional().describe("An existing kernel network device, driven through a packet socket."),
    pci: pci.optional().describe("A PCI network device, driven by DPDK directly."),
    vdev: vdev.optional().describe("A device of DPDK without hardware: captures, a source and sink of packets, rings. For tests and benchmarks."),
    vhostUser: vhostUser.optional().describe("The device's side of a vhost-user socket: for virtual machines."),
    virtioUser: virtioUser.optional().describe("The driver's side of a vhost-user socket: for software switches."),
    rxMode: portRxMode.optional().describe("How the port waits for packets. Default: dataplane.rxMode."),
  }, "A place where packets enter and leave."),
  ["tap", "kernelInterface", "pci", "vdev", "vhostUser", "virtioUser"],
);

const ports = mapOf(port, (item) => z.array(item).max(16), ["name"]);

export const dataplane = object("Dataplane", {
  // Not stored: a stored count would stay beside a list that is applied later, and break the one-of.
  cores: unstored(cores.prefault({ count: 1 })).describe("CPU cores that forward packets: a count or a list, exactly one of the two."),
  memory: memory.prefault({}).describe("Memory of the worker."),
  rxMode: rxMode.prefault({}).describe("How the cores wait for packets."),
  sessions: sessions.prefault({}).describe("Capacity of the session tables. A full table refuses new sessions and leaves the others alone."),
  limits: limits.prefault({}).describe("Bounds of the other tables. What each does when it is full is in docs/limits.md."),
  workerPod: workerPod.prefault({}).describe("The pod that the worker runs in. Without a cluster it has no effect."),
  ports: ports.default([]).describe("Where packets enter and leave. Each port is exactly one of tap, kernelInterface, pci, vdev, vhostUser and virtioUser."),
});
