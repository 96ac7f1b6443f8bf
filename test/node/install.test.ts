// SPDX-License-Identifier: Apache-2.0
// The way of a new user: helm install, a label, a FirewallConfig, traffic; then an edit, a mistake, a second
// configuration, an upgrade, and everything away again.
import assert from "node:assert/strict";
import { CONFIGS, FIREWALL_NODES, type ConfigObject, type FirewallNodeObject } from "../../operator/resources";
import { Lab, until, type Child, type Namespace } from "../../scripts/lab/lab";
import { count, grows, listening } from "../dataplane/site";
import { installPortcullis, LABEL, logsOf, helm, rolledOut } from "./harness/portcullis";
import { NAMESPACE, NODE_NAME, PODS, theNode, type Pod, type TestNode } from "./harness/node";
import { cable, footprint } from "./harness/site";

const config = (name: string, policies: object[], more: object = {}): object => ({
  apiVersion: "portcullis.dev/v1alpha1", kind: "FirewallConfig", metadata: { name },
  spec: {
    nodeSelector: { matchLabels: { [LABEL]: "firewall" } },
    dataplane: {
      memory: { size: "128Mi", pageSize: "2Mi" }, sessions: { ipv4: 8192, ipv6: 8192 },
      ports: [{ name: "lan", kernelInterface: { name: "insideport" } }, { name: "wan", kernelInterface: { name: "outsideport" } }],
    },
    interfaces: [{ name: "lan0", port: "lan", zone: "lan", addresses: ["10.91.0.1/24"] }, { name: "wan0", port: "wan", zone: "wan", addresses: ["10.92.0.1/24"] }],
    zones: [{ name: "lan", hostInbound: { services: ["ping"] } }, { name: "wan" }],
    defaultAction: "Deny", policies, ...more,
  },
});
const OUT = { name: "out", from: ["lan"], to: ["wan"], action: "Permit" };

describe("node: installed by helm", function () {
  this.timeout(300_000);
  let node: TestNode;
  let lab: Lab;
  let inside: Namespace;
  let outside: Namespace;
  let talk: Child;
  let atFirst = "";

  const told = <T>(what: string, look: () => Promise<T | undefined>, ms = 90_000): Promise<T> =>
    until(what, look, ms).catch(async (error: unknown) => {
      throw new Error(`${(error as Error).message}\n${JSON.stringify((await node.get(FIREWALL_NODES, NODE_NAME))?.status?.conditions, null, 1)}\n${await logsOf(node)}`);
    }) as Promise<T>;
  const condition = (object: ConfigObject | FirewallNodeObject | undefined, type: string): { status?: string; message?: string | undefined; observedGeneration?: number | undefined } =>
    object?.status?.conditions?.find((one) => one.type === type) ?? {};
  const configReady = (name: string): Promise<ConfigObject> => told(`${name} is Ready`, async () => {
    const object = await node.get(CONFIGS, name);
    const ready = condition(object, "Ready");
    return ready.status === "True" && ready.observedGeneration === object?.metadata.generation ? object : undefined;
  }, 120_000);
  const reaches = async (): Promise<boolean> => (await inside.run(["ping", "-c", "1", "-W", "1", "10.92.0.2"])).code === 0;
  const workers = async (): Promise<Pod[]> => (await node.list(PODS, NAMESPACE)).filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/component"] === "worker");

  before(async () => {
    node = await theNode();
    lab = new Lab("pcl-inst");
    [inside, outside] = [await lab.namespace("in"), await lab.namespace("out")];
    await cable(node, "insideport", inside);
    await cable(node, "outsideport", outside);
    await inside.device("eth0", ["10.91.0.2/24"], [["default", "via", "10.91.0.1"]]);
    await outside.device("eth0", ["10.92.0.2/24"], [["default", "via", "10.92.0.1"]]);
    atFirst = await footprint(node);
  });

  after(async () => {
    await node.kubectl(["delete", "firewallconfig", "--all", "--wait=false"]).catch(() => undefined);
    await until("no worker", async () => ((await workers()).length === 0 ? true : undefined), 60_000).catch(() => undefined);
    await node.helm(["uninstall", "portcullis", "--namespace", NAMESPACE, "--ignore-not-found"]).catch(() => undefined);
    for (const device of ["insideport", "outsideport"]) await node.run(["ip", "link", "del", device]).catch(() => undefined);
    await node.kubectl(["label", "node", NODE_NAME, `${LABEL}-`]).catch(() => undefined);
    await lab.close();
    await node.deleteNamespace(NAMESPACE);
  });

  it("two operators and an agent come up, and helm says what to do next", async () => {
    const said = await installPortcullis(node).catch(async (error: unknown) => { throw new Error(`${(error as Error).message}\n${await logsOf(node)}`); });
    assert.match(said, new RegExp(`kubectl label node NODE ${LABEL}=firewall`));
    const leaders = (await node.list(PODS, NAMESPACE)).filter(({ metadata }) => metadata.labels?.["portcullis.dev/leader"] === "true");
    assert.equal(leaders.length, 1);
  });

  it("a FirewallConfig becomes a firewall with traffic through it", async () => {
    await node.kubectl(["apply", "-f", "-"], JSON.stringify(config("edge", [OUT])));
    const ready = await configReady("edge");
    assert.equal(condition(ready, "Ready").status, "True");
    const [worker] = await workers();
    assert.equal((await node.podReady(worker?.metadata.name ?? "", NAMESPACE)).status?.qosClass, "Guaranteed");
    await told("traffic passes", async () => ((await reaches()) ? true : undefined), 30_000);
    assert.notEqual((await outside.run(["ping", "-c", "1", "-W", "1", "10.91.0.2"])).code, 0, "nothing comes in");
    await listening(outside.peer("echo", "10.92.0.2", "7051"));
    talk = inside.peer("talk", "10.92.0.2", "7051", "5");
    await talk.line(/^echo 5$/);
    assert.match(await node.kubectl(["get", "fwc,fwn"]), /edge/);
  });

  it("an edit takes effect, and is taken back", async () => {
    await node.kubectl(["apply", "-f", "-"], JSON.stringify(config("edge", [{ ...OUT, name: "no-ping", applications: ["ping"], action: "Deny" }, OUT], { applications: [{ name: "ping", protocol: "ICMP" }] })));
    await configReady("edge");
    assert.equal(await reaches(), false);
    await grows(talk, /^echo/, 5);
    await node.kubectl(["apply", "-f", "-"], JSON.stringify(config("edge", [OUT])));
    await configReady("edge");
    assert.equal(await reaches(), true);
  });

  it("a mistake is refused with its field, and changes nothing", async () => {
    await node.kubectl(["apply", "-f", "-"], JSON.stringify(config("edge", [{ ...OUT, to: ["nowhere"] }])));
    const wrong = await told("the mistake is told", async () => {
      const object = await node.get(CONFIGS, "edge");
      return condition(object, "Compiled").status === "False" ? object : undefined;
    });
    assert.match(condition(wrong, "Compiled").message ?? "", /policies\[0\].*nowhere/);
    await grows(talk, /^echo/, 5);
    assert.equal(await reaches(), true);
    await node.kubectl(["apply", "-f", "-"], JSON.stringify(config("edge", [OUT])));
    await configReady("edge");
  });

  it("a second configuration for the node is the loser, and says so", async () => {
    await node.kubectl(["apply", "-f", "-"], JSON.stringify(config("late", [])));
    const late = await told("the conflict is told", async () => {
      const object = await node.get(CONFIGS, "late");
      return condition(object, "Conflict").status === "True" ? object : undefined;
    });
    assert.match(condition(late, "Conflict").message ?? "", /edge/);
    assert.equal(await reaches(), true);
    await node.kubectl(["delete", "firewallconfig", "late", "--timeout=60s"]);
  });

  it("an upgrade of the chart rolls operators and agent, and no connection notices", async () => {
    const [worker] = await workers();
    await helm(node, "upgrade", { "operator.podAnnotations": { step: "2" }, "agent.podAnnotations": { step: "2" }, "operator.replicas": 1 });
    await rolledOut(node);
    await grows(talk, /^echo/, 5);
    assert.equal((await workers())[0]?.metadata.uid, worker?.metadata.uid, "the same worker");
    await node.helm(["rollback", "portcullis", "1", "--namespace", NAMESPACE]);
    await rolledOut(node);
    await configReady("edge");
    await grows(talk, /^echo/, 5);
    assert.equal(talk.code, undefined, "the same connection");
    assert.equal((await workers())[0]?.status?.containerStatuses?.[0]?.restartCount, 0);
  });

  it("without the label the worker goes, and the node is as it was; uninstalled, nothing is left", async () => {
    await talk.stop();
    await node.kubectl(["label", "node", NODE_NAME, `${LABEL}-`]);
    await told("the worker is gone", async () => ((await workers()).length === 0 && (await node.get(FIREWALL_NODES, NODE_NAME)) === undefined ? true : undefined));
    assert.equal(await footprint(node), atFirst);
    await node.kubectl(["delete", "firewallconfig", "edge", "--timeout=60s"]);
    await node.helm(["uninstall", "portcullis", "--namespace", NAMESPACE, "--wait"]);
    const left = await node.kubectl(["get", "all,secret,configmap,role,rolebinding,networkpolicy", "-n", NAMESPACE, "-l", "app.kubernetes.io/part-of=portcullis", "-o", "name"]);
    assert.equal(left.trim(), "");
    assert.equal((await node.kubectl(["get", "crd,clusterrole,clusterrolebinding,priorityclass", "-l", "app.kubernetes.io/part-of=portcullis", "-o", "name"])).trim(), "");
  });
});
