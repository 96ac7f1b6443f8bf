// SPDX-License-Identifier: Apache-2.0
// What the writers of rows share: names as numbers, addresses from text, and the next free row of a section.
import { hash as digest } from "node:crypto";
import { crc32c } from "../../program/crc32c";
import { type Address, parseAddress, parsePrefix, type Prefix } from "../../program/net";
import type { Index } from "../../program/program";
import { type Bank, EncodeError, LITTLE_ENDIAN, type SectionName } from "./bank";

const REF = { offset: 0, type: "u32" } as const;

/** fw_interface_row.name_id. */
export function interfaceNameId(name: string): number {
  return crc32c(new TextEncoder().encode(name));
}

/** Names hardly change from one program to the next, and a digest takes a microsecond. */
const nameIds = new Map<string, bigint>();
const MAX_NAME_IDS = 65_536;

/** name_id of a policy or NAT rule: the first eight bytes of the SHA-256 of the name, as they lie in memory. */
export function nameId(name: string): bigint {
  const known = nameIds.get(name);
  if (known !== undefined) return known;
  const bytes = digest("sha256", name, "buffer");
  const id = LITTLE_ENDIAN ? bytes.readBigUInt64LE(0) : bytes.readBigUInt64BE(0);
  if (nameIds.size >= MAX_NAME_IDS) nameIds.clear();
  nameIds.set(name, id);
  return id;
}

export function address(text: string): Address {
  return parseAddress(text) ?? fail(`"${text}" is no address`);
}

export function prefix(text: string): Prefix {
  return parsePrefix(text) ?? fail(`"${text}" is no prefix`);
}

export function fail(message: string): never {
  throw new EncodeError(message);
}

/** Appends to a section that other rows point into. */
export class Cursor {
  #count = 0;
  readonly #bank: Bank;
  readonly #section: SectionName;
  readonly #size: number;

  constructor(bank: Bank, section: SectionName, size: number) {
    this.#bank = bank;
    this.#section = section;
    this.#size = size;
  }

  get count(): number {
    return this.#count;
  }

  /** Offset of a fresh row. */
  next(): number {
    return this.#bank.start(this.#section) + this.#count++ * this.#size;
  }
}

/** Appends a list to the section of refs, and says how long it is. */
export function putRefs(bank: Bank, refs: Cursor, indexes: readonly Index[]): number {
  for (const index of indexes) bank.put(refs.next(), REF, index);
  return indexes.length;
}
