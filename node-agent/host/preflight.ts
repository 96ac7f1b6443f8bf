// SPDX-License-Identifier: Apache-2.0
// Can this machine run this program? Pure: facts in, the worker's arguments or one clear Problem out. Checked before a
// running worker is touched, so that a configuration that cannot run never costs the one that does.
import type { Program } from "../../program/program";
import { Problem } from "../problem";
import type { HostFacts } from "./facts";
import { checkPciDevice } from "./pci";

/** What a worker is started with; a program that needs other values needs another worker. */
export interface WorkerArgs {
  /** CPUs of the datapath cores, in order. */
  readonly cores: readonly number[];
  /** Bytes for packet buffers and tables, the state file not included. */
  readonly memory: number;
  readonly pageSize: number;
  readonly sessions4: number;
  readonly sessions6: number;
  readonly bindings: number;
}

/** Memory that is already ours and counts as free: of the running worker, and of the state file. */
export interface Held {
  readonly args: WorkerArgs | null;
  readonly stateBytes: number;
  readonly statePageSize: number;
}

const CAP_NET_ADMIN = 12n;
const CAP_NET_RAW = 13n;
const CAP_SYS_ADMIN = 21n;
const CAP_BPF = 39n;
const MIN_WORKER_MEMORY = 32 * 2 ** 20;
const MIB = 2 ** 20;

export function sameArgs(a: WorkerArgs, b: WorkerArgs): boolean {
  return a.cores.join() === b.cores.join() && a.memory === b.memory && a.pageSize === b.pageSize
    && a.sessions4 === b.sessions4 && a.sessions6 === b.sessions6 && a.bindings === b.bindings;
}

/** Throws a Problem. stateBytes: size of the state file for this program. */
export function preflight(program: Program, facts: HostFacts, held: Held, stateBytes: number): WorkerArgs {
  checkRights(program, facts);
  checkPod(program, facts);
  for (const { kind, name, device } of program.ports) if (kind === "pci") checkPciDevice(name, device, facts.pciDevice(device));
  const cores = chooseCores(program, facts, held.args?.cores ?? []);
  const args = {
    cores,
    memory: workerMemory(program, stateBytes),
    pageSize: program.dataplane.pageBytes,
    sessions4: program.dataplane.sessions.ipv4,
    sessions6: program.dataplane.sessions.ipv6,
    bindings: program.limits.bindings,
  };
  if (held.args === null || !sameArgs(args, held.args)) checkMemory(program, facts, held);
  return args;
}

export function checkRights(program: Program, facts: HostFacts): void {
  const needs: [bigint, string, string][] = [[CAP_NET_ADMIN, "CAP_NET_ADMIN", "to make network devices"]];
  const has = (bit: bigint): boolean => ((facts.capabilities >> bit) & 1n) !== 0n;
  if (program.ports.some((port) => port.kind === "kernelInterface")) {
    needs.push([CAP_NET_RAW, "CAP_NET_RAW", "for ports of kind kernelInterface"]);
    // The greater right holds the smaller one, and is the only one that kernels before 5.8 know.
    if (!has(CAP_SYS_ADMIN)) needs.push([CAP_BPF, "CAP_BPF", "to keep the kernel's own stack off ports of kind kernelInterface"]);
  }
  if (program.ports.some((port) => port.networkNamespace !== "")) needs.push([CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "for ports in a network namespace"]);
  const missing = needs.filter(([bit]) => !has(bit));
  if (missing.length > 0) {
    const names = missing.map(([, name, why]) => `${name} (${why})`).join(", ");
    throw new Problem("PermissionDenied", `this process lacks ${names}: ${facts.root ? "grant it" : "run as root, or grant it"}`);
  }
  if (facts.tun === "Absent") throw new Problem("PermissionDenied", "/dev/net/tun does not exist: run `modprobe tun`, or give it to the container");
  if (facts.tun === "Refused")
    throw new Problem("PermissionDenied", "/dev/net/tun may not be opened: the container runtime must grant the device to the worker pod, see docs/worker-pod.md");
}

/** A pod that was made for an earlier configuration is replaced: then this is tried again. */
function checkPod(program: Program, { pod, coresAllowed }: HostFacts): void {
  if (pod === undefined) return;
  if (pod.pinning && !pod.exclusive) {
    throw new Problem("CPUNotPinned",
      `demands CPUs of its own, but the worker pod shares ${describe(coresAllowed)} with others: set cpuManagerPolicy: static in the kubelet's configuration, or workerPod.pinning: Preferred`,
      "spec.dataplane.workerPod.pinning");
  }
  const { memoryBytes, pageBytes } = program.dataplane;
  const limit = pod.hugepageLimits.get(pageBytes);
  if (limit !== undefined && limit < memoryBytes)
    throw new Problem("HugepagesInsufficient", `is ${mebibytes(memoryBytes)}, but the worker pod may use ${mebibytes(limit)}: it is replaced by one that may use more`, "spec.dataplane.memory.size");
}

/** The cores the program names; for a count those in use first, then the least used and highest ones. */
export function chooseCores(program: Program, facts: HostFacts, current: readonly number[]): readonly number[] {
  const { cores } = program.dataplane;
  if ("list" in cores) {
    for (const core of cores.list) requireCore(core, facts);
    return cores.list;
  }
  if (cores.count > facts.coresAllowed.length) {
    throw new Problem("CoresUnavailable", `${cores.count} cores are wanted, ${facts.pod === undefined ? "this machine" : "the worker pod"} gives ${describe(facts.coresAllowed)}`,
      "spec.dataplane.cores.count");
  }
  const kept = current.filter((core) => facts.coresAllowed.includes(core));
  const load = (core: number): number => facts.coresTaken.filter((taken) => taken === core).length;
  const others = facts.coresAllowed.filter((core) => !kept.includes(core)).sort((a, b) => load(a) - load(b) || b - a);
  return [...kept, ...others].slice(0, cores.count);
}

function requireCore(core: number, facts: HostFacts): void {
  const path = "spec.dataplane.cores.list";
  if (!facts.coresOnline.includes(core))
    throw new Problem("CoresUnavailable", `core ${core} is not present: this machine has ${describe(facts.coresOnline)}`, path);
  if (!facts.coresAllowed.includes(core))
    throw new Problem("CoresUnavailable", `core ${core} may not be used by ${facts.pod === undefined ? "this process" : "the worker pod"}, which has ${describe(facts.coresAllowed)}${
      facts.pod === undefined ? "" : "; kubelet chooses them: use cores.count"}`, path);
}

function describe(cores: readonly number[]): string {
  return cores.length === 1 ? `core ${cores[0]} only` : `cores ${formatCores(cores)}`;
}

/** [0, 1, 2, 5] as "0-2,5". */
export function formatCores(cores: readonly number[]): string {
  const sorted = [...cores].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const core of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && core === last[1] + 1) last[1] = core;
    else ranges.push([core, core]);
  }
  return ranges.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`)).join(",");
}

/** What is left of memory.size for the worker after the state file, in whole pages. */
export function workerMemory(program: Program, stateBytes: number): number {
  const { memoryBytes, pageBytes } = program.dataplane;
  const step = Math.max(pageBytes, 2 * MIB);
  const left = Math.floor((memoryBytes - stateBytes) / step) * step;
  if (left >= MIN_WORKER_MEMORY) return left;
  const needed = Math.ceil((stateBytes + Math.max(MIN_WORKER_MEMORY, step)) / step) * step;
  throw new Problem("MemoryInsufficient",
    `is ${mebibytes(memoryBytes)}, but the session tables take ${mebibytes(stateBytes)} and the rest is too small: at least ${mebibytes(needed)} are needed`,
    "spec.dataplane.memory.size");
}

function checkMemory(program: Program, facts: HostFacts, held: Held): void {
  const { memoryBytes, pageBytes } = program.dataplane;
  const ours = (held.args?.pageSize === pageBytes ? held.args.memory : 0) + (held.statePageSize === pageBytes ? held.stateBytes : 0);
  if (pageBytes === 4096) return checkOrdinary(memoryBytes, facts.memoryAvailable + ours);
  const size = pageBytes / MIB;
  const need = Math.ceil(memoryBytes / pageBytes);
  const pages = facts.hugepages.get(pageBytes) ?? { total: 0, free: 0 };
  const have = pages.free + Math.floor(ours / pageBytes);
  if (have < need) {
    const cure = pageBytes === 2 * MIB
      ? `run \`sysctl vm.nr_hugepages=${pages.total + need - have}\``
      : `write ${pages.total + need - have} to /sys/kernel/mm/hugepages/hugepages-${pageBytes / 1024}kB/nr_hugepages`;
    throw new Problem("HugepagesInsufficient",
      `${need} free hugepages of ${size} MiB are needed, there are ${have}: ${cure}, or set memory.pageSize: 4Ki (ordinary memory, slower)`,
      "spec.dataplane.memory");
  }
  if (!facts.hugetlbfs.has(pageBytes)) {
    throw new Problem("HugepagesInsufficient",
      `no hugetlbfs with pages of ${size} MiB is mounted: run \`mkdir -p /dev/hugepages-${size}M && mount -t hugetlbfs -o pagesize=${size}M none /dev/hugepages-${size}M\`, or set memory.pageSize: 4Ki (ordinary memory, slower)`,
      "spec.dataplane.memory");
  }
}

function checkOrdinary(need: number, have: number): void {
  if (have >= need) return;
  throw new Problem("MemoryInsufficient", `is ${mebibytes(need)}, but only ${mebibytes(have)} of memory are available`, "spec.dataplane.memory.size");
}

export function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / MIB)}Mi`;
}
