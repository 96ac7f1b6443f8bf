// SPDX-License-Identifier: Apache-2.0
// From an object of the API to a program or to issues, once per generation.
import type { Issue } from "./compile/issue";
import type { ConfigObject } from "./resources";

export type { Issue };

/** What the compiler answers: no program when there is an error. */
export interface Compiled {
  issues: readonly Issue[];
  program?: { version: number; policies: readonly unknown[] } | undefined;
  bytes?: Uint8Array | undefined;
  hash?: string | undefined;
}

export type Compile = (config: unknown) => Compiled;

export class CompileCache {
  readonly #compile: Compile;
  readonly #done = new Map<string, { generation: number; compiled: Compiled }>();

  constructor(compile: Compile) {
    this.#compile = compile;
  }

  of(config: ConfigObject): Compiled {
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
