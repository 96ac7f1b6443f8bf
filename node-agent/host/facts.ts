// SPDX-License-Identifier: Apache-2.0
// What this machine has: cores, hugepages, rights. Read once per decision, judged in preflight.ts.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { pciDevice, type PciDevice } from "./pci";

/** Refused: it is there, but may not be opened. */
export type DeviceState = "Present" | "Absent" | "Refused";

export interface PodFacts {
  /** Its CPUs are its own. */
  readonly exclusive: boolean;
  /** The configuration demands that. */
  readonly pinning: boolean;
  /** CPUs that the pod asks for; 0: not known. */
  readonly requestedCpus: number;
  /** Bytes of hugepages that it may use, by page size; absent: no limit is known. */
  readonly hugepageLimits: ReadonlyMap<number, number>;
}

export interface HostFacts {
  readonly root: boolean;
  /** Effective capabilities as a bit set. */
  readonly capabilities: bigint;
  /** Cores that are online. */
  readonly coresOnline: readonly number[];
  /** Cores that this process may use. */
  readonly coresAllowed: readonly number[];
  /** Cores of running workers of other state directories. */
  readonly coresTaken: readonly number[];
  /** By page size in bytes. */
  readonly hugepages: ReadonlyMap<number, { readonly total: number; readonly free: number }>;
  /** Mount point of hugetlbfs by page size in bytes. */
  readonly hugetlbfs: ReadonlyMap<number, string>;
  /** Bytes of ordinary memory that can be had without swapping. */
  readonly memoryAvailable: number;
  readonly tun: DeviceState;
  /** What is known of the PCI device at this address; null: there is none. */
  pciDevice(address: string): PciDevice | null;
  /** Of a worker that runs in a pod of its own. */
  readonly pod?: PodFacts;
}

export function hostFacts(ownStateDir: string): HostFacts {
  const status = read("/proc/self/status");
  return {
    root: process.geteuid?.() === 0,
    capabilities: BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`),
    coresOnline: parseCoreList(read("/sys/devices/system/cpu/online")),
    coresAllowed: parseCoreList(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? ""),
    coresTaken: takenCores(ownStateDir),
    hugepages: hugepages(),
    hugetlbfs: hugetlbMounts(read("/proc/self/mounts"), defaultHugepage(read("/proc/meminfo"))),
    memoryAvailable: 1024 * Number(/^MemAvailable:\s*([0-9]+)/m.exec(read("/proc/meminfo"))?.[1] ?? "0"),
    tun: existsSync("/dev/net/tun") ? "Present" : "Absent",
    pciDevice,
  };
}

/** "0-3,8" as numbers; ignores what it cannot read. */
export function parseCoreList(text: string): number[] {
  const cores: number[] = [];
  for (const part of text.trim().split(",")) {
    const range = /^([0-9]{1,4})(?:-([0-9]{1,4}))?$/.exec(part);
    if (range === null) continue;
    for (let core = Number(range[1]); core <= Number(range[2] ?? range[1]); core++) cores.push(core);
  }
  return cores;
}

/** Where hugetlbfs is mounted for each page size; the first mount of a size wins. */
export function hugetlbMounts(mounts: string, defaultSize: number): Map<number, string> {
  const found = new Map<number, string>();
  for (const line of mounts.split("\n")) {
    const [, point, type, options = ""] = line.split(" ");
    if (type !== "hugetlbfs" || point === undefined) continue;
    const size = /(?:^|,)pagesize=([0-9]+)([KMG])/.exec(options);
    const units: Record<string, number> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
    const bytes = size === null ? defaultSize : Number(size[1]) * (units[size[2] ?? ""] ?? 1);
    if (!found.has(bytes)) found.set(bytes, point.replace(/\\040/g, " "));
  }
  return found;
}

function defaultHugepage(meminfo: string): number {
  return 1024 * Number(/^Hugepagesize:\s*([0-9]+)/m.exec(meminfo)?.[1] ?? "2048");
}

function hugepages(): Map<number, { total: number; free: number }> {
  const root = "/sys/kernel/mm/hugepages";
  const sizes = new Map<number, { total: number; free: number }>();
  for (const name of list(root)) {
    const kilobytes = /^hugepages-([0-9]+)kB$/.exec(name)?.[1];
    if (kilobytes === undefined) continue;
    const count = (file: string): number => Number(read(`${root}/${name}/${file}`));
    const free = Math.max(0, count("free_hugepages") - count("resv_hugepages"));
    sizes.set(1024 * Number(kilobytes), { total: count("nr_hugepages"), free });
  }
  return sizes;
}

function takenCores(ownStateDir: string): number[] {
  const cores: number[] = [];
  for (const pid of list("/proc")) {
    if (!/^[0-9]+$/.test(pid)) continue;
    const argv = read(`/proc/${pid}/cmdline`).split("\0");
    const list = workerArgument(argv, "--cores");
    if (list !== null && workerArgument(argv, "--state-dir") !== ownStateDir) cores.push(...list.split(",").map(Number));
  }
  return cores;
}

/** Value of an option when the command line is a worker's, else null. */
export function workerArgument(argv: readonly string[], option: string): string | null {
  if (!(argv[0] ?? "").endsWith("portcullis-worker")) return null;
  const at = argv.indexOf(option);
  return at < 0 ? null : (argv[at + 1] ?? null);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
