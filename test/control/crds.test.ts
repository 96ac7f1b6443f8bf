// SPDX-License-Identifier: Apache-2.0
// The CustomResourceDefinitions on a real API server: what it refuses, explains, prints and merges.
import assert from "node:assert/strict";
import { corpus } from "../../crds/corpus";
import { parseFirewallConfig } from "../../crds/index";
import { ApiError } from "../../operator/kube/errors";
import { pathOf, type KubeObject } from "../../operator/kube/types";
import { CONFIGS, FIREWALL_NODES } from "../../operator/resources";
import { theCluster, type Cluster } from "./harness/cluster";

interface OpenApi {
  components: { schemas: Record<string, Schema> };
}

interface Schema {
  $ref?: string;
  description?: string;
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
}

type Config = KubeObject & { spec: Record<string, unknown> };

const config = (name: string, spec: object): Config => ({
  apiVersion: "portcullis.dev/v1alpha1", kind: "FirewallConfig", metadata: { name }, spec: { defaultAction: "Deny", ...spec },
});

const policies = (count: number): object[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `policy-${i}`, from: ["trust"], to: ["untrust"], sources: [`set-${i % 2000}`], destinations: [`set-${(i * 7) % 2000}`], applications: ["https"], action: "Permit",
  }));

describe("the CRDs on a real API server", function () {
  this.timeout(60_000);
  let cluster: Cluster;

  before(async function () {
    this.timeout(120_000);
    cluster = await theCluster();
  });

  afterEach(async () => {
    await cluster.kubectl(["delete", "fwc,fwn", "--all", "--ignore-not-found", "--wait=false"]);
  });

  const dryRun = (object: unknown): Promise<Config> =>
    cluster.client.request<Config>("POST", pathOf(CONFIGS), {
      body: object as object, query: { dryRun: "All", fieldValidation: "Strict" }, signal: AbortSignal.timeout(10_000),
    });

  const specOf = async (name: string): Promise<Record<string, unknown>> => (await cluster.get(CONFIGS, name) as unknown as Config).spec;

  it("accept every valid case of the corpus, and fill in the same defaults as the parser", async () => {
    for (const { name, object } of corpus("valid")) {
      const stored = parseFirewallConfig(await dryRun(object).catch((error: unknown) => assert.fail(`${name}: ${String(error)}`)));
      const direct = parseFirewallConfig(object);
      assert.ok(stored.ok && direct.ok, name);
      assert.deepEqual(stored.value.spec, direct.value.spec, name);
    }
  });

  it("refuse every invalid case of the corpus, and blame the same place", async () => {
    for (const { name, object, path } of corpus("invalid")) {
      const refusal = await dryRun(object).then(() => assert.fail(`${name}: accepted`), (error: unknown) => error);
      assert.ok(refusal instanceof ApiError && [400, 422].includes(refusal.status), `${name}: ${String(refusal)}`);
      // The server names a repeated item, we name its key.
      const place = (path ?? "").replace(/\.(name|prefix|address)$/, "");
      assert.ok(refusal.message.includes(place), `${name}: ${refusal.message} does not name ${place}`);
    }
  });

  it("describe every field at every depth", async () => {
    const { components } = await cluster.client.request<OpenApi>("GET", "/openapi/v3/apis/portcullis.dev/v1alpha1", { signal: AbortSignal.timeout(10_000) });
    const bare: string[] = [];
    const walk = (schema: Schema, path: string): void => {
      if ((schema.description ?? "") === "") bare.push(path);
      for (const [name, child] of Object.entries(schema.properties ?? {})) if (name !== "metadata") walk(child, `${path}.${name}`);
      if (schema.items !== undefined) walk(schema.items, `${path}[]`);
      if (schema.additionalProperties !== undefined) walk(schema.additionalProperties, `${path}{}`);
    };
    for (const kind of ["FirewallConfig", "FirewallNode"]) {
      const schema = components.schemas[`dev.portcullis.v1alpha1.${kind}`];
      assert.ok(schema, kind);
      walk(schema, kind);
    }
    assert.deepEqual(bare, []);
    assert.match(await cluster.kubectl(["explain", "fwc.spec.policies.sourcesNegated"]), /Match sources that are in none of the sets/);
    assert.match(await cluster.kubectl(["explain", "fwn.status.rxMode.effective"]), /Receive mode in use/);
  });

  it("answer 'does it work?' in the columns of kubectl get", async () => {
    const status = {
      shortHash: "0123456789ab", nodes: { matched: 3, updated: 2, ready: 2, conflicting: 0, degraded: 0, unknown: 1, summary: "2/3" },
      conditions: [{ type: "Ready", status: "False", reason: "NodesNotReady", message: "node c does not report", lastTransitionTime: "2026-01-01T00:00:00Z" }],
    };
    await cluster.add(CONFIGS, config("columns", {}) as never);
    await cluster.client.request("PATCH", pathOf(CONFIGS, { name: "columns", subresource: "status" }), {
      body: { status }, contentType: "application/merge-patch+json", signal: AbortSignal.timeout(10_000),
    });
    const [head, row] = (await cluster.kubectl(["get", "fwc", "columns"])).trim().split("\n");
    assert.deepEqual(head?.split(/ {2,}/), ["NAME", "READY", "NODES", "COMPILED", "REASON", "HASH", "AGE"]);
    assert.match(row ?? "", /^columns +False +2\/3 +NodesNotReady +0123456789ab +\S+$/);
    assert.match(await cluster.kubectl(["get", "firewall", "-o", "wide"]), /node c does not report/);
    await cluster.add(FIREWALL_NODES, { apiVersion: "portcullis.dev/v1alpha1", kind: "FirewallNode", metadata: { name: "columns" }, spec: { config: "columns", hash: "" } } as never);
    assert.match(await cluster.kubectl(["get", "fwn"]), /^NAME +READY +CONFIG +HASH +RXMODE +SESSIONS +REASON +AGE\ncolumns +columns +/);
  });

  it("refuse an unknown field that kubectl applies, by name", async () => {
    await assert.rejects(cluster.kubectl(["apply", "-f", "-"], JSON.stringify(config("typo", { polices: [] }))), /unknown field "spec\.polices"/);
  });

  it("let a union change its kind, applied by the client and by the server", async () => {
    for (const mode of [[], ["--server-side"]]) {
      const apply = (dataplane: object): Promise<string> => cluster.kubectl(["apply", ...mode, "-f", "-"], JSON.stringify(config(`union${mode.length}`, { dataplane })));
      await apply({});
      await apply({ cores: { list: "1" }, ports: [{ name: "a", tap: {} }] });
      await apply({ cores: { count: 1 }, ports: [{ name: "a", kernelInterface: { name: "eth1" } }] });
      const { dataplane } = (await specOf(`union${mode.length}`)) as { dataplane: { cores: object; ports: object[] } };
      assert.deepEqual([dataplane.cores, dataplane.ports], [{ count: 1 }, [{ name: "a", kernelInterface: { name: "eth1" } }]]);
    }
  });

  it("keep policies in the order of the last apply", async () => {
    for (const order of ["abc", "cab", "axbc", "xc", "bxdca"]) {
      const list = [...order].map((name) => ({ name, action: "Permit" }));
      await cluster.kubectl(["apply", "--server-side", "-f", "-"], JSON.stringify(config("order", { policies: list })));
      assert.deepEqual(((await specOf("order"))["policies"] as { name: string }[]).map(({ name }) => name).join(""), order);
    }
  });

  it("hold 5,000 policies with 2,000 address sets, applied by the server, and say when it is too much", async () => {
    const addresses = Array.from({ length: 2000 }, (_, i) => ({ name: `set-${i}`, prefixes: [`10.${i >> 8}.${i & 255}.0/24`] }));
    const apply = (count: number): Promise<string> =>
      cluster.kubectl(["apply", "--server-side", "-f", "-"], JSON.stringify(config("large", { addresses, policies: policies(count) })));
    await apply(5000);
    await apply(5001);
    assert.equal(((await specOf("large"))["policies"] as object[]).length, 5001);
    await assert.rejects(apply(12_000), /too large|larger than max/);
    await assert.rejects(apply(16_385), /must have at most 16384 items|Too many|too large|larger than max/);
    assert.equal(((await specOf("large"))["policies"] as object[]).length, 5001);
  });
});
