// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { decide, type RolloutNode, type Rules } from "./decide";

const RULES: Rules = { maxUnavailable: 1, paused: false, deadlineMs: 60_000 };
const node = (name: string, change: Partial<RolloutNode> = {}): RolloutNode => ({ name, state: "restart", ready: true, heard: true, back: true, age: 0, ...change });

describe("the decision of a rollout", () => {
  it("takes nodes by name, numbers as numbers, as many as may be away", () => {
    const nodes = ["n10", "n9", "n1", "n2"].map((name) => node(name));
    assert.deepEqual(decide(nodes, RULES).restart, ["n1"]);
    assert.deepEqual(decide(nodes, { ...RULES, maxUnavailable: 3 }).restart, ["n1", "n2", "n9"]);
    assert.deepEqual(decide(nodes, { ...RULES, maxUnavailable: 3 }).waiting, ["n10"]);
  });

  it("takes values of the label in their order, each only when the one before is done", () => {
    const nodes = [node("a", { rank: "10" }), node("b", { rank: "9" }), node("c"), node("d", { rank: "9" })];
    const rules = { ...RULES, maxUnavailable: 4 };
    assert.deepEqual(decide(nodes, rules).restart, ["b", "d"]);
    const going = nodes.map((one) => (one.rank === "9" ? { ...one, state: "newest" as const, back: one.name === "b", ready: one.name === "b" } : one));
    assert.deepEqual(decide(going, rules).restart, [], "d of the same value is not back yet");
    const done = nodes.map((one) => (one.rank === "9" ? { ...one, state: "newest" as const } : one));
    assert.deepEqual(decide(done, rules).restart, ["a"]);
  });

  it("counts a node that is not ready for another reason", () => {
    const silent = node("z", { ready: false, heard: false });
    assert.deepEqual(decide([node("a"), silent], RULES).restart, []);
    assert.deepEqual(decide([node("a"), node("b"), silent], { ...RULES, maxUnavailable: 2 }).restart, ["a"]);
    assert.deepEqual(decide([node("a"), node("b", { state: "newest", ready: false })], RULES).restart, [], "one that was back and went down again");
  });

  it("restarts a node that is down first, because that costs nothing", () => {
    assert.deepEqual(decide([node("a"), node("b", { ready: false })], RULES).restart, ["b"]);
  });

  it("stops at a node that is late, and goes on when it is ready after all", () => {
    const late = node("a", { state: "newest", ready: false, back: false, age: 60_000 });
    const stopped = decide([late, node("b"), node("c")], { ...RULES, maxUnavailable: 3 });
    assert.deepEqual([stopped.phase, stopped.restart, stopped.failed, stopped.waiting], ["Stopped", [], ["a"], ["b", "c"]]);
    assert.deepEqual(decide([{ ...late, ready: true, back: true }, node("b")], RULES).restart, ["b"]);
  });

  it("says when it must look again", () => {
    const nodes = [node("a", { state: "newest", ready: false, back: false, age: 20_000 }), node("b", { state: "newest", ready: false, back: false, age: 50_000 })];
    assert.equal(decide(nodes, RULES).lookInMs, 10_000);
    assert.equal(decide([node("a")], RULES).lookInMs, undefined);
  });

  it("gives nothing to anybody while it is paused", () => {
    const paused = decide([node("a"), node("b", { state: "hot" }), node("c", { state: "newest" })], { ...RULES, paused: true });
    assert.deepEqual([paused.phase, paused.restart, paused.hot, paused.waiting], ["Paused", [], [], ["a", "b"]]);
  });

  const anyNode = fc.record({
    rank: fc.option(fc.constantFrom("1", "2", "10"), { nil: undefined }), state: fc.constantFrom("newest", "hot", "restart"),
    ready: fc.boolean(), heard: fc.boolean(), back: fc.boolean(), age: fc.integer({ min: 0, max: 120_000 }),
  });
  const anyNodes = fc.array(anyNode, { maxLength: 12 }).map((nodes) => nodes.map((one, i): RolloutNode => ({ ...one, name: `n${i}`, ready: one.ready && one.heard } as RolloutNode)));
  const anyRules = fc.record({ maxUnavailable: fc.integer({ min: 1, max: 5 }), paused: fc.boolean(), deadlineMs: fc.constant(60_000) });

  it("never takes more down than may be away, wherever it starts", () => {
    fc.assert(fc.property(anyNodes, anyRules, (nodes, rules) => {
      const { restart, current, failed, hot } = decide(nodes, rules);
      const of = (name: string): RolloutNode => nodes.find((one) => one.name === name) as RolloutNode;
      for (const name of restart) assert.deepEqual([of(name).state, of(name).heard], ["restart", true]);
      const taken = restart.filter((name) => of(name).ready);
      const away = nodes.filter(({ ready }) => !ready).length;
      if (taken.length > 0) assert.ok(away + taken.length <= rules.maxUnavailable);
      if (restart.length > 0) assert.ok(current.length + restart.length <= rules.maxUnavailable);
      if (rules.paused) assert.deepEqual([restart, hot], [[], []]);
      if (failed.length > 0) assert.deepEqual(restart, []);
      if (!rules.paused) assert.deepEqual([...hot].sort(), nodes.filter(({ state }) => state === "hot").map(({ name }) => name).sort());
    }), { numRuns: 1_000 });
  });

  it("does not depend on the order in which nodes are given", () => {
    fc.assert(fc.property(anyNodes, anyRules, (nodes, rules) => assert.deepEqual(decide([...nodes].reverse(), rules), decide(nodes, rules))));
  });

  /** A cluster that does as it is told, with nodes that come, go, fail and recover between decisions. */
  const anyEvent = fc.oneof(
    { weight: 6, arbitrary: fc.constant({ kind: "work" as const, at: 0 }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("down", "up", "silent", "leave", "join", "late"), at: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.constantFrom({ kind: "pause" as const, at: 0 }, { kind: "resume" as const, at: 0 }, { kind: "generation" as const, at: 0 }) },
  );

  it("keeps to its bound through any story, and comes to the end when the story does", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 4 }), fc.array(anyEvent, { maxLength: 60 }), (maxUnavailable, events) => {
      let nodes = Array.from({ length: 7 }, (_, i): RolloutNode => node(`n${i}`));
      let rules: Rules = { ...RULES, maxUnavailable };
      const edit = (at: number, change: (one: RolloutNode) => RolloutNode): void => void (nodes = nodes.map((one, i) => (i === at % nodes.length ? change(one) : one)));
      const step = (): void => {
        const { restart, failed } = decide(nodes, rules);
        const taken = restart.filter((name) => nodes.some((one) => one.name === name && one.ready));
        assert.ok(taken.length === 0 || nodes.filter(({ ready }) => !ready).length + taken.length <= maxUnavailable);
        assert.ok(!(rules.paused || failed.length > 0) || restart.length === 0);
        nodes = nodes.map((one) => (restart.includes(one.name) ? { ...one, state: "newest", ready: false, back: false, age: 0 } : one));
      };
      const up = (one: RolloutNode): RolloutNode => ({ ...one, ready: true, heard: true, back: true });
      for (const { kind, at } of events) {
        if (kind === "work") nodes = nodes.map((one) => (one.heard && !one.back ? up(one) : one));
        if (kind === "down") edit(at, (one) => ({ ...one, ready: false }));
        if (kind === "silent") edit(at, (one) => ({ ...one, ready: false, heard: false }));
        if (kind === "late") edit(at, (one) => ({ ...one, age: 60_000 }));
        if (kind === "up") edit(at, up);
        if (kind === "leave" && nodes.length > 1) nodes = nodes.filter((_, i) => i !== at % nodes.length);
        if (kind === "join") nodes = [...nodes, node(`j${nodes.length}-${at}`, { state: "newest", ready: false, back: false })];
        if (kind === "pause") rules = { ...rules, paused: true };
        if (kind === "resume") rules = { ...rules, paused: false };
        if (kind === "generation") nodes = nodes.map((one) => ({ ...one, state: "restart" }));
        step();
      }
      rules = { ...rules, paused: false };
      for (let i = 0; i < 40; i++) {
        nodes = nodes.map(up);
        step();
      }
      assert.equal(decide(nodes.map(up), rules).phase, "Complete");
    }), { numRuns: 300 });
  });
});
