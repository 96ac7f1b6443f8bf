// SPDX-License-Identifier: Apache-2.0
// spec.addresses: named sets of networks. Members are flattened, so that the dataplane sees prefixes only.
import { FW_MAX_ADDRESS_SETS, FW_MAX_PREFIXES } from "../../program/limits";
import { addressBits, formatAddress, formatPrefix, isNetwork, mergePrefixes, network, type Prefix, parsePrefix } from "../../program/net";
import type { AddressSetRow } from "../../program/program";
import type { Report } from "./issue";
import { ANY, type Scope, suggestion } from "./scope";

/** Prefixes that are read while members are flattened; more is work without a purpose. */
const MAX_WORK = 16 * FW_MAX_PREFIXES;

/** The flattened sets that policies and NAT rules use, and what those use in turn. */
export interface AddressTable {
  readonly rows: AddressSetRow[];
  /** Merged prefixes of each row. */
  readonly prefixes: readonly (readonly Prefix[])[];
}

export function compileAddresses(scope: Scope, report: Report): AddressTable {
  const members = scope.addresses.items.map((_, position) => memberPositions(position, scope, report));
  const own = scope.addresses.items.map((_, position) => ownPrefixes(position, scope, report));
  const order = depthFirst(members, (cycle, position) => reportCycle(cycle, position, scope, report));
  const names = [...scope.addressRows.keys()];
  const used = reachable(names.map((name) => scope.addresses.position(name)), members);
  const flat = flatten(order.filter((position) => used.has(position)), members, own, report);
  const prefixes = names.map((name) => flat.get(scope.addresses.position(name)) ?? []);
  const total = prefixes.reduce((sum, list) => sum + list.length, 0);
  if (total > FW_MAX_PREFIXES) {
    const message = `The address sets in use have ${total} prefixes in all, members included; at most ${FW_MAX_PREFIXES} fit.`;
    report.error("LimitExceeded", scope.addresses.path, message);
    return { rows: [], prefixes: [] };
  }
  if (names.length > FW_MAX_ADDRESS_SETS) {
    const message = `${names.length} address sets are in use; at most ${FW_MAX_ADDRESS_SETS} fit.`;
    report.error("LimitExceeded", scope.addresses.path, message);
  }
  return { rows: names.map((name, i) => ({ name, prefixes: prefixes[i]!.map(formatPrefix) })), prefixes };
}

function ownPrefixes(position: number, scope: Scope, report: Report): Prefix[] {
  const texts = scope.addresses.items[position]!.prefixes ?? [];
  const prefixes: Prefix[] = [];
  texts.forEach((text, i) => {
    const prefix = parsePrefix(text);
    if (prefix === undefined) return;
    if (isNetwork(prefix)) prefixes.push(prefix);
    else report.error("HostBitsSet", `spec.addresses[${position}].prefixes[${i}]`, hostBits(prefix));
  });
  return prefixes;
}

/** The sentence for a network with host bits. */
export function hostBits(prefix: Prefix): string {
  const whole = formatPrefix(network(prefix, prefix.length));
  const host = `${formatAddress(prefix)}/${addressBits(prefix.family)}`;
  return `${formatPrefix(prefix)} has bits set behind its prefix length; write ${whole} for the network or ${host} for the address.`;
}

function memberPositions(position: number, scope: Scope, report: Report): number[] {
  const names = scope.addresses.items[position]!.members ?? [];
  const positions: number[] = [];
  names.forEach((name, i) => {
    const path = `spec.addresses[${position}].members[${i}]`;
    const member = scope.addresses.position(name);
    if (member >= 0) positions.push(member);
    else if (name === ANY) report.error("AnyMisused", path, `A set cannot contain "any"; leave the list of the policy empty instead.`);
    else report.error("UnknownAddress", path, `There is no address set "${name}" in addresses${suggestion(name, scope.addresses, report) || "."}`);
  });
  return positions;
}

/** Every position behind those that it has as members. An edge that closes a cycle is told, and then taken away. */
function depthFirst(members: number[][], cycle: (path: readonly number[], from: number) => void): number[] {
  const order: number[] = [];
  const state = new Uint8Array(members.length); // 0: not seen, 1: on the path, 2: done
  for (let root = 0; root < members.length; root++) {
    if (state[root] !== 0) continue;
    const path = [root];
    const next = [0];
    state[root] = 1;
    while (path.length > 0) {
      const node = path.at(-1)!;
      const at = next[next.length - 1]!++;
      const member = members[node]![at];
      if (member === undefined) {
        state[node] = 2;
        order.push(node);
        path.pop();
        next.pop();
      } else if (state[member] === 1) {
        cycle(path.slice(path.indexOf(member)), node);
        members[node]!.splice(at, 1);
        next[next.length - 1]!--;
      } else if (state[member] === 0) {
        state[member] = 1;
        path.push(member);
        next.push(0);
      }
    }
  }
  return order;
}

function reportCycle(cycle: readonly number[], from: number, scope: Scope, report: Report): void {
  const name = (position: number): string => scope.addresses.items[position]!.name;
  const first = name(cycle[0]!);
  const shown = cycle.length <= 6 ? cycle.map(name) : [...cycle.slice(0, 5).map(name), "..."];
  const index = (scope.addresses.items[from]!.members ?? []).indexOf(first);
  const message = `The set contains itself: ${[...shown, first].join(" > ")}; take one of them out of the other's members.`;
  report.error("AddressCycle", `spec.addresses[${from}].members[${index}]`, message);
}

/** The positions given and everything below them. */
function reachable(roots: readonly number[], members: readonly (readonly number[])[]): Set<number> {
  const seen = new Set<number>(roots);
  for (const position of seen) for (const member of members[position]!) seen.add(member);
  return seen;
}

/** Merged prefixes by position; order has members before the sets that contain them. */
function flatten(order: readonly number[], members: number[][], own: Prefix[][], report: Report): Map<number, Prefix[]> {
  const flat = new Map<number, Prefix[]>();
  let work = 0;
  for (const position of order) {
    const parts = [own[position]!, ...members[position]!.map((member) => flat.get(member)!)];
    work += parts.reduce((sum, part) => sum + part.length, 0);
    if (work > MAX_WORK) {
      const message = `With this set, the members of all sets come to more than ${MAX_WORK} prefixes; let policies name the parts instead.`;
      report.error("LimitExceeded", `spec.addresses[${position}].members`, message);
      return new Map();
    }
    flat.set(position, mergePrefixes(parts.flat()));
  }
  return flat;
}
