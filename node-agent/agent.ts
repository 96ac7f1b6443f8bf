// SPDX-License-Identifier: Apache-2.0
// The node-agent's core, the same standalone and in a cluster: it brings a program to the worker and keeps it there.
//
// One operation at a time. A program is checked against the machine, encoded, published, and judged by the worker. Only
// then is it "good" and stored on disk. Whatever fails, the good one is published again, so that the bank which a
// restarted worker reads always holds a program that ran. Faults of the machine are tried again later.
import { rmSync } from "node:fs";
import type { Launcher, WorkerProcess } from "./host/launcher";
import { ChildLauncher } from "./host/launcher-child";
import { libraryPath, statePaths, workerPath, type StatePaths } from "./host/paths";
import type { WorkerArgs } from "./host/preflight";
import { claimStateDir, removeIfEmpty, removeRuntimeFiles, removeWorkerFiles } from "./host/state-dir";
import { Bringer, type Good, type Touched } from "./bring";
import { Handover } from "./handover";
import type { Loaded } from "./last-good";
import type { Log } from "./log";
import { asProblem, Problem } from "./problem";
import { Quarantine } from "./quarantine";
import { Retry } from "./retry";
import { Serial } from "./serial";
import { loadLibrary, ringWorker } from "./shm/segment";
import { ProgramStore } from "./store";
import { Supervisor } from "./supervisor";
import { describeExit, downProblem, QUARANTINE_RETRY_MS, type Exit } from "./supervise";
import { verdictProblem } from "./verdict";
import { hexHash, WorkerView, type WorkerStatus } from "./worker-view";

export interface AgentOptions {
  readonly stateDir: string;
  readonly log: Log;
  /** Default: workers are children of this process. */
  readonly launcher?: Launcher;
}

const now = (): number => Math.round(performance.now());

export class Agent {
  readonly paths: StatePaths;
  readonly view: WorkerView;
  readonly supervisor: Supervisor;
  readonly startedAt = new Date();
  readonly #log: Log;
  readonly #store: ProgramStore;
  readonly #handover: Handover;
  readonly #launcher: Launcher;
  readonly #bringer: Bringer;
  readonly #quarantine = new Quarantine();
  readonly #retry: Retry;
  readonly #operations = new Serial();
  readonly #claim: { made: boolean; release(): void };
  #desired: Loaded | null = null;
  #good: Good | null = null;
  #previous: Loaded | null = null;
  #problem: Problem | null = null;
  #lastExit: Exit | null = null;
  #wantedAt: number | undefined;
  #acceptedAt: number | undefined;
  #closed = false;
  #unreadTold = "";

  /** Claims the state directory and takes over a running worker. Throws a Problem. */
  constructor(options: AgentOptions) {
    this.#log = options.log;
    this.paths = statePaths(options.stateDir);
    this.view = new WorkerView(() => ringWorker(this.paths.workerSocket));
    loadLibrary(libraryPath());
    this.#claim = claimStateDir(this.paths);
    const launcher = this.#launcher = options.launcher ?? new ChildLauncher(workerPath(), this.paths);
    this.#retry = new Retry(launcher.present);
    this.supervisor = new Supervisor({
      workerLog: this.paths.workerLog, launcher, log: options.log, view: this.view,
      onFound: (worker) => { this.#onFound(worker); },
      onExit: (exit) => { this.#onExit(exit); }, onTick: () => { this.#onTick(); },
    });
    this.#store = new ProgramStore(this.paths, options.log);
    const { paths, view, supervisor } = this;
    this.#handover = new Handover({ paths, log: options.log, view, supervisor, launcher, quarantined: (hash) => this.#quarantine.holds(hash) });
    this.#bringer = new Bringer({ paths, launcher, view, supervisor, handover: this.#handover });
    try {
      const adopted = this.supervisor.adopt();
      if (adopted !== null) {
        this.#handover.open();
        this.#log.info({ pid: adopted.pid }, "took over the running worker");
        this.#recogniseGood(adopted.args);
      } else if (options.launcher === undefined) rmSync(this.paths.control, { force: true });
    } catch (error) {
      void this.supervisor.close();
      this.#claim.release();
      throw error;
    }
  }

  get desired(): Loaded | null { return this.#desired; }
  get good(): Loaded | null { return this.#good?.loaded ?? null; }
  get storedHash(): string { return this.#store.hash; }
  get storeProblem(): Problem | null { return this.#store.problem; }
  /** CPUs that the worker pod was given; "": it has none, or is not there. */
  get podCpus(): { cpus: string; exclusive: boolean } { return this.#launcher.podCpus; }
  /** Unix time in seconds of what happened last, for metrics. */
  get times(): { wanted: number | undefined; accepted: number | undefined; published: number | undefined } {
    return { wanted: this.#wantedAt, accepted: this.#acceptedAt, published: this.#handover.publishedAt };
  }
  get busy(): boolean { return this.#operations.busy; }

  /** Why the desired program is not what runs; null when it is. */
  get problem(): Problem | null {
    if (this.#problem !== null) return this.#problem;
    if (this.supervisor.worker !== null) return this.view.unread(this.supervisor.worker);
    if (this.#good === null) return null;
    if (!this.#launcher.present) return new Problem("WorkerPodAbsent", "the worker pod is gone: `portcullis explain node` says why; it goes on with its sessions when it is back");
    return downProblem(this.#lastExit);
  }

  /** Status of the worker that runs now. */
  workerStatus(): WorkerStatus | null {
    return this.view.current(this.supervisor.worker);
  }

  /** Ends the sessions that a struct fw_session_filter selects. How many there were, or null: the worker did not answer. */
  clearSessions(filter: Uint8Array): Promise<bigint | null> {
    return this.#operations.run(() => this.#handover.clearSessions(filter));
  }

  /** The program on disk, or null. A damaged file is set aside and reported. */
  stored(): Loaded | null {
    return this.#store.read();
  }

  /** Runs this program from now on. Throws a Problem when it cannot; what ran before then still runs. */
  apply(next: Loaded): Promise<void> {
    if (this.#desired?.hash !== next.hash) this.#wantedAt = Date.now() / 1000;
    this.#desired = next;
    this.#retry.clear();
    return this.#operations.run(() => this.#apply(next));
  }

  /** Stops forwarding and forgets the stored program. */
  withdraw(): Promise<void> {
    this.#desired = null;
    this.#retry.clear();
    return this.#operations.run(async () => {
      this.#good = null;
      this.#previous = null;
      this.#problem = null;
      await this.#stopWorker();
      this.#store.forget();
      this.#handover.close();
      removeWorkerFiles(this.paths);
    });
  }

  /** Ends the wait for a verdict, so that close() need not wait for it. */
  cancel(): void {
    this.#closed = true;
    this.#handover.cancel();
  }

  /** Ends this agent. keepWorker: forwarding goes on without it; else worker and runtime files are removed too. */
  async close(keepWorker: boolean, forgetLog = false): Promise<void> {
    this.cancel();
    await this.#operations.idle();
    if (!keepWorker) await this.#stopWorker();
    await this.supervisor.close();
    this.#launcher.close();
    this.view.forget();
    this.#handover.close();
    if (!keepWorker) removeRuntimeFiles(this.paths, this.#lastExit === null || this.#lastExit.code === 0);
    if (forgetLog) rmSync(this.paths.workerLog, { force: true });
    if (keepWorker) rmSync(this.paths.agentSocket, { force: true });
    this.#claim.release();
    if (!keepWorker && this.#claim.made) removeIfEmpty(this.paths.dir);
  }

  /** The program of a worker that was taken over, when it is the stored one. */
  #recogniseGood(args: WorkerArgs | null): void {
    const loaded = this.stored();
    if (loaded !== null && args !== null && this.#active() === loaded.hash) this.#good = { loaded, args };
  }

  async #apply(next: Loaded): Promise<void> {
    const before = this.#good;
    const touched: Touched = { yes: false, retired: false };
    try {
      const args = await this.#bring(next, touched);
      this.#accept({ loaded: next, args });
    } catch (error) {
      const problem = asProblem(error, "WorkerNotStarted");
      const level = this.#problem?.message === problem.message ? "debug" : "info"; // a retry is told once
      this.#problem = problem;
      if (before === null || !touched.retired) this.#retry.plan(problem, now()); // trying again must not cost what runs
      if (touched.yes) await this.#restore(before, level);
      throw problem;
    }
  }

  async #bring(next: Loaded, touched: Touched): Promise<WorkerArgs> {
    this.#quarantine.check(next, this.good);
    return this.#bringer.bring(next, touched);
  }

  #accept(good: Good): void {
    if (this.#good !== null && this.#good.loaded.hash !== good.loaded.hash) this.#previous = this.#good.loaded;
    this.#good = good;
    this.#acceptedAt = Date.now() / 1000;
    this.#problem = null;
    this.#retry.clear();
    this.#store.save(good.loaded, this.#previous);
    this.#log.info({ config: good.loaded.program.config, hash: good.loaded.hash.slice(0, 12) }, "configuration is active");
  }

  /** After a failure: what ran before runs again, or nothing does. */
  async #restore(good: Good | null, level: "debug" | "info"): Promise<void> {
    if (good === null) return this.#runsSomething() ? undefined : this.#stopWorker();
    try {
      await this.#bringer.bringBack(good);
      this.#log[level]({ config: good.loaded.program.config, hash: good.loaded.hash.slice(0, 12) }, "the previous configuration runs on");
    } catch (error) {
      this.#notBroughtBack(error);
    }
  }

  /** Hash of the program that the worker runs; "": none, or no worker. */
  #active(): string {
    return hexHash(this.workerStatus()?.active_hash ?? new Uint8Array(32));
  }

  /** A worker that was taken over goes on with a program that this agent does not know, or cannot read. */
  #runsSomething(): boolean {
    return this.workerStatus() === null ? this.view.unread(this.supervisor.worker) !== null : this.#active() !== "";
  }

  #stopWorker(): Promise<void> {
    this.supervisor.hold();
    return this.supervisor.stop(false);
  }

  /** The worker pod came, or its launcher started the worker again. */
  #onFound(worker: WorkerProcess): void {
    this.#log.info({ pid: worker.pid }, "the worker runs");
    if (this.busy || this.#closed) return;
    try {
      this.#handover.open();
      if (this.#good === null) this.#recogniseGood(worker.args);
    } catch (error) {
      this.#problem = asProblem(error, "WorkerNotStarted");
      this.#log.error({ reason: this.#problem.reason }, this.#problem.sentence);
    }
  }

  #onExit(exit: Exit): void {
    this.#lastExit = exit;
    this.#handover.noteExit(exit);
    // During an operation its caller tells what went wrong.
    if (!exit.asked) this.#log[this.busy ? "debug" : "error"]({ healthy: exit.healthy }, describeExit(exit));
    const running = this.busy ? this.#desired : this.#good?.loaded;
    if (running != null && this.#quarantine.note(exit, running, now()) && !this.busy) void this.#operations.run(() => this.#fallBack(running));
  }

  /** The running program crashed the worker too often: the one before it runs again, or this one after a pause. */
  async #fallBack(culprit: Loaded): Promise<void> {
    const previous = this.#previous ?? this.#store.readPrevious();
    const problem = this.#problem = this.#quarantine.problem(previous);
    this.#log.error({ hash: culprit.hash.slice(0, 12) }, problem.message);
    if (previous === null || previous.hash === culprit.hash) return this.supervisor.pause(QUARANTINE_RETRY_MS);
    this.#previous = null;
    const args = await this.#bring(previous, { yes: true, retired: true }).catch((error: unknown) => this.#notBroughtBack(error));
    if (args === null) return;
    this.#good = { loaded: previous, args };
    this.#store.save(previous, null);
    this.#problem = problem;
  }

  #notBroughtBack(error: unknown): null {
    const problem = asProblem(error, "WorkerNotStarted");
    this.#log.error({ reason: problem.reason }, `the previous configuration could not be brought back: ${problem.sentence}`);
    return null;
  }

  #onTick(): void {
    if (this.busy || this.#closed) return;
    this.#noticeRefusal();
    this.#noticeUnread();
    this.#retry.notice(this.#launcher.present, this.#problem, now());
    this.#store.tick();
    if (this.#desired !== null && this.#retry.due(now())) this.#applyAgain(this.#desired);
  }

  #noticeUnread(): void {
    const unread = this.view.unread(this.supervisor.worker);
    if (unread !== null && unread.message !== this.#unreadTold) this.#log.warn({ reason: unread.reason }, unread.sentence);
    this.#unreadTold = unread?.message ?? "";
  }

  #applyAgain(desired: Loaded): void {
    const before = this.#problem?.message;
    this.#operations.run(() => this.#apply(desired)).catch((error: unknown) => {
      const problem = asProblem(error, "WorkerNotStarted");
      this.#log[problem.message === before ? "debug" : "warn"]({ reason: problem.reason }, problem.sentence);
    });
  }

  /** A worker that was restarted may refuse what its predecessor ran, for example because a port is gone. */
  #noticeRefusal(): void {
    const status = this.workerStatus();
    const good = this.#good;
    if (status === null || good === null || !this.#handover.settled()) return;
    if (hexHash(status.active_hash) === good.loaded.hash) {
      if (good.loaded.hash === this.#desired?.hash) this.#problem = null; // what was wrong has passed
      return;
    }
    const problem = verdictProblem(status, good.loaded.program);
    if (problem === null || this.#problem?.message === problem.message) return;
    this.#problem = problem;
    this.#log.error({ reason: problem.reason }, problem.sentence);
    this.#retry.plan(problem, now());
  }
}
