// SPDX-License-Identifier: Apache-2.0
// The view API behind a real API server: reached by people with rights and by nobody else, answered by the leader's agents;
// and `kubectl portcullis` on top of it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Answer, Query } from "../../program/stream.gen";
import type { KubeObject, Resource } from "../../operator/kube/types";
import { API_SERVICES } from "../../operator/view/api-service";
import { StreamClient } from "./harness/client";
import { NAMESPACE, retry, ROOT, theCluster, type Cluster } from "./harness/cluster";
import { addNode, clear, firewall, nodeToken, untilFirewallNode } from "./harness/objects";
import { startOperator, type OperatorProcess } from "./harness/operator";
import { freePorts } from "./harness/ports";
import { run } from "./harness/processes";

const NAME = "v1alpha1.view.portcullis.dev";
const ROOT_PATH = "/apis/view.portcullis.dev/v1alpha1/firewallnodes";
const BINDINGS: Resource = { group: "rbac.authorization.k8s.io", version: "v1", plural: "clusterrolebindings", kind: "ClusterRoleBinding" };
const CONFIG_MAPS: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap" };
const SERVICES: Resource = { group: "", version: "v1", plural: "services", kind: "Service" };

describe("the view API behind a real API server", function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let operator: OperatorProcess;
  let port = 0;
  let home = "";
  const clients: StreamClient[] = [];
  const queries: Query[] = [];
  let answers: (query: Query) => { status: number; body: string } | undefined;

  /** An agent that answers what a test says. */
  async function agent(node: string, queryVersion = 1): Promise<StreamClient> {
    const client = new StreamClient(cluster, operator.address, {
      node, token: await nodeToken(cluster, node), hello: { queryVersion }, trust: { ca: await authority(), name: `portcullis-operator.${NAMESPACE}.svc` },
      onQuery: (query) => {
        queries.push(query);
        const answer = answers(query);
        if (answer !== undefined) client.send({ answer: { id: query.id, status: answer.status, data: Buffer.from(answer.body), last: true } satisfies Answer });
      },
    });
    clients.push(client);
    await client.untilDesired(({ hash }) => hash !== "", "a program");
    return client;
  }

  /** What agents trust, once the operator has published it. */
  const authority = (): Promise<string> => retry(async () => {
    const map = (await cluster.get(CONFIG_MAPS, "portcullis-ca", NAMESPACE)) as { data?: Record<string, string> } | undefined;
    const ca = map?.data?.["ca.crt"] ?? "";
    assert.match(ca, /BEGIN CERTIFICATE/);
    return ca;
  }, 20_000, "no authority was published");
  const as = (user: string, ...args: string[]): Promise<string> => cluster.kubectl(["--as", user, ...args]);
  const raw = (user: string, node: string, part: string): Promise<string> => as(user, "get", "--raw", `${ROOT_PATH}/${node}/${part}`);
  const plugin = (...args: string[]): Promise<string> => run([join(home, "kubectl-portcullis"), ...args], { env: { HOME: home, KUBECONFIG: cluster.adminConfig() } });

  before(async function () {
    this.timeout(180_000);
    cluster = await theCluster();
    home = mkdtempSync(join(tmpdir(), "portcullis-plugin-"));
    symlinkSync(join(ROOT, "bin/portcullis"), join(home, "kubectl-portcullis"));
    await cluster.kubectl(["apply", "-f", join(ROOT, "deploy/kustomize/view.yaml")]);
    [port] = (await freePorts(1)) as [number];
    // No proxy of services runs here: the API server is sent to this machine by name.
    await cluster.add(SERVICES, { metadata: { name: "portcullis-operator" }, spec: { type: "ExternalName", externalName: "localhost", ports: [{ port }] } } as KubeObject, NAMESPACE);
    await cluster.patch(API_SERVICES, NAME, { spec: { service: { port } } });
    for (const [user, role] of [["viewer", "portcullis-view"], ["boss", "portcullis-admin"]]) {
      await cluster.add(BINDINGS, { metadata: { name: `test-${user}` }, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role }, subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }] } as KubeObject);
    }
    await addNode(cluster, "v1", { pool: "view" });
    await addNode(cluster, "v2", { pool: "view" });
    operator = await startOperator(cluster, { name: "operator-view", tls: "own", flags: ["--view-listen", `127.0.0.1:${port}`] });
    await cluster.apply(firewall("view", { pool: "view" }));
    for (const node of ["v1", "v2"]) await untilFirewallNode(cluster, node, ({ spec }) => spec.hash !== "", "selected");
    await cluster.kubectl(["wait", "--for=condition=Available", "--timeout=60s", `apiservice/${NAME}`]);
    await agent("v1");
  });

  after(async () => {
    for (const client of clients) client.close();
    await clear(cluster);
    await operator.process.stop();
    await cluster.kubectl(["delete", "-f", join(ROOT, "deploy/kustomize/view.yaml")]);
    await cluster.delete(SERVICES, "portcullis-operator", NAMESPACE);
    for (const user of ["viewer", "boss"]) await cluster.delete(BINDINGS, `test-${user}`);
    rmSync(home, { recursive: true });
  });

  beforeEach(() => {
    queries.length = 0;
    answers = () => ({ status: 200, body: '{"policy-deny":18446744073709551615}' });
  });

  it("hands a person with rights what the agent says, to the digit", async () => {
    assert.equal(await raw("viewer", "v1", "drops"), '{"policy-deny":18446744073709551615}');
    assert.deepEqual(queries.map(({ method, path }) => `${method} ${path}`), ["GET /drops"]);
  });

  it("is closed by RBAC to who has no rights, and to who may only look where something is changed", async () => {
    await assert.rejects(raw("nobody", "v1", "drops"), /forbidden: User "nobody" cannot get resource "firewallnodes\/drops" in API group "view.portcullis.dev"/);
    await assert.rejects(as("viewer", "delete", "--raw", `${ROOT_PATH}/v1/sessions?all=1`), /User "viewer" cannot delete resource "firewallnodes\/sessions"/);
    assert.equal(queries.length, 0);
    answers = () => ({ status: 200, body: '{"cleared":7}' });
    assert.match(await as("boss", "delete", "--raw", `${ROOT_PATH}/v1/sessions?all=1`), /"cleared":7/);
    assert.deepEqual(queries.map(({ method, path }) => `${method} ${path}`), ["POST /sessions/clear?all=1"]);
    await operator.process.line(/"user":"boss".*"filter":"all=1".*sessions cleared/);
  });

  it("is closed to everybody but the API server at its own port, also with a certificate of the cluster", async () => {
    const knock = (pair: object): Promise<number> => new Promise((resolve, reject) => {
      const call = request({ host: "127.0.0.1", port, path: `${ROOT_PATH}/v1/drops`, rejectUnauthorized: false, agent: false, headers: { "x-remote-user": "boss", "x-remote-group": "system:masters" }, ...pair }, ({ statusCode = 0 }) => resolve(statusCode));
      call.on("error", reject).end();
    });
    const file = (name: string): Buffer => readFileSync(cluster.pki.path(name));
    await assert.rejects(knock({}));
    await assert.rejects(knock({ cert: file("admin.crt"), key: file("admin.key") }));
    assert.equal(await knock({ cert: file("front/other.crt"), key: file("front/other.key") }), 401);
    assert.equal(await knock({ cert: file("front/client.crt"), key: file("front/client.key") }), 200);
    assert.equal(queries.length, 1);
  });

  it("takes nothing from kubectl and the controllers: discovery is whole, and names mean what they meant", async () => {
    assert.match(await cluster.kubectl(["get", "--raw", "/apis/view.portcullis.dev/v1alpha1"]), /firewallnodes\/sessions/);
    assert.doesNotMatch(await cluster.kubectl(["api-resources", "-o", "name"]), /view\.portcullis\.dev/);
    assert.match(await cluster.kubectl(["get", "firewallnodes"]), /v1/);
    assert.match(await cluster.kubectl(["get", "fwn", "v1", "-o", "jsonpath={.apiVersion}"]), /^portcullis.dev\/v1alpha1$/);
    assert.match(await cluster.kubectl(["explain", "firewallnode.spec"]), /config/);
  });

  it("says why a node cannot answer: none there, an older agent, no such node, no time", async () => {
    await assert.rejects(raw("viewer", "v2", "status"), /AgentNotConnected/);
    const old = await agent("v2", 0);
    await assert.rejects(raw("viewer", "v2", "status"), /VersionSkew.*upgrade the agent/);
    await assert.rejects(raw("viewer", "absent", "status"), /NotFound/);
    await assert.rejects(raw("viewer", "v1", "sessions?adress=1"), /BadRequest|"adress\\?" is unknown/);
    old.close();
    answers = () => ({ status: 503, body: '{"error":"the worker is not running"}' });
    await assert.rejects(raw("viewer", "v1", "counters"), /the worker is not running/);
  });

  it("refuses a flood of questions, and the stream goes on", async () => {
    answers = () => undefined;
    const stuck = Array.from({ length: 4 }, () => raw("viewer", "v1", "drops").catch((error: unknown) => String(error)));
    await retry(async () => assert.equal(queries.length, 4), 20_000, "the questions did not arrive");
    await assert.rejects(raw("viewer", "v1", "drops"), /TooManyQueries|too many/i);
    clients[0]?.obey();
    await untilFirewallNode(cluster, "v1", ({ status }) => status?.applied?.verified === true, "reported while questions are open");
    for (const { id } of queries) clients[0]?.send({ answer: { id, status: 200, data: Buffer.from("{}"), last: true } });
    assert.deepEqual(await Promise.all(stuck), Array(4).fill("{}"));
  });

  it("the operator wrote its authority into the APIService, and may write no other", async () => {
    const { caBundle = "" } = (await cluster.get(API_SERVICES, NAME))?.spec ?? {};
    assert.equal(Buffer.from(caBundle, "base64").toString(), await authority());
    const can = (verb: string, what: string): Promise<string> => cluster.kubectl(["auth", "can-i", verb, what, "--as", `system:serviceaccount:${NAMESPACE}:portcullis-operator`]).catch(() => "no");
    assert.match(await can("patch", `apiservices/${NAME}`), /yes/);
    for (const [verb, what] of [["patch", "apiservices/v1.apps"], ["list", "apiservices"], ["create", "apiservices"], ["delete", `apiservices/${NAME}`]] as const) assert.match(await can(verb, what), /no/, `${verb} ${what}`);
  });

  it("kubectl portcullis: tables for people, exact JSON for scripts, one line for what is not answered", async () => {
    assert.match(await plugin("nodes"), /^NODE +CONFIG +READY[\s\S]*\nv1 +view/);
    assert.match(await plugin("drops", "--node", "v1"), /policy-deny +18446744073709551615/);
    assert.match(await plugin("drops", "--node", "v1", "-o", "json"), /"node": "v1", "data": \{"policy-deny":18446744073709551615\}/);
    await assert.rejects(plugin("drops"), (error: Error) => {
      assert.match(error.message, /exit 1\nportcullis: v2: .*no agent of this node is connected/);
      assert.match(error.message, /node v1\nREASON/);
      return true;
    });
    await assert.rejects(plugin("drops", "--as", "nobody", "--node", "v1"), /User "nobody" cannot get resource "firewallnodes\/drops".*portcullis-view/);
    await assert.rejects(plugin("nodes", "--context", "none"), /no context "none"/);
    const page = (next: string | null, ids: number[]): string => `{"sessions": [\n${ids.map((id) => `{"id":${id}}`).join(",\n")}\n],\n"total":5,"matched":5,"shown":${ids.length},"next":${JSON.stringify(next)}}\n`;
    answers = ({ path }) => ({ status: 200, body: path.includes("cursor=4%3A9") ? page(null, [4, 5]) : page("4:9", [1, 2, 3]) });
    assert.deepEqual((await plugin("sessions", "--json", "--node", "v1", "--zone", "trust")).trim().split("\n"), [1, 2, 3, 4, 5].map((id) => `{"node":"v1","id":${id}}`));
    const paged = queries.filter(({ path }) => path.startsWith("/sessions"));
    assert.ok(paged.length === 2 && paged.every(({ path }) => path.includes("zone=trust")), "the agent filters");
    assert.equal((await plugin("sessions", "--count", "--node", "v1")).trim(), "5");
    answers = () => ({ status: 200, body: '{"cleared":2}' });
    await assert.rejects(plugin("sessions", "clear", "--all"), /exit 2[\s\S]*--node NAME, or --all-nodes/);
    assert.match(await plugin("sessions", "clear", "--all", "--node", "v1"), /2 sessions cleared/);
  });

  it("explain and support-bundle read what there is, list what there is not, and take no secrets along", async () => {
    await assert.rejects(plugin("explain", "node", "v2"), /NeverConnected: [\s\S]*See that an agent runs on the node/);
    const file = join(home, "bundle.tar.gz");
    assert.match(await plugin("support-bundle", "--file", file), /bundle\.tar\.gz: \d+ files/);
    const names = execFileSync("tar", ["-tzf", file], { encoding: "utf8" });
    for (const name of ["versions.json", "objects/firewallconfigs.json", "objects/firewallnodes.json", "objects/revisions.json", "nodes/v1/drops.json", "nodes/v2/explain.txt", "not-read.txt"]) assert.ok(names.includes(`portcullis-support/${name}`), name);
    const all = execFileSync("tar", ["-xzOf", file], { encoding: "utf8" });
    assert.match(all, /nodes\/v2\/status\.json: .*no agent of this node is connected/);
    assert.doesNotMatch(all, /PRIVATE KEY|eyJ[A-Za-z0-9_-]+\.eyJ|"tls\.key"/);
    await assert.rejects(plugin("support-bundle", "--file", file), /cannot be written: EEXIST/);
  });
});
