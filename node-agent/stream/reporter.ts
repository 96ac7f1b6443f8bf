// SPDX-License-Identifier: Apache-2.0
// Sends reports on one connection: after a change, at most two a second, and every 30 seconds. When the peer takes no
// more, only the newest report is sent once it does.
import type { Report } from "../../program/stream.gen";
import { reportKey } from "./report";

export const EVERY_MS = 30_000;
export const SPACING_MS = 500;

export interface ReportSink {
  readonly writable: boolean;
  send(report: Report): void;
}

export class Reporter {
  readonly #make: () => Report;
  readonly #sink: ReportSink;
  #sentKey = "";
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(make: () => Report, sink: ReportSink) {
    this.#make = make;
    this.#sink = sink;
  }

  /** Looks whether a report is due at this time (milliseconds, monotonic), and sends it. Cheap enough to call often. */
  look(now: number): void {
    if (!this.#sink.writable || now - this.#sentAt < SPACING_MS) return;
    const report = this.#make();
    const key = reportKey(report);
    if (key === this.#sentKey && now - this.#sentAt < EVERY_MS) return;
    this.#sentKey = key;
    this.#sentAt = now;
    this.#sink.send(report);
  }
}
