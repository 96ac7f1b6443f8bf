// SPDX-License-Identifier: Apache-2.0
// The programs on disk: the last one that the worker acknowledged and the one before. A fault here never stops the
// program that runs; it is kept for the status.
import { rmSync } from "node:fs";
import type { StatePaths } from "./host/paths";
import { keepLastGood, readLastGood, saveLastGood, setAside, type Loaded } from "./last-good";
import type { Log } from "./log";
import { asProblem, type Problem } from "./problem";

const AGAIN_MS = 5_000;

export class ProgramStore {
  readonly #paths: StatePaths;
  readonly #log: Log;
  /** What could not be saved, and when it is tried again. */
  #unsaved: { loaded: Loaded; previous: Loaded | null; at: number } | null = null;
  /** Hash of the program in last-good; "": none. */
  hash = "";
  problem: Problem | null = null;

  constructor(paths: StatePaths, log: Log) {
    this.#paths = paths;
    this.#log = log;
  }

  /** The newest program that is whole, or null. A damaged file is set aside and reported. */
  read(): Loaded | null {
    const last = this.#readOne(this.#paths.lastGood);
    if (last !== null) this.hash = last.hash;
    return last ?? this.#readOne(this.#paths.previousGood);
  }

  readPrevious(): Loaded | null {
    return this.#readOne(this.#paths.previousGood);
  }

  save(loaded: Loaded, previous: Loaded | null): void {
    this.#unsaved = null;
    try {
      if (this.hash === loaded.hash) {
        if (this.problem?.reason === "LastGoodNotSaved") this.problem = null; // that was another program
        return;
      }
      if (previous !== null) this.#keep(previous);
      saveLastGood(this.#paths.lastGood, loaded);
      this.hash = loaded.hash;
      this.problem = null;
    } catch (error) {
      this.#unsaved = { loaded, previous, at: performance.now() + AGAIN_MS };
      const problem = asProblem(error, "LastGoodNotSaved");
      if (this.problem?.message !== problem.message) this.#report(problem);
    }
  }

  /** A disk that was full has room again some time. Cheap enough to call often. */
  tick(now = performance.now()): void {
    if (this.#unsaved !== null && now >= this.#unsaved.at) this.save(this.#unsaved.loaded, this.#unsaved.previous);
  }

  /** The previous program is mostly the one in last-good: then its file only gets a second name. */
  #keep(previous: Loaded): void {
    const { lastGood, previousGood } = this.#paths;
    if (this.hash === previous.hash && keepLastGood(lastGood, previousGood, previous)) return;
    saveLastGood(previousGood, previous);
  }

  forget(): void {
    for (const path of [this.#paths.lastGood, this.#paths.previousGood]) rmSync(path, { force: true });
    this.hash = "";
    this.problem = null;
    this.#unsaved = null;
  }

  #readOne(path: string): Loaded | null {
    try {
      return readLastGood(path);
    } catch (error) {
      const problem = asProblem(error, "LastGoodCorrupt");
      this.#report(problem);
      if (problem.reason === "LastGoodCorrupt") setAside(path);
      return null;
    }
  }

  #report(problem: Problem): void {
    this.problem = problem;
    this.#log.error({ reason: problem.reason }, problem.message);
  }
}
