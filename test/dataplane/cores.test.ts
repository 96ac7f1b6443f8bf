// SPDX-License-Identifier: Apache-2.0
// Two datapath cores on TAP ports: each port is read by one of them, so about half of all flows are passed on to their owner.
import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import type { Policy, Spec } from "../../scripts/lab/firewall";
import { until, type Child } from "../../scripts/lab/lab";
import { FAMILIES, OUTSIDE, config, count, grows, listening, memory, startSite, unaccounted, type Site } from "./site";

const policies: Policy[] = [{ name: "out", from: ["inside"], to: ["outside"], applications: ["stream", "datagrams", "ping", "ping6"], action: "Permit" }];

function cores(site: Pick<Site, "lab">, number: number): Partial<Spec> {
  const { dataplane } = config(site.lab, policies).spec;
  return { dataplane: { ...dataplane, memory: memory(192), cores: { count: number } }, nat: { source: [{ name: "hide", from: ["inside"], to: ["outside"], interface: {} }] } };
}

interface Transfer {
  sink: Child;
  source: Child;
}

async function transfer(site: Site, family: 0 | 1, port: string): Promise<Transfer> {
  const sink = await listening(site.outside.peer("receive", OUTSIDE[family], port));
  const source = site.inside.peer("send", OUTSIDE[family], port);
  await source.line(/^connected/);
  return { sink, source };
}

async function end({ sink, source }: Transfer): Promise<void> {
  source.write("stop\n");
  const [, sent] = await source.line(/^sent ([0-9]+)/);
  const [, received] = await sink.line(/^received ([0-9]+)/, 120_000);
  assert.equal(received, sent);
}

describe("two datapath cores", function () {
  this.timeout(300_000);
  let site: Site;
  before(async () => {
    assert.ok(availableParallelism() >= 2, "this test needs two cores");
    site = await startSite(policies);
    await site.firewall.apply(config(site.lab, policies, cores(site, 2)));
    await site.firewall.forwards();
  });
  after(() => site.lab.close());

  it("answer pings, whole and in fragments, from every identifier", async () => {
    for (const family of FAMILIES)
      for (const size of ["56", "4000", "56", "4000"]) {
        const { stdout, code } = await site.inside.run(["ping", "-c", "3", "-i", "0.2", "-W", "5", "-s", size, OUTSIDE[family]]);
        assert.equal(code, 0, stdout);
      }
  });

  it("carry many connections at a time behind source NAT, and each packet ends once", async () => {
    const all: Transfer[] = [];
    for (const family of FAMILIES) for (let n = 0; n < 6; n++) all.push(await transfer(site, family, String(7010 + family * 10 + n)));
    for (const one of all) await grows(one.sink, /^mebibytes/, 2);
    for (const one of all) await end(one);
    const counters = await site.firewall.counters();
    assert.ok((counters["steered"] ?? 0) > 0, "some flows belong to the core that does not read their port");
    await until("all packets have ended", async () => unaccounted(await site.firewall.counters(), await site.firewall.drops()) === 0);
    assert.equal((await site.firewall.drops())["tcp-no-session"] ?? 0, 0, "replies find their session");
  });

  it("become one and two again without losing a connection", async () => {
    const all: Transfer[] = [];
    for (const family of FAMILIES) for (let n = 0; n < 3; n++) all.push(await transfer(site, family, String(7040 + family * 10 + n)));
    for (const number of [1, 2, 1, 2]) {
      const { worker } = await site.firewall.status();
      await site.firewall.apply(config(site.lab, policies, cores(site, number)));
      await site.firewall.forwards();
      await until("another worker runs", async () => (await site.firewall.status()).worker.starts === worker.starts + 1);
      for (const one of all) await grows(one.sink, /^mebibytes/, 2);
    }
    for (const one of all) await end(one);
    assert.equal(count(site.firewall.child, /panic|SIGSEGV/), 0);
  });
});
