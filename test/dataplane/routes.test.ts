// SPDX-License-Identifier: Apache-2.0
// Routes of the kernel: a hundred thousand at once, by nexthop objects, of each kind, and in the table of a VRF.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/lab/lab";
import { answers, config, configureHosts, openSite, reaches, type Site } from "./site";

const MANY = 100_000;
const FAR = "198.51.100.1"; // an address of the outside host that only a route of the kernel leads to
const POLICIES = [{ name: "all", from: ["inside"], action: "Permit" as const }];

const prefix = (i: number): string => `${11 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`;

/** One echo request at a time, until an answer comes (or none does). */
const silent = (site: Site, address: string): Promise<boolean> => until(`${address} is silent`, async () => !(await reaches(site, address)), 60_000);

async function batch(site: Site, name: string, lines: readonly string[]): Promise<void> {
  const file = join(site.lab.folder, name);
  writeFileSync(file, `${lines.join("\n")}\n`);
  await site.firewall.namespace.must(["ip", "-batch", file]);
}

const ip = (site: Site, ...args: string[]): Promise<unknown> => site.firewall.namespace.must(["ip", ...args]);

async function begin(blue: boolean): Promise<Site> {
  const site = await openSite();
  const document = config(site.lab, POLICIES, blue ? { routing: { vrfs: [{ name: "blue", table: 100 }] } } : {});
  if (blue) for (const link of document.spec.interfaces ?? []) link.vrf = "blue";
  await site.firewall.start(document);
  await configureHosts(site);
  await site.outside.must(["ip", "addr", "add", `${FAR}/32`, "dev", "outside"]);
  return site;
}

describe("routes of the kernel", function () {
  this.timeout(240_000);
  let site: Site;
  before(async () => { site = await begin(false); });
  after(async () => { await site?.lab.close(); });

  it("are followed when a hundred thousand come at once", async () => {
    assert.equal(await reaches(site, FAR), false);
    const lines = Array.from({ length: MANY }, (_, i) => `route add ${prefix(i)} via 10.2.0.2 dev outside0`);
    await batch(site, "add", [...lines, "route add 198.51.100.0/24 via 10.2.0.2 dev outside0"]);
    await answers(site, FAR); // the last of them
    await site.outside.must(["ip", "addr", "add", `${prefix(77_777).replace("0/24", "9")}/32`, "dev", "outside"]);
    await answers(site, prefix(77_777).replace("0/24", "9"));
  });

  it("are read again by the next worker", async () => {
    await site.firewall.killWorker();
    await answers(site, FAR);
  });

  it("go when a hundred thousand are withdrawn, while traffic runs", async () => {
    const stream = site.inside.start(["ping", "-n", "-i", "0.01", FAR]);
    const lines = Array.from({ length: MANY }, (_, i) => `route del ${prefix(i)}`);
    await batch(site, "del", lines);
    await silent(site, prefix(77_777).replace("0/24", "9"));
    await answers(site, FAR);
    await stream.stop();
    const answered = stream.lines.flatMap((line) => /icmp_seq=(\d+)/.exec(line)?.[1] ?? []);
    assert.ok(answered.length > 10, stream.tail(3));
    assert.equal(Number(answered.at(-1)), answered.length, "an answer is missing");
  });

  it("follow their nexthop object", async () => {
    await ip(site, "route", "del", "198.51.100.0/24");
    await silent(site, FAR);
    await ip(site, "nexthop", "add", "id", "7", "via", "10.2.0.2", "dev", "outside0");
    await ip(site, "nexthop", "add", "id", "8", "group", "7");
    await ip(site, "route", "add", "198.51.100.0/24", "nhid", "8");
    await answers(site, FAR);
    await ip(site, "nexthop", "replace", "id", "7", "via", "10.2.0.99", "dev", "outside0");
    await silent(site, FAR);
    await ip(site, "nexthop", "replace", "id", "7", "via", "10.2.0.2", "dev", "outside0");
    await answers(site, FAR);
    await ip(site, "nexthop", "del", "id", "7"); // and with it the group and the route
    await silent(site, FAR);
  });

  for (const [kind, reason] of [["blackhole", "route-blackhole"], ["unreachable", "route-unreachable"], ["prohibit", "route-prohibit"]] as const) {
    it(`of type ${kind} drop as ${reason}`, async () => {
      await ip(site, "route", "add", kind, "198.51.100.0/24");
      const before = (await site.firewall.drops())[reason] ?? 0;
      await until(`a packet is dropped as ${reason}`, async () => {
        await reaches(site, FAR);
        return ((await site.firewall.drops())[reason] ?? 0) > before;
      });
      await ip(site, "route", "del", "198.51.100.0/24");
    });
  }

  it("lead over a gateway of the other family", async () => {
    await ip(site, "route", "add", "198.51.100.0/24", "via", "inet6", "fd00:2::2", "dev", "outside0");
    await answers(site, FAR);
    await ip(site, "route", "del", "198.51.100.0/24");
    await silent(site, FAR);
  });
});

describe("routes of the kernel in the table of a VRF", function () {
  this.timeout(120_000);
  let site: Site;
  before(async () => { site = await begin(true); });
  after(async () => { await site?.lab.close(); });

  it("the VRF knows its own networks", async () => { await answers(site, "10.2.0.2"); });

  it("its table counts, the main one does not", async () => {
    await ip(site, "route", "add", "198.51.100.0/24", "via", "10.2.0.2", "dev", "outside0");
    await ip(site, "route", "add", "192.0.2.0/24", "via", "10.2.0.2", "dev", "outside0", "table", "100");
    await site.outside.must(["ip", "addr", "add", "192.0.2.1/32", "dev", "outside"]);
    await answers(site, "192.0.2.1");
    assert.equal(await reaches(site, FAR), false);
    await ip(site, "route", "del", "192.0.2.0/24", "table", "100");
    await silent(site, "192.0.2.1");
  });
});
