// SPDX-License-Identifier: Apache-2.0
// From an object of the API to a program or to issues, once per generation.
//
// Compiling is pure but may take seconds, and what is compiled comes from people. So it runs in a thread of its own with
// bounded memory and time: the lease is renewed and agents are served meanwhile, and a configuration that cannot be
// compiled within the bounds is refused like any other invalid one.
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Issue } from "./compile/issue";
import type { ConfigObject } from "./resources";

export type { Issue };

/** A program is there exactly when no issue is an error. */
export interface Compiled {
  issues: readonly Issue[];
  program?: { hash: string; bytes: Uint8Array; version: number; policies: number } | undefined;
}

export type Compile = (config: unknown) => Promise<Compiled>;

export class CompileCache {
  readonly #compile: Compile;
  readonly #done = new Map<string, { generation: number; compiled: Promise<Compiled> }>();

  constructor(compile: Compile) {
    this.#compile = compile;
  }

  of(config: ConfigObject): Promise<Compiled> {
    const { uid = "", name, generation = 0 } = config.metadata;
    const known = this.#done.get(uid);
    if (known?.generation === generation) return known.compiled;
    // Only what a person wrote: the rest of the metadata and the status have no say in what it means.
    const compiled = this.#compile({ apiVersion: "portcullis.dev/v1alpha1", kind: "FirewallConfig", metadata: { name }, spec: config.spec });
    this.#done.set(uid, { generation, compiled });
    return compiled;
  }

  forget(uid: string | undefined): void {
    if (uid !== undefined) this.#done.delete(uid);
  }
}

const LIMIT_MS = 60_000;
const LIMIT_MIB = 1024;

/** Told about every compilation: its end and its time without the wait for its turn. */
export type OnCompiled = (result: "valid" | "invalid" | "aborted", seconds: number) => void;

/** One compilation after the other in a thread that is started when it is needed, and again after it died. */
export class CompileThread {
  #thread: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  readonly #onDone: OnCompiled;

  constructor(onDone: OnCompiled = () => undefined) {
    this.#onDone = onDone;
  }

  compile: Compile = (config) => {
    const turn = this.#last.then(() => this.#run(config));
    this.#last = turn;
    return turn;
  };

  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #run(config: unknown): Promise<Compiled> {
    const thread = (this.#thread ??= this.#start());
    const startedAt = performance.now();
    return new Promise((resolve) => {
      const settle = (compiled: Compiled): void => {
        clearTimeout(timer);
        this.#onDone(resultOf(compiled), (performance.now() - startedAt) / 1000);
        thread.off("message", settle).off("error", died).off("exit", left);
        resolve(compiled);
      };
      const fail = (why: string): void => {
        this.#thread = undefined;
        void thread.terminate();
        settle({ issues: [{ severity: "error", reason: "Internal", path: "", message: `The configuration could not be compiled: ${why}.` }] });
      };
      const died = (error: Error): void => fail(`the compiler failed: ${error.message}`);
      const left = (): void => fail("the compiler ended");
      const timer = setTimeout(() => fail(`it takes longer than ${LIMIT_MS / 1000} seconds`), LIMIT_MS);
      thread.once("message", settle).once("error", died).once("exit", left);
      thread.postMessage(config);
    });
  }

  #start(): Worker {
    const thread = new Worker(join(__dirname, `compile-thread${extname(__filename)}`), { resourceLimits: { maxOldGenerationSizeMb: LIMIT_MIB } });
    thread.unref();
    return thread;
  }
}

/** How a compilation ended. */
export const resultOf = ({ program, issues }: Compiled): "valid" | "invalid" | "aborted" =>
  program !== undefined ? "valid" : issues.some(({ reason }) => reason === "Internal") ? "aborted" : "invalid";
