// SPDX-License-Identifier: Apache-2.0
// What the functions that measure rows share.
import type { InProcess } from "../lib/inprocess";
import type { Row } from "../lib/row";

export interface Context {
  readonly folder: string;
  readonly inProcess: InProcess;
  /** CPU of the datapath, and that of everything else. */
  readonly dataCpu: number;
  readonly controlCpu: number;
  /** One line for the person who waits. */
  say(text: string): void;
  /** Rows measured so far. */
  readonly done: Row[];
}

/** Measures the rows it names; may throw, then they are not measured. */
export interface Experiment {
  readonly rows: readonly string[];
  readonly seconds: number;
  measure(context: Context): Promise<Row[]>;
}

export const ticks = (value: number): string => `${value.toFixed(0)} ticks`;

export const millions = (perSecond: number): string => `${(perSecond / 1e6).toFixed(2)} M/s`;
