// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { FakeClock, settle } from "./clock";
import { ApiError } from "./errors";
import { FakeApi } from "./fake-api";
import { Reflector, type ReflectorOptions } from "./reflector";
import type { KubeObject, Resource } from "./types";

const THINGS: Resource = { group: "", version: "v1", plural: "things", kind: "Thing" };
const thing = (name: string, resourceVersion: number, labels: Record<string, string> = {}): KubeObject => ({ metadata: { name, resourceVersion: String(resourceVersion), labels } });
const gone = (): ApiError => new ApiError(410, "Expired", "too old");

describe("Reflector", () => {
  let clock: FakeClock;
  let api: FakeApi;
  let stop: AbortController;
  let changes: string[];
  let server: { version: number; things: KubeObject[] };
  let running: Promise<void>;

  beforeEach(() => {
    clock = new FakeClock();
    api = new FakeApi();
    stop = new AbortController();
    changes = [];
    server = { version: 10, things: [thing("a", 5), thing("b", 7)] };
    api.answer = () => ({ metadata: { resourceVersion: String(server.version) }, items: server.things });
  });

  afterEach(async () => {
    stop.abort(new Error("the test is over"));
    await running;
    assert.equal(clock.pending, 0, "timers are left behind");
  });

  async function run(options: Partial<ReflectorOptions<KubeObject>> = {}): Promise<Reflector<KubeObject>> {
    const onChange = (key: string, before: KubeObject | undefined, after: KubeObject | undefined): void =>
      void changes.push(`${key}:${before?.metadata.resourceVersion ?? "-"}>${after?.metadata.resourceVersion ?? "-"}`);
    const reflector = new Reflector({ transport: api, resource: THINGS, clock, random: () => 0.5, onChange, ...options });
    running = reflector.run(stop.signal);
    await settle();
    return reflector;
  }

  it("lists, tells of every object, and watches from the list's version with bookmarks", async () => {
    const reflector = await run();
    assert.ok(reflector.hasSynced);
    assert.deepEqual(changes, ["a:->5", "b:->7"]);
    assert.deepEqual([api.watch.call.query?.["resourceVersion"], api.watch.call.query?.["allowWatchBookmarks"]], ["10", true]);
  });

  it("follows events, and watches on from a bookmark's version", async () => {
    const reflector = await run();
    changes.length = 0;
    api.watch.send("MODIFIED", thing("a", 11));
    api.watch.send("DELETED", thing("b", 12));
    api.watch.send("ADDED", thing("c", 13));
    api.watch.send("BOOKMARK", { metadata: { resourceVersion: "20" } });
    api.watch.close();
    await settle();
    assert.deepEqual(changes, ["a:5>11", "b:7>-", "c:->13"]);
    assert.deepEqual(reflector.store.list().map((o) => o.metadata.name), ["a", "c"]);
    assert.deepEqual([api.watches.length, api.watch.call.query?.["resourceVersion"], reflector.stats.lists], [2, "20", 1]);
  });

  it("reads lists page by page, and all at once when the pages grew too old", async () => {
    let old = false;
    api.answer = ({ call }) => {
      if (call.query?.["continue"] === "next" && old) throw gone();
      if (call.query?.["limit"] === undefined) return { metadata: { resourceVersion: "10" }, items: server.things };
      const [first, second] = server.things;
      return call.query["continue"] === undefined ? { metadata: { continue: "next" }, items: [first] } : { metadata: { resourceVersion: "9" }, items: [second] };
    };
    const paged = await run({ pageSize: 1 });
    assert.equal(paged.store.size, 2);
    stop.abort();
    await running;
    [stop, old] = [new AbortController(), true];
    const whole = await run({ pageSize: 1 });
    assert.deepEqual([whole.store.size, api.watch.call.query?.["resourceVersion"]], [2, "10"]);
  });

  for (const [how, break_] of [
    ["as an event", () => api.watch.send("ERROR", { code: 410, reason: "Expired", message: "too old" })],
    ["as an answer", () => api.watch.fail(gone())],
  ] as const) {
    it(`lists again after 410 ${how}`, async () => {
      const reflector = await run();
      server = { version: 50, things: [thing("a", 40)] };
      changes.length = 0;
      break_();
      await settle();
      await clock.advance(600);
      assert.deepEqual(changes, ["a:5>40", "b:7>-"]);
      assert.deepEqual([reflector.stats.gone, api.watch.call.query?.["resourceVersion"]], [1, "50"]);
    });
  }

  it("goes on from the same version after the connection broke, later and later while it keeps breaking", async () => {
    const reflector = await run();
    api.refuseWatch = () => new Error("connection refused");
    api.watch.fail(new Error("connection reset"));
    await clock.advance(60_000);
    const tries = api.watches.length;
    assert.ok(tries > 8 && tries < 25, `${tries} tries in a minute`);
    api.refuseWatch = undefined;
    await clock.advance(10_000);
    assert.deepEqual([api.watch.call.query?.["resourceVersion"], reflector.stats.lists], ["10", 1]);
  });

  it("honours Retry-After", async () => {
    await run();
    api.refuseWatch = () => new ApiError(429, "TooManyRequests", "later", 7_000);
    api.watch.fail(new ApiError(429, "TooManyRequests", "later", 7_000));
    await clock.advance(6_900);
    assert.equal(api.watches.length, 1);
    await clock.advance(1_500);
    assert.equal(api.watches.length, 2);
  });

  it("gives up a watch that says nothing", async () => {
    const reflector = await run({ idleMs: 1_000 });
    await clock.advance(900);
    api.watch.send("BOOKMARK", { metadata: { resourceVersion: "11" } });
    await clock.advance(900);
    assert.equal(reflector.stats.idle, 0);
    await clock.advance(700);
    assert.deepEqual([reflector.stats.idle, api.watches.length, api.watch.call.query?.["resourceVersion"]], [1, 2, "11"]);
  });

  it("counts and repairs what a watch lost, by a list of exactly the cache's version", async () => {
    const reflector = await run({ relistMs: 1_000 });
    server.things = [thing("a", 15), thing("c", 16)];
    changes.length = 0;
    api.watch.send("BOOKMARK", { metadata: { resourceVersion: "20" } });
    await clock.advance(1_000);
    api.watch.close();
    await settle();
    const list = api.requests.at(-1);
    assert.deepEqual([list?.call.query?.["resourceVersion"], list?.call.query?.["resourceVersionMatch"]], ["20", "Exact"]);
    assert.deepEqual([reflector.stats.missed, changes], [3, ["a:5>15", "c:->16", "b:7>-"]]);
  });

  it("survives a handler that throws, and tells", async () => {
    const warnings: string[] = [];
    const reflector = await run({
      warn: (message) => warnings.push(message),
      onChange: () => {
        throw new Error("no");
      },
    });
    assert.deepEqual([reflector.store.size, warnings.length], [2, 2]);
  });

  it("keeps the newer of two versions, and does not bring back what went", async () => {
    const { store } = await run();
    store.put(thing("a", 30));
    api.watch.send("MODIFIED", thing("a", 25));
    api.watch.send("DELETED", thing("b", 31));
    await settle();
    store.put(thing("b", 29));
    assert.deepEqual([store.get("a")?.metadata.resourceVersion, store.get("b")], ["30", undefined]);
  });
});
