// SPDX-License-Identifier: Apache-2.0
// The only file that calls C. It wraps worker/shm/agent_shm.h: locks, the control file (this process writes) and the
// state file (this process reads). Memory order, mappings and bounds checks live in C; every read is a copy, so that no
// view of a mapping can outlive it. 64-bit values are bigints.
import koffi from "koffi";
import { promisify } from "node:util";
import { Problem } from "../problem";
import { FW_LAYOUT_HASH, FW_LAYOUT_VERSION, FW_MAX_BANK_SIZE, structs } from "./layout.gen";

/** Version of the functions of libportcullis-shm.so that this program calls. */
export const ABI = 4;
const ERROR_SIZE = 512;
const SPAN_WORDS = 6;
const { EWOULDBLOCK, EAGAIN } = koffi.os.errno;

export interface Lock {
  /** Descriptor that holds the lock until the process ends; -1 when another process has it. */
  readonly fd: number;
  /** Pid that the holder wrote; 0 when unknown. */
  readonly holder: number;
}

/** A raw result that C reports as a negative errno, with its sentence. */
export class SegmentError extends Error {
  readonly errno: number;

  constructor(errno: number, message: string) {
    super(message === "" ? `error ${errno}` : message);
    this.name = "SegmentError";
    this.errno = errno;
  }
}

type Call = (...args: unknown[]) => number | bigint;

function bind(path: string) {
  const lib = koffi.load(path);
  const wait = lib.func("int agent_shm_wait_verdict(int, uint64_t, uint32_t)");
  const sessions = lib.func("int64_t agent_shm_sessions(int, uint32_t, const uint8_t *, uint64_t, _Inout_ uint8_t *, uint32_t, _Out_ uint8_t *, uint64_t, _Out_ uint8_t *, uint32_t)");
  const natUse = lib.func("int64_t agent_shm_nat_use(int, const uint32_t *, uint32_t, uint32_t, uint32_t, _Inout_ uint64_t *, _Out_ uint8_t *, uint32_t)");
  return {
    abi: lib.func("uint32_t agent_shm_abi(void)") as Call,
    layoutHash: lib.func("uint64_t agent_shm_layout_hash(void)") as Call,
    structSize: lib.func("int64_t agent_shm_struct_size(const char *)") as Call,
    stateSize: lib.func("uint64_t agent_shm_state_size(uint32_t, uint32_t, uint32_t, uint64_t)") as Call,
    lock: lib.func("int agent_shm_lock(const char *, _Out_ uint32_t *, _Out_ uint8_t *, uint32_t)") as Call,
    lockHeld: lib.func("int agent_shm_lock_held(const char *, _Out_ uint32_t *)") as Call,
    controlOpen: lib.func("int agent_shm_control_open(const char *, uint64_t, _Out_ uint8_t *, uint32_t)") as Call,
    published: lib.func("int64_t agent_shm_published(int)") as Call,
    publish: lib.func("int64_t agent_shm_publish(int, const uint8_t *, uint64_t, const char *, _Out_ uint8_t *, uint32_t)") as Call,
    ring: lib.func("int64_t agent_shm_ring(const char *)") as Call,
    stateOpen: lib.func("int agent_shm_state_open(const char *, _Out_ uint8_t *, uint32_t)") as Call,
    stateRead: lib.func("int agent_shm_state_read(int, uint64_t, _Out_ uint8_t *, uint64_t, _Out_ uint8_t *, uint32_t)") as Call,
    status: lib.func("int agent_shm_status(int, _Out_ uint8_t *, uint64_t, _Out_ uint8_t *, uint32_t)") as Call,
    waitVerdict: promisify(wait.async) as (handle: number, sequence: bigint, timeoutMs: number) => Promise<number>,
    sessions: promisify(sessions.async) as (...args: unknown[]) => Promise<number | bigint>,
    natUse: promisify(natUse.async) as (...args: unknown[]) => Promise<number | bigint>,
    clear: lib.func("int64_t agent_shm_clear(int, const uint8_t *, const char *, _Out_ uint8_t *, uint32_t)") as Call,
    close: lib.func("int agent_shm_close(int)") as Call,
  };
}

let bound: ReturnType<typeof bind> | null = null;

function lib(): ReturnType<typeof bind> {
  if (bound === null) throw new Error("loadLibrary() comes first");
  return bound;
}

/** Loads the library and proves that it was built from the same layout.h as this program. */
export function loadLibrary(path: string): void {
  if (bound !== null) return;
  let loaded;
  try {
    loaded = bind(path);
  } catch (error) {
    throw new Problem("WorkerNotStarted", `the agent library ${path} cannot be loaded (${(error as Error).message}): build it with npm run build`, "", error);
  }
  const fault = selfTest({
    abi: Number(loaded.abi()),
    layoutHash: BigInt(loaded.layoutHash()),
    sizeOf: (name) => Number(loaded.structSize(name)),
  });
  if (fault !== null) throw new Problem("LayoutMismatch", `the agent library ${path} does not match this agent: ${fault}`);
  bound = loaded;
}

export interface LibraryFacts {
  abi: number;
  layoutHash: bigint;
  /** sizeof(struct NAME) as C sees it; -1: C does not know the name. */
  sizeOf(name: string): number;
}

/** What differs between C and the generated TypeScript layout, both values named; null when all is equal. */
export function selfTest(library: LibraryFacts): string | null {
  if (library.abi !== ABI) return `interface version is ${library.abi} in the library and ${ABI} in the agent`;
  for (const [name, struct] of Object.entries(structs)) {
    const size = library.sizeOf(name);
    if (size !== struct.size) return `struct ${name} has ${size} bytes in the library and ${struct.size} in the agent`;
  }
  if (library.layoutHash !== FW_LAYOUT_HASH)
    return `layout hash is ${hex(library.layoutHash)} in the library and ${hex(FW_LAYOUT_HASH)} (version ${FW_LAYOUT_VERSION}) in the agent`;
  return null;
}

function hex(value: bigint): string {
  return `0x${value.toString(16).padStart(16, "0")}`;
}

/** Runs one call that takes a buffer for its sentence; throws a SegmentError on a negative result. */
function checked(call: (error: Buffer, size: number) => number | bigint): number | bigint {
  const sentence = Buffer.alloc(ERROR_SIZE);
  const result = call(sentence, ERROR_SIZE);
  if (result >= 0) return result;
  throw new SegmentError(-Number(result), text(sentence));
}

function text(buffer: Buffer): string {
  const end = buffer.indexOf(0);
  return buffer.toString("utf8", 0, end < 0 ? buffer.length : end);
}

/** Takes the lock for the rest of the process's life, or says who holds it. */
export function lockFile(path: string): Lock {
  const holder = [0];
  const sentence = Buffer.alloc(ERROR_SIZE);
  const fd = Number(lib().lock(path, holder, sentence, ERROR_SIZE));
  if (fd >= 0) return { fd, holder: process.pid };
  if (-fd === EWOULDBLOCK || -fd === EAGAIN) return { fd: -1, holder: holder[0] ?? 0 };
  throw new SegmentError(-fd, text(sentence));
}

/** Pid of the process that holds the lock (0: it wrote none), or null when nobody does. */
export function lockHolder(path: string): number | null {
  const holder = [0];
  const result = Number(lib().lockHeld(path, holder));
  if (result < 0) throw new SegmentError(-result, `cannot look at ${path}`);
  return result === 1 ? (holder[0] ?? 0) : null;
}

/** Bytes of the state file that the worker makes for these capacities. */
export function stateFileSize(sessions4: number, sessions6: number, bindings: number, pageBytes: number): bigint {
  return BigInt(lib().stateSize(sessions4, sessions6, bindings, BigInt(pageBytes)));
}

/** Makes the running worker look at the control file again. False: nobody listens there, or nobody has for a while. */
export function ringWorker(socket: string): boolean {
  return Number(lib().ring(socket)) === 0;
}

/** The control file: two banks, one of them published. One writer, this process. */
export class ControlFile {
  readonly #handle: number;
  readonly #doorbell: string;

  constructor(path: string, doorbell: string) {
    this.#handle = Number(checked((error, size) => lib().controlOpen(path, BigInt(FW_MAX_BANK_SIZE), error, size)));
    this.#doorbell = doorbell;
  }

  /** Sequence of the newest program; a file without one starts at a number that no earlier file can have reached. */
  published(): bigint {
    return BigInt(lib().published(this.#handle));
  }

  /** Copies a complete bank, whose sequence is published() + 1, into the idle bank and publishes it. */
  publish(bank: Uint8Array): bigint {
    return BigInt(checked((error, size) =>
      lib().publish(this.#handle, bank, BigInt(bank.byteLength), this.#doorbell, error, size)));
  }

  /** Asks the worker to end the sessions that a struct fw_session_filter selects. Returns the sequence of the command. */
  clear(filter: Uint8Array): bigint {
    return BigInt(checked((error, size) => lib().clear(this.#handle, filter, this.#doorbell, error, size)));
  }

  close(): void {
    lib().close(this.#handle);
  }
}

/** What one look at a session table gave. */
export interface SessionSlice {
  /** Where the next look begins; the capacity: there is no more. */
  readonly cursor: number;
  readonly matched: number;
}

/** The worker's state file, read only, by copies. */
export class StateFile {
  readonly #handle: number;

  constructor(path: string) {
    this.#handle = Number(checked((error, size) => lib().stateOpen(path, error, size)));
  }

  read(offset: bigint, length: number): Uint8Array {
    const out = Buffer.alloc(length);
    checked((error, size) => lib().stateRead(this.#handle, offset, out, BigInt(length), error, size));
    return out;
  }

  /** A consistent copy of struct fw_worker_status. */
  status(): Uint8Array {
    const out = Buffer.alloc(structs.fw_worker_status.size);
    checked((error, size) => lib().status(this.#handle, out, BigInt(out.length), error, size));
    return out;
  }

  /** Looks at up to `slots` entries from `cursor` on; those that the filter selects are copied into `out`, or only counted when
   *  it is empty. Does not block the process. */
  async sessions(family: 4 | 6, filter: Uint8Array, cursor: number, slots: number, out: Uint8Array): Promise<SessionSlice> {
    const at = Buffer.alloc(8);
    const sentence = Buffer.alloc(ERROR_SIZE);
    at.writeUInt32LE(cursor);
    const now = BigInt(Date.now()) * 1_000_000n;
    const result = Number(await lib().sessions(this.#handle, family, filter, now, at, slots, out, BigInt(out.byteLength), sentence, ERROR_SIZE));
    if (result < 0) throw new SegmentError(-result, text(sentence));
    return { cursor: at.readUInt32LE(), matched: result };
  }

  /** Adds the IPv4 sessions of up to `slots` entries from `cursor` on to the count of the NAT pool that their source is translated
   *  to. spans: struct agent_shm_span, six words each. Returns where the next look begins. Does not block the process. */
  async natUse(spans: Uint32Array, cursor: number, slots: number, counts: BigUint64Array): Promise<number> {
    const sentence = Buffer.alloc(ERROR_SIZE);
    const result = Number(await lib().natUse(this.#handle, spans, spans.length / SPAN_WORDS, cursor, slots, counts, sentence, ERROR_SIZE));
    if (result < 0) throw new SegmentError(-result, text(sentence));
    return result;
  }

  /** True when the worker has judged this sequence or a newer one, false after the timeout. Does not block the process. */
  async waitVerdict(sequence: bigint, timeoutMs: number): Promise<boolean> {
    const result = await lib().waitVerdict(this.#handle, sequence, timeoutMs);
    if (result < 0) throw new SegmentError(-result, "the state file cannot be read any more");
    return result === 1;
  }

  close(): void {
    lib().close(this.#handle);
  }
}
