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
import { preflight, sameArgs, type WorkerArgs } from "./host/preflight";
import { chooseStatePath, claimStateDir, fileSize, handStateOn, presentStateFile, removeIfEmpty, removeRuntimeFiles, stateFiles } from "./host/state-dir";
import { Handover } from "./handover";
import type { Loaded } from "./last-good";
import type { Log } from "./log";
import { asProblem, Problem } from "./problem";
import { loadLibrary, ringWorker, stateFileSize } from "./shm/segment";
import { ProgramStore } from "./store";
import { Supervisor } from "./supervisor";
import { describeExit, isCrash, isQuarantined, QUARANTINE_RETRY_MS, recordCrash, type CrashRecord, type Exit } from "./supervise";
import { verdictProblem } from "./verdict";
import { hexHash, WorkerView, type WorkerStatus } from "./worker-view";

const RETRY_FIRST_MS = 5_000;
const RETRY_LAST_MS = 60_000;

// Faults that can pass without a new program.
const RETRIED = new Set(["HugepagesInsufficient", "MemoryInsufficient", "CoresUnavailable", "PermissionDenied", "WorkerNotStarted",
  "PortUnavailable", "Timeout", "StateDirectoryUnusable", "StateUnreadable", "WorkerPodAbsent", "CPUNotPinned", "LayoutMismatch"]);

// Of these a new worker pod may be the cure: they are tried again as soon as there is one.
const POD_FAULTS = new Set(["WorkerPodAbsent", "CPUNotPinned", "CoresUnavailable", "HugepagesInsufficient", "PermissionDenied", "LayoutMismatch", "WorkerNotStarted"]);

interface Good {
  readonly loaded: Loaded;
  readonly args: WorkerArgs;
}

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
  readonly #claim: { made: boolean; release(): void };
  #desired: Loaded | null = null;
  #good: Good | null = null;
  #previous: Loaded | null = null;
  #problem: Problem | null = null;
  #lastExit: Exit | null = null;
  #crashes: CrashRecord = new Map();
  #queue: Promise<unknown> = Promise.resolve();
  #operations = 0;
  #retry = { at: Number.POSITIVE_INFINITY, count: 0 };
  #podSeen: boolean;
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
    const launcher = options.launcher ?? new ChildLauncher(workerPath(), this.paths);
    this.#launcher = launcher;
    this.#podSeen = launcher.present;
    this.supervisor = new Supervisor({
      workerLog: this.paths.workerLog, launcher, log: options.log, view: this.view,
      onFound: (worker) => { this.#onFound(worker); },
      onExit: (exit) => { this.#onExit(exit); }, onTick: () => { this.#onTick(); },
    });
    this.#store = new ProgramStore(this.paths, options.log);
    this.#handover = new Handover({
      paths: this.paths, log: options.log, view: this.view, supervisor: this.supervisor, launcher,
      quarantined: (hash) => isQuarantined(this.#crashes, hash),
    });
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
  get podCpus(): { cpus: string; exclusive: boolean } {
    return this.#launcher.podCpus;
  }
  /** Unix time in seconds of what happened last, for metrics. */
  get times(): { wanted: number | undefined; accepted: number | undefined; published: number | undefined } {
    return { wanted: this.#wantedAt, accepted: this.#acceptedAt, published: this.#handover.publishedAt };
  }
  get busy(): boolean { return this.#operations > 0; }

  /** Why the desired program is not what runs; null when it is. */
  get problem(): Problem | null {
    if (this.#problem !== null) return this.#problem;
    if (this.supervisor.worker !== null) return this.view.unread(this.supervisor.worker);
    if (this.#good === null) return null;
    if (!this.#launcher.present) return new Problem("WorkerPodAbsent", "the worker pod is gone: `portcullis explain node` says why; it goes on with its sessions when it is back");
    const exit = this.#lastExit;
    if (exit?.hung === true) return new Problem("WorkerUnresponsive", "the worker stopped giving signs of life and is being restarted");
    return new Problem("WorkerDown", `${exit === null ? "the worker ended" : describeExit(exit)}; it is being restarted`);
  }

  /** Status of the worker that runs now. */
  workerStatus(): WorkerStatus | null {
    return this.view.current(this.supervisor.worker);
  }

  /** Ends the sessions that a struct fw_session_filter selects. How many there were, or null: the worker did not answer. */
  clearSessions(filter: Uint8Array): Promise<bigint | null> {
    return this.#serial(() => this.#handover.clearSessions(filter));
  }

  /** The program on disk, or null. A damaged file is set aside and reported. */
  stored(): Loaded | null {
    return this.#store.read();
  }

  /** Runs this program from now on. Throws a Problem when it cannot; what ran before then still runs. */
  apply(next: Loaded): Promise<void> {
    if (this.#desired?.hash !== next.hash) this.#wantedAt = Date.now() / 1000;
    this.#desired = next;
    this.#retry = { at: Number.POSITIVE_INFINITY, count: 0 };
    return this.#serial(() => this.#apply(next));
  }

  /** Stops forwarding and forgets the stored program. */
  withdraw(): Promise<void> {
    this.#desired = null;
    this.#retry = { at: Number.POSITIVE_INFINITY, count: 0 };
    return this.#serial(async () => {
      this.#good = null;
      this.#previous = null;
      this.#problem = null;
      await this.#stopWorker();
      this.#store.forget();
      this.#handover.close();
      for (const path of [...stateFiles(this.paths), this.paths.control, this.paths.launch]) rmSync(path, { force: true });
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
    await this.#queue;
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
    const status = this.workerStatus();
    if (loaded !== null && args !== null && status !== null && hexHash(status.active_hash) === loaded.hash) this.#good = { loaded, args };
  }

  #serial<T>(operation: () => Promise<T>): Promise<T> {
    this.#operations += 1;
    const result = this.#queue.then(operation);
    this.#queue = result.catch(() => undefined).then(() => { this.#operations -= 1; });
    return result;
  }

  async #apply(next: Loaded): Promise<void> {
    const before = this.#good;
    const touched = { yes: false, retired: false };
    try {
      const args = await this.#bring(next, touched);
      this.#accept({ loaded: next, args });
    } catch (error) {
      const problem = asProblem(error, "WorkerNotStarted");
      const level = this.#problem?.message === problem.message ? "debug" : "info"; // a retry is told once
      this.#problem = problem;
      if (before === null || !touched.retired) this.#planRetry(problem); // trying again must not cost what runs
      if (touched.yes) await this.#restore(before, level);
      throw problem;
    }
  }

  /** Everything from the check of the machine to the worker's verdict. */
  async #bring(next: Loaded, touched: { yes: boolean; retired: boolean }): Promise<WorkerArgs> {
    if (isQuarantined(this.#crashes, next.hash) && this.#good !== null && this.#good.loaded.hash !== next.hash)
      throw new Problem("Quarantined", "this configuration crashed the worker three times in a minute: change it, the previous one runs");
    const { args, statePath, before } = this.#plan(next);
    const worker = this.supervisor.worker;
    const same = worker?.args != null && sameArgs(worker.args, args) && worker.statePath === statePath;
    if (same && this.#handover.runs(next)) return args;
    const unread = same ? this.view.unread(worker) : null;
    if (unread !== null) throw unread; // it would not be known what it made of it
    if (worker !== null && !same) {
      touched.yes = touched.retired = true;
      await this.#retire();
    }
    const sequence = this.#handover.publish(next);
    touched.yes = true;
    if (!same) this.#start(args, statePath, before);
    await this.#handover.judged(sequence, next);
    return args;
  }

  /** before: the state file that there is now. */
  #plan(next: Loaded): { args: WorkerArgs; statePath: string; before: string | null } {
    const facts = this.#launcher.facts();
    const { sessions, pageBytes } = next.program.dataplane;
    const present = presentStateFile(this.paths);
    const worker = this.supervisor.worker;
    const held = {
      args: worker?.args ?? null,
      stateBytes: fileSize(present),
      statePageSize: present === this.paths.state ? 4096 : (worker?.args?.pageSize ?? pageBytes),
    };
    const size = Number(stateFileSize(sessions.ipv4, sessions.ipv6, next.program.limits.bindings, pageBytes));
    const args = preflight(next.program, facts, held, size);
    return { args, statePath: chooseStatePath(this.paths, pageBytes, facts), before: present };
  }

  /** Ends the worker for its successor. */
  async #retire(): Promise<void> {
    this.supervisor.hold();
    await this.supervisor.stop(true);
  }

  #start(args: WorkerArgs, statePath: string, before: string | null): void {
    handStateOn(this.paths, before, statePath);
    this.supervisor.want(args, statePath);
  }

  #accept(good: Good): void {
    if (this.#good !== null && this.#good.loaded.hash !== good.loaded.hash) this.#previous = this.#good.loaded;
    this.#good = good;
    this.#acceptedAt = Date.now() / 1000;
    this.#problem = null;
    this.#retry = { at: Number.POSITIVE_INFINITY, count: 0 };
    this.#store.save(good.loaded, this.#previous);
    this.#log.info({ config: good.loaded.program.config, hash: good.loaded.hash.slice(0, 12) }, "configuration is active");
  }

  /** After a failure: what ran before runs again, or nothing does. */
  async #restore(good: Good | null, level: "debug" | "info"): Promise<void> {
    if (good === null) return this.#runsSomething() ? undefined : this.#stopWorker();
    try {
      const worker = this.supervisor.worker;
      const { statePath, before } = this.#plan(good.loaded);
      const same = worker?.args != null && sameArgs(worker.args, good.args);
      if (worker !== null && !same) await this.#retire();
      const sequence = this.#handover.publish(good.loaded);
      if (!same) this.#start(good.args, statePath, before);
      await this.#handover.judged(sequence, good.loaded);
      this.#log[level]({ config: good.loaded.program.config, hash: good.loaded.hash.slice(0, 12) }, "the previous configuration runs on");
    } catch (error) {
      this.#notBroughtBack(error);
    }
  }

  /** A worker that was taken over goes on with a program that this agent does not know. */
  #runsSomething(): boolean {
    const status = this.workerStatus();
    return status === null ? this.view.unread(this.supervisor.worker) !== null : hexHash(status.active_hash) !== "";
  }

  async #stopWorker(): Promise<void> {
    this.supervisor.hold();
    await this.supervisor.stop(false);
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
    if (isCrash(exit) && running != null) {
      this.#crashes = recordCrash(this.#crashes, running.hash, now());
      if (isQuarantined(this.#crashes, running.hash) && !this.busy) void this.#serial(() => this.#fallBack(running));
    }
  }

  /** The running program crashed the worker too often: the one before it runs again, or this one after a pause. */
  async #fallBack(culprit: Loaded): Promise<void> {
    const previous = this.#previous ?? this.#store.readPrevious();
    this.#problem = new Problem("Quarantined", `this configuration crashed the worker three times in a minute; ${
      previous === null ? `there is no earlier one, it is tried again every ${QUARANTINE_RETRY_MS / 1000} s` : "the previous one runs"}`);
    this.#log.error({ hash: culprit.hash.slice(0, 12) }, this.#problem.message);
    if (previous === null || previous.hash === culprit.hash) return this.supervisor.pause(QUARANTINE_RETRY_MS);
    this.#previous = null;
    const problem = this.#problem;
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

  #planRetry(problem: Problem): void {
    if (!RETRIED.has(problem.reason)) return;
    const delay = Math.min(RETRY_FIRST_MS * 2 ** this.#retry.count, RETRY_LAST_MS);
    this.#retry = { at: now() + delay, count: this.#retry.count + 1 };
  }

  #onTick(): void {
    if (this.busy || this.#closed) return;
    this.#noticeRefusal();
    this.#noticeUnread();
    this.#noticePod();
    this.#store.tick();
    if (this.#desired !== null && now() >= this.#retry.at) this.#applyAgain(this.#desired);
  }

  #noticeUnread(): void {
    const unread = this.view.unread(this.supervisor.worker);
    if (unread !== null && unread.message !== this.#unreadTold) this.#log.warn({ reason: unread.reason }, unread.sentence);
    this.#unreadTold = unread?.message ?? "";
  }

  /** A new worker pod may have what the one before lacked. */
  #noticePod(): void {
    const { present } = this.#launcher;
    if (present && !this.#podSeen && this.#problem !== null && POD_FAULTS.has(this.#problem.reason)) this.#retry = { at: now(), count: 0 };
    this.#podSeen = present;
  }

  #applyAgain(desired: Loaded): void {
    const before = this.#problem?.message;
    this.#retry = { ...this.#retry, at: Number.POSITIVE_INFINITY };
    this.#serial(() => this.#apply(desired)).catch((error: unknown) => {
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
    this.#planRetry(problem);
  }
}
