// SPDX-License-Identifier: Apache-2.0
// What becomes of sessions and NAT bindings when their file changes: larger or smaller tables, pages of another size, a worker of
// another release, a file that somebody cuts short under traffic or damages.
import assert from "node:assert/strict";
import { existsSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Document, Policy, Spec } from "../../scripts/lab/firewall";
import { must, root, until, type Child } from "../../scripts/lab/lab";
import { fw_state_header } from "../../node-agent/shm/layout.gen";
import { FAMILIES, OUTSIDE, config, count, grows, listening, memory, startSite, type Site } from "./site";

const MIB = 2 ** 20;

const policies: Policy[] = [{ name: "out", from: ["inside"], to: ["outside"], applications: ["stream", "datagrams", "ping", "ping6"], action: "Permit" }];
const nat: Spec["nat"] = {
  source: [
    { name: "games", from: ["inside"], to: ["outside"], applications: ["datagrams"], interface: { ports: "30000-39999" }, persistent: { filtering: "EndpointIndependent", timeout: "1h" } },
    { name: "out", from: ["inside"], to: ["outside"], interface: { ports: "20000-29999" } },
  ],
};

interface Flow { readonly id: string | number; readonly destinationPort: number; readonly nat: unknown }

describe("the state file", function () {
  this.timeout(600_000);
  let site: Site;
  const talks: Child[] = [];
  const document = (dataplane: Partial<NonNullable<Spec["dataplane"]>>): Document => {
    const plain = config(site.lab, policies, { nat });
    return { ...plain, spec: { ...plain.spec, dataplane: { ...plain.spec.dataplane, memory: { size: "128Mi", pageSize: "4Ki" }, ...dataplane } } };
  };
  const path = (): string => {
    const pointer = join(site.firewall.stateDir, "state.path");
    const pointed = existsSync(pointer) ? readFileSync(pointer, "utf8").trim() : "";
    return existsSync(pointed) ? pointed : join(site.firewall.stateDir, "state");
  };
  /** Every session of the conversations, with its id and what NAT makes of it. */
  const flows = async (): Promise<string[]> =>
    ((await site.firewall.sessions()) as unknown as Flow[]).filter((one) => [7050, 7051].includes(one.destinationPort)).map((one) => JSON.stringify([String(one.id), one.nat])).sort();
  /** As last reported: a core writes the use of its tables four times a second. */
  const bindings = async (): Promise<number> => {
    const { tables } = (await site.firewall.counters()) as unknown as { tables: { name: string; used: number }[] };
    return tables.find((table) => table.name === "bindings")?.used ?? Number.NaN;
  };
  const talk = async (): Promise<void> => {
    for (const family of FAMILIES)
      for (let n = 0; n < 2; n++) talks.push(site.inside.peer("talk", OUTSIDE[family], "7050", "20"), site.inside.peer("udp-talk", OUTSIDE[family], "7051", "20"));
    for (const one of talks) await one.line(/^echo/);
  };
  const quiet = async (): Promise<void> => {
    for (const one of talks.splice(0)) await one.stop();
  };
  const problems = async (): Promise<string[]> => (await site.firewall.status()).problems.map(({ reason }) => reason);

  before(async () => {
    site = await startSite(policies, { nat });
    await site.firewall.apply(document({}));
    await site.firewall.forwards();
    for (const family of FAMILIES) {
      await listening(site.outside.peer("echo", OUTSIDE[family], "7050"));
      await listening(site.outside.peer("udp-echo", OUTSIDE[family], "7051"));
    }
  });
  beforeEach(async () => {
    await site.firewall.ask("sessions", "clear", "--all"); // of the test before
    const had = await bindings();
    await talk();
    await until("each IPv4 conversation by UDP has a binding, and the report of it", async () => (await bindings()) === had + 2);
  });
  afterEach(quiet);
  after(() => site.lab.close());

  /** Another worker, and every conversation goes on in its session. */
  async function keeps(change: () => Promise<void>): Promise<void> {
    const [before, bound, { worker }] = [await flows(), await bindings(), await site.firewall.status()];
    assert.equal(before.length, 8);
    assert.ok(bound >= 2, `${bound} bindings`);
    await change();
    await until("another worker runs", async () => (await site.firewall.status()).worker.pid !== worker.pid);
    await site.firewall.forwards();
    for (const one of talks) await grows(one, /^echo/, 3);
    assert.deepEqual(await flows(), before, "the same sessions");
    await until(`${bound} bindings, as before`, async () => (await bindings()) === bound);
    for (const one of talks) assert.equal(count(one, /^(error|closed|wrong)/), 0, one.tail());
    assert.ok(!existsSync(join(site.firewall.stateDir, "state.before")), "nothing of the earlier file is left");
  }

  it("grows and shrinks with all sessions and bindings", async () => {
    for (const sessions of [{ ipv4: 20_000, ipv6: 9_000 }, { ipv4: 1_024, ipv6: 1_024 }]) {
      await keeps(() => site.firewall.apply(document({ sessions })));
      assert.deepEqual(await problems(), []);
    }
    await keeps(() => site.firewall.apply(document({ limits: { natBindings: 2_000 } })));
  });

  it("moves into pages of another size and back, with all sessions and bindings", async () => {
    assert.equal(memory().pageSize, "2Mi", "this test needs hugepages");
    for (const pageSize of ["2Mi", "4Ki", "2Mi", "4Ki"] as const) {
      const old = path();
      await keeps(() => site.firewall.apply(document({ memory: { size: "128Mi", pageSize } })));
      assert.equal((await site.firewall.status()).worker.pageSize, pageSize === "2Mi" ? 2 * MIB : 4096);
      assert.ok(!existsSync(old), `${old} should be gone`);
      assert.deepEqual(await problems(), []);
    }
  });

  async function killBoth(): Promise<void> {
    const { pid } = (await site.firewall.status()).worker;
    site.firewall.child.signal("SIGKILL");
    await site.firewall.child.exit;
    process.kill(pid, "SIGKILL");
    await until("the worker is gone", () => Promise.resolve(!existsSync(`/proc/${pid}`) || /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))));
  }

  const relayout = (...fields: ("layout_hash" | "records_hash")[]): Promise<string> =>
    must([join(root, "test", "dataplane", "helpers", "relayout.py"), path(), String(fw_state_header.fields.checksum.offset), ...fields.map((name) => String(fw_state_header.fields[name].offset))]);

  it("of a release with another layout is converted when sessions are kept alike, and status says so", async () => {
    await keeps(async () => {
      await killBoth();
      await relayout("layout_hash");
      site.firewall.run();
      await site.firewall.forwards();
    });
    const { problems: told, worker } = await site.firewall.status();
    assert.deepEqual(told.map(({ reason }) => reason), ["StateConverted"]);
    assert.match(told[0]?.message ?? "", /^sessions and NAT bindings were carried over .*: its layout is version 1 hash 0x[0-9a-f]{16}, this worker's is version 1 hash 0x[0-9a-f]{16}/);
    assert.equal(worker.stateDiscarded, 0);
    await keeps(async () => void await site.firewall.killWorker());
    assert.deepEqual(await problems(), [], "the next worker found its own layout");
  });

  /** What was there is gone; new conversations work. */
  async function losesAndSays(reason: RegExp, hurt: () => Promise<unknown>): Promise<void> {
    const lost = await flows();
    await hurt();
    await site.firewall.forwards();
    const { problems: told, worker } = await site.firewall.status();
    assert.deepEqual(told.map((one) => one.reason), ["StateReplaced"]);
    assert.match(told[0]?.message ?? "", reason);
    assert.ok(worker.stateDiscarded >= 1);
    await quiet();
    await talk();
    assert.deepEqual((await flows()).filter((one) => lost.includes(one)), []);
  }

  it("of a release that keeps sessions otherwise is replaced, and status says so", () =>
    losesAndSays(/its layout is version 1 hash/, async () => {
      await killBoth();
      await relayout("layout_hash", "records_hash");
      site.firewall.run();
    }));

  it("that is damaged while nobody runs is replaced, and status says so", () =>
    losesAndSays(/the checksum of its header is wrong/, async () => {
      await killBoth();
      await must([join(root, "test", "dataplane", "helpers", "damage.py"), path(), "40", "41", "1"]);
      site.firewall.run();
    }));

  for (const pageSize of ["4Ki", "2Mi"] as const) {
    it(`that somebody cuts short under traffic ends its worker by its own word, and the next one forwards (${pageSize})`, async () => {
      await site.firewall.apply(document({ memory: { size: "128Mi", pageSize } }));
      await site.firewall.forwards();
      const { pid } = (await site.firewall.status()).worker;
      const told = count(site.firewall.child, /memory of the state file is gone \(SIGBUS\)/);
      await losesAndSays(/it has 2097152 bytes instead of [0-9]+/, async () => {
        truncateSync(path(), 2 * MIB);
        await until("another worker runs", async () => {
          const { worker, ready } = await site.firewall.status();
          return ready && worker.pid !== pid;
        });
      });
      assert.ok(count(site.firewall.child, /memory of the state file is gone \(SIGBUS\)/) > told, site.firewall.child.tail(20));
      assert.equal(count(site.firewall.child, /Quarantined/), 0);
    });
  }
});
