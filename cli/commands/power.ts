// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { parseExactJson } from "../../node-agent/json";
import type { PowerView, StatusView } from "../../node-agent/snapshot";
import { ask } from "../client";
import { type Arguments, type Command, UsageError } from "../command";
import { outputOption, print, stateDir, stateDirOption, wantsJson } from "../common";
import { parseDuration } from "../duration";
import { facts, table } from "../table";

/** What is said of a node: its status at the beginning and at the end of an interval. */
export type Pair = readonly [before: StatusView, after: StatusView];

export const intervalOption = { type: "string", value: "DURATION", help: "time over which shares are measured, 1s to 60s", default: "2s" } as const;

export const command: Command = {
  usage: "[--interval DURATION] [--state-dir DIR] [-o json]",
  description: `Shows how each datapath core spends its time over the interval, and how each port waits for packets. ASLEEP is the time in which
the core waits for an event and the CPU is free: the estimated saving against Polling is that share. JSON is the status at both ends.`,
  options: { interval: intervalOption, "state-dir": stateDirOption, output: outputOption },
  async run(args) {
    const json = wantsJson(args);
    const texts = await twice(args, () => ask(stateDir(args), "/status"));
    print(json ? pairJson(texts) : render(texts.map((text) => parseExactJson(text) as StatusView) as unknown as Pair));
    return 0;
  },
};

/** Asks at the beginning and at the end of the interval. */
export async function twice<T>(args: Arguments, once: () => Promise<T>): Promise<readonly [T, T]> {
  const interval = parseDuration("--interval", args.required("interval"));
  if (interval < 1_000 || interval > 60_000) throw new UsageError("--interval must be from 1s to 60s");
  const before = await once();
  await sleep(interval);
  return [before, await once()];
}

export const pairJson = ([before, after]: readonly [string, string]): string => `{"before": ${before.trim()},\n"after": ${after.trim()}}`;

interface Share {
  readonly now: PowerView;
  /** Of the interval, 0 to 1. */
  readonly busy: number;
  readonly asleep: number;
  readonly sleeps: bigint;
}

/** Shares of the cores that were there at both ends, of a worker that has not been replaced meanwhile. */
export function shares([before, after]: Pair): Share[] {
  return after.power.flatMap((now, i): Share[] => {
    const then = before.power[i];
    if (then === undefined || then.core !== now.core) return [];
    const part = (field: "busyNs" | "sleepNs"): number => clamp(Number(BigInt(now[field]) - BigInt(then[field])) / Number(BigInt(now.atNs) - BigInt(then.atNs)));
    const busy = part("busyNs");
    return [{ now, busy, asleep: Math.min(part("sleepNs"), 1 - busy), sleeps: BigInt(now.sleeps) - BigInt(then.sleeps) }];
  });
}

const clamp = (share: number): number => Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
const percent = (share: number): string => `${Math.round(share * 100)}%`;
const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length);

export function render(pair: Pair): string {
  const rows = shares(pair);
  const [, after] = pair;
  if (rows.length === 0) return "the worker is not running";
  const switches = rows.reduce((sum, { now }) => sum + BigInt(now.modeSwitches), 0n);
  const cores = table(["CORE", "RX-MODE", "MHZ", "BUSY", "ASLEEP", "LAST-WAKE", "SLEEPS", "WAKEUPS", "MISSED", "SWITCHES"],
    rows.map(({ now, busy, asleep, sleeps }) => [now.core, now.rxMode, now.mhz ?? "-", percent(busy), percent(asleep), ago(now.wokenAgoMs), sleeps, now.wakeups, now.missedWakeups, now.modeSwitches]));
  const ports = table(["PORT", "REQUESTED", "EFFECTIVE", "WAKES-BY", "WAKEUPS", "MISSED", "WHY"],
    after.ports.map(({ name, rxMode }) => (rxMode === null ? [name, "-", "-", "-", "-", "-", "the port is absent"] : [name, rxMode.requested, rxMode.effective, rxMode.wake, rxMode.wakeups, rxMode.missed, rxMode.reason])));
  const lines = facts([
    ["Mode switches", `${switches} since the state file was made`],
    ["Average idle ratio", percent(1 - mean(rows.map(({ busy }) => busy)))],
    ["Estimated saving", `${percent(mean(rows.map(({ asleep }) => asleep)))} of the cores' time against Polling: the time asleep`],
  ]);
  return [cores, ports, lines].join("\n\n");
}

function ago(ms: number | null): string {
  if (ms === null) return "-";
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)}s` : `${Math.round(ms / 1000)}s`;
}
