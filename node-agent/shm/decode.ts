// SPDX-License-Identifier: Apache-2.0
// Bytes of a shared struct, copied out of the state file, as a typed value. Driven by the generated layout; pure.
import { structs } from "./layout.gen";

export type StructName = keyof typeof structs;
type Fields<S extends StructName> = (typeof structs)[S]["fields"];

type One<T> = T extends "u64" ? bigint : T extends "char" | "u8" | "u16" | "u32" ? number
  : T extends StructName ? Decoded<T> : never;
type Value<F> = F extends { type: "char"; count: number } ? string
  : F extends { type: "u8"; count: number } ? Uint8Array
  : F extends { type: infer T; count: number } ? One<T>[]
  : F extends { type: infer T } ? One<T> : never;

/** A struct of layout.h as a value: 64-bit fields are bigints, char arrays strings, byte arrays copies. */
export type Decoded<S extends StructName> = { -readonly [K in keyof Fields<S>]: Value<Fields<S>[K]> };

interface AnyField {
  readonly offset: number;
  readonly type: string;
  readonly count?: number;
}

export function sizeOf(name: StructName): number {
  return structs[name].size;
}

/** Decodes the struct that starts at byte `at`; throws a RangeError when the bytes end before it does. */
export function decode<S extends StructName>(name: S, bytes: Uint8Array, at = 0): Decoded<S> {
  const struct = structs[name];
  if (at < 0 || at + struct.size > bytes.byteLength) throw new RangeError(`${name} does not fit into ${bytes.byteLength} bytes at ${at}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(struct.fields)) out[key] = decodeField(field, bytes, view, at + field.offset);
  return out as Decoded<S>;
}

/** Decodes a table of equal structs. */
export function decodeRows<S extends StructName>(name: S, bytes: Uint8Array): Decoded<S>[] {
  const size = sizeOf(name);
  return Array.from({ length: Math.floor(bytes.byteLength / size) }, (_, row) => decode(name, bytes, row * size));
}

function decodeField(field: AnyField, bytes: Uint8Array, view: DataView, at: number): unknown {
  if (field.count === undefined) return decodeOne(field.type, bytes, view, at);
  if (field.type === "char") return text(bytes.subarray(at, at + field.count));
  if (field.type === "u8") return bytes.slice(at, at + field.count);
  const step = width(field.type);
  return Array.from({ length: field.count }, (_, i) => decodeOne(field.type, bytes, view, at + i * step));
}

function decodeOne(type: string, bytes: Uint8Array, view: DataView, at: number): unknown {
  switch (type) {
    case "char":
    case "u8": return view.getUint8(at);
    case "u16": return view.getUint16(at, true);
    case "u32": return view.getUint32(at, true);
    case "u64": return view.getBigUint64(at, true);
    default: return decode(type as StructName, bytes, at);
  }
}

function width(type: string): number {
  const widths: Record<string, number> = { char: 1, u8: 1, u16: 2, u32: 4, u64: 8 };
  return widths[type] ?? sizeOf(type as StructName);
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("utf8");
}
