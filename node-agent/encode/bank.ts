// SPDX-License-Identifier: Apache-2.0
// One bank in the making: sections of rows, and typed writes by layout entry. Host byte order.
import { FW_MAX_BANK_SIZE, type Field, fw_program, fw_section, type Struct } from "../shm/layout.gen";
import type { Address } from "../../program/net";

/** A program that the compiler would not have made. Never the user's fault. */
export class EncodeError extends Error {
  override name = "EncodeError";
}

export type SectionName = {
  [K in keyof typeof fw_program.fields]: (typeof fw_program.fields)[K]["type"] extends "fw_section" ? K : never;
}[keyof typeof fw_program.fields];

export interface SectionSize {
  readonly name: SectionName;
  readonly count: number;
  readonly size: number;
  readonly limit: number;
}

/** Of this host. */
export const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const text = new TextEncoder();

const align = (offset: number): number => (offset + 7) & ~7;

export class Bank {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #words: Uint32Array;
  readonly #offsets = new Map<SectionName, number>();

  /** Lays out the sections in the order given, 8-byte aligned, behind the header. */
  constructor(sections: readonly SectionSize[]) {
    let end: number = fw_program.size;
    for (const s of sections) {
      if (s.count > s.limit) throw new EncodeError(`${s.name}: ${s.count} rows, at most ${s.limit} fit`);
      end = align(end);
      this.#offsets.set(s.name, end);
      end += s.count * s.size;
    }
    end = align(end);
    if (end > FW_MAX_BANK_SIZE) throw new EncodeError(`the program takes ${end} bytes, a bank has ${FW_MAX_BANK_SIZE}`);
    this.bytes = new Uint8Array(end);
    this.#view = new DataView(this.bytes.buffer);
    this.#words = new Uint32Array(this.bytes.buffer);
    for (const s of sections) {
      const at = fw_program.fields[s.name].offset;
      this.put(at, fw_section.fields.offset, this.start(s.name));
      this.put(at, fw_section.fields.count, s.count);
    }
  }

  /** Offset of a section's first row. */
  start(name: SectionName): number {
    return this.#offsets.get(name) ?? 0;
  }

  /** Offset of a row. */
  row(name: SectionName, struct: Struct, index: number): number {
    return this.start(name) + index * struct.size;
  }

  put(base: number, field: Field, value: number): void {
    const { type } = field;
    const maximum = type === "u32" ? 0xffffffff : type === "u16" ? 0xffff : type === "u8" ? 0xff : -1;
    if (value >>> 0 !== value || value > maximum) {
      throw new EncodeError(`${value} is no ${type} (byte ${base + field.offset} of the bank)`);
    }
    const at = base + field.offset;
    if (type === "u32") this.#view.setUint32(at, value, LITTLE_ENDIAN);
    else if (type === "u16") this.#view.setUint16(at, value, LITTLE_ENDIAN);
    else this.#view.setUint8(at, value);
  }

  /** put() of a u32 without looking at its entry: for rows of which there are ten thousands. */
  putWord(base: number, field: Field & { readonly type: "u32" }, value: number): void {
    if (value >>> 0 !== value) throw new EncodeError(`${value} is no u32 (byte ${base + field.offset} of the bank)`);
    this.#words[(base + field.offset) >>> 2] = value;
  }

  /** Numbers side by side, at a multiple of four. */
  putWords(at: number, values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value >>> 0 !== value) throw new EncodeError(`${value} is no u32 (byte ${at + i * 4} of the bank)`);
      this.#words[(at >>> 2) + i] = value;
    }
  }

  putWide(base: number, field: Field, value: bigint): void {
    if (field.type !== "u64" || value < 0n || value > 0xffffffffffffffffn) {
      throw new EncodeError(`${value} is no u64 (byte ${base + field.offset} of the bank)`);
    }
    this.#view.setBigUint64(base + field.offset, value, LITTLE_ENDIAN);
  }

  /** A name, padded with NUL, at least one. */
  putText(base: number, field: Field, value: string): void {
    const room = (field.count ?? 1) - 1;
    const at = base + field.offset;
    if (this.#putAscii(at, room, value)) return;
    const { read } = text.encodeInto(value, this.bytes.subarray(at, at + room));
    if (read !== value.length || value.includes("\0")) throw new EncodeError(`"${value}" is no name of ${room} bytes`);
  }

  /** Almost every name. False: something else, or too long. */
  #putAscii(at: number, room: number, value: string): boolean {
    const { length } = value;
    if (length > room) return false;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code === 0 || code > 127) return false;
      this.bytes[at + i] = code;
    }
    return true;
  }

  putBytes(base: number, field: Field, value: ArrayLike<number>): void {
    if (value.length > (field.count ?? 1)) throw new EncodeError(`${value.length} bytes in a field of ${field.count}`);
    this.bytes.set(value, base + field.offset);
  }

  /** An address in network byte order; IPv4 takes the first four of sixteen bytes. */
  putAddress(base: number, field: Field, address: Address): void {
    for (let i = 0; i < 4; i++) this.#view.setUint32(base + field.offset + 4 * i, address.words[i]!, false);
  }
}
