// SPDX-License-Identifier: Apache-2.0
// The node as a firewall between two hosts, installed by helm, with traffic that never ends: a TCP connection, and a UDP flow at a
// steady rate in which every datagram is counted.
//
//   inside 10.93.0.2 --- lan0 .1 [worker pod] wan0 .1 --- outside 10.94.0.2
import assert from "node:assert/strict";
import { CONFIGS, FIREWALL_NODES, type FirewallNodeObject } from "../../../operator/resources";
import { podName } from "../../../operator/worker-pod/desired";
import { Lab, must, until, type Child, type Namespace } from "../../../scripts/lab/lab";
import { listening } from "../../dataplane/site";
import { NAMESPACE, NODE_NAME, PODS, theNode, type Pod, type TestNode } from "./node";
import { smallDisk } from "./fault-deeds";
import { condition, config, CONFIG, DEVICES } from "./firewalled-config";
import { installPortcullis, LABEL, logsOf, stateDirOf } from "./portcullis";
import { cable } from "./site";

export const WORKER = podName(NODE_NAME);
const PORT = "7071";
const STEADY_MS = "10";
/** Of the state directory: enough for programs and logs, small enough to be filled in a moment. */
const DISK_MIB = 16;

export class Firewalled {
  readonly node: TestNode;
  readonly #lab = new Lab("pcl-fault");
  #inside!: Namespace;
  #talk!: Child;
  #steady!: Child;

  private constructor(node: TestNode) {
    this.node = node;
  }

  static async start(): Promise<Firewalled> {
    const it = new Firewalled(await theNode());
    const { node } = it;
    const hosts = [await it.#lab.namespace("in"), await it.#lab.namespace("out")] as const;
    [it.#inside] = hosts;
    for (const [i, device] of DEVICES.entries()) await cable(node, device, hosts[i] as Namespace);
    await hosts[0].device("eth0", ["10.93.0.2/24"], [["default", "via", "10.93.0.1"]]);
    await hosts[1].device("eth0", ["10.94.0.2/24"], [["default", "via", "10.94.0.1"]]);
    await smallDisk(stateDirOf(node), DISK_MIB);
    try {
      await installPortcullis(node);
      await it.apply(config(true));
      await it.ready();
      await it.#traffic(hosts[1]);
    } catch (error) {
      await it.stop();
      throw error;
    }
    return it;
  }

  /** Peers that have each other, for as long as the test runs. */
  async #traffic(outside: Namespace): Promise<void> {
    await listening(outside.peer("echo", "10.94.0.2", PORT));
    await listening(outside.peer("udp-echo", "10.94.0.2", PORT));
    this.#talk = this.#inside.peer("talk", "10.94.0.2", PORT, "5");
    await this.#talk.line(/^echo 5$/);
    this.#steady = this.#inside.peer("udp-talk", "10.94.0.2", PORT, STEADY_MS);
    await this.#steady.line(/^echo \d+$/);
  }

  async stop(): Promise<void> {
    const { node } = this;
    await node.kubectl(["delete", "firewallconfig", "--all", "--wait=false"]).catch(() => undefined);
    await until("no worker", async () => (await this.pod(WORKER)) === undefined, 60_000).catch(() => undefined);
    await node.helm(["uninstall", "portcullis", "--namespace", NAMESPACE, "--ignore-not-found"]).catch(() => undefined);
    for (const device of DEVICES) await node.run(["ip", "link", "del", device]).catch(() => undefined);
    await node.kubectl(["label", "node", NODE_NAME, `${LABEL}-`]).catch(() => undefined);
    await this.#lab.close();
    await node.deleteNamespace(NAMESPACE);
    await must(["umount", "--lazy", stateDirOf(node)]);
  }

  apply(object: object): Promise<string> {
    return this.node.kubectl(["apply", "-f", "-"], JSON.stringify(object));
  }

  /** Until look() finds something; an error has what operator, agent and worker said. */
  async told<T>(what: string, look: () => Promise<T | undefined | false>, ms = 90_000): Promise<T> {
    return until(what, look, ms).catch(async (error: unknown) => {
      const status = await Promise.all([this.node.get(FIREWALL_NODES, NODE_NAME), this.node.get(CONFIGS, CONFIG)].map((object) => object.then((one) => one?.status?.conditions, String)));
      throw new Error(`${(error as Error).message}\n${JSON.stringify(status, null, 1)}\n${await logsOf(this.node).catch(String)}`);
    });
  }

  /** The FirewallNode, once it is as wanted. */
  firewallNode(what: string, wanted: (object: FirewallNodeObject) => boolean): Promise<FirewallNodeObject> {
    return this.told(what, async () => {
      const object = await this.node.get(FIREWALL_NODES, NODE_NAME).catch(() => undefined);
      return object !== undefined && wanted(object) ? object : undefined;
    });
  }

  says(type: string, reason: string): Promise<FirewallNodeObject> {
    return this.firewallNode(`${type} says ${reason}`, (object) => condition(object, type).reason === reason);
  }

  /** Both objects are Ready in their newest generation, and so is the worker pod. */
  async ready(): Promise<void> {
    await this.told("the configuration is Ready", async () => {
      const object = await this.node.get(CONFIGS, CONFIG).catch(() => undefined);
      const { status, observedGeneration } = condition(object, "Ready");
      return object !== undefined && status === "True" && observedGeneration === object.metadata.generation;
    }, 120_000);
    await this.firewallNode("the node is Ready", (object) => ["Ready", "AgentConnected", "WorkerPodReady"].every((type) => condition(object, type).status === "True"));
  }

  pod(name: string): Promise<Pod | undefined> {
    return this.node.get(PODS, name, NAMESPACE);
  }

  async pods(labels: Record<string, string>): Promise<Pod[]> {
    const all = await this.node.list(PODS, NAMESPACE);
    return all.filter(({ metadata }) => metadata.deletionTimestamp === undefined && Object.entries(labels).every(([name, value]) => metadata.labels?.[name] === value));
  }

  async #podOf(labels: Record<string, string>): Promise<Pod> {
    return this.told(`one pod with ${JSON.stringify(labels)}`, async () => {
      const found = await this.pods(labels);
      return found.length === 1 ? found[0] : undefined;
    });
  }

  leader(): Promise<Pod> {
    return this.#podOf({ "portcullis.dev/leader": "true" });
  }

  agent(): Promise<Pod> {
    return this.#podOf({ "app.kubernetes.io/component": "agent" });
  }

  async reaches(): Promise<boolean> {
    return (await this.#inside.run(["ping", "-c", "1", "-W", "1", "10.94.0.2"])).code === 0;
  }

  /** A person's edit goes all the way: to the operator that leads now, to the agent, to the worker, to a packet. */
  async edit(): Promise<void> {
    for (const ping of [false, true]) {
      await this.apply(config(ping));
      await this.ready();
      assert.equal(await this.reaches(), ping);
    }
  }

  /** Not one datagram of the steady flow is lost meanwhile, and the connection goes on. */
  async unnoticed(deed: () => Promise<unknown>): Promise<void> {
    const { lines } = this.#steady;
    const from = lines.length - 1;
    await deed();
    await this.#goOn();
    const numbers = lines.slice(from).map((line) => Number(/^echo (\d+)$/.exec(line)?.[1] ?? NaN));
    const gap = numbers.findIndex((number, i) => i > 0 && number !== (numbers[i - 1] ?? 0) + 1);
    assert.equal(gap, -1, `after datagram ${numbers[gap - 1]} came ${numbers[gap]}: ${lines[from + gap]}`);
  }

  /** The connection goes on when the worker was away; prints how long nothing came. */
  async blocked(what: string, deed: () => Promise<unknown>): Promise<void> {
    const { lines } = this.#talk;
    let [seen, at, longest] = [lines.length, performance.now(), 0];
    const look = (): void => {
      if (lines.length === seen) return;
      longest = Math.max(longest, performance.now() - at);
      [seen, at] = [lines.length, performance.now()];
    };
    const watch = setInterval(look, 5);
    try {
      await deed();
      await this.#goOn();
    } finally {
      clearInterval(watch);
    }
    console.log(`      ${what}: no packets for ${longest.toFixed(0)} ms`);
  }

  /** Both flows carry packets now, and the connection is the one that it was at first. */
  async #goOn(): Promise<void> {
    const flows = [this.#steady, this.#talk];
    const from = flows.map(({ lines }) => lines.length);
    await this.told("packets of both flows come", () => {
      for (const { code, tail } of flows.map((flow) => ({ code: flow.code, tail: flow.tail(3) }))) if (code !== undefined) throw new Error(`a flow ended with ${code}: ${tail}`);
      return Promise.resolve(flows.every(({ lines }, i) => lines.slice(from[i]).filter((line) => line.startsWith("echo")).length >= 20));
    });
  }

  /** The worker's own process, below its launcher. */
  async workerPid(pod?: Pod): Promise<number> {
    const launcher = await this.node.containerPid(pod ?? (await this.node.podReady(WORKER)));
    return Number((await must(["pgrep", "-P", String(launcher), "-f", "portcullis-worker"])).split("\n")[0]);
  }
}
