// SPDX-License-Identifier: Apache-2.0
// The list of checks that look across tables. Each is a pure function from the scope and rows to issues.
import { crc32c } from "../../program/crc32c";
import { comparePrefix, contains, formatAddress, formatPrefix, isLinkLocal, network, type Prefix } from "../../program/net";
import type { Program } from "../../program/program";
import type { AddressTable } from "./addresses";
import type { Report } from "./issue";
import { familiesNeverMeet } from "./families";
import type { Scope } from "./scope";
import { natIdCollisions, shadowedNat, takenAddresses, tooManyNames } from "./nat";
import { shadowedPolicies } from "./shadow/shadow";
import { ignoredTimeouts, unusedAddresses, unusedApplications, unusedPools, unusedPorts, unusedSchedules, unusedVrfs, unusedZones } from "./unused";

export interface CheckInput {
  readonly scope: Scope;
  readonly program: Program;
  readonly addresses: AddressTable;
  readonly report: Report;
}

export type Check = (input: CheckInput) => void;

/** These find errors. */
export const errorChecks: readonly Check[] = [
  duplicateDevices, // two ports on one device
  deviceCollisions, // a kernel device of an interface and one of a port with the same name
  duplicateVlans, // two interfaces on one VLAN of one port
  duplicateAddresses, // the firewall has an address twice
  overlappingNetworks, // networks of two interfaces overlap
  nameIdCollisions, // two interface names with one CRC-32C
  natIdCollisions, // the same of two NAT rules
  tooManyNames, // in the lists of policies and NAT rules
];

/** These find warnings, and run when there is no error. */
export const warningChecks: readonly Check[] = [
  defaultPermit, // what no policy matches is permitted
  familiesNeverMeet, // sources, destinations and applications share no family
  shadowedPolicies, // earlier policies match everything that a policy would
  shadowedNat, // the same of NAT rules
  takenAddresses, // NAT takes an address of the firewall itself
  ignoredTimeouts, // no permitting policy uses an application with a timeout
  unusedPorts,
  unusedZones,
  unusedAddresses,
  unusedApplications,
  unusedPools,
  unusedSchedules,
  unusedVrfs,
];

const isSocket = (kind: Program["ports"][number]["kind"]): boolean => kind === "vhostUser" || kind === "virtioUser";

function portPath(scope: Scope, row: Program["ports"][number]): string {
  const path = `${scope.ports.at(row.name)}.${row.kind}`;
  if (row.kind === "vdev") return `${path}.device`;
  if (row.kind === "pci") return `${path}.address`;
  if (isSocket(row.kind)) return `${path}.socket`;
  const tap = scope.ports.get(row.name)?.tap;
  return row.kind === "tap" && tap?.name === undefined ? path : `${path}.name`;
}

function duplicateDevices({ scope, program, report }: CheckInput): void {
  const seen = new Map<string, string>();
  for (const row of inOrder(program.ports, (r) => scope.ports.position(r.name))) {
    const device = row.device.split(",")[0]!;
    const key = isSocket(row.kind) ? `socket ${device}` : row.kind === "pci" || row.kind === "vdev" ? `${row.kind} ${device}` : `${row.networkNamespace}/${device}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, row.name);
    else report.error("DuplicateDevice", portPath(scope, row), `The port ${first} uses the device ${device} already; give each port its own.`);
  }
}

/** Kernel devices of interfaces and of ports without a network namespace share the worker's own. */
function deviceCollisions({ scope, program, report }: CheckInput): void {
  const ports = new Map(program.ports.filter((p) => (p.kind === "tap" || p.kind === "kernelInterface") && p.networkNamespace === "").map((p) => [p.device, p]));
  for (const link of byPosition(scope)) {
    const port = ports.get(link.name);
    if (port === undefined) continue;
    const cure = port.kind === "tap" ? "rename the interface, or give the port another tap.name" : "rename the interface";
    const message = `The interface's kernel device would have the name of the ${port.kind === "tap" ? "TAP" : "kernel"} device of port ${port.name}; ${cure}.`;
    report.error("NameCollision", `spec.interfaces[${link.position}].name`, message);
  }
}

function duplicateVlans({ scope, report }: CheckInput): void {
  const seen = new Map<string, string>();
  scope.interfaces.items.forEach((item, i) => {
    const key = `${item.port} ${item.vlan ?? 0}`;
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, item.name);
      return;
    }
    const what = item.vlan === undefined ? "the untagged frames" : `VLAN ${item.vlan}`;
    const path = `spec.interfaces[${i}].${item.vlan === undefined ? "port" : "vlan"}`;
    report.error("DuplicateVlan", path, `The interface ${first} has ${what} of port ${item.port} already; give each interface its own VLAN.`);
  });
}

function duplicateAddresses({ scope, report }: CheckInput): void {
  const seen = new Map<string, string>();
  for (const link of byPosition(scope)) {
    for (const { prefix, path } of link.addresses) {
      const text = formatAddress(prefix);
      const key = isScoped(prefix) ? `${text}%${link.name}` : `${link.vrf} ${text}`;
      const first = seen.get(key);
      if (first === undefined) seen.set(key, link.name);
      else report.error("DuplicateAddress", path, `The interface ${first} has the address ${text} already; remove one of them.`);
    }
  }
}

/** IPv6 link-local addresses mean something on their link only. */
function isScoped(prefix: Prefix): boolean {
  return prefix.family === 6 && isLinkLocal(prefix);
}

function overlappingNetworks({ scope, report }: CheckInput): void {
  const networks = byPosition(scope).flatMap((link) =>
    link.addresses
      .filter(({ prefix }) => !isScoped(prefix) && prefix.length > 0)
      .map(({ prefix, path }) => ({ network: network(prefix, prefix.length), link, path })),
  );
  networks.sort((a, b) => a.link.vrf - b.link.vrf || comparePrefix(a.network, b.network) || a.link.position - b.link.position);
  const open: typeof networks = [];
  for (const next of networks) {
    while (open.length > 0 && !(open.at(-1)!.link.vrf === next.link.vrf && contains(open.at(-1)!.network, next.network))) open.pop();
    const outer = open.find((o) => o.link !== next.link);
    if (outer !== undefined) reportOverlap(outer, next, report);
    open.push(next);
  }
}

interface Connected {
  readonly network: Prefix;
  readonly link: { readonly name: string; readonly position: number };
  readonly path: string;
}

function reportOverlap(a: Connected, b: Connected, report: Report): void {
  const [first, second] = a.link.position < b.link.position ? [a, b] : [b, a];
  const message = `The network ${formatPrefix(second.network)} overlaps ${formatPrefix(first.network)} of interface ${first.link.name}; give each interface networks of its own.`;
  report.error("OverlappingNetworks", second.path, message);
}

/** Sessions name an interface by the CRC-32C of its name; 0 is the firewall itself. */
function nameIdCollisions({ scope, report }: CheckInput): void {
  const seen = new Map<number, string>([[0, "the firewall itself"]]);
  for (const link of byPosition(scope)) {
    const id = crc32c(new TextEncoder().encode(link.name));
    const first = seen.get(id);
    if (first === undefined) seen.set(id, link.name);
    else report.error("NameCollision", `spec.interfaces[${link.position}].name`, `The name has the same identity (CRC-32C) as ${first}; choose another name.`);
  }
}

function defaultPermit({ program, report }: CheckInput): void {
  if (program.defaultAction !== "Permit") return;
  report.warning("DefaultPermit", "spec.defaultAction", "Every connection that no policy matches is permitted; write Deny or Reject unless that is meant.");
}

/** Issues come in the order in which a person wrote things. */
function byPosition(scope: Scope): Scope["links"] {
  return inOrder(scope.links, (link) => link.position);
}

function inOrder<T>(rows: readonly T[], position: (row: T) => number): T[] {
  return [...rows].sort((a, b) => position(a) - position(b));
}
