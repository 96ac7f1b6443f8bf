// SPDX-License-Identifier: Apache-2.0
// The way of one program to the worker: the machine is checked before anything is touched, a worker with other cores, memory or
// tables is replaced by one that takes its sessions over, the program is published, and the worker judges it.
import type { Handover } from "./handover";
import type { Launcher } from "./host/launcher";
import type { StatePaths } from "./host/paths";
import { preflight, sameArgs, type WorkerArgs } from "./host/preflight";
import { chooseStatePath, fileSize, handStateOn, presentStateFile } from "./host/state-dir";
import type { Loaded } from "./last-good";
import { stateFileSize } from "./shm/segment";
import type { Supervisor } from "./supervisor";
import type { WorkerView } from "./worker-view";

export interface BringOptions {
  readonly paths: StatePaths;
  readonly launcher: Launcher;
  readonly view: WorkerView;
  readonly supervisor: Supervisor;
  readonly handover: Handover;
}

/** A program that the worker acknowledged, and what that worker was started with. */
export interface Good {
  readonly loaded: Loaded;
  readonly args: WorkerArgs;
}

/** How far it came: yes: something was published; retired: the worker that ran was ended. */
export interface Touched {
  yes: boolean;
  retired: boolean;
}

interface Plan {
  readonly args: WorkerArgs;
  readonly statePath: string;
  /** The state file that there is now. */
  readonly before: string | null;
}

export class Bringer {
  readonly #o: BringOptions;

  constructor(options: BringOptions) {
    this.#o = options;
  }

  /** Everything from the check of the machine to the worker's verdict. Throws a Problem. */
  async bring(next: Loaded, touched: Touched): Promise<WorkerArgs> {
    const { supervisor, handover, view } = this.#o;
    const plan = this.#plan(next);
    const { worker } = supervisor;
    const same = worker?.args != null && sameArgs(worker.args, plan.args) && worker.statePath === plan.statePath;
    if (same && handover.runs(next)) return plan.args;
    const unread = same ? view.unread(worker) : null;
    if (unread !== null) throw unread; // it would not be known what it made of it
    if (worker !== null && !same) {
      touched.yes = touched.retired = true;
      await this.#retire();
    }
    const sequence = handover.publish(next);
    touched.yes = true;
    if (!same) this.#start(plan);
    await handover.judged(sequence, next);
    return plan.args;
  }

  /** What ran before runs again, with what it was started with. Throws a Problem. */
  async bringBack({ loaded, args }: Good): Promise<void> {
    const { supervisor, handover } = this.#o;
    const { worker } = supervisor;
    const plan = this.#plan(loaded);
    const same = worker?.args != null && sameArgs(worker.args, args);
    if (worker !== null && !same) await this.#retire();
    const sequence = handover.publish(loaded);
    if (!same) this.#start({ ...plan, args });
    await handover.judged(sequence, loaded);
  }

  #plan(next: Loaded): Plan {
    const { launcher, paths, supervisor } = this.#o;
    const facts = launcher.facts();
    const { sessions, pageBytes } = next.program.dataplane;
    const present = presentStateFile(paths);
    const { worker } = supervisor;
    const held = {
      args: worker?.args ?? null,
      stateBytes: fileSize(present),
      statePageSize: present === paths.state ? 4096 : (worker?.args?.pageSize ?? pageBytes),
    };
    const size = Number(stateFileSize(sessions.ipv4, sessions.ipv6, next.program.limits.bindings, pageBytes));
    const args = preflight(next.program, facts, held, size);
    return { args, statePath: chooseStatePath(paths, pageBytes, facts), before: present };
  }

  /** Ends the worker for its successor. */
  async #retire(): Promise<void> {
    this.#o.supervisor.hold();
    await this.#o.supervisor.stop(true);
  }

  #start({ args, statePath, before }: Plan): void {
    handStateOn(this.#o.paths, before, statePath);
    this.#o.supervisor.want(args, statePath);
  }
}
