// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { FakeClock, settle } from "./clock";
import { ApiError } from "./errors";
import { WorkQueue } from "./queue";

describe("WorkQueue", () => {
  let clock: FakeClock;
  let stop: AbortController;
  let handled: string[];

  beforeEach(() => {
    clock = new FakeClock();
    stop = new AbortController();
    handled = [];
  });

  function queue(handle: (key: string) => Promise<number | undefined>, workers = 4): { queue: WorkQueue; ended: Promise<void> } {
    const made = new WorkQueue({ clock, random: () => 1, workers, handle: (key) => (handled.push(key), handle(key)) });
    return { queue: made, ended: made.run(stop.signal) };
  }

  it("handles a key once, however often it is added before", async () => {
    const { queue: q, ended } = queue(async () => undefined, 1);
    for (const key of ["a", "b", "a", "a"]) q.add(key);
    await settle();
    assert.deepEqual(handled, ["a", "b"]);
    stop.abort();
    await ended;
  });

  it("never handles one key twice at a time, and once more when it was added meanwhile", async () => {
    let release = (): void => undefined;
    const { queue: q, ended } = queue((key) => (key === "a" && handled.length === 1 ? new Promise((resolve) => (release = () => resolve(undefined))) : Promise.resolve(undefined)));
    q.add("a");
    await settle();
    q.add("a");
    q.add("a");
    q.add("b");
    await settle();
    assert.deepEqual(handled, ["a", "b"]);
    release();
    await settle();
    assert.deepEqual(handled, ["a", "b", "a"]);
    stop.abort();
    await ended;
  });

  it("waits longer after each failure of a key, and forgets that after a success", async () => {
    let fail = true;
    const { queue: q, ended } = queue(async () => {
      if (fail) throw new Error("no");
      return undefined;
    });
    q.add("a");
    const waits: number[] = [];
    for (let last = 0; waits.length < 4; ) {
      await clock.advance(1);
      if (handled.length > waits.length + 1) {
        waits.push(clock.now() - last);
        last = clock.now();
      }
    }
    assert.ok(waits.every((wait, i) => i === 0 || Math.abs(wait / (waits[i - 1] ?? 1) - 2) < 0.1), String(waits));
    fail = false;
    await clock.advance(20_000);
    fail = true;
    const before = handled.length;
    q.add("a");
    await clock.advance(201);
    assert.equal(handled.length, before + 2);
    stop.abort();
    await ended;
  });

  it("waits as long as Retry-After says", async () => {
    const { queue: q, ended } = queue(async () => {
      throw new ApiError(429, "TooManyRequests", "later", 5_000);
    });
    q.add("a");
    await clock.advance(4_999);
    assert.equal(handled.length, 1);
    await clock.advance(1_100);
    assert.equal(handled.length, 2);
    stop.abort();
    await ended;
  });

  it("looks again at the earliest of several times", async () => {
    const { queue: q, ended } = queue(async () => undefined);
    q.addAfter("a", 500);
    q.addAfter("a", 100);
    q.addAfter("a", 900);
    await clock.advance(100);
    assert.equal(handled.length, 1);
    await clock.advance(2_000);
    assert.equal(handled.length, 1);
    stop.abort();
    await ended;
  });

  it("ends only after the handlers have, and starts no new ones", async () => {
    let release = (): void => undefined;
    const { queue: q, ended } = queue(() => new Promise((resolve) => (release = () => resolve(1))), 1);
    q.add("a");
    q.add("b");
    await settle();
    stop.abort();
    let over = false;
    void ended.then(() => (over = true));
    await settle();
    assert.equal(over, false);
    release();
    await ended;
    assert.deepEqual(handled, ["a"]);
    assert.equal(clock.pending, 0);
  });
});
