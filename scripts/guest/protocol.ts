// SPDX-License-Identifier: Apache-2.0
// What host and guest say to each other: one JSON value per line, over a port of virtio-serial. The guest does things in the
// order in which they are asked for.
import type { Finished } from "../lab/process";

export type Deed =
  | { kind: "run"; command: readonly string[]; input?: string; timeoutMs?: number; env?: NodeJS.ProcessEnv }
  /** The id of the request names the child from then on. The answer is its pid. */
  | { kind: "start"; command: readonly string[]; env?: NodeJS.ProcessEnv }
  | { kind: "write"; child: number; text: string }
  | { kind: "end"; child: number }
  | { kind: "signal"; pid: number; signal: NodeJS.Signals }
  | { kind: "folder"; path: string }
  | { kind: "put"; file: string; text: string }
  | { kind: "ask"; stateDir: string; path: string };

export type Request = Deed & { id: number };

export type Answer =
  | { kind: "ready" }
  | { kind: "done"; id: number; value: Finished | string | number | null }
  | { kind: "failed"; id: number; message: string }
  | { kind: "line"; child: number; text: string }
  | { kind: "exit"; child: number; code: number };
