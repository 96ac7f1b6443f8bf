// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { libraryPath } from "./host/paths";
import type { WorkerProcess } from "./host/launcher";
import { fw_policy_counters } from "./shm/layout.gen";
import { loadLibrary } from "./shm/segment";
import { decide, firstPulse, takePulse, type Step } from "./supervise";
import { addPolicies, sumByName, WorkerView, type PolicyCounts } from "./worker-view";

const { size, fields } = fw_policy_counters;

function rows(slots: readonly (readonly [slot: number, name: bigint, packets: bigint])[]): Uint8Array {
  const bytes = Buffer.alloc(size * 4);
  for (const [slot, name, packets] of slots) {
    bytes.writeBigUInt64LE(name, slot * size + fields.name_id.offset);
    bytes.writeBigUInt64LE(packets, slot * size + fields.packets.offset);
  }
  return bytes;
}

describe("counters of policies", () => {
  it("are summed over the cores by name, whatever their slots", () => {
    const sums = new Map<bigint, PolicyCounts>();
    addPolicies(sums, rows([[0, 7n, 1n], [3, 0xffff_ffff_ffff_ffffn, 2n]]));
    addPolicies(sums, rows([[2, 7n, 0x20_0000_0000_0000n]]));
    assert.deepEqual([...sums].map(([name, { packets }]) => [name, packets]), [[7n, 0x20_0000_0000_0001n], [0xffff_ffff_ffff_ffffn, 2n]]);
  });
});

interface Row { readonly name: string; readonly state: number; readonly rx: bigint; readonly tx: bigint; readonly name_id: bigint }

const row = (name: string, rx: bigint, more: Partial<Row> = {}): Row => ({ name, state: 2, rx, tx: 1n, name_id: 7n, ...more });
const nameOf = (one: Row): string => one.name;

describe("rows of several datapath cores", () => {
  it("are added under the same name, whatever row they have", () => {
    const sum = sumByName([[row("a", 1n), row("b", 10n)], [row("b", 20n), row("a", 2n)], [row("a", 4n)]], nameOf);
    assert.deepEqual(sum.map((one) => [one.name, one.rx]), [["a", 7n], ["b", 30n]]);
  });

  it("keep what is no count from the first core", () => {
    const [sum] = sumByName([[row("a", 1n, { state: 1 })], [row("a", 1n, { state: 0, name_id: 9n })]], nameOf);
    assert.deepEqual([sum?.state, sum?.name_id, sum?.tx], [1, 7n, 2n]);
  });

  it("are those of the first core: unused ones and ones that only another core has do not show", () => {
    assert.deepEqual(sumByName([[row("", 0n), row("a", 1n)], [row("", 5n), row("b", 1n)]], nameOf).map(nameOf), ["a"]);
    assert.deepEqual(sumByName<Row>([], nameOf), []);
    assert.deepEqual(sumByName([[row("a", 3n)]], nameOf), [row("a", 3n)]);
  });

  it("lose nothing, in any order", () => {
    const cores = fc.array(fc.shuffledSubarray(["a", "b", "c", "d"], { minLength: 4 }).chain((names) =>
      fc.tuple(...names.map((name) => fc.bigInt({ min: 0n, max: 2n ** 62n }).map((rx) => row(name, rx))))), { minLength: 1, maxLength: 6 });
    fc.assert(fc.property(cores, (all) => {
      const total = (rows: readonly (readonly Row[])[]): bigint => rows.flat().reduce((sum, one) => sum + one.rx, 0n);
      assert.equal(total([sumByName(all.map((rows) => [...rows]), nameOf)]), total(all));
    }));
  });
});

describe("a worker whose state file cannot be read", () => {
  const TICK_MS = 500;
  const args = { cores: [1], memory: 2 ** 28, pageSize: 4096, sessions4: 1024, sessions6: 1024, bindings: 1024 };
  const worker = (pid: number, statePath = "/proc/no-such-state-file"): WorkerProcess =>
    ({ pid, since: 0n, args, statePath, adopted: true, ended: new Promise(() => undefined), stop: () => undefined, kill: () => undefined });
  before(() => { loadLibrary(libraryPath()); });

  /** What a supervisor does first but rest, and when; listens: whether the doorbell takes a word at that time. */
  function supervised(seconds: number, listens: (ms: number) => boolean): [Step, number] | null {
    let at = 0;
    const view = new WorkerView(() => listens(at));
    for (let pulse = firstPulse(0); at < seconds * 1000;) {
      at += TICK_MS;
      const beats = view.heartbeats(worker(7));
      pulse = takePulse(pulse, beats.control, beats.core, at);
      const observed = { args, runningMs: at, beating: beats.control !== 0n, silentMs: Math.max(pulse.controlSilentMs, pulse.coreSilentMs) };
      const step = decide({ now: at, target: args, present: true, notBefore: 0, worker: observed });
      if (step.kind !== "rest") return [step, at / 1000];
    }
    return null;
  }

  it("is left alone for as long as it takes what comes to its doorbell", () => assert.equal(supervised(1000, () => true), null));
  it("is killed when it no longer does", () => {
    const [step, at] = supervised(1000, (ms) => ms < 300_000) ?? [];
    assert.deepEqual([step?.kind, at], ["kill", 305]);
  });
  it("is killed when it never did", () => {
    const [step, at] = supervised(1000, () => false) ?? [];
    assert.deepEqual([step?.kind, at], ["kill", 120.5]);
  });

  it("is told with the file and what is wrong with it", () => {
    const view = new WorkerView(() => true);
    assert.equal(view.unread(null), null);
    const missing = view.unread(worker(7));
    assert.equal(missing?.reason, "StateUnreadable");
    assert.match(missing?.message ?? "", /^the worker \(pid 7\) runs on, but this agent cannot read its state file: cannot open \/proc\/no-such-state-file: No such file or directory; /);
  });
  it("is only starting while nobody listens", () => assert.equal(new WorkerView(() => false).unread(worker(7)), null));
  it("is another one with another pid", () => {
    let listens = true;
    const view = new WorkerView(() => listens);
    assert.ok(view.heartbeats(worker(7)).control > 0n);
    listens = false;
    assert.equal(view.heartbeats(worker(8)).control, 0n);
  });
});
