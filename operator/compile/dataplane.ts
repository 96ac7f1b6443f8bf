// SPDX-License-Identifier: Apache-2.0
// spec.dataplane without its ports: cores, memory, receive mode, session tables, limits.
import { type Dataplane, durationMs, quantityBytes } from "../../crds/index";
import { FW_MAX_CORES } from "../../program/limits";
import type { DataplaneRow, LimitsRow } from "../../program/program";
import type { Report } from "./issue";
import { mebibytes, memoryNeeded } from "./memory";

const PATH = "spec.dataplane";
const PAGE_BYTES = { "4Ki": 4096, "2Mi": 2 ** 21, "1Gi": 2 ** 30 } as const;
const MAX_MEMORY = 2 ** 40;

export function compileDataplane(dataplane: Dataplane, report: Report): DataplaneRow {
  const { rxMode, sessions } = dataplane;
  const pageBytes = PAGE_BYTES[dataplane.memory.pageSize];
  const memoryBytes = quantityBytes(dataplane.memory.size);
  checkMemory(dataplane, memoryBytes, pageBytes, report);
  return {
    cores: compileCores(dataplane.cores, report),
    memoryBytes,
    pageBytes,
    rxMode: {
      mode: rxMode.mode,
      idleThreshold: rxMode.idleThreshold,
      resumeThreshold: rxMode.resumeThreshold,
      sleepTimeoutUs: Math.round(durationMs(rxMode.sleepTimeout) * 1000),
    },
    sessions: { ipv4: sessions.ipv4, ipv6: sessions.ipv6 },
  };
}

function compileCores(cores: Dataplane["cores"], report: Report): DataplaneRow["cores"] {
  if (cores.list === undefined) return { count: cores.count ?? 1 };
  const path = `${PATH}.cores.list`;
  const list = parseCoreList(cores.list, path, report);
  if (list.length > FW_MAX_CORES) {
    report.error("LimitExceeded", path, `"${cores.list}" names ${list.length} cores; at most ${FW_MAX_CORES} can forward packets.`);
  }
  return { list };
}

/** Bounds of the other tables. */
export function compileLimits({ limits }: Dataplane): LimitsRow {
  return {
    bindings: limits.natBindings,
    fragments: limits.fragments,
    fragmentsPerSource: limits.fragmentsPerSource,
    heldPackets: limits.heldPackets,
    neighbors: limits.neighbors,
    errorsPerSecond: limits.errorsPerSecond,
  };
}

/** "2,4-6": the core ids, ascending. Ids have at most four digits, so ranges are bounded. */
function parseCoreList(text: string, path: string, report: Report): number[] {
  const ids = new Set<number>();
  for (const part of text.split(",")) {
    const [low = Number.NaN, high = low] = part.split("-").map(Number);
    if (!(low <= high)) {
      report.error("InvalidRange", path, `The range "${part}" runs backwards; write the smaller core id first.`);
      continue;
    }
    for (let id = low; id <= high; id++) ids.add(id);
  }
  return [...ids].sort((a, b) => a - b);
}

function checkMemory(dataplane: Dataplane, size: number, page: number, report: Report): void {
  const path = `${PATH}.memory.size`;
  const { size: text, pageSize } = dataplane.memory;
  if (!Number.isSafeInteger(size) || size > MAX_MEMORY) {
    report.error("InvalidMemory", path, `${text} is more than 1Ti; no machine has that much.`);
    return;
  }
  if (size % page !== 0) {
    report.error("InvalidMemory", path, `${text} is no multiple of the page size ${pageSize}; write ${mebibytes(Math.ceil(size / page) * page)}.`);
    return;
  }
  const { state, buffers } = memoryNeeded(dataplane.sessions, dataplane.limits.natBindings, page);
  if (size >= state + buffers) return;
  const { ipv4, ipv6 } = dataplane.sessions;
  report.error(
    "MemoryTooSmall",
    path,
    `${text} is too small: ${ipv4} IPv4 and ${ipv6} IPv6 sessions, ${dataplane.limits.natBindings} NAT bindings and the counters take ${mebibytes(state)}, packet buffers and tables at least ` +
      `${mebibytes(buffers)} (pages of ${pageSize}); write at least ${mebibytes(state + buffers)}, or ask for fewer of them.`,
  );
}
