// SPDX-License-Identifier: Apache-2.0
// Rows of a worker that waits: what it costs when nothing comes, and how soon it is there when something does.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Firewall, type Document } from "../../scripts/lab/firewall";
import { root, until, type Lab, type Namespace } from "../../scripts/lab/lab";
import type { Child } from "../../scripts/lab/process";
import { benchConfig, type Port } from "../config";
import { makeRow, type Measured } from "../lib/row";
import { median, quantile, ratioOf } from "../lib/stats";
import { sleep } from "../peers/subject";
import type { Context, Experiment } from "./context";
import { withLab } from "./ports";

type Mode = "Polling" | "Interrupt" | "Adaptive";

const PROGRAM = join(root, "build", "worker", "bench", "portcullis-bench-wake");
const IDLE_MS = 10_000;
const FIRST = 20;
const PACKETS = 100_000;
const TURNS = 7;
const TURN_MS = 400;
const CLOCK_TICKS = 100;

interface Way {
  readonly name: string;
  readonly ports: readonly [lan: Port, wan: Port];
  /** Devices of DPDK that lead to these ports. */
  readonly devices: readonly [lan: string, wan: string];
}

function ways(lab: Lab): readonly Way[] {
  const socket = (port: string): string => join(lab.folder, `${port}.sock`);
  return [
    { name: "vhost-user", ports: [{ name: "lan", vhostUser: { socket: socket("lan") } }, { name: "wan", vhostUser: { socket: socket("wan") } }], devices: [`net_virtio_user0,path=${socket("lan")},queues=1`, `net_virtio_user1,path=${socket("wan")},queues=1`] },
    { name: "TAP", ports: [{ name: "lan", tap: { name: "lan" } }, { name: "wan", tap: { name: "wan" } }], devices: ["net_af_packet0,iface=lan", "net_af_packet1,iface=wan"] },
  ];
}

function config(way: Way, mode: Mode, cpu: number): Document {
  const dataplane = { cores: { list: String(cpu) }, rxMode: { mode }, memory: { size: "256Mi", pageSize: "2Mi" }, sessions: { ipv4: 131_072, ipv6: 1_024 } };
  return benchConfig({ rules: 10, ports: way.ports, dataplane }) as Document;
}

interface Running {
  readonly firewall: Firewall;
  readonly peer: Child;
  readonly pid: number;
  set(mode: Mode): Promise<void>;
  ask<T>(command: string): Promise<T>;
}

async function start(lab: Lab, namespace: Namespace, way: Way, context: Context): Promise<Running> {
  const firewall = new Firewall(lab, namespace, way.name);
  firewall.write(config(way, "Polling", context.dataCpu));
  firewall.run();
  const lan = await until("the worker has opened its ports", async () => {
    const status = await firewall.status().catch(() => undefined) as unknown as { ports: { name: string; mac: string; state: string }[] } | undefined;
    return status?.ports.find(({ name, state }) => name === "lan" && state !== "Absent");
  }, 150_000);
  if (way.name === "TAP") for (const device of ["lan", "wan"]) await namespace.must(["ip", "link", "set", device, "up"]);
  const peer = namespace.start(["taskset", "-c", String(context.controlCpu), PROGRAM, ...way.devices, lan.mac, String(context.dataCpu)]);
  await peer.line(/^ready$/, 120_000);
  await firewall.forwards(120);
  const ask = async <T>(command: string): Promise<T> => {
    const answer = peer.line(/^\{.*\}$/, 240_000);
    peer.write(`${command}\n`);
    return JSON.parse((await answer)[0]) as T;
  };
  await ask("gaps 1000"); // neighbors, sessions, caches
  return { firewall, peer, pid: (await firewall.status()).worker.pid, ask, set: (mode) => firewall.apply(config(way, mode, context.dataCpu)) };
}

/** Seconds of processor time of a process. */
function used(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}

async function idle(running: Running, mode: Mode): Promise<Measured> {
  await running.set(mode);
  await sleep(1_000);
  const [before, at] = [used(running.pid), performance.now()];
  await sleep(IDLE_MS);
  return { value: ((used(running.pid) - before) / ((performance.now() - at) / 1000)) * 100 };
}

interface Result {
  readonly idle: readonly Measured[];
  readonly first: readonly Measured[];
  readonly saturation: Measured;
  readonly longest: Measured | null;
  readonly notes: { readonly first: string; readonly saturation: string; readonly longest: string };
}

async function saturation({ set, ask }: Running): Promise<{ value: Measured; note: string }> {
  const [polling, adaptive]: [number[], number[]] = [[], []];
  const turn = async (mode: Mode, into: number[]): Promise<void> => {
    await set(mode);
    into.push((await ask<{ came: number }>(`flood ${TURN_MS}`)).came / TURN_MS * 1000);
  };
  for (let i = 0; i < TURNS; i++) {
    await turn("Polling", polling);
    await turn("Adaptive", adaptive);
  }
  return { value: ratioOf(adaptive, polling), note: `${(median(polling) / 1e6).toFixed(2)} Mpps polling, ${(median(adaptive) / 1e6).toFixed(2)} Mpps adaptive` };
}

async function measure(running: Running): Promise<Result> {
  const idles = [await idle(running, "Interrupt"), await idle(running, "Adaptive")];
  const { bare, packet } = await running.ask<{ bare: number[]; packet: number[] }>(`first ${FIRST}`);
  const gaps = await running.ask<{ sent: number; came: number; late: number; longest: number }>(`gaps ${PACKETS}`);
  const full = await saturation(running);
  const us = (values: readonly number[]): string => `${median(values).toFixed(0)} us, slowest ${quantile(values, 0.99).toFixed(0)} us`;
  return {
    idle: idles,
    first: [{ value: median(packet) / median(bare) }, { value: quantile(packet, 0.99) / quantile(bare, 0.99) }],
    saturation: full.value,
    longest: gaps.sent === PACKETS && gaps.came === gaps.sent && packet.every((value) => value >= 0) ? { value: gaps.longest / 1000 } : null,
    notes: { first: `packet ${us(packet)}; bare wake-up ${us(bare)}; ${FIRST} of each`, saturation: full.note, longest: `${gaps.came} of ${gaps.sent} came${gaps.sent < PACKETS ? `, for ${PACKETS} the time was too short` : ""}, ${gaps.late} later than 5 ms, the longest after ${(gaps.longest / 1000).toFixed(2)} ms` },
  };
}

const waiting: Experiment = {
  rows: ["G16", "G17", "G18", "G19"],
  seconds: 600,
  measure: (context) => withLab(2 * 256 * 2 ** 20, async (lab, namespace) => {
    const results: [string, Result][] = [];
    for (const way of ways(lab)) {
      const running = await start(lab, namespace, way, context);
      results.push([way.name, await measure(running)]);
      await running.peer.stop(10_000);
      await running.firewall.stop();
    }
    const note = (text: (result: Result) => string): string => results.map(([name, result]) => `${name}: ${text(result)}`).join("; ");
    return [
      makeRow("G16", results.flatMap(([, { idle: values }]) => values), `processor time of the whole worker over ${IDLE_MS / 1000} s without a packet; ${note((r) => r.idle.map(({ value }) => `${value.toFixed(2)} %`).join(" and "))}`),
      makeRow("G17", results.flatMap(([, { first }]) => first), note((r) => r.notes.first)),
      makeRow("G18", results.map(([, { saturation: value }]) => value), note((r) => r.notes.saturation)),
      makeRow("G19", results.map(([, { longest }]) => longest), note((r) => r.notes.longest)),
    ];
  }),
};

export const wakeExperiments: readonly Experiment[] = [waiting];
