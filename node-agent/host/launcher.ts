// SPDX-License-Identifier: Apache-2.0
// How this agent has a worker run: as a child of its own (launcher-child.ts), or by the launcher in the worker pod
// (launcher-pod.ts). What shall run, and when it is restarted, killed or quarantined, is decided elsewhere, for both alike.
import type { HostFacts } from "./facts";
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
  /** As the worker itself sees it: a number of its own process namespace. */
  readonly pid: number;
  /** Nothing in the state file from before this moment (CLOCK_MONOTONIC, ns) is its word; 0: its pid tells. */
  readonly since: bigint;
  /** null: adopted, and its command line could not be read. */
  readonly args: WorkerArgs | null;
  readonly statePath: string;
  readonly adopted: boolean;
  readonly ended: Promise<Ended>;
  /** keep: it leaves devices and sessions for its successor. */
  stop(keep: boolean): void;
  kill(): void;
}

export interface PodCpus {
  readonly cpus: string;
  readonly exclusive: boolean;
}

export interface Launcher {
  /** False: nothing can be started or seen now, for example because there is no worker pod. */
  readonly present: boolean;
  /** The worker is known to have been built from the same layout of the shared memory as this agent. */
  readonly sameLayout: boolean;
  /** CPUs that the worker pod was given, "2-3", and whether they are its own; "": it has no pod, or is not there. */
  readonly podCpus: PodCpus;
  /** Called when present or running() may have changed. */
  onChange: () => void;
  /** What the worker will find. Throws a Problem while not present. */
  facts(): HostFacts;
  /** The worker that runs without having been started here, or null. Throws a Problem when one runs that cannot be known. */
  running(): WorkerProcess | null;
  /** Throws a Problem. */
  start(statePath: string, args: WorkerArgs): Promise<WorkerProcess>;
  /** No worker runs until start(), although one was wanted. */
  hold(): void;
  /** No worker is wanted any more, here or after a restart of anything. */
  forget(): void;
  close(): void;
}

export function commandWords(paths: StatePaths, statePath: string, args: WorkerArgs): string[] {
  return [
    "--state-dir", paths.dir, "--state", statePath, "--memory", String(args.memory), "--page-size", String(args.pageSize),
    "--cores", args.cores.join(","), "--sessions4", String(args.sessions4), "--sessions6", String(args.sessions6),
    "--bindings", String(args.bindings),
  ];
}

export function optionValue(words: readonly string[], option: string): string | null {
  const at = words.indexOf(option);
  return at < 0 ? null : (words[at + 1] ?? null);
}

/** The arguments that a worker was started with; null when they are not complete. */
export function readArgs(words: readonly string[]): WorkerArgs | null {
  const number = (option: string): number => Number(optionValue(words, option) ?? Number.NaN);
  const args = {
    cores: (optionValue(words, "--cores") ?? "none").split(",").map(Number), memory: number("--memory"), pageSize: number("--page-size"),
    sessions4: number("--sessions4"), sessions6: number("--sessions6"), bindings: number("--bindings"),
  };
  return Object.values(args).flat().every(Number.isFinite) ? args : null;
}
