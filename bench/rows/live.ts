// SPDX-License-Identifier: Apache-2.0
// Rows of the agent and its worker under traffic: programs that come, a worker that is killed, lists of sessions.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { portcullis } from "../../scripts/lab/firewall";
import { until } from "../../scripts/lab/lab";
import { pcapMac, writeCapture } from "../lib/capture";
import { makeRow, notMeasured, type Measured, type Row } from "../lib/row";
import { moduleCommand } from "../lib/script";
import { measured } from "../lib/stats";
import { watch } from "../lib/watcher";
import type { Seen } from "../lib/watch";
import { rate, sleep } from "../peers/subject";
import { startWorker, WORKER_BYTES, type WorkerSubject } from "../peers/worker";
import type { Applied } from "./apply-agent";
import type { Context, Experiment } from "./context";
import { withLab } from "./ports";

const FEED_FLOWS = 1_000;

function feed(context: Context): string {
  const path = join(context.folder, "feed.pcap");
  writeCapture(path, "plain", FEED_FLOWS);
  return path;
}

const lostMs = ({ dropped, forwarded, seconds }: Seen): number => (dropped / (forwarded / seconds)) * 1000;

const programs: Experiment = {
  rows: ["G13", "G14", "G15"],
  seconds: 90,
  measure: (context) => withLab(WORKER_BYTES, async (lab, namespace) => {
    const stateDir = join(lab.folder, "apply");
    mkdirSync(stateDir, { mode: 0o700 });
    const agent = namespace.start(moduleCommand(__dirname, "apply-agent", stateDir, feed(context), String(context.dataCpu)));
    await agent.line(/^forwarding$/, 60_000);
    await sleep(500);
    const stop = await watch(namespace, stateDir);
    agent.write("go\n");
    const [text] = await agent.line(/^\{.*\}$/, 80_000);
    const seen = await stop();
    agent.write("end\n");
    await agent.exit;
    const { applyMs, changeMs } = JSON.parse(text) as Applied;
    const list = (times: readonly number[]): string => times.map((ms) => ms.toFixed(0)).join(", ");
    const load = `${(seen.forwarded / seen.seconds / 1e6).toFixed(1)} Mpps meanwhile, which is all that one core takes: a capture waits for its reader, so that there is no half load`;
    return [
      makeRow("G13", [measured(applyMs, 1000)], `ms: ${list(applyMs)}; ${load}`),
      makeRow("G14", [measured(changeMs, 1000)], `ms: ${list(changeMs)}`),
      makeRow("G15", [{ value: lostMs(seen) }], `${seen.dropped} packets dropped of ${seen.forwarded + seen.dropped} in ${applyMs.length * 2 + changeMs.length + 1} changes; longest time in which nothing was forwarded ${seen.longestGapMs.toFixed(1)} ms (what a busy machine takes from the core is in it)`),
    ];
  }),
};

interface Filled {
  readonly worker: WorkerSubject;
  readonly flows: number;
}

/** Waits until every flow of the capture has its session. */
async function filled({ worker, flows }: Filled): Promise<void> {
  await until(`${flows} sessions`, async () => ((await worker.firewall.counters())["sessions4"] ?? 0) >= flows, 60_000);
  await sleep(1_500);
}

/** Bindings in the table, as last reported. */
async function bindingsOf(worker: WorkerSubject): Promise<number> {
  const { tables } = (await worker.firewall.counters()) as unknown as { tables: readonly { name: string; used: number }[] };
  return tables.find(({ name }) => name === "bindings")?.used ?? 0;
}

/** Every session with what NAT makes of it, a line each, sorted. */
async function writeSessions({ worker }: Filled, path: string): Promise<void> {
  const part = String.raw`s/^\{"id":([0-9]+),.*"nat":(null|\{[^}]*\}),.*$/\1 \2/`;
  const command = `${portcullis} sessions --json --state-dir ${worker.firewall.stateDir} | sed -E '${part}' | LC_ALL=C sort > ${path}`;
  const { code, stderr } = await worker.firewall.namespace.run(["bash", "-o", "pipefail", "-c", command], { timeoutMs: 300_000 });
  if (code !== 0) throw new Error(`portcullis sessions: code ${code}: ${stderr.trim()}`);
}

interface Killed {
  readonly value: Measured | null;
  readonly note: string;
}

async function kill(filled: Filled, context: Context): Promise<Killed> {
  const { worker, flows } = filled;
  const [first, second] = ["before", "after"].map((name) => join(context.folder, `sessions-${flows}-${name}`)) as [string, string];
  await writeSessions(filled, first);
  const [before, bound] = [await worker.firewall.counters(), await bindingsOf(worker)];
  const stop = await watch(worker.firewall.namespace, worker.firewall.stateDir);
  await worker.firewall.killWorker();
  await sleep(1_000);
  const seen = await stop();
  const [after, boundAfter] = [await worker.firewall.counters(), await bindingsOf(worker)];
  await writeSessions(filled, second);
  const differing = Number((await worker.firewall.namespace.must(["bash", "-c", `LC_ALL=C comm -3 ${first} ${second} | wc -l`])).trim());
  const [had, kept] = [before["sessions4"] ?? 0, (after["sessionsRecovered"] ?? 0) - (before["sessionsRecovered"] ?? 0)];
  const opened = (after["sessionsOpened"] ?? 0) - (before["sessionsOpened"] ?? 0);
  const all = kept === had && opened === 0 && boundAfter === bound && bound > 0 && differing === 0;
  return {
    value: all ? { value: seen.longestGapMs / 1000 } : null,
    note: `${flows} sessions, half of them by persistent bindings: ${kept} of ${had} kept, ${opened} opened anew, ${boundAfter} of ${bound} bindings kept, ${differing} sessions with another address, port or rule of NAT, ${seen.longestGapMs.toFixed(0)} ms without forwarding`,
  };
}

interface Listed {
  readonly seconds: number;
  readonly out: string;
  /** Forwarded meanwhile, per second. */
  readonly rate: number;
}

/** Runs a command line of ours through the shell, beside the core that forwards. */
async function beside({ worker }: Filled, cpu: number, text: string): Promise<Listed> {
  const command = `${portcullis} sessions ${text.replace("|", `--state-dir ${worker.firewall.stateDir} |`)}`;
  const start = performance.now();
  const from = await worker.sent();
  const { code, stdout, stderr } = await worker.firewall.namespace.run(["taskset", "-c", String(cpu), "bash", "-o", "pipefail", "-c", command], { timeoutMs: 120_000 });
  if (code !== 0) throw new Error(`portcullis sessions: ${stderr.trim()}`);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, out: stdout.trim(), rate: ((await worker.sent()) - from) / ((performance.now() - start) / 1000) };
}

const LISTS = 3;

/** The whole table as the command line prints it, and what that does to the traffic. */
async function list(filled: Filled, context: Context): Promise<Row> {
  const { worker, flows } = filled;
  const { agent } = await worker.firewall.status();
  const agentOn = (list: string): Promise<unknown> => worker.firewall.namespace.must(["taskset", "--all-tasks", "--cpu-list", "--pid", list, String(agent.pid)]);
  await agentOn(String(context.controlCpu));
  const [seconds, less]: [number[], number[]] = [[], []];
  for (let round = 0, before = await rate(worker, 1_500); round < LISTS; round++) {
    const whole = await beside(filled, context.controlCpu, "--json | wc -l");
    if (Number(whole.out) < flows) throw new Error(`${whole.out} of ${flows} sessions listed`);
    const after = await rate(worker, 1_500);
    seconds.push(whole.seconds);
    less.push((1 - whole.rate / ((before + after) / 2)) * 100);
    before = after;
  }
  const count = await beside(filled, context.controlCpu, "--count | cat");
  const some = await beside(filled, context.controlCpu, "--count --destination 198.18.0.0/24 --older-than 1s | cat");
  const table = await beside(filled, context.controlCpu, `--limit ${flows} | wc -l`);
  await agentOn(`${context.controlCpu},${context.dataCpu}`); // a worker that it starts needs its own CPU again
  const ms = (one: Listed): string => `${one.seconds.toFixed(1)} s`;
  return makeRow("G25", [measured(seconds), { ...measured(less), value: Math.max(0, measured(less).value) }],
    `${flows} sessions as lines of JSON, ${LISTS} times: ${seconds.map((s) => s.toFixed(1)).join(", ")} s, forwarded less than before and after ${less.map((l) => l.toFixed(1)).join(", ")} %; `
    + `counted in ${ms(count)} (${count.out}), those of a filter in ${ms(some)} (${some.out}), as a table of ${table.out} lines in ${ms(table)}`);
}

async function withSessions<T>(context: Context, flows: number, use: (filled: Filled) => Promise<T>): Promise<T> {
  const fill = join(context.folder, "fill.pcap");
  // Ports are made in the order of their names. What comes before the kernel has told its routes opens no session: once more.
  writeCapture(fill, (flow) => (flow % 2 === 0 ? "plain" : "translated"), flows, pcapMac(1), flows + 50_000);
  return withLab(WORKER_BYTES + flows * 640, async (lab, namespace) => {
    const worker = await startWorker(lab, namespace, `s${flows}`, {
      rules: 10, nat: true, persistent: true, capture: feed(context), fill, cores: String(context.dataCpu), sessions: Math.ceil(flows * 1.25), bindings: flows,
      memory: `${704 + 2 * Math.ceil((flows * 568) / 2 ** 21)}Mi`,
    });
    const it = { worker, flows };
    await filled(it);
    return use(it);
  });
}

const restart: Experiment = {
  rows: ["G20", "G25"],
  seconds: 300,
  async measure(context) {
    const rows: Row[] = [];
    const failed = (error: unknown): Killed => ({ value: null, note: `not measured: ${(error as Error).message}` });
    const few = await withSessions(context, 100_000, (it) => kill(it, context)).catch(failed);
    const many = await withSessions(context, 1_000_000, async (it) => {
      try {
        rows.push(await list(it, context));
      } catch (error) {
        rows.push(notMeasured("G25", (error as Error).message));
      }
      return kill(it, context);
    }).catch(failed);
    return [...rows, makeRow("G20", [few.value, many.value], `${few.note}; ${many.note}`)];
  },
};

export const liveExperiments: readonly Experiment[] = [programs, restart];
