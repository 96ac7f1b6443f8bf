// SPDX-License-Identifier: Apache-2.0
// Writes the rows of schedules and NAT. One function per table, in the order of struct fw_program.
import type { Index, NatSourceRow, Program } from "../../program/program";
import {
  FW_NO_INDEX,
  fw_nat_destination_row,
  fw_nat_filtering,
  fw_nat_pool_row,
  fw_nat_range_row,
  fw_nat_source_action,
  fw_nat_source_row,
  fw_nat_static_row,
  fw_prefix_row,
  fw_schedule_row,
  fw_schedule_window_row,
} from "../shm/layout.gen";
import type { Bank } from "./bank";
import { address, Cursor, nameId, prefix, putRefs } from "./cursor";
import { putPrefix } from "./rows";

const ACTIONS: Readonly<Record<NatSourceRow["kind"], number>> = {
  off: fw_nat_source_action.FW_NAT_OFF,
  interface: fw_nat_source_action.FW_NAT_INTERFACE,
  pool: fw_nat_source_action.FW_NAT_POOL,
};

const FILTERINGS = {
  AddressAndPort: fw_nat_filtering.FW_NAT_FILTER_ADDRESS_PORT,
  EndpointIndependent: fw_nat_filtering.FW_NAT_FILTER_ENDPOINT_INDEPENDENT,
} as const;

export function putSchedules(bank: Bank, program: Program): void {
  const f = fw_schedule_row.fields;
  const w = fw_schedule_window_row.fields;
  const windows = new Cursor(bank, "schedule_windows", fw_schedule_window_row.size);
  program.schedules.forEach((schedule, i) => {
    const at = bank.row("schedules", fw_schedule_row, i);
    bank.putText(at, f.name, schedule.name);
    bank.putText(at, f.time_zone, schedule.timeZone);
    bank.put(at, f.window_first, windows.count);
    bank.put(at, f.window_count, schedule.windows.length);
    for (const window of schedule.windows) {
      const row = windows.next();
      bank.put(row, w.start_minute, window.startMinute);
      bank.put(row, w.end_minute, window.endMinute);
      bank.put(row, w.days, window.days.reduce((bits, day) => bits | (1 << day), 0));
    }
  });
}

/** Four bytes of an IPv4 address. */
function ipv4(text: string): number[] {
  const [word] = address(text).words;
  return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
}

export function putNatPools(bank: Bank, program: Program): void {
  const f = fw_nat_pool_row.fields;
  const ranges = new Cursor(bank, "nat_ranges", fw_nat_range_row.size);
  const subscribers = new Cursor(bank, "nat_subscribers", fw_prefix_row.size);
  program.nat.pools.forEach((pool, i) => {
    const at = bank.row("nat_pools", fw_nat_pool_row, i);
    bank.putText(at, f.name, pool.name);
    bank.putWide(at, f.name_id, nameId(pool.name));
    bank.put(at, f.range_first, ranges.count);
    bank.put(at, f.range_count, pool.addresses.length);
    for (const [low, high] of pool.addresses) {
      const row = ranges.next();
      bank.putBytes(row, fw_nat_range_row.fields.low, ipv4(low));
      bank.putBytes(row, fw_nat_range_row.fields.high, ipv4(high));
    }
    bank.put(at, f.subscriber_first, subscribers.count);
    bank.put(at, f.subscriber_count, pool.blocks?.subscribers.length ?? 0);
    for (const text of pool.blocks?.subscribers ?? []) putPrefix(bank, subscribers.next(), prefix(text));
    bank.put(at, f.block_size, pool.blocks?.size ?? 0);
    bank.put(at, f.port_low, pool.ports[0]);
    bank.put(at, f.port_high, pool.ports[1]);
    bank.put(at, f.address_persistent, pool.addressPersistent ? 1 : 0);
  });
}

export function putNatSource(bank: Bank, program: Program, refs: Cursor): void {
  const f = fw_nat_source_row.fields;
  const list = (indexes: readonly Index[]): number => putRefs(bank, refs, indexes);
  program.nat.source.forEach((rule, i) => {
    const at = bank.row("nat_source", fw_nat_source_row, i);
    bank.putText(at, f.name, rule.name);
    bank.putWide(at, f.name_id, nameId(rule.name));
    bank.put(at, f.from_first, refs.count);
    bank.put(at, f.from_count, list(rule.from));
    bank.put(at, f.to_first, refs.count);
    bank.put(at, f.to_count, list(rule.to));
    bank.put(at, f.source_first, refs.count);
    bank.put(at, f.source_count, list(rule.sources));
    bank.put(at, f.destination_first, refs.count);
    bank.put(at, f.destination_count, list(rule.destinations));
    bank.put(at, f.application_first, refs.count);
    bank.put(at, f.application_count, list(rule.applications));
    bank.put(at, f.pool, rule.pool ?? FW_NO_INDEX);
    bank.put(at, f.binding_timeout_s, rule.persistent?.timeoutSeconds ?? 0);
    bank.put(at, f.port_low, rule.ports[0]);
    bank.put(at, f.port_high, rule.ports[1]);
    bank.put(at, f.action, ACTIONS[rule.kind]);
    bank.put(at, f.persistent, rule.persistent === null ? 0 : 1);
    bank.put(at, f.filtering, rule.persistent === null ? 0 : FILTERINGS[rule.persistent.filtering]);
  });
}

export function putNatDestination(bank: Bank, program: Program, refs: Cursor): void {
  const f = fw_nat_destination_row.fields;
  program.nat.destination.forEach((rule, i) => {
    const at = bank.row("nat_destination", fw_nat_destination_row, i);
    bank.putText(at, f.name, rule.name);
    bank.putWide(at, f.name_id, nameId(rule.name));
    bank.put(at, f.from_first, refs.count);
    bank.put(at, f.from_count, putRefs(bank, refs, rule.from));
    bank.put(at, f.source_first, refs.count);
    bank.put(at, f.source_count, putRefs(bank, refs, rule.sources));
    bank.putBytes(at, f.low, ipv4(rule.addresses[0]));
    bank.putBytes(at, f.high, ipv4(rule.addresses[1]));
    bank.putBytes(at, f.to, ipv4(rule.to.address));
    bank.put(at, f.port_low, rule.ports?.[0] ?? 0);
    bank.put(at, f.port_high, rule.ports?.[1] ?? 0);
    bank.put(at, f.to_port, rule.to.port ?? 0);
    bank.put(at, f.protocol, rule.protocol ?? 0);
    bank.put(at, f.to_single, rule.to.single ? 1 : 0);
  });
}

export function putNatStatic(bank: Bank, program: Program, refs: Cursor): void {
  const f = fw_nat_static_row.fields;
  program.nat.static.forEach((rule, i) => {
    const at = bank.row("nat_static", fw_nat_static_row, i);
    bank.putText(at, f.name, rule.name);
    bank.putWide(at, f.name_id, nameId(rule.name));
    bank.put(at, f.from_first, refs.count);
    bank.put(at, f.from_count, putRefs(bank, refs, rule.from));
    bank.putBytes(at, f.external, ipv4(rule.external));
    bank.putBytes(at, f.internal, ipv4(rule.internal));
    bank.put(at, f.count, rule.count);
  });
}
