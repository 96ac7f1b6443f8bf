// SPDX-License-Identifier: Apache-2.0
// Rows of the in-process generator.
import { freemem } from "node:os";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeCapture } from "../lib/capture";
import { samples, type Line } from "../lib/inprocess";
import { makeRow, notMeasured } from "../lib/row";
import { median, ratioOf, measured } from "../lib/stats";
import { endingRate, FLUSHED_FLOWS, GROUT_BYTES, installGrout } from "../peers/grout/grout";
import { NETFILTER_BYTES, OPENING_FLOWS, openingRate, policyRules } from "../peers/netfilter";
import { type Context, type Experiment, millions, ticks } from "./context";
import { withLab } from "./ports";

/** The rate at which grout ends tracked connections on a machine where nothing else ran, for when it cannot be measured. */
const GROUT_EXPIRY = 1_700;
const TEN_MILLION_BYTES = 10_000_000 * (256 + 64) * 1.3;

const at = (lines: readonly Line[], kind: string, sessions: number): readonly number[] => samples(lines, { kind, sessions });

function available(): number {
  const line = /MemAvailable:\s+(\d+) kB/.exec(readFileSync("/proc/meminfo", "utf8"));
  return line === null ? freemem() : Number(line[1]) * 1024;
}

const tableSize: Experiment = {
  rows: ["G4"],
  seconds: 60,
  async measure({ inProcess }) {
    const lines = await inProcess.run("established", { program: inProcess.bank("10", { rules: 10 }), sessions: "1000,16000,60000,1000000", kinds: "udp4,tcp4,udp6", rounds: 60 }, 60);
    const of = (kind: string): string => [1_000, 16_000, 60_000, 1_000_000].map((n) => median(at(lines, kind, n)).toFixed(0)).join(" / ");
    const note = `ticks per packet at 1 k / 16 k / 60 k / 1 M sessions: UDP ${of("udp4")}, TCP ${of("tcp4")}, UDP over IPv6 ${of("udp6")}; the row is UDP`;
    return [makeRow("G4", [ratioOf(at(lines, "udp4", 1_000_000), at(lines, "udp4", 1_000))], note)];
  },
};

const hugeTable: Experiment = {
  rows: ["G5"],
  seconds: 120,
  async measure({ inProcess }) {
    if (available() < TEN_MILLION_BYTES) return [notMeasured("G5", `10 M sessions take ${(TEN_MILLION_BYTES / 2 ** 30).toFixed(1)} GiB, ${(available() / 2 ** 30).toFixed(1)} GiB are free`)];
    const lines = await inProcess.run("established", { program: inProcess.bank("10", { rules: 10 }), sessions: "1000000,4000000,10000000", kinds: "udp4", rounds: 60 }, 120);
    const note = `ticks per packet at 1 M / 4 M / 10 M: ${[1e6, 4e6, 1e7].map((n) => median(at(lines, "udp4", n)).toFixed(0)).join(" / ")}`;
    return [makeRow("G5", [ratioOf(at(lines, "udp4", 10_000_000), at(lines, "udp4", 1_000_000))], note)];
  },
};

const translation: Experiment = {
  rows: ["G7"],
  seconds: 60,
  async measure({ inProcess }) {
    const lines = await inProcess.run("established", { program: inProcess.bank("10-nat", { rules: 10, nat: true }), sessions: "16000,1000000", kinds: "udp4,nat-udp4,tcp4,nat-tcp4", rounds: 60 }, 60);
    const pair = (plain: string, nat: string, n: number): string => `${median(at(lines, plain, n)).toFixed(0)} > ${median(at(lines, nat, n)).toFixed(0)}`;
    const note = `NAT44 only. Ticks per packet plain > source NAT at 16 k, 1 M sessions: UDP ${pair("udp4", "nat-udp4", 16_000)}, ${pair("udp4", "nat-udp4", 1_000_000)}; `
      + `TCP ${pair("tcp4", "nat-tcp4", 16_000)}, ${pair("tcp4", "nat-tcp4", 1_000_000)}; the row is UDP at 16 k`;
    return [makeRow("G7", [ratioOf(at(lines, "nat-udp4", 16_000), at(lines, "udp4", 16_000))], note)];
  },
};

const lookup: Experiment = {
  rows: ["G6"],
  seconds: 60,
  async measure({ inProcess }) {
    const lines = await inProcess.run("lookup", { program: inProcess.bank("10", { rules: 10 }), sessions: 1_000_000, memory: 512, rounds: 100 }, 60);
    const [ours, theirs] = [samples(lines, { table: "session" }), samples(lines, { table: "rte_hash" })];
    return [makeRow("G6", [ratioOf(theirs, ours)], `ticks per packet: session table ${median(ours).toFixed(0)}, rte_hash bulk ${median(theirs).toFixed(0)}; both with keys of both directions, random order, bursts of 32`)];
  },
};

const thousands = (perSecond: number): string => `${(perSecond / 1000).toFixed(0)} k/s`;

/** New connections per second of the kernel with 1 k rules, and with few. */
async function kernelOpens(context: Context): Promise<{ many: number; few: number }> {
  const path = join(context.folder, "opening.pcap");
  writeCapture(path, "open", OPENING_FLOWS);
  const rate = (rules: number): Promise<number> => withLab(NETFILTER_BYTES, (lab) =>
    openingRate(lab, { capture: path, controlCpu: context.controlCpu, dataCpu: context.dataCpu, ruleset: policyRules(rules) }));
  return { many: await rate(1_000), few: await rate(5) };
}

const opening: Experiment = {
  rows: ["G8", "G11"],
  seconds: 120,
  async measure(context) {
    const { inProcess } = context;
    const programs = [100, 1_000, 10_000].map((rules) => inProcess.bank(String(rules), { rules })).join(" ");
    const lines = await inProcess.run("open", { program: programs, sessions: 1 << 20, rounds: 60 }, 90);
    const [few, some, many] = ["100", "1000", "10000"].map((program) => samples(lines, { program })) as [readonly number[], readonly number[], readonly number[]];
    const hz = Number(lines.find((line) => line["program"] === "1000")?.["perSecond"]) * median(some);
    const each = `ticks per new session with 100 / 1 k / 10 k rules: ${[few, some, many].map((s) => median(s).toFixed(0)).join(" / ")}`;
    const own = { value: hz / median(some) / 1e6, spread: [hz / measured(some).spread![1] / 1e6, hz / measured(some).spread![0] / 1e6] } as const;
    const kernel = await kernelOpens(context).catch((error: unknown) => error as Error);
    const kernelNote = kernel instanceof Error ? `the kernel was not measured: ${kernel.message}` : `the kernel on veth, on the same CPU: ${thousands(kernel.many)} with the same 1 k rules, ${thousands(kernel.few)} with 5`;
    return [
      makeRow("G8", [own, kernel instanceof Error ? null : { value: (own.value * 1e6) / kernel.many }], `${each}; UDP, all flows new, in a table of 1 M of which half is used; ${kernelNote}`),
      makeRow("G11", [ratioOf(many, few)], each),
    ];
  },
};

function groutEnds(context: Context): Promise<number> {
  const path = join(context.folder, "ending.pcap");
  writeCapture(path, "translated", FLUSHED_FLOWS);
  return withLab(GROUT_BYTES, async (lab) => {
    await installGrout();
    return endingRate(lab, { capture: path, nat: true, controlCpu: context.controlCpu, dataCpu: context.dataCpu });
  });
}

/** Half the rate of G8, or of what this machine usually does when G8 was not asked for. */
const churning: Experiment = {
  rows: ["G9"],
  seconds: 150,
  async measure(context) {
    const { inProcess, done } = context;
    const grout = await groutEnds(context).catch((error: unknown) => error as Error);
    const theirs = grout instanceof Error ? GROUT_EXPIRY : grout;
    const groutNote = grout instanceof Error ? `grout was not measured (${grout.message}), ${GROUT_EXPIRY}/s is what it did elsewhere` : `grout ends ${theirs.toFixed(0)}/s, by a flush of ${FLUSHED_FLOWS}`;
    const opened = done.find((row) => row.id === "G8")?.parts[0]?.ratio ?? 1;
    const rate = Math.round((opened * 1e6) / 2);
    const [line] = await inProcess.run("churn", { program: inProcess.bank("1000", { rules: 1_000 }), rate, seconds: 60, sessions: Math.min(rate * 4, 16_000_000) }, 90);
    const value = (name: string): number => Number(line?.[name]);
    const ended = value("expired") / 60;
    const grew = value("highestSecondHalf") > value("highestFirstHalf") * 1.1;
    const note = `${millions(rate)} asked for 60 s (half of G8), ${millions(value("opened") / 60)} opened, ${millions(ended)} ended; most at a time ${value("highestFirstHalf")} in the first half, `
      + `${value("highestSecondHalf")} in the second${grew ? " (grew)" : ""}; ${value("refused")} refused; ${groutNote}`;
    return [makeRow("G9", [grew || value("refused") > 0 ? null : { value: ended / theirs }], note)];
  },
};

const flood: Experiment = {
  rows: ["G10"],
  seconds: 60,
  async measure({ inProcess }) {
    const lines = await inProcess.run("deny", { program: inProcess.bank("10", { rules: 10 }), sessions: "16000,1000000", rounds: 60 }, 60);
    const pair = (n: number): string => `${median(at(lines, "deny4", n)).toFixed(0)} against ${median(at(lines, "udp4", n)).toFixed(0)}`;
    return [makeRow("G10", [ratioOf(at(lines, "deny4", 1_000_000), at(lines, "udp4", 1_000_000))], `policy only, every packet another flow; ticks per packet at 1 M sessions ${pair(1_000_000)}, at 16 k ${pair(16_000)}; the row is 1 M`)];
  },
};

const rules: Experiment = {
  rows: ["G12"],
  seconds: 60,
  async measure({ inProcess }) {
    const programs = [10, 10_000].map((n) => inProcess.bank(String(n), { rules: n })).join(" ");
    const lines = await inProcess.run("established", { program: programs, sessions: 16_000, kinds: "udp4", rounds: 200 }, 60);
    const [few, many] = ["10", "10000"].map((program) => samples(lines, { program })) as [readonly number[], readonly number[]];
    return [makeRow("G12", [ratioOf(few, many)], `16 k sessions, ${ticks(median(few))} with 10 rules, ${median(many).toFixed(0)} with 10 k`)];
  },
};

interface Turns {
  /** Of what the thread itself computed, and of the time that passed. */
  readonly longestOwnUs: number;
  readonly longestUs: number;
  readonly count: number;
  readonly interrupted: number;
  readonly p9999Us: number;
}

const stall: Experiment = {
  rows: ["G22"],
  seconds: 60,
  async measure({ inProcess }) {
    const programs = [1_000, 10_000].map((rules) => inProcess.bank(String(rules), { rules })).join(" ");
    const [line] = await inProcess.run("stall", { program: programs, sessions: 1_000_000, seconds: 20 }, 60);
    const [turns, taking, idle] = ["turns", "taking", "idle"].map((name) => line?.[name]) as [Turns, Turns, Turns];
    const ms = (us: number): string => `${(us / 1000).toFixed(3)} ms`;
    const note = `longest of ${turns.count} turns by the processor time of the thread, ${ms(turns.longestUs)} by the clock (in ${turns.interrupted} turns the kernel ran something else); meanwhile ${Number(line?.["expired"])} sessions expired, `
      + `${Number(line?.["generations"])} generations of 1 k and 10 k policies in turn were taken (a taking: up to ${taking.longestOwnUs.toFixed(0)} us), all sessions were read ${Number(line?.["dumps"])} times and looked at for an end by filter ${Number(line?.["clears"])} times; `
      + `a loop that does nothing: ${ms(idle.longestOwnUs)}, ${ms(idle.longestUs)} by the clock`;
    return [makeRow("G22", [{ value: turns.longestOwnUs / 1000 }], note)];
  },
};

interface Cleared {
  readonly ended: number;
  readonly ms: number;
  readonly longestTurnUs: number;
  readonly sent: number;
  readonly lost: number;
}

const change: Experiment = {
  rows: ["C1", "C2"],
  seconds: 120,
  async measure({ inProcess }) {
    const programs = [inProcess.bank("1000-nat", { rules: 1_000, nat: true }), inProcess.bank("1000-nat-refuse", { rules: 1_000, nat: true, refuse: ["plain"] })].join(" ");
    const [line] = await inProcess.run("change", { program: programs, sessions: 1_000_000 }, 120);
    const value = (name: string): number => Number(line?.[name]);
    const [some, all] = ["clearSome", "clearAll"].map((name) => line?.[name]) as [Cleared, Cleared];
    const kept = value("moved") === 0;
    const note = `1 k policies, half of the sessions denied by the change, the others behind source NAT; built in ${value("buildMs").toFixed(1)} ms beside the loop; then ${value("wrong")} packets passed wrongly, the last ${value("wrongForMs").toFixed(2)} ms after the program was there `
      + `(${value("wrongSinceBuildMs").toFixed(1)} ms after its build began); all ${value("denied")} denied sessions were gone after ${value("sweptMs").toFixed(0)} ms; ${value("lost")} of ${value("sent")} packets of permitted flows lost, ${value("moved")} of their ports changed; longest turn ${value("longestTurnUs").toFixed(0)} us`;
    const cleared = (one: Cleared): string => `${one.ended} ended in ${one.ms.toFixed(0)} ms, longest turn ${one.longestTurnUs.toFixed(0)} us`;
    return [
      makeRow("C1", kept ? [{ value: value("wrongForMs") }, { value: (value("lost") / value("sent")) * 100 }] : [null, null], note),
      makeRow("C2", [{ value: Math.max(some.longestTurnUs, all.longestTurnUs) / 1000 }, { value: ((some.lost + all.lost) / (some.sent + all.sent)) * 100 }], `by a prefix: ${cleared(some)}; all: ${cleared(all)}; flows go on meanwhile and open their sessions again; turns by the processor time of their thread`),
    ];
  },
};

export const inProcessExperiments: readonly Experiment[] = [tableSize, hugeTable, translation, lookup, opening, churning, flood, rules, stall, change];

export type { Context };
