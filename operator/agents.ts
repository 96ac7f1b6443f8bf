// SPDX-License-Identifier: Apache-2.0
// What reconciling needs of the agents' streams.
import type { Report } from "./stream/report";

/** What a node shall run; an empty hash: nothing, and forget what was stored. */
export interface Desired {
  hash: string;
  config: string;
  programVersion: number;
  bytes: Uint8Array;
}

export const NOTHING: Desired = { hash: "", config: "", programVersion: 0, bytes: new Uint8Array(0) };

export interface AgentView {
  connected: boolean;
  /** Undefined until the first report. */
  report: Report | undefined;
  /** Monotonic and wall clock milliseconds of the last report. */
  reportedAt: number;
  reportedWall: number;
  /** The agent said that it runs nothing after it was told to run nothing. */
  stopped: boolean;
}

export interface Agents {
  /** Tells the node now or when its agent connects. Saying the same again does nothing. */
  desire(node: string, desired: Desired): void;
  /** Ends the stream of a node that has no place here, and forgets what it shall run. */
  dismiss(node: string, why: string): void;
  view(node: string): AgentView | undefined;
}
