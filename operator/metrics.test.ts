// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { OPERATOR_METRICS } from "../metrics/operator";
import { PROCESS_METRICS } from "../metrics/process";
import { checkServed, parseText } from "../metrics/testing";
import { CompileCache, resultOf } from "./compiler";
import { Controller } from "./controller";
import { serveHealth } from "./health";
import { systemClock as clock } from "./kube/clock";
import type { Transport } from "./kube/client";
import { Elector } from "./kube/lease";
import { OperatorMetrics } from "./metrics";
import type { ConfigObject, FirewallNodeObject } from "./resources";
import { Identity } from "./stream/identity";
import { AgentServer } from "./stream/server";
import { issueAuthority, issueServer } from "./tls/x509";

const nowhere: Transport = {
  request: () => Promise.reject(new Error("no API server")),
  async *stream() { throw new Error("no API server"); },
};
const log = { info: () => undefined, warn: () => undefined };

function operator(metrics: OperatorMetrics) {
  const elector = new Elector({ transport: nowhere, clock, namespace: "ns", name: "lease", identity: "me" });
  const agents = new AgentServer({ authenticator: { check: () => Promise.resolve("a pod") }, clock, log });
  const identity = new Identity();
  const compiler = new CompileCache(() => Promise.resolve({ issues: [] }));
  const controller = new Controller({ transport: nowhere, clock, elector, agents, compiler, namespace: "ns", identity: "me", log, observer: metrics, workerPods: {} as never });
  metrics.watch({ controller, elector, agents, identity });
  return { controller, elector, agents, identity };
}

describe("the operator's metrics", () => {
  it("are served at /metrics of the health port: all that are documented, and no others", async () => {
    const metrics = new OperatorMetrics();
    const { controller, agents, identity } = operator(metrics);
    metrics.answered("GET", 200);
    metrics.compiled("valid", 0.1);
    metrics.reconciled("node", 0.01);
    agents.refused.set("NotLeader", 2).set("SOMETHING_NEW", 3);
    const server = await serveHealth("127.0.0.1:0", { controller, identity, metrics });
    const { port } = server.address() as { port: number };
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
      assert.match(answer.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
      const text = await answer.text();
      checkServed(text, [OPERATOR_METRICS, PROCESS_METRICS], ["portcullis_operator_certificate_expiry_timestamp_seconds", "nodejs_gc_duration_seconds"]);
      const refused = parseText(text).series.filter(({ name, value }) => name === "portcullis_operator_streams_refused_total" && value > 0);
      assert.deepEqual(refused.map(({ labels, value }) => [labels["reason"], value]), [["NotLeader", 2], ["other", 3]]);
    } finally {
      server.close();
    }
  });

  it("count objects by their conditions, and say when the certificate ends", async () => {
    const metrics = new OperatorMetrics();
    const { controller, identity } = operator(metrics);
    const ready = (name: string, status: string | undefined): FirewallNodeObject => ({ metadata: { name, resourceVersion: "1" }, spec: {}, status: { conditions: status === undefined ? [] : [{ type: "Ready", status }] } }) as never;
    controller.firewallNodes.store.replace([ready("a", "True"), ready("b", "True"), ready("c", "False"), ready("d", undefined)]);
    controller.configs.store.replace([{ metadata: { name: "edge", resourceVersion: "1" }, spec: {}, status: { conditions: [{ type: "Compiled", status: "False" }] } } as unknown as ConfigObject]);
    const { certificate, key } = issueServer(issueAuthority(Date.now(), 7_200_000), ["operator"], Date.now(), 3_600_000);
    identity.use({ certificate: Buffer.from(certificate), privateKey: Buffer.from(key) });
    const { series } = parseText(await metrics.text());
    const value = (name: string, labels: Record<string, string> = {}): number | undefined =>
      series.find((one) => one.name === `portcullis_operator_${name}` && Object.entries(labels).every(([label, text]) => one.labels[label] === text))?.value;
    assert.deepEqual(["True", "False", "Unknown"].map((status) => value("firewallnodes", { ready: status })), [2, 1, 1]);
    assert.equal(value("firewallconfigs", { condition: "Compiled", status: "False" }), 1);
    assert.equal(value("firewallconfigs", { condition: "Ready", status: "Unknown" }), 1);
    assert.ok((value("certificate_expiry_timestamp_seconds") ?? 0) > Date.now() / 1000);
    assert.equal(value("cached_objects", { resource: "firewallnodes" }), 4);
  });

  it("tell apart how compilations end", async () => {
    const metrics = new OperatorMetrics();
    const issue = (reason: string) => ({ issues: [{ severity: "error", reason, path: "", message: "" }] }) as never;
    for (const compiled of [issue("Internal"), issue("UnknownZone"), issue("UnknownZone"), { issues: [], program: {} } as never]) metrics.compiled(resultOf(compiled), 0.5);
    const { series } = parseText(await metrics.text());
    const counts = series.filter(({ name }) => name === "portcullis_operator_compiles_total").map(({ labels, value }) => [labels["result"], value]);
    assert.deepEqual(counts, [["valid", 1], ["invalid", 2], ["aborted", 1]]);
    assert.equal(series.find(({ name }) => name === "portcullis_operator_compile_duration_seconds_sum")?.value, 2);
  });
});
