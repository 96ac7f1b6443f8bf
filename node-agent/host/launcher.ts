// SPDX-License-Identifier: Apache-2.0
// Starts worker processes that live on without this one, and finds those that do. The worker's stderr is a file, so that
// the death of the agent breaks no pipe.
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, readSync, renameSync, statSync, truncateSync } from "node:fs";
import { Problem } from "../problem";
import { lockHolder } from "../shm/segment";
import { workerArgument } from "./facts";
import type { StatePaths } from "./paths";
import type { WorkerArgs } from "./preflight";

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  /** It could not even be started, and why. */
  readonly fault?: string;
}

/** What a shell says of a program that cannot be started. */
export const NO_START = 127;

export interface WorkerProcess {
  readonly pid: number;
  /** null: adopted, and its command line could not be read. */
  readonly args: WorkerArgs | null;
  readonly statePath: string;
  readonly adopted: boolean;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

const LOG_KEEP = 1 << 20;
const LOG_MAX = 8 << 20;
const ADOPTED_POLL_MS = 100;

export function startWorker(binary: string, paths: StatePaths, statePath: string, args: WorkerArgs): WorkerProcess {
  if (!existsSync(binary)) throw new Problem("WorkerNotStarted", `the worker ${binary} does not exist: build it with npm run build`);
  const log = openLog(paths.workerLog);
  const child = spawn(binary, [
    "--state-dir", paths.dir, "--state", statePath, "--memory", String(args.memory), "--page-size", String(args.pageSize),
    "--cores", args.cores.join(","), "--sessions4", String(args.sessions4), "--sessions6", String(args.sessions6),
    "--bindings", String(args.bindings),
  ], { detached: true, stdio: ["ignore", log ?? "ignore", log ?? "ignore"], cwd: "/" });
  if (log !== null) closeSync(log);
  child.unref();
  const ended = new Promise<Ended>((resolve) => {
    child.once("exit", (code, signal) => { resolve({ code, signal }); });
    child.once("error", (error) => { resolve({ code: NO_START, signal: null, fault: `the worker ${binary} cannot be started: ${error.message}` }); });
  });
  return { pid: child.pid ?? 0, args, statePath, adopted: false, ended, kill: (signal) => { signalProcess(child.pid ?? 0, signal); } };
}

/** The worker of this state directory that is already running, or null. */
export function adoptWorker(paths: StatePaths): WorkerProcess | null {
  const pid = lockHolder(paths.workerLock);
  if (pid === null) return null;
  if (pid === 0) throw new Problem("WorkerNotStarted", `${paths.workerLock} is held by a process that is not known: end it first`);
  const argv = commandLine(pid);
  const started = startTime(pid);
  const number = (option: string): number => Number(workerArgument(argv, option) ?? Number.NaN);
  const args = {
    cores: (workerArgument(argv, "--cores") ?? "none").split(",").map(Number), memory: number("--memory"), pageSize: number("--page-size"),
    sessions4: number("--sessions4"), sessions6: number("--sessions6"), bindings: number("--bindings"),
  };
  return {
    pid,
    args: Object.values(args).flat().every(Number.isFinite) ? args : null,
    statePath: workerArgument(argv, "--state") ?? paths.state,
    adopted: true,
    ended: pollEnd(pid, started),
    kill: (signal) => { if (startTime(pid) === started) signalProcess(pid, signal); },
  };
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    if (pid > 0) process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Resolves when the process that started at this time is gone. An adopted process is no child: how it ended stays unknown. */
async function pollEnd(pid: number, started: string): Promise<Ended> {
  while (started !== "" && startTime(pid) === started) await new Promise((next) => setTimeout(next, ADOPTED_POLL_MS).unref());
  return { code: null, signal: "unknown" };
}

/** Field 22 of /proc/PID/stat, which tells a process from a later one of the same pid; "" when it is gone or a zombie. */
export function startTime(pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? "" : (fields[19] ?? "");
  } catch {
    return "";
  }
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** null: the log cannot be written; the worker runs without one. */
function openLog(path: string): number | null {
  try {
    if (existsSync(path) && statSync(path).size > LOG_KEEP) renameSync(path, `${path}.1`);
    return openSync(path, "a", 0o600);
  } catch {
    return null;
  }
}

/** Follows the worker's log and keeps it bounded. */
export class LogTail {
  readonly #path: string;
  #at: number;
  #rest = "";
  /** Last complete line, for the one sentence about a worker that ended. */
  lastLine = "";

  constructor(path: string) {
    this.#path = path;
    this.#at = size(path);
  }

  /** Complete lines that were written since the last call. */
  read(): string[] {
    const end = size(this.#path);
    if (end < this.#at) this.#at = 0; // rotated
    if (end === this.#at) return [];
    const lines = (this.#rest + readRange(this.#path, this.#at, Math.min(end - this.#at, LOG_KEEP))).split("\n");
    this.#at = end;
    this.#rest = lines.pop() ?? "";
    const full = lines.map((line) => line.trim()).filter((line) => line !== "");
    this.lastLine = full.at(-1) ?? this.lastLine;
    if (end > LOG_MAX) this.#truncate();
    return full;
  }

  #truncate(): void {
    truncateSync(this.#path, 0);
    this.#at = 0;
  }
}

function size(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

function readRange(path: string, at: number, length: number): string {
  try {
    const fd = openSync(path, "r");
    try {
      const buffer = Buffer.alloc(length);
      return buffer.toString("utf8", 0, readSync(fd, buffer, 0, length, at));
    } finally {
      closeSync(fd);
    }
  } catch {
    return "";
  }
}
