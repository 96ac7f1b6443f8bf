// SPDX-License-Identifier: Apache-2.0
// One JSON line per outcome, or one plain line on a terminal. Always to stderr: stdout belongs to answers.
import { writeSync } from "node:fs";
import pino, { type DestinationStream, type Logger } from "pino";

export type Log = Logger;

export function makeLog(level = process.env["PORTCULLIS_LOG_LEVEL"] ?? "info"): Log {
  const known = Object.keys(pino.levels.values);
  const options = { level: known.includes(level) || level === "silent" ? level : "info", base: null };
  return process.stderr.isTTY ? pino(options, prettyStream()) : pino(options, pino.destination({ fd: 2, sync: true }));
}

function prettyStream(): DestinationStream {
  return { write: (line: string) => { writeSync(2, `${prettyLine(line)}\n`); } };
}

const HIDDEN = new Set(["level", "time", "msg", "err"]);

/** A pino line for people: time, level when it is not info, message, keys. */
export function prettyLine(line: string): string {
  const entry = JSON.parse(line) as Record<string, unknown> & { level: number; time: number; msg?: string; err?: { message?: string } };
  const clock = new Date(entry.time).toISOString().slice(11, 19);
  const level = pino.levels.labels[entry.level] ?? "";
  const keys = Object.entries(entry).filter(([key]) => !HIDDEN.has(key)).map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
  const fault = entry.err?.message === undefined ? [] : [`(${entry.err.message})`];
  return [clock, level === "info" ? "" : `${level.toUpperCase()}:`, entry.msg ?? "", ...keys, ...fault].filter((part) => part !== "").join(" ");
}
