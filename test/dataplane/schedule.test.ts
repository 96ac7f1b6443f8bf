// SPDX-License-Identifier: Apache-2.0
// A window of a schedule opens and closes while traffic flows. Windows begin and end with minutes; nobody waits for one:
// the worker's time() is put just before it, by a library loaded before libc that adds what a file says.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Policy, Spec } from "../../scripts/lab/firewall";
import { must, until } from "../../scripts/lab/lab";
import { OUTSIDE, config, configureHosts, count, grows, listening, openSite, type Site } from "./site";

const CLOCK = `
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
time_t time(time_t *out)
{
	struct timespec now;
	long long shift = 0;
	clock_gettime(CLOCK_REALTIME, &now);
	FILE *f = fopen(getenv("TEST_CLOCK_FILE"), "r");
	if (f != NULL) {
		if (fscanf(f, "%lld", &shift) != 1)
			shift = 0;
		fclose(f);
	}
	now.tv_sec += shift;
	if (out != NULL)
		*out = now.tv_sec;
	return now.tv_sec;
}
`;

const policies: Policy[] = [
  { name: "hour", from: ["inside"], to: ["outside"], applications: ["stream", "datagrams"], schedule: "minute", action: "Permit" },
];
const more: Partial<Spec> = { schedules: [{ name: "minute", windows: [{ from: "12:01", to: "12:02" }] }] };

describe("a schedule while traffic flows", function () {
  this.timeout(60_000);
  let site: Site;
  let shiftFile: string;
  /** Puts the worker's clock to a time of today (UTC). */
  const set = (text: string): void => {
    const now = Math.floor(Date.now() / 1000);
    writeFileSync(shiftFile, String(Date.parse(`${new Date().toISOString().slice(0, 10)}T${text}Z`) / 1000 - now));
  };

  before(async () => {
    site = await openSite();
    const { folder } = site.lab;
    shiftFile = join(folder, "clock");
    const library = join(folder, "clock.so");
    await must(["gcc", "-shared", "-fPIC", "-O1", "-x", "c", "-o", library, "-"], { input: CLOCK });
    site.firewall.env = { LD_PRELOAD: library, TEST_CLOCK_FILE: shiftFile };
    set("11:58:00");
    await site.firewall.start(config(site.lab, policies, more));
    await configureHosts(site);
  });
  after(() => site.lab.close());

  it("opens: what was denied passes, without an edit", async () => {
    await listening(site.outside.peer("udp-echo", OUTSIDE[0], "7071"));
    const talk = site.inside.peer("udp-talk", OUTSIDE[0], "7071", "20");
    await until("datagrams are denied", async () => ((await site.firewall.drops())["default-deny"] ?? 0) > 10);
    assert.equal(count(talk, /^echo/), 0);
    set("12:01:00");
    const start = Date.now();
    await talk.line(/^echo/, 5000);
    console.log(`      open after ${Date.now() - start} ms`);
    await talk.stop();
  });

  it("closes: live sessions of both protocols end, and nothing new passes", async () => {
    await listening(site.outside.peer("udp-echo", OUTSIDE[0], "7072"));
    await listening(site.outside.peer("echo", OUTSIDE[0], "7060"));
    const talk = site.inside.peer("udp-talk", OUTSIDE[0], "7072", "10");
    const stream = site.inside.peer("talk", OUTSIDE[0], "7060", "10");
    await Promise.all([grows(talk, /^echo/, 5), grows(stream, /^echo/, 5)]);
    const denied = (await site.firewall.counters())["sessionsDenied"] ?? 0;
    set("12:02:00");
    const start = Date.now();
    await until("no session is left", async () => (await site.firewall.sessions()).length === 0, 5000);
    console.log(`      closed after ${Date.now() - start} ms`);
    assert.ok(((await site.firewall.counters())["sessionsDenied"] ?? 0) >= denied + 2);
    const heard = [count(talk, /^echo/), count(stream, /^echo/)];
    const before = (await site.firewall.drops())["default-deny"] ?? 0;
    await until("more datagrams are denied", async () => ((await site.firewall.drops())["default-deny"] ?? 0) > before + 20);
    assert.deepEqual([count(talk, /^echo/), count(stream, /^echo/)], heard);
    await Promise.all([talk.stop(), stream.stop()]);
  });

  it("opens again when the clock is put back", async () => {
    await listening(site.outside.peer("udp-echo", OUTSIDE[0], "7073"));
    const talk = site.inside.peer("udp-talk", OUTSIDE[0], "7073", "20");
    set("12:01:00");
    await talk.line(/^echo/, 5000);
    await talk.stop();
  });
});
