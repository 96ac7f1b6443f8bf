// SPDX-License-Identifier: Apache-2.0
// Keeps one worker running with the wanted arguments: starts it, adopts a living one, restarts it when it ends or hangs,
// stops it. What to do is decided in supervise.ts; this file does it, one step at a time.
import { NO_START, type Launcher, type WorkerProcess } from "./host/launcher";
import { LogTail } from "./host/log-tail";
import type { WorkerArgs } from "./host/preflight";
import type { Log } from "./log";
import { decide, firstPulse, restartDelay, takePulse, type Exit, type Observed, type Pulse, type Step } from "./supervise";
import type { WorkerView } from "./worker-view";

const TICK_MS = 500;
const STOP_TIMEOUT_MS = 10_000;
const HEALTHY_AFTER_MS = 10_000;

export interface SupervisorOptions {
  readonly workerLog: string;
  readonly launcher: Launcher;
  readonly log: Log;
  readonly view: WorkerView;
  /** Called when a worker was found running that was not started here. */
  onFound(worker: WorkerProcess): void;
  /** Called once for every end of a worker, before the next one is started. */
  onExit(exit: Exit): void;
  /** Called after every look at the worker. */
  onTick(): void;
}

interface Running {
  readonly process: WorkerProcess;
  readonly since: number;
  readonly exit: Promise<Exit>;
  pulse: Pulse;
  asked: boolean;
  hung: boolean;
  healthy: boolean;
}

const now = (): number => Math.round(performance.now());
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Supervisor {
  readonly #o: SupervisorOptions;
  readonly #tail: LogTail;
  #target: WorkerArgs | null = null;
  #statePath = "";
  #running: Running | null = null;
  #failures = 0;
  #notBefore = 0;
  #timer: NodeJS.Timeout | null = null;
  #busy: Promise<void> = Promise.resolve();
  #held = false;
  #closed = false;

  constructor(options: SupervisorOptions) {
    this.#o = options;
    this.#tail = new LogTail(options.workerLog);
    options.launcher.onChange = () => { this.#schedule(0); };
  }

  get worker(): WorkerProcess | null {
    return this.#running?.process ?? null;
  }

  get restarts(): number {
    return this.#failures;
  }

  /** Takes over a worker that an earlier agent left running. */
  adopt(): WorkerProcess | null {
    const found = this.#o.launcher.running();
    if (found !== null) {
      this.#statePath = found.statePath;
      this.#target = found.args;
      this.#held = found.args === null; // until a program says what is wanted
      this.#watch(found);
    }
    this.#schedule(TICK_MS);
    return found;
  }

  /** What shall run from now on. A running worker with other arguments is replaced; its state file and devices stay. */
  want(args: WorkerArgs, statePath: string): void {
    this.#held = false;
    this.#target = args;
    this.#statePath = statePath;
    this.#failures = 0;
    this.#notBefore = 0;
    this.#schedule(0);
  }

  /** Starts and stops nothing until want() is called. */
  hold(): void {
    this.#held = true;
  }

  /** No start before this time has passed. */
  pause(ms: number): void {
    this.#notBefore = now() + ms;
    this.#o.launcher.hold();
  }

  /** Resolves when the worker has ended. keep: it leaves its devices and the state file for its successor. */
  async stop(keep: boolean): Promise<void> {
    const running = this.#running;
    if (running === null) {
      if (!keep) this.#o.launcher.forget();
      return;
    }
    running.asked = true;
    running.process.stop(keep);
    const timer = setTimeout(() => {
      this.#o.log.warn({ pid: running.process.pid }, "worker does not stop, killing it");
      running.process.kill();
    }, STOP_TIMEOUT_MS);
    await running.exit;
    clearTimeout(timer);
  }

  /** Stops looking after the worker, which goes on. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#busy;
    this.#relayLog();
  }

  #schedule(ms: number): void {
    if (this.#closed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { this.#busy = this.#busy.then(() => this.#turn()); }, ms);
  }

  async #turn(): Promise<void> {
    if (this.#closed) return;
    this.#relayLog();
    this.#find();
    const step: Step = this.#held ? { kind: "rest" } : decide(this.#observe());
    try {
      await this.#do(step);
    } catch (error) {
      this.#o.log.error({ err: error }, "worker cannot be looked after");
    }
    this.#o.onTick();
    this.#schedule(step.kind === "wait" ? Math.min(step.ms, TICK_MS) : TICK_MS);
  }

  /** A launcher starts a worker again by itself, and a worker pod comes when it comes. */
  #find(): void {
    if (this.#running !== null || !this.#o.launcher.present || this.#held) return;
    const found = this.#o.launcher.running();
    if (found === null) return;
    if (this.#target === null) this.#target = found.args;
    this.#statePath = this.#statePath === "" ? found.statePath : this.#statePath;
    this.#watch(found);
    this.#o.onFound(found);
  }

  #observe(): Observed {
    const running = this.#running;
    const at = now();
    const { present } = this.#o.launcher;
    if (running === null) return { now: at, target: this.#target, present, worker: null, notBefore: this.#notBefore };
    const beats = this.#o.view.heartbeats(running.process);
    running.pulse = takePulse(running.pulse, beats.control, beats.core, at);
    if (beats.judged || (beats.control !== 0n && at - running.since > HEALTHY_AFTER_MS)) this.#markHealthy(running);
    return {
      now: at,
      target: this.#target,
      present,
      notBefore: this.#notBefore,
      worker: {
        args: running.process.args,
        runningMs: at - running.since,
        beating: beats.control !== 0n,
        silentMs: Math.max(running.pulse.controlSilentMs, running.pulse.coreSilentMs),
      },
    };
  }

  #markHealthy(running: Running): void {
    running.healthy = true;
    this.#failures = 0;
  }

  async #do(step: Step): Promise<void> {
    const running = this.#running;
    switch (step.kind) {
      case "start": return this.#start(step.args);
      case "stop":
        this.#o.log.info({ pid: running?.process.pid, why: step.why }, "stopping worker");
        return this.stop(step.keep);
      case "kill":
        if (running === null) return;
        running.hung = true;
        this.#o.log.error({ pid: running.process.pid, why: step.why }, "worker hangs, killing it");
        running.process.kill();
        await running.exit;
        return;
      default:
    }
  }

  async #start(args: WorkerArgs): Promise<void> {
    this.#tail.lastLine = "";
    try {
      const started = await this.#o.launcher.start(this.#statePath, args);
      if (this.#running !== null) return;
      if (started.pid !== 0) this.#o.log.info({ pid: started.pid, cores: args.cores }, "worker started");
      this.#watch(started);
    } catch (error) {
      this.#ended({ code: NO_START, signal: null, lastLine: (error as Error).message, asked: false, hung: false, healthy: false });
    }
  }

  #watch(process: WorkerProcess): void {
    const running: Running = {
      process, since: now(), pulse: firstPulse(now()), asked: false, hung: false, healthy: process.adopted,
      exit: process.ended.then(async ({ code, signal, fault }) => {
        await sleep(0);
        this.#relayLog();
        const exit = { code, signal, lastLine: fault ?? this.#tail.lastLine, asked: running.asked, hung: running.hung, healthy: running.healthy };
        this.#running = null;
        this.#ended(exit);
        return exit;
      }),
    };
    this.#running = running;
  }

  #ended(exit: Exit): void {
    this.#o.view.forget();
    if (!exit.asked && !exit.healthy) this.#failures += 1;
    this.#notBefore = exit.asked ? 0 : now() + restartDelay(this.#failures);
    this.#o.onExit(exit);
    this.#schedule(0);
  }

  #relayLog(): void {
    for (const line of this.#tail.read()) {
      if (/^(EAL|TELEMETRY|PCI_BUS|VHOST_CONFIG)[:|]/.test(line)) this.#o.log.debug(line);
      else this.#o.log.info({ from: "worker" }, line);
    }
  }
}
