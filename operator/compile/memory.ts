// SPDX-License-Identifier: Apache-2.0
// How much memory a worker needs at least, by the sizes of the layout.
import * as layout from "../../program/limits";

/** What DPDK needs for packet buffers, rings and lookup tables, whatever the configuration. */
const MIN_BUFFERS = 64 * 2 ** 20;

/** Every part of the state file starts on a multiple of this. */
const PART_ALIGN = 4096;

const roundUp = (bytes: number, unit: number): number => Math.ceil(bytes / unit) * unit;

/** Bytes of the state file, in whole pages, and of everything else. */
export function memoryNeeded(sessions: { ipv4: number; ipv6: number }, bindings: number, page: number): { state: number; buffers: number } {
  const parts = [
    layout.fw_state_header.size,
    layout.fw_worker_status.size,
    layout.fw_counters.size * layout.FW_MAX_CORES,
    layout.fw_table_status.size * layout.FW_MAX_CORES * layout.fw_table.FW_TABLE_COUNT,
    layout.fw_port_status.size * layout.FW_MAX_CORES * layout.FW_MAX_PORTS,
    layout.fw_interface_status.size * layout.FW_MAX_CORES * layout.FW_MAX_INTERFACES,
    layout.fw_policy_counters.size * layout.FW_MAX_CORES * layout.FW_MAX_POLICIES,
    layout.fw_session4.size * sessions.ipv4,
    layout.fw_session6.size * sessions.ipv6,
    layout.fw_binding.size * bindings,
  ];
  const state = parts.reduce((sum, size) => sum + roundUp(size, PART_ALIGN), 0);
  return { state: roundUp(state, page), buffers: roundUp(MIN_BUFFERS, page) };
}

/** "37Mi", or "2Gi" where it is a whole number of those; rounded up. */
export function mebibytes(bytes: number): string {
  const mi = Math.ceil(bytes / 2 ** 20);
  return mi % 1024 === 0 && mi > 0 ? `${mi / 1024}Gi` : `${mi}Mi`;
}
