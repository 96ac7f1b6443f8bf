// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ProgramData, Report } from "../../program/stream.gen";
import { Problem } from "../problem";
import { Assembly } from "./assembly";
import { backoff, FIRST_MS, LAST_MS, NEXT_ADDRESS_MS } from "./backoff";
import { EVERY_MS, Reporter } from "./reporter";

const piece = (offset: number, data: string, last = false): ProgramData => ({ hash: "h", offset: BigInt(offset), data: Buffer.from(data), last });

describe("assembly of a program", () => {
  it("gives back the bytes however they were cut", () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (bytes, cuts) => {
      const assembly = new Assembly("h", BigInt(bytes.length));
      let at = 0;
      let whole: Uint8Array | null = null;
      for (let i = 0; at < bytes.length; i++) {
        const data = Buffer.from(bytes.subarray(at, at + (cuts[i % cuts.length] ?? 1)));
        assert.equal(whole, null);
        whole = assembly.add({ hash: "h", offset: BigInt(at), data, last: at + data.length === bytes.length });
        at += data.length;
      }
      assert.deepEqual(Buffer.from(whole ?? []), Buffer.from(bytes));
    }));
  });

  it("refuses gaps, repeats, excess, empty and missing pieces", () => {
    const wrong: [bigint, ProgramData[]][] = [
      [6n, [piece(1, "abc")]],
      [6n, [piece(0, "abc"), piece(0, "abc", true)]],
      [3n, [piece(0, "abcd", true)]],
      [6n, [piece(0, "")]],
      [6n, [piece(0, "abc", true)]],
    ];
    for (const [size, pieces] of wrong) {
      const assembly = new Assembly("h", size);
      assert.throws(() => { for (const p of pieces) assembly.add(p); }, (error: Problem) => error.reason === "ProgramCorrupt", JSON.stringify(pieces.map((p) => Number(p.offset))));
    }
  });

  it("refuses sizes that no program has", () => {
    for (const size of [0n, -1n, 1n << 40n, (1n << 64n) - 1n]) assert.throws(() => new Assembly("h", size), Problem);
  });
});

describe("back-off", () => {
  it("stays within its bounds whatever chance says", () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 8 }), chance, (failures, addresses, random) => {
      const delay = backoff(failures, addresses, () => random);
      assert.equal(delay >= 0 && delay <= LAST_MS, true);
    }));
  });
  it("uses all of the range (full jitter) and doubles it", () => {
    assert.equal(backoff(4, 1, () => 0), 0);
    assert.deepEqual([1, 2, 3, 4, 5].map((n) => backoff(n, 1, () => 0.999_999)), [999, 1_999, 3_999, 7_999, 7_999]);
    assert.equal(FIRST_MS, 1_000);
  });
  it("tries every address before the pause grows", () => {
    assert.deepEqual([1, 2, 3, 4].map((n) => backoff(n, 2, () => 0.999_999)), [NEXT_ADDRESS_MS - 1, 999, NEXT_ADDRESS_MS - 1, 1_999]);
  });
});

describe("reporter", () => {
  const base: Report = { activeHash: "", desiredHash: "", reason: "", message: "", worker: undefined, ports: [], counters: {}, drops: {}, agentVersion: "1" };

  function bench() {
    const state = { report: base, writable: true, sent: [] as Report[] };
    const reporter = new Reporter(() => state.report, {
      get writable() { return state.writable; },
      send: (report) => { state.sent.push(report); },
    });
    return { state, reporter };
  }

  it("sends at once, then only on a change or after 30 seconds", () => {
    const { state, reporter } = bench();
    for (let now = 0; now < EVERY_MS; now += 250) reporter.look(now);
    assert.equal(state.sent.length, 1);
    reporter.look(EVERY_MS);
    assert.equal(state.sent.length, 2);
  });

  it("takes counters alone for no change", () => {
    const { state, reporter } = bench();
    reporter.look(0);
    state.report = { ...base, counters: { received: 5n } };
    reporter.look(1_000);
    assert.equal(state.sent.length, 1);
  });

  it("sends at most two reports a second", () => {
    const { state, reporter } = bench();
    for (let now = 0; now < 10_000; now += 10) {
      state.report = { ...base, message: String(now) };
      reporter.look(now);
    }
    assert.equal(state.sent.length, 20);
  });

  it("holds back while the peer takes nothing, then sends only the newest", () => {
    const { state, reporter } = bench();
    reporter.look(0);
    state.writable = false;
    for (const message of ["a", "b", "c"]) {
      state.report = { ...base, message };
      reporter.look(5_000);
    }
    state.writable = true;
    reporter.look(6_000);
    assert.deepEqual(state.sent.map((r) => r.message), ["", "c"]);
  });
});
