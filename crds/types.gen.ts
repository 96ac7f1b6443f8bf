// SPDX-License-Identifier: Apache-2.0
// Generated from crds/*.ts by scripts/generate.sh; do not edit. Objects as they are after parsing: defaults applied.

/** A zone-based stateful firewall: its ports, zones and policies, for every node that it selects. */
export interface FirewallConfig {
  apiVersion: "portcullis.dev/v1alpha1";
  kind: "FirewallConfig";
  metadata: ObjectMeta;
  /** What the firewall shall do. Written by people. */
  spec: FirewallConfigSpec;
  /** What the nodes do. Written by the operator. */
  status?: FirewallConfigStatus | undefined;
}

/** What the nodes do. Written by the operator. */
export interface FirewallConfigStatus {
  /** metadata.generation that this status was computed from; -1 until the operator has seen the object. */
  observedGeneration?: number | undefined;
  /** SHA-256 of the program in force: the last good one. */
  hash?: string | undefined;
  /** The first 12 digits of hash, for tables. */
  shortHash?: string | undefined;
  /** metadata.generation that the program in force was compiled from. */
  hashGeneration?: number | undefined;
  /** Number of the ControllerRevision that keeps the program in force. */
  revision?: number | undefined;
  /** Nodes, counted. */
  nodes?: NodeCounts | undefined;
  /** How far the newest program and worker pod are. */
  rollout?: RolloutStatus | undefined;
  /** Outcome of the compiler. */
  compile?: CompileOutcome | undefined;
  /** The first nodes that are not ready, and why. */
  failedNodes?: FailedNode[] | undefined;
  /** Conditions; docs/conditions.md lists types and reasons. */
  conditions?: ConfigCondition[] | undefined;
}

/** A condition. */
export interface ConfigCondition {
  /** Type of the condition. */
  type: "Ready" | "Progressing" | "Available" | "Degraded" | "Compiled" | "NodesMatched" | "Conflict" | "Stalled";
  /** True, False or Unknown. */
  status: "True" | "False" | "Unknown";
  /** metadata.generation that the condition was computed from. */
  observedGeneration?: number | undefined;
  /** When status last changed. */
  lastTransitionTime: string;
  /** Reason from the closed list in docs/conditions.md. */
  reason: string;
  /** One sentence for people; empty when there is nothing to say. */
  message: string;
}

/** A node that is not ready. */
export interface FailedNode {
  /** Name of the node. */
  name: string;
  /** Reason from the closed list in docs/conditions.md. */
  reason: string;
  /** One sentence for people. */
  message: string;
}

/** Outcome of the compiler. */
export interface CompileOutcome {
  /** Policies in force. */
  policies: number;
  /** Errors of the newest generation. */
  errors: number;
  /** Warnings of the newest generation. */
  warnings: number;
  /** The first errors and warnings. */
  top?: string[] | undefined;
}

/** How far the newest program and worker pod are. */
export interface RolloutStatus {
  /** Number of the newest revision that is kept of this configuration. */
  revision?: number | undefined;
  /** Nodes that were given the newest program and worker pod, and became ready with them. */
  updated: number;
  /** Nodes selected. */
  total: number;
  /** Nodes that forward and are ready, with the newest program or an earlier one. */
  ready: number;
  /** Nodes that still run with earlier settings, and whose worker must be restarted for the newest. */
  restarts: number;
  /** How many nodes may be not ready, as a number. */
  maxUnavailable: number;
  /** The first nodes that were given the newest and are not ready with it yet. */
  current?: string[] | undefined;
  /** The first nodes whose turn has not come, in their order. */
  waiting?: string[] | undefined;
  /** The first nodes that did not become ready within the progress deadline. */
  failed?: string[] | undefined;
  /** When the rollout last came forward: it began, or a node was given the newest, or became ready. */
  progressTime?: string | undefined;
}

/** Nodes, counted. */
export interface NodeCounts {
  /** Nodes that the selector matches and no older configuration holds. */
  matched: number;
  /** Nodes whose worker acknowledged the newest program. */
  updated: number;
  /** Nodes that are ready. */
  ready: number;
  /** Nodes that the selector matches but an older configuration holds. */
  conflicting: number;
  /** Nodes that report a fault. */
  degraded: number;
  /** Nodes that do not report. */
  unknown: number;
  /** Ready nodes of matched nodes, for example 2/3. */
  summary: string;
}

/** What the firewall shall do. Written by people. */
export interface FirewallConfigSpec {
  /** Which nodes become this firewall. Absent: none; {}: all. Without Kubernetes it is ignored. */
  nodeSelector?: NodeSelector | undefined;
  /** How changes go over the nodes, and how many earlier revisions are kept. Without Kubernetes it is ignored. */
  rollout: Rollout;
  /** Cores, memory and ports of the packet worker. */
  dataplane: Dataplane;
  /** Logical interfaces: a port, perhaps a VLAN of it, with addresses and a zone. */
  interfaces: Interface[];
  /** Zones: groups of interfaces that policies speak of. */
  zones: Zone[];
  /** Named sets of addresses and networks. */
  addresses: Address[];
  /** Named protocols and ports. */
  applications: Application[];
  /** Times of the week, for policies. */
  schedules: Schedule[];
  /** How connections are followed, and for how long. */
  flow: Flow;
  /** What happens to a connection that no policy matches. */
  defaultAction: "Permit" | "Deny" | "Reject";
  /** Policies in order; the first that matches a new connection decides. Replies belong to the connection. */
  policies: Policy[];
  /** Translation of IPv4 addresses and ports. */
  nat: Nat;
  /** VRFs, static routes and neighbors. */
  routing: Routing;
}

/** VRFs, static routes and neighbors. */
export interface Routing {
  /** Routing tables beside the main one. A packet is routed by the table of the interface that it came in by. */
  vrfs: Vrf[];
  /** Static routes, beside those that the kernel knows or learns (for example from FRR). */
  static: StaticRoute[];
  /** Static neighbors. Others are found by ARP and neighbor discovery. */
  neighbors: Neighbor[];
}

/** The MAC address of an IP address. */
export interface Neighbor {
  /** The interface that the neighbor is on. */
  interface: string;
  /** IP address of the neighbor. */
  address: string;
  /** MAC address of the neighbor. */
  mac: string;
}

/** A network and the gateways to it. */
export interface StaticRoute {
  /** Destination network, for example 0.0.0.0/0 or 2001:db8::/32. */
  prefix: string;
  /** VRF whose route it is; main is the main table. */
  vrf: string;
  /** Unicast goes to a gateway. Blackhole drops silently, Unreachable answers with host unreachable, Prohibit with administratively prohibited. */
  type: "Unicast" | "Blackhole" | "Unreachable" | "Prohibit";
  /** Gateways of a Unicast route; several share the traffic by flow. */
  via?: string[] | undefined;
  /** The interface that the gateways are on. Needed for link-local gateways and for gateways in another VRF. Default: the one whose network holds the gateway. */
  interface?: string | undefined;
}

/** A routing table of its own. */
export interface Vrf {
  /** Name of the VRF; zones, interfaces and routes refer to it. */
  name: string;
  /** Id of its routing table in the kernel, as in "ip route show table 100". */
  table: number;
}

/** Translation of IPv4 addresses and ports. */
export interface Nat {
  /** Addresses and ports for source rules. */
  pools: NatPool[];
  /** Source NAT, in order; the first rule that matches a new connection decides. Static rules go first. */
  source: SourceNat[];
  /** Destination NAT, in order; the first rule that matches a new connection decides. Static rules go first. Policies see the translated destination. */
  destination: DestinationNat[];
  /** Static NAT, one to one. */
  static: StaticNat[];
}

/** Addresses that stand for each other, one to one, in both directions. */
export interface StaticNat {
  /** Name of the rule, in sessions. */
  name: string;
  /** Zones of the outside: connections from them to external, and those of internal to them, are translated. None: every zone. */
  from: string[];
  /** Outer address, network or range. What lies in a network of an interface is answered for by ARP. */
  external: string;
  /** Inner addresses, as many, in step. */
  internal: string;
}

/** What the destination of a connection becomes. */
export interface DestinationNat {
  /** Name of the rule, in sessions. */
  name: string;
  /** Zones that the connection comes from. None: every zone. */
  from: string[];
  /** Address sets of the source. None: every address. */
  sources: string[];
  /** Address, network or range that is translated. What lies in a network of an interface is answered for by ARP. */
  address: string;
  /** TCP, UDP, ICMP, or an IP protocol number from 1 to 255. Default: every protocol. */
  protocol?: "TCP" | "UDP" | "ICMP" | number | undefined;
  /** Destination port or range of ports. Default: every port. Only with TCP and UDP. */
  port?: string | undefined;
  /** What the destination becomes. */
  to: NatTarget;
}

/** What the destination becomes. */
export interface NatTarget {
  /** Address that the destination becomes, or as many addresses as the rule has, in step. */
  address: string;
  /** Port that the first port becomes; the others follow in step. Default: ports stay. */
  port?: number | undefined;
}

/** What the source of a connection becomes. */
export interface SourceNat {
  /** Name of the rule, in sessions. */
  name: string;
  /** Zones that the connection comes from. None: every zone. */
  from: string[];
  /** Zones that the connection goes to. None: every zone. */
  to: string[];
  /** Address sets of the source. None: every address. */
  sources: string[];
  /** Address sets of the destination, after destination NAT. None: every address. */
  destinations: string[];
  /** Applications, after destination NAT. None: every application. */
  applications: string[];
  /** The source becomes the first IPv4 address of the interface that the connection leaves by. */
  interface?: NatByInterface | undefined;
  /** The source becomes an address of a pool. */
  pool?: NatByPool | undefined;
  /** The source stays as it is, and no later rule is asked. kubectl needs quotes: "off": {}. */
  off?: NatOff | undefined;
  /** An inner address and port keeps its outer address and port, whatever it sends to (RFC 4787, endpoint-independent mapping). Default: one translation for each connection. */
  persistent?: PersistentNat | undefined;
}

/** An inner address and port keeps its outer address and port, whatever it sends to (RFC 4787, endpoint-independent mapping). Default: one translation for each connection. */
export interface PersistentNat {
  /** Who may send to a binding from outside: AddressAndPort those that it sent to, EndpointIndependent everyone, unless a policy denies it: where none matches, the binding permits (RFC 4787). */
  filtering: "AddressAndPort" | "EndpointIndependent";
  /** How long a binding without a session is kept, 1s to 168h. */
  timeout: string;
}

/** The source stays as it is, and no later rule is asked. kubectl needs quotes: "off": {}. */
export type NatOff = Record<string, never>;

/** The source becomes an address of a pool. */
export interface NatByPool {
  /** Name of the pool in nat.pools. */
  name: string;
}

/** The source becomes the first IPv4 address of the interface that the connection leaves by. */
export interface NatByInterface {
  /** Ports and ICMP ids that sources become. */
  ports: string;
}

/** Addresses and ports for source NAT. */
export interface NatPool {
  /** Name of the pool; source rules refer to it. */
  name: string;
  /** Addresses that sources become. Those in a network of an interface are answered for by ARP. */
  addresses: string[];
  /** Ports and ICMP ids that sources become. */
  ports: string;
  /** A source keeps its address for all its connections while it has any. */
  addressPersistent: boolean;
  /** A fixed block of ports for each subscriber. Default: ports are shared. */
  portBlocks?: PortBlocks | undefined;
}

/** A fixed block of ports for each subscriber. Default: ports are shared. */
export interface PortBlocks {
  /** Ports of a block. Every subscriber has one block of one address. */
  size: number;
  /** Inner addresses that have a block, each its own, in the order of the list. Others get no translation from this pool. */
  subscribers: string[];
}

/** What happens to the connections that it matches. */
export interface Policy {
  /** Name of the policy, in counters and sessions. */
  name: string;
  /** Zones that the connection comes from. None: every zone. */
  from: string[];
  /** Zones that the connection goes to. None: every zone. */
  to: string[];
  /** Address sets of the source; "any" is every address. None: every address. */
  sources: string[];
  /** Match sources that are in none of the sets. */
  sourcesNegated: boolean;
  /** Address sets of the destination; "any" is every address. None: every address. */
  destinations: string[];
  /** Match destinations that are in none of the sets. */
  destinationsNegated: boolean;
  /** Applications; "any" is every application. None: every application. */
  applications: string[];
  /** Schedule that says when the policy takes part. Outside of its windows the policy matches nothing. Default: always. */
  schedule?: string | undefined;
  /** Permit opens a session; Deny drops; Reject drops and tells the sender (TCP reset or ICMP unreachable). */
  action: "Permit" | "Deny" | "Reject";
  /** Whether the policy takes part; false keeps it written but without effect. */
  enabled: boolean;
}

/** How connections are followed, and for how long. */
export interface Flow {
  /** How TCP connections are followed. */
  tcp: TcpTracking;
  /** How long an idle session is kept, 1s to 168h each. An application's own timeout goes first. */
  timeouts: Timeouts;
}

/** How long an idle session is kept, 1s to 168h each. An application's own timeout goes first. */
export interface Timeouts {
  /** TCP, until the connection is established. */
  tcpHandshake: string;
  /** TCP, established. */
  tcpEstablished: string;
  /** TCP, after the first FIN. */
  tcpClosing: string;
  /** TCP, after both sides have closed. */
  tcpTimeWait: string;
  /** TCP, after a reset. */
  tcpClosed: string;
  /** UDP, without a packet in either direction. */
  udp: string;
  /** ICMP and ICMPv6 queries. */
  icmp: string;
  /** Every other protocol. */
  other: string;
}

/** How TCP connections are followed. */
export interface TcpTracking {
  /** Only a SYN opens a TCP session. False: any segment does but a reset, which lets connections live on that began elsewhere. */
  strictSyn: boolean;
  /** What becomes of segments outside of the window of their connection: Strict drops them, Liberal forwards them all but resets. */
  window: "Strict" | "Liberal";
}

/** Times of the week. */
export interface Schedule {
  /** Name of the schedule; policies refer to it. */
  name: string;
  /** Time zone of its windows, for example Europe/Berlin. */
  timeZone: string;
  /** When it is open: while at least one of its windows is. */
  windows: ScheduleWindow[];
}

/** A time of the day on some days of the week. */
export interface ScheduleWindow {
  /** Days on which the window begins. Default: every day. */
  days?: ("Sun" | "Mon" | "Tue" | "Wed" | "Thu" | "Fri" | "Sat")[] | undefined;
  /** When it begins, for example "08:00". */
  from: string;
  /** When it ends; this minute no longer belongs to it. Not after from: on the next day. */
  to: string;
}

/** A named protocol with ports, types or a timeout. */
export interface Application {
  /** Name of the application; policies refer to it. "any" is reserved. */
  name: string;
  /** TCP, UDP, ICMP, ICMPv6, or an IP protocol number from 0 to 255. */
  protocol: "TCP" | "UDP" | "ICMP" | "ICMPv6" | number;
  /** Destination ports, for example "443" or "8000-8080". Default: every port. Only with TCP, UDP and SCTP (132). */
  destinationPorts?: string[] | undefined;
  /** Source ports. Default: every port. Only with TCP, UDP and SCTP (132). */
  sourcePorts?: string[] | undefined;
  /** ICMP types and codes. Default: all of them. Only with ICMP and ICMPv6. */
  icmp?: IcmpType[] | undefined;
  /** How long an idle session of the application is kept, 1s to 168h. Default: by protocol. */
  timeout?: string | undefined;
}

/** An ICMP type, with or without a code. */
export interface IcmpType {
  /** ICMP type, for example 8 (echo request) or 128 (ICMPv6 echo request). */
  type: number;
  /** ICMP code. Default: every code. */
  code?: number | undefined;
}

/** A named set of addresses and networks. */
export interface Address {
  /** Name of the set; policies and other sets refer to it. "any" is reserved. */
  name: string;
  /** Addresses and networks of the set, IPv4 and IPv6. */
  prefixes?: string[] | undefined;
  /** Other sets whose addresses belong to this one. */
  members?: string[] | undefined;
}

/** A group of interfaces that policies speak of. */
export interface Zone {
  /** Name of the zone; interfaces and policies refer to it. */
  name: string;
  /** What may reach the firewall itself from this zone. ARP and neighbor discovery always may. */
  hostInbound: HostInbound;
  /** TCP connections from this zone that may wait for their handshake to end. More are dropped until some end. Default: no limit beside the session table. */
  halfOpenLimit?: number | undefined;
  /** Check of source addresses (RFC 3704): Strict wants the route to the source to lead back through the same interface, Loose wants any route to it, Off wants nothing. kubectl needs quotes: "Off". */
  sourceCheck: "Off" | "Loose" | "Strict";
  /** VRF of the interfaces of the zone that name none; main is the main table. Default: main. */
  vrf?: string | undefined;
}

/** What may reach the firewall itself from this zone. ARP and neighbor discovery always may. */
export interface HostInbound {
  /** Services of the firewall itself that may be reached. None: nothing. */
  services: ("all" | "ping" | "ssh" | "http" | "https" | "dns" | "dhcp" | "dhcpv6" | "ntp" | "snmp" | "syslog" | "traceroute" | "bgp" | "bfd" | "ospf" | "vrrp")[];
}

/** A logical interface: a port or a VLAN of it. */
export interface Interface {
  /** Name of the interface, at most 15 characters. The kernel device of the host path has the same name. */
  name: string;
  /** The port in dataplane.ports that carries it. */
  port: string;
  /** The zone that it belongs to. */
  zone: string;
  /** 802.1Q VLAN id. Default: untagged frames. */
  vlan?: number | undefined;
  /** The firewall's own addresses on it, with prefix lengths, IPv4 and IPv6. None: addresses come from the kernel, for example by DHCP. */
  addresses: string[];
  /** VRF in routing.vrfs whose routes its packets take; main is the main table. Default: the zone's. */
  vrf?: string | undefined;
}

/** Cores, memory and ports of the packet worker. */
export interface Dataplane {
  /** CPU cores that forward packets: a count or a list, exactly one of the two. */
  cores: Cores;
  /** Memory of the worker. */
  memory: Memory;
  /** How the cores wait for packets. */
  rxMode: RxMode;
  /** Capacity of the session tables. A full table refuses new sessions and leaves the others alone. */
  sessions: SessionCapacity;
  /** Bounds of the other tables. What each does when it is full is in docs/limits.md. */
  limits: DataplaneLimits;
  /** The pod that the worker runs in. Without a cluster it has no effect. */
  workerPod: WorkerPod;
  /** Where packets enter and leave. Each port is exactly one of tap, kernelInterface, pci, vdev, vhostUser and virtioUser. */
  ports: Port[];
}

/** A place where packets enter and leave. */
export interface Port {
  /** Name of the port; interfaces refer to it. */
  name: string;
  /** Largest IP packet in bytes. Default: the device's own. */
  mtu?: number | undefined;
  /** A kernel TAP device that the worker makes: for virtual machines, network namespaces and tests. */
  tap?: TapPort | undefined;
  /** An existing kernel network device, driven through a packet socket. */
  kernelInterface?: KernelInterfacePort | undefined;
  /** A PCI network device, driven by DPDK directly. */
  pci?: PciPort | undefined;
  /** A device of DPDK without hardware: captures, a source and sink of packets, rings. For tests and benchmarks. */
  vdev?: VirtualPort | undefined;
  /** The device's side of a vhost-user socket: for virtual machines. */
  vhostUser?: VhostUserPort | undefined;
  /** The driver's side of a vhost-user socket: for software switches. */
  virtioUser?: VirtioUserPort | undefined;
  /** How the port waits for packets. Default: dataplane.rxMode. */
  rxMode?: PortRxMode | undefined;
}

/** How the port waits for packets. Default: dataplane.rxMode. */
export interface PortRxMode {
  /** As in dataplane.rxMode. A core is as awake as that of its ports which is most awake. Changes live. */
  mode: "Polling" | "Interrupt" | "Adaptive";
}

/** The driver's side of a vhost-user socket: for software switches. */
export interface VirtioUserPort {
  /** Path of the vhost-user socket, for example /run/vhost/uplink.sock. A software switch is at its other end. */
  socket: string;
  /** Whether the worker makes the socket. False: it connects to it; the socket must be there. */
  serve: boolean;
}

/** The device's side of a vhost-user socket: for virtual machines. */
export interface VhostUserPort {
  /** Path of the vhost-user socket, for example /run/vhost/vm1.sock. A virtual machine or another driver is at its other end. */
  socket: string;
  /** Whether the worker makes the socket. False: it connects to it, and again whenever the other side comes back. */
  serve: boolean;
}

/** A device of DPDK without hardware: captures, a source and sink of packets, rings. For tests and benchmarks. */
export interface VirtualPort {
  /** Name of the device: the driver and a number, for example net_pcap0, net_null0 or net_ring0. */
  device: string;
  /** Arguments of the driver, for example "rx_pcap=/tmp/in.pcap,infinite_rx=1". Default: none. */
  arguments?: string | undefined;
}

/** A PCI network device, driven by DPDK directly. */
export interface PciPort {
  /** PCI address of a device that is bound to a driver for user space, for example 0000:03:00.0. */
  address: string;
}

/** An existing kernel network device, driven through a packet socket. */
export interface KernelInterfacePort {
  /** Name of the kernel network device, for example eth1. The kernel's own stack no longer sees its packets. */
  name: string;
}

/** A kernel TAP device that the worker makes: for virtual machines, network namespaces and tests. */
export interface TapPort {
  /** Name of the kernel device that is made. Default: the port's name. */
  name?: string | undefined;
  /** Named network namespace (ip netns) that the device is put into. Default: the worker's own. */
  networkNamespace?: string | undefined;
}

/** The pod that the worker runs in. Without a cluster it has no effect. */
export interface WorkerPod {
  /** Whether the worker pod lives in the node's own network, where its interfaces are. False: the pod has a network of its own, and kernelInterface ports name devices of that. A change replaces the pod. */
  hostNetwork: boolean;
  /** One more CPU for the control thread, which otherwise shares the first datapath core. A change replaces the pod. */
  controlCpu: boolean;
  /** Required: the worker does not start unless kubelet gives its pod CPUs of its own (cpuManagerPolicy: static). A change replaces the pod. */
  pinning: "Preferred" | "Required";
}

/** Bounds of the other tables. What each does when it is full is in docs/limits.md. */
export interface DataplaneLimits {
  /** Persistent NAT bindings. A full table refuses new ones. A change restarts the worker. */
  natBindings: number;
  /** Fragmented packets that are in reassembly at a time, on each core. Others are dropped. */
  fragments: number;
  /** How many of them may come from one source address, at most as many as fragments. */
  fragmentsPerSource: number;
  /** Packets that may wait for the MAC address of a neighbor, on each core. Others are dropped. */
  heldPackets: number;
  /** Neighbors that may be learned, beside the static ones. */
  neighbors: number;
  /** ICMP errors and TCP resets that each interface may send in a second. Others are not sent. */
  errorsPerSecond: number;
}

/** Capacity of the session tables. A full table refuses new sessions and leaves the others alone. */
export interface SessionCapacity {
  /** Capacity of the IPv4 session table. A change restarts the worker. */
  ipv4: number;
  /** Capacity of the IPv6 session table. A change restarts the worker. */
  ipv6: number;
}

/** How the cores wait for packets. */
export interface RxMode {
  /** Polling never sleeps and has the lowest latency; Interrupt sleeps whenever nothing waits; Adaptive sleeps when there is little or no traffic. Changes live. */
  mode: "Polling" | "Interrupt" | "Adaptive";
  /** Empty polls in a row before a core sleeps (Adaptive only). */
  idleThreshold: number;
  /** Packets received in one go that bring a core back to polling (Adaptive only). */
  resumeThreshold: number;
  /** Longest sleep, 1ms to 1s (Adaptive and Interrupt). No sleep is longer than half a second. */
  sleepTimeout: string;
}

/** Memory of the worker. */
export interface Memory {
  /** Memory for packet buffers, tables and session state together, for example 256Mi or 2Gi. A change restarts the worker. */
  size: string;
  /** Page size of that memory: 2Mi and 1Gi are hugepages; 4Ki asks for ordinary memory, which is slower. A change restarts the worker. */
  pageSize: "4Ki" | "2Mi" | "1Gi";
}

/** CPU cores that forward packets: a count or a list, exactly one of the two. */
export interface Cores {
  /** How many datapath cores to use; the node chooses which. */
  count?: number | undefined;
  /** Absolute ids of the datapath cores, at most 16 of them, for example "2" or "2-5". */
  list?: string | undefined;
}

/** How changes go over the nodes, and how many earlier revisions are kept. Without Kubernetes it is ignored. */
export interface Rollout {
  /** How many nodes may be not ready while workers are restarted: a number, or a percentage of the selected nodes, rounded down, at least 1. A node that is not ready for another reason counts. */
  maxUnavailable: number | string;
  /** True: no node gets another program or worker pod, whether its worker must be restarted or not. A node that is selected meanwhile runs what the others run. */
  paused: boolean;
  /** How long a node may take to become ready with what it was given. After it no further worker is restarted until that node is ready or the configuration changes. */
  progressDeadline: string;
  /** Which nodes go first. Of those with the same place, nodes that are not ready go first, then by name, numbers in it as numbers. */
  order: RolloutOrder;
  /** How many earlier revisions are kept for undo, beside the present one. */
  revisionHistoryLimit: number;
}

/** Which nodes go first. Of those with the same place, nodes that are not ready go first, then by name, numbers in it as numbers. */
export interface RolloutOrder {
  /** Label of nodes: those with the smallest value go first, and the next value begins when all of them are done; nodes without the label are last. */
  label?: string | undefined;
}

/** Which nodes become this firewall. Absent: none; {}: all. Without Kubernetes it is ignored. */
export interface NodeSelector {
  /** Labels that a node must have, key and value. */
  matchLabels?: Record<string, string> | undefined;
  /** Conditions on labels; all must hold. */
  matchExpressions?: NodeSelectorRequirement[] | undefined;
}

/** A condition on one label. */
export interface NodeSelectorRequirement {
  /** Label key. */
  key: string;
  /** How the label is compared. */
  operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  /** Values for In and NotIn; absent for Exists and DoesNotExist. */
  values?: string[] | undefined;
}

/** One node as a firewall: what it shall run, and what its worker acknowledged. */
export interface FirewallNode {
  apiVersion: "portcullis.dev/v1alpha1";
  kind: "FirewallNode";
  metadata: ObjectMeta;
  /** What the node shall run. Written by the operator. */
  spec: FirewallNodeSpec;
  /** What the node runs. Written by the operator from the agent's reports. */
  status?: FirewallNodeStatus | undefined;
}

/** What the node runs. Written by the operator from the agent's reports. */
export interface FirewallNodeStatus {
  /** metadata.generation that this status was computed from; -1 until the operator has seen the object. */
  observedGeneration?: number | undefined;
  /** The spec.orderTime with which the node was last ready: it has come back when the two are equal. */
  readyOrderTime?: string | undefined;
  /** When the agent last reported; at most a minute old while it does. */
  lastReportTime?: string | undefined;
  /** The first 12 digits of applied.hash, for tables. */
  shortHash?: string | undefined;
  /** The node-agent. */
  agent?: AgentStatus | undefined;
  /** The packet worker. */
  worker?: WorkerStatus | undefined;
  /** The pod that the worker runs in: what it asks for, and what it got. */
  workerPod?: WorkerPodStatus | undefined;
  /** What the node runs. */
  applied?: AppliedStatus | undefined;
  /** Receive mode, wanted and in use. */
  rxMode?: RxModeStatus | undefined;
  /** Ports of the node. */
  ports?: PortStatus[] | undefined;
  /** Open sessions. */
  sessions?: SessionCounts | undefined;
  /** Packet and session counters by name. */
  counters?: Record<string, number> | undefined;
  /** Dropped packets by reason; docs/drop-reasons.md explains them. */
  drops?: Record<string, number> | undefined;
  /** Conditions; docs/conditions.md lists types and reasons. */
  conditions?: NodeCondition[] | undefined;
}

/** A condition. */
export interface NodeCondition {
  /** Type of the condition. */
  type: "Ready" | "ConfigApplied" | "AgentConnected" | "PortsReady" | "WorkerPodReady" | "CPUPinned" | "Unprivileged" | "RxModeSatisfied" | "Stalled";
  /** True, False or Unknown. */
  status: "True" | "False" | "Unknown";
  /** metadata.generation that the condition was computed from. */
  observedGeneration?: number | undefined;
  /** When status last changed. */
  lastTransitionTime: string;
  /** Reason from the closed list in docs/conditions.md. */
  reason: string;
  /** One sentence for people; empty when there is nothing to say. */
  message: string;
}

/** Open sessions. */
export interface SessionCounts {
  /** IPv4 sessions now. */
  ipv4: number;
  /** IPv6 sessions now. */
  ipv6: number;
  /** Sessions now, both families. */
  total: number;
}

/** A port of the node. */
export interface PortStatus {
  /** Name of the port. */
  name: string;
  /** Kind of the port, as in the configuration. */
  kind?: string | undefined;
  /** Up, Down, or Absent when the device does not exist. */
  state: "Up" | "Down" | "Absent";
  /** MAC address. */
  mac?: string | undefined;
  /** Largest IP packet in bytes. */
  mtu?: number | undefined;
  /** Why it is not up. */
  message?: string | undefined;
  /** How it waits for packets. */
  rxMode?: PortRxModeStatus | undefined;
}

/** How it waits for packets. */
export interface PortRxModeStatus {
  /** Receive mode that the configuration asks for. */
  requested: string;
  /** Receive mode of the core that reads it. */
  effective: string;
  /** How it wakes a core: Descriptor, Refused, Untried, Accepted, Delivered or Silent; docs/rx-modes.md explains them. */
  wake: string;
  /** Why the two modes differ. */
  reason?: string | undefined;
}

/** Receive mode, wanted and in use. */
export interface RxModeStatus {
  /** Receive mode that the configuration asks for. */
  requested: string;
  /** Receive mode in use. */
  effective: string;
  /** Why the two differ. */
  reason?: string | undefined;
}

/** What the node runs. */
export interface AppliedStatus {
  /** Hash that the worker itself acknowledged; absent: none. */
  hash?: string | undefined;
  /** Whether the worker acknowledged the wanted hash. */
  verified: boolean;
  /** Reason from the closed list in docs/conditions.md. */
  reason: string;
  /** One sentence for people. */
  message?: string | undefined;
}

/** The pod that the worker runs in: what it asks for, and what it got. */
export interface WorkerPodStatus {
  /** Name of the pod, in the operator's namespace. */
  name: string;
  /** Phase of the pod. */
  phase: string;
  /** Image that it was made with. */
  image?: string | undefined;
  /** Hugepages that it asks for. */
  hugepages?: string | undefined;
  /** Whole CPUs that it asks for. */
  requestedCpus: number;
  /** CPUs that kubelet gave it, for example 2-3. */
  cpus?: string | undefined;
  /** Whether these are its own. */
  exclusive?: boolean | undefined;
  /** Whether it is privileged. */
  privileged: boolean;
}

/** The packet worker. */
export interface WorkerStatus {
  /** What the worker is doing. */
  phase: "Starting" | "NoGeneration" | "Forwarding" | "Stopping" | "Down";
  /** Version of the worker. */
  version?: string | undefined;
  /** Version of DPDK. */
  dpdkVersion?: string | undefined;
  /** Process id. */
  pid?: number | undefined;
  /** Starts of a worker on this node's state. */
  starts?: number | undefined;
  /** Core that forwards packets. */
  core?: number | undefined;
}

/** The node-agent. */
export interface AgentStatus {
  /** Version of the agent. */
  version?: string | undefined;
}

/** What the node shall run. Written by the operator. */
export interface FirewallNodeSpec {
  /** Name of the FirewallConfig that this node runs. */
  config: string;
  /** SHA-256 of the program that it shall run; empty: nothing, and stop forwarding. */
  hash: string;
  /** Version of the program's format. */
  programVersion?: number | undefined;
  /** metadata.generation of the FirewallConfig that the program was compiled from. */
  generation?: number | undefined;
  /** Number of the ControllerRevision that keeps the program. */
  revision?: number | undefined;
  /** Digest of everything that the worker is restarted for: cores, memory, session tables, and its pod. */
  template?: string | undefined;
  /** When the node was given this program and worker pod. */
  orderTime?: string | undefined;
}

export interface ObjectMeta {
  name: string;
  labels?: Record<string, string> | undefined;
  annotations?: Record<string, string> | undefined;
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  generation?: number | undefined;
  creationTimestamp?: string | null | undefined;
  deletionTimestamp?: string | undefined;
  deletionGracePeriodSeconds?: number | undefined;
  finalizers?: string[] | undefined;
  ownerReferences?: OwnerReference[] | undefined;
  managedFields?: unknown[] | undefined;
  generateName?: string | undefined;
  selfLink?: string | undefined;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean | undefined;
  blockOwnerDeletion?: boolean | undefined;
}
