// SPDX-License-Identifier: Apache-2.0
// What the local socket and the reports say: the worker's rows in the words of the configuration. 64-bit counters stay
// bigints; json.ts writes them exactly.
import type { NoticeReason } from "../crds/conditions";
import type { Program } from "../program/program";
import type { Agent } from "./agent";
import { cpuClocks } from "./host/cpu-clock";
import { policyNameId } from "./encode";
import type { Decoded } from "./shm/decode";
import { fw_drop_values, fw_port_state, fw_port_state_values, fw_rx_mode_values, fw_rx_wake, fw_rx_wake_values, fw_spread, fw_spread_values, fw_table, fw_table_values, fw_worker_phase, fw_worker_phase_values, type EnumValue } from "./shm/layout.gen";
import { VERSION } from "./version";
import { hexHash, type WorkerStatus } from "./worker-view";

export interface PortView {
  readonly name: string;
  readonly kind: string;
  readonly device: string;
  readonly state: string;
  readonly mtu: number;
  readonly mac: string;
  readonly message: string;
  /** How many cores read it, the CPU of the one that does when only one does, and how frames come to several. */
  readonly readers: number;
  readonly reader: number | null;
  readonly spread: string;
  readonly rxPackets: bigint;
  readonly rxBytes: bigint;
  readonly txPackets: bigint;
  readonly txBytes: bigint;
  readonly rxMissed: bigint;
  /** null: the port is absent. */
  readonly rxMode: PortRxModeView | null;
}

/** How a port waits for packets, and how it wakes a core. */
export interface PortRxModeView {
  readonly requested: string;
  readonly effective: string;
  readonly wake: string;
  readonly reason: string;
  /** Interrupts that came, and times that frames waited without one. */
  readonly wakeups: bigint;
  readonly missed: bigint;
}

/** "no-generation" > "NoGeneration". */
export function pascal(name: string): string {
  return name.replace(/(^|-)([a-z0-9])/g, (_, __, letter: string) => letter.toUpperCase());
}

/** "received_bytes" > "receivedBytes". */
export function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function nameOf(values: readonly EnumValue[], value: number): string {
  return pascal(values.find((v) => v.value === value)?.name ?? `unknown-${value}`);
}

export function formatMac(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** The program that the worker runs, when this agent knows it. */
export function activeProgram(agent: Agent): Program | null {
  const status = agent.workerStatus();
  const hash = status === null ? "" : hexHash(status.active_hash);
  return [agent.good, agent.desired].find((p) => p !== null && (p.hash === hash || status === null))?.program ?? null;
}

export function workerSnapshot(agent: Agent) {
  const worker = agent.supervisor.worker;
  const status = agent.workerStatus();
  if (worker === null) return { phase: "Down", pid: null };
  if (status === null) return { phase: "Starting", pid: worker.pid };
  return { phase: nameOf(fw_worker_phase_values, status.phase), pid: worker.pid, ...details(status) };
}

function details(status: WorkerStatus) {
  return {
    version: status.worker_version,
    dpdkVersion: status.dpdk_version,
    starts: status.start_count,
    startedAt: new Date(Number(status.started_at_ns / 1_000_000n)).toISOString(),
    heartbeatAgeMs: Number((process.hrtime.bigint() - status.heartbeat_ns) / 1_000_000n),
    core: status.cores[0] ?? 0,
    cores: [...status.cores.slice(0, status.core_count)],
    perCore: coreStates(status),
    pageSize: status.page_size,
    stateDiscarded: status.kept.discarded,
    stateReplaced: status.state_replaced,
    stateConverted: status.state_converted,
    rxMode: {
      requested: nameOf(fw_rx_mode_values, status.rx_mode_requested),
      effective: nameOf(fw_rx_mode_values, status.rx_mode_effective),
      reason: status.rx_mode_reason,
    },
  };
}

/** How each datapath core spends its time; the sums grow since the state file was made. */
export function powerSnapshot(agent: Agent) {
  const worker = agent.supervisor.worker;
  const status = agent.workerStatus();
  if (worker === null || status === null) return [];
  const [now, clocks] = [process.hrtime.bigint(), cpuClocks()];
  return agent.view.coreCounters(worker).map((c, index) => {
    const core = status.cores[index] ?? 0;
    const woken = status.core_woken_ns[index] ?? 0n;
    return {
      core, rxMode: nameOf(fw_rx_mode_values, status.core_rx_mode[index] ?? 0), mhz: clocks.get(core) ?? null, atNs: now,
      busyNs: c.busy_ns, sleepNs: c.sleep_ns, sleeps: c.sleeps, wakeups: c.wakeups, missedWakeups: c.wakeups_missed, modeSwitches: c.mode_switches,
      wokenAgoMs: woken === 0n ? null : Number((now - woken) / 1_000_000n),
    };
  });
}

export type PowerView = ReturnType<typeof powerSnapshot>[number];

function coreStates(status: WorkerStatus) {
  const now = process.hrtime.bigint();
  return [...status.cores.slice(0, status.core_count)].map((cpu, core) => {
    const beat = status.core_heartbeat_ns[core] ?? 0n;
    return {
      core: cpu,
      rxMode: nameOf(fw_rx_mode_values, status.core_rx_mode[core] ?? 0),
      heartbeatAgeMs: beat === 0n ? null : Number((now - beat) / 1_000_000n),
    };
  });
}

export function portSnapshot(agent: Agent): PortView[] {
  const worker = agent.supervisor.worker;
  const program = activeProgram(agent);
  const rows = worker === null || agent.workerStatus() === null ? [] : agent.view.ports(worker);
  const known = (program?.ports ?? []).map((port) => ({ port, row: rows.find((row) => row.name === port.name) }));
  return known.map(({ port, row }) => portView(port.name, port.kind, port.device, row, agent.workerStatus()));
}

function portView(name: string, kind: string, device: string, row: Decoded<"fw_port_status"> | undefined, status: WorkerStatus | null): PortView {
  const several = row !== undefined && row.spread !== fw_spread.FW_SPREAD_NONE;
  return {
    name, kind, device,
    state: row === undefined ? "Absent" : nameOf(fw_port_state_values, row.state),
    mtu: row?.mtu ?? 0,
    mac: row === undefined ? "" : formatMac(row.mac),
    message: row === undefined ? "the worker has not opened it" : row.message,
    readers: row?.readers ?? 0,
    reader: row === undefined || several ? null : status?.cores[row.reader] ?? null,
    spread: row === undefined ? "None" : nameOf(fw_spread_values, row.spread),
    rxPackets: row?.rx_packets ?? 0n, rxBytes: row?.rx_bytes ?? 0n,
    txPackets: row?.tx_packets ?? 0n, txBytes: row?.tx_bytes ?? 0n, rxMissed: row?.rx_missed ?? 0n,
    rxMode: row === undefined || row.rx_wake === fw_rx_wake.FW_WAKE_NONE ? null : portRxMode(row),
  };
}

function portRxMode(row: Decoded<"fw_port_status">): PortRxModeView {
  return {
    requested: nameOf(fw_rx_mode_values, row.rx_mode_requested), effective: nameOf(fw_rx_mode_values, row.rx_mode_effective),
    wake: nameOf(fw_rx_wake_values, row.rx_wake), reason: row.rx_mode_reason,
    wakeups: row.wakeups, missed: row.wakeups_missed,
  };
}

export interface Readiness {
  readonly ready: boolean;
  readonly reason: string;
  readonly message: string;
}

/** Does it forward by the wanted program, and if not, why. */
export function readiness(agent: Agent, ports: readonly PortView[]): Readiness {
  const problem = agent.problem;
  if (problem !== null) return { ready: false, reason: problem.reason, message: problem.sentence };
  if (agent.desired === null) return { ready: false, reason: "NoProgram", message: "no configuration is meant for this node" };
  const status = agent.workerStatus();
  if (status === null || agent.busy) return { ready: false, reason: "Starting", message: "the worker is being started or a configuration is being applied" };
  if (hexHash(status.active_hash) !== agent.desired.hash || status.phase !== fw_worker_phase.FW_PHASE_FORWARDING)
    return { ready: false, reason: "Starting", message: "the worker has not acknowledged the configuration yet" };
  const down = ports.find((port) => port.state !== nameOf(fw_port_state_values, fw_port_state.FW_PORT_UP));
  if (down !== undefined) {
    const why = down.message === "" ? "" : `: ${down.message}`;
    return { ready: false, reason: "PortUnavailable", message: `port "${down.name}" is ${down.state.toLowerCase()}${why}` };
  }
  return { ready: true, reason: "Applied", message: "" };
}

/** A fault beside the program itself. */
export interface Notice {
  readonly reason: NoticeReason;
  readonly message: string;
}

const STATE_IS_NEWS_MS = 15 * 60_000;

/** A worker that has lost what its predecessors left, or some of it, while that is news. */
export function stateNews(status: WorkerStatus | null, nowMs = Date.now()): { readonly reason: "StateReplaced" | "StateConverted"; readonly message: string } | null {
  if (status === null || nowMs - Number(status.started_at_ns / 1_000_000n) > STATE_IS_NEWS_MS) return null;
  const { state_replaced: replaced, state_converted: converted } = status;
  if (replaced !== "") return { reason: "StateReplaced", message: `sessions, NAT bindings and counters began anew, because the state file of the worker before could not be used: ${replaced}` };
  if (converted !== "") return { reason: "StateConverted", message: `sessions and NAT bindings were carried over from the state file of a worker of another release, counters began anew: ${converted}` };
  return null;
}

export function statusSnapshot(agent: Agent, mode: string, notices: readonly Notice[]) {
  const status = agent.workerStatus();
  const ports = portSnapshot(agent);
  const worker = workerSnapshot(agent);
  const stored = agent.storeProblem;
  const news = stateNews(status);
  return {
    ...readiness(agent, ports),
    phase: worker.phase,
    config: agent.desired?.program.config ?? "",
    hash: status === null ? "" : hexHash(status.active_hash),
    desired: agent.desired?.hash ?? "",
    stored: agent.storedHash,
    problems: [...(stored === null ? [] : [{ reason: stored.reason, message: stored.sentence }]), ...(news === null ? [] : [news]), ...notices],
    agent: { pid: process.pid, version: VERSION, mode, stateDir: agent.paths.dir, startedAt: agent.startedAt.toISOString() },
    worker,
    ports,
    sessions: sessionUse(agent),
    power: powerSnapshot(agent),
  };
}

export type StatusView = ReturnType<typeof statusSnapshot>;

function sessionUse(agent: Agent) {
  const worker = agent.supervisor.worker;
  const counters = worker === null || agent.workerStatus() === null ? null : agent.view.counters(worker);
  const header = worker === null ? null : agent.view.header(worker);
  return {
    ipv4: { used: counters?.sessions4 ?? 0n, capacity: header?.sessions4_capacity ?? 0 },
    ipv6: { used: counters?.sessions6 ?? 0n, capacity: header?.sessions6_capacity ?? 0 },
  };
}

export function interfaceSnapshot(agent: Agent) {
  const worker = agent.supervisor.worker;
  const program = activeProgram(agent);
  const rows = worker === null || agent.workerStatus() === null ? [] : agent.view.interfaces(worker);
  return (program?.interfaces ?? []).map((iface) => {
    const row = rows.find((r) => r.name === iface.name);
    return {
      name: iface.name,
      port: program?.ports[iface.port]?.name ?? "",
      vlan: iface.vlan,
      zone: program?.zones[iface.zone]?.name ?? "",
      addresses: iface.addresses,
      ifindex: row?.ifindex ?? 0,
      rxPackets: row?.rx_packets ?? 0n, rxBytes: row?.rx_bytes ?? 0n,
      txPackets: row?.tx_packets ?? 0n, txBytes: row?.tx_bytes ?? 0n,
      punted: row?.punted ?? 0n, fromHost: row?.from_host ?? 0n,
    };
  });
}

export type InterfaceView = ReturnType<typeof interfaceSnapshot>[number];
export type PolicyView = ReturnType<typeof policySnapshot>[number];

/** Everything but drops, by name; null while no worker can be read. */
export function counterSnapshot(agent: Agent): Record<string, bigint> | null {
  const counters = readCounters(agent);
  if (counters === null) return null;
  const { dropped, ...rest } = counters;
  const named = Object.entries(rest).map(([name, value]) => [camel(name), value] as const);
  return Object.fromEntries([...named, ["dropped", dropped.reduce((sum, n) => sum + n, 0n)]]);
}

/** What each datapath core has counted, by its CPU: who works, who sleeps, what is passed on. */
export function coreSnapshot(agent: Agent) {
  const worker = agent.supervisor.worker;
  const status = agent.workerStatus();
  if (worker === null || status === null) return [];
  return agent.view.coreCounters(worker).map((c, core) => ({
    core: status.cores[core] ?? 0,
    received: c.received, forwarded: c.forwarded, punted: c.punted,
    dropped: c.dropped.reduce((sum, n) => sum + n, 0n),
    steered: c.steered, steeredIn: c.steered_in, sleeps: c.sleeps,
    sessions4: c.sessions4, sessions6: c.sessions6,
  }));
}

export type CoreView = ReturnType<typeof coreSnapshot>[number];

/** Every drop reason by name, zero or not; null while no worker can be read. */
export function dropSnapshot(agent: Agent): Record<string, bigint> | null {
  const counters = readCounters(agent);
  if (counters === null) return null;
  return Object.fromEntries(fw_drop_values.map(({ value, name }) => [name, counters.dropped[value] ?? 0n]));
}

function readCounters(agent: Agent): Decoded<"fw_counters"> | null {
  const worker = agent.supervisor.worker;
  return worker === null || agent.workerStatus() === null ? null : agent.view.counters(worker);
}

export function policySnapshot(agent: Agent) {
  const worker = agent.supervisor.worker;
  const policies = activeProgram(agent)?.policies ?? [];
  const counts = worker === null || agent.workerStatus() === null ? null : agent.view.policies(worker);
  return policies.map(({ name, action }) => ({ name, action, ...(counts?.get(policyNameId(name)) ?? { packets: 0n, bytes: 0n, sessions: 0n }) }));
}

/** Every table with a bound: how large, how full, how full it has been since the worker started, what it refused. Of all cores together. */
export function tableSnapshot(agent: Agent) {
  const worker = agent.supervisor.worker;
  const rows = worker === null || agent.workerStatus() === null ? [] : agent.view.tables(worker);
  return fw_table_values.filter(({ value }) => value < fw_table.FW_TABLE_COUNT).map(({ value, name }) => {
    const own = rows.filter((_, i) => i % fw_table.FW_TABLE_COUNT === value);
    const sum = (field: "capacity" | "used" | "high_water" | "refused"): bigint => own.reduce((all, row) => all + row[field], 0n);
    const [capacity, most] = [sum("capacity"), sum("high_water")];
    return { name: camel(name.replaceAll("-", "_")), capacity, used: sum("used"), highWater: capacity > 0n && most > capacity ? capacity : most, refused: sum("refused") };
  });
}

export type TableView = ReturnType<typeof tableSnapshot>[number];
