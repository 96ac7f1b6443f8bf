// SPDX-License-Identifier: Apache-2.0
// For tests only: every scalar of a bank by path, to read and to corrupt.
import { crc32c } from "../../program/crc32c";
import { type Field, fw_program, type Struct, structs } from "../shm/layout.gen";
import { LITTLE_ENDIAN } from "./bank";

const STRUCTS: Readonly<Record<string, Struct>> = structs;
export const SCALAR_SIZES: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4, u64: 8, char: 1 };

/** The struct of a section's rows. */
const ROWS: Readonly<Record<string, string>> = {
  ports: "fw_port_row",
  zones: "fw_zone_row",
  interfaces: "fw_interface_row",
  interface_addresses: "fw_prefix_row",
  address_sets: "fw_address_set_row",
  prefixes: "fw_prefix_row",
  applications: "fw_application_row",
  port_ranges: "fw_port_range_row",
  policies: "fw_policy_row",
  routes: "fw_route_row",
  next_hops: "fw_next_hop_row",
  neighbors: "fw_neighbor_row",
  schedules: "fw_schedule_row",
  schedule_windows: "fw_schedule_window_row",
  nat_pools: "fw_nat_pool_row",
  nat_ranges: "fw_nat_range_row",
  nat_subscribers: "fw_prefix_row",
  nat_source: "fw_nat_source_row",
  nat_destination: "fw_nat_destination_row",
  nat_static: "fw_nat_static_row",
};

export interface Place {
  /** "policies[3].from_first", "program.ports.count", "refs[7]". */
  readonly path: string;
  /** "policies.from_first": without indexes. */
  readonly kind: string;
  readonly at: number;
  readonly type: string;
  /** Index in an array field; 0 for a plain one. */
  readonly element: number;
}

/** Every scalar of a struct in order, as the generated offsets say. */
export function* scalars(path: string, struct: Struct, at: number): Generator<Place> {
  for (const [name, field] of Object.entries(struct.fields) as [string, Field][]) {
    const inner = STRUCTS[field.type];
    const size = inner?.size ?? SCALAR_SIZES[field.type]!;
    for (let i = 0; i < (field.count ?? 1); i++) {
      const label = `${path}.${name}${field.count === undefined ? "" : `[${i}]`}`;
      const place = at + field.offset + i * size;
      if (inner !== undefined) yield* scalars(label, inner, place);
      else yield { path: label, kind: label.replaceAll(/\[[0-9]+\]/g, ""), at: place, type: field.type, element: i };
    }
  }
}

/** Every scalar of the header and of all rows. */
export function* places(bank: Uint8Array): Generator<Place> {
  yield* scalars("program", fw_program, 0);
  for (const [section, name] of Object.entries(ROWS)) {
    const struct = STRUCTS[name]!;
    const { offset, count } = sectionOf(bank, section);
    for (let i = 0; i < count; i++) yield* scalars(`${section}[${i}]`, struct, offset + i * struct.size);
  }
  const refs = sectionOf(bank, "refs");
  for (let i = 0; i < refs.count; i++) yield { path: `refs[${i}]`, kind: "refs", at: refs.offset + 4 * i, type: "u32", element: 0 };
}

export function sectionOf(bank: Uint8Array, section: string): { offset: number; count: number } {
  const { offset } = fw_program.fields[section as keyof typeof fw_program.fields];
  return { offset: Number(readScalar(bank, offset, "u32")), count: Number(readScalar(bank, offset + 4, "u32")) };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

export function readScalar(bytes: Uint8Array, at: number, type: string): bigint {
  const view = viewOf(bytes);
  if (type === "u64") return view.getBigUint64(at, LITTLE_ENDIAN);
  if (type === "u32") return BigInt(view.getUint32(at, LITTLE_ENDIAN));
  return BigInt(type === "u16" ? view.getUint16(at, LITTLE_ENDIAN) : view.getUint8(at));
}

/** Writes the low bits of a value. */
export function writeScalar(bytes: Uint8Array, at: number, type: string, value: bigint): void {
  const view = viewOf(bytes);
  if (type === "u64") view.setBigUint64(at, BigInt.asUintN(64, value), LITTLE_ENDIAN);
  else if (type === "u32") view.setUint32(at, Number(BigInt.asUintN(32, value)), LITTLE_ENDIAN);
  else if (type === "u16") view.setUint16(at, Number(BigInt.asUintN(16, value)), LITTLE_ENDIAN);
  else view.setUint8(at, Number(BigInt.asUintN(8, value)));
}

/** Makes the checksum right again. */
export function sign(bank: Uint8Array): void {
  writeScalar(bank, fw_program.fields.checksum.offset, "u32", BigInt(crc32c(bank.subarray(fw_program.size))));
}
