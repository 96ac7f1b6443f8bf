// SPDX-License-Identifier: Apache-2.0
// The operator's metrics (metrics/operator.ts): some are counted as things happen, the rest is looked up for every scrape.
import { X509Certificate } from "node:crypto";
import { CONFIG_CONDITIONS } from "../crds/conditions";
import { VERSION } from "../node-agent/version";
import { CONDITION_STATUSES, KINDS, OPERATOR_METRICS, STREAM_REASONS } from "../metrics/operator";
import { Metrics } from "../metrics/registry";
import type { OnCompiled } from "./compiler";
import type { Controller, ReconcileObserver } from "./controller";
import type { OnAnswer } from "./kube/client";
import type { Elector } from "./kube/lease";
import type { Identity } from "./stream/identity";
import type { AgentServer } from "./stream/server";

export interface Sources {
  controller: Controller;
  elector: Elector;
  agents: AgentServer;
  identity: Identity;
}

type Condition = { type: string; status: string };

export class OperatorMetrics implements ReconcileObserver {
  readonly #m = new Metrics(OPERATOR_METRICS);
  readonly #expiry = new WeakMap<object, number>();
  #sources: Sources | undefined;
  #retries = 0;

  constructor() {
    this.#m.put("portcullis_operator_info", [[{ version: VERSION }, 1]]);
    for (const kind of KINDS) {
      this.#m.add("portcullis_operator_reconcile_errors_total", { kind }, 0);
      this.#m.add("portcullis_operator_reconcile_conflicts_total", { kind }, 0);
    }
    for (const result of ["valid", "invalid", "aborted"]) this.#m.add("portcullis_operator_compiles_total", { result }, 0);
  }

  /** What is looked up. */
  watch(sources: Sources): void {
    this.#sources = sources;
  }

  get contentType(): string {
    return this.#m.contentType;
  }

  async text(): Promise<string> {
    if (this.#sources !== undefined) this.#look(this.#sources);
    return await this.#m.text();
  }

  answered: OnAnswer = (verb, status) => this.#m.add("portcullis_operator_api_requests_total", { verb, code: status === undefined ? "none" : String(status) });

  compiled: OnCompiled = (result, seconds) => {
    this.#m.add("portcullis_operator_compiles_total", { result });
    this.#m.observe("portcullis_operator_compile_duration_seconds", {}, seconds);
  };

  reconciled(kind: "config" | "node", seconds: number): void {
    this.#m.observe("portcullis_operator_reconcile_duration_seconds", { kind }, seconds);
  }

  failed(kind: "config" | "node", conflict: boolean): void {
    this.#retries++;
    this.#m.add(conflict ? "portcullis_operator_reconcile_conflicts_total" : "portcullis_operator_reconcile_errors_total", { kind });
  }

  #look({ controller, elector, agents, identity }: Sources): void {
    const m = this.#m;
    m.one("portcullis_operator_leader", elector.leading() ? 1 : 0);
    m.one("portcullis_operator_queue_depth", controller.queueDepth);
    m.one("portcullis_operator_agents_connected", agents.connected);
    m.put("portcullis_operator_streams_refused_total", STREAM_REASONS.map((reason) => [{ reason }, refused(agents.refused, reason)]));
    m.one("portcullis_operator_programs_sent_total", agents.sent.programs);
    m.one("portcullis_operator_program_bytes_sent_total", agents.sent.bytes);
    m.one("portcullis_operator_events_dropped_total", controller.events.dropped);
    m.one("portcullis_operator_certificate_expiry_timestamp_seconds", this.#expiryOf(identity));
    this.#watches(controller, elector);
    this.#objects(controller);
  }

  #watches({ reflectors }: Controller, { failed }: Elector): void {
    const m = this.#m;
    const of = (value: (reflector: (typeof reflectors)[number]) => number) => reflectors.map((reflector) => [{ resource: reflector.resource }, value(reflector)] as const);
    m.put("portcullis_operator_watch_lists_total", of(({ stats }) => stats.lists));
    m.put("portcullis_operator_watch_starts_total", of(({ stats }) => stats.watches));
    m.put("portcullis_operator_watch_failures_total", of(({ stats }) => stats.failures));
    m.put("portcullis_operator_watch_gone_total", of(({ stats }) => stats.gone));
    m.put("portcullis_operator_watch_idle_total", of(({ stats }) => stats.idle));
    m.put("portcullis_operator_watch_missed_events_total", of(({ stats }) => stats.missed));
    m.put("portcullis_operator_cached_objects", of(({ store }) => store.size));
    const watch = reflectors.reduce((sum, { stats }) => sum + stats.failures + stats.gone, 0);
    m.put("portcullis_operator_api_retries_total", [[{ what: "reconcile" }, this.#retries], [{ what: "watch" }, watch], [{ what: "lease" }, failed]]);
  }

  #objects({ configs, firewallNodes }: Controller): void {
    const ready = firewallNodes.store.list().map(({ status }) => statusOf(status?.conditions, "Ready"));
    this.#m.put("portcullis_operator_firewallnodes", CONDITION_STATUSES.map((status) => [{ ready: status }, ready.filter((one) => one === status).length]));
    const list = configs.store.list();
    this.#m.put("portcullis_operator_firewallconfigs", Object.keys(CONFIG_CONDITIONS).flatMap((condition) => {
      const statuses = list.map(({ status }) => statusOf(status?.conditions, condition));
      return CONDITION_STATUSES.map((status) => [{ condition, status }, statuses.filter((one) => one === status).length] as const);
    }));
  }

  #expiryOf({ current }: Identity): number | undefined {
    if (current == null) return undefined;
    const known = this.#expiry.get(current);
    if (known !== undefined) return known;
    const seconds = Date.parse(new X509Certificate(current.certificate).validTo) / 1000;
    this.#expiry.set(current, seconds);
    return seconds;
  }
}

/** "other" are all that the list does not name. */
function refused(counts: ReadonlyMap<string, number>, reason: string): number {
  if (reason !== "other") return counts.get(reason) ?? 0;
  return [...counts].reduce((sum, [name, count]) => (STREAM_REASONS.some((known) => known === name) ? sum : sum + count), 0);
}

function statusOf(conditions: readonly Condition[] | undefined, type: string): (typeof CONDITION_STATUSES)[number] {
  const status = conditions?.find((condition) => condition.type === type)?.status;
  return CONDITION_STATUSES.find((known) => known === status) ?? "Unknown";
}
