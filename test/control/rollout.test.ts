// SPDX-License-Identifier: Apache-2.0
// Changes that restart workers, over several nodes of a real API server: order, bound, stop, pause, undo, another operator
// in the middle. Agents are stream clients here: a worker is back when the test says so.
import assert from "node:assert/strict";
import { join } from "node:path";
import { CONFIGS, FIREWALL_NODES, NODES, type ConfigObject } from "../../operator/resources";
import { StreamClient } from "./harness/client";
import { ROOT, theCluster, type Cluster } from "./harness/cluster";
import { addNode, clear, condition, firewall, holds, nodeToken, untilConfig, untilFirewallNode } from "./harness/objects";
import { startOperator, type OperatorProcess } from "./harness/operator";
import { run } from "./harness/processes";

const POOL = { pool: "roll" };
const NAMES = ["r1", "r2", "r3"];
const dataplane = (ipv4: number): object => ({ memory: { size: "256Mi", pageSize: "4Ki" }, sessions: { ipv4, ipv6: 1024 }, ports: [{ name: "lan", tap: {} }, { name: "wan", tap: {} }] });

describe("rollouts with a real API server", function () {
  this.timeout(180_000);
  let cluster: Cluster;
  let operator: OperatorProcess;
  let agents: Map<string, StreamClient>;
  /** What each agent said last; it is repeated as agents do, so that none falls silent on a slow machine. */
  let said: Map<string, Parameters<StreamClient["report"]>[0]>;
  let repeating: NodeJS.Timeout;

  const apply = (ipv4: number, rollout: object = {}, change: object = {}): Promise<string> => cluster.apply(firewall("roll", POOL, { dataplane: dataplane(ipv4), rollout, ...change }));
  const until = (wanted: (config: ConfigObject) => boolean, what: string): Promise<ConfigObject> =>
    untilConfig(cluster, "roll", (config) => config.status?.observedGeneration === config.metadata.generation && wanted(config), what, 60_000);
  const agent = (name: string): StreamClient => agents.get(name) as StreamClient;
  const hashes = (): (string | undefined)[] => NAMES.map((name) => agent(name).desired.at(-1)?.hash);
  const undo = (...args: string[]): Promise<string> => run([join(ROOT, "bin/portcullis"), "undo", "roll", "--kubeconfig", cluster.adminConfig(), ...args], { cwd: ROOT });

  async function connect(): Promise<void> {
    for (const client of agents.values()) client.close();
    said.clear();
    for (const name of NAMES) agents.set(name, new StreamClient(cluster, operator.address, { node: name, token: await nodeToken(cluster, name) }));
  }

  function say(name: string, report: Parameters<StreamClient["report"]>[0]): void {
    said.set(name, report);
    agent(name).report(report);
  }

  function obey(name: string): void {
    const hash = agent(name).desired.at(-1)?.hash ?? "";
    say(name, hash === "" ? { reason: "NoProgram", worker: undefined, ports: [] } : { activeHash: hash, desiredHash: hash });
  }

  /** The worker of a node runs what the node was told last. */
  async function back(name: string): Promise<void> {
    obey(name);
    await untilFirewallNode(cluster, name, (node) => node.spec.orderTime !== undefined && node.status?.readyOrderTime === node.spec.orderTime && holds("Ready", "True")(node), "back", 60_000);
  }

  /** All nodes run this, whatever they ran before. */
  async function bring(ipv4: number, change: object = {}): Promise<ConfigObject> {
    await apply(ipv4, { maxUnavailable: 3 }, change);
    const { status } = await until((config) => config.status?.hashGeneration === config.metadata.generation, "compiled");
    for (const name of NAMES) {
      await agent(name).untilDesired(({ hash }) => hash === status?.hash, "what is in force");
      await back(name);
    }
    return until((config) => holds("Progressing", "False", "Complete")(config) && holds("Ready", "True")(config), "complete");
  }

  before(async function () {
    this.timeout(120_000);
    cluster = await theCluster();
    [agents, said] = [new Map(), new Map()];
    repeating = setInterval(() => { for (const [name, report] of said) if (agent(name).ended === undefined) agent(name).report(report); }, 10_000);
    operator = await startOperator(cluster);
    await operator.process.line(/"leading"/);
    await Promise.all(NAMES.map((name) => addNode(cluster, name, POOL)));
    await connect();
  });

  beforeEach(async () => void (await bring(4096)));

  after(async function () {
    this.timeout(120_000);
    clearInterval(repeating);
    for (const client of agents.values()) client.close();
    await clear(cluster);
    await operator.process.stop();
  });

  it("a change that needs no restart reaches all nodes at once", async () => {
    const [before] = hashes();
    await apply(4096, {}, { defaultAction: "Reject" });
    for (const name of NAMES) await agent(name).untilDesired(({ hash }) => hash !== before, "the next program");
    await Promise.all(NAMES.map(back));
    await until(holds("Ready", "True"), "ready");
  });

  it("one that needs a restart goes node by node, in their order, each when the one before is back", async () => {
    const [before] = hashes();
    await apply(8192);
    for (const [i, name] of NAMES.entries()) {
      await agent(name).untilDesired(({ hash }) => hash !== before, "its turn");
      const rolling = await until((config) => config.status?.rollout?.current?.[0] === name, `at ${name}`);
      assert.deepEqual([rolling.status?.rollout?.updated, condition(rolling, "Progressing").reason], [i, "RollingOut"]);
      assert.deepEqual(NAMES.slice(i + 1).map((later) => agent(later).desired.at(-1)?.hash), NAMES.slice(i + 1).map(() => before), "the others run what they ran");
      await back(name);
    }
    const done = await until(holds("Progressing", "False", "Complete"), "complete");
    assert.deepEqual([done.status?.rollout?.updated, done.status?.rollout?.total, condition(done, "Available").status], [3, 3, "True"]);
  });

  it("stops at the first that does not come back, and names it; taking the edit back costs the others nothing", async () => {
    const [before] = hashes();
    await apply(8192, { progressDeadline: "2s" });
    const { hash } = await agent("r1").untilDesired((desired) => desired.hash !== before, "its turn");
    say("r1", { desiredHash: hash, activeHash: "", reason: "HugepagesInsufficient", message: "128 needed, 3 free" });
    const stopped = await until(holds("Progressing", "False", "ProgressDeadlineExceeded"), "stopped");
    assert.match(condition(stopped, "Progressing").message, /r1 did not become ready within 2 s: HugepagesInsufficient: 128 needed, 3 free\. r2, r3 keep what they have/);
    assert.equal(condition(stopped, "Stalled").status, "True");
    assert.deepEqual(hashes().slice(1), [before, before]);
    await undo();
    await agent("r1").untilDesired((desired) => desired.hash === before, "what it had before");
    await back("r1");
    await until(holds("Progressing", "False", "Complete"), "complete again");
    assert.deepEqual([agent("r2").desired.at(-1)?.hash, agent("r3").desired.at(-1)?.hash], [before, before]);
  });

  it("another operator goes on in the middle, with the same bound", async () => {
    const [before] = hashes();
    await apply(8192);
    await agent("r1").untilDesired(({ hash }) => hash !== before, "its turn");
    await operator.process.kill();
    operator = await startOperator(cluster, { at: operator });
    await operator.process.line(/"leading"/);
    await connect();
    const { hash } = await agent("r1").untilDesired((desired) => desired.hash !== before && desired.hash !== "", "the newest");
    for (const name of ["r2", "r3"]) {
      await agent(name).untilDesired((desired) => desired.hash === before, "what it ran");
      obey(name);
    }
    await back("r1");
    await agent("r2").untilDesired((desired) => desired.hash === hash, "its turn");
    assert.equal(agent("r3").desired.at(-1)?.hash, before);
    await back("r2");
    await agent("r3").untilDesired((desired) => desired.hash === hash, "its turn");
    await back("r3");
    await until(holds("Progressing", "False", "Complete"), "complete");
  });

  it("paused, nobody gets anything new, and nodes are given back all the same", async () => {
    const [before] = hashes();
    await apply(8192, { paused: true }, { defaultAction: "Reject" });
    const paused = await until(holds("Progressing", "Unknown", "Paused"), "paused");
    assert.match(condition(paused, "Progressing").message, /r1, r2, r3 wait/);
    await assert.rejects(undo(), /roll is paused: set spec\.rollout\.paused to false first/);
    await cluster.patch(NODES, "r3", { metadata: { labels: { pool: null } } });
    await agent("r3").untilDesired(({ hash }) => hash === "", "order to stop");
    obey("r3");
    await cluster.until(FIREWALL_NODES, "r3", (node) => node === undefined, "gone");
    assert.deepEqual(hashes(), [before, before, ""]);
    await cluster.patch(NODES, "r3", { metadata: { labels: POOL } });
    await agent("r3").untilDesired(({ hash }) => hash === before, "what the others run");
    await back("r3");
    await apply(8192, {}, { defaultAction: "Reject" });
    for (const name of NAMES) {
      await agent(name).untilDesired(({ hash }) => hash !== before, "its turn");
      await back(name);
    }
    await until(holds("Ready", "True"), "ready");
  });

  it("undo lists and restores, gives a new number, and leaves spec.rollout alone", async () => {
    const present = await bring(4096, { defaultAction: "Reject" });
    const list = async (): Promise<{ revision: number; hash: string; manager: string; current: boolean }[]> => JSON.parse(await undo("--list", "-o", "json")) as never;
    const before = await list();
    assert.equal(before[0]?.revision, present.status?.rollout?.revision);
    assert.equal(new Set(before.map(({ hash }) => hash)).size, before.length, "each specification is kept once");
    assert.match(before[0]?.manager ?? "", /^kubectl/);
    await cluster.patch(CONFIGS, "roll", { spec: { rollout: { maxUnavailable: 2 } } });
    const second = before[1];
    assert.ok(second);
    assert.match(await undo("--to-revision", String(second.revision)), new RegExp(`has again what revision ${second.revision} had`));
    const undone = await until((config) => config.status?.rollout?.revision === (before[0]?.revision ?? 0) + 1, "a new revision");
    assert.deepEqual([undone.spec["rollout"] && (undone.spec["rollout"] as { maxUnavailable: number }).maxUnavailable, (await list())[0]?.hash], [2, second.hash]);
    await assert.rejects(undo("--to-revision", "999"), /there is no revision 999 of roll: kept are/);
    await assert.rejects(undo("--to-revision", "x"), /write its number/);
  });

  it("undo after an invalid edit brings back what is in force, and warns of who applies it from elsewhere", async () => {
    const good = await until(() => true, "seen");
    const object = JSON.stringify(firewall("roll", POOL, { policies: [{ name: "out", from: ["nowhere"], to: ["untrust"], action: "Permit" }] }));
    await cluster.kubectl(["apply", "--server-side", "--force-conflicts", "--field-manager=argocd-controller", "-f", "-"], object);
    await until(holds("Compiled", "False"), "refused");
    const said = await run(["sh", "-c", `exec "$@" 2>&1`, "sh", join(ROOT, "bin/portcullis"), "undo", "roll", "--kubeconfig", cluster.adminConfig()], { cwd: ROOT });
    assert.match(said, /warning: argocd-controller owns fields of spec and may write its own back/);
    const again = await until(holds("Compiled", "True"), "good again");
    assert.equal(again.status?.hash, good.status?.hash);
  });
});
