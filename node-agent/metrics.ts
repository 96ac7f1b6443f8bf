// SPDX-License-Identifier: Apache-2.0
// The agent's metrics (metrics/agent.ts), read from this process and from the worker's shared memory when they are asked for.
import { NODE_REASONS } from "../crds/conditions";
import { AGENT_METRICS, MOST_POLICIES, OTHER_POLICIES } from "../metrics/agent";
import { Metrics } from "../metrics/registry";
import { serveMetrics, type MetricsServer } from "../metrics/serve";
import type { Agent } from "./agent";
import type { WorkerProcess } from "./host/launcher";
import type { Log } from "./log";
import { NatUse } from "./nat-use";
import type { Decoded } from "./shm/decode";
import { fw_drop_values, fw_port_state, fw_rx_mode_values, fw_rx_wake, fw_rx_wake_values, fw_table, fw_table_values, fw_worker_phase_values, type EnumValue } from "./shm/layout.gen";
import { activeProgram, policySnapshot, portSnapshot, readiness } from "./snapshot";
import { VERSION } from "./version";
import type { WorkerStatus } from "./worker-view";

type Counters = Decoded<"fw_counters">;
type Name = keyof typeof AGENT_METRICS;

/** Where every counter of the worker goes; a new one in layout.h needs a line here. */
const COUNTERS = {
  received: "portcullis_worker_received_packets_total", received_bytes: "portcullis_worker_received_bytes_total",
  originated: "portcullis_worker_originated_packets_total", forwarded: "portcullis_worker_forwarded_packets_total",
  forwarded_bytes: "portcullis_worker_forwarded_bytes_total", punted: "portcullis_worker_punted_packets_total",
  consumed: "portcullis_worker_consumed_packets_total", held: "portcullis_worker_held_packets",
  sessions_opened: "portcullis_worker_sessions_opened_total", sessions_closed: "portcullis_worker_sessions_closed_total",
  sessions_expired: "portcullis_worker_sessions_expired_total", sessions_denied: "portcullis_worker_sessions_denied_total",
  sessions_untranslated: "portcullis_worker_sessions_untranslated_total", sessions_recovered: "portcullis_worker_sessions_recovered_total",
  sessions_discarded: "portcullis_worker_sessions_discarded_total", errors_limited: "portcullis_worker_errors_limited_total",
  generations_accepted: "portcullis_worker_programs_accepted_total", generations_refused: "portcullis_worker_programs_refused_total",
  sleeps: "portcullis_worker_sleeps_total", mode_switches: "portcullis_worker_mode_switches_total",
  wakeups: "portcullis_worker_wakeups_total", wakeups_missed: "portcullis_worker_missed_wakeups_total", steered: "portcullis_worker_steered_packets_total", steered_in: "portcullis_worker_steered_in_packets_total",
} as const satisfies Record<Exclude<keyof Counters, "dropped" | "sessions4" | "sessions6" | "busy_ns" | "sleep_ns">, Name>;

/** The stream to the operator, as far as metrics want to know. */
export interface StreamState {
  connected: boolean;
  dialled: number;
}

/** Where metrics are served, and how many policies get series of their own. */
export interface MetricsOptions {
  readonly listen: string;
  readonly policies: number;
}

/** Serves them until close(); null: nowhere. Throws an Error with a sentence when the address cannot be used. */
export async function openMetrics(options: MetricsOptions | null, agent: Agent, stream: StreamState, log: Log): Promise<MetricsServer | null> {
  if (options === null) return null;
  const server = await serveMetrics(options.listen, new AgentMetrics({ agent, stream, policies: options.policies }));
  log.info({ listen: options.listen, port: server.port }, "metrics are served");
  return server;
}

export interface AgentMetricsOptions {
  readonly agent: Agent;
  readonly stream: StreamState;
  /** How many policies get series of their own, 0 to MOST_POLICIES. */
  readonly policies: number;
}

const seconds = (ns: bigint): number => Number(ns) / 1e9;
const nameOf = (values: readonly EnumValue[], value: number): string => values.find((one) => one.value === value)?.name ?? "other";

export class AgentMetrics {
  readonly #m = new Metrics(AGENT_METRICS);
  readonly #o: AgentMetricsOptions;
  readonly #natUse = new NatUse();

  constructor(options: AgentMetricsOptions) {
    if (!(options.policies >= 0 && options.policies <= MOST_POLICIES)) throw new RangeError(`at most ${MOST_POLICIES} policies can have series of their own`);
    this.#o = options;
    this.#m.put("portcullis_agent_info", [[{ version: VERSION }, 1]]);
  }

  get contentType(): string {
    return this.#m.contentType;
  }

  async text(): Promise<string> {
    const { agent } = this.#o;
    this.#ofAgent(agent);
    const worker = agent.supervisor.worker;
    const status = agent.workerStatus();
    this.#m.one("portcullis_agent_worker_up", status === null ? 0 : 1);
    for (const name of Object.keys(AGENT_METRICS) as Name[]) if (name.startsWith("portcullis_worker_")) this.#m.put(name, []);
    if (worker !== null && status !== null) await this.#ofWorker(worker, status);
    return await this.#m.text();
  }

  #ofAgent(agent: Agent): void {
    const m = this.#m;
    const { desired, problem, times } = agent;
    m.one("portcullis_agent_ready", readiness(agent, portSnapshot(agent)).ready ? 1 : 0);
    m.put("portcullis_agent_problem", NODE_REASONS.map((reason) => [{ reason }, problem?.reason === reason ? 1 : 0]));
    m.one("portcullis_agent_stream_connected", this.#o.stream.connected ? 1 : 0);
    m.one("portcullis_agent_stream_connects_total", this.#o.stream.dialled);
    m.put("portcullis_agent_program_info", desired === null ? [] : [[{ config: desired.program.config, hash: desired.hash.slice(0, 12) }, 1]]);
    m.one("portcullis_agent_program_wanted_timestamp_seconds", desired === null ? undefined : times.wanted);
    m.one("portcullis_agent_program_accepted_timestamp_seconds", times.accepted);
    m.one("portcullis_agent_publish_timestamp_seconds", times.published);
  }

  async #ofWorker(worker: WorkerProcess, status: WorkerStatus): Promise<void> {
    const { agent } = this.#o;
    this.#status(status);
    const cores = agent.view.coreCounters(worker);
    const sum = agent.view.counters(worker);
    if (sum !== null) this.#counters(sum);
    this.#cores(status, cores);
    this.#tables(agent.view.tables(worker));
    this.#ports(agent.view.ports(worker));
    this.#interfaces(agent.view.interfaces(worker));
    this.#policies();
    await this.#pools(agent, worker);
  }

  #status(status: WorkerStatus): void {
    const m = this.#m;
    m.put("portcullis_worker_info", [[{ version: status.worker_version, dpdk: status.dpdk_version }, 1]]);
    m.one("portcullis_worker_starts_total", status.start_count);
    m.one("portcullis_worker_start_timestamp_seconds", seconds(status.started_at_ns));
    m.put("portcullis_worker_phase", fw_worker_phase_values.map(({ name, value }) => [{ phase: name }, value === status.phase ? 1 : 0]));
    m.one("portcullis_worker_heartbeat_age_seconds", seconds(process.hrtime.bigint() - status.heartbeat_ns));
    m.one("portcullis_worker_state_replaced", status.state_replaced === "" ? 0 : 1);
    m.one("portcullis_worker_state_discarded_total", status.kept.discarded);
    m.one("portcullis_worker_policy_epoch", status.epoch);
  }

  #counters(sum: Counters): void {
    const m = this.#m;
    for (const [field, name] of Object.entries(COUNTERS)) m.one(name, sum[field as keyof typeof COUNTERS]);
    m.one("portcullis_worker_busy_seconds_total", seconds(sum.busy_ns));
    m.one("portcullis_worker_sleep_seconds_total", seconds(sum.sleep_ns));
    m.put("portcullis_worker_sessions", [[{ family: "ipv4" }, sum.sessions4], [{ family: "ipv6" }, sum.sessions6]]);
    m.put("portcullis_worker_dropped_packets_total", fw_drop_values.filter(({ value }) => value < sum.dropped.length).map(({ name, value }) => [{ reason: name }, sum.dropped[value] ?? 0n]));
  }

  #cores(status: WorkerStatus, cores: readonly Counters[]): void {
    const m = this.#m;
    const now = process.hrtime.bigint();
    const rows = cores.map((counters, index) => ({ counters, index, label: { core: String(status.cores[index] ?? index) } }));
    m.put("portcullis_worker_core_packets_total", rows.map(({ label, counters }) => [label, counters.received]));
    m.put("portcullis_worker_core_busy_seconds_total", rows.map(({ label, counters }) => [label, seconds(counters.busy_ns)]));
    m.put("portcullis_worker_core_sleeps_total", rows.map(({ label, counters }) => [label, counters.sleeps]));
    m.put("portcullis_worker_core_sleep_seconds_total", rows.map(({ label, counters }) => [label, seconds(counters.sleep_ns)]));
    m.put("portcullis_worker_core_mode_switches_total", rows.map(({ label, counters }) => [label, counters.mode_switches]));
    m.put("portcullis_worker_core_steered_packets_total", rows.map(({ label, counters }) => [label, counters.steered]));
    m.put("portcullis_worker_core_heartbeat_age_seconds", rows.filter(({ index }) => (status.core_heartbeat_ns[index] ?? 0n) > 0n).map(({ label, index }) => [label, seconds(now - (status.core_heartbeat_ns[index] ?? now))]));
    const modes = rows.filter(({ index }) => (status.core_rx_mode[index] ?? 0) > 0);
    m.put("portcullis_worker_rx_mode_info", modes.map(({ label, index }) => [{
      ...label, requested: nameOf(fw_rx_mode_values, status.rx_mode_requested), effective: nameOf(fw_rx_mode_values, status.core_rx_mode[index] ?? 0),
    }, 1]));
  }

  /** One row per core of every table; together they are the table. */
  #tables(rows: readonly Decoded<"fw_table_status">[]): void {
    const tables = fw_table_values.filter(({ value }) => value < fw_table.FW_TABLE_COUNT).map(({ name, value }) => {
      const own = rows.filter((_, index) => index % fw_table.FW_TABLE_COUNT === value);
      return { label: { table: name }, sum: (field: "capacity" | "used" | "high_water" | "refused") => own.reduce((all, row) => all + row[field], 0n) };
    });
    this.#m.put("portcullis_worker_table_entries", tables.map(({ label, sum }) => [label, sum("used")]));
    this.#m.put("portcullis_worker_table_capacity", tables.map(({ label, sum }) => [label, sum("capacity")]));
    this.#m.put("portcullis_worker_table_high_water", tables.map(({ label, sum }) => [label, least(sum("high_water"), sum("capacity"))]));
    this.#m.put("portcullis_worker_table_refused_total", tables.map(({ label, sum }) => [label, sum("refused")]));
  }

  #ports(rows: readonly Decoded<"fw_port_status">[]): void {
    const of = (value: (row: Decoded<"fw_port_status">) => bigint | number) => rows.map((row) => [{ port: row.name }, value(row)] as const);
    this.#m.put("portcullis_worker_port_up", of(({ state }) => (state === fw_port_state.FW_PORT_UP ? 1 : 0)));
    this.#m.put("portcullis_worker_port_receive_packets_total", of((row) => row.rx_packets));
    this.#m.put("portcullis_worker_port_receive_bytes_total", of((row) => row.rx_bytes));
    this.#m.put("portcullis_worker_port_transmit_packets_total", of((row) => row.tx_packets));
    this.#m.put("portcullis_worker_port_transmit_bytes_total", of((row) => row.tx_bytes));
    this.#m.put("portcullis_worker_port_missed_packets_total", of((row) => row.rx_missed));
    this.#m.put("portcullis_worker_port_wakeups_total", of((row) => row.wakeups));
    this.#m.put("portcullis_worker_port_missed_wakeups_total", of((row) => row.wakeups_missed));
    const known = rows.filter((row) => row.rx_wake !== fw_rx_wake.FW_WAKE_NONE);
    this.#m.put("portcullis_worker_port_rx_mode_info", known.map((row) => [{
      port: row.name, requested: nameOf(fw_rx_mode_values, row.rx_mode_requested), effective: nameOf(fw_rx_mode_values, row.rx_mode_effective),
      wake: nameOf(fw_rx_wake_values, row.rx_wake),
    }, 1]));
  }

  #interfaces(rows: readonly Decoded<"fw_interface_status">[]): void {
    const of = (value: (row: Decoded<"fw_interface_status">) => bigint) => rows.map((row) => [{ interface: row.name }, value(row)] as const);
    this.#m.put("portcullis_worker_interface_receive_packets_total", of((row) => row.rx_packets));
    this.#m.put("portcullis_worker_interface_receive_bytes_total", of((row) => row.rx_bytes));
    this.#m.put("portcullis_worker_interface_transmit_packets_total", of((row) => row.tx_packets));
    this.#m.put("portcullis_worker_interface_transmit_bytes_total", of((row) => row.tx_bytes));
    this.#m.put("portcullis_worker_interface_punted_packets_total", of((row) => row.punted));
    this.#m.put("portcullis_worker_interface_from_host_packets_total", of((row) => row.from_host));
  }

  /** The first policies by name, the rest as one. */
  #policies(): void {
    const { agent, policies } = this.#o;
    if (policies === 0) return;
    const all = policySnapshot(agent);
    const [own, rest] = [all.slice(0, policies), all.slice(policies)];
    const of = (field: "sessions" | "packets" | "bytes") => [
      ...own.map((policy) => [{ policy: policy.name }, policy[field]] as const),
      [{ policy: OTHER_POLICIES }, rest.reduce((sum, policy) => sum + policy[field], 0n)] as const,
    ];
    this.#m.put("portcullis_worker_policy_sessions_total", of("sessions"));
    this.#m.put("portcullis_worker_policy_packets_total", of("packets"));
    this.#m.put("portcullis_worker_policy_bytes_total", of("bytes"));
  }

  async #pools(agent: Agent, worker: WorkerProcess): Promise<void> {
    const use = await this.#natUse.of(agent, worker, activeProgram(agent));
    this.#m.put("portcullis_worker_nat_pool_endpoints", use.map(({ pool, endpoints }) => [{ pool }, endpoints]));
    this.#m.put("portcullis_worker_nat_pool_sessions", use.map(({ pool, sessions }) => [{ pool }, sessions]));
  }
}

const least = (a: bigint, b: bigint): bigint => (b > 0n && a > b ? b : a);
