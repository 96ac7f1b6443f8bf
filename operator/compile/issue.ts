// SPDX-License-Identifier: Apache-2.0
// What the compiler has to say about a configuration: a closed list of reasons, and where and why for each issue.
import { SCHEMA_REASON_TEXTS } from "../../crds/index";

export const ERROR_REASON_TEXTS = {
  UnknownPort: "An interface names a port that dataplane.ports does not have.",
  UnknownZone: "An interface or a policy names a zone that zones does not have.",
  UnknownInterface: "A route or a neighbor names an interface that interfaces does not have.",
  UnknownAddress: "A policy or a set names an address set that addresses does not have.",
  UnknownApplication: "A policy names an application that applications does not have.",
  AnyMisused: 'The word "any" stands beside other names, is negated, or is a member of a set.',
  ReservedName: "A device has a name that the kernel keeps for itself.",
  NameTooLong: "A name is too long for a kernel network device.",
  NameCollision: "Two kernel devices of one network namespace would have the same name or identity.",
  DuplicateDevice: "Two ports use the same device.",
  DuplicateVlan: "Two interfaces use the same VLAN of the same port.",
  DuplicateAddress: "The firewall has the same address twice.",
  InvalidAddress: "An address cannot be that of an interface: a network, broadcast, multicast, loopback or reserved one.",
  OverlappingNetworks: "Networks of two interfaces overlap, so the way to an address is not clear.",
  HostBitsSet: "A network has bits set behind its prefix length.",
  InvalidPrefix: "A network cannot be routed: multicast, loopback or link-local.",
  AddressCycle: "A set contains itself, directly or through its members.",
  InvalidRange: "The first number of a range is larger than the last.",
  DuplicateRoute: "Two static routes lead to the same network.",
  InvalidGateway: "A gateway has the wrong family, is the firewall itself, or is no address of a host.",
  GatewayNotOnLink: "A gateway is in no network of the interface that leads to it.",
  DuplicateNeighbor: "Two static neighbors have the same interface and address.",
  InvalidNeighbor: "A neighbor is the firewall itself, no address of a host, or has an unusable MAC address.",
  NeighborNotOnLink: "A neighbor is in no network of its interface.",
  CoresUnsupported: "More datapath cores are asked for than this version drives.",
  InvalidMemory: "The size of memory is no multiple of the page size, or larger than any machine.",
  MemoryTooSmall: "The session tables, packet buffers and lookup tables do not fit into the memory.",
  LimitExceeded: "A limit of the dataplane is exceeded.",
  TooManyIssues: "There are more issues than are listed.",
  Internal: "The compiler itself failed; nothing of the configuration is used.",
} as const satisfies Record<string, string>;

export const WARNING_REASON_TEXTS = {
  ShadowedPolicy: "A policy can never match, because policies before it match everything that it would.",
  NeverMatches: "A policy can never match: its sources, destinations and applications share no address family.",
  DefaultPermit: "Connections that no policy matches are permitted.",
  UnusedPort: "No interface uses the port.",
  UnusedZone: "No interface is in the zone.",
  UnusedAddress: "No policy uses the address set, directly or as a member.",
  UnusedApplication: "No policy uses the application.",
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
