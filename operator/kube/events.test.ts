// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { FakeClock, settle } from "./clock";
import { EventRecorder } from "./events";
import { FakeApi } from "./fake-api";
import type { KubeObject, Resource } from "./types";

const THINGS: Resource = { group: "g", version: "v1", plural: "things", kind: "Thing" };
const object: KubeObject = { metadata: { name: "a", uid: "u" } };

describe("EventRecorder", () => {
  let clock: FakeClock;
  let api: FakeApi;
  let stop: AbortController;
  let leading: boolean;
  let recorder: EventRecorder;
  let running: Promise<void>;

  beforeEach(() => {
    [clock, api, stop, leading] = [new FakeClock(), new FakeApi(), new AbortController(), true];
    api.answer = () => ({});
    recorder = new EventRecorder({ transport: api, clock, controller: "c", instance: "i", leading: () => leading });
    running = recorder.run(stop.signal);
  });

  afterEach(async () => {
    stop.abort();
    await running;
  });

  const record = (reason: string, note: string): void => recorder.record(THINGS, object, { type: "Warning", reason, action: "Test", note });
  const bodies = (): { reason?: string; note?: string; series?: { count: number } }[] => api.requests.map((request) => request.call.body as object);

  it("writes one for a note, and a count when it repeats, at most once a minute", async () => {
    for (let i = 0; i < 100; i++) {
      record("Bad", "it broke");
      await clock.advance(1_000);
    }
    assert.deepEqual(api.requests.map((request) => request.method), ["POST", "PATCH"]);
    assert.equal(bodies()[1]?.series?.count, 61);
  });

  it("draws a flood of one reason together, and leaves other reasons alone", async () => {
    for (let i = 0; i < 50; i++) record("Bad", `it broke in way ${i}`);
    record("Other", "something else");
    await settle();
    const notes = bodies().map((body) => body.note ?? "");
    assert.deepEqual([notes.length, notes.filter((note) => note.startsWith("(combined")).length, notes.at(-1)], [12, 1, "something else"]);
  });

  it("does not wait for a server that refuses, loses the oldest of too many, and goes on", async () => {
    let broken = true;
    api.answer = () => {
      if (broken) throw new Error("no");
      return {};
    };
    for (let i = 0; i < 300; i++) record(`Reason${i}`, "x");
    assert.ok(recorder.dropped > 0);
    broken = false;
    await clock.advance(5_000);
    assert.equal(bodies().at(-1)?.reason, "Reason299");
  });

  it("writes nothing while another leads", async () => {
    leading = false;
    record("Bad", "it broke");
    await settle();
    assert.equal(api.requests.length, 0);
  });
});
