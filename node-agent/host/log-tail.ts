// SPDX-License-Identifier: Apache-2.0
// The worker's log, as its supervisor reads it.
import { closeSync, openSync, readSync, statSync, truncateSync } from "node:fs";

const LOG_KEEP = 1 << 20;
const LOG_MAX = 8 << 20;

/** Follows the worker's log and keeps it bounded. */
export class LogTail {
  readonly #path: string;
  #at: number;
  #rest = "";
  /** Last complete line, for the one sentence about a worker that ended. */
  lastLine = "";

  constructor(path: string) {
    this.#path = path;
    this.#at = size(path);
  }

  /** Complete lines that were written since the last call. */
  read(): string[] {
    const end = size(this.#path);
    if (end < this.#at) this.#at = 0; // rotated
    if (end === this.#at) return [];
    const lines = (this.#rest + readRange(this.#path, this.#at, Math.min(end - this.#at, LOG_KEEP))).split("\n");
    this.#at = end;
    this.#rest = lines.pop() ?? "";
    const full = lines.map((line) => line.trim()).filter((line) => line !== "");
    this.lastLine = full.at(-1) ?? this.lastLine;
    if (end > LOG_MAX) this.#truncate();
    return full;
  }

  #truncate(): void {
    truncateSync(this.#path, 0);
    this.#at = 0;
  }
}

function size(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

function readRange(path: string, at: number, length: number): string {
  try {
    const fd = openSync(path, "r");
    try {
      const buffer = Buffer.alloc(length);
      return buffer.toString("utf8", 0, readSync(fd, buffer, 0, length, at));
    } finally {
      closeSync(fd);
    }
  } catch {
    return "";
  }
}
