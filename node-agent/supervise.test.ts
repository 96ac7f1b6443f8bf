// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import type { WorkerArgs } from "./host/preflight";
import { CRASH_WINDOW_MS, decide, describeExit, firstPulse, HUNG_AFTER_MS, isCrash, isQuarantined, recordCrash, restartDelay, START_TIMEOUT_MS, takePulse, type Exit, type Observed } from "./supervise";

const ARGS: WorkerArgs = { cores: [1], memory: 2 ** 28, pageSize: 4096, sessions4: 1024, sessions6: 1024, bindings: 1024 };
const exit = (change: Partial<Exit>): Exit => ({ code: null, signal: null, lastLine: "", asked: false, hung: false, healthy: true, ...change });

function observed(change: Partial<Observed>): Observed {
  return { now: 1_000_000, target: ARGS, present: true, worker: null, notBefore: 0, ...change };
}

const running = { args: ARGS, runningMs: 60_000, beating: true, silentMs: 0 };

describe("supervisor decisions", () => {
  it("starts a worker when one is wanted and none runs", () => {
    assert.deepEqual(decide(observed({})), { kind: "start", args: ARGS });
  });

  it("rests while no worker can be started", () => {
    assert.deepEqual(decide(observed({ present: false })), { kind: "rest" });
  });

  it("waits for the end of the back-off", () => {
    assert.deepEqual(decide(observed({ notBefore: 1_000_250 })), { kind: "wait", ms: 250 });
  });

  it("rests while a healthy worker runs with the wanted arguments", () => {
    assert.deepEqual(decide(observed({ worker: running })), { kind: "rest" });
  });

  it("rests when nothing is wanted and nothing runs", () => {
    assert.deepEqual(decide(observed({ target: null })), { kind: "rest" });
  });

  it("replaces a worker whose cores, memory or tables differ, keeping its state", () => {
    for (const key of ["memory", "pageSize", "sessions4", "sessions6", "bindings"] as const) {
      const step = decide(observed({ worker: { ...running, args: { ...ARGS, [key]: ARGS[key] + 1 } } }));
      assert.equal(step.kind === "stop" && step.keep, true, key);
    }
    const step = decide(observed({ worker: { ...running, args: { ...ARGS, cores: [1, 0] } } }));
    assert.equal(step.kind === "stop" && step.keep, true, "cores");
  });

  it("replaces an adopted worker whose arguments are unknown", () => {
    assert.equal(decide(observed({ worker: { ...running, args: null } })).kind, "stop");
  });

  it("stops the worker for good when nothing is wanted any more", () => {
    const step = decide(observed({ target: null, worker: running }));
    assert.equal(step.kind === "stop" && !step.keep, true);
  });

  it("kills a worker that was silent for longer than five seconds, and not before", () => {
    assert.equal(decide(observed({ worker: { ...running, silentMs: HUNG_AFTER_MS } })).kind, "rest");
    assert.equal(decide(observed({ worker: { ...running, silentMs: HUNG_AFTER_MS + 1 } })).kind, "kill");
  });

  it("gives a starting worker longer than a running one", () => {
    const starting = { ...running, beating: false, silentMs: HUNG_AFTER_MS + 1, runningMs: HUNG_AFTER_MS + 1 };
    assert.equal(decide(observed({ worker: starting })).kind, "rest");
    assert.equal(decide(observed({ worker: { ...starting, runningMs: START_TIMEOUT_MS + 1 } })).kind, "kill");
  });

  it("never starts a second worker", () => {
    fc.assert(fc.property(fc.boolean(), fc.nat(), fc.nat(), fc.boolean(), (wanted, silentMs, runningMs, beating) => {
      const step = decide(observed({ target: wanted ? ARGS : null, worker: { args: ARGS, silentMs, runningMs, beating } }));
      assert.notEqual(step.kind, "start");
    }));
  });
});

describe("heartbeats", () => {
  it("count as silent only while neither moves", () => {
    let pulse = takePulse(firstPulse(0), 1n, 1n, 500);
    pulse = takePulse(pulse, 1n, 2n, 1_000);
    assert.deepEqual([pulse.controlSilentMs, pulse.coreSilentMs], [500, 0]);
    pulse = takePulse(pulse, 2n, 2n, 1_500);
    assert.deepEqual([pulse.controlSilentMs, pulse.coreSilentMs], [0, 500]);
  });

  it("do not blame the worker for the agent's own sleep", () => {
    const pulse = takePulse(takePulse(firstPulse(0), 1n, 1n, 500), 1n, 1n, 3_600_000);
    assert.equal(pulse.controlSilentMs < HUNG_AFTER_MS, true);
  });

  it("of a core that has not started are not awaited", () => {
    assert.equal(takePulse(firstPulse(0), 5n, 0n, 1_000).coreSilentMs, 0);
  });
});

describe("crashes", () => {
  it("are faults and hangs, not what a person did", () => {
    assert.equal(isCrash(exit({ signal: "SIGSEGV" })), true);
    assert.equal(isCrash(exit({ signal: "SIGKILL", hung: true })), true);
    assert.equal(isCrash(exit({ code: 1 })), true);
    for (const change of [{ signal: "SIGKILL" }, { signal: "SIGTERM" }, { code: 0 }, { code: 3 }, { signal: "unknown" }, { code: 1, healthy: false }, { code: 127 }, { signal: "SIGSEGV", asked: true }])
      assert.equal(isCrash(exit(change)), false, JSON.stringify(change));
  });

  it("put a program into quarantine when there are three within a minute", () => {
    let record = recordCrash(recordCrash(new Map(), "a", 0), "a", 20_000);
    assert.equal(isQuarantined(record, "a"), false);
    record = recordCrash(record, "a", 40_000);
    assert.equal(isQuarantined(record, "a"), true);
    assert.equal(isQuarantined(record, "b"), false);
  });

  it("that are far apart do not add up", () => {
    let record = new Map() as ReturnType<typeof recordCrash>;
    for (let i = 0; i < 20; i++) record = recordCrash(record, "a", i * (CRASH_WINDOW_MS / 2));
    assert.equal(isQuarantined(record, "a"), false);
  });

  it("are told with the worker's last line", () => {
    assert.equal(describeExit(exit({ code: 3, lastLine: "no hugepages" })), "no hugepages");
    assert.equal(describeExit(exit({ signal: "SIGSEGV" })), "the worker was ended by SIGSEGV");
    assert.equal(describeExit(exit({ code: 0 })), "the worker ended with code 0");
  });
});

describe("restart delay", () => {
  it("is none after a healthy run and never more than 30 seconds", () => {
    assert.equal(restartDelay(0), 0);
    assert.equal(restartDelay(1), 250);
    fc.assert(fc.property(fc.nat(1000), (n) => {
      assert.equal(restartDelay(n + 1) >= restartDelay(n) && restartDelay(n) <= 30_000, true);
    }));
  });
});
