// SPDX-License-Identifier: Apache-2.0
// One agent's stream: what it is told, as fast as it takes it, and what it last said.
//
// Nothing queues here. There is one wanted program and at most one transfer; a newer one replaces it, a slow agent
// holds one piece. Of reports only the newest is kept; of questions to the agent a few are open (queries.ts). A transfer waits
// for its turn among those of other nodes.
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import type { AgentMessage, OperatorMessage } from "../../program/stream.gen";
import type { AgentView, Desired } from "../agents";
import type { Clock } from "../kube/clock";
import { Queries, type Question, type Reply } from "./queries";
import { checkHello, checkReport, InvalidMessageError, kindOf, type Report } from "./report";
import { Turns } from "./turns";

export type Call = ServerDuplexStream<AgentMessage, OperatorMessage>;

export interface SessionOptions {
  call: Call;
  node: string;
  clock: Clock;
  /** Something about the node is news: it connected, reported or left. */
  onNews: () => void;
  onEnd: (code: status, why: string) => void;
  /** The last byte of a program was handed over. */
  onSent?: (bytes: number) => void;
  /** What the stream before this one said last. */
  last?: AgentView | undefined;
  helloMs?: number;
  stuckMs?: number;
  /** Of transfers, shared with the other streams; default: one of its own. */
  turns?: Turns;
}

export const PIECE_BYTES = 256 * 1024;
const WINDOW_MS = 10_000;
const MAX_IN_WINDOW = 50;

export class Session {
  readonly node: string;
  /** Stops the next review of the token; called at the end. */
  cancelRecheck: () => void = () => undefined;
  readonly #o: SessionOptions;
  readonly #queries: Queries;
  #desired: Desired | undefined;
  /** Not told yet. */
  #news = false;
  #transfer: { of: Desired; offset: number } | undefined;
  #endTurn: () => void = () => undefined;
  /** The last piece was handed over. */
  #sent = false;
  readonly #turns: Turns;
  #writing = false;
  #greeted = false;
  #ended = false;
  #report: Report | undefined;
  #reportedAt = -Infinity;
  #reportedWall = 0;
  /** Reports since the agent was told what is wanted now. */
  #answers = 0;
  #window = { since: 0, messages: 0 };
  #cancelHello: () => void;
  #cancelStuck: () => void = () => undefined;

  constructor(options: SessionOptions) {
    this.#o = options;
    this.node = options.node;
    this.#turns = options.turns ?? new Turns(1);
    this.#queries = new Queries({ clock: options.clock, wake: () => this.#pump() });
    if (options.last !== undefined) ({ report: this.#report, reportedAt: this.#reportedAt, reportedWall: this.#reportedWall } = options.last);
    this.#cancelHello = options.clock.after(options.helloMs ?? 10_000, () => this.end(status.DEADLINE_EXCEEDED, "no Hello came"));
    const { call } = options;
    call.on("data", (message: AgentMessage) => this.#receive(message));
    call.on("end", () => this.end(status.OK, "the agent ended the stream"));
    call.on("cancelled", () => this.end(status.CANCELLED, "the stream broke"));
    call.on("error", () => this.end(status.CANCELLED, "the stream broke"));
    call.on("drain", () => this.#drained());
  }

  get ended(): boolean {
    return this.#ended;
  }

  get view(): AgentView {
    const stopped = this.#report !== undefined && this.#desired?.hash === "" && this.#answers > 0 && runsNothing(this.#report);
    return { connected: !this.#ended && this.#greeted, report: this.#report, reportedAt: this.#reportedAt, reportedWall: this.#reportedWall, stopped };
  }

  desire(desired: Desired): void {
    if (this.#desired?.hash === desired.hash && this.#desired.config === desired.config) return;
    this.#desired = desired;
    this.#news = true;
    this.#stopTransfer();
    this.#answers = 0;
    this.#pump();
  }

  /** Rejects with a QueryError. */
  async ask(question: Question): Promise<Reply> {
    return this.#queries.ask(question);
  }

  end(code: status, why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelHello();
    this.#cancelStuck();
    this.cancelRecheck();
    this.#stopTransfer();
    this.#queries.close();
    const { call } = this.#o;
    if (code === status.OK) call.end();
    else if (!call.cancelled) call.emit("error", { code, details: why });
    this.#o.onEnd(code, why);
    this.#o.onNews();
  }

  #receive(message: AgentMessage): void {
    if (this.#ended) return;
    try {
      if (message.answer !== undefined && this.#queries.hear(message.answer)) return;
      this.#countMessage();
      if (this.#ended) return;
      if (!this.#greeted) this.#greet(message);
      else this.#hear(message);
    } catch (error) {
      if (!(error instanceof InvalidMessageError)) throw error;
      this.end(status.INVALID_ARGUMENT, error.message);
    }
  }

  #greet(message: AgentMessage): void {
    this.#queries.version = checkHello(message.hello, this.node).queryVersion;
    this.#greeted = true;
    this.#cancelHello();
    this.#o.onNews();
    this.#pump();
  }

  #hear(message: AgentMessage): void {
    const kind = kindOf(message);
    if (kind === "report" && message.report !== undefined) {
      this.#report = checkReport(message.report);
      if (!this.#news) this.#answers++;
      this.#reportedAt = this.#o.clock.now();
      this.#reportedWall = this.#o.clock.wall();
      this.#o.onNews();
    } else if (kind === "programRequest" && message.programRequest !== undefined) {
      this.#request(message.programRequest.hash);
    } else if (kind !== "answer") throw new InvalidMessageError(kind === "hello" ? "Hello came twice" : "the message is empty or of an unknown kind");
  }

  /** Only what this node shall run is given out; a request for something older crossed with news. */
  #request(hash: string): void {
    const of = this.#desired;
    if (of === undefined || hash === "" || hash !== of.hash) return;
    this.#stopTransfer();
    this.#endTurn = this.#turns.ask((end) => {
      this.#endTurn = end;
      this.#transfer = { of, offset: 0 };
      this.#pump();
    });
  }

  #stopTransfer(): void {
    this.#transfer = undefined;
    this.#sent = false;
    this.#endTurn();
  }

  /** The turn ends when the peer took the last piece. */
  #endSent(): void {
    if (this.#sent) this.#stopTransfer();
  }

  #countMessage(): void {
    const now = this.#o.clock.now();
    if (now - this.#window.since > WINDOW_MS) this.#window = { since: now, messages: 0 };
    if (++this.#window.messages > MAX_IN_WINDOW) this.end(status.RESOURCE_EXHAUSTED, `more than ${MAX_IN_WINDOW} messages in ${WINDOW_MS / 1000} seconds`);
  }

  #pump(): void {
    while (!this.#ended && this.#greeted && !this.#writing) {
      const message = this.#next();
      if (message === undefined) return;
      if (!this.#o.call.write(message)) this.#hold();
      else this.#endSent();
    }
  }

  #hold(): void {
    this.#writing = true;
    const stuckMs = this.#o.stuckMs ?? 60_000;
    this.#cancelStuck = this.#o.clock.after(stuckMs, () => this.end(status.DEADLINE_EXCEEDED, `the agent took nothing for ${stuckMs} ms`));
  }

  #drained(): void {
    this.#writing = false;
    this.#cancelStuck();
    this.#endSent();
    this.#pump();
  }

  #next(): OperatorMessage | undefined {
    const desired = this.#desired;
    if (desired !== undefined && this.#news) {
      this.#news = false;
      return { desired: { hash: desired.hash, config: desired.config, programVersion: desired.programVersion, size: BigInt(desired.bytes.length) } };
    }
    const question = this.#queries.next();
    if (question !== undefined) return question;
    return this.#transfer === undefined ? undefined : this.#piece(this.#transfer);
  }

  #piece(transfer: { of: Desired; offset: number }): OperatorMessage {
    const { of, offset } = transfer;
    const { buffer, byteOffset, length } = of.bytes;
    const size = Math.min(PIECE_BYTES, length - offset);
    const last = offset + size >= length;
    transfer.offset += size;
    if (last) {
      this.#transfer = undefined;
      this.#sent = true;
      this.#o.onSent?.(length);
    }
    return { program: { hash: of.hash, offset: BigInt(offset), data: Buffer.from(buffer, byteOffset + offset, size), last } };
  }
}

const runsNothing = (report: Report): boolean =>
  report.activeHash === "" && report.desiredHash === "" && report.worker?.phase !== "Forwarding";
