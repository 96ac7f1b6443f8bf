// SPDX-License-Identifier: Apache-2.0
// What a worker says of itself in its state file. Every answer is null while the file is not (yet) that worker's.
import { readFileSync } from "node:fs";
import type { WorkerProcess } from "./host/launcher";
import { decode, decodeRows, sizeOf, type Decoded, type StructName } from "./shm/decode";
import { FW_MAX_INTERFACES, FW_MAX_POLICIES, FW_MAX_PORTS, fw_policy_counters, fw_table, fw_worker_phase } from "./shm/layout.gen";
import { SegmentError, StateFile } from "./shm/segment";
import type { Problem } from "./problem";
import { Doorbell, unreadable, type Fault } from "./unreadable";

export type WorkerStatus = Decoded<"fw_worker_status">;
export type StateHeader = Decoded<"fw_state_header">;

export interface Heartbeats {
  readonly control: bigint;
  readonly core: bigint;
  /** It forwards by an accepted program. */
  readonly judged: boolean;
}

const NO_BEATS: Heartbeats = { control: 0n, core: 0n, judged: false };

/** A hash of 32 bytes as hexadecimal text; "" when all are zero: none. */
export function hexHash(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  return /^0+$/.test(hex) ? "" : hex;
}

/** The oldest heartbeat of all datapath cores: one that hangs is seen, whatever the others do. */
function slowest(status: WorkerStatus): bigint {
  return status.core_heartbeat_ns.slice(0, status.core_count).reduce((least, at) => (at < least ? at : least), status.core_heartbeat_ns[0] ?? 0n);
}

const BOOT_ID = readBootId();

function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").replace(/[^0-9a-f]/g, "");
  } catch {
    return "";
  }
}

/** A worker of another pod, or of another boot, may have had the same pid: then its last heartbeat tells. */
function isItsWord(status: WorkerStatus, process: WorkerProcess): boolean {
  if (status.pid !== BigInt(process.pid)) return false;
  return process.since === 0n || (status.heartbeat_ns >= process.since && (BOOT_ID === "" || hexHash(status.kept.boot_id) === BOOT_ID));
}

const COUNTS = /^(?!name_id$|id$)/;

/** Every 64-bit count of one core added to that of the others; all else is the first one's. */
function addCounts<T extends object>(sum: T, one: T, lists: readonly (keyof T)[] = []): T {
  const total = { ...sum } as Record<string, unknown>;
  for (const [name, value] of Object.entries(one)) if (typeof value === "bigint" && COUNTS.test(name)) total[name] = (total[name] as bigint) + value;
  for (const list of lists) total[list as string] = (sum[list] as bigint[]).map((n, i) => n + ((one[list] as bigint[])[i] ?? 0n));
  return total as T;
}

/** Rows of core 0, with what the other cores have counted under the same name. */
export function sumByName<T extends object>(cores: readonly T[][], nameOf: (row: T) => string): T[] {
  const [first = [], ...others] = cores;
  return first.filter((row) => nameOf(row) !== "").map((row) =>
    others.reduce((sum, core) => {
      const same = core.find((other) => nameOf(other) === nameOf(row));
      return same === undefined ? sum : addCounts(sum, same);
    }, row));
}

export interface PolicyCounts {
  packets: bigint;
  bytes: bigint;
  sessions: bigint;
}

/** Most of the slots are empty, so only the others are decoded. */
export function addPolicies(sums: Map<bigint, PolicyCounts>, rows: Uint8Array): void {
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  const { size, fields } = fw_policy_counters;
  for (let at = 0; at + size <= rows.byteLength; at += size) {
    const name = view.getBigUint64(at + fields.name_id.offset, true);
    if (name === 0n) continue;
    const before = sums.get(name);
    const sum = (field: keyof PolicyCounts): bigint => (before?.[field] ?? 0n) + view.getBigUint64(at + fields[field].offset, true);
    sums.set(name, { packets: sum("packets"), bytes: sum("bytes"), sessions: sum("sessions") });
  }
}

export class WorkerView {
  #file: StateFile | null = null;
  #header: StateHeader | null = null;
  #pid = 0;
  #fault: Fault | null = null;
  readonly #doorbell: Doorbell;

  /** ring: rings at the worker of this state directory; see Doorbell. */
  constructor(ring: () => boolean) {
    this.#doorbell = new Doorbell(ring);
  }

  /** Why the state file of the present worker cannot be read; "" when it can, or is not there yet. */
  get fault(): string {
    return this.#fault?.message ?? "";
  }

  /** Of a worker whose state file cannot be read: whether it takes what comes to its doorbell; cores are not seen then. */
  heartbeats(process: WorkerProcess): Heartbeats {
    const status = this.status(process);
    if (status === null) return this.#fault === null ? NO_BEATS : { ...NO_BEATS, control: this.#doorbell.beats(process.pid) };
    this.#doorbell.forget();
    return { control: status.heartbeat_ns, core: slowest(status), judged: status.phase === fw_worker_phase.FW_PHASE_FORWARDING };
  }

  /** A worker that lives, but cannot be read, and why; null: it can, or is only starting. */
  unread(process: WorkerProcess | null): Problem | null {
    if (process === null || this.heartbeats(process).judged || this.#fault === null || !this.#doorbell.answers) return null;
    return unreadable(process.pid, this.#fault);
  }

  /** Status of a worker that may not be there. */
  current(process: WorkerProcess | null): WorkerStatus | null {
    return process === null ? null : this.status(process);
  }

  status(process: WorkerProcess): WorkerStatus | null {
    const status = this.#try(process, (file) => decode("fw_worker_status", file.status()));
    if (status !== null && isItsWord(status, process)) return status;
    this.forget();
    return null;
  }

  header(process: WorkerProcess): StateHeader | null {
    return this.#try(process, () => this.#header);
  }

  /** What each datapath core has counted. */
  coreCounters(process: WorkerProcess): Decoded<"fw_counters">[] {
    return this.#byCore(process, "fw_counters", "counters_offset", 1, 1).flat();
  }

  counters(process: WorkerProcess): Decoded<"fw_counters"> | null {
    const cores = this.coreCounters(process);
    return cores.length === 0 ? null : cores.reduce((sum, one) => addCounts(sum, one, ["dropped"]));
  }

  /** Rows of all datapath cores, one core after the other. */
  tables(process: WorkerProcess): Decoded<"fw_table_status">[] {
    return this.#byCore(process, "fw_table_status", "tables_offset", fw_table.FW_TABLE_COUNT, fw_table.FW_TABLE_COUNT).flat();
  }

  ports(process: WorkerProcess): Decoded<"fw_port_status">[] {
    return sumByName(this.#byCore(process, "fw_port_status", "ports_offset", FW_MAX_PORTS, FW_MAX_PORTS), (row) => row.name);
  }

  interfaces(process: WorkerProcess): Decoded<"fw_interface_status">[] {
    return sumByName(this.#byCore(process, "fw_interface_status", "interfaces_offset", FW_MAX_INTERFACES, FW_MAX_INTERFACES), (row) => row.name);
  }

  /** Of all cores together, by the policy's name_id. */
  policies(process: WorkerProcess): Map<bigint, PolicyCounts> {
    const cores = this.status(process)?.core_count ?? 0;
    const room = FW_MAX_POLICIES * fw_policy_counters.size;
    const sums = new Map<bigint, PolicyCounts>();
    this.#try(process, (file, header) => {
      for (let core = 0; core < cores; core++) addPolicies(sums, file.read(header.policies_offset + BigInt(core * room), room));
      return sums;
    });
    return sums;
  }

  /** The present state file for reading sessions; null while there is none. */
  file(process: WorkerProcess): StateFile | null {
    return this.status(process) === null ? null : this.#file;
  }

  /** True: judged. False: not within the time, or the worker's state file is not there. */
  async waitVerdict(process: WorkerProcess, sequence: bigint, timeoutMs: number): Promise<boolean> {
    if (this.status(process) === null) return false;
    const file = this.#file;
    if (file === null) return false;
    try {
      return await file.waitVerdict(sequence, timeoutMs);
    } catch (error) {
      if (error instanceof SegmentError) return false;
      throw error;
    }
  }

  /** The worker ended, or its file is another one now. */
  forget(): void {
    this.#file?.close();
    this.#file = null;
    this.#header = null;
    this.#pid = 0;
  }

  /** The first rows of each core; a core has room for `room`. */
  #byCore<S extends StructName>(process: WorkerProcess, name: S, offset: keyof StateHeader, rows: number, room: number): Decoded<S>[][] {
    const cores = this.status(process)?.core_count ?? 0;
    const read = (file: StateFile, at: bigint): Decoded<S>[] => decodeRows(name, file.read(at, rows * sizeOf(name)));
    return this.#try(process, (file, header) =>
      Array.from({ length: cores }, (_, core) => read(file, (header[offset] as bigint) + BigInt(core * room * sizeOf(name))))) ?? [];
  }

  #try<T>(process: WorkerProcess, read: (file: StateFile, header: StateHeader) => T): T | null {
    try {
      if (this.#file === null || this.#pid !== process.pid) this.#open(process);
      if (this.#file === null || this.#header === null) return null;
      return read(this.#file, this.#header);
    } catch (error) {
      if (!(error instanceof SegmentError)) throw error;
      this.#fault = error;
      this.forget();
      return null;
    }
  }

  #open(process: WorkerProcess): void {
    this.forget();
    this.#file = new StateFile(process.statePath);
    this.#header = decode("fw_state_header", this.#file.read(0n, sizeOf("fw_state_header")));
    this.#pid = process.pid;
    this.#fault = null;
  }
}
