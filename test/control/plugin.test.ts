// SPDX-License-Identifier: Apache-2.0
// `kubectl portcullis` with a real agent and a real worker behind operator and API server: what it says is what packets did.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject, Resource } from "../../operator/kube/types";
import type { Explanation } from "../../operator/explain";
import { API_SERVICES } from "../../operator/view/api-service";
import { API_SERVICE } from "../../operator/view/routes";
import { NAMESPACE, retry, ROOT, theCluster, type Cluster } from "./harness/cluster";
import { RealNode } from "./harness/node";
import { addNode, clear, condition, holds, untilConfig, untilFirewallNode } from "./harness/objects";
import { startOperator, STEADY, type OperatorProcess } from "./harness/operator";
import { Pki } from "./harness/pki";
import { freePorts } from "./harness/ports";
import { run } from "./harness/processes";

const POOL = { pool: "plugin" };
const CONFIG_MAPS: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap" };
const SERVICES: Resource = { group: "", version: "v1", plural: "services", kind: "Service" };
const PATH = "/apis/view.portcullis.dev/v1alpha1/firewallnodes/plugin1";
const CLOSED = { policies: [{ name: "out", from: ["trust"], to: ["untrust"], action: "Deny" }] };

describe("kubectl portcullis and a real node", function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let operator: OperatorProcess;
  let node: RealNode;
  let home = "";
  let port = 0;
  const plugin = (...args: string[]): Promise<string> => run([join(home, "kubectl-portcullis"), ...args], { cwd: home, env: { HOME: home, KUBECONFIG: cluster.adminConfig() } });
  const json = async <T>(...args: string[]): Promise<T> => (JSON.parse(await plugin(...args, "-o", "json")) as { items: { data: T }[] }).items[0]?.data as T;
  const passes = (wanted: boolean): Promise<void> => retry(async () => assert.equal(await node.passes(), wanted), 30_000, wanted ? "no packet passes" : "packets pass");

  before(async function () {
    this.timeout(240_000);
    cluster = await theCluster();
    home = mkdtempSync(join(tmpdir(), "portcullis-plugin-"));
    symlinkSync(join(ROOT, "bin/portcullis"), join(home, "kubectl-portcullis"));
    node = new RealNode(cluster, "plugin1");
    await node.create();
    await addNode(cluster, "plugin1", POOL);
    await cluster.kubectl(["apply", "-f", join(ROOT, "deploy/kustomize/view.yaml")]);
    [port] = (await freePorts(1)) as [number];
    // No proxy of services runs here: the API server is sent to this machine by name.
    await cluster.add(SERVICES, { metadata: { name: "portcullis-operator" }, spec: { type: "ExternalName", externalName: "localhost", ports: [{ port }] } } as KubeObject, NAMESPACE);
    await cluster.patch(API_SERVICES, API_SERVICE, { spec: { service: { port } } });
    operator = await startOperator(cluster, { name: "operator-plugin", listen: RealNode.listen, flags: ["--view-listen", `127.0.0.1:${port}`, "--tls-ca", cluster.pki.path("ca.crt"), ...STEADY] });
    await node.startAgent([operator]);
    await cluster.apply(node.config("plugin", POOL));
    await untilFirewallNode(cluster, "plugin1", holds("Ready", "True"), "ready", 60_000);
    await cluster.kubectl(["wait", "--for=condition=Available", "--timeout=60s", `apiservice/${API_SERVICE}`]);
    await node.plugHosts();
    await passes(true);
    assert.equal(await node.passesBack(), false);
  });

  after(async () => {
    await clear(cluster);
    await operator.process.stop();
    await node.destroy();
    await cluster.kubectl(["delete", "-f", join(ROOT, "deploy/kustomize/view.yaml")]);
    await cluster.delete(SERVICES, "portcullis-operator", NAMESPACE);
    rmSync(home, { recursive: true });
  });

  it("status, nodes and interfaces", async () => {
    assert.match(await plugin("status"), /^NODE.*\nplugin1 +plugin +yes +Applied +Forwarding/);
    assert.match(await plugin("status", "--node", "plugin1"), /Ready: +yes[\s\S]*PORT[\s\S]*lan +tap/);
    assert.equal((await json<{ ready: boolean }>("status")).ready, true);
    assert.match(await plugin("nodes"), /plugin1 +plugin +True +Ready/);
    assert.match(await plugin("interfaces"), /lan0 +lan +- +trust +10\.1\.0\.1\/24/);
  });

  it("counters and drops are those of the packets", async () => {
    const { forwarded, policies } = await json<{ forwarded: number; policies: { name: string; sessions: number }[] }>("counters");
    assert.ok(forwarded >= 2);
    assert.ok((policies.find(({ name }) => name === "out")?.sessions ?? 0) >= 1, JSON.stringify(policies));
    assert.match(await plugin("counters"), /COUNTER[\s\S]*TABLE[\s\S]*POLICY[\s\S]*out +Permit/);
    const before = (await json<Record<string, number>>("drops"))["default-deny"] ?? 0;
    assert.ok(before >= 1, await plugin("drops"));
    assert.equal(await node.passesBack(), false);
    assert.ok(((await json<Record<string, number>>("drops"))["default-deny"] ?? 0) > before);
    assert.match(await plugin("drops"), /default-deny +[1-9]/);
  });

  it("sessions: filtered by the agent, in pages, and ended", async () => {
    await passes(true); // a session of ICMP lasts for half a minute
    assert.match(await plugin("sessions", "--protocol", "ICMP", "--from", "trust"), /ICMP +10\.1\.0\.2.*trust +untrust +out/);
    assert.equal((await plugin("sessions", "--count", "--protocol", "TCP")).trim(), "0");
    await assert.rejects(plugin("sessions", "--zone", "nowhere"), /nowhere/);
    const page = async (query: string): Promise<{ matched: number; shown: number; next: string | null; sessions: { id: number }[] }> => JSON.parse(await cluster.kubectl(["get", "--raw", `${PATH}/sessions?${query}`])) as never;
    for (let i = 0; i < 3; i++) await passes(true);
    const first = await page("limit=1");
    assert.ok(first.shown === 1 && first.matched >= 2, JSON.stringify(first));
    assert.match(first.next ?? "", /^[46]:[0-9]+$/);
    const rest = await page(`cursor=${first.next}`);
    assert.equal(rest.next, null);
    assert.ok(rest.shown >= 1 && rest.sessions.every(({ id }) => id !== first.sessions[0]?.id), "each is told once");
    await assert.rejects(cluster.kubectl(["get", "--raw", `${PATH}/sessions?cursor=7`]), /cursor must be/);
    await passes(true);
    assert.match(await plugin("sessions", "clear", "--node", "plugin1", "--protocol", "ICMP"), /[1-9][0-9]* sessions? cleared/);
    assert.equal((await plugin("sessions", "--count", "--protocol", "ICMP")).trim(), "0");
    await passes(true); // a new session begins
  });

  it("is refused to a service account without the rights, in one sentence", async () => {
    const nobody = ["--as", "system:serviceaccount:default:nobody", "--node", "plugin1"];
    for (const part of ["status", "sessions", "counters", "drops", "interfaces"]) {
      await assert.rejects(plugin(part, ...nobody), new RegExp(`cannot get resource "firewallnodes/${part}".*portcullis-view`));
    }
    await assert.rejects(plugin("sessions", "clear", "--all", ...nobody), /cannot delete resource "firewallnodes\/sessions".*portcullis-admin/);
  });

  it("check, undo and packets: what an edit closed is open again", async () => {
    writeFileSync(join(home, "closed.json"), JSON.stringify(node.config("plugin", POOL, CLOSED)));
    assert.match(await plugin("check", "--config", "closed.json"), /is valid/);
    await cluster.apply(node.config("plugin", POOL, CLOSED));
    await untilConfig(cluster, "plugin", holds("Ready", "True"), "closed");
    await passes(false);
    const undone = await plugin("undo", "plugin");
    assert.match(undone, /plugin has again what revision 1 had/);
    await untilConfig(cluster, "plugin", holds("Ready", "True"), "open");
    await passes(true);
  });

  describe("explain", () => {
    const explained = async (): Promise<Explanation> => JSON.parse(await run(["sh", "-c", `"$@" || test $? = 1`, "sh", join(home, "kubectl-portcullis"), "explain", "node", "plugin1", "-o", "json"], { env: { HOME: home, KUBECONFIG: cluster.adminConfig() } })) as Explanation;
    const until = (what: string, type: string, reason: string, ms = 60_000): Promise<unknown> => untilFirewallNode(cluster, "plugin1", (n) => condition(n, type).reason === reason && condition(n, type).observedGeneration === n.metadata.generation, what, ms);
    const withPort = (port: object): object => {
      const config = node.config("plugin", POOL) as { spec: { dataplane: { ports: object[] }; interfaces: object[]; zones: object[] } };
      config.spec.dataplane.ports.push({ name: "dmz", ...port });
      config.spec.interfaces.push({ name: "dmz0", port: "dmz", zone: "dmz", addresses: ["10.3.0.1/24"] });
      config.spec.zones.push({ name: "dmz" });
      return config;
    };
    const restored = async (): Promise<void> => {
      await cluster.apply(node.config("plugin", POOL));
      await untilFirewallNode(cluster, "plugin1", holds("Ready", "True"), "ready", 60_000);
    };

    it("finds nothing to cure", async () => {
      assert.match(await plugin("explain", "node", "plugin1"), /^node plugin1 is ready\n[\s\S]*configuration +([0-9a-f]{12}) +\1/);
    });

    for (const [what, port, reason, message, cure] of [
      ["a port that is not there", { kernelInterface: { name: "nope0" } }, "PortUnavailable", /nope0 of port dmz does not exist/, /See that the device exists/],
      ["a port that another process has", { tap: { name: "held0" } }, "PortUnavailable", /held0 is in use by another process/, /nobody else uses it/],
      ["more cores than there are", undefined, "CoresUnavailable", /16 cores are wanted/, /Name cores in spec\.dataplane\.cores/],
      ["a PCI device that is not there", { pci: { address: "ffff:1f:1f.7" } }, "PortUnavailable", /PCI device ffff:1f:1f\.7 of port dmz does not exist/, /See that the device exists/],
    ] as const) {
      it(`names ${what}, with the cure, and what was asked for beside what is in force`, async () => {
        const holder = what.includes("another process") ? await node.holdTap("held0") : undefined;
        const { spec } = node.config("plugin", POOL) as { spec: { dataplane: object } };
        await cluster.apply(port === undefined ? node.config("plugin", POOL, { dataplane: { ...spec.dataplane, cores: { count: 16 } } }) : withPort(port));
        await until("refused", "ConfigApplied", reason);
        const { ready, causes, values } = await explained();
        assert.deepEqual([ready, causes.map((cause) => cause.reason)], [false, [reason]]);
        assert.match(causes[0]?.message ?? "", message);
        assert.match(causes[0]?.cure ?? "", cure);
        const hashes = values.find((pair) => pair.what === "configuration");
        assert.ok(hashes !== undefined && hashes.requested !== hashes.effective, JSON.stringify(values));
        await assert.rejects(plugin("status"), /exit 1\n[\s\S]*not ready: plugin1/);
        await holder?.stop();
        await restored();
        assert.ok(await node.passes());
      });
    }

    it("names an agent of another release than the worker, and one that is away", async () => {
      const older = join(home, "older");
      mkdirSync(join(older, "bin"), { recursive: true });
      cpSync(join(ROOT, "dist"), join(older, "dist"), { recursive: true });
      cpSync(join(ROOT, "bin/portcullis"), join(older, "bin/portcullis"));
      for (const folder of ["node_modules", "build"]) symlinkSync(join(ROOT, folder), join(older, folder));
      writeFileSync(join(older, "package.json"), JSON.stringify({ version: "0.0.9" }));
      await node.agent.kill();
      await node.startAgent([operator], join(older, "bin/portcullis"));
      await untilFirewallNode(cluster, "plugin1", (n) => n.status?.agent?.version === "0.0.9" && holds("Ready", "True")(n), "reported by the older one", 60_000);
      const skewed = await explained();
      assert.deepEqual(skewed.causes.map(({ reason }) => reason), ["VersionSkew"]);
      assert.match(skewed.causes[0]?.message ?? "", /agent is version 0\.0\.9, the worker 0\.1\.0/);
      assert.match(skewed.causes[0]?.cure ?? "", /same image tag/);
      await node.agent.kill();
      await until("silent", "AgentConnected", "AgentSilent", 90_000);
      const silent = await explained();
      assert.deepEqual(silent.causes.map(({ reason }) => reason), ["AgentSilent"]);
      assert.match(silent.causes[0]?.cure ?? "", /agent's pod runs and reaches the operator/);
      await assert.rejects(plugin("drops"), /no agent of this node is connected/);
      assert.ok(await node.passes(), "it forwards all the same");
      await node.startAgent([operator]);
      await untilFirewallNode(cluster, "plugin1", holds("Ready", "True"), "ready", 60_000);
    });
  });

  it("goes on when the API server's proxy certificate is replaced by one of another authority", async () => {
    const at = (file: string): string => cluster.pki.path(`front/${file}`);
    const put = (file: string, text: string | Buffer): void => {
      writeFileSync(at(`${file}.new`), text);
      renameSync(at(`${file}.new`), at(file));
    };
    const before = Object.fromEntries(["ca.crt", "client.crt", "client.key"].map((file) => [file, readFileSync(at(file))]));
    const published = (what: string, wanted: (ca: string) => boolean, ms = 90_000): Promise<unknown> => cluster.until(CONFIG_MAPS, "extension-apiserver-authentication",
      (map) => wanted((map as { data?: Record<string, string> } | undefined)?.data?.["requestheader-client-ca-file"] ?? ""), what, ms, "kube-system");
    // The API server adds to what is published and takes nothing away; it writes anew what was deleted.
    const forget = (): Promise<void> => cluster.delete(CONFIG_MAPS, "extension-apiserver-authentication", "kube-system");
    const status = (): Promise<string> => cluster.kubectl(["get", "--raw", `${PATH}/status`]);
    const asked = (): Promise<unknown> => retry(async () => assert.match(await status(), /"ready":true/), 60_000, "the view is not served");
    mkdirSync(at("next"));
    const next = new Pki(at("next"));
    await next.authority("front-proxy-next");
    await next.certificate("client", "/CN=front-proxy-client");
    const [old, fresh] = [String(before["ca.crt"]).trim(), readFileSync(next.path("ca.crt"), "utf8").trim()];
    try {
      put("ca.crt", `${old}\n${fresh}\n`);
      await published("both authorities", (ca) => ca.includes(old) && ca.includes(fresh));
      await asked();
      for (const file of ["client.key", "client.crt"]) put(file, readFileSync(next.path(file)));
      put("ca.crt", `${fresh}\n`);
      await retry(async () => {
        await forget();
        await published("the new authority alone", (ca) => ca !== "" && !ca.includes(old), 10_000);
      }, 60_000, "the old authority is still published");
      await asked();
      const knock = (cert: Buffer, key: Buffer): Promise<number> => new Promise((resolve, reject) => {
        request({ host: "127.0.0.1", port, path: `${PATH}/status`, rejectUnauthorized: false, agent: false, headers: { "x-remote-user": "admin" }, cert, key }, ({ statusCode = 0 }) => resolve(statusCode)).on("error", reject).end();
      });
      await retry(() => assert.rejects(knock(before["client.crt"] as Buffer, before["client.key"] as Buffer)), 30_000, "the old certificate is still taken");
      assert.equal(await knock(readFileSync(next.path("client.crt")), readFileSync(next.path("client.key"))), 200);
    } finally {
      put("ca.crt", `${old}\n${fresh}\n`);
      await published("the old authority again", (ca) => ca.includes(old));
      for (const file of ["client.key", "client.crt"]) put(file, before[file] as Buffer);
      put("ca.crt", before["ca.crt"] as Buffer);
    }
    await asked();
  });

  it("a support bundle holds the node's own answers", async () => {
    assert.match(await plugin("support-bundle", "--file", "bundle.tar.gz"), /bundle\.tar\.gz: \d+ files/);
    const read = (file: string): string => execFileSync("tar", ["-xzOf", join(home, "bundle.tar.gz"), `portcullis-support/nodes/plugin1/${file}`], { encoding: "utf8" });
    assert.equal((JSON.parse(read("status.json")) as { ready: boolean }).ready, true);
    assert.match(read("explain.txt"), /^node plugin1 is ready/);
    assert.ok((JSON.parse(read("counters.json")) as { forwarded: number }).forwarded > 0);
  });
});
