// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { serializeProgram } from "../program/codec";
import { PLAIN } from "../program/testing";
import { decodeStored, encodeStored, keepLastGood, loadProgram, readLastGood, saveLastGood, setAside } from "./last-good";
import { Problem } from "./problem";

const LOADED = loadProgram(serializeProgram({
  version: 1, config: "edge",
  dataplane: {
    cores: { count: 1 }, memoryBytes: 2 ** 28, pageBytes: 4096,
    rxMode: { mode: "Adaptive", idleThreshold: 256, resumeThreshold: 32, sleepTimeoutUs: 100_000 }, sessions: { ipv4: 1024, ipv6: 1024 },
  },
  ports: [], zones: [], interfaces: [], addressSets: [], applications: [], defaultAction: "Deny", policies: [], routes: [], neighbors: [], ...PLAIN,
}));

describe("the stored program", () => {
  let folder = "";
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "portcullis-test-")); });
  afterEach(() => { rmSync(folder, { recursive: true }); });

  it("is read back as it was written, and leaves nothing beside it", () => {
    const path = join(folder, "last-good");
    saveLastGood(path, LOADED);
    assert.equal(readLastGood(path)?.hash, LOADED.hash);
    assert.deepEqual(readdirSync(folder), ["last-good"]);
  });

  it("keeps its content under another name while the next one takes its place", () => {
    const [last, previous] = [join(folder, "last-good"), join(folder, "previous-good")];
    const next = loadProgram(serializeProgram({ ...LOADED.program, config: "next" }));
    saveLastGood(last, LOADED);
    assert.equal(keepLastGood(last, previous, LOADED), true);
    assert.equal(keepLastGood(last, previous, LOADED), true); // again: two names of one file
    saveLastGood(last, next);
    assert.equal(readLastGood(last)?.hash, next.hash);
    assert.equal(readLastGood(previous)?.hash, LOADED.hash);
    assert.deepEqual(readdirSync(folder).sort(), ["last-good", "previous-good"]);
  });

  it("is not kept when the file is gone or of another size", () => {
    const [last, previous] = [join(folder, "last-good"), join(folder, "previous-good")];
    assert.equal(keepLastGood(last, previous, LOADED), false);
    writeFileSync(last, "short");
    assert.equal(keepLastGood(last, previous, LOADED), false);
    assert.deepEqual(readdirSync(folder), ["last-good"]);
  });

  it("is null when there is none", () => assert.equal(readLastGood(join(folder, "last-good")), null));

  it("is refused when any byte of it was changed or is missing", () => {
    const file = encodeStored(LOADED);
    fc.assert(fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = Uint8Array.from(file);
      damaged[at] = (damaged[at] ?? 0) ^ flip;
      assert.throws(() => decodeStored(damaged), Problem);
      assert.throws(() => decodeStored(file.subarray(0, at)), Problem);
    }));
  });

  it("with a wrong checksum is reported by path, and can be set aside", () => {
    const path = join(folder, "last-good");
    const file = Buffer.from(encodeStored(LOADED));
    file[file.length - 2] = 0;
    writeFileSync(path, file);
    assert.throws(() => readLastGood(path), (error: Problem) => error.reason === "LastGoodCorrupt" && error.message.includes(path) && /checksum/.test(error.message));
    setAside(path);
    assert.equal(existsSync(path), false);
    assert.deepEqual(readFileSync(`${path}.corrupt`), file);
  });

  it("that cannot be written is one clear problem, and the old one stays", () => {
    const path = join(folder, "last-good");
    saveLastGood(path, LOADED);
    assert.throws(() => { saveLastGood(join(folder, "absent", "last-good"), LOADED); }, (error: Problem) => error.reason === "LastGoodNotSaved");
    assert.equal(readLastGood(path)?.hash, LOADED.hash);
  });

  it("of a newer version is told as such", () => {
    const bytes = Buffer.from(JSON.stringify({ ...LOADED.program, version: 99 }));
    assert.throws(() => loadProgram(bytes), (error: Problem) => error.reason === "VersionSkew");
  });

  it("with another hash than announced is refused with both", () => {
    assert.throws(() => loadProgram(LOADED.bytes, "0".repeat(64)), (error: Problem) => error.reason === "ProgramCorrupt" && error.message.includes(LOADED.hash));
  });
});
