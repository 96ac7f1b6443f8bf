// SPDX-License-Identifier: Apache-2.0
// What an agent may say. A report is data from another machine: everything is bounded and of known form, or refused.
import type { AgentMessage, Hello, Port as WirePort, Report as WireReport, Worker as WireWorker } from "../../program/stream.gen";

export const PHASES = ["Starting", "NoGeneration", "Forwarding", "Stopping", "Down"] as const;
const PORT_STATES = ["Up", "Down", "Absent"] as const;

export interface PortReport {
  name: string;
  kind: string;
  state: (typeof PORT_STATES)[number];
  mac: string;
  message: string;
  mtu: number;
  rxMode?: { requested: string; effective: string; wake: string; reason: string } | undefined;
}

export interface WorkerReport {
  phase: (typeof PHASES)[number];
  version: string;
  dpdkVersion: string;
  pid: number;
  starts: number;
  core: number;
  /** CPUs of the worker pod; "": not known. */
  cpus: string;
  exclusive: boolean;
  rxMode: { requested: string; effective: string; reason: string } | undefined;
}

export interface Report {
  activeHash: string;
  desiredHash: string;
  /** PascalCase word, perhaps of a list newer than ours; "" when the desired hash is active. */
  reason: string;
  message: string;
  agentVersion: string;
  worker: WorkerReport | undefined;
  ports: PortReport[];
  counters: Record<string, number>;
  drops: Record<string, number>;
}

export class InvalidMessageError extends Error {
  override readonly name = "InvalidMessageError";
}

const HASH = /^([0-9a-f]{64})?$/;
const REASON = /^([A-Z][A-Za-z0-9]{0,62})?$/;
const COUNTER = /^[A-Za-z][A-Za-z0-9._-]{0,62}$/;
const CPUS = /^[0-9,-]{0,512}$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const MAX_COUNTERS = 128;
const MAX_PORTS = 64;
const MAX_VERSIONS = 16;

export function checkHello(hello: Hello | undefined, node: string): Hello {
  if (hello === undefined) throw new InvalidMessageError("the first message must be Hello");
  if (hello.node !== node) throw new InvalidMessageError(`Hello names node ${show(hello.node)}, the call is for ${show(node)}`);
  if (hello.programVersions.length > MAX_VERSIONS) throw new InvalidMessageError("Hello has too many program versions");
  return { ...hello, agentVersion: word(hello.agentVersion), storedHash: form(HASH, hello.storedHash, "Hello.stored_hash") };
}

export function checkReport(report: WireReport): Report {
  if (report.ports.length > MAX_PORTS) throw new InvalidMessageError(`Report has ${report.ports.length} ports, at most ${MAX_PORTS} are read`);
  const ports = report.ports.map(checkPort);
  if (new Set(ports.map((port) => port.name)).size !== ports.length) throw new InvalidMessageError("Report names a port twice");
  return {
    activeHash: form(HASH, report.activeHash, "Report.active_hash"),
    desiredHash: form(HASH, report.desiredHash, "Report.desired_hash"),
    reason: form(REASON, report.reason, "Report.reason"),
    message: text(report.message),
    agentVersion: word(report.agentVersion),
    worker: report.worker === undefined ? undefined : checkWorker(report.worker),
    ports,
    counters: checkCounters(report.counters, "counters"),
    drops: checkCounters(report.drops, "drops"),
  };
}

export function kindOf(message: AgentMessage): "hello" | "report" | "programRequest" | "answer" | "nothing" {
  if (message.hello !== undefined) return "hello";
  if (message.report !== undefined) return "report";
  if (message.answer !== undefined) return "answer";
  return message.programRequest !== undefined ? "programRequest" : "nothing";
}

function checkWorker(worker: WireWorker): WorkerReport {
  const { rxMode } = worker;
  return {
    phase: oneOf(PHASES, worker.phase, "Report.worker.phase"),
    version: word(worker.version),
    dpdkVersion: word(worker.dpdkVersion),
    pid: count(worker.pid),
    starts: count(worker.starts),
    core: Math.min(worker.core, 65_535),
    cpus: form(CPUS, worker.cpus, "Report.worker.cpus"),
    exclusive: worker.exclusive,
    rxMode: rxMode && { requested: word(rxMode.requested), effective: word(rxMode.effective), reason: text(rxMode.reason) },
  };
}

function checkPort(port: WirePort): PortReport {
  return {
    name: form(NAME, port.name, "Report.ports.name"),
    kind: word(port.kind),
    state: oneOf(PORT_STATES, port.state, "Report.ports.state"),
    mac: port.mac.slice(0, 17),
    message: text(port.message),
    mtu: Math.min(port.mtu, 65_535),
    ...(port.rxMode !== undefined && { rxMode: { requested: word(port.rxMode.requested), effective: word(port.rxMode.effective), wake: word(port.rxMode.wake), reason: text(port.rxMode.reason) } }),
  };
}

function checkCounters(counters: Record<string, bigint>, what: string): Record<string, number> {
  const entries = Object.entries(counters);
  if (entries.length > MAX_COUNTERS) throw new InvalidMessageError(`Report has ${entries.length} ${what}, at most ${MAX_COUNTERS} are read`);
  for (const [name] of entries) form(COUNTER, name, `Report.${what}`);
  return Object.fromEntries(entries.map(([name, value]): [string, number] => [name, count(value)]).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** JSON numbers are exact up to 2^53. */
const count = (value: bigint): number => Number(value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : value);

function form(pattern: RegExp, value: string, field: string): string {
  if (pattern.test(value)) return value;
  throw new InvalidMessageError(`${field} is ${show(value)}, which is not of its form`);
}

function oneOf<T extends string>(words: readonly T[], value: string, field: string): T {
  const known = words.find((candidate) => candidate === value);
  if (known === undefined) throw new InvalidMessageError(`${field} is ${show(value)}, not one of ${words.join(", ")}`);
  return known;
}

const printable = (value: string): string => value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
const word = (value: string): string => printable(value).slice(0, 64);
const text = (value: string): string => printable(value).slice(0, 1024);
const show = (value: string): string => JSON.stringify(value.length <= 80 ? value : `${value.slice(0, 77)}...`);
