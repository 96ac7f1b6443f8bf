// SPDX-License-Identifier: Apache-2.0
// Writes the rows of each section. One function per table, in the order of struct fw_program.
import { parseMac, type Prefix } from "../../program/net";
import type { Action, Index, PortRow, Program, Range, RouteType, RxMode, SourceCheck } from "../../program/program";
import {
  fw_action,
  fw_address_set_row,
  fw_application_row,
  fw_interface_row,
  fw_neighbor_row,
  fw_next_hop_row,
  fw_policy_row,
  fw_port_kind,
  fw_port_range_row,
  fw_port_row,
  fw_rx_mode,
  fw_prefix_row,
  fw_route_row,
  fw_route_type,
  fw_service_values,
  fw_source_check,
  fw_zone_row,
  FW_NO_INDEX,
} from "../shm/layout.gen";
import type { Bank } from "./bank";
import { address, Cursor, fail, interfaceNameId, nameWords, prefix, putRefs } from "./cursor";

export const ACTIONS: Readonly<Record<Action, number>> = {
  Permit: fw_action.FW_ACTION_PERMIT,
  Deny: fw_action.FW_ACTION_DENY,
  Reject: fw_action.FW_ACTION_REJECT,
};

export const RX_MODES: Readonly<Record<RxMode, number>> = {
  Polling: fw_rx_mode.FW_RX_POLLING,
  Interrupt: fw_rx_mode.FW_RX_INTERRUPT,
  Adaptive: fw_rx_mode.FW_RX_ADAPTIVE,
};

const PORT_KINDS: Readonly<Record<PortRow["kind"], number>> = {
  tap: fw_port_kind.FW_PORT_TAP,
  kernelInterface: fw_port_kind.FW_PORT_KERNEL_INTERFACE,
  pci: fw_port_kind.FW_PORT_PCI,
  vdev: fw_port_kind.FW_PORT_VDEV,
  vhostUser: fw_port_kind.FW_PORT_VHOST_USER,
  virtioUser: fw_port_kind.FW_PORT_VIRTIO_USER,
};

const SOURCE_CHECKS: Readonly<Record<SourceCheck, number>> = {
  Off: fw_source_check.FW_SOURCE_OFF,
  Loose: fw_source_check.FW_SOURCE_LOOSE,
  Strict: fw_source_check.FW_SOURCE_STRICT,
};

const ROUTE_TYPES: Readonly<Record<RouteType, number>> = {
  unicast: fw_route_type.FW_ROUTE_UNICAST,
  blackhole: fw_route_type.FW_ROUTE_BLACKHOLE,
  unreachable: fw_route_type.FW_ROUTE_UNREACHABLE,
  prohibit: fw_route_type.FW_ROUTE_PROHIBIT,
};

const SERVICE_BITS = new Map(fw_service_values.map((s) => [s.name, 1n << BigInt(s.value)]));

export function putPorts(bank: Bank, program: Program): void {
  const f = fw_port_row.fields;
  program.ports.forEach((port, i) => {
    const at = bank.row("ports", fw_port_row, i);
    bank.putText(at, f.name, port.name);
    bank.putText(at, f.device, port.device);
    bank.putText(at, f.network_namespace, port.networkNamespace);
    bank.put(at, f.kind, PORT_KINDS[port.kind]);
    bank.put(at, f.mtu, port.mtu);
    bank.put(at, f.rx_mode, port.rxMode === undefined ? 0 : RX_MODES[port.rxMode]);
    bank.put(at, f.serves, port.serves === true ? 1 : 0);
  });
}

export function putZones(bank: Bank, program: Program): void {
  const f = fw_zone_row.fields;
  program.zones.forEach((zone, i) => {
    const at = bank.row("zones", fw_zone_row, i);
    bank.putText(at, f.name, zone.name);
    let bits = 0n;
    for (const s of zone.hostInbound) bits |= SERVICE_BITS.get(s) ?? fail(`"${s}" is no service`);
    bank.putWide(at, f.host_inbound, bits);
    bank.put(at, f.half_open_limit, zone.halfOpenLimit);
    bank.put(at, f.source_check, SOURCE_CHECKS[zone.sourceCheck]);
  });
}

export function putPrefix(bank: Bank, at: number, p: Prefix): void {
  const f = fw_prefix_row.fields;
  bank.putAddress(at, f.address, p);
  bank.put(at, f.family, p.family);
  bank.put(at, f.length, p.length);
}

export function putInterfaces(bank: Bank, program: Program): void {
  const f = fw_interface_row.fields;
  const addresses = new Cursor(bank, "interface_addresses", fw_prefix_row.size);
  program.interfaces.forEach((iface, i) => {
    const at = bank.row("interfaces", fw_interface_row, i);
    bank.putText(at, f.name, iface.name);
    bank.put(at, f.name_id, interfaceNameId(iface.name));
    bank.put(at, f.port, iface.port);
    bank.put(at, f.zone, iface.zone);
    bank.put(at, f.vlan, iface.vlan);
    bank.put(at, f.address_first, addresses.count);
    bank.put(at, f.address_count, iface.addresses.length);
    bank.put(at, f.vrf, iface.vrf);
    for (const text of iface.addresses) putPrefix(bank, addresses.next(), prefix(text));
  });
}

export function putAddressSets(bank: Bank, program: Program): void {
  const f = fw_address_set_row.fields;
  const prefixes = new Cursor(bank, "prefixes", fw_prefix_row.size);
  program.addressSets.forEach((set, i) => {
    const at = bank.row("address_sets", fw_address_set_row, i);
    bank.putText(at, f.name, set.name);
    bank.put(at, f.prefix_first, prefixes.count);
    bank.put(at, f.prefix_count, set.prefixes.length);
    for (const text of set.prefixes) putPrefix(bank, prefixes.next(), prefix(text));
  });
}

export function putApplications(bank: Bank, program: Program): void {
  const f = fw_application_row.fields;
  const ranges = new Cursor(bank, "port_ranges", fw_port_range_row.size);
  program.applications.forEach((app, i) => {
    const at = bank.row("applications", fw_application_row, i);
    bank.putText(at, f.name, app.name);
    bank.put(at, f.timeout_s, app.timeoutSeconds);
    bank.put(at, f.any_protocol, app.protocol === null ? 1 : 0);
    bank.put(at, f.protocol, app.protocol ?? 0);
    bank.put(at, f.source_first, ranges.count);
    bank.put(at, f.source_count, putRanges(bank, ranges, app.sourcePorts));
    bank.put(at, f.destination_first, ranges.count);
    bank.put(at, f.destination_count, putRanges(bank, ranges, app.destinationPorts));
  });
}

function putRanges(bank: Bank, cursor: Cursor, ranges: readonly Range[]): number {
  for (const [low, high] of ranges) {
    const at = cursor.next();
    bank.put(at, fw_port_range_row.fields.low, low);
    bank.put(at, fw_port_range_row.fields.high, high);
  }
  return ranges.length;
}

export function putPolicies(bank: Bank, program: Program, refs: Cursor): void {
  const f = fw_policy_row.fields;
  const list = (indexes: readonly Index[]): number => putRefs(bank, refs, indexes);
  program.policies.forEach((policy, i) => {
    const at = bank.row("policies", fw_policy_row, i);
    bank.putText(at, f.name, policy.name);
    bank.putWords(at + f.name_id.offset, nameWords(policy.name));
    bank.putWord(at, f.from_first, refs.count);
    bank.putWord(at, f.from_count, list(policy.from));
    bank.putWord(at, f.to_first, refs.count);
    bank.putWord(at, f.to_count, list(policy.to));
    bank.putWord(at, f.source_first, refs.count);
    bank.putWord(at, f.source_count, list(policy.sources));
    bank.putWord(at, f.destination_first, refs.count);
    bank.putWord(at, f.destination_count, list(policy.destinations));
    bank.putWord(at, f.application_first, refs.count);
    bank.putWord(at, f.application_count, list(policy.applications));
    bank.put(at, f.source_negated, policy.sourcesNegated ? 1 : 0);
    bank.put(at, f.destination_negated, policy.destinationsNegated ? 1 : 0);
    bank.put(at, f.action, ACTIONS[policy.action]);
    bank.putWord(at, f.schedule, policy.schedule ?? FW_NO_INDEX);
  });
}

export function putRoutes(bank: Bank, program: Program): void {
  const f = fw_route_row.fields;
  const hops = new Cursor(bank, "next_hops", fw_next_hop_row.size);
  program.routes.forEach((route, i) => {
    const at = bank.row("routes", fw_route_row, i);
    putPrefix(bank, at + f.prefix.offset, prefix(route.prefix));
    bank.put(at, f.next_hop_first, hops.count);
    bank.put(at, f.next_hop_count, route.nextHops.length);
    bank.put(at, f.vrf, route.vrf);
    bank.put(at, f.type, ROUTE_TYPES[route.type]);
    for (const hop of route.nextHops) {
      const gateway = address(hop.gateway);
      const row = hops.next();
      bank.putAddress(row, fw_next_hop_row.fields.gateway, gateway);
      bank.put(row, fw_next_hop_row.fields.interface, hop.interface);
      bank.put(row, fw_next_hop_row.fields.family, gateway.family);
    }
  });
}

export function putNeighbors(bank: Bank, program: Program): void {
  const f = fw_neighbor_row.fields;
  program.neighbors.forEach((neighbor, i) => {
    const at = bank.row("neighbors", fw_neighbor_row, i);
    const ip = address(neighbor.address);
    bank.putAddress(at, f.address, ip);
    bank.put(at, f.interface, neighbor.interface);
    bank.put(at, f.family, ip.family);
    bank.putBytes(at, f.mac, parseMac(neighbor.mac) ?? fail(`"${neighbor.mac}" is no MAC address`));
  });
}
