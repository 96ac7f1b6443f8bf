// SPDX-License-Identifier: Apache-2.0
// How fast each CPU runs, as the kernel says it.
import { readFileSync } from "node:fs";

/** MHz by CPU; empty where the kernel does not say (most ARM machines). */
export function cpuClocks(text = readInfo()): ReadonlyMap<number, number> {
  const clocks = new Map<number, number>();
  let cpu = -1;
  for (const line of text.split("\n")) {
    const [key = "", value = ""] = line.split(":").map((part) => part.trim());
    if (key === "processor") cpu = Number(value);
    if (key === "cpu MHz" && Number(value) > 0) clocks.set(cpu, Math.round(Number(value)));
  }
  return clocks;
}

function readInfo(): string {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return "";
  }
}
