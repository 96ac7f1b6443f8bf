// SPDX-License-Identifier: Apache-2.0
// The worker runs in a pod of its own, under portcullis-launcher. That one starts it again when it dies, also while no
// agent is there; whatever this agent decides comes first. Pids are those of the pod and mean nothing here.
import { constants } from "node:os";
import type { Log } from "../log";
import { Problem } from "../problem";
import { FW_LAYOUT_HASH } from "../shm/layout.gen";
import { VERSION } from "../version";
import { hostFacts, parseCoreList, type HostFacts } from "./facts";
import { commandWords, NO_START, optionValue, readArgs, type Ended, type Launcher, type PodCpus, type WorkerProcess } from "./launcher";
import { LauncherLink, type LauncherState } from "./launcher-link";
import type { StatePaths } from "./paths";
import type { WorkerArgs } from "./preflight";

const FIRST_WORD_MS = 1_000;
const SIGNALS = new Map(Object.entries(constants.signals).reverse().map(([name, number]) => [number, name])); // SIGABRT before its other name, SIGIOT

/** How a worker ended that went with its pod. */
export const WITH_ITS_POD: Ended = { code: null, signal: "the end of its pod" };

interface Run {
  readonly boot: string;
  readonly run: number;
  readonly process: WorkerProcess;
  end(how: Ended): void;
}

export class PodLauncher implements Launcher {
  onChange = (): void => undefined;
  readonly #paths: StatePaths;
  readonly #log: Log;
  readonly #link: LauncherLink;
  #run: Run | null = null;
  /** The newest one, ended or not. */
  #latest: Run | null = null;

  private constructor(paths: StatePaths, log: Log) {
    this.#paths = paths;
    this.#log = log;
    this.#link = new LauncherLink(paths.launcherSocket);
    this.#link.onState = (state, first) => { this.#take(state, first); };
    this.#link.onGone = () => {
      log.warn("the worker pod went away");
      this.#finish(WITH_ITS_POD);
      this.onChange();
    };
  }

  /** Waits a moment for the launcher; without one, it is found when it comes. */
  static async open(paths: StatePaths, log: Log): Promise<PodLauncher> {
    const launcher = new PodLauncher(paths, log);
    await launcher.#link.open(FIRST_WORD_MS);
    return launcher;
  }

  get present(): boolean {
    return this.#link.state !== null && !this.#link.state.leaving;
  }

  get sameLayout(): boolean {
    return this.#link.state?.layout === FW_LAYOUT_HASH.toString(16).padStart(16, "0");
  }

  get podCpus(): PodCpus {
    const { state } = this.#link;
    return { cpus: state?.cpus ?? "", exclusive: state?.exclusive === true };
  }

  facts(): HostFacts {
    const { state } = this.#link;
    if (state === null) throw absent();
    if (!this.sameLayout) throw new Problem("LayoutMismatch", `the worker pod is of another release (${state.version}) than this agent (${VERSION}): finish the upgrade; what runs, runs on`);
    return podFacts(hostFacts(this.#paths.dir), state);
  }

  running(): WorkerProcess | null {
    return this.#run?.process ?? null;
  }

  async start(statePath: string, args: WorkerArgs): Promise<WorkerProcess> {
    const words = commandWords(this.#paths, statePath, args);
    const before = this.#latest;
    try {
      await this.#link.send("start", ...words);
    } catch (error) {
      throw new Problem("WorkerNotStarted", `the launcher in the worker pod did not start it: ${(error as Error).message}`, "", error);
    }
    const { state } = this.#link;
    if (state === null) throw absent();
    const run = this.#latest === before ? this.#run : this.#latest; // it may have ended already
    if (run !== null) return run.process;
    throw new Problem("WorkerNotStarted", state.ended === null || state.ended.fault === "" ? "the launcher did not start the worker" : state.ended.fault);
  }

  hold(): void {
    this.#send("pause");
  }

  forget(): void {
    this.#send("stop");
  }

  close(): void {
    this.#link.close();
  }

  /** What cannot be sent now has no worker that it is about. */
  #send(word: string): void {
    this.#link.send(word).catch((error: unknown) => { this.#log.debug({ command: word }, (error as Error).message); });
  }

  #take(state: LauncherState, first: boolean): void {
    if (first) this.#log.info({ cpus: state.cpus, exclusive: state.exclusive, version: state.version }, "connected to the worker pod");
    const { worker, ended, boot } = state;
    const run = this.#run;
    if (run !== null && (run.boot !== boot || run.run !== worker?.run))
      this.#finish(run.boot !== boot || state.leaving || ended?.run !== run.run ? WITH_ITS_POD : howItEnded(ended));
    if (worker !== null && this.#run === null) this.#run = this.#latest = this.#newRun(boot, worker, first);
    if (first || run !== this.#run || state.leaving) this.onChange();
  }

  #finish(how: Ended): void {
    this.#run?.end(how);
    this.#run = null;
  }

  #newRun(boot: string, worker: NonNullable<LauncherState["worker"]>, adopted: boolean): Run {
    let end: (how: Ended) => void = () => undefined;
    const ended = new Promise<Ended>((resolve) => { end = resolve; });
    const process: WorkerProcess = {
      pid: worker.pid, since: worker.since, args: readArgs(worker.args), adopted, ended,
      statePath: optionValue(worker.args, "--state") ?? this.#paths.state,
      stop: (keep) => { this.#send(keep ? "pause" : "stop"); },
      kill: () => { this.#send("kill"); },
    };
    return { boot, run: worker.run, process, end };
  }
}

function absent(): Problem {
  return new Problem("WorkerPodAbsent", "no worker pod answers on this node: `portcullis explain node` says why");
}

function howItEnded(ended: NonNullable<LauncherState["ended"]>): Ended {
  if (ended.fault !== "") return { code: NO_START, signal: null, fault: ended.fault };
  return ended.code >= 0 ? { code: ended.code, signal: null } : { code: null, signal: SIGNALS.get(ended.signal) ?? String(ended.signal) };
}

/** What the machine has, as far as the worker pod may use it. */
export function podFacts(host: HostFacts, state: LauncherState): HostFacts {
  return {
    ...host,
    pod: {
      exclusive: state.exclusive, pinning: state.pinning === "Required", requestedCpus: state.requestedCpus,
      hugepageLimits: new Map(state.hugepages.flatMap(({ pageSize, limit }) => (limit === null ? [] : [[pageSize, limit] as const]))),
    },
    root: true,
    capabilities: BigInt(`0x${state.capabilities}`),
    coresAllowed: parseCoreList(state.cpus),
    coresTaken: [],
    hugetlbfs: new Map([...state.hugetlbfs].reverse().map(({ pageSize, path }) => [pageSize, path])),
    memoryAvailable: Math.min(host.memoryAvailable, state.memoryLimit ?? Infinity),
    tun: state.tun,
  };
}
