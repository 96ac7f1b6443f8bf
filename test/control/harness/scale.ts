// SPDX-License-Identifier: Apache-2.0
// An operator with many nodes: real API server, real etcd, a fleet of light agents with tokens that are bound to their nodes.
// What it takes until all of them run a configuration, and what that costs the API server.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { largeConfig } from "../../../bench/compile/config";
import { moduleCommand } from "../../../bench/lib/script";
import { CONFIGS, NODES, type ConfigObject, type NodeObject } from "../../../operator/resources";
import { pause, type Cluster } from "./cluster";
import { condition, holds } from "./objects";
import { requestToken, startOperator, type OperatorProcess } from "./operator";
import { start, type Running } from "./processes";

export interface Step {
  /** From the request to the API server until the FirewallConfig says that all nodes are ready. */
  seconds: number;
  /** Writes to FirewallNodes meanwhile, of all of them together. */
  specWrites: number;
  statusWrites: number;
}

export interface Idle {
  seconds: number;
  /** Requests of any kind in that time, by "VERB resource". */
  requests: Record<string, number>;
}

const NAME = "scale";
const LABEL = { pool: NAME };
/** At one time: requests of the test itself. */
const AT_ONCE = 16;

export class ScaleTest {
  readonly #cluster: Cluster;
  readonly #nodes: string[];
  readonly #policies: number;
  #operator: OperatorProcess | undefined;
  #fleet: Running | undefined;

  constructor(cluster: Cluster, size: { nodes: number; policies: number }) {
    this.#cluster = cluster;
    this.#nodes = Array.from({ length: size.nodes }, (_, i) => `scale-${String(i).padStart(4, "0")}`);
    this.#policies = size.policies;
  }

  /** Nodes, their tokens, the operator and all agents connected to it. */
  async start(): Promise<void> {
    const tokens: Record<string, string> = {};
    await each(this.#nodes, async (name) => {
      const node: NodeObject = await this.#cluster.add(NODES, { metadata: { name, labels: LABEL } });
      tokens[name] = await requestToken(this.#cluster, { boundTo: { kind: "Node", name, uid: node.metadata.uid ?? "" } });
    });
    const file = join(this.#cluster.dir, "fleet-tokens.json");
    writeFileSync(file, JSON.stringify(tokens), { mode: 0o600 });
    this.#operator = await startOperator(this.#cluster, { name: "operator-scale" });
    await this.#operator.process.line(/"leading"/, { timeoutMs: 60_000 });
    const command = moduleCommand(__dirname, "fleet", this.#operator.address, this.#cluster.pki.path("ca.crt"), file);
    this.#fleet = start("fleet", command, { log: this.#cluster.log("fleet") });
    await this.#fleet.line(new RegExp(`^connected ${this.#nodes.length}$`), { timeoutMs: 300_000 });
  }

  /** Applies the configuration, with the action of one policy as named. */
  async apply(action: "Permit" | "Deny" | "Reject"): Promise<Step> {
    const config = largeConfig({ policies: this.#policies, addresses: Math.max(1, Math.round(this.#policies / 5)) }) as unknown as ConfigObject;
    config.metadata.name = NAME;
    config.spec.nodeSelector = { matchLabels: LABEL };
    const policy = (config.spec["policies"] as { action: string }[])[this.#policies >> 1];
    if (policy !== undefined) policy.action = action;
    const before = await this.#requests();
    const began = performance.now();
    await this.#cluster.kubectl(["apply", "--server-side", "-f", "-"], JSON.stringify(config));
    const all = `${this.#nodes.length}/${this.#nodes.length}`;
    const wanted = (object: ConfigObject | undefined): boolean => object !== undefined && holds("Ready", "True")(object) && object.status?.nodes?.summary === all;
    await this.#cluster.until(CONFIGS, NAME, wanted, `ready on ${all}`, 300_000).catch((error: unknown) => {
      throw new Error(`${(error as Error).message.slice(0, 200)}\n${this.#operator?.process.output.slice(-3000)}`);
    });
    const seconds = (performance.now() - began) / 1000;
    const object = await this.#cluster.get(CONFIGS, NAME);
    await this.#fleet?.line(new RegExp(`^active ${object?.status?.hash} ${this.#nodes.length}$`));
    const after = await this.#requests();
    const writes = (what: string): number => ["PATCH", "PUT", "POST"].reduce((sum, verb) => sum + (after[`${verb} ${what}`] ?? 0) - (before[`${verb} ${what}`] ?? 0), 0);
    return { seconds, specWrites: writes("firewallnodes"), statusWrites: writes("firewallnodes/status") };
  }

  /** What the API server hears while nothing changes. */
  async idle(ms: number): Promise<Idle> {
    const before = await this.#requests();
    const began = performance.now();
    await pause(ms);
    const after = await this.#requests();
    const changed = Object.entries(after).map(([what, count]): [string, number] => [what, count - (before[what] ?? 0)]).filter(([, count]) => count > 0);
    return { seconds: (performance.now() - began) / 1000, requests: Object.fromEntries(changed) };
  }

  /** MiB of the operator's process, the most that it ever had. */
  peakMiB(): number {
    const status = readFileSync(`/proc/${this.#operator?.process.pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  readyReason(): Promise<string> {
    return this.#cluster.get(CONFIGS, NAME).then((object) => condition(object, "Ready").reason);
  }

  async stop(): Promise<void> {
    await this.#fleet?.kill();
    await each(this.#nodes, (name) => this.#cluster.delete(NODES, name));
    await this.#cluster.delete(CONFIGS, NAME);
    await this.#cluster.until(CONFIGS, NAME, (object) => object === undefined, "gone", 120_000);
    await this.#operator?.process.stop();
  }

  /** Requests that the API server has answered, by "VERB resource"; watches and those for its own health are left out. */
  async #requests(): Promise<Record<string, number>> {
    const text = await this.#cluster.kubectl(["get", "--raw", "/metrics"]);
    const counts: Record<string, number> = {};
    for (const line of text.split("\n")) {
      const [, labels = "", value] = /^apiserver_request_total\{(.*)\} (\S+)$/.exec(line) ?? [];
      const label = (name: string): string => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? "";
      if (value === undefined || label("verb") === "WATCH" || label("resource") === "") continue;
      const key = `${label("verb")} ${label("resource")}${label("subresource") === "" ? "" : `/${label("subresource")}`}`;
      counts[key] = (counts[key] ?? 0) + Number(value);
    }
    return counts;
  }
}

async function each<T>(items: readonly T[], deed: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await deed(item);
  }));
}
