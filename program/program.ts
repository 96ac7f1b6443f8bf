// SPDX-License-Identifier: Apache-2.0
// Contract 2: the node program, what the operator compiles and the node-agent encodes into shared memory.
// It travels as canonical JSON bytes; its name is the SHA-256 of those bytes.

/** Version of the row format below. An agent reads its own version and the one before. */
export const PROGRAM_VERSION = 1;

/** Rows by name are referred to by their index in the list that holds them. */
export type Index = number;

export type Action = "Permit" | "Deny" | "Reject";

export interface Program {
  version: number;
  /** metadata.name of the FirewallConfig. */
  config: string;
  dataplane: DataplaneRow;
  ports: PortRow[];
  zones: ZoneRow[];
  interfaces: InterfaceRow[];
  addressSets: AddressSetRow[];
  applications: ApplicationRow[];
  defaultAction: Action;
  /** Enabled policies only, in order; the first match wins. */
  policies: PolicyRow[];
  schedules: ScheduleRow[];
  nat: NatRows;
  flow: FlowRow;
  limits: LimitsRow;
  routes: RouteRow[];
  neighbors: NeighborRow[];
}

export interface DataplaneRow {
  /** Datapath cores by absolute id, or how many the node may choose. Exactly one of the two. */
  cores: { count: number } | { list: number[] };
  /** Bytes of memory for packet buffers, tables and the state file together. */
  memoryBytes: number;
  /** 2 MiB and 1 GiB are hugepages; 4096 asks for ordinary memory. */
  pageBytes: number;
  rxMode: RxModeRow;
  /** Capacity of the session tables. */
  sessions: { ipv4: number; ipv6: number };
}

export type RxMode = "Polling" | "Interrupt" | "Adaptive";

export interface RxModeRow {
  mode: RxMode;
  /** Empty polls in a row before a core sleeps. */
  idleThreshold: number;
  /** Packets in one burst that bring a core back to polling. */
  resumeThreshold: number;
  /** Longest sleep, microseconds. */
  sleepTimeoutUs: number;
}

export interface PortRow {
  name: string;
  kind: "tap" | "kernelInterface" | "pci" | "vdev" | "vhostUser" | "virtioUser";
  /** Kernel device name, PCI address, DPDK device name with arguments ("net_pcap0,rx_pcap=in.pcap"), or path of a socket. */
  device: string;
  /** TAP only: named network namespace that holds the device; "" is the worker's own. */
  networkNamespace: string;
  /** 0: the device's own. */
  mtu: number;
  /** Absent: that of the dataplane. */
  rxMode?: RxMode | undefined;
  /** vhostUser and virtioUser: it makes the socket; absent: it connects. */
  serves?: true | undefined;
}

export type SourceCheck = "Off" | "Loose" | "Strict";

export interface ZoneRow {
  name: string;
  /** Names of enum fw_service in lower case: "ping", "ssh", "all". */
  hostInbound: string[];
  /** TCP connections not yet established that the zone may have opened; 0: no limit of its own. */
  halfOpenLimit: number;
  sourceCheck: SourceCheck;
}

export interface InterfaceRow {
  name: string;
  port: Index;
  zone: Index;
  /** 802.1Q VLAN id; 0 is untagged. */
  vlan: number;
  /** "10.0.0.1/24", canonical text (RFC 5952). */
  addresses: string[];
  /** Kernel table id of its VRF; 0 is the main table. */
  vrf: number;
}

export interface AddressSetRow {
  name: string;
  /** Canonical, sorted IPv4 before IPv6, merged so that none contains another. */
  prefixes: string[];
}

/** Inclusive, host order. ICMP and ICMPv6: type * 256 + code. */
export type Range = [low: number, high: number];

export interface ApplicationRow {
  name: string;
  /** IP protocol number; null is every protocol. */
  protocol: number | null;
  /** Sorted and merged; empty is every port. */
  sourcePorts: Range[];
  destinationPorts: Range[];
  /** Idle timeout of sessions, seconds; 0 is the protocol's default. */
  timeoutSeconds: number;
}

export interface PolicyRow {
  name: string;
  /** Zones; empty is every zone. */
  from: Index[];
  to: Index[];
  /** Address sets; empty is every address. */
  sources: Index[];
  sourcesNegated: boolean;
  destinations: Index[];
  destinationsNegated: boolean;
  /** Empty is every application. */
  applications: Index[];
  action: Action;
  /** null: always. */
  schedule: Index | null;
}

/** When policies take part, every week. */
export interface ScheduleRow {
  name: string;
  /** Name in the IANA time zone database. */
  timeZone: string;
  /** Days: 0 is Sunday. Minutes of the day; the end is exclusive, at most 1440. A window over midnight is two. */
  windows: { days: number[]; startMinute: number; endMinute: number }[];
}

export interface NatRows {
  pools: NatPoolRow[];
  /** First match wins. */
  source: NatSourceRow[];
  /** First match wins. */
  destination: NatDestinationRow[];
  static: NatStaticRow[];
}

export interface NatPoolRow {
  name: string;
  /** IPv4, inclusive, in order, disjoint. */
  addresses: [low: string, high: string][];
  ports: Range;
  addressPersistent: boolean;
  /** Port blocks per subscriber (RFC 7422); null: none. */
  blocks: { size: number; subscribers: string[] } | null;
}

export interface NatSourceRow {
  name: string;
  from: Index[];
  to: Index[];
  sources: Index[];
  destinations: Index[];
  applications: Index[];
  /** Exactly one of the three is meant by kind; pool and ports belong to their kind. */
  kind: "off" | "interface" | "pool";
  pool: Index | null;
  ports: Range;
  persistent: { filtering: "AddressAndPort" | "EndpointIndependent"; timeoutSeconds: number } | null;
}

export interface NatDestinationRow {
  name: string;
  from: Index[];
  sources: Index[];
  /** IPv4, inclusive. */
  addresses: [low: string, high: string];
  /** IP protocol number; null is every protocol, then ports are null. */
  protocol: number | null;
  ports: Range | null;
  to: { address: string; port: number | null; single: boolean };
}

export interface NatStaticRow {
  name: string;
  from: Index[];
  external: string;
  internal: string;
  /** Addresses, in step. */
  count: number;
}

export interface FlowRow {
  strictSyn: boolean;
  tcpWindow: "Strict" | "Liberal";
  timeoutsSeconds: {
    tcpHandshake: number;
    tcpEstablished: number;
    tcpClosing: number;
    tcpTimeWait: number;
    tcpClosed: number;
    udp: number;
    icmp: number;
    other: number;
  };
}

export interface LimitsRow {
  bindings: number;
  fragments: number;
  fragmentsPerSource: number;
  heldPackets: number;
  neighbors: number;
  errorsPerSecond: number;
}

export type RouteType = "unicast" | "blackhole" | "unreachable" | "prohibit";

export interface RouteRow {
  prefix: string;
  /** Kernel table id; 0 is the main table. */
  vrf: number;
  type: RouteType;
  /** Gateway "" is on link. Empty unless type is unicast. */
  nextHops: { gateway: string; interface: Index }[];
}

export interface NeighborRow {
  interface: Index;
  address: string;
  /** "02:00:00:00:00:01" */
  mac: string;
}
