// SPDX-License-Identifier: Apache-2.0
// The view API by real TLS: who is let in, who is not, and what is answered.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pki } from "../../test/control/harness/pki";
import { Identity } from "../stream/identity";
import { QueryError, type Question } from "../stream/queries";
import { trustOf, type Trust } from "./front-proxy";
import { nodeRoutes } from "./nodes";
import { ViewServer } from "./server";

interface Answer {
  status: number;
  body: { reason?: string; message?: string } & Record<string, unknown>;
}

describe("the view API", function () {
  this.timeout(60_000);
  const dir = mkdtempSync(join(tmpdir(), "portcullis-view-"));
  const [own, front] = [new Pki(join(dir, ".")), new Pki(dir)];
  const text = (name: string): Buffer => readFileSync(join(dir, name));
  const asked: { node: string; question: Question }[] = [];
  const log: object[] = [];
  let answer: (node: string, question: Question) => Promise<{ status: number; body: Buffer }>;
  let identity: Identity;
  let server: ViewServer;
  let port: number;
  let trust: Trust;

  before(async () => {
    await own.authority("front-proxy-ca");
    await front.certificate("api", "/CN=front-proxy-client");
    await front.certificate("other", "/CN=somebody");
    await front.certificate("server", "/CN=portcullis-operator");
    const proper = text("ca.crt").toString();
    trust = { ca: proper, names: ["front-proxy-client"], userHeaders: ["x-remote-user"] };
    await front.authority("another-ca");
    await front.certificate("stranger", "/CN=front-proxy-client");
  });

  beforeEach(async () => {
    asked.length = log.length = 0;
    answer = async () => ({ status: 200, body: Buffer.from('{"a":12345678901234567890}') });
    identity = new Identity();
    const say = (fields: object): void => void log.push(fields);
    const routes = nodeRoutes({ known: (node) => node !== "absent", log: { info: say }, ask: (node, question) => { asked.push({ node, question }); return answer(node, question); } });
    server = new ViewServer({ identity, routes, log: { info: say, warn: say } });
    port = await server.listen("127.0.0.1:0");
  });

  afterEach(() => server.close());
  after(() => rmSync(dir, { recursive: true }));

  const open = (): void => {
    identity.use({ certificate: text("server.crt"), privateKey: text("server.key") });
    server.trust(trust);
  };

  function get(path: string, { by = "api", user = "jane", method = "GET", accept = (): void => undefined } = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const pair = by === "" ? {} : { cert: text(`${by}.crt`), key: text(`${by}.key`) };
      const call = request({ host: "127.0.0.1", port, path, method, rejectUnauthorized: false, agent: false, ...pair, headers: { ...(user !== "" && { "x-remote-user": user }) } }, (response) => {
        let body = "";
        response.on("data", (piece: Buffer) => (body += piece.toString()));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(body) as Answer["body"] }));
      });
      call.on("error", reject);
      call.end();
      accept();
    });
  }
  const root = "/apis/view.portcullis.dev/v1alpha1";
  const at = (part: string, node = "n1"): string => `${root}/firewallnodes/${node}/${part}`;

  it("lets nobody in before it knows whom", async () => {
    await assert.rejects(get(at("status")));
    identity.use({ certificate: text("server.crt"), privateKey: text("server.key") });
    await assert.rejects(get(at("status")));
    server.trust(trust);
    assert.equal((await get(at("status"))).status, 200);
    server.trust(undefined);
    assert.equal((await get(at("status"))).status, 401);
  });

  it("refuses who has no certificate, one of another authority, another name, or names no person", async () => {
    open();
    await assert.rejects(get(at("status"), { by: "" }));
    await assert.rejects(get(at("status"), { by: "stranger" }));
    assert.deepEqual((await get(at("status"), { by: "other" })).status, 401);
    assert.deepEqual((await get(at("status"), { user: "" })).status, 401);
    assert.equal(asked.length, 0);
    server.trust({ ...trust, names: [] });
    assert.equal((await get(at("status"), { by: "other" })).status, 200);
    server.trust({ ...trust, ca: text("ca.crt").toString() });
    await assert.rejects(get(at("status")));
    assert.equal((await get(at("status"), { by: "stranger" })).status, 200);
  });

  it("describes itself, and has nothing that could be listed or collected", async () => {
    open();
    for (const path of ["/apis", "/apis/view.portcullis.dev", "/openapi/v2", "/openapi/v3", `/openapi/v3${root}`]) assert.equal((await get(path)).status, 200, path);
    const { resources } = (await get(root)).body as { resources?: { name: string; verbs: string[] }[] };
    assert.deepEqual(resources?.map(({ name, verbs }) => `${name} ${verbs.join()}`).sort(),
      ["firewallnodes/counters get", "firewallnodes/drops get", "firewallnodes/interfaces get", "firewallnodes/sessions delete,get", "firewallnodes/status get"]);
  });

  it("hands on what the agent wrote, to the digit, and what was asked for", async () => {
    open();
    assert.equal((await get(`${at("sessions")}?limit=5&family=4&cursor=4:77&timeout=30s`)).status, 200);
    const { node, question } = asked[0] as (typeof asked)[number];
    assert.deepEqual([node, question.method, question.path], ["n1", "GET", "/sessions?limit=5&family=4&cursor=4%3A77&page=2097152"]);
    await get(`${at("sessions")}?all=1`, { method: "DELETE" });
    assert.deepEqual([asked[1]?.question.method, asked[1]?.question.path], ["POST", "/sessions/clear?all=1"]);
    assert.ok(log.some((fields) => (fields as { user?: string; filter?: string }).user === "jane" && (fields as { filter?: string }).filter === "all=1"), "it is noted who cleared what");
  });

  it("refuses what it does not know, and an unknown filter above all", async () => {
    open();
    assert.deepEqual([(await get(`${at("sessions")}?adress=10.0.0.1`, { method: "DELETE" })).status, (await get(`${at("sessions")}?zone=a&zone=b`)).status, asked.length], [400, 400, 0]);
    assert.equal((await get(at("secrets"))).status, 404);
    assert.equal((await get(at("status"), { method: "DELETE" })).status, 405);
    assert.equal((await get(at("status", "..%2Fx"))).status, 400);
    assert.equal((await get(at("status", "absent"))).status, 404);
  });

  it("tells in the form of Kubernetes why there is no answer", async () => {
    open();
    for (const [reason, code] of [["VersionSkew", 501], ["AgentNotConnected", 503], ["TooManyQueries", 429], ["QueryTimeout", 504], ["NotLeader", 503]] as const) {
      answer = () => Promise.reject(new QueryError(reason, "why"));
      const { status, body } = await get(at("counters"));
      assert.deepEqual([status, body["kind"], body.reason, body.message], [code, "Status", reason, "node n1: why"]);
    }
    answer = async () => ({ status: 400, body: Buffer.from('{"error":"--zone: there is no zone \\"x\\""}') });
    assert.match((await get(`${at("sessions")}?zone=x`)).body.message ?? "", /there is no zone "x"/);
    answer = () => Promise.reject(new Error("secret words"));
    const { status, body } = await get(at("drops"));
    assert.deepEqual([status, JSON.stringify(body).includes("secret words")], [500, false]);
  });

  it("tells the agent when the person has gone", async () => {
    open();
    const gone = new Promise<void>((resolve) => {
      answer = (_node, { signal }) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => { resolve(); reject(new QueryError("QueryCancelled", "gone")); }));
    });
    const call = request({ host: "127.0.0.1", port, path: at("status"), rejectUnauthorized: false, agent: false, cert: text("api.crt"), key: text("api.key"), headers: { "x-remote-user": "jane" } });
    call.on("error", () => undefined);
    call.end();
    while (asked.length === 0) await new Promise((next) => setImmediate(next));
    call.destroy();
    await gone;
  });
});

describe("whom the API server's ConfigMap names", () => {
  const data = { "requestheader-client-ca-file": "-----BEGIN CERTIFICATE-----\n", "requestheader-allowed-names": '["a"]', "requestheader-username-headers": '["X-Remote-User"]' };
  it("is read, with header names in lower case", () => assert.deepEqual(trustOf(data), { ca: data["requestheader-client-ca-file"], names: ["a"], userHeaders: ["x-remote-user"] }));
  it("is nobody where a part is absent or of another form", () => {
    for (const change of [{ "requestheader-client-ca-file": "" }, { "requestheader-allowed-names": "a" }, { "requestheader-username-headers": "[]" }, { "requestheader-username-headers": "[1]" }]) assert.equal(trustOf({ ...data, ...change }), undefined);
    assert.equal(trustOf({}), undefined);
  });
});
