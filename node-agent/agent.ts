// SPDX-License-Identifier: Apache-2.0
// The node-agent's core, the same standalone and in a cluster: it brings a program to the worker and keeps it there.
//
// One operation at a time. A program is checked against the machine, encoded, published, and judged by the worker. Only
// then is it "good" and stored on disk. Whatever fails, the good one is published again, so that the bank which a
// restarted worker reads always holds a program that ran. Faults of the machine are tried again later.
import { rmSync } from "node:fs";
import { encode } from "./encode";
import { hostFacts } from "./host/facts";
import { libraryPath, statePaths, workerPath, type StatePaths } from "./host/paths";
import { preflight, sameArgs, type WorkerArgs } from "./host/preflight";
import { chooseStatePath, claimStateDir, fileSize, presentStateFile, removeIfEmpty, removeRuntimeFiles } from "./host/state-dir";
import { readLastGood, saveLastGood, setAside, type Loaded } from "./last-good";
import type { Log } from "./log";
import { asProblem, Problem } from "./problem";
import { ControlFile, loadLibrary, SegmentError, stateFileSize } from "./shm/segment";
import { Supervisor } from "./supervisor";
import { describeExit, isCrash, isQuarantined, QUARANTINE_RETRY_MS, recordCrash, type CrashRecord, type Exit } from "./supervise";
import { verdictProblem } from "./verdict";
import { WorkerView, type WorkerStatus } from "./worker-view";

const VERDICT_TIMEOUT_MS = 120_000;
const RETRY_FIRST_MS = 5_000;
const RETRY_LAST_MS = 60_000;

// Faults that can pass without a new program.
const RETRIED = new Set(["HugepagesInsufficient", "MemoryInsufficient", "CoresUnavailable", "PermissionDenied", "WorkerNotStarted",
  "PortUnavailable", "Timeout", "StateDirectoryUnusable"]);

interface Good {
  readonly loaded: Loaded;
  readonly args: WorkerArgs;
}

export interface AgentOptions {
  readonly stateDir: string;
  readonly log: Log;
}

const now = (): number => Math.round(performance.now());
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Agent {
  readonly paths: StatePaths;
  readonly view = new WorkerView();
  readonly supervisor: Supervisor;
  readonly startedAt = new Date();
  readonly #log: Log;
  readonly #claim: { made: boolean; release(): void };
  #control: ControlFile | null = null;
  #desired: Loaded | null = null;
  #good: Good | null = null;
  #previous: Loaded | null = null;
  #problem: Problem | null = null;
  #storeProblem: Problem | null = null;
  #storedHash = "";
  #lastExit: Exit | null = null;
  #exitSeen: Exit | null = null;
  #crashes: CrashRecord = new Map();
  #queue: Promise<unknown> = Promise.resolve();
  #operations = 0;
  #retry = { at: Number.POSITIVE_INFINITY, count: 0 };
  #listeners: (() => void)[] = [];
  #closed = false;

  /** Claims the state directory and takes over a running worker. Throws a Problem. */
  constructor(options: AgentOptions) {
    this.#log = options.log;
    this.paths = statePaths(options.stateDir);
    loadLibrary(libraryPath());
    this.#claim = claimStateDir(this.paths);
    this.supervisor = new Supervisor({
      paths: this.paths, binary: workerPath(), log: options.log, view: this.view,
      onExit: (exit) => { this.#onExit(exit); }, onTick: () => { this.#onTick(); },
    });
    try {
      const adopted = this.supervisor.adopt();
      if (adopted !== null) {
        this.#openControl();
        this.#log.info({ pid: adopted.pid }, "took over the running worker");
        this.#recogniseGood(adopted.args);
      } else rmSync(this.paths.control, { force: true });
    } catch (error) {
      void this.supervisor.close();
      this.#claim.release();
      throw error;
    }
  }

  get desired(): Loaded | null { return this.#desired; }
  get good(): Loaded | null { return this.#good?.loaded ?? null; }
  get storedHash(): string { return this.#storedHash; }
  get storeProblem(): Problem | null { return this.#storeProblem; }
  get busy(): boolean { return this.#operations > 0; }

  /** Why the desired program is not what runs; null when it is. */
  get problem(): Problem | null {
    if (this.#problem !== null) return this.#problem;
    if (this.supervisor.worker !== null || this.#good === null) return null;
    const exit = this.#lastExit;
    if (exit?.hung === true) return new Problem("WorkerUnresponsive", "the worker stopped giving signs of life and is being restarted");
    return new Problem("WorkerDown", `${exit === null ? "the worker ended" : describeExit(exit)}; it is being restarted`);
  }

  /** Status of the worker that runs now. */
  workerStatus(): WorkerStatus | null {
    const worker = this.supervisor.worker;
    return worker === null ? null : this.view.status(worker);
  }

  /** Told after every change that may matter to a reader of the status. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The program on disk, or null. A damaged file is set aside and reported. */
  stored(): Loaded | null {
    for (const path of [this.paths.lastGood, this.paths.previousGood]) {
      try {
        const found = readLastGood(path);
        if (found === null) continue;
        if (path === this.paths.lastGood) this.#storedHash = found.hash;
        return found;
      } catch (error) {
        const problem = asProblem(error, "LastGoodCorrupt");
        this.#log.error({ reason: problem.reason }, problem.message);
        this.#storeProblem = problem;
        if (problem.reason === "LastGoodCorrupt") setAside(path);
      }
    }
    return null;
  }

  /** Runs this program from now on. Throws a Problem when it cannot; what ran before then still runs. */
  apply(next: Loaded): Promise<void> {
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
      this.#storeProblem = null;
      await this.#stopWorker();
      for (const path of [this.paths.lastGood, this.paths.previousGood]) rmSync(path, { force: true });
      this.#storedHash = "";
      this.#control?.close();
      this.#control = null;
      for (const path of [presentStateFile(this.paths), this.paths.statePointer, this.paths.control]) if (path !== null) rmSync(path, { force: true });
    });
  }

  /** Ends the wait for a verdict, so that close() need not wait for it. */
  cancel(): void {
    this.#closed = true;
  }

  /** Ends this agent. keepWorker: forwarding goes on without it; else worker and runtime files are removed too. */
  async close(keepWorker: boolean, forgetLog = false): Promise<void> {
    this.#closed = true;
    await this.#queue;
    if (!keepWorker) await this.#stopWorker();
    await this.supervisor.close();
    this.view.forget();
    this.#control?.close();
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
    this.#queue = result.catch(() => undefined).then(() => {
      this.#operations -= 1;
      this.#changed();
    });
    return result;
  }

  async #apply(next: Loaded): Promise<void> {
    const before = this.#good;
    const touched = { yes: false };
    try {
      const args = await this.#bring(next, touched);
      this.#accept({ loaded: next, args });
    } catch (error) {
      const problem = asProblem(error, "WorkerNotStarted");
      this.#problem = problem;
      this.#planRetry(problem);
      this.#changed();
      if (touched.yes) await this.#restore(before);
      throw problem;
    }
  }

  /** Everything from the check of the machine to the worker's verdict. */
  async #bring(next: Loaded, touched: { yes: boolean }): Promise<WorkerArgs> {
    if (isQuarantined(this.#crashes, next.hash) && this.#good !== null && this.#good.loaded.hash !== next.hash)
      throw new Problem("Quarantined", "this configuration crashed the worker three times in a minute: change it, the previous one runs");
    const { args, statePath } = this.#plan(next);
    const worker = this.supervisor.worker;
    const same = worker?.args != null && sameArgs(worker.args, args) && worker.statePath === statePath;
    if (same && this.#runs(next)) return args;
    if (worker !== null && !same) {
      touched.yes = true;
      await this.#retire(statePath);
    }
    this.#exitSeen = null;
    const sequence = this.#publish(next);
    touched.yes = true;
    if (!same) this.supervisor.want(args, statePath);
    await this.#judged(sequence, next);
    return args;
  }

  #plan(next: Loaded): { args: WorkerArgs; statePath: string } {
    const facts = hostFacts(this.paths.dir);
    const { sessions, pageBytes } = next.program.dataplane;
    const present = presentStateFile(this.paths);
    const worker = this.supervisor.worker;
    const held = {
      args: worker?.args ?? null,
      stateBytes: fileSize(present),
      statePageSize: present === this.paths.state ? 4096 : (worker?.args?.pageSize ?? pageBytes),
    };
    const args = preflight(next.program, facts, held, Number(stateFileSize(sessions.ipv4, sessions.ipv6, pageBytes)));
    return { args, statePath: chooseStatePath(this.paths, pageBytes, facts) };
  }

  /** The worker itself says that it runs exactly the newest published program, and this is it. */
  #runs(next: Loaded): boolean {
    const status = this.workerStatus();
    return status !== null && hexHash(status.active_hash) === next.hash && status.active_sequence === this.#openControl().published();
  }

  /** Ends the worker for its successor; a state file in other pages cannot be taken along. */
  async #retire(nextStatePath: string): Promise<void> {
    const old = this.supervisor.worker?.statePath;
    this.supervisor.hold();
    await this.supervisor.stop(true);
    if (old !== undefined && old !== nextStatePath) rmSync(old, { force: true });
  }

  #openControl(): ControlFile {
    if (this.#control !== null) return this.#control;
    try {
      this.#control = new ControlFile(this.paths.control, this.paths.workerSocket);
    } catch (error) {
      if (!(error instanceof SegmentError)) throw error;
      const running = this.supervisor.worker;
      const cure = running === null ? "" : `; end the worker (pid ${running.pid}) to run this version`;
      throw new Problem(error.errno === 116 ? "LayoutMismatch" : "StateDirectoryUnusable", `${error.message}${cure}`, "", error);
    }
    return this.#control;
  }

  #publish(next: Loaded): bigint {
    const control = this.#openControl();
    const started = now();
    const bank = encode(next.program, { sequence: control.published() + 1n, hash: next.hash });
    try {
      const sequence = control.publish(bank);
      this.#log.debug({ hash: next.hash, sequence: String(sequence), bytes: bank.byteLength, ms: now() - started }, "published");
      return sequence;
    } catch (error) {
      if (!(error instanceof SegmentError)) throw error;
      throw new Problem("StateDirectoryUnusable", `the program cannot be handed to the worker: ${error.message}`, "", error);
    }
  }

  /** Returns when the worker accepted it. A worker that dies meanwhile is restarted by the supervisor and reads it again. */
  async #judged(sequence: bigint, next: Loaded): Promise<void> {
    const deadline = now() + VERDICT_TIMEOUT_MS;
    while (now() < deadline) {
      const exit = this.#takeExit();
      if (exit !== null && isQuarantined(this.#crashes, next.hash))
        throw new Problem("Quarantined", `this configuration crashed the worker three times in a minute (${describeExit(exit)})`);
      if (exit !== null && !exit.healthy && !isCrash(exit)) throw new Problem("WorkerNotStarted", describeExit(exit));
      if (this.#closed) throw new Problem("WorkerDown", "the agent is being stopped");
      const worker = this.supervisor.worker;
      if (worker === null) await sleep(20);
      else if (!await this.view.waitVerdict(worker, sequence, 200)) await sleep(20);
      else if (this.#verdict(sequence, next)) return;
    }
    throw new Problem("Timeout", `the worker gave no verdict within ${VERDICT_TIMEOUT_MS / 1000} s${this.view.fault === "" ? "" : `: ${this.view.fault}`}`);
  }

  #verdict(sequence: bigint, next: Loaded): boolean {
    const status = this.workerStatus();
    if (status === null || status.judged_sequence !== sequence) return false;
    const problem = verdictProblem(status, next.program);
    if (problem !== null) throw problem;
    if (hexHash(status.active_hash) !== next.hash)
      throw new Problem("ProgramCorrupt", `the worker acknowledged ${hexHash(status.active_hash)}, not ${next.hash}`);
    return true;
  }

  #takeExit(): Exit | null {
    const exit = this.#exitSeen;
    this.#exitSeen = null;
    return exit;
  }

  #accept(good: Good): void {
    if (this.#good !== null && this.#good.loaded.hash !== good.loaded.hash) this.#previous = this.#good.loaded;
    this.#good = good;
    this.#problem = null;
    this.#retry = { at: Number.POSITIVE_INFINITY, count: 0 };
    this.#store(good.loaded);
    this.#log.info({ config: good.loaded.program.config, hash: good.loaded.hash.slice(0, 12) }, "configuration is active");
  }

  #store(loaded: Loaded): void {
    if (this.#storedHash === loaded.hash) return;
    try {
      if (this.#previous !== null) saveLastGood(this.paths.previousGood, this.#previous);
      saveLastGood(this.paths.lastGood, loaded);
      this.#storedHash = loaded.hash;
      this.#storeProblem = null;
    } catch (error) {
      this.#storeProblem = asProblem(error, "LastGoodNotSaved");
      this.#log.error({ reason: this.#storeProblem.reason }, this.#storeProblem.message);
    }
  }

  /** After a failure: what ran before runs again, or nothing does. */
  async #restore(good: Good | null): Promise<void> {
    if (good === null) return this.#runsSomething() ? undefined : this.#stopWorker();
    try {
      const worker = this.supervisor.worker;
      const { statePath } = this.#plan(good.loaded);
      const same = worker?.args != null && sameArgs(worker.args, good.args);
      if (worker !== null && !same) await this.#retire(statePath);
      const sequence = this.#publish(good.loaded);
      if (!same) this.supervisor.want(good.args, statePath);
      await this.#judged(sequence, good.loaded);
      this.#log.info({ config: good.loaded.program.config, hash: good.loaded.hash.slice(0, 12) }, "the previous configuration runs on");
    } catch (error) {
      this.#notBroughtBack(error);
    }
  }

  /** A worker that was taken over goes on with a program that this agent does not know. */
  #runsSomething(): boolean {
    const status = this.workerStatus();
    return status !== null && hexHash(status.active_hash) !== "";
  }

  async #stopWorker(): Promise<void> {
    this.supervisor.hold();
    await this.supervisor.stop(false);
  }

  #onExit(exit: Exit): void {
    this.#lastExit = exit;
    this.#exitSeen = exit;
    // During an operation its caller tells what went wrong.
    if (!exit.asked) this.#log[this.busy ? "debug" : "error"]({ healthy: exit.healthy }, describeExit(exit));
    const running = this.busy ? this.#desired : this.#good?.loaded;
    if (isCrash(exit) && running != null) {
      this.#crashes = recordCrash(this.#crashes, running.hash, now());
      if (isQuarantined(this.#crashes, running.hash) && !this.busy) void this.#serial(() => this.#fallBack(running));
    }
    this.#changed();
  }

  /** The running program crashed the worker too often: the one before it runs again, or this one after a pause. */
  async #fallBack(culprit: Loaded): Promise<void> {
    const previous = this.#previous ?? this.#readPrevious();
    this.#problem = new Problem("Quarantined", `this configuration crashed the worker three times in a minute; ${
      previous === null ? `there is no earlier one, it is tried again every ${QUARANTINE_RETRY_MS / 1000} s` : "the previous one runs"}`);
    this.#log.error({ hash: culprit.hash.slice(0, 12) }, this.#problem.message);
    if (previous === null || previous.hash === culprit.hash) return this.supervisor.pause(QUARANTINE_RETRY_MS);
    this.#previous = null;
    const problem = this.#problem;
    const args = await this.#bring(previous, { yes: true }).catch((error: unknown) => this.#notBroughtBack(error));
    if (args === null) return;
    this.#good = { loaded: previous, args };
    this.#store(previous);
    this.#problem = problem;
  }

  #notBroughtBack(error: unknown): null {
    const problem = asProblem(error, "WorkerNotStarted");
    this.#log.error({ reason: problem.reason }, `the previous configuration could not be brought back: ${problem.sentence}`);
    return null;
  }

  #readPrevious(): Loaded | null {
    try {
      return readLastGood(this.paths.previousGood);
    } catch {
      return null;
    }
  }

  #planRetry(problem: Problem): void {
    if (!RETRIED.has(problem.reason)) return;
    const delay = Math.min(RETRY_FIRST_MS * 2 ** this.#retry.count, RETRY_LAST_MS);
    this.#retry = { at: now() + delay, count: this.#retry.count + 1 };
  }

  #onTick(): void {
    if (!this.busy && !this.#closed) {
      this.#noticeRefusal();
      const desired = this.#desired;
      if (desired !== null && now() >= this.#retry.at) {
        this.#retry = { ...this.#retry, at: Number.POSITIVE_INFINITY };
        this.#serial(() => this.#apply(desired)).catch((error: unknown) => {
          this.#log.warn({ reason: asProblem(error, "WorkerNotStarted").reason }, asProblem(error, "WorkerNotStarted").sentence);
        });
      }
    }
    this.#changed();
  }

  /** A worker that was restarted may refuse what its predecessor ran, for example because a port is gone. */
  #noticeRefusal(): void {
    const status = this.workerStatus();
    const good = this.#good;
    if (status === null || good === null || this.#control === null || status.judged_sequence !== this.#control.published()) return;
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

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

export function hexHash(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  return /^0+$/.test(hex) ? "" : hex;
}
