// SPDX-License-Identifier: Apache-2.0
// What the compiler has to say about a configuration: a closed list of reasons, and where and why for each issue.
import { SCHEMA_REASON_TEXTS } from "../../crds/index";

export const ERROR_REASON_TEXTS = {
  UnknownPort: "An interface names a port that dataplane.ports does not have.",
  UnknownZone: "An interface, a policy or a NAT rule names a zone that zones does not have.",
  UnknownInterface: "A route or a neighbor names an interface that interfaces does not have.",
  UnknownAddress: "A policy, a NAT rule or a set names an address set that addresses does not have.",
  UnknownApplication: "A policy or a NAT rule names an application that applications does not have.",
  UnknownSchedule: "A policy names a schedule that schedules does not have.",
  UnknownPool: "A source rule names a pool that nat.pools does not have.",
  UnknownVrf: "A zone, an interface or a route names a VRF that routing.vrfs does not have.",
  UnknownTimeZone: "A schedule has a time zone that the time zone database does not have.",
  AnyMisused: 'The word "any" stands beside other names, is negated, or is a member of a set.',
  ReservedName: "A device has a name that the kernel keeps for itself.",
  NameTooLong: "A name is too long for a kernel network device.",
  NameCollision: "Two kernel devices of one network namespace would have the same name or identity.",
  DuplicateDevice: "Two ports use the same device.",
  DuplicateVlan: "Two interfaces use the same VLAN of the same port.",
  DuplicateAddress: "The firewall has the same address twice in one VRF.",
  InvalidAddress: "An address cannot be that of an interface: a network, broadcast, multicast, loopback or reserved one.",
  OverlappingNetworks: "Networks of two interfaces of one VRF overlap, so the way to an address is not clear.",
  HostBitsSet: "A network has bits set behind its prefix length.",
  InvalidPrefix: "A network cannot be routed: multicast, loopback or link-local.",
  AddressCycle: "A set contains itself, directly or through its members.",
  InvalidRange: "The first number of a range is larger than the last.",
  DuplicateVrf: "Two VRFs have the same table.",
  DuplicateRoute: "Two static routes of one VRF lead to the same network.",
  InvalidGateway: "A gateway has the wrong family, is the firewall itself, or is no address of a host.",
  GatewayNotOnLink: "A gateway is in no network of the interface that leads to it.",
  DuplicateNeighbor: "Two static neighbors have the same interface and address.",
  InvalidNeighbor: "A neighbor is the firewall itself, no address of a host, or has an unusable MAC address.",
  NeighborNotOnLink: "A neighbor is in no network of its interface.",
  InvalidNatAddress: "An address of NAT is none of a host: a network, broadcast, multicast, loopback or reserved one, or that of a gateway.",
  Ipv4Only: "A NAT rule names address sets or applications that hold nothing of IPv4.",
  RangeMismatch: "Addresses or ports of a NAT rule and what they become are not as many.",
  OverlappingPools: "Two NAT pools have the same addresses with the same ports.",
  OverlappingStatic: "Two static NAT rules have the same addresses.",
  PortBlocksExhausted: "A NAT pool has fewer blocks of ports than subscribers.",
  InvalidMemory: "The size of memory is no multiple of the page size, or larger than any machine.",
  MemoryTooSmall: "The session tables, packet buffers and lookup tables do not fit into the memory.",
  LimitExceeded: "A limit of the dataplane is exceeded.",
  TooManyIssues: "There are more issues than are listed.",
  Internal: "The compiler itself failed; nothing of the configuration is used.",
} as const satisfies Record<string, string>;

export const WARNING_REASON_TEXTS = {
  ShadowedPolicy: "A policy can never match, because policies before it match everything that it would.",
  NeverMatches: "A policy can never match: its sources, destinations and applications share no address family.",
  ShadowedRule: "A NAT rule can never match, because a rule before it matches everything that it would.",
  AddressTaken: "A NAT rule takes everything that is sent to an address of the firewall itself.",
  DefaultPermit: "Connections that no policy matches are permitted.",
  UnusedPort: "No interface uses the port.",
  UnusedZone: "No interface is in the zone.",
  UnusedAddress: "No policy and no NAT rule uses the address set, directly or as a member.",
  UnusedApplication: "No policy and no NAT rule uses the application.",
  UnusedPool: "No source rule uses the NAT pool.",
  UnusedSchedule: "No policy uses the schedule.",
  UnusedVrf: "No interface is in the VRF.",
  TimeoutIgnored: "No policy that permits uses the application, so its timeout has no effect.",
} as const satisfies Record<string, string>;

/** Every reason that an issue can have, with a sentence for the reference. */
export const ISSUE_REASON_TEXTS = { ...SCHEMA_REASON_TEXTS, ...ERROR_REASON_TEXTS, ...WARNING_REASON_TEXTS } as const;

export type ErrorReason = keyof typeof ERROR_REASON_TEXTS | keyof typeof SCHEMA_REASON_TEXTS;
export type WarningReason = keyof typeof WARNING_REASON_TEXTS;
export type IssueReason = ErrorReason | WarningReason | "TooManyIssues";
export const ISSUE_REASONS = Object.keys(ISSUE_REASON_TEXTS) as readonly IssueReason[];

export interface Issue {
  severity: "error" | "warning";
  reason: IssueReason;
  /** "spec.policies[3].from[0]"; empty: the document as a whole. */
  path: string;
  /** One sentence that a person can act on. */
  message: string;
}

/** Of each severity; the rest is counted. */
export const MAX_ISSUES = 1000;

/** Collects issues; bounded, so that a hostile configuration costs no memory. */
export class Report {
  readonly #issues = { error: [] as Issue[], warning: [] as Issue[] };
  readonly #left = { error: 0, warning: 0 };

  error(reason: ErrorReason, path: string, message: string): void {
    this.#add("error", reason, path, message);
  }

  warning(reason: WarningReason, path: string, message: string): void {
    this.#add("warning", reason, path, message);
  }

  get failed(): boolean {
    return this.#issues.error.length > 0;
  }

  /** How many errors there are: a cheap way to stop asking for help texts. */
  get errors(): number {
    return this.#issues.error.length + this.#left.error;
  }

  /** Errors before warnings, each in the order of their finding. */
  list(): Issue[] {
    return (["error", "warning"] as const).flatMap((severity) => [...this.#issues[severity], ...this.#rest(severity)]);
  }

  #add(severity: Issue["severity"], reason: IssueReason, path: string, message: string): void {
    const issues = this.#issues[severity];
    if (issues.length >= MAX_ISSUES) this.#left[severity]++;
    else issues.push({ severity, reason, path, message });
  }

  #rest(severity: Issue["severity"]): Issue[] {
    const left = this.#left[severity];
    if (left === 0) return [];
    return [{ severity, reason: "TooManyIssues", path: "spec", message: `There are ${left} more ${severity}s.` }];
  }
}
