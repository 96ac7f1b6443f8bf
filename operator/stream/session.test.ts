// SPDX-License-Identifier: Apache-2.0
// A session against a call that is only a pair of pipes: flow control and order, step by step.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { status } from "@grpc/grpc-js";
import type { AgentMessage, OperatorMessage, Report as WireReport } from "../../program/stream.gen";
import type { Desired } from "../agents";
import { FakeClock } from "../kube/clock";
import { PIECE_BYTES, Session, type Call } from "./session";

class FakeCall extends EventEmitter {
  readonly written: OperatorMessage[] = [];
  cancelled = false;
  /** Writes that are taken before the other side is full. */
  room = Infinity;
  failure: { code: number; details: string } | undefined;

  constructor() {
    super();
    this.on("error", (error: { code: number; details: string }) => (this.failure ??= error));
  }

  write(message: OperatorMessage): boolean {
    this.written.push(message);
    return --this.room > 0;
  }

  end(): void {
    this.emit("finish");
  }
}

const program = (mark: string, size: number): Desired => ({ hash: mark.repeat(64), config: "edge", programVersion: 1, bytes: Buffer.alloc(size, mark) });
const hello: AgentMessage = { hello: { node: "n", agentVersion: "1", programVersions: [1], storedHash: "", queryVersion: 0 } };

describe("Session", () => {
  let clock: FakeClock;
  let call: FakeCall;
  let session: Session;
  let end: string | undefined;

  beforeEach(() => {
    [clock, call, end] = [new FakeClock(), new FakeCall(), undefined];
    session = new Session({ call: call as unknown as Call, node: "n", clock, onNews: () => undefined, onEnd: (code) => (end = status[code]) });
  });

  const say = (message: AgentMessage): boolean => call.emit("data", message);
  const report = (change: Partial<WireReport>): boolean =>
    say({ report: { activeHash: "", desiredHash: "", reason: "", message: "", worker: undefined, ports: [], counters: {}, drops: {}, agentVersion: "1", ...change } });
  const hashes = (): string[] => call.written.map((message) => (message.desired ?? message.program)?.hash.slice(0, 1) ?? "?");

  it("says nothing before Hello, then what is wanted, once", () => {
    session.desire(program("a", 10));
    assert.equal(call.written.length, 0);
    say(hello);
    session.desire(program("a", 10));
    assert.deepEqual(call.written.map((message) => message.desired?.size), [10n]);
  });

  it("gives up a client that never says Hello", async () => {
    await clock.advance(10_001);
    assert.deepEqual([end, call.failure?.code], ["DEADLINE_EXCEEDED", status.DEADLINE_EXCEEDED]);
    assert.equal(clock.pending, 0);
  });

  it("sends pieces in order, and the next only when the last was taken", () => {
    say(hello);
    session.desire(program("a", 3 * PIECE_BYTES + 5));
    call.room = 1;
    say({ programRequest: { hash: "a".repeat(64) } });
    assert.equal(call.written.length, 2, "one piece waits, no more");
    for (let i = 0; i < 3; i++) {
      call.room = 1;
      call.emit("drain");
    }
    const pieces = call.written.flatMap((message) => message.program ?? []);
    assert.deepEqual(pieces.map((piece) => [Number(piece.offset) / PIECE_BYTES, piece.data.length, piece.last]), [[0, PIECE_BYTES, false], [1, PIECE_BYTES, false], [2, PIECE_BYTES, false], [3, 5, true]]);
  });

  it("abandons a transfer when something newer is wanted", () => {
    say(hello);
    session.desire(program("a", 10 * PIECE_BYTES));
    call.room = 1;
    say({ programRequest: { hash: "a".repeat(64) } });
    for (let i = 0; i < 100; i++) session.desire(program(i % 2 === 0 ? "b" : "c", 100));
    call.room = Infinity;
    call.emit("drain");
    assert.deepEqual(hashes(), ["a", "a", "c"]);
  });

  it("gives up an agent that takes nothing", async () => {
    say(hello);
    call.room = 1;
    session.desire(program("a", 10));
    await clock.advance(60_001);
    assert.equal(end, "DEADLINE_EXCEEDED");
  });

  it("counts a node as stopped only by a report that came after the order", () => {
    say(hello);
    report({ reason: "NoProgram" });
    session.desire({ hash: "", config: "", programVersion: 0, bytes: Buffer.alloc(0) });
    assert.equal(session.view.stopped, false, "what was said before the order is no answer to it");
    session.desire(program("a", 10));
    report({ activeHash: "a".repeat(64), desiredHash: "a".repeat(64) });
    session.desire({ hash: "", config: "", programVersion: 0, bytes: Buffer.alloc(0) });
    assert.equal(session.view.stopped, false);
    report({ reason: "NoProgram" });
    assert.equal(session.view.stopped, true);
  });
});
