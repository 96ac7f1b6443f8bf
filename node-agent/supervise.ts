// SPDX-License-Identifier: Apache-2.0
// The supervisor's decisions, pure: what is observed in, what to do next out. Time is milliseconds of a monotonic clock.
import { sameArgs, type WorkerArgs } from "./host/preflight";
import { Problem } from "./problem";

export const HUNG_AFTER_MS = 5_000;
export const START_TIMEOUT_MS = 120_000;
export const CRASHES_TO_QUARANTINE = 3;
export const CRASH_WINDOW_MS = 60_000;
export const QUARANTINE_RETRY_MS = 60_000;

export interface Observed {
  readonly now: number;
  /** What shall run; null: nothing. */
  readonly target: WorkerArgs | null;
  /** A worker can be started now. */
  readonly present: boolean;
  readonly worker: ObservedWorker | null;
  /** No start before this time. */
  readonly notBefore: number;
}

export interface ObservedWorker {
  /** null: an adopted one whose command line could not be read. */
  readonly args: WorkerArgs | null;
  readonly runningMs: number;
  /** A first heartbeat was seen. */
  readonly beating: boolean;
  /** Observed time since the last change of a heartbeat. */
  readonly silentMs: number;
}

export type Step =
  | { readonly kind: "rest" }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "start"; readonly args: WorkerArgs }
  | { readonly kind: "stop"; readonly keep: boolean; readonly why: string }
  | { readonly kind: "kill"; readonly why: string };

export function decide(seen: Observed): Step {
  const { worker, target } = seen;
  if (worker === null) {
    if (target === null || !seen.present) return { kind: "rest" };
    if (seen.now < seen.notBefore) return { kind: "wait", ms: seen.notBefore - seen.now };
    return { kind: "start", args: target };
  }
  if (target === null) return { kind: "stop", keep: false, why: "no program is wanted" };
  if (worker.args === null || !sameArgs(worker.args, target)) return { kind: "stop", keep: true, why: "cores, memory or session tables differ" };
  if (!worker.beating && worker.runningMs > START_TIMEOUT_MS) return { kind: "kill", why: `no sign of life ${START_TIMEOUT_MS / 1000} s after its start` };
  if (worker.beating && worker.silentMs > HUNG_AFTER_MS) return { kind: "kill", why: `no heartbeat for ${HUNG_AFTER_MS / 1000} s` };
  return { kind: "rest" };
}

/** Heartbeats as last seen, and for how long they have not moved. */
export interface Pulse {
  readonly control: bigint;
  readonly core: bigint;
  readonly controlSilentMs: number;
  readonly coreSilentMs: number;
  readonly at: number;
}

// A gap between two looks that is longer than this is our own sleep (a busy or suspended machine), not the worker's silence.
const LONGEST_GAP_MS = 1_500;

export function firstPulse(now: number): Pulse {
  return { control: 0n, core: 0n, controlSilentMs: 0, coreSilentMs: 0, at: now };
}

/** The pulse after another look. A core that has not started yet (0) is not silent. */
export function takePulse(last: Pulse, control: bigint, core: bigint, now: number): Pulse {
  const gap = Math.min(now - last.at, LONGEST_GAP_MS);
  return {
    control,
    core,
    controlSilentMs: control !== last.control || control === 0n ? 0 : last.controlSilentMs + gap,
    coreSilentMs: core !== last.core || core === 0n ? 0 : last.coreSilentMs + gap,
    at: now,
  };
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** Last line that the worker wrote; "" when none. */
  readonly lastLine: string;
  /** It ended because this supervisor asked it to. */
  readonly asked: boolean;
  /** It was killed because it hung. */
  readonly hung: boolean;
  /** It had acknowledged a program, or run long enough to. */
  readonly healthy: boolean;
}

const FAULTS: readonly (string | null)[] = ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGSYS"];

/** A fault of the program or the worker: not the act of a person or of the out-of-memory killer, not a refusal to start. */
export function isCrash(exit: Exit): boolean {
  return !exit.asked && (exit.hung || FAULTS.includes(exit.signal) || (exit.healthy && exit.code === 1));
}

/** Milliseconds before the next start: none after a healthy run, then 0.25 s doubling to 30 s. */
export function restartDelay(failuresInARow: number): number {
  return failuresInARow === 0 ? 0 : Math.min(250 * 2 ** (failuresInARow - 1), 30_000);
}

/** Times of crashes while one program was active. */
export type CrashRecord = ReadonlyMap<string, readonly number[]>;

export function recordCrash(record: CrashRecord, hash: string, now: number): CrashRecord {
  const recent = (record.get(hash) ?? []).filter((at) => now - at < CRASH_WINDOW_MS);
  return new Map(record).set(hash, [...recent, now]);
}

export function isQuarantined(record: CrashRecord, hash: string): boolean {
  return (record.get(hash)?.length ?? 0) >= CRASHES_TO_QUARANTINE;
}

/** A worker that should run does not; null: how the last one ended is not known. */
export function downProblem(exit: Exit | null): Problem {
  if (exit?.hung === true) return new Problem("WorkerUnresponsive", "the worker stopped giving signs of life and is being restarted");
  return new Problem("WorkerDown", `${exit === null ? "the worker ended" : describeExit(exit)}; it is being restarted`);
}

/** One sentence. The worker's own last line is the cause when it gave up by itself. */
export function describeExit(exit: Exit): string {
  const gaveUp = exit.signal === "SIGABRT" || (exit.code !== null && exit.code !== 0);
  if (gaveUp && exit.lastLine !== "") return exit.code === null ? `the worker gave up: ${exit.lastLine}` : exit.lastLine;
  return exit.signal === null ? `the worker ended with code ${exit.code}` : `the worker was ended by ${exit.signal === "unknown" ? "a cause that is not known" : exit.signal}`;
}
