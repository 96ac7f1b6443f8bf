// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { brotliCompressSync } from "node:zlib";
import { hashOf, withoutSpec } from "../history/history";
import { Store } from "../kube/store";
import type { ConfigObject, HistoryObject } from "../resources";
import { revisionRoutes } from "./revisions";
import type { ViewError } from "./routes";

describe("revisions in the view API", () => {
  const whole = new Map<string, HistoryObject>();
  const [configs, history] = [new Store<ConfigObject>(() => undefined), new Store<HistoryObject>(() => undefined)];
  const keep = (revision: number, spec: object, damaged = false): void => {
    const object: HistoryObject = {
      metadata: { name: `edge-spec-${revision}`, namespace: "ns", resourceVersion: String(revision), ownerReferences: [{ apiVersion: "v1", kind: "FirewallConfig", name: "edge", uid: "u" }], annotations: { "portcullis.dev/changed-by": "kubectl" } },
      revision, data: { specHash: hashOf(spec), size: 10, spec: damaged ? "x" : brotliCompressSync(JSON.stringify(spec)).toString("base64") },
    };
    whole.set(object.metadata.name, object);
    history.put(withoutSpec(object));
  };
  configs.put({ metadata: { name: "edge", uid: "u", resourceVersion: "1" }, spec: {} });
  keep(1, { mark: "one" });
  keep(2, { mark: "two" });
  keep(3, { mark: "three" }, true);
  const transport = { request: <T>(_method: string, path: string) => Promise.resolve(whole.get(path.split("/").pop() ?? "") as T), stream: () => { throw new Error("not used"); } };
  const ask = async (name: string, query = ""): Promise<Record<string, unknown>> => {
    const reply = await revisionRoutes({ configs, history, transport })[0]?.verbs.get?.({ user: "jane", name, query: new URLSearchParams(query), body: Buffer.alloc(0), signal: new AbortController().signal });
    return JSON.parse(String(reply?.body)) as Record<string, unknown>;
  };
  const refused = (code: number, pattern: RegExp) => (error: ViewError): boolean => error.code === code && pattern.test(error.message);

  it("lists them newest first, and gives the specification of one", async () => {
    const { items } = await ask("edge") as { items: { revision: number; current: boolean; manager: string }[] };
    assert.deepEqual(items.map(({ revision, current, manager }) => [revision, current, manager]), [[3, true, "kubectl"], [2, false, "kubectl"], [1, false, "kubectl"]]);
    const one = await ask("edge", "revision=1&timeout=10s");
    assert.deepEqual([one["revision"], one["spec"]], [1, { mark: "one" }]);
  });

  it("refuses what is not there, not known, or damaged", async () => {
    await assert.rejects(ask("other"), refused(404, /no FirewallConfig "other"/));
    await assert.rejects(ask("edge", "revision=9"), refused(404, /no revision 9 of edge: 3, 2, 1 are kept/));
    await assert.rejects(ask("edge", "revision=x"), refused(400, /write its number/));
    await assert.rejects(ask("edge", "limit=1"), refused(400, /"limit" is unknown/));
    await assert.rejects(ask("edge", "revision=3"), refused(500, /damaged/));
  });
});
