// SPDX-License-Identifier: Apache-2.0
// Years go by on a clock of the test. An agent whose copy of the bundle is days old must always trust what it is shown.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { FakeClock, settle } from "../kube/clock";
import { ApiError } from "../kube/errors";
import { FakeApi, type Request } from "../kube/fake-api";
import { fencedWriter } from "../kube/objects";
import { certificatesIn } from "./authority";
import { AuthorityKeeper } from "./keeper";

const DAY = 86_400_000;
const PATHS = { "/api/v1/namespaces/fw/secrets/ca": "Secret", "/api/v1/namespaces/fw/configmaps/ca": "ConfigMap" } as const;

interface Stored {
  metadata: { name: string; namespace: string; resourceVersion: string };
  data?: Record<string, string>;
}

class Fixture {
  readonly clock = new FakeClock();
  readonly api = new FakeApi();
  readonly objects = new Map<string, Stored>(Object.keys(PATHS).map((path) => [path, { metadata: { name: "ca", namespace: "fw", resourceVersion: "1" } }]));
  readonly warnings: string[] = [];
  readonly stop = new AbortController();
  leads = true;

  constructor() {
    this.api.answer = (request) => this.#answer(request);
  }

  #answer({ method, path, call }: Request): Stored {
    const object = this.objects.get(path);
    if (object === undefined) throw new ApiError(404, "NotFound", path);
    if (method === "GET") return object;
    assert.equal(method, "PATCH");
    const patch = call.body as Stored;
    if (patch.metadata.resourceVersion !== object.metadata.resourceVersion) throw new ApiError(409, "Conflict", path);
    const data = { ...object.data, ...patch.data } as Record<string, string | null>;
    object.data = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null)) as Record<string, string>;
    object.metadata.resourceVersion = String(Number(object.metadata.resourceVersion) + 1);
    return object;
  }

  keeper(): AuthorityKeeper {
    const log = { info: () => undefined, warn: (fields: object) => void this.warnings.push((fields as { error: string }).error) };
    return new AuthorityKeeper({ transport: this.api, clock: this.clock, namespace: "fw", name: "ca", names: ["operator.fw.svc"], log, leaderMs: 2 * DAY, followerMs: 4 * DAY });
  }

  lead(keeper: AuthorityKeeper): void {
    void keeper.keep(this.stop.signal, fencedWriter(this.api, { signal: this.stop.signal, leading: () => this.leads }));
  }

  get bundle(): string {
    return this.objects.get("/api/v1/namespaces/fw/configmaps/ca")?.data?.["ca.crt"] ?? "";
  }

  get secret(): Record<string, string> {
    return this.objects.get("/api/v1/namespaces/fw/secrets/ca")?.data ?? {};
  }

  get writes(): number {
    return this.api.requests.filter(({ method }) => method !== "GET").length;
  }

  /** What a TLS client does with the bundle that it read. */
  trusts(bundle: string, keeper: AuthorityKeeper): boolean {
    const now = this.clock.wall();
    const valid = (c: X509Certificate): boolean => Date.parse(c.validFrom) <= now && now < Date.parse(c.validTo);
    const shown = new X509Certificate(keeper.identity.current?.certificate ?? "");
    return valid(shown) && certificatesIn(bundle).map((text) => new X509Certificate(text)).some((ca) => valid(ca) && shown.checkIssued(ca) && shown.verify(ca.publicKey));
  }
}

describe("AuthorityKeeper", () => {
  let f: Fixture;
  beforeEach(() => { f = new Fixture(); });
  afterEach(() => f.stop.abort(new Error("end of test")));

  it("over four years every certificate shown is trusted by whoever read the bundle up to six days ago, on both replicas", async () => {
    const [leader, follower] = [f.keeper(), f.keeper()];
    f.lead(leader);
    void follower.follow(f.stop.signal);
    await f.clock.advance(DAY);
    const copies: string[] = [];
    const authorities = new Set<string>();
    const shown = new Set<string>();
    let most = 0;
    for (let day = 0; day < 4 * 365; day += 3) {
      copies.push(f.bundle);
      const stale = copies[Math.max(0, copies.length - 3)] as string;
      for (const replica of [leader, follower]) assert.ok(f.trusts(stale, replica) && f.trusts(f.bundle, replica), `day ${day}`);
      const listed = certificatesIn(f.bundle);
      listed.forEach((certificate) => authorities.add(certificate));
      shown.add(String(leader.identity.current?.certificate));
      most = Math.max(most, listed.length);
      await f.clock.advance(3 * DAY);
    }
    assert.ok(authorities.size >= 3 && authorities.size <= 4, `${authorities.size} authorities`);
    assert.ok(shown.size >= 4 * 365 / 22, `${shown.size} certificates`);
    assert.equal(most, 2, "an expired authority is not kept");
    assert.ok(f.writes < authorities.size * 8, `${f.writes} writes in four years`);
  }).timeout(120_000);

  it("writes nothing when nothing is due, and a second leader goes on with the same authority", async () => {
    f.lead(f.keeper());
    await f.clock.advance(1_000);
    const [before, writes] = [f.bundle, f.writes];
    const second = f.keeper();
    f.lead(second);
    await f.clock.advance(5 * DAY);
    assert.equal(f.bundle, before);
    assert.equal(f.writes, writes);
    assert.ok(f.trusts(before, second));
  });

  it("publishes an authority before it shows a certificate of it", async () => {
    const keeper = f.keeper();
    const map = "/api/v1/namespaces/fw/configmaps/ca";
    const object = f.objects.get(map) as Stored;
    f.objects.delete(map);
    f.lead(keeper);
    await f.clock.advance(60_000);
    assert.equal(keeper.identity.current, undefined);
    assert.match(f.warnings.join(), /there is no ConfigMap fw\/ca; apply the chart again/);
    assert.equal(f.warnings.length, 1, "told once");
    f.objects.set(map, object);
    await f.clock.advance(60_000);
    assert.ok(f.trusts(f.bundle, keeper));
  });

  it("repairs a bundle that somebody emptied, and an authority that somebody damaged", async () => {
    const keeper = f.keeper();
    f.lead(keeper);
    await f.clock.advance(1_000);
    const first = f.bundle;
    delete (f.objects.get("/api/v1/namespaces/fw/configmaps/ca") as Stored).data;
    await f.clock.advance(2 * DAY);
    assert.equal(f.bundle, first);
    f.secret["tls.key"] = Buffer.from("nonsense").toString("base64");
    await f.clock.advance(2 * DAY);
    assert.ok(f.bundle.includes(first), "who holds the old certificate is still trusted");
    assert.ok(f.trusts(f.bundle, keeper));
    assert.equal(certificatesIn(f.bundle).length, 2);
  });

  it("an operator that was off for years starts with a new authority", async () => {
    const old = f.keeper();
    f.lead(old);
    await f.clock.advance(1_000);
    f.stop.abort(new Error("off"));
    await settle();
    const later = new Fixture();
    for (const [path, object] of f.objects) later.objects.set(path, object);
    await later.clock.advance(1_000 * DAY);
    const keeper = later.keeper();
    later.lead(keeper);
    await later.clock.advance(1_000);
    assert.ok(later.trusts(later.bundle, keeper));
    assert.equal(certificatesIn(later.bundle).length, 1);
    later.stop.abort(new Error("end of test"));
  });

  it("who does not lead writes nothing", async () => {
    f.leads = false;
    const keeper = f.keeper();
    f.lead(keeper);
    void keeper.follow(f.stop.signal);
    await f.clock.advance(60_000);
    assert.equal(f.writes, 0);
    assert.equal(keeper.identity.current, undefined);
  });
});
