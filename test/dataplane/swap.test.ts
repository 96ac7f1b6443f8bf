// SPDX-License-Identifier: Apache-2.0
// Ten thousand policies, exchanged under traffic: what is permitted by both loses nothing, what is denied by both never passes.
import assert from "node:assert/strict";
import { complaints, type Document, type Policy } from "../../scripts/lab/firewall";
import { FAMILIES, OUTSIDE, config, count, grows, listening, startSite, type Site } from "./site";

const POLICIES = 10_000;
const SWAPS = 8;

/** The policies that matter come last, behind thousands that match other hosts. */
function many(site: Site, seed: number): Document {
  const addresses = [];
  const policies: Policy[] = [];
  for (let i = 0; i < POLICIES - 2; i++) {
    const host = (i * 7 + seed * 13) % 65_536;
    if (i < 500) addresses.push({ name: `host-${i}`, prefixes: [`172.20.${host >> 8}.${host & 255}`, `fd00:20::${host.toString(16)}`] });
    policies.push({ name: `filler-${seed}-${i}`, from: ["inside"], to: ["outside"], sources: [`host-${i % 500}`], applications: [i % 2 === 0 ? "stream" : "refused"], action: i % 3 === 0 ? "Deny" : "Permit" });
  }
  policies.push({ name: "refuse", from: ["inside"], to: ["outside"], applications: ["refused"], action: "Deny" });
  policies.push({ name: "out", from: ["inside"], to: ["outside"], applications: ["stream", "datagrams"], action: "Permit" });
  return config(site.lab, policies, { addresses });
}

describe("ten thousand policies are exchanged under traffic", function () {
  this.timeout(600_000);
  let site: Site;
  before(async () => {
    site = await startSite([{ name: "out", from: ["inside"], to: ["outside"], applications: ["stream", "datagrams"], action: "Permit" }]);
    await site.firewall.apply(many(site, 0));
  });
  after(() => site.lab.close());

  it("without a wrong verdict and without a lost datagram", async () => {
    const talkers = [];
    const tries = [];
    const datagrams = [];
    for (const family of FAMILIES) {
      await listening(site.outside.peer("echo", OUTSIDE[family], "7010"));
      await listening(site.outside.peer("echo", OUTSIDE[family], "7110"));
      await listening(site.outside.peer("udp-echo", OUTSIDE[family], "7020"));
      talkers.push(site.inside.peer("talk", OUTSIDE[family], "7010", "5"));
      tries.push(site.inside.peer("tries", OUTSIDE[family], "7110", "5"));
      datagrams.push(site.inside.peer("udp-talk", OUTSIDE[family], "7020", "5"));
    }
    for (const talk of [...talkers, ...datagrams]) await talk.line(/^echo 3$/);
    for (let swap = 1; swap <= SWAPS; swap++) {
      await site.firewall.apply(many(site, swap));
      for (const talk of [...talkers, ...datagrams]) await grows(talk, /^echo/, 5);
    }
    for (const attempt of tries) assert.equal(count(attempt, /^open/), 0, "a denied connection was opened");
    for (const talk of talkers) assert.equal(count(talk, /^(error|closed|wrong)/), 0, talk.tail());
    for (const talk of datagrams) {
      const numbers = talk.lines.flatMap((line) => /^echo ([0-9]+)$/.exec(line)?.[1] ?? []).map(Number);
      assert.deepEqual(numbers, numbers.map((_, i) => i + 1), "every datagram came back, in order");
    }
    assert.equal(complaints(await site.firewall.status()), "");
    assert.equal((await site.firewall.status()).worker.starts, 1);
  });
});
