// SPDX-License-Identifier: Apache-2.0
// Starts worker processes that live on without this one, and finds those that do. The worker's stderr is a file, so that
// the death of the agent breaks no pipe.
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { Problem } from "../problem";
import { lockHolder } from "../shm/segment";
import { hostFacts, type HostFacts } from "./facts";
import { commandWords, NO_START, optionValue, readArgs, type Ended, type Launcher, type WorkerProcess } from "./launcher";
import type { StatePaths } from "./paths";
import type { WorkerArgs } from "./preflight";

const LOG_KEEP = 1 << 20;
const ADOPTED_POLL_MS = 100;

export class ChildLauncher implements Launcher {
  readonly present = true;
  readonly sameLayout = false;
  readonly podCpus = { cpus: "", exclusive: false };
  onChange = (): void => undefined;
  readonly #binary: string;
  readonly #paths: StatePaths;

  constructor(binary: string, paths: StatePaths) {
    this.#binary = binary;
    this.#paths = paths;
  }

  facts(): HostFacts {
    return hostFacts(this.#paths.dir);
  }

  /** The worker of this state directory that an earlier agent left, or null. */
  running(): WorkerProcess | null {
    const pid = lockHolder(this.#paths.workerLock);
    if (pid === null) return null;
    if (pid === 0) throw new Problem("WorkerNotStarted", `${this.#paths.workerLock} is held by a process that is not known: end it first`);
    const argv = commandLine(pid);
    const started = startTime(pid);
    const signal = (name: NodeJS.Signals): void => { if (startTime(pid) === started) signalProcess(pid, name); };
    const isWorker = (argv[0] ?? "").endsWith("portcullis-worker");
    return {
      pid,
      since: 0n,
      args: isWorker ? readArgs(argv) : null,
      statePath: (isWorker ? optionValue(argv, "--state") : null) ?? this.#paths.state,
      adopted: true,
      ended: pollEnd(pid, started),
      stop: (keep) => { signal(keep ? "SIGUSR1" : "SIGTERM"); },
      kill: () => { signal("SIGKILL"); },
    };
  }

  start(statePath: string, args: WorkerArgs): Promise<WorkerProcess> {
    return new Promise((resolve) => { resolve(this.#spawn(statePath, args)); });
  }

  hold(): void { /* only start() starts one */ }
  forget(): void { /* nothing is kept */ }
  close(): void { /* the worker lives on */ }

  #spawn(statePath: string, args: WorkerArgs): WorkerProcess {
    const binary = this.#binary;
    if (!existsSync(binary)) throw new Problem("WorkerNotStarted", `the worker ${binary} does not exist: build it with npm run build`);
    const log = openLog(this.#paths.workerLog);
    const child = spawn(binary, commandWords(this.#paths, statePath, args), { detached: true, stdio: ["ignore", log ?? "ignore", log ?? "ignore"], cwd: "/" });
    if (log !== null) closeSync(log);
    child.unref();
    const ended = new Promise<Ended>((resolve) => {
      child.once("exit", (code, signal) => { resolve({ code, signal }); });
      child.once("error", (error) => { resolve({ code: NO_START, signal: null, fault: `the worker ${binary} cannot be started: ${error.message}` }); });
    });
    const pid = child.pid ?? 0;
    return {
      pid, since: 0n, args, statePath, adopted: false, ended,
      stop: (keep) => { signalProcess(pid, keep ? "SIGUSR1" : "SIGTERM"); },
      kill: () => { signalProcess(pid, "SIGKILL"); },
    };
  }
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
