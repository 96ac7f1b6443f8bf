// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AGENT_METRICS } from "./agent";
import { counter, gauge, histogram, mostSeries, oneOf, type Table } from "./define";
import { OPERATOR_METRICS } from "./operator";
import { page } from "./generate";
import { PROCESS_METRICS } from "./process";
import { Metrics } from "./registry";
import { serveMetrics, splitAddress } from "./serve";
import { checkServed, documented, parseText } from "./testing";

const typesOf = (...tables: Table[]): [string, string][] => tables.flatMap((table) => Object.entries(table).map(([name, { type }]): [string, string] => [name, type])).sort();

describe("definitions of metrics", () => {
  it("follow the rules of Prometheus: unit and _total at the end, base units, a prefix, a sentence", () => {
    for (const [name, { type, help }] of Object.entries({ ...OPERATOR_METRICS, ...AGENT_METRICS })) {
      assert.match(name, /^portcullis_(operator|agent|worker)_[a-z0-9_]+$/);
      assert.equal(name.endsWith("_total"), type === "counter", name);
      assert.match(help, /^[A-Z0-9].*\.$/, name);
      assert.doesNotMatch(name, /_(ms|us|ns|kb|mb)(_|$)/, name);
    }
  });

  it("bound every set of series", () => {
    for (const [name, metric] of Object.entries({ ...OPERATOR_METRICS, ...AGENT_METRICS, ...PROCESS_METRICS })) assert.ok(mostSeries(metric) <= 1100, `${name}: ${mostSeries(metric)}`);
  });

  it("are what docs/metrics.md says, in both directions", () => {
    const text = readFileSync(join(__dirname, "../docs/metrics.md"), "utf8");
    assert.equal(text, page(), "docs/metrics.md is stale: run npm run generate");
    assert.deepEqual([...documented(text, "Operator")].sort(), typesOf(OPERATOR_METRICS));
    assert.deepEqual([...documented(text, "Agent and worker")].sort(), typesOf(AGENT_METRICS));
    assert.deepEqual([...documented(text, "Processes")].sort(), typesOf(PROCESS_METRICS));
  });
});

describe("a registry", () => {
  const table = { c_total: counter("C.", { kind: oneOf("Kind.", ["a", "other"]) }), g: gauge("G."), h_seconds: histogram("H.", [1, 2], { kind: oneOf("Kind.", ["a"]) }) };

  it("serves its table and the process, nothing else", async () => {
    const m = new Metrics(table);
    m.add("c_total", { kind: "a" }, 3n);
    m.observe("h_seconds", { kind: "a" }, 1.5);
    checkServed(await m.text(), [table, PROCESS_METRICS], ["nodejs_gc_duration_seconds"]);
    const { series } = parseText(await m.text());
    assert.deepEqual(series.filter(({ name }) => name === "c_total"), [{ name: "c_total", labels: { kind: "a" }, value: 3 }]);
    assert.deepEqual(series.find(({ name, labels }) => name === "h_seconds_bucket" && labels["le"] === "2")?.value, 1);
  });

  it("replaces all series of a metric, or has none", async () => {
    const m = new Metrics(table);
    m.put("c_total", [[{ kind: "a" }, 5]]);
    m.put("c_total", [[{ kind: "other" }, 1n]]);
    m.one("g", 7);
    const values = async (name: string): Promise<number[]> => parseText(await m.text()).series.filter((one) => one.name === name).map(({ value }) => value);
    assert.deepEqual(await values("c_total"), [1]);
    assert.deepEqual(await values("g"), [7]);
    m.one("g", undefined);
    assert.deepEqual(await values("g"), []);
  });

  it("keeps labels to their closed lists", () => {
    const m = new Metrics(table);
    m.add("c_total", { kind: "unheard-of" });
    assert.throws(() => m.observe("h_seconds", { kind: "b" }, 1), /"b" is no value of the label kind/);
  });
});

describe("the page of metrics", () => {
  it("is served, and nothing beside it; what fails is told", async () => {
    let fails = false;
    const server = await serveMetrics("127.0.0.1:0", { contentType: "text/plain; version=0.0.4", text: () => (fails ? Promise.reject(new Error("broken")) : Promise.resolve("g 1\n")) });
    const get = async (path: string, method = "GET"): Promise<[number, string, string]> => {
      const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
      return [answer.status, answer.headers.get("content-type") ?? "", await answer.text()];
    };
    assert.deepEqual(await get("/metrics"), [200, "text/plain; version=0.0.4", "g 1\n"]);
    for (const [path, method] of [["/", "GET"], ["/metrics", "POST"], ["/status", "GET"]] as const) assert.equal((await get(path, method))[0], 404);
    fails = true;
    assert.deepEqual((await get("/metrics"))[0], 500);
    await assert.rejects(serveMetrics(`127.0.0.1:${server.port}`, { contentType: "", text: () => Promise.resolve("") }), /metrics cannot be served on 127\.0\.0\.1:\d+: .*EADDRINUSE/);
    await server.close();
  });

  it("takes addresses of both families", () => {
    assert.deepEqual(splitAddress("[::]:9464"), { host: "::", port: 9464 });
    assert.deepEqual(splitAddress(":9464"), { host: "", port: 9464 });
    for (const wrong of ["9464", "::1", "host:", "host:65536", "a:b:1"]) assert.throws(() => splitAddress(wrong), /is not HOST:PORT/);
  });
});
