// SPDX-License-Identifier: Apache-2.0
// The machine, and what else it did meanwhile.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly dpdk: string;
  readonly load: number;
  /** Parts of all CPU time since watchMachine(). */
  readonly stolen: number;
  readonly foreign: number;
}

interface Times {
  readonly all: number;
  readonly busy: number;
  readonly stolen: number;
}

/** The first line of /proc/stat: user nice system idle iowait irq softirq steal, in ticks. */
export function parseStat(text: string): Times {
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, stolen = 0] = (text.split("\n")[0] ?? "").trim().split(/\s+/).slice(1).map(Number);
  const busy = user + nice + system + irq + softirq;
  return { all: busy + idle + iowait + stolen, busy, stolen };
}

/** CPU time in ticks of a process and its children that ended: fields 14 to 17 of /proc/PID/stat, after the name in parentheses. */
export function parseProcessTime(text: string): number {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i] ?? 0), 0);
}

const now = (): Times => parseStat(readFileSync("/proc/stat", "utf8"));
const own = (): number => parseProcessTime(readFileSync("/proc/self/stat", "utf8"));

function dpdkVersion(): string {
  try {
    return execFileSync("pkg-config", ["--modversion", "libdpdk"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

/** Call the result at the end. */
export function watchMachine(): () => Machine {
  const before = now();
  const ownBefore = own();
  return () => {
    const after = now();
    const all = Math.max(after.all - before.all, 1);
    return {
      cpu: cpus()[0]?.model ?? "unknown",
      cpus: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      kernel: release(),
      dpdk: dpdkVersion(),
      load: loadavg()[0] ?? 0,
      stolen: (after.stolen - before.stolen) / all,
      foreign: Math.max(after.busy - before.busy - (own() - ownBefore), 0) / all,
    };
  };
}
