// SPDX-License-Identifier: Apache-2.0
// The agent's state as a Report, and when two reports say the same.
import type { PortRxMode, Report, Worker } from "../../program/stream.gen";
import type { Agent } from "../agent";
import type { Problem } from "../problem";
import { counterSnapshot, dropSnapshot, portSnapshot, stateNews, workerSnapshot, type PortRxModeView } from "../snapshot";
import { VERSION } from "../version";
import { hexHash } from "../worker-view";

const MAX_TEXT = 1_000;

/** desired: what the operator named last; null: nothing yet. problem: why it was not even handed to the agent. */
export function makeReport(agent: Agent, desired: string | null, problem: Problem | null): Report {
  const status = agent.workerStatus();
  const activeHash = status === null ? "" : hexHash(status.active_hash);
  const desiredHash = desired ?? agent.desired?.hash ?? "";
  const { reason, message } = judge(agent, activeHash, desiredHash, problem);
  return {
    activeHash,
    desiredHash,
    reason,
    message: clip(message),
    worker: makeWorker(agent),
    ports: portSnapshot(agent).map(({ name, kind, state, mac, message: why, mtu, rxMode }) => ({ name, kind, state, mac, message: clip(why), mtu, rxMode: wireRxMode(rxMode) })),
    counters: counterSnapshot(agent) ?? {},
    drops: dropSnapshot(agent) ?? {},
    agentVersion: VERSION,
  };
}

const wireRxMode = (mode: PortRxModeView | null): PortRxMode | undefined =>
  mode === null ? undefined : { requested: mode.requested, effective: mode.effective, wake: mode.wake, reason: clip(mode.reason) };

function judge(agent: Agent, active: string, desired: string, problem: Problem | null): { reason: string; message: string } {
  const fault = problem ?? agent.problem;
  if (fault !== null) return { reason: fault.reason, message: fault.sentence };
  if (desired === "") return active === "" ? { reason: "NoProgram", message: "" } : { reason: "Starting", message: "the program is being withdrawn" };
  if (active !== desired || agent.busy) return { reason: "Starting", message: "the program is being applied" };
  const stored = agent.storeProblem;
  if (stored !== null) return { reason: stored.reason, message: stored.sentence };
  return stateNews(agent.workerStatus()) ?? { reason: "", message: "" };
}

function makeWorker(agent: Agent): Worker {
  const worker = workerSnapshot(agent);
  const { phase } = worker;
  const pid = BigInt(worker.pid ?? 0);
  const cpus = agent.podCpus;
  if (!("core" in worker)) return { phase, version: "", dpdkVersion: "", pid, starts: 0n, core: 0, rxMode: undefined, ...cpus };
  const { version, dpdkVersion, starts, core, rxMode } = worker;
  return { phase, version, dpdkVersion, pid, starts, core, rxMode: { ...rxMode, reason: clip(rxMode.reason) }, ...cpus };
}

/** Equal for two reports that differ in counters only. */
export function reportKey(report: Report): string {
  const { counters: _, drops: __, worker, ...rest } = report;
  return JSON.stringify({ ...rest, worker: { ...worker, pid: String(worker?.pid), starts: String(worker?.starts) } });
}

function clip(text: string): string {
  return Buffer.byteLength(text) <= MAX_TEXT ? text : `${Buffer.from(text).toString("utf8", 0, MAX_TEXT - 4).replace(/\uFFFD+$/, "")}...`;
}
