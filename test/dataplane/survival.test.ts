// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { existsSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Policy } from "../../scripts/lab/firewall";
import { must, root, until, type Child } from "../../scripts/lab/lab";
import { fw_state_header } from "../../node-agent/shm/layout.gen";
import { FAMILIES, OUTSIDE, config, count, grows, listening, startSite, type Site } from "./site";

const policies: Policy[] = [{ name: "out", from: ["inside"], to: ["outside"], applications: ["stream", "datagrams", "ping"], action: "Permit" }];

async function talkers(site: Site, port: string): Promise<Child[]> {
  const started: Child[] = [];
  for (const family of FAMILIES) {
    await listening(site.outside.peer("echo", OUTSIDE[family], port));
    const talk = site.inside.peer("talk", OUTSIDE[family], port, "10");
    await talk.line(/^echo 5$/);
    started.push(talk);
  }
  return started;
}

describe("state outlives the worker", function () {
  this.timeout(600_000);
  let site: Site;
  before(async () => {
    site = await startSite(policies);
  });
  after(() => site.lab.close());

  it("keeps every connection over 20 kills under a TCP transfer", async () => {
    const sinks: Child[] = [];
    const sources: Child[] = [];
    for (const family of FAMILIES) {
      sinks.push(await listening(site.outside.peer("receive", OUTSIDE[family], "7030")));
      const source = site.inside.peer("send", OUTSIDE[family], "7030");
      await source.line(/^connected/);
      sources.push(source);
    }
    const talks = await talkers(site, "7031");
    const ids = async (): Promise<string[]> => (await site.firewall.sessions()).filter((one) => [7030, 7031].includes(one.destinationPort)).map((one) => String(one.id)).sort();
    const before = await ids();
    assert.equal(before.length, 4);
    const { hash } = await site.firewall.status();
    for (let kill = 1; kill <= 20; kill++) {
      await site.firewall.killWorker();
      for (const sink of sinks) await grows(sink, /^mebibytes/, 1 + (kill % 3));
      for (const talk of talks) await grows(talk, /^echo/, 2);
    }
    const status = await site.firewall.status();
    assert.equal(status.hash, hash, "the same generation");
    assert.equal(status.worker.starts, 21);
    assert.equal(status.worker.stateDiscarded, 0);
    assert.deepEqual(await ids(), before, "the same sessions");
    for (const [i, source] of sources.entries()) {
      source.write("stop\n");
      const [, sent] = await source.line(/^sent ([0-9]+)/);
      const [, received] = await (sinks[i] as Child).line(/^received ([0-9]+)/, 120_000);
      assert.equal(received, sent);
    }
    for (const talk of talks) await talk.stop();
  });

  it("keeps what is denied denied while the worker is away and after", async () => {
    await listening(site.outside.peer("echo", OUTSIDE[0], "7130"));
    const denied = site.inside.peer("tries", OUTSIDE[0], "7130", "1");
    for (let kill = 0; kill < 3; kill++) await site.firewall.killWorker();
    await denied.stop();
    assert.equal(count(denied, /^open/), 0);
  });

  it("goes on forwarding when the agent is killed, and a new agent adopts the worker", async () => {
    const talks = await talkers(site, "7032");
    const { pid, starts } = (await site.firewall.status()).worker;
    site.firewall.child.signal("SIGKILL");
    await site.firewall.child.exit;
    for (const talk of talks) await grows(talk, /^echo/, 50);
    await site.inside.must(["ping", "-c", "1", "-W", "10", OUTSIDE[0]]);
    site.firewall.run();
    await site.firewall.forwards();
    const { worker } = await site.firewall.status();
    assert.equal(worker.pid, pid, "the running worker is adopted");
    assert.equal(worker.starts, starts);
    for (const talk of talks) await grows(talk, /^echo/, 20);
    // The new agent supervises it as its own.
    await site.firewall.killWorker();
    for (const talk of talks) await grows(talk, /^echo/, 5);
    for (const talk of talks) await talk.stop();
  });

  it("leaves a worker alone whose state file a new agent cannot read, says so, and kills it when it hangs", async () => {
    const talks = await talkers(site, "7034");
    const { pid } = (await site.firewall.status()).worker;
    site.firewall.child.signal("SIGKILL");
    await site.firewall.child.exit;
    const { layout_hash, checksum } = fw_state_header.fields;
    await must([join(root, "test", "dataplane", "helpers", "relayout.py"), stateFile(site), String(checksum.offset), String(layout_hash.offset)]);
    site.firewall.run();
    const told = await until("the agent says why it is not ready", async () => {
      const status = await site.firewall.status().catch(() => undefined);
      return status?.reason === "LayoutMismatch" && status;
    }, 60_000);
    assert.equal(told.ready, false);
    assert.match(told.message, new RegExp(`^the worker \\(pid ${pid}\\) runs on, but this agent cannot read its state file: .* has layout version [0-9]+ with hash 0x`));
    for (const talk of talks) await grows(talk, /^echo/, 50);
    assert.equal(Number(told.worker.pid), pid);

    process.kill(pid, "SIGSTOP");
    await site.firewall.forwards(120);
    assert.notEqual((await site.firewall.status()).worker.pid, pid, "one that hangs is replaced");
    for (const talk of talks) await grows(talk, /^echo/, 5);
    for (const talk of talks) await talk.stop();
    await site.firewall.killWorker(); // the next tests begin with a worker that has found its own layout
  });

  it("lets another worker start where agent and worker are killed together", async () => {
    const talks = await talkers(site, "7033");
    await killBoth(site);
    site.firewall.run();
    await site.firewall.forwards();
    for (const talk of talks) await grows(talk, /^echo/, 5);
    for (const talk of talks) await talk.stop();
  });

  for (const [what, port, hurt] of [
    ["whose header is overwritten", "7040", (file: string) => damage(file, "16", "80", "1")],
    ["that was cut in half", "7041", (file: string) => truncate(file, 2 * 1024 * 1024)],
    ["that is empty", "7042", (file: string) => truncate(file, 0)],
  ] as const) {
    it(`replaces a state file ${what}, says so, and forwards`, async () => {
      const discarded = (await site.firewall.status()).worker.stateDiscarded;
      await killBoth(site);
      await hurt(stateFile(site));
      const child = site.firewall.run();
      await site.firewall.forwards();
      // The count is kept in the file: what is left of it decides whether the count goes on or begins anew.
      const now = (await site.firewall.status()).worker.stateDiscarded;
      assert.ok(now === discarded + 1 || (port === "7042" && now === 1), `${now} after ${discarded}`);
      await until("the log says so", () => Promise.resolve(count(child, /state file/i) > 0));
      const [talk] = await talkers(site, port);
      await talk?.stop();
    });
  }

  it("never uses a damaged session, and keeps the others", async () => {
    const talks = await talkers(site, "7035");
    await killBoth(site);
    // Bits are flipped all over the session tables: what fails its checksum is not used.
    await damage(stateFile(site), String(1024 * 1024), "0", "4096");
    site.firewall.run();
    await site.firewall.forwards();
    const counters = await site.firewall.counters();
    assert.ok(Number.isFinite(counters["sessionsDiscarded"] ?? Number.NaN));
    for (const talk of talks) await talk.stop();
    const [again] = await talkers(site, "7036");
    await again?.stop();
  });

  it("removes what it made on a clean stop", async () => {
    assert.equal(await site.firewall.stop(), 0);
    for (const [namespace, device] of [[site.inside, "inside"], [site.outside, "outside"], [site.firewall.namespace, "inside0"]] as const) {
      assert.notEqual((await namespace.run(["ip", "link", "show", "dev", device])).code, 0, `${device} should be gone`);
    }
    assert.ok(!existsSync(stateFile(site)), "the state file should be gone");
    await site.firewall.start(config(site.lab, policies));
  });
});

function stateFile(site: Site): string {
  const pointer = join(site.firewall.stateDir, "state.path");
  return existsSync(pointer) ? readFileSync(pointer, "utf8").trim() : join(site.firewall.stateDir, "state");
}

const damage = (file: string, ...where: string[]): Promise<string> => must([join(root, "test", "dataplane", "helpers", "damage.py"), file, ...where]);
const truncate = (file: string, size: number): Promise<void> => Promise.resolve(truncateSync(file, size));

async function killBoth(site: Site): Promise<void> {
  const { pid } = (await site.firewall.status()).worker;
  site.firewall.child.signal("SIGKILL");
  await site.firewall.child.exit;
  process.kill(pid, "SIGKILL");
  await until("the worker is gone", () => Promise.resolve(!existsSync(`/proc/${pid}`) || /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))));
}
