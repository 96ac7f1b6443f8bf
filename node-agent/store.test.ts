// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serializeProgram } from "../program/codec";
import { PLAIN } from "../program/testing";
import { statePaths } from "./host/paths";
import { loadProgram } from "./last-good";
import { makeLog } from "./log";
import { ProgramStore } from "./store";

describe("the store of programs", () => {
  const top = mkdtempSync(join(tmpdir(), "portcullis-store-"));
  after(() => rmSync(top, { recursive: true }));
  const loaded = (config: string) => loadProgram(serializeProgram({
    version: 1, config,
    dataplane: {
      cores: { count: 1 }, memoryBytes: 2 ** 28, pageBytes: 4096,
      rxMode: { mode: "Adaptive", idleThreshold: 256, resumeThreshold: 32, sleepTimeoutUs: 100_000 }, sessions: { ipv4: 1024, ipv6: 1024 },
    },
    ports: [], zones: [], interfaces: [], addressSets: [], applications: [], defaultAction: "Deny", policies: [], routes: [], neighbors: [], ...PLAIN,
  }));

  it("tries again what could not be written, until there is room", () => {
    const paths = statePaths(join(top, "state"));
    const store = new ProgramStore(paths, makeLog("silent"));
    const one = loaded("one");
    store.save(one, null); // the folder is not there
    assert.deepEqual([store.problem?.reason, store.hash], ["LastGoodNotSaved", ""]);
    mkdirSync(paths.dir);
    store.tick();
    assert.equal(store.problem?.reason, "LastGoodNotSaved", "not at once");
    store.tick(performance.now() + 10_000);
    assert.deepEqual([store.problem, store.hash, store.read()?.hash], [null, one.hash, one.hash]);
  });

  it("complains no more when the program on disk is the one that runs again", () => {
    const paths = statePaths(join(top, "again"));
    mkdirSync(paths.dir);
    const store = new ProgramStore(paths, makeLog("silent"));
    const [one, two] = [loaded("one"), loaded("two")];
    store.save(one, null);
    rmSync(paths.dir, { recursive: true });
    store.save(two, one);
    assert.equal(store.problem?.reason, "LastGoodNotSaved");
    store.save(one, two);
    assert.equal(store.problem, null);
    store.tick(performance.now() + 10_000);
    assert.equal(store.hash, one.hash, "what was not saved is not wanted any more");
  });
});
