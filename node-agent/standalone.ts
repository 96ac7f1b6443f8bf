// SPDX-License-Identifier: Apache-2.0
// Without Kubernetes: one configuration file drives the agent. The file is read again on SIGHUP and whenever it changes;
// a version that is not valid or cannot run is reported, and what ran before runs on.
import { watch, type FSWatcher } from "node:fs";
import { basename, dirname } from "node:path";
import type { NoticeReason } from "../crds/conditions";
import type { Issue } from "../operator/compile/issue";
import { Agent } from "./agent";
import { compileText, errorCount, readConfig } from "./config-text";
import type { Loaded } from "./last-good";
import type { Log } from "./log";
import { openMetrics, type MetricsOptions } from "./metrics";
import { asProblem } from "./problem";
import type { Notice } from "./snapshot";
import { serveSocket } from "./socket";

const SETTLE_MS = 100;
const LOOK_MS = 2_000;
const MAX_LOGGED = 20; // `portcullis check` shows all

export interface StandaloneOptions {
  readonly config: string;
  readonly stateDir: string;
  readonly metrics: MetricsOptions | null;
  readonly log: Log;
}

/** Thrown when the first configuration is not valid. */
export class InvalidConfig extends Error {
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super(`${errorCount(issues)} in the configuration`);
    this.issues = issues;
  }
}

/** Runs until the signal aborts. Throws when the first configuration cannot run; then nothing of it is left. A worker that runs already, but
 *  cannot be read, is looked after: the configuration comes to it when it can. */
export async function runStandalone(options: StandaloneOptions, abort: AbortSignal): Promise<void> {
  const { log, config } = options;
  const first = compileText(readConfig(config));
  if (first.loaded === undefined) throw new InvalidConfig(first.issues);
  const agent = new Agent({ stateDir: options.stateDir, log });
  const adopted = agent.supervisor.worker !== null;
  const file = new ConfigFile(config, first.text, agent, log);
  let socket: { close(): Promise<void> } | null = null;
  let metrics: { close(): Promise<void> } | null = null;
  try {
    file.warn(first.issues);
    metrics = await openMetrics(options.metrics, agent, { connected: false, dialled: 0 }, log);
    socket = await serveSocket({ agent, mode: "standalone", notices: () => file.notices });
    await startFirst(agent, first.loaded, abort);
    if (!abort.aborted) await file.follow(abort);
  } catch (error) {
    await metrics?.close();
    await socket?.close();
    await agent.close(adopted, true);
    throw error;
  }
  log.info("stopping");
  await metrics?.close();
  await socket.close();
  await agent.close(false, true);
  log.info("stopped");
}

/** An abort while the first program is being applied ends the wait, not in an error. */
async function startFirst(agent: Agent, loaded: Loaded, abort: AbortSignal): Promise<void> {
  const onAbort = (): void => { agent.cancel(); };
  abort.addEventListener("abort", onAbort);
  try {
    await agent.apply(loaded);
  } catch (error) {
    if (!abort.aborted && agent.view.unread(agent.supervisor.worker) === null) throw error;
  } finally {
    abort.removeEventListener("abort", onAbort);
  }
}

/** The file that is followed: what was read last, and what is wrong with it. */
class ConfigFile {
  readonly #path: string;
  readonly #agent: Agent;
  readonly #log: Log;
  #text: string;
  notices: readonly Notice[] = [];

  constructor(path: string, text: string, agent: Agent, log: Log) {
    this.#path = path;
    this.#text = text;
    this.#agent = agent;
    this.#log = log;
  }

  warn(issues: readonly Issue[]): void {
    for (const issue of issues.slice(0, MAX_LOGGED)) {
      const keys = { path: issue.path, reason: issue.reason };
      if (issue.severity === "error") this.#log.error(keys, issue.message);
      else this.#log.warn(keys, issue.message);
    }
  }

  /** Until the abort: reload on SIGHUP, on change, and when a look every two seconds finds another text. */
  async follow(abort: AbortSignal): Promise<void> {
    const wake = new Wakeup();
    const onHup = (): void => { wake.now("SIGHUP"); };
    const watcher = this.#watchFolder(() => { wake.soon("change", SETTLE_MS); });
    const look = setInterval(() => { wake.soon("look", 0); }, LOOK_MS);
    process.on("SIGHUP", onHup);
    try {
      for (;;) {
        const why = await wake.next(abort);
        if (why === null) return;
        await this.#reload(why === "SIGHUP");
      }
    } finally {
      process.off("SIGHUP", onHup);
      clearInterval(look);
      watcher?.close();
    }
  }

  /** The folder, not the file: editors and Kubernetes replace the file or a link in it. */
  #watchFolder(changed: () => void): FSWatcher | null {
    try {
      const name = basename(this.#path);
      const watcher = watch(dirname(this.#path), { persistent: false }, (_, file) => {
        if (file === null || file === name || file.startsWith("..")) changed();
      });
      watcher.on("error", () => { watcher.close(); });
      return watcher;
    } catch {
      return null; // the look every two seconds remains
    }
  }

  async #reload(asked: boolean): Promise<void> {
    const text = this.#read();
    if (text === null || (!asked && text === this.#text)) return;
    this.#text = text;
    const reading = compileText(text);
    if (reading.loaded === undefined) {
      this.warn(reading.issues.filter((issue) => issue.severity === "error"));
      return this.#keep("ConfigInvalid", `${this.#path} is not used: ${errorCount(reading.issues)}, the first is ${oneLine(reading.issues)}`);
    }
    this.warn(reading.issues);
    this.notices = [];
    const same = reading.loaded.hash === this.#agent.desired?.hash && this.#agent.problem === null;
    if (same) return this.#log.info({ hash: reading.loaded.hash.slice(0, 12) }, "configuration is unchanged");
    try {
      await this.#agent.apply(reading.loaded);
    } catch (error) {
      const problem = asProblem(error, "WorkerNotStarted");
      this.#log.error({ reason: problem.reason }, `the new configuration is not used: ${problem.sentence}`);
    }
  }

  #read(): string | null {
    try {
      return readConfig(this.#path);
    } catch (error) {
      const { message } = error as Error;
      if (this.notices[0]?.message !== message) this.#keep("ConfigInvalid", message);
      return null;
    }
  }

  #keep(reason: NoticeReason, message: string): void {
    this.notices = [{ reason, message }];
    this.#log.error({ reason }, `${message}; the configuration before it runs on`);
  }
}

function oneLine(issues: readonly Issue[]): string {
  const first = issues.find((issue) => issue.severity === "error");
  if (first === undefined) return "unknown";
  return first.path === "" ? first.message : `${first.path}: ${first.message}`;
}

/** Events of several sources as one queue of at most one event; an explicit request is never lost. */
class Wakeup {
  #pending: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #wake: (() => void) | null = null;

  now(why: string): void {
    this.#pending = this.#pending === "SIGHUP" ? "SIGHUP" : why;
    this.#wake?.();
  }

  /** After the events have settled. */
  soon(why: string, ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { this.now(why); }, ms);
  }

  /** null: aborted. */
  async next(abort: AbortSignal): Promise<string | null> {
    while (this.#pending === null && !abort.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = () => {
          abort.removeEventListener("abort", resolve as () => void);
          resolve();
        };
        abort.addEventListener("abort", resolve as () => void, { once: true });
      });
    }
    if (this.#timer !== null && abort.aborted) clearTimeout(this.#timer);
    const why = this.#pending;
    this.#pending = null;
    return abort.aborted ? null : why;
  }
}
