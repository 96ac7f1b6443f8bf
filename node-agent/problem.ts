// SPDX-License-Identifier: Apache-2.0
// What keeps a node from running a program: a reason of the closed list, the field it is about, one sentence with the cure.
import type { NodeReason } from "../crds/conditions";

export class Problem extends Error {
  readonly reason: NodeReason;
  /** Field of the FirewallConfig, "" when it is about the node. */
  readonly path: string;

  constructor(reason: NodeReason, message: string, path = "", cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "Problem";
    this.reason = reason;
    this.path = path;
  }

  /** "spec.dataplane.cores.list: core 9 is not present ..." */
  get sentence(): string {
    return this.path === "" ? this.message : `${this.path}: ${this.message}`;
  }
}

/** Any thrown value as a Problem; what is not one already gets the given reason. */
export function asProblem(error: unknown, reason: NodeReason): Problem {
  if (error instanceof Problem) return error;
  return new Problem(reason, error instanceof Error ? error.message : String(error), "", error);
}
