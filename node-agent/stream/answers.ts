// SPDX-License-Identifier: Apache-2.0
// Questions of people that come by the operator's stream, answered like those of the local socket.
//
// An answer is whole in memory before its first piece leaves, so that a refusal is never half an answer, and its size is
// bounded. Each open answer has one piece on its way at a time: a report waits for four pieces at most.
import type { Answer, Query } from "../../program/stream.gen";
import { Refusal, Text } from "../answer";
import { exactLine } from "../json";
import type { Log } from "../log";

/** Told in Hello. */
export const QUERY_VERSION = 1;
export const PIECE_BYTES = 64 * 1024;
const MAX_OPEN = 4;
const MAX_PATH = 4096;
/** More is never held for one answer, whatever was asked for. */
const MAX_BYTES = 16 * 1024 * 1024;

export interface AnswersOptions {
  answer(method: string, path: string, signal: AbortSignal): Promise<unknown>;
  /** Resolves when the stream took the piece, or is over. */
  send(answer: Answer): Promise<void>;
  log: Pick<Log, "info" | "warn">;
}

export class Answers {
  readonly #o: AnswersOptions;
  readonly #open = new Map<bigint, AbortController>();

  constructor(options: AnswersOptions) {
    this.#o = options;
  }

  /** Never throws. */
  async onQuery(query: Query): Promise<void> {
    const { id, method, path, maxBytes } = query;
    if (this.#open.has(id)) return;
    const abort = new AbortController();
    const tooMany = this.#open.size >= MAX_OPEN;
    this.#open.set(id, abort);
    try {
      const { status, data } = tooMany ? refusal(429, `${MAX_OPEN} questions are being answered: ask again`) : await this.#answer(method, path, Math.min(maxBytes, MAX_BYTES), abort.signal);
      for (let at = 0; !abort.signal.aborted && (at === 0 || at < data.length); at += PIECE_BYTES) {
        await this.#o.send({ id, status, data: data.subarray(at, at + PIECE_BYTES), last: at + PIECE_BYTES >= data.length });
      }
    } finally {
      this.#open.delete(id);
    }
  }

  onEnd(id: bigint): void {
    this.#open.get(id)?.abort();
  }

  /** The stream is over. */
  close(): void {
    for (const abort of this.#open.values()) abort.abort();
  }

  async #answer(method: string, path: string, maxBytes: number, signal: AbortSignal): Promise<{ status: number; data: Buffer }> {
    try {
      if (path.length > MAX_PATH || !path.startsWith("/")) throw new Refusal(400, "the question is not of its form");
      if (method !== "GET") this.#o.log.info({ method, path }, "asked by the operator");
      const data = await bytesOf(await this.#o.answer(method, path, signal), maxBytes);
      return { status: 200, data };
    } catch (error) {
      if (!(error instanceof Refusal) && !signal.aborted) this.#o.log.warn({ path, err: error }, "a question of the operator could not be answered");
      return refusal(error instanceof Refusal ? error.status : 500, (error as Error).message);
    }
  }
}

const refusal = (status: number, message: string): { status: number; data: Buffer } => ({ status, data: Buffer.from(JSON.stringify({ error: message })) });

async function bytesOf(value: unknown, maxBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  const take = (piece: Uint8Array): void => {
    bytes += piece.length;
    if (bytes > maxBytes) throw new Refusal(413, `the answer has more than ${maxBytes} bytes: ask for less`);
    pieces.push(piece);
  };
  if (isPieces(value)) for await (const piece of value) take(piece);
  else take(Buffer.from(value instanceof Text ? value.text : exactLine(value)));
  return Buffer.concat(pieces);
}

const isPieces = (value: unknown): value is AsyncIterable<Uint8Array> => typeof value === "object" && value !== null && Symbol.asyncIterator in value;
