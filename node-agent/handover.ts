// SPDX-License-Identifier: Apache-2.0
// One program from this process to the worker: encode, publish, wait for the worker's own verdict.
import { rmSync } from "node:fs";
import { encode } from "./encode";
import type { Launcher } from "./host/launcher";
import type { StatePaths } from "./host/paths";
import type { Loaded } from "./last-good";
import type { Log } from "./log";
import { Problem } from "./problem";
import { ControlFile, SegmentError } from "./shm/segment";
import type { Supervisor } from "./supervisor";
import { describeExit, isCrash, type Exit } from "./supervise";
import { verdictProblem } from "./verdict";
import { hexHash, type WorkerView } from "./worker-view";

const VERDICT_TIMEOUT_MS = 120_000;
const VERDICT_LOOK_MS = 200;
const COMMAND_TIMEOUT_MS = 8_000;
const COMMAND_POLL_MS = 10;
const ESTALE = 116;

const now = (): number => Math.round(performance.now());
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface HandoverOptions {
  readonly paths: StatePaths;
  readonly log: Log;
  readonly view: WorkerView;
  readonly supervisor: Supervisor;
  readonly launcher: Launcher;
  /** The program crashed the worker too often. */
  quarantined(hash: string): boolean;
}

export class Handover {
  readonly #o: HandoverOptions;
  #control: ControlFile | null = null;
  #exit: Exit | null = null;
  #cancelled = false;
  /** Unix time in seconds of the last publication of this process. */
  publishedAt: number | undefined;

  constructor(options: HandoverOptions) {
    this.#o = options;
  }

  /** Attaches the control file, or makes it. Throws a Problem. */
  open(): ControlFile {
    if (this.#control !== null) return this.#control;
    try {
      this.#control = this.#attach();
    } catch (error) {
      if (!(error instanceof SegmentError)) throw error;
      const running = this.#o.supervisor.worker;
      const cure = running === null ? "" : `; end the worker (pid ${running.pid}) to run this version`;
      throw new Problem(error.errno === ESTALE ? "LayoutMismatch" : "StateDirectoryUnusable", `${error.message}${cure}`, "", error);
    }
    return this.#control;
  }

  /** A control file of another release is made anew when the worker is of this one: it finds the new file by itself. */
  #attach(): ControlFile {
    const { control, workerSocket } = this.#o.paths;
    try {
      return new ControlFile(control, workerSocket);
    } catch (error) {
      if (!(error instanceof SegmentError) || error.errno !== ESTALE || !this.#o.launcher.sameLayout) throw error;
      rmSync(control, { force: true });
      return new ControlFile(control, workerSocket);
    }
  }

  /** Ends sessions. How many, or null: the worker did not answer in time. Rows of zones in the filter stay those of the active
   *  program, because nothing else is published meanwhile. */
  async clearSessions(filter: Uint8Array): Promise<bigint | null> {
    const sequence = this.open().clear(filter);
    for (const deadline = performance.now() + COMMAND_TIMEOUT_MS; performance.now() < deadline;) {
      const status = this.#o.view.current(this.#o.supervisor.worker);
      if (status !== null && status.command_sequence === sequence) return status.command_result;
      await new Promise((next) => setTimeout(next, COMMAND_POLL_MS));
    }
    return null;
  }

  close(): void {
    this.#control?.close();
    this.#control = null;
  }

  /** Ends a wait for a verdict. */
  cancel(): void {
    this.#cancelled = true;
  }

  /** A worker ended: judged() wants to know. */
  noteExit(exit: Exit): void {
    this.#exit = exit;
  }

  /** The worker itself says that it runs exactly the newest published program, and this is it. */
  runs(loaded: Loaded): boolean {
    const status = this.#o.view.current(this.#o.supervisor.worker);
    return status !== null && hexHash(status.active_hash) === loaded.hash && status.active_sequence === this.open().published();
  }

  /** The worker has judged the newest published program. */
  settled(): boolean {
    const status = this.#o.view.current(this.#o.supervisor.worker);
    return status !== null && this.#control !== null && status.judged_sequence === this.#control.published();
  }

  publish(next: Loaded): bigint {
    const control = this.open();
    const started = now();
    const bank = encode(next.program, { sequence: control.published() + 1n, hash: next.hash });
    this.#exit = null;
    try {
      const sequence = control.publish(bank);
      this.publishedAt = Date.now() / 1000;
      this.#o.log.debug({ hash: next.hash, sequence: String(sequence), bytes: bank.byteLength, ms: now() - started }, "published");
      return sequence;
    } catch (error) {
      if (!(error instanceof SegmentError)) throw error;
      throw new Problem("StateDirectoryUnusable", `the program cannot be handed to the worker: ${error.message}`, "", error);
    }
  }

  /** Returns when the worker accepted it. A worker that dies meanwhile is restarted by the supervisor and reads it again. */
  async judged(sequence: bigint, next: Loaded): Promise<void> {
    const deadline = now() + VERDICT_TIMEOUT_MS;
    while (now() < deadline) {
      this.#checkExit(next);
      if (this.#cancelled) throw new Problem("WorkerDown", "the agent is being stopped");
      const worker = this.#o.supervisor.worker;
      if (worker === null || !await this.#o.view.waitVerdict(worker, sequence, VERDICT_LOOK_MS)) await sleep(20);
      else if (this.#accepted(sequence, next)) return;
    }
    const fault = this.#o.view.fault === "" ? "" : `: ${this.#o.view.fault}`;
    throw new Problem("Timeout", `the worker gave no verdict within ${VERDICT_TIMEOUT_MS / 1000} s${fault}`);
  }

  #checkExit(next: Loaded): void {
    const exit = this.#exit;
    this.#exit = null;
    if (exit === null) return;
    if (this.#o.quarantined(next.hash))
      throw new Problem("Quarantined", `this configuration crashed the worker three times in a minute (${describeExit(exit)})`);
    if (!exit.healthy && !isCrash(exit)) throw new Problem("WorkerNotStarted", describeExit(exit));
  }

  /** False: the verdict is not about this sequence. Throws when the worker refused it. */
  #accepted(sequence: bigint, next: Loaded): boolean {
    const status = this.#o.view.current(this.#o.supervisor.worker);
    if (status === null || status.judged_sequence !== sequence) return false;
    const problem = verdictProblem(status, next.program);
    if (problem !== null) throw problem;
    const active = hexHash(status.active_hash);
    if (active !== next.hash) throw new Problem("ProgramCorrupt", `the worker acknowledged ${active}, not ${next.hash}`);
    return true;
  }
}
