// SPDX-License-Identifier: Apache-2.0
// What the writers of rows share: names as numbers, addresses from text, and the next free row of a section.
import { hash as digest } from "node:crypto";
import { crc32c } from "../../program/crc32c";
import { type Address, parseAddress, parsePrefix, type Prefix } from "../../program/net";
import type { Index } from "../../program/program";
import { type Bank, EncodeError, LITTLE_ENDIAN, type SectionName } from "./bank";

/** fw_interface_row.name_id. */
export function interfaceNameId(name: string): number {
  return crc32c(new TextEncoder().encode(name));
}

/** Names hardly change from one program to the next, and a digest takes a microsecond. */
const nameIds = new Map<string, Uint32Array>();
const MAX_NAME_IDS = 65_536;

/** nameId() as the two words that lie in memory. */
export function nameWords(name: string): Uint32Array {
  const known = nameIds.get(name);
  if (known !== undefined) return known;
  const words = new Uint32Array(new Uint8Array(digest("sha256", name, "buffer").subarray(0, 8)).buffer);
  if (nameIds.size >= MAX_NAME_IDS) nameIds.clear();
  nameIds.set(name, words);
  return words;
}

/** name_id of a policy or NAT rule: the first eight bytes of the SHA-256 of the name, as they lie in memory. */
export function nameId(name: string): bigint {
  const [first, second] = nameWords(name) as unknown as [number, number];
  const [low, high] = LITTLE_ENDIAN ? [first, second] : [second, first];
  return (BigInt(high) << 32n) | BigInt(low);
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
  readonly #start: number;
  readonly #size: number;

  constructor(bank: Bank, section: SectionName, size: number) {
    this.#start = bank.start(section);
    this.#size = size;
  }

  get count(): number {
    return this.#count;
  }

  /** Offset of a fresh row, or of the first of several. */
  next(rows = 1): number {
    const at = this.#start + this.#count * this.#size;
    this.#count += rows;
    return at;
  }
}

/** Appends a list to the section of refs, and says how long it is. */
export function putRefs(bank: Bank, refs: Cursor, indexes: readonly Index[]): number {
  bank.putWords(refs.next(indexes.length), indexes);
  return indexes.length;
}
