// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import type { Answer } from "../../program/stream.gen";
import { Refusal } from "../answer";
import { Answers, PIECE_BYTES } from "./answers";

describe("answers on the stream", () => {
  let sent: Answer[];
  let answer: (method: string, path: string, signal: AbortSignal) => Promise<unknown>;
  let take: () => Promise<void>;
  let answers: Answers;
  const query = (id: bigint, change: object = {}) => ({ id, method: "GET", path: "/status", maxBytes: 1 << 20, ...change });
  const said = (id: bigint): string => Buffer.concat(sent.filter((piece) => piece.id === id).map(({ data }) => data)).toString();

  beforeEach(() => {
    sent = [];
    take = () => Promise.resolve();
    answers = new Answers({ answer: (...what) => answer(...what), send: async (piece) => { sent.push(piece); await take(); }, log: { info: () => undefined, warn: () => undefined } });
  });

  it("come in pieces, with all digits, the last one marked", async () => {
    answer = async () => ({ big: 2n ** 63n, pad: "x".repeat(PIECE_BYTES) });
    await answers.onQuery(query(1n));
    assert.deepEqual(sent.map(({ status, last, data }) => [status, last, data.length === PIECE_BYTES]), [[200, false, true], [200, true, false]]);
    assert.match(said(1n), /^\{"big":9223372036854775808,/);
  });

  it("are refused as the local socket refuses, and never half", async () => {
    answer = async () => { throw new Refusal(503, "the worker is not running"); };
    await answers.onQuery(query(1n));
    answer = async () => (async function* () { yield Buffer.alloc(600_000); yield Buffer.alloc(600_000); })();
    await answers.onQuery(query(2n));
    answer = async () => { throw new Error("something else"); };
    await answers.onQuery(query(3n));
    await answers.onQuery(query(4n, { path: "no path" }));
    assert.deepEqual(sent.map(({ status, last }) => [status, last]), [[503, true], [413, true], [500, true], [400, true]]);
    assert.equal(said(1n), '{"error":"the worker is not running"}');
  });

  it("are bounded in number, and go out one piece at a time each", async () => {
    const released: (() => void)[] = [];
    take = () => new Promise((resolve) => released.push(resolve));
    answer = async () => ({ pad: "x".repeat(3 * PIECE_BYTES) });
    const open = [1n, 2n, 3n, 4n].map((id) => answers.onQuery(query(id)));
    await new Promise((next) => setImmediate(next));
    assert.deepEqual(sent.map(({ id }) => id), [1n, 2n, 3n, 4n]);
    const fifth = answers.onQuery(query(5n));
    await new Promise((next) => setImmediate(next));
    assert.equal(sent.at(-1)?.status, 429);
    take = () => Promise.resolve();
    for (const release of released) release();
    await Promise.all([...open, fifth]);
    assert.equal(sent.filter(({ last }) => last).length, 5);
  });

  it("stop when nobody waits any more, or the stream ends", async () => {
    for (const stop of [() => answers.onEnd(1n), () => answers.close()]) {
      sent = [];
      take = async () => stop();
      answer = async () => ({ pad: "x".repeat(9 * PIECE_BYTES) });
      await answers.onQuery(query(1n));
      assert.equal(sent.length, 1);
      let aborted: AbortSignal | undefined;
      answer = (_method, _path, signal) => { aborted = signal; stop(); return Promise.resolve({}); };
      await answers.onQuery(query(1n));
      assert.deepEqual([aborted?.aborted, sent.length], [true, 1]);
    }
  });
});
