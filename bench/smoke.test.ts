// SPDX-License-Identifier: Apache-2.0
// portcullis-bench runs, its packets are forwarded, its captures are what its flows are. Nothing here looks at a time.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flowFrame, flowsByOwner, ownerOfTwo } from "./lib/capture";
import { inProcess } from "./lib/inprocess";
import { chosen } from "./main";
import type { Experiment } from "./rows/context";

describe("portcullis-bench", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-test-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("measures established sessions of every family", async () => {
    const bench = inProcess(folder, 0);
    const lines = await bench.run("established", { program: bench.bank("10", { rules: 10 }), sessions: 64, kinds: "udp4,tcp4,udp6,tcp6", rounds: 2, packets: 256 }, 60);
    assert.deepEqual(lines.map((line) => [line["kind"], line["sessions"]]), ["udp4", "tcp4", "udp6", "tcp6"].map((kind) => [kind, 64]));
    for (const line of lines) assert.ok(line.samples.every((ticks) => ticks > 0));
  }).timeout(60_000);

  it("changes policies and ends sessions without harm to flows that are permitted", async () => {
    const bench = inProcess(folder, 0);
    const program = [bench.bank("10-nat", { rules: 10, nat: true }), bench.bank("10-nat-refuse", { rules: 10, nat: true, refuse: ["plain"] })].join(" ");
    const [line] = await bench.run("change", { program, sessions: 20_000 }, 100);
    assert.deepEqual([line?.["denied"], line?.["lost"], line?.["moved"]], [10_000, 0, 0]);
    const [some, all] = ["clearSome", "clearAll"].map((name) => line?.[name]) as [{ ended: number; lost: number }, { ended: number; lost: number }];
    assert.ok(some.ended > 0 && some.ended + all.ended >= 10_000, JSON.stringify(line));
    assert.deepEqual([some.lost, all.lost], [0, 0]);
  }).timeout(120_000);

  it("denies and opens", async () => {
    const bench = inProcess(folder, 0);
    const program = bench.bank("20", { rules: 20 });
    assert.equal((await bench.run("deny", { program, sessions: 64, rounds: 1, packets: 256 }, 60)).length, 2);
    assert.equal((await bench.run("open", { program, sessions: 4096, rounds: 1, packets: 256 }, 60))[0]?.["capacity"], 4096);
  }).timeout(60_000);
});

describe("captures of the benchmark", () => {
  it("hold the flow's addresses and a right IPv4 checksum", () => {
    const frame = flowFrame("translated", 5);
    let sum = 0;
    for (let i = 14; i < 34; i += 2) sum += ((frame[i] ?? 0) << 8) | (frame[i + 1] ?? 0);
    assert.equal((sum & 0xffff) + (sum >> 16), 0xffff);
    assert.deepEqual([...frame.slice(26, 30)], [10, 0, 0, 5]);
    assert.deepEqual([...frame.slice(30, 32)], [198, 19]);
  });

  it("go to the two cores in halves, replies to the core of their flow", () => {
    const parts = flowsByOwner("plain", 1_000);
    assert.deepEqual([...parts[0], ...parts[1]].sort((a, b) => a - b), Array.from({ length: 1_000 }, (_, i) => i + 1));
    assert(Math.abs(parts[0].length - 500) < 100);
    const reply = flowFrame("plain", 7);
    const copy = reply.slice();
    reply.set([...copy.subarray(30, 34), ...copy.subarray(26, 30), ...copy.subarray(36, 38), ...copy.subarray(34, 36)], 26);
    assert.equal(ownerOfTwo(reply), ownerOfTwo(copy));
  });
});

describe("--only", () => {
  const experiments = [{ rows: ["G8", "G11"] }, { rows: ["G4"] }] as unknown as Experiment[];
  it("takes the experiments that measure the named rows", () => {
    assert.equal(chosen("G11", experiments).length, 1);
    assert.equal(chosen("G4,G8", experiments).length, 2);
    assert.equal(chosen(undefined, experiments).length, 2);
    assert.throws(() => chosen("G99", experiments), /there is no row G99/);
  });
});
