// SPDX-License-Identifier: Apache-2.0
// A real Prometheus in the node's network, which scrapes the pods of Portcullis.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { start, type Running } from "../../control/harness/processes";
import { NAMESPACE, PODS, ROOT, type TestNode } from "./node";
import { inside } from "./place";

export const ADDRESS = "127.0.0.1:9090";

export interface Result {
  readonly metric: Record<string, string>;
  readonly value: [number, string];
}

export interface Target {
  readonly labels: Record<string, string>;
  readonly health: string;
  readonly lastError: string;
}

export class Prometheus {
  readonly #node: TestNode;
  #running: Running | undefined;

  constructor(node: TestNode) {
    this.#node = node;
  }

  /** Scrapes the pods of both components that run now, by the names of their ports, every second. */
  async start(): Promise<void> {
    const { dir, place } = this.#node;
    const [file, targets] = [join(dir, "prometheus.yaml"), join(dir, "prometheus-targets.json")];
    writeFileSync(targets, JSON.stringify(await this.#pods()));
    writeFileSync(file, stringify({
      global: { scrape_interval: "1s", evaluation_interval: "1s" }, rule_files: [join(ROOT, "charts/portcullis/files/alerts.yaml")],
      scrape_configs: [{ job_name: "portcullis", file_sd_configs: [{ files: [targets] }] }],
    }));
    const command = ["prometheus", `--config.file=${file}`, `--storage.tsdb.path=${join(dir, "prometheus")}`, `--web.listen-address=${ADDRESS}`];
    this.#running = start("prometheus", inside(place, command), { log: join(dir, "prometheus.log") });
    await this.#running.line(/Server is ready to receive web requests/);
  }

  /** What discovery by the API server would find with the chart's monitors; Debian's Prometheus is built without it. */
  async #pods(): Promise<{ targets: string[]; labels: Record<string, string> }[]> {
    return (await this.#node.list(PODS, NAMESPACE)).flatMap(({ metadata, spec, status }) =>
      spec.containers.flatMap(({ ports = [] }) => ports).filter(({ name }) => name === "health" || name === "metrics").map(({ containerPort }) => ({
        targets: [`${status?.podIP}:${containerPort}`],
        labels: { node: spec.nodeName ?? "", component: metadata.labels?.["app.kubernetes.io/component"] ?? "" },
      })));
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
  }

  /** The result of an instant query; throws when Prometheus cannot evaluate it. */
  async query(expr: string): Promise<Result[]> {
    const { result } = await this.#get<{ result: Result[] | [number, string] }>("query", { query: expr });
    return result as Result[];
  }

  async targets(): Promise<Target[]> {
    return (await this.#get<{ activeTargets: Target[] }>("targets", { state: "active" })).activeTargets;
  }

  /** Names of the rules with what went wrong with them; "" for those that are well. */
  async rules(): Promise<{ name: string; state: string; lastError?: string; lastEvaluation: string }[]> {
    return (await this.#get<{ groups: { rules: { name: string; state: string; lastError?: string; lastEvaluation: string }[] }[] }>("rules", {})).groups.flatMap(({ rules }) => rules);
  }

  async #get<T>(what: string, query: Record<string, string>): Promise<T> {
    const url = `http://${ADDRESS}/api/v1/${what}?${new URLSearchParams(query).toString()}`;
    const answer = JSON.parse(await this.#node.run(["curl", "--silent", "--noproxy", "*", "--max-time", "20", url])) as { status: string; error?: string; data: T };
    if (answer.status !== "success") throw new Error(`${query["query"] ?? what}: ${answer.error}`);
    return answer.data;
  }
}
