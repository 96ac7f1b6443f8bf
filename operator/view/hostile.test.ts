// SPDX-License-Identifier: Apache-2.0
// Questions nobody would ask, all the way from a person to the agent and back: the view's routes, the stream's messages as
// bytes, the agent's answers. Whatever is asked, the answer is one of those that are documented, nothing ends sessions that it
// was not told to end, and neither side has an error to log.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { answer as answerOf } from "../../node-agent/answer";
import type { Agent } from "../../node-agent/agent";
import { compileText } from "../../node-agent/config-text";
import { fw_session_filter } from "../../node-agent/shm/layout.gen";
import { Answers } from "../../node-agent/stream/answers";
import { AgentMessage, OperatorMessage, type Answer } from "../../program/stream.gen";
import { FILTER_OPTIONS } from "../../program/session-options";
import { FakeClock } from "../kube/clock";
import { Queries } from "../stream/queries";
import { nodeRoutes } from "./nodes";
import { ViewError, type Verb } from "./routes";

const { loaded } = compileText(readFileSync(join(__dirname, "../../examples/quickstart.yaml"), "utf8"));

const odd = fc.oneof(fc.string({ maxLength: 30, unit: "binary" }), fc.string({ maxLength: 30 }),
  fc.constantFrom("", "0", "-1", "1", "4", "6", "1e9", "4294967295", "4294967296", "18446744073709551615", "NaN", "10.0.0.0/8", "10.0.0.0/33", "::/0", "fd00::%eth0", "trust", "host",
    "__proto__", "constructor", "TCP", "256", "30s", "99999999999999999999d", "4:0", "6:4294967295", "4:99999999999", "yes", "%", "%zz", "a&all=1", "#", "x".repeat(5000)));
const name = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...FILTER_OPTIONS, "limit", "cursor", "all", "page", "lines", "timeout", "pretty") }, odd);
const plain = fc.constantFrom<[string, string]>(["all", "1"], ["protocol", "TCP"], ["family", "6"], ["address", "10.0.0.0/8"], ["port", "443"], ["older-than", "5m"], ["limit", "3"], ["cursor", "4:7"]);
const query = fc.array(fc.oneof(fc.tuple(name, odd), plain), { maxLength: 4 });
const path = fc.oneof(fc.constantFrom("/", "//", "/\\", "/sessions", "/sessions?page=600000", "/sessions/clear", "/sessions/clear?all=1", "/status", "/drops?x", "/counters#", "/%", "/%00", "//evil/", "/..//status", "/[", "http://["), odd, odd.map((text) => `/${text}`), odd.map((text) => `/sessions?${text}`));

/** An agent whose worker shows no session; what it was told to end. */
function agentOf(cleared: Uint8Array[]): Agent {
  const parts = {
    good: loaded, desired: loaded, storedHash: "", problem: null, storeProblem: null, busy: false, paths: { dir: "/run/x" }, startedAt: new Date(0), podCpus: { cpus: "", exclusive: false },
    supervisor: { worker: null }, view: {}, workerStatus: () => ({ active_hash: Buffer.from(loaded?.hash ?? "", "hex"), started_at_ns: 0n, phase: 0 }),
    clearSessions: (filter: Uint8Array) => { cleared.push(filter); return Promise.resolve(3n); },
  };
  return parts as unknown as Agent;
}

/** The agent's end of a stream: what it answers, as bytes. */
function agentEnd(cleared: Uint8Array[], faults: unknown[], send: (bytes: Uint8Array) => void): Answers {
  const agent = agentOf(cleared);
  return new Answers({
    answer: (method, at, signal) => answerOf({ agent, mode: "cluster", notices: () => [] }, method, at, signal),
    send: (piece) => { send(AgentMessage.encode({ answer: piece }).finish()); return Promise.resolve(); },
    log: { info: () => undefined, warn: (...what: unknown[]) => void faults.push(what) },
  });
}

describe("hostile questions", function () {
  this.timeout(120_000);

  it("of people: refused or answered, and only what was meant is ended", async () => {
    const seen = new Map<number, number>();
    const [cleared, faults]: [Uint8Array[], unknown[]] = [[], []];
    const queries = new Queries({
      clock: new FakeClock(),
      wake: () => {
        const next = queries.next();
        const { query: asked } = next === undefined ? {} : OperatorMessage.decode(OperatorMessage.encode(next).finish());
        if (asked !== undefined) void agent.onQuery(asked);
      },
    });
    queries.version = 1;
    const agent = agentEnd(cleared, faults, (bytes) => assert.ok(queries.hear(AgentMessage.decode(bytes).answer as Answer)));
    const routes = nodeRoutes({ ask: (_node, question) => queries.ask(question), known: () => true, log: { info: () => undefined } });
    await fc.assert(fc.asyncProperty(fc.constantFrom(...routes), fc.constantFrom<Verb>("get", "delete"), query, async (route, verb, pairs) => {
      const before = cleared.length;
      const params = new URLSearchParams(pairs);
      const request = { user: "jane", name: "n1", query: params, body: Buffer.alloc(0), signal: new AbortController().signal };
      const code = await (async () => route.verbs[verb]?.(request))().then((reply) => reply?.status ?? 405, (error: unknown) => {
        assert.ok(error instanceof ViewError, String(error));
        return error.code;
      });
      seen.set(code, (seen.get(code) ?? 0) + 1);
      assert.ok([200, 400, 405, 413, 503].includes(code), `${route.part} ${params.toString().slice(0, 200)}: ${code}`);
      if (cleared.length === before) return;
      assert.equal(`${verb} ${route.part}`, "delete sessions");
      assert.equal(cleared.at(-1)?.length, fw_session_filter.size);
      assert.ok(params.has("all") || FILTER_OPTIONS.some((option) => params.has(option)), "everything was ended, and nobody said all");
    }), { seed: 11, numRuns: 3000 });
    assert.deepEqual(faults, []);
    for (const code of [200, 400]) assert.ok((seen.get(code) ?? 0) > 100, JSON.stringify([...seen]));
    assert.ok(cleared.length > 10, `${cleared.length} times something was ended`);
  });

  it("of an operator: every question has one whole answer, within its size, and none is a fault", async () => {
    const [cleared, faults]: [Uint8Array[], unknown[]] = [[], []];
    const pieces: Answer[] = [];
    const agent = agentEnd(cleared, faults, (bytes) => pieces.push(AgentMessage.decode(bytes).answer as Answer));
    const message = fc.record({ id: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), method: fc.oneof(fc.constantFrom("GET", "POST", "DELETE", "get"), odd), path, maxBytes: fc.oneof(fc.constantFrom(0, 1, 1 << 20, 2 ** 32 - 1), fc.nat(2 ** 31)) });
    const counts = new Map<number, number>();
    await fc.assert(fc.asyncProperty(message, async (one) => {
      pieces.length = 0;
      const { query: asked } = OperatorMessage.decode(OperatorMessage.encode({ query: one }).finish());
      assert.ok(asked !== undefined);
      await agent.onQuery(asked);
      assert.ok(pieces.length > 0 && pieces.every(({ id, last }, at) => id === one.id && last === (at === pieces.length - 1)));
      const status = pieces[0]?.status ?? 0;
      counts.set(status, (counts.get(status) ?? 0) + 1);
      assert.ok([200, 400, 404, 405, 413, 503].includes(status), `${one.method} ${JSON.stringify(one.path.slice(0, 200))}: ${status}`);
      const bytes = pieces.reduce((sum, { data }) => sum + data.length, 0);
      assert.ok(bytes <= (status === 200 ? one.maxBytes : 8192), `${bytes} bytes`);
    }), { seed: 12, numRuns: 3000 });
    assert.deepEqual(faults, []);
    for (const status of [200, 400, 404, 405]) assert.ok((counts.get(status) ?? 0) > 10, JSON.stringify([...counts]));
  });
});
