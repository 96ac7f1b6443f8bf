// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { FakeClock } from "../kube/clock";
import { MAX_OPEN, Queries, QueryError, type Question } from "./queries";

const reasonOf = (error: unknown): string => (error instanceof QueryError ? error.reason : String(error));

describe("Queries", () => {
  let clock: FakeClock;
  let queries: Queries;
  let woken: number;
  const question = (change: Partial<Question> = {}): Question => ({ method: "GET", path: "/status", maxBytes: 1 << 20, signal: new AbortController().signal, ...change });
  const ask = (change: Partial<Question> = {}): Promise<string> => queries.ask(question(change)).then(({ status, body }) => `${status} ${body.toString()}`, reasonOf);
  const piece = (id: bigint, text: string, last: boolean, status = 200) => ({ id, status, data: Buffer.from(text), last });

  beforeEach(() => {
    [clock, woken] = [new FakeClock(), 0];
    queries = new Queries({ clock, wake: () => woken++ });
    queries.version = 1;
  });

  it("put the pieces of an answer together", async () => {
    const answer = ask({ path: "/sessions?limit=1" });
    assert.deepEqual(queries.next()?.query, { id: 1n, method: "GET", path: "/sessions?limit=1", maxBytes: 1 << 20 });
    assert.equal(woken, 1);
    assert.equal(queries.hear(piece(1n, "x".repeat(5000), false)), true);
    assert.equal(queries.hear(piece(1n, "end", true)), true);
    assert.equal(await answer, `200 ${"x".repeat(5000)}end`);
    assert.equal(clock.pending, 0);
  });

  it("are not put to an agent that is older", async () => {
    queries.version = 0;
    assert.equal(await ask(), "VersionSkew");
    assert.equal(queries.next(), undefined);
  });

  it("are bounded in number; an answered one makes room", async () => {
    const open = Array.from({ length: MAX_OPEN }, () => ask());
    assert.equal(await ask(), "TooManyQueries");
    queries.hear(piece(1n, "{}", true));
    assert.equal(await open[0], "200 {}");
    const another = ask();
    queries.close();
    assert.equal(await another, "AgentNotConnected");
    assert.deepEqual(await Promise.all(open.slice(1)), Array(MAX_OPEN - 1).fill("AgentNotConnected"));
    assert.equal(queries.next(), undefined);
  });

  it("end after a time, and tell the agent; one that was not sent yet is just dropped", async () => {
    const answer = ask();
    queries.next();
    await clock.advance(20_000);
    assert.equal(await answer, "QueryTimeout");
    assert.deepEqual(queries.next(), { queryEnd: { id: 1n } });
    const abort = new AbortController();
    const cancelled = ask({ signal: abort.signal });
    abort.abort();
    assert.equal(await cancelled, "QueryCancelled");
    assert.equal(queries.next(), undefined);
    assert.equal(await ask({ signal: abort.signal }), "QueryCancelled");
  });

  it("take no more than was asked for", async () => {
    const answer = ask({ maxBytes: 8192 });
    queries.next();
    assert.equal(queries.hear(piece(1n, "x".repeat(8000), false)), true);
    queries.hear(piece(1n, "x".repeat(200), false));
    assert.equal(await answer, "AnswerTooLarge");
    assert.deepEqual(queries.next(), { queryEnd: { id: 1n } });
  });

  it("let an answer cross with its end, but count what nobody asked for, and pieces that are too small", async () => {
    const abort = new AbortController();
    const answer = ask({ maxBytes: 8192, signal: abort.signal });
    queries.next();
    assert.equal(queries.hear(piece(1n, "tiny", false)), false);
    abort.abort();
    assert.equal(await answer, "QueryCancelled");
    assert.equal(queries.hear(piece(1n, "late", false)), true);
    assert.equal(queries.hear(piece(1n, "and more than was asked for".repeat(400), false)), false);
    assert.equal(queries.hear(piece(9n, "never asked", true)), false);
  });
});
