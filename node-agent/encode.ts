// SPDX-License-Identifier: Apache-2.0
// A node program as the bytes of one bank of the control file: struct fw_program and its sections. Pure.
import { crc32c } from "../program/crc32c";
import type { Program } from "../program/program";
import { Bank, EncodeError, type SectionSize } from "./encode/bank";
import { Cursor } from "./encode/cursor";
import { putNatDestination, putNatPools, putNatSource, putNatStatic, putSchedules } from "./encode/nat";
import {
  ACTIONS,
  RX_MODES,
  putAddressSets,
  putApplications,
  putInterfaces,
  putNeighbors,
  putPolicies,
  putPorts,
  putRoutes,
  putZones,
} from "./encode/rows";
import * as layout from "./shm/layout.gen";

export { EncodeError } from "./encode/bank";
export { interfaceNameId, nameId as policyNameId } from "./encode/cursor";

export interface Generation {
  /** fw_control_header.published once this bank is published. */
  readonly sequence: bigint;
  /** hashProgram(): lower-case hex of the SHA-256 that names the program. */
  readonly hash: string;
}

/** Throws EncodeError only for a program that the compiler would not have made. */
export function encode(program: Program, generation: Generation): Uint8Array {
  const bank = new Bank(sections(program));
  putPorts(bank, program);
  putZones(bank, program);
  putInterfaces(bank, program);
  putAddressSets(bank, program);
  putApplications(bank, program);
  const refs = new Cursor(bank, "refs", 4);
  putPolicies(bank, program, refs);
  putRoutes(bank, program);
  putNeighbors(bank, program);
  putSchedules(bank, program);
  putNatPools(bank, program);
  putNatSource(bank, program, refs);
  putNatDestination(bank, program, refs);
  putNatStatic(bank, program, refs);
  putHeader(bank, program, generation);
  return bank.bytes;
}

function sum<T>(rows: readonly T[], count: (row: T) => number): number {
  return rows.reduce((total, row) => total + count(row), 0);
}

/** Names in all lists of policies and NAT rules. */
function refCount({ policies, nat }: Program): number {
  return (
    sum(policies, (r) => r.from.length + r.to.length + r.sources.length + r.destinations.length + r.applications.length) +
    sum(nat.source, (r) => r.from.length + r.to.length + r.sources.length + r.destinations.length + r.applications.length) +
    sum(nat.destination, (r) => r.from.length + r.sources.length) +
    sum(nat.static, (r) => r.from.length)
  );
}

/** Rows of every section, in the order of struct fw_program. */
function sections(p: Program): SectionSize[] {
  const ranges = sum(p.applications, (a) => a.sourcePorts.length + a.destinationPorts.length);
  const section = (name: SectionSize["name"], count: number, size: number, limit: number): SectionSize => {
    return { name, count, size, limit };
  };
  const l = layout;
  const { pools } = p.nat;
  const addresses = sum(p.interfaces, (i) => i.addresses.length);
  const prefixes = sum(p.addressSets, (s) => s.prefixes.length);
  const hops = sum(p.routes, (r) => r.nextHops.length);
  return [
    section("ports", p.ports.length, l.fw_port_row.size, l.FW_MAX_PORTS),
    section("zones", p.zones.length, l.fw_zone_row.size, l.FW_MAX_ZONES),
    section("interfaces", p.interfaces.length, l.fw_interface_row.size, l.FW_MAX_INTERFACES),
    section("interface_addresses", addresses, l.fw_prefix_row.size, l.FW_MAX_INTERFACE_ADDRESSES),
    section("address_sets", p.addressSets.length, l.fw_address_set_row.size, l.FW_MAX_ADDRESS_SETS),
    section("prefixes", prefixes, l.fw_prefix_row.size, l.FW_MAX_PREFIXES),
    section("applications", p.applications.length, l.fw_application_row.size, l.FW_MAX_APPLICATIONS),
    section("port_ranges", ranges, l.fw_port_range_row.size, l.FW_MAX_PORT_RANGES),
    section("policies", p.policies.length, l.fw_policy_row.size, l.FW_MAX_POLICIES),
    section("refs", refCount(p), 4, l.FW_MAX_REFS),
    section("routes", p.routes.length, l.fw_route_row.size, l.FW_MAX_ROUTES),
    section("next_hops", hops, l.fw_next_hop_row.size, l.FW_MAX_NEXT_HOPS),
    section("neighbors", p.neighbors.length, l.fw_neighbor_row.size, l.FW_MAX_NEIGHBORS),
    section("schedules", p.schedules.length, l.fw_schedule_row.size, l.FW_MAX_SCHEDULES),
    section("schedule_windows", sum(p.schedules, (s) => s.windows.length), l.fw_schedule_window_row.size, l.FW_MAX_SCHEDULE_WINDOWS),
    section("nat_pools", pools.length, l.fw_nat_pool_row.size, l.FW_MAX_NAT_POOLS),
    section("nat_ranges", sum(pools, (r) => r.addresses.length), l.fw_nat_range_row.size, l.FW_MAX_NAT_RANGES),
    section("nat_subscribers", sum(pools, (r) => r.blocks?.subscribers.length ?? 0), l.fw_prefix_row.size, l.FW_MAX_NAT_SUBSCRIBERS),
    section("nat_source", p.nat.source.length, l.fw_nat_source_row.size, l.FW_MAX_NAT_SOURCE_RULES),
    section("nat_destination", p.nat.destination.length, l.fw_nat_destination_row.size, l.FW_MAX_NAT_DESTINATION_RULES),
    section("nat_static", p.nat.static.length, l.fw_nat_static_row.size, l.FW_MAX_NAT_STATIC_RULES),
  ];
}

function putHeader(bank: Bank, program: Program, generation: Generation): void {
  const f = layout.fw_program.fields;
  const { rxMode, sessions } = program.dataplane;
  if (!/^[0-9a-f]{64}$/.test(generation.hash)) throw new EncodeError(`"${generation.hash}" is no SHA-256`);
  bank.putWide(0, f.magic, layout.FW_PROGRAM_MAGIC);
  bank.put(0, f.layout_version, layout.FW_LAYOUT_VERSION);
  bank.put(0, f.header_size, layout.fw_program.size);
  bank.putWide(0, f.total_size, BigInt(bank.bytes.length));
  bank.putWide(0, f.sequence, generation.sequence);
  bank.putBytes(0, f.hash, Buffer.from(generation.hash, "hex"));
  bank.put(0, f.default_action, ACTIONS[program.defaultAction]);
  bank.put(0, f.rx_mode, RX_MODES[rxMode.mode]);
  bank.put(0, f.idle_threshold, rxMode.idleThreshold);
  bank.put(0, f.resume_threshold, rxMode.resumeThreshold);
  bank.put(0, f.sleep_timeout_us, rxMode.sleepTimeoutUs);
  bank.put(0, f.sessions_ipv4, sessions.ipv4);
  bank.put(0, f.sessions_ipv6, sessions.ipv6);
  putFlow(bank, program);
  putLimits(bank, program);
  bank.put(0, f.checksum, crc32c(bank.bytes.subarray(layout.fw_program.size)));
}

function putFlow(bank: Bank, { flow }: Program): void {
  const f = layout.fw_program.fields;
  const t = layout.fw_timeout;
  const timeout = (index: number, seconds: number): void => bank.put(index * 4, f.timeouts_s, seconds);
  timeout(t.FW_TIMEOUT_TCP_HANDSHAKE, flow.timeoutsSeconds.tcpHandshake);
  timeout(t.FW_TIMEOUT_TCP_ESTABLISHED, flow.timeoutsSeconds.tcpEstablished);
  timeout(t.FW_TIMEOUT_TCP_CLOSING, flow.timeoutsSeconds.tcpClosing);
  timeout(t.FW_TIMEOUT_TCP_TIME_WAIT, flow.timeoutsSeconds.tcpTimeWait);
  timeout(t.FW_TIMEOUT_TCP_CLOSED, flow.timeoutsSeconds.tcpClosed);
  timeout(t.FW_TIMEOUT_UDP, flow.timeoutsSeconds.udp);
  timeout(t.FW_TIMEOUT_ICMP, flow.timeoutsSeconds.icmp);
  timeout(t.FW_TIMEOUT_OTHER, flow.timeoutsSeconds.other);
  bank.put(0, f.tcp_strict_syn, flow.strictSyn ? 1 : 0);
  const strict = flow.tcpWindow === "Strict";
  bank.put(0, f.tcp_window, strict ? layout.fw_tcp_window.FW_TCP_WINDOW_STRICT : layout.fw_tcp_window.FW_TCP_WINDOW_LIBERAL);
}

function putLimits(bank: Bank, { limits }: Program): void {
  const f = layout.fw_program.fields;
  bank.put(0, f.bindings, limits.bindings);
  bank.put(0, f.fragments, limits.fragments);
  bank.put(0, f.fragments_per_source, limits.fragmentsPerSource);
  bank.put(0, f.held_packets, limits.heldPackets);
  bank.put(0, f.neighbor_limit, limits.neighbors);
  bank.put(0, f.errors_per_second, limits.errorsPerSecond);
}
