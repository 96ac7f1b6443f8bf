// SPDX-License-Identifier: Apache-2.0
// What a worker says of itself in its state file. Every answer is null while the file is not (yet) that worker's.
import type { WorkerProcess } from "./host/launcher";
import { decode, decodeRows, sizeOf, type Decoded, type StructName } from "./shm/decode";
import { FW_MAX_CORES, FW_MAX_INTERFACES, FW_MAX_POLICIES, FW_MAX_PORTS, fw_table, fw_worker_phase } from "./shm/layout.gen";
import { SegmentError, StateFile } from "./shm/segment";

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

export class WorkerView {
  #file: StateFile | null = null;
  #header: StateHeader | null = null;
  #pid = 0;
  /** Why the state file of the present worker cannot be read; "" when it can, or is not there yet. */
  fault = "";

  heartbeats(process: WorkerProcess): Heartbeats {
    const status = this.status(process);
    if (status === null) return NO_BEATS;
    return { control: status.heartbeat_ns, core: status.core_heartbeat_ns, judged: status.phase === fw_worker_phase.FW_PHASE_FORWARDING };
  }

  /** Status of a worker that may not be there. */
  current(process: WorkerProcess | null): WorkerStatus | null {
    return process === null ? null : this.status(process);
  }

  status(process: WorkerProcess): WorkerStatus | null {
    const status = this.#try(process, (file) => decode("fw_worker_status", file.status()));
    if (status !== null && status.pid === BigInt(process.pid)) return status;
    this.forget();
    return null;
  }

  header(process: WorkerProcess): StateHeader | null {
    return this.#try(process, () => this.#header);
  }

  counters(process: WorkerProcess): Decoded<"fw_counters"> | null {
    return this.#try(process, (file, header) => decode("fw_counters", file.read(header.counters_offset, sizeOf("fw_counters"))));
  }

  /** Rows of all datapath cores, one core after the other. */
  tables(process: WorkerProcess): Decoded<"fw_table_status">[] {
    return this.#table(process, "fw_table_status", "tables_offset", FW_MAX_CORES * fw_table.FW_TABLE_COUNT);
  }

  ports(process: WorkerProcess): Decoded<"fw_port_status">[] {
    return this.#table(process, "fw_port_status", "ports_offset", FW_MAX_PORTS).filter((row) => row.name !== "");
  }

  interfaces(process: WorkerProcess): Decoded<"fw_interface_status">[] {
    return this.#table(process, "fw_interface_status", "interfaces_offset", FW_MAX_INTERFACES).filter((row) => row.name !== "");
  }

  /** By row of the active program. */
  policies(process: WorkerProcess, rows: number): Decoded<"fw_policy_counters">[] {
    return this.#table(process, "fw_policy_counters", "policies_offset", Math.min(rows, FW_MAX_POLICIES));
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

  #table<S extends StructName>(process: WorkerProcess, name: S, offset: keyof StateHeader, rows: number): Decoded<S>[] {
    return this.#try(process, (file, header) => decodeRows(name, file.read(header[offset] as bigint, rows * sizeOf(name)))) ?? [];
  }

  #try<T>(process: WorkerProcess, read: (file: StateFile, header: StateHeader) => T): T | null {
    try {
      if (this.#file === null || this.#pid !== process.pid) this.#open(process);
      if (this.#file === null || this.#header === null) return null;
      return read(this.#file, this.#header);
    } catch (error) {
      if (!(error instanceof SegmentError)) throw error;
      this.fault = error.message;
      this.forget();
      return null;
    }
  }

  #open(process: WorkerProcess): void {
    this.forget();
    this.#file = new StateFile(process.statePath);
    this.#header = decode("fw_state_header", this.#file.read(0n, sizeOf("fw_state_header")));
    this.#pid = process.pid;
    this.fault = "";
  }
}
