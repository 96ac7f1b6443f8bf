// SPDX-License-Identifier: Apache-2.0
// Routes of the kernel that come, change and go by the thousand around a route that carries traffic; then that route itself.
//
//   inside --- [firewall] --- outside 10.2.0.2, fd00:2::2      198.51.100.1 and 2001:db8:ff::1 are on both of them
//                         --- other   10.3.0.2, fd00:3::2
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Child } from "../../scripts/lab/process";
import { until, type Namespace } from "../../scripts/lab/lab";
import { FAMILIES, answers, config, configureHosts, count, grows, listening, openSite, unaccounted, type Site } from "./site";

const FAR = ["198.51.100.1", "2001:db8:ff::1"] as const;
const OWN = ["198.51.100.0/24", "2001:db8:ff::/48"] as const;
/** Shorter prefixes that the traffic would take without its own route. */
const SHORTER = [["198.51.0.0/16", "198.0.0.0/8"], ["2001:db8::/32", "2001:d00::/24"]] as const;
/** Beside the traffic, in the same nodes of the tables. */
const BESIDE = ["198.51.100.128/25", "2001:db8:ff:8000::/49"] as const;
const OUTSIDE_HOP = ["via 10.2.0.2 dev outside0", "via fd00:2::2 dev outside0"] as const;
const OTHER_HOP = ["via 10.3.0.2 dev other0", "via fd00:3::2 dev other0"] as const;
const MANY = 2_000;

const far = (i: number): readonly [string, string] => [`11.${i >> 8}.${i & 255}.0/24`, `2001:db8:${(i * 7919 % 65_536).toString(16)}:${i.toString(16)}::/64`];

/** One round: every route is added, becomes two paths, another one, and goes; every hundredth time those around the traffic do. */
function round(): string[] {
  const around = FAMILIES.flatMap((f) => [
    ...SHORTER[f].flatMap((prefix) => [`route add ${prefix} ${OTHER_HOP[f]}`, `route replace ${prefix} nexthop ${OUTSIDE_HOP[f]} nexthop ${OTHER_HOP[f]}`, `route replace ${prefix} ${OTHER_HOP[f]}`, `route del ${prefix}`]),
    `route add blackhole ${BESIDE[f]}`, `route del blackhole ${BESIDE[f]}`,
  ]);
  const steps = [
    (f: 0 | 1, prefix: string) => `route add ${prefix} ${OUTSIDE_HOP[f]}`,
    (f: 0 | 1, prefix: string) => `route replace ${prefix} nexthop ${OUTSIDE_HOP[f]} nexthop ${OTHER_HOP[f]}`,
    (f: 0 | 1, prefix: string) => `route replace ${prefix} ${OTHER_HOP[f]}`,
    (_: 0 | 1, prefix: string) => `route del ${prefix}`,
  ];
  const all = Array.from({ length: MANY }, (_, i) => i);
  return steps.flatMap((step) => all.flatMap((i) => [...FAMILIES.map((f) => step(f, far(i)[f])), ...(i % 100 === 0 ? around : [])]));
}

interface Streams {
  readonly datagrams: Child[];
  readonly talks: Child[];
  readonly wanted: Child[];
  readonly wrong: Child[];
}

async function stream(site: Site, other: Namespace): Promise<Streams> {
  const streams: Streams = { datagrams: [], talks: [], wanted: [], wrong: [] };
  for (const f of FAMILIES) {
    streams.wanted.push(await listening(site.outside.peer("udp-echo", FAR[f], "7000")));
    streams.wrong.push(await listening(other.peer("udp-echo", FAR[f], "7000")));
    await listening(site.outside.peer("echo", FAR[f], "7001"));
    streams.datagrams.push(site.inside.peer("udp-talk", FAR[f], "7000", "3"));
    streams.talks.push(site.inside.peer("talk", FAR[f], "7001", "3"));
  }
  for (const child of [...streams.datagrams, ...streams.talks]) await grows(child, /^echo/, 20);
  return streams;
}

/** Numbers of the datagrams that came back. */
const echoes = (child: Child): number[] => child.lines.flatMap((line) => /^echo (\d+)$/.exec(line)?.[1] ?? []).map(Number);

describe("routes of the kernel that change under traffic", function () {
  this.timeout(300_000);
  let site: Site;
  let other: Namespace;
  let streams: Streams;
  before(async () => {
    site = await openSite();
    other = await site.lab.namespace("other");
    const document = config(site.lab, [{ name: "all", from: ["inside"], action: "Permit" }]);
    document.spec.dataplane?.ports?.push({ name: "other", tap: { networkNamespace: other.name } });
    document.spec.interfaces?.push({ name: "other0", port: "other", zone: "outside", addresses: ["10.3.0.1/24", "fd00:3::1/64"] });
    await site.firewall.start(document);
    await configureHosts(site);
    await other.device("other", ["10.3.0.2/24", "fd00:3::2/64"], [["default", "via", "10.3.0.1"], ["default", "via", "fd00:3::1"]]);
    for (const [host, device] of [[site.outside, "outside"], [other, "other"]] as const)
      await host.device(device, [`${FAR[0]}/32`, `${FAR[1]}/128`, "192.0.2.1/32"]);
    for (const f of FAMILIES) await ip(`route add ${OWN[f]} ${OUTSIDE_HOP[f]}`);
    for (const f of FAMILIES) await answers(site, FAR[f]);
  });
  after(async () => { await site?.lab.close(); });

  const ip = (text: string): Promise<string> => site.firewall.namespace.must(["ip", ...text.split(" ")]);

  it("thousands around its route, with several paths and without: no packet is lost, none goes another way", async () => {
    streams = await stream(site, other);
    const file = join(site.lab.folder, "churn");
    writeFileSync(file, `${round().join("\n")}\n`);
    for (let n = 0; n < 3; n++) await site.firewall.namespace.must(["ip", "-batch", file], { timeoutMs: 120_000 });
    await ip("route add 192.0.2.0/24 via 10.2.0.2 dev outside0");
    await answers(site, "192.0.2.1"); // the last change: all others have been followed
    for (const child of [...streams.datagrams, ...streams.talks]) await grows(child, /^echo/, 20);
    for (const child of streams.datagrams) {
      const numbers = echoes(child);
      assert.deepEqual(numbers, numbers.map((_, i) => i + 1), "a datagram is missing, or came twice");
    }
    for (const child of streams.talks) assert.equal(count(child, /^(error|closed|wrong)/), 0, child.tail(3));
    for (const child of streams.wrong) assert.equal(count(child, /^from/), 0, "a datagram went to the other host");
  });

  it("its own route: the traffic changes over to the other host, in the same session", async () => {
    for (const child of streams.talks) await child.stop(); // the other host knows nothing of a connection
    for (const f of FAMILIES) {
      const [datagrams, wanted, wrong] = [streams.datagrams[f]!, streams.wanted[f]!, streams.wrong[f]!];
      await ip(`route replace ${OWN[f]} ${OTHER_HOP[f]}`);
      await grows(wrong, /^from/, 20);
      const before = count(wanted, /^from/);
      await grows(datagrams, /^echo/, 50);
      assert.equal(count(wanted, /^from/), before, "a datagram went to the host of the old route");
      assert.equal(new Set([...wanted.lines, ...wrong.lines].flatMap((line) => /^from \S+ (\d+)/.exec(line)?.[1] ?? [])).size, 1, "one port: one flow");
    }
  });

  it("every packet has ended once", async () => {
    for (const child of streams.datagrams) await child.stop();
    await until("all packets have ended", async () => unaccounted(await site.firewall.counters(), await site.firewall.drops()) === 0);
    const dropped = await site.firewall.drops();
    for (const reason of ["no-route", "route-blackhole", "session-table-full", "policy-deny"]) assert.equal(dropped[reason] ?? 0, 0, reason);
  });
});
