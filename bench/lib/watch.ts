// SPDX-License-Identifier: Apache-2.0
// Looks at the counters in a state file every millisecond, until standard input ends; then prints what it saw as JSON.
// A process of its own, because it must not wait for anything: watch.ts STATE_DIR
import { closeSync, existsSync, openSync, readFileSync, readSync } from "node:fs";
import { statePaths } from "../../node-agent/host/paths";
import * as layout from "../../node-agent/shm/layout.gen";

export interface Seen {
  /** Longest time in which nothing was forwarded although it was looked for, and the sum of all those of 5 ms and more. */
  readonly longestGapMs: number;
  readonly gapsMs: number;
  readonly forwarded: number;
  readonly dropped: number;
  readonly seconds: number;
}

interface Counters {
  readonly forwarded: number;
  readonly dropped: number;
}

const CORES = 2;
const GAP_MS = 5;

export class Gaps {
  #last = { forwarded: -1, at: 0 };
  #gap = 0;
  longest = 0;
  sum = 0;

  look(forwarded: number, at: number): void {
    if (forwarded === this.#last.forwarded) {
      this.#gap = at - this.#last.at;
      return;
    }
    this.#end();
    this.#last = { forwarded, at };
  }

  #end(): void {
    this.longest = Math.max(this.longest, this.#gap);
    if (this.#gap >= GAP_MS) this.sum += this.#gap;
    this.#gap = 0;
  }

  finish(): void {
    this.#end();
  }
}

export function stateFile(stateDir: string): string {
  const { state, statePointer } = statePaths(stateDir);
  return existsSync(statePointer) ? readFileSync(statePointer, "utf8").trim() : state;
}

function reader(fd: number): () => Counters {
  const head = Buffer.alloc(layout.fw_state_header.size);
  readSync(fd, head, 0, head.length, 0);
  const at = Number(head.readBigUInt64LE(layout.fw_state_header.fields.counters_offset.offset));
  const { size, fields } = layout.fw_counters;
  const bytes = Buffer.alloc(size * CORES);
  const sum = (offset: number): number => Array.from({ length: CORES }, (_, core) => Number(bytes.readBigUInt64LE(core * size + offset))).reduce((a, b) => a + b, 0);
  return () => {
    readSync(fd, bytes, 0, bytes.length, at);
    const dropped = Array.from({ length: fields.dropped.count }, (_, reason) => sum(fields.dropped.offset + reason * 8));
    return { forwarded: sum(fields.forwarded.offset), dropped: dropped.reduce((a, b) => a + b, 0) };
  };
}

function main(stateDir: string): void {
  const fd = openSync(stateFile(stateDir), "r");
  const read = reader(fd);
  const first = read();
  const start = performance.now();
  const gaps = new Gaps();
  const timer = setInterval(() => { gaps.look(read().forwarded, performance.now()); }, 1);
  process.stdin.on("end", () => {
    clearInterval(timer);
    gaps.finish();
    const last = read();
    const seen: Seen = { longestGapMs: gaps.longest, gapsMs: gaps.sum, forwarded: last.forwarded - first.forwarded, dropped: last.dropped - first.dropped, seconds: (performance.now() - start) / 1000 };
    console.log(JSON.stringify(seen));
    closeSync(fd);
  });
  process.stdin.resume();
  console.log("watching");
}

if (require.main === module) main(process.argv[2] ?? "");
