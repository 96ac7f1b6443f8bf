// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { FakeClock, settle } from "./clock";
import { ApiError } from "./errors";
import { FakeApi, type Request } from "./fake-api";
import { Elector, type Lease } from "./lease";

describe("Elector", () => {
  let clock: FakeClock;
  let lease: Lease | undefined;
  let version: number;
  let down: boolean;

  beforeEach(() => {
    [clock, lease, version, down] = [new FakeClock(), undefined, 0, false];
  });

  function answer({ method, call }: Request): Lease {
    if (down) throw new Error("connection refused");
    if (method === "GET") {
      if (lease === undefined) throw new ApiError(404, "NotFound", "no lease");
      return lease;
    }
    const body = call.body as Lease;
    const stale = method === "POST" ? lease !== undefined : body.metadata.resourceVersion !== lease?.metadata.resourceVersion;
    if (stale) throw new ApiError(409, "Conflict", "it was changed");
    lease = { ...structuredClone(body), metadata: { ...body.metadata, resourceVersion: String(++version) } };
    return lease;
  }

  interface Candidate {
    elector: Elector;
    api: FakeApi;
    leads: () => boolean;
    terms: () => number;
    stop: () => Promise<void>;
  }

  function candidate(identity: string): Candidate {
    const api = new FakeApi();
    api.answer = answer;
    const elector = new Elector({ transport: api, namespace: "ns", name: "lease", identity, clock, random: () => 0.5, leaseMs: 15_000, renewMs: 10_000, retryMs: 2_000 });
    const stop = new AbortController();
    let [terms, leads] = [0, false];
    const ended = elector.run(stop.signal, async (signal) => {
      [terms, leads] = [terms + 1, true];
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      leads = false;
    });
    return { elector, api, leads: () => leads, terms: () => terms, stop: () => (stop.abort(new Error("stop")), ended) };
  }

  it("one of two leads, and renews", async () => {
    const [a, b] = [candidate("a"), candidate("b")];
    await clock.advance(60_000);
    assert.deepEqual([a.leads(), b.leads(), a.terms(), lease?.spec?.holderIdentity], [true, false, 1, "a"]);
    assert.ok(a.elector.leading() && !b.elector.leading());
    await Promise.all([a.stop(), b.stop()]);
  });

  it("takes a lease over only after it saw it unchanged for its whole duration", async () => {
    const wall = "1970-01-01T00:00:00.000000Z";
    lease = { metadata: { name: "lease", resourceVersion: "0" }, spec: { holderIdentity: "dead", leaseDurationSeconds: 15, renewTime: wall } };
    const a = candidate("a");
    await clock.advance(14_900);
    assert.equal(a.leads(), false, "a renewTime long ago proves nothing: clocks differ");
    await clock.advance(3_000);
    assert.deepEqual([a.leads(), lease?.spec?.leaseTransitions], [true, 1]);
    await a.stop();
  });

  it("stops leading before any other may start when the API server cannot be reached", async () => {
    const [a, b] = [candidate("a"), candidate("b")];
    await clock.advance(5_000);
    a.api.answer = () => {
      throw new Error("connection refused");
    };
    let both = false;
    for (let i = 0; i < 300; i++) {
      await clock.advance(100);
      both ||= a.elector.leading() && b.elector.leading();
      both ||= a.leads() && b.leads();
    }
    assert.deepEqual([both, a.leads(), b.leads()], [false, false, true]);
    await Promise.all([a.stop(), b.stop()]);
  });

  it("a request that hangs does not keep it leading", async () => {
    const a = candidate("a");
    await clock.advance(5_000);
    a.api.answer = ({ call }) => new Promise((_, reject) => call.signal.addEventListener("abort", () => reject(call.signal.reason as Error), { once: true }));
    await clock.advance(10_100);
    assert.deepEqual([a.leads(), a.elector.leading()], [false, false]);
    await clock.advance(2_100);
    a.api.answer = answer;
    await a.stop();
  });

  it("gives the lease back when it stops, so that the other one need not wait", async () => {
    const [a, b] = [candidate("a"), candidate("b")];
    await clock.advance(5_000);
    await a.stop();
    assert.equal(lease?.spec?.holderIdentity, "");
    await clock.advance(2_500);
    assert.equal(b.leads(), true);
    await b.stop();
  });

  it("leads again after an outage", async () => {
    const a = candidate("a");
    await clock.advance(5_000);
    down = true;
    await clock.advance(30_000);
    assert.equal(a.leads(), false);
    down = false;
    await clock.advance(3_000);
    assert.deepEqual([a.leads(), a.terms()], [true, 2]);
    await a.stop();
  });

  it("yields at once when the record names another", async () => {
    const a = candidate("a");
    await clock.advance(5_000);
    lease = { ...(lease as Lease), spec: { ...lease?.spec, holderIdentity: "thief" }, metadata: { name: "lease", resourceVersion: "99" } };
    await clock.advance(2_500);
    assert.equal(a.leads(), false);
    await a.stop();
    await settle();
    assert.equal(lease?.spec?.holderIdentity, "thief", "what is not ours is not given back");
  });
});
