// SPDX-License-Identifier: Apache-2.0
// Row of the routes: a worker that comes anew reads half a million of them from the kernel.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Firewall, type Document } from "../../scripts/lab/firewall";
import { until, type Namespace } from "../../scripts/lab/lab";
import { statePaths } from "../../node-agent/host/paths";
import { benchConfig } from "../config";
import { makeRow, type Measured } from "../lib/row";
import { WORKER_BYTES } from "../peers/worker";
import type { Context, Experiment } from "./context";
import { withLab } from "./ports";

const ROUTES = 500_000;
const TABLE = 100;

/** Distinct networks /24 of 16.0.0.0/4, in an order that jumps about. */
function network(i: number): string {
  const n = Math.imul(i, 0x9e3779b1) & 0xfffff;
  return `${16 + (n >>> 16)}.${(n >>> 8) & 255}.${n & 255}.0/24`;
}

function routesConfig(cores: string): Document {
  const config = benchConfig({ rules: 10, dataplane: { cores: { list: cores }, memory: { size: "128Mi", pageSize: "2Mi" }, sessions: { ipv4: 4_096, ipv6: 1_024 } } }) as Document;
  config.spec.dataplane?.ports?.push({ name: "blue", tap: {} });
  config.spec.interfaces?.push({ name: "blue0", port: "blue", zone: "trust", vrf: "blue", addresses: ["198.51.100.1/24"] });
  config.spec.routing = { ...config.spec.routing, vrfs: [{ name: "blue", table: TABLE }] };
  return config;
}

interface Reading {
  readonly routes: number;
  readonly ms: number;
  readonly computedMs: number;
}

/** What the worker said of each time that it read the kernel's routes. */
export function readings(log: string): Reading[] {
  return [...log.matchAll(/read (\d+) IPv4 and \d+ IPv6 routes of the kernel in (\d+) ms \((\d+) ms of processor time\)/g)]
    .map(([, routes, ms, computedMs]) => ({ routes: Number(routes), ms: Number(ms), computedMs: Number(computedMs) }));
}

async function memoryOf(firewall: Firewall): Promise<number> {
  const { pid } = (await firewall.status()).worker;
  return Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

async function batch(namespace: Namespace, file: string, line: (i: number) => string): Promise<void> {
  writeFileSync(file, `${Array.from({ length: ROUTES }, (_, i) => line(i)).join("\n")}\n`);
  await namespace.must(["ip", "-batch", file], { timeoutMs: 120_000 });
}

/** Puts the routes into the kernel, and lets another worker find them. */
async function readAnew(firewall: Firewall, folder: string, name: string, route: string): Promise<Reading & { bytes: number }> {
  const before = await memoryOf(firewall);
  await batch(firewall.namespace, join(folder, name), (i) => `route add ${network(i)} ${route}`);
  const log = statePaths(firewall.stateDir).workerLog;
  const seen = readings(readFileSync(log, "utf8")).length;
  await firewall.killWorker();
  const found = await until("the new worker has read the routes", async () => readings(readFileSync(log, "utf8")).slice(seen).find((one) => one.routes >= ROUTES), 60_000);
  return { ...found, bytes: ((await memoryOf(firewall)) - before) / ROUTES };
}

async function withdraw(firewall: Firewall, folder: string): Promise<void> {
  await batch(firewall.namespace, join(folder, "withdraw"), (i) => `route del ${network(i)}`);
  await firewall.killWorker(); // the memory of the next one is that of a worker without routes again
}

const reading: Experiment = {
  rows: ["R1"],
  seconds: 150,
  measure: (context: Context) => withLab(WORKER_BYTES, async (lab, namespace) => {
    const firewall = new Firewall(lab, namespace, "routes");
    await firewall.start(routesConfig(String(context.dataCpu)));
    const main = await readAnew(firewall, lab.folder, "main", "via 192.168.1.2 dev lan0");
    await withdraw(firewall, lab.folder);
    const vrf = await readAnew(firewall, lab.folder, "vrf", `via 198.51.100.2 dev blue0 table ${TABLE}`);
    const seconds = (one: Reading): Measured => ({ value: one.ms / 1000 });
    const text = (one: Reading & { bytes: number }): string => `${one.ms} ms, ${one.computedMs} ms of them processor time of its thread, and ${one.bytes.toFixed(0)} bytes of memory a route`;
    return [makeRow("R1", [seconds(main), seconds(vrf)], `a worker that was killed, started again with the routes in the kernel: main table ${text(main)}; table of a VRF ${text(vrf)}`)];
  }),
};

export const routeExperiments: readonly Experiment[] = [reading];
