// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import type { SchemaIssue } from "./issues";
import { parseFirewallConfig } from "./parse";

function config(spec: unknown, more: object = {}): unknown {
  return { apiVersion: "portcullis.dev/v1alpha1", kind: "FirewallConfig", metadata: { name: "edge" }, spec, ...more };
}

function issues(input: unknown): SchemaIssue[] {
  const result = parseFirewallConfig(input);
  assert.ok(!result.ok, "it was accepted");
  return result.issues;
}

function lines(input: unknown): string[] {
  return issues(input).map(({ path, message }) => `${path}: ${message}`);
}

describe("parseFirewallConfig() and defaults", () => {
  it("fills in what may be left out", () => {
    const result = parseFirewallConfig(config({ defaultAction: "Deny" }));
    assert.ok(result.ok);
    assert.deepEqual(result.value.spec, {
      defaultAction: "Deny",
      rollout: { maxUnavailable: 1, paused: false, progressDeadline: "10m", order: {}, revisionHistoryLimit: 10 },
      dataplane: {
        cores: { count: 1 },
        memory: { size: "256Mi", pageSize: "2Mi" },
        rxMode: { mode: "Adaptive", idleThreshold: 256, resumeThreshold: 32, sleepTimeout: "100ms" },
        sessions: { ipv4: 131072, ipv6: 32768 },
        limits: { natBindings: 65536, fragments: 4096, fragmentsPerSource: 64, heldPackets: 256, neighbors: 4096, errorsPerSecond: 100 },
        workerPod: { hostNetwork: true, controlCpu: false, pinning: "Preferred" },
        ports: [],
      },
      interfaces: [],
      zones: [],
      addresses: [],
      applications: [],
      schedules: [],
      flow: {
        tcp: { strictSyn: true, window: "Strict" },
        timeouts: { tcpHandshake: "30s", tcpEstablished: "1h", tcpClosing: "30s", tcpTimeWait: "2m", tcpClosed: "10s", udp: "60s", icmp: "30s", other: "60s" },
      },
      policies: [],
      nat: { pools: [], source: [], destination: [], static: [] },
      routing: { vrfs: [], static: [], neighbors: [] },
    });
  });

  it("fills in policies and zones", () => {
    const result = parseFirewallConfig(config({ defaultAction: "Deny", zones: [{ name: "a" }], policies: [{ name: "p", action: "Permit" }] }));
    assert.ok(result.ok);
    assert.deepEqual(result.value.spec.zones, [{ name: "a", hostInbound: { services: [] }, sourceCheck: "Off" }]);
    assert.deepEqual(result.value.spec.policies, [
      {
        name: "p", from: [], to: [], sources: [], sourcesNegated: false, destinations: [], destinationsNegated: false,
        applications: [], action: "Permit", enabled: true,
      },
    ]);
  });

  it("does not add a core count beside a core list", () => {
    const result = parseFirewallConfig(config({ defaultAction: "Deny", dataplane: { cores: { list: "3" } } }));
    assert.ok(result.ok);
    assert.deepEqual(result.value.spec.dataplane.cores, { list: "3" });
  });

  it("accepts what an API server hands out, status and managed fields included", () => {
    const metadata = {
      name: "edge", uid: "6151a6ea", resourceVersion: "218", generation: 3, creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { a: "b" }, annotations: { c: "d" }, finalizers: ["portcullis.dev/stop"], managedFields: [{ manager: "kubectl", fieldsV1: { "f:spec": {} } }],
    };
    const status = { conditions: [{ type: "Ready", status: "True", reason: "AllNodesReady", message: "", lastTransitionTime: "2026-01-01T00:00:00Z", observedGeneration: 3 }] };
    assert.ok(parseFirewallConfig(config({ defaultAction: "Deny" }, { metadata, status })).ok);
  });
});

describe("parseFirewallConfig() and documents that are something else", () => {
  it("says what a document must be", () => {
    for (const input of [undefined, null, 5, "text", [], true]) {
      const [issue, ...more] = issues(input);
      assert.equal(issue?.reason, "InvalidDocument");
      assert.equal(issue?.path, "");
      assert.deepEqual(more, []);
    }
  });

  it("names the wanted apiVersion and kind, and nothing else", () => {
    assert.deepEqual(lines({ apiVersion: "apps/v1", kind: "Deployment", spec: { replicas: 3 } }), [
      'apiVersion: The apiVersion is "apps/v1"; write portcullis.dev/v1alpha1.',
      'kind: The kind is "Deployment"; write FirewallConfig.',
    ]);
    assert.deepEqual(lines({}), [
      "apiVersion: The apiVersion is missing; write portcullis.dev/v1alpha1.",
      "kind: The kind is missing; write FirewallConfig.",
    ]);
  });

  it("wants a name and a spec", () => {
    assert.deepEqual(issues({ apiVersion: "portcullis.dev/v1alpha1", kind: "FirewallConfig" }).map(({ path }) => path), ["metadata", "spec"]);
  });

  it("refuses a namespace, because the kind has none", () => {
    assert.equal(issues(config({ defaultAction: "Deny" }, { metadata: { name: "edge", namespace: "default" } }))[0]?.path, "metadata.namespace");
  });
});

describe("parseFirewallConfig() and sentences", () => {
  it("suggests the field that was meant", () => {
    assert.deepEqual(lines(config({ defaultAction: "Deny", polices: [] })), ['spec.polices: There is no field "polices" here; did you mean policies?']);
  });

  it("lists the fields when none is near", () => {
    assert.deepEqual(lines(config({ defaultAction: "Deny", routing: { ospf: {} } })), ['spec.routing.ospf: There is no field "ospf" here; known are vrfs, static, neighbors.']);
  });

  it("explains an empty block", () => {
    assert.deepEqual(lines(config({ defaultAction: "Deny", dataplane: { ports: [{ name: "a", tap: null }] } })), [
      "spec.dataplane.ports[0].tap: It must be an object, but is empty (null); write {} for one without members.",
    ]);
  });

  it("suggests the value that was meant, and says what stands there instead of one", () => {
    assert.deepEqual(lines(config({ defaultAction: "permit" })), ['spec.defaultAction: "permit" must be Permit, Deny or Reject; did you mean Permit?']);
    assert.deepEqual(lines(config({ defaultAction: null })), ["spec.defaultAction: It must be Permit, Deny or Reject, but is empty (null)."]);
  });

  it("reports every fault of a document at once", () => {
    const paths = issues(config({ defaultAction: "x", zones: [{ name: 1 }], policies: [{ name: "a" }, { action: "Deny" }] })).map(({ path }) => path);
    assert.deepEqual(paths.sort(), ["spec.defaultAction", "spec.policies[0].action", "spec.policies[1].name", "spec.zones[0].name"]);
  });

  it("shows long texts in short and on one line", () => {
    const [line] = lines(config({ defaultAction: "Deny", zones: [{ name: `\n${"a".repeat(1e6)}` }] }));
    assert.ok(line !== undefined && line.length < 250 && !line.includes("\n"), line);
  });

  it("stops after a hundred issues", () => {
    const zones = Array.from({ length: 5000 }, (_, i) => ({ name: `z ${i}` }));
    assert.equal(issues(config({ defaultAction: "Deny", addresses: zones })).length, 100);
  });
});

describe("parseFirewallConfig() and hostile input", () => {
  it("refuses members called __proto__ instead of losing them", () => {
    const spec: unknown = JSON.parse('{"defaultAction": "Deny", "nodeSelector": {"matchLabels": {"__proto__": "x"}}}');
    assert.deepEqual(issues(config(spec)).map(({ path }) => path), ["spec.nodeSelector.matchLabels.__proto__"]);
    assert.equal(({} as Record<string, unknown>)["x"], undefined);
  });

  it("treats names of Object.prototype as unknown fields", () => {
    for (const key of ["constructor", "toString", "hasOwnProperty", "valueOf"]) {
      assert.equal(issues(config({ defaultAction: "Deny", [key]: 1 }))[0]?.path, `spec.${key}`);
    }
  });

  it("does not take inherited members for fields", () => {
    const spec: unknown = Object.create({ defaultAction: "Permit" });
    const result = parseFirewallConfig(config(spec));
    assert.ok(result.ok === false || result.value.spec.defaultAction !== "Permit" || Object.hasOwn(result.value.spec, "defaultAction"));
  });

  it("refuses numbers that are none", () => {
    for (const vlan of [Number.NaN, Number.POSITIVE_INFINITY, -1, 1e308, 1.5, 2 ** 53, "100", true]) {
      const [issue] = issues(config({ defaultAction: "Deny", interfaces: [{ name: "a", port: "b", zone: "c", vlan }] }));
      assert.equal(issue?.path, "spec.interfaces[0].vlan");
    }
  });

  it("survives a cycle", () => {
    const spec: Record<string, unknown> = { defaultAction: "Deny" };
    spec["routing"] = spec;
    assert.ok(issues(config(spec)).length > 0);
  });

  it("never throws, and always gives paths and sentences", () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true }), (spec) => {
        for (const input of [spec, config(spec), config({ defaultAction: "Deny", policies: [spec], zones: spec })]) {
          const result = parseFirewallConfig(input);
          if (!result.ok) for (const { message } of result.issues) assert.match(message, /^\S[^\n]*[.?]$/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("reads 10,000 policies in little time and without a change", () => {
    const policies = Array.from({ length: 10_000 }, (_, i) => ({ name: `p${i}`, from: ["a"], to: ["b"], sources: [`s${i % 100}`], action: "Permit" }));
    const result = parseFirewallConfig(config({ defaultAction: "Deny", policies }));
    assert.ok(result.ok);
    assert.equal(result.value.spec.policies.length, 10_000);
    assert.equal(result.value.spec.policies[9_999]?.name, "p9999");
  });
});
