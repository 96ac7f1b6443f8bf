// SPDX-License-Identifier: Apache-2.0
// The pieces of one program, in order, bounded by the announced size. The hash of the whole is checked by who takes it.
import { MAX_PROGRAM_BYTES } from "../../program/codec";
import type { ProgramData } from "../../program/stream.gen";
import { Problem } from "../problem";

export class Assembly {
  readonly hash: string;
  readonly #size: number;
  /** One piece of memory, however many pieces it comes in; the kernel gives it as it is filled. */
  readonly #bytes: Buffer;
  #have = 0;

  /** Throws a Problem when the announced size cannot be a program. */
  constructor(hash: string, size: bigint) {
    if (size <= 0n || size > BigInt(MAX_PROGRAM_BYTES))
      throw new Problem("ProgramCorrupt", `the announced program has ${size} bytes, from 1 to ${MAX_PROGRAM_BYTES} are taken`);
    this.hash = hash;
    this.#size = Number(size);
    this.#bytes = Buffer.alloc(this.#size);
  }

  /** null: more pieces are missing. Throws a Problem on a piece that does not follow the ones before. */
  add(piece: ProgramData): Uint8Array | null {
    if (piece.offset !== BigInt(this.#have))
      throw new Problem("ProgramCorrupt", `a piece of the program starts at byte ${piece.offset}, not at ${this.#have}`);
    if (piece.data.byteLength === 0 && !piece.last) throw new Problem("ProgramCorrupt", "a piece of the program is empty");
    if (this.#have + piece.data.byteLength > this.#size) throw new Problem("ProgramCorrupt", `the program is longer than the announced ${this.#size} bytes`);
    this.#bytes.set(piece.data, this.#have);
    this.#have += piece.data.byteLength;
    if (!piece.last) return null;
    if (this.#have !== this.#size) throw new Problem("ProgramCorrupt", `the program ended after ${this.#have} of ${this.#size} bytes`);
    return this.#bytes;
  }
}
