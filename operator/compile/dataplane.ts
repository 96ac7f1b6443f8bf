// SPDX-License-Identifier: Apache-2.0
// spec.dataplane without its ports: cores, memory, receive mode, session tables.
import { type Dataplane, durationMs, quantityBytes } from "../../crds/index";
import { DEFAULT_LIMITS, type DataplaneRow } from "../../program/program";
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
  const path = `${PATH}.cores`;
  if (cores.list === undefined) {
    const count = cores.count ?? 1;
    if (count > 1) {
      report.error("CoresUnsupported", `${path}.count`, `This version drives one datapath core, not ${count}; write count: 1.`);
    }
    return { count };
  }
  const list = parseCoreList(cores.list, `${path}.list`, report);
  if (list.length > 1) {
    const message = `This version drives one datapath core, but "${cores.list}" names several; write one, for example "${list[0]}".`;
    report.error("CoresUnsupported", `${path}.list`, message);
  }
  return { list };
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
  const { state, buffers } = memoryNeeded(dataplane.sessions, DEFAULT_LIMITS.bindings, page);
  if (size >= state + buffers) return;
  const { ipv4, ipv6 } = dataplane.sessions;
  report.error(
    "MemoryTooSmall",
    path,
    `${text} is too small: ${ipv4} IPv4 and ${ipv6} IPv6 sessions take ${mebibytes(state)}, packet buffers and tables at least ` +
      `${mebibytes(buffers)} (pages of ${pageSize}); write at least ${mebibytes(state + buffers)}, or ask for fewer sessions.`,
  );
}
