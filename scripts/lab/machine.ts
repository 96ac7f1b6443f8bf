// SPDX-License-Identifier: Apache-2.0
// Where a firewall and its hosts run: this machine, or a guest of it.
import type { Child, Finished, RunOptions } from "./process";

export interface Machine {
  /** For files that are gone when the machine is. */
  readonly folder: string;
  /** How many times longer than usual things may take on it. */
  readonly slowness: number;
  /** The command line of Portcullis on it. */
  readonly portcullis: readonly string[];
  /** Runs a command to its end. Never rejects: a command that cannot be started has code 127, one that is too slow 124. */
  run(command: readonly string[], options?: RunOptions): Promise<Finished>;
  /** Runs a command that must succeed; returns its standard output. */
  must(command: readonly string[], options?: RunOptions): Promise<string>;
  /** Starts a command that ends with the machine at the latest. */
  start(command: readonly string[], env?: NodeJS.ProcessEnv): Child;
  /** Makes a folder that only root may look into, before anything that is asked for later. */
  makeFolder(path: string): void;
  /** Replaces a file in one step, before anything that is asked for later. */
  put(file: string, text: string): void;
  signal(pid: number, signal: NodeJS.Signals): void;
  /** Asks the agent of a state directory, as the command line does. */
  ask(stateDir: string, path: string): Promise<string>;
}
