// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { complaints, type Policy } from "../../scripts/lab/firewall";
import { until } from "../../scripts/lab/lab";
import { FAMILIES, OUTSIDE, config, count, grows, listening, startSite, type Site } from "./site";

const out: Policy = { name: "out", from: ["inside"], to: ["outside"], applications: ["stream", "datagrams"], action: "Permit" };
const refuse: Policy = { name: "refuse", from: ["inside"], to: ["outside"], applications: ["refused"], action: "Reject" };

describe("a policy change under traffic", function () {
  this.timeout(300_000);
  let site: Site;
  before(async () => {
    site = await startSite([out]);
  });
  after(() => site.lab.close());

  it("stops what is now denied and leaves the rest running, in both families", async () => {
    const talkers = [];
    for (const family of FAMILIES) {
      for (const port of ["7010", "7011"]) {
        await listening(site.outside.peer("echo", OUTSIDE[family], port));
        const talk = site.inside.peer("talk", OUTSIDE[family], port, "20");
        await talk.line(/^echo 3$/);
        talkers.push({ port, talk });
      }
    }
    const narrow = config(site.lab, [{ ...out, applications: ["kept"] }]);
    narrow.spec.applications?.push({ name: "kept", protocol: "TCP", destinationPorts: ["7011"] });
    await site.firewall.apply(narrow);
    const cut = talkers.filter(({ port }) => port === "7010").map(({ talk }) => ({ talk, at: count(talk, /^echo/) }));
    for (const { talk } of talkers.filter(({ port }) => port === "7011")) await grows(talk, /^echo/, 50);
    for (const { talk, at } of cut) assert.ok(count(talk, /^echo/) - at <= 1, "a denied connection went on");
    await until("sessions that are denied are gone", async () => !(await site.firewall.sessions()).some((one) => one.destinationPort === 7010));
  });

  it("reloads on SIGHUP too, and keeps the old policy when the new file is broken", async () => {
    await site.firewall.apply(config(site.lab, [out]));
    const { hash } = await site.firewall.status();
    site.firewall.write("this: [is not\n");
    site.firewall.child.signal("SIGHUP");
    await until("the problem is reported", async () => complaints(await site.firewall.status()) !== "");
    const status = await site.firewall.status();
    assert.equal(status.hash, hash, "the old configuration should stay in force");
    assert.equal(status.phase, "Forwarding");
    await site.firewall.apply(config(site.lab, [out]));
    await until("the problem is over", async () => complaints(await site.firewall.status()) === "");
  });

  it("swaps 100 generations under traffic with no wrong verdict", async () => {
    const base = config(site.lab, [refuse, out]);
    await site.firewall.apply(base);
    const steady = [];
    for (const family of FAMILIES) {
      await listening(site.outside.peer("echo", OUTSIDE[family], "7020"));
      await listening(site.outside.peer("echo", OUTSIDE[family], "7120"));
      await listening(site.outside.peer("udp-echo", OUTSIDE[family], "7020"));
      const permitted = site.inside.peer("tries", OUTSIDE[family], "7020", "2");
      const rejected = site.inside.peer("tries", OUTSIDE[family], "7120", "20");
      const running = site.inside.peer("talk", OUTSIDE[family], "7020", "5");
      const datagrams = site.inside.peer("udp-talk", OUTSIDE[family], "7020", "10");
      for (const child of [permitted, rejected, running, datagrams]) await child.line(/ 5$/);
      steady.push({ permitted, rejected, running, datagrams });
    }
    for (let generation = 1; generation <= 100; generation++) {
      // Rows move, names change, and policies that decide nothing for this traffic come and go.
      const filler = Array.from({ length: generation % 7 }, (_, i): Policy => ({ name: `filler-${generation}-${i}`, from: ["outside"], action: i % 2 ? "Permit" : "Deny", applications: ["web"] }));
      await site.firewall.apply(config(site.lab, [...filler, refuse, { ...out, name: `out-${generation % 3}` }]));
    }
    for (const { permitted, rejected, running, datagrams } of steady) {
      for (const [child, pattern] of [[permitted, /^open/], [rejected, /^error ECONNREFUSED/], [running, /^echo/], [datagrams, /^echo/]] as const) await grows(child, pattern, 5);
      assert.deepEqual(permitted.lines.filter((line) => line.startsWith("error")), [], "a permitted connection failed");
      // Rejections are rate limited: an attempt may be silent, but it may never open.
      assert.equal(count(rejected, /^open/), 0, "a rejected connection opened");
      assert.equal(count(running, /^(error|closed|wrong)/), 0, "the running connection was disturbed");
      assert.equal(count(datagrams, /^error/), 0);
    }
    assert.equal((await site.firewall.status()).worker.starts, 1, "no worker was restarted for this");
  });
});
