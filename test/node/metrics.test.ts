// SPDX-License-Identifier: Apache-2.0
// A real Prometheus scrapes what Helm installed: every metric that is documented, every panel of the dashboard, every alert.
import assert from "node:assert/strict";
import { AGENT_METRICS } from "../../metrics/agent";
import { ALERTS } from "../../metrics/alerts";
import { queries } from "../../metrics/dashboard";
import type { Table } from "../../metrics/define";
import { OPERATOR_METRICS } from "../../metrics/operator";
import { CONFIGS, type ConfigObject } from "../../operator/resources";
import { Lab, until, type Namespace } from "../../scripts/lab/lab";
import { NAMESPACE, NODE_NAME, PODS, theNode, type TestNode } from "./harness/node";
import { installPortcullis, LABEL, logsOf } from "./harness/portcullis";
import { Prometheus, type Result } from "./harness/prometheus";
import { cable } from "./harness/site";

const CONFIG = {
  apiVersion: "portcullis.dev/v1alpha1", kind: "FirewallConfig", metadata: { name: "measured" },
  spec: {
    nodeSelector: { matchLabels: { [LABEL]: "firewall" } },
    dataplane: {
      memory: { size: "128Mi", pageSize: "2Mi" }, sessions: { ipv4: 8192, ipv6: 8192 },
      ports: [{ name: "lan", kernelInterface: { name: "measuredin" } }, { name: "wan", kernelInterface: { name: "measuredout" } }],
    },
    interfaces: [{ name: "lan0", port: "lan", zone: "lan", addresses: ["10.95.0.1/24"] }, { name: "wan0", port: "wan", zone: "wan", addresses: ["10.96.0.1/24"] }],
    zones: [{ name: "lan", hostInbound: { services: ["ping"] } }, { name: "wan" }],
    defaultAction: "Deny", policies: [{ name: "out", from: ["lan"], to: ["wan"], action: "Permit" }],
    nat: { pools: [{ name: "public", addresses: ["10.96.0.64/30"], ports: "2000-2999" }], source: [{ name: "hide", from: ["lan"], to: ["wan"], pool: { name: "public" } }] },
  },
};

/** Series that are there only for those who ask for them. */
const OPTIONAL = Object.keys(AGENT_METRICS).filter((name) => name.startsWith("portcullis_worker_policy_") && name !== "portcullis_worker_policy_epoch");

describe("node: metrics by Prometheus", function () {
  this.timeout(300_000);
  let node: TestNode;
  let lab: Lab;
  let inside: Namespace;
  let outside: Namespace;
  let prometheus: Prometheus;

  const told = <T>(what: string, look: () => Promise<T | undefined>, ms = 120_000): Promise<T> =>
    until(what, look, ms).catch(async (error: unknown) => { throw new Error(`${(error as Error).message}\n${await logsOf(node)}`); }) as Promise<T>;
  const workers = async (): Promise<number> => (await node.list(PODS, NAMESPACE)).filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/component"] === "worker").length;

  before(async () => {
    node = await theNode();
    lab = new Lab("pcl-metr");
    [inside, outside] = [await lab.namespace("in"), await lab.namespace("out")];
    await cable(node, "measuredin", inside);
    await cable(node, "measuredout", outside);
    await inside.device("eth0", ["10.95.0.2/24"], [["default", "via", "10.95.0.1"]]);
    await outside.device("eth0", ["10.96.0.2/24"], []);
    prometheus = new Prometheus(node);
    await installPortcullis(node).catch(async (error: unknown) => { throw new Error(`${(error as Error).message}\n${await logsOf(node)}`); });
    await prometheus.start();
    await node.kubectl(["apply", "-f", "-"], JSON.stringify(CONFIG));
    await told("the firewall is Ready", async () => {
      const object: ConfigObject | undefined = await node.get(CONFIGS, "measured");
      return object?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ? true : undefined;
    });
  });

  after(async () => {
    await prometheus.stop();
    await node.kubectl(["delete", "firewallconfig", "--all", "--wait=false"]).catch(() => undefined);
    await until("no worker", async () => ((await workers()) === 0 ? true : undefined), 60_000).catch(() => undefined);
    await node.helm(["uninstall", "portcullis", "--namespace", NAMESPACE, "--ignore-not-found"]).catch(() => undefined);
    for (const device of ["measuredin", "measuredout"]) await node.run(["ip", "link", "del", device]).catch(() => undefined);
    await node.kubectl(["label", "node", NODE_NAME, `${LABEL}-`]).catch(() => undefined);
    await lab.close();
    await node.deleteNamespace(NAMESPACE);
  });

  it("two operators and the agent are scraped", async () => {
    const components = await told("three targets are up", async () => {
      const up = (await prometheus.targets()).filter(({ health }) => health === "up");
      return up.length === 3 ? up.map(({ labels }) => `${labels["component"]} ${labels["node"]}`).sort() : undefined;
    });
    assert.deepEqual(components, [`agent ${NODE_NAME}`, `operator ${NODE_NAME}`, `operator ${NODE_NAME}`]);
  });

  it("every documented metric is there, and nothing that is not documented", async () => {
    const ping = inside.start(["ping", "-i", "0.2", "10.96.0.2"]);
    await ping.line(/icmp_seq=3/);
    const wanted = Object.entries<Table[string]>({ ...OPERATOR_METRICS, ...AGENT_METRICS }).map(([name, { type }]) => (type === "histogram" ? `${name}_bucket` : name)).filter((name) => !OPTIONAL.includes(name));
    await told("all metrics are there", async () => {
      const names = (await prometheus.query('group by (__name__) ({__name__=~"portcullis_.+"})')).map(({ metric }) => metric["__name__"] ?? "");
      const missing = wanted.filter((name) => !names.includes(name));
      const known = new Set([...wanted, ...wanted.filter((name) => name.endsWith("_bucket")).flatMap((name) => [name.replace(/_bucket$/, "_sum"), name.replace(/_bucket$/, "_count")])]);
      assert.deepEqual(names.filter((name) => !known.has(name)), []);
      return missing.length === 0 ? true : undefined;
    });
    await ping.stop();
  });

  for (const { panel, expr } of queries("30s")) {
    it(`the panel "${panel}" has data: ${expr}`, async () => {
      await told(`data for ${expr}`, async () => {
        const found: Result[] = await prometheus.query(expr);
        return found.some(({ value }) => Number.isFinite(Number(value[1]))) ? found : undefined;
      }, 60_000);
    });
  }

  it("all alerts are evaluated without an error, ask for series that exist, and are quiet about a firewall in order", async () => {
    const rules = await told("the rules are evaluated", async () => {
      const all = await prometheus.rules();
      return all.length === ALERTS.length && all.every(({ lastEvaluation }) => !lastEvaluation.startsWith("0001")) ? all : undefined;
    });
    assert.deepEqual(rules.filter(({ lastError }) => lastError !== undefined && lastError !== ""), []);
    for (const { expr } of ALERTS) {
      for (const [name] of expr.matchAll(/portcullis_\w+/g)) assert.ok((await prometheus.query(`group(${name})`)).length > 0, name);
    }
    const firing = rules.filter(({ state }) => state === "firing").map(({ name }) => name);
    assert.deepEqual(firing, []);
  });

  it("a firewall whose port is taken away makes the alert of that port pending", async () => {
    await node.run(["ip", "link", "set", "measuredout", "down"]);
    await told("PortcullisPortDown is pending", async () => ((await prometheus.query('ALERTS{alertname="PortcullisPortDown",port="wan"}')).length > 0 ? true : undefined), 60_000);
    await node.run(["ip", "link", "set", "measuredout", "up"]);
    await told("it is over", async () => ((await prometheus.query('ALERTS{alertname="PortcullisPortDown",port="wan"}')).length === 0 ? true : undefined), 60_000);
  });
});
