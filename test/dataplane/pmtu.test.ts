// SPDX-License-Identifier: Apache-2.0
// A link with a smaller MTU behind the firewall: the kernels at both ends find out, with and without NAT. And
// fragments as a real kernel makes them.
import assert from "node:assert/strict";
import type { Policy } from "../../scripts/lab/firewall";
import { until } from "../../scripts/lab/lab";
import { FAMILIES, INSIDE, OUTSIDE, FIREWALL_INSIDE, config, configureHosts, listening, openSite, type Site } from "./site";

const MTU = 1300;
const policies: Policy[] = [
  { name: "out", from: ["inside"], to: ["outside"], applications: ["web", "stream", "datagrams", "ping", "ping6"], action: "Permit" },
  { name: "in", from: ["outside"], to: ["inside"], applications: ["ping", "ping6"], action: "Permit" },
];
const HEADERS = [28, 48] as const; // IP and ICMP

async function start(nat: boolean): Promise<Site> {
  const site = await openSite();
  try {
    const source = [{ name: "all", from: ["inside"], to: ["outside"], interface: {} }];
    const document = config(site.lab, policies, nat ? { nat: { source } } : {});
    const outside = document.spec.dataplane?.ports?.find((p) => p.name === "outside");
    assert.ok(outside);
    (outside as { mtu?: number }).mtu = MTU;
    await site.firewall.start(document);
    await configureHosts(site);
    // Its own device is smaller, too; it shall not tell the client so in its first segment.
    await site.outside.must(["ip", "route", "replace", "default", "via", "10.2.0.1", "advmss", "1460"]);
    await site.outside.must(["ip", "route", "replace", "10.2.0.0/24", "dev", "outside", "src", "10.2.0.2", "advmss", "1460"]); // behind NAT
    await site.outside.must(["ip", "-6", "route", "replace", "default", "via", "fd00:2::1", "advmss", "1440"]);
    return site;
  } catch (error) {
    await site.lab.close().catch(() => undefined);
    throw error;
  }
}

/** What the inside kernel knows about the path. */
async function knownMtu(site: Site, family: 0 | 1): Promise<number> {
  const route = await site.inside.must(["ip", "route", "get", OUTSIDE[family]]);
  return Number(/ mtu (\d+)/.exec(route)?.[1] ?? 1500);
}

async function forget(site: Site, family: 0 | 1): Promise<void> {
  await site.inside.must(["ip", family === 0 ? "-4" : "-6", "route", "flush", "cache"]);
  assert.equal(await knownMtu(site, family), 1500);
}

const ping = (address: string, ...words: string[]): string[] => ["ping", "-n", "-c", "1", "-W", "5", ...words, address];

for (const nat of [false, true]) {
  describe(`path MTU ${nat ? "behind NAT" : "without NAT"}`, function () {
    let site: Site;
    before(async () => {
      site = await start(nat);
      for (const family of FAMILIES) {
        await until("the path is there", async () => (await site.inside.run(ping(OUTSIDE[family]))).code === 0);
      }
    });
    after(() => site.lab.close());

    for (const family of FAMILIES) {
      describe(family === 0 ? "IPv4" : "IPv6", () => {
        const fits = String(MTU - HEADERS[family]);
        const tooLarge = String(MTU - HEADERS[family] + 1);

        it("a ping that fits passes, one byte more is told the MTU", async () => {
          await forget(site, family);
          assert.equal((await site.inside.run(ping(OUTSIDE[family], "-M", "do", "-s", fits))).code, 0);
          assert.equal(await knownMtu(site, family), 1500);
          const { stdout, code } = await site.inside.run(ping(OUTSIDE[family], "-M", "do", "-s", tooLarge));
          assert.notEqual(code, 0);
          assert.match(stdout, new RegExp(`From ${FIREWALL_INSIDE[family]} .*mtu ?= ?${MTU}`, "i"));
          assert.equal(await knownMtu(site, family), MTU);
        });

        it("a TCP connection finds the MTU and carries its stream", async () => {
          await forget(site, family);
          const sink = await listening(site.outside.peer("receive", OUTSIDE[family], "7002"));
          const source = site.inside.peer("send", OUTSIDE[family], "7002");
          await sink.line(/^mebibytes 8$/, 120_000);
          source.write("stop\n");
          const [, sent] = await source.line(/^sent ([0-9]+)/);
          const [, received] = await sink.line(/^received ([0-9]+)/);
          assert.equal(received, sent);
          assert.equal(await knownMtu(site, family), MTU);
        });

        it("fragments of a large ping pass, and so do those of its answer", async () => {
          await forget(site, family);
          // IPv6: the first one is told the MTU, the next one is cut accordingly.
          await until("a ping of 4000 bytes", async () => (await site.inside.run(ping(OUTSIDE[family], "-M", "dont", "-s", "4000"))).code === 0, 20_000);
        });

        it("a datagram of almost 64 KiB passes", async () => {
          await until("a ping of 60000 bytes", async () => (await site.inside.run(ping(OUTSIDE[family], "-M", "dont", "-s", "60000"))).code === 0, 20_000);
        });

        it("nothing is held back", async () => {
          await until("no fragment waits", async () => (await site.firewall.counters())["held"] === 0, 20_000);
        });

        it("a closed port is told by its host, through the firewall", async () => {
          const talk = site.inside.peer("udp-talk", OUTSIDE[family], "7044", "200", "5");
          await talk.line(/^error ECONNREFUSED/);
        });
      });
    }

    if (!nat) {
      for (const family of FAMILIES) {
        it(`fragments from outside pass, ${family === 0 ? "IPv4" : "IPv6"}`, async () => {
          await until("a ping of 4000 bytes", async () => (await site.outside.run(ping(INSIDE[family], "-s", "4000"))).code === 0, 20_000);
        });
      }
    }
  });
}
