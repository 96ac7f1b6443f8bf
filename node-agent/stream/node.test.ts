// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { serializeProgram } from "../../program/codec";
import { PLAIN } from "../../program/testing";
import type { Desired } from "../../program/stream.gen";
import { loadProgram, type Loaded } from "../last-good";
import { makeLog } from "../log";
import type { Problem } from "../problem";
import { ClusterNode } from "./node";

function loaded(config: string): Loaded {
  return loadProgram(serializeProgram({
    version: 1, config,
    dataplane: {
      cores: { count: 1 }, memoryBytes: 2 ** 28, pageBytes: 4096,
      rxMode: { mode: "Adaptive", idleThreshold: 256, resumeThreshold: 32, sleepTimeoutUs: 100_000 }, sessions: { ipv4: 1024, ipv6: 1024 },
    },
    ports: [], zones: [], interfaces: [], addressSets: [], applications: [], defaultAction: "Deny", policies: [], routes: [], neighbors: [], ...PLAIN,
  }));
}

const A = loaded("a");
const B = loaded("b");
const want = (p: Loaded, change: Partial<Desired> = {}): Desired =>
  ({ hash: p.hash, config: p.program.config, programVersion: 1, size: BigInt(p.bytes.byteLength), ...change });

function bench(stored: Loaded | null = null) {
  const agent = {
    desired: null as Loaded | null, good: null as Loaded | null, busy: false, problem: null as Problem | null,
    storedHash: stored?.hash ?? "", log: [] as string[],
    stored: () => stored,
    apply(next: Loaded) {
      agent.desired = agent.good = next;
      agent.log.push(`apply ${next.program.config}`);
      return Promise.resolve();
    },
    withdraw() {
      agent.desired = agent.good = null;
      agent.log.push("withdraw");
      return Promise.resolve();
    },
  };
  return { agent, node: new ClusterNode(agent, "n1", makeLog("silent")) };
}

/** All of a program in pieces of this size. */
function deliver(node: ClusterNode, p: Loaded, bytes: Uint8Array = p.bytes, step = 100): void {
  for (let at = 0; at < bytes.length; at += step) {
    const data = Buffer.from(bytes.subarray(at, at + step));
    node.onProgram({ hash: p.hash, offset: BigInt(at), data, last: at + step >= bytes.length });
  }
}

describe("a node of a cluster", () => {
  it("asks for a program that it does not hold, and applies it when it is whole", () => {
    const { agent, node } = bench();
    assert.deepEqual(node.onDesired(want(A)), { programRequest: { hash: A.hash } });
    assert.deepEqual(agent.log, []);
    deliver(node, A);
    assert.deepEqual(agent.log, ["apply a"]);
  });

  it("says hello with the hash of the stored program, and does not ask for that one", () => {
    const { agent, node } = bench(A);
    assert.equal(node.hello().hello?.storedHash, A.hash);
    assert.equal(node.onDesired(want(A)), null);
    assert.deepEqual(agent.log, ["apply a"]);
  });

  it("does nothing when it runs the program already", () => {
    const { agent, node } = bench();
    agent.desired = agent.good = A;
    assert.equal(node.onDesired(want(A)), null);
    assert.deepEqual(agent.log, []);
  });

  it("tries again when the operator names a program that failed before", () => {
    const { agent, node } = bench();
    agent.desired = A;
    agent.problem = { reason: "PortUnavailable" } as Problem;
    node.onDesired(want(A));
    assert.deepEqual(agent.log, ["apply a"]);
  });

  it("withdraws when nothing is meant for it", () => {
    const { agent, node } = bench();
    agent.desired = A;
    assert.equal(node.onDesired({ hash: "", config: "", programVersion: 0, size: 0n }), null);
    assert.deepEqual(agent.log, ["withdraw"]);
  });

  it("reports VersionSkew for a version that it does not read, and changes nothing", () => {
    const { agent, node } = bench();
    agent.desired = A;
    assert.equal(node.onDesired(want(B, { programVersion: 99 })), null);
    assert.equal(node.problem?.reason, "VersionSkew");
    assert.match(node.problem?.message ?? "", /version 99, this agent reads version 1: update this node's agent/);
    assert.deepEqual(agent.log, []);
  });

  it("forgets half a program when a newer one is named", () => {
    const { agent, node } = bench();
    node.onDesired(want(A));
    node.onProgram({ hash: A.hash, offset: 0n, data: Buffer.from(A.bytes.subarray(0, 10)), last: false });
    node.onDesired(want(B));
    deliver(node, A); // late pieces
    assert.deepEqual(agent.log, []);
    deliver(node, B);
    assert.deepEqual(agent.log, ["apply b"]);
  });

  it("refuses bytes of another hash, reports it, and keeps what it has", () => {
    const { agent, node } = bench();
    node.onDesired(want(A));
    const wrong = Buffer.from(A.bytes);
    wrong[20] = (wrong[20] ?? 0) ^ 1;
    assert.throws(() => { deliver(node, A, wrong); });
    assert.equal(node.problem?.reason, "ProgramCorrupt");
    assert.deepEqual(agent.log, []);
  });

  it("refuses a size that cannot be", () => {
    const { node } = bench();
    assert.equal(node.onDesired(want(A, { size: 1n << 50n })), null);
    assert.equal(node.problem?.reason, "ProgramCorrupt");
  });
});
