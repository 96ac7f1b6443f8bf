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

export interface RxModeRow {
  mode: "Polling" | "Adaptive";
  /** Empty polls in a row before a core sleeps. */
  idleThreshold: number;
  /** Packets in one burst that bring a core back to polling. */
  resumeThreshold: number;
  /** Longest sleep, microseconds. */
  sleepTimeoutUs: number;
}

export interface PortRow {
  name: string;
  kind: "tap" | "kernelInterface" | "pci";
  /** Kernel device name, or PCI address. */
  device: string;
  /** TAP only: named network namespace that holds the device; "" is the worker's own. */
  networkNamespace: string;
  /** 0: the device's own. */
  mtu: number;
}

export interface ZoneRow {
  name: string;
  /** Names of enum fw_service in lower case: "ping", "ssh", "all". */
  hostInbound: string[];
}

export interface InterfaceRow {
  name: string;
  port: Index;
  zone: Index;
  /** 802.1Q VLAN id; 0 is untagged. */
  vlan: number;
  /** "10.0.0.1/24", canonical text (RFC 5952). */
  addresses: string[];
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
}

export interface RouteRow {
  prefix: string;
  nextHops: { gateway: string; interface: Index }[];
}

export interface NeighborRow {
  interface: Index;
  address: string;
  /** "02:00:00:00:00:01" */
  mac: string;
}
