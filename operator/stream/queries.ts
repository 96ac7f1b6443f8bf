// SPDX-License-Identifier: Apache-2.0
// What people ask one agent, over its stream. Everything is bounded: how many questions are open, how long an answer may
// take and how large it may be; so an agent that never answers, or answers without an end, costs a known amount.
import type { Answer, OperatorMessage } from "../../program/stream.gen";
import type { Clock } from "../kube/clock";

export type QueryReason = "NotLeader" | "NodeUnknown" | "AgentNotConnected" | "VersionSkew" | "TooManyQueries" | "QueryTimeout" | "AnswerTooLarge" | "QueryCancelled";

/** There is no answer; the message is one sentence for people. */
export class QueryError extends Error {
  override readonly name = "QueryError";
  readonly reason: QueryReason;
  constructor(reason: QueryReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface Question {
  method: "GET" | "POST";
  /** Path and parameters, as on the agent's local socket. */
  path: string;
  /** The answer may have so many bytes. */
  maxBytes: number;
  /** Aborted when nobody waits any more. */
  signal: AbortSignal;
}

export interface Reply {
  /** As of HTTP. */
  status: number;
  body: Buffer;
}

export interface QueriesOptions {
  clock: Clock;
  /** There is something to send. */
  wake: () => void;
  timeoutMs?: number;
}

interface Open {
  question: Question;
  pieces: Buffer[];
  bytes: number;
  settle: (outcome: Reply | QueryError) => void;
}

export const MAX_OPEN = 4;
const TIMEOUT_MS = 20_000;
/** Smaller pieces than that, but for the last one, count as messages that were not asked for. */
const SMALLEST_PIECE = 4096;
const MAX_CROSSING = 256;

export class Queries {
  readonly #o: QueriesOptions & { timeoutMs: number };
  readonly #open = new Map<bigint, Open>();
  /** Bytes that may still come of answers that nobody waits for: they cross with their end. */
  readonly #crossing = new Map<bigint, number>();
  #outbox: OperatorMessage[] = [];
  #last = 0n;
  /** What the agent said in Hello; 0: it knows no queries. */
  version = 0;

  constructor(options: QueriesOptions) {
    this.#o = { timeoutMs: TIMEOUT_MS, ...options };
  }

  /** Rejects with a QueryError only. */
  async ask(question: Question): Promise<Reply> {
    const { signal, method, path, maxBytes } = question;
    if (this.version === 0) throw new QueryError("VersionSkew", "the agent of this node is older than the operator and cannot be asked: upgrade the agent");
    if (this.#open.size >= MAX_OPEN) throw new QueryError("TooManyQueries", `${MAX_OPEN} questions to this node are open: ask again when they are answered`);
    if (signal.aborted) throw new QueryError("QueryCancelled", "nobody waits for the answer");
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const settle = (outcome: Reply | QueryError): void => {
        if (!this.#open.delete(id)) return;
        cancelTimeout();
        signal.removeEventListener("abort", abandon);
        if (outcome instanceof QueryError) reject(outcome);
        else resolve(outcome);
      };
      const cancelTimeout = this.#o.clock.after(this.#o.timeoutMs, () => this.#abandon(id, new QueryError("QueryTimeout", `the agent gave no whole answer within ${this.#o.timeoutMs / 1000} seconds`)));
      const abandon = (): void => this.#abandon(id, new QueryError("QueryCancelled", "nobody waits for the answer"));
      signal.addEventListener("abort", abandon, { once: true });
      this.#open.set(id, { question, pieces: [], bytes: 0, settle });
      this.#outbox.push({ query: { id, method, path, maxBytes } });
      this.#o.wake();
    });
  }

  /** The next message for the agent. */
  next(): OperatorMessage | undefined {
    return this.#outbox.shift();
  }

  /** True: a piece that was asked for. False: it is not, or is too small to come so. */
  hear({ id, status, data, last }: Answer): boolean {
    const open = this.#open.get(id);
    if (open === undefined) return this.#crosses(id, data.length);
    open.bytes += data.length;
    if (open.bytes > open.question.maxBytes) {
      this.#abandon(id, new QueryError("AnswerTooLarge", `the answer has more than ${open.question.maxBytes} bytes`));
      return false;
    }
    open.pieces.push(data);
    if (last) open.settle({ status, body: Buffer.concat(open.pieces) });
    return last || data.length >= SMALLEST_PIECE;
  }

  #crosses(id: bigint, bytes: number): boolean {
    const left = (this.#crossing.get(id) ?? 0) - Math.max(bytes, SMALLEST_PIECE);
    if (left < 0) return false;
    this.#crossing.set(id, left);
    return true;
  }

  /** The stream is over. */
  close(): void {
    this.#outbox = [];
    for (const { settle } of [...this.#open.values()]) settle(new QueryError("AgentNotConnected", "the agent's stream ended before it had answered: ask again"));
  }

  /** Tells the agent to stop, unless it has not been asked yet. */
  #abandon(id: bigint, why: QueryError): void {
    const waiting = this.#outbox.findIndex(({ query }) => query?.id === id);
    if (waiting >= 0) this.#outbox.splice(waiting, 1);
    else this.#outbox.push({ queryEnd: { id } });
    const open = this.#open.get(id);
    if (waiting < 0 && open !== undefined) this.#crossing.set(id, open.question.maxBytes - open.bytes);
    if (this.#crossing.size > MAX_CROSSING) this.#crossing.delete(this.#crossing.keys().next().value as bigint);
    open?.settle(why);
    this.#o.wake();
  }
}
