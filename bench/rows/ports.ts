// SPDX-License-Identifier: Apache-2.0
// Rows of the worker on ports, against other forwarders with the same captures in the same turns.
import { cpus } from "node:os";
import { join } from "node:path";
import { Lab, type Namespace } from "../../scripts/lab/lab";
import { flowsByOwner, pcapMac, writeCapture, type Purpose } from "../lib/capture";
import { reserveHugepages } from "../lib/hugepages";
import { makeRow, notMeasured, type Measured, type Row } from "../lib/row";
import { median, ratioOf } from "../lib/stats";
import { GROUT_BYTES, installGrout, startGrout } from "../peers/grout/grout";
import { alternate, type Subject } from "../peers/subject";
import { NETFILTER_BYTES, startNetfilter } from "../peers/netfilter";
import { startTestpmd, TESTPMD_BYTES } from "../peers/testpmd";
import { startWorker, WORKER_BYTES } from "../peers/worker";
import type { Context, Experiment } from "./context";

const ROUNDS = 9;

export async function withLab<T>(bytes: number, use: (lab: Lab, namespace: Namespace) => Promise<T>): Promise<T> {
  const giveBack = reserveHugepages(bytes);
  const lab = new Lab("pcbench");
  try {
    return await use(lab, await lab.namespace("fw"));
  } finally {
    await lab.close().catch((error: unknown) => process.stderr.write(`bench: ${(error as Error).message}\n`));
    giveBack();
  }
}

function capture(context: Context, purpose: Purpose, flows: number, port = 0): string {
  const path = join(context.folder, `${purpose}-${flows}-${port}.pcap`);
  writeCapture(path, purpose, flows, pcapMac(port));
  return path;
}

/** The table's words for packets per second, and what that is in time. */
function speeds(subjects: readonly Subject[], rates: readonly (readonly number[])[]): string {
  return subjects.map((subject, i) => `${subject.name} ${(median(rates[i] ?? []) / 1e6).toFixed(1)} Mpps`).join(", ");
}

const bare: Experiment = {
  rows: ["G3"],
  seconds: 60,
  measure: (context) => withLab(WORKER_BYTES + 2 * TESTPMD_BYTES, async (lab, namespace) => {
    const file = capture(context, "plain", 1_000);
    const common = { capture: file, controlCpu: context.controlCpu, dataCpu: context.dataCpu };
    const subjects = [
      await startWorker(lab, namespace, "g3", { rules: 10, capture: file, cores: String(context.dataCpu) }),
      await startTestpmd(lab, namespace, { ...common, mode: "csum" }),
      await startTestpmd(lab, namespace, { ...common, mode: "io" }),
    ];
    const rates = await alternate(subjects, ROUNDS);
    return [makeRow("G3", [ratioOf(rates[0] ?? [], rates[1] ?? [])], `1 k flows: ${speeds(subjects, rates)}`)];
  }),
};

/** Both of one kind, with so many flows. */
function against(context: Context, nat: boolean, flows: number): Promise<{ ours: number[]; theirs: number[]; note: string }> {
  return withLab(WORKER_BYTES + GROUT_BYTES, async (lab, namespace) => {
    const file = capture(context, nat ? "translated" : "plain", flows);
    const subjects = [
      await startWorker(lab, namespace, `grout-${flows}`, { rules: 10, nat, capture: file, cores: String(context.dataCpu) }),
      await startGrout(lab, { capture: file, nat, controlCpu: context.controlCpu, dataCpu: context.dataCpu }),
    ];
    const [ours = [], theirs = []] = await alternate(subjects, ROUNDS);
    return { ours, theirs, note: `${flows / 1000} k flows: ${speeds(subjects, [ours, theirs])}` };
  });
}

const router: Experiment = {
  rows: ["G1", "G2"],
  seconds: 150,
  async measure(context) {
    const version = await installGrout();
    const rows: Row[] = [];
    const plain = await against(context, false, 16_000);
    rows.push(makeRow("G1", [ratioOf(plain.ours, plain.theirs)], `${plain.note} (${version})`));
    try {
      const nat = [await against(context, true, 16_000), await against(context, true, 60_000)];
      rows.push(makeRow("G2", nat.map((one) => ratioOf(one.ours, one.theirs)), `${nat.map((one) => one.note).join("; ")} (${version})`));
    } catch (error) {
      rows.push(notMeasured("G2", (error as Error).message));
    }
    return rows;
  },
};

const kernel: Experiment = {
  rows: ["G24"],
  seconds: 60,
  measure: (context) => withLab(WORKER_BYTES + NETFILTER_BYTES, async (lab, namespace) => {
    const file = capture(context, "translated", 16_000);
    const subjects = [
      await startWorker(lab, namespace, "kernel", { rules: 10, nat: true, capture: file, cores: String(context.dataCpu) }),
      await startNetfilter(lab, { capture: file, controlCpu: context.controlCpu, dataCpu: context.dataCpu }),
    ];
    const rates = await alternate(subjects, ROUNDS);
    return [makeRow("G24", [ratioOf(rates[0] ?? [], rates[1] ?? [])], `16 k flows: ${speeds(subjects, rates)}; veth and packet sockets are the kernel's own price, the sender is on the other CPU`)];
  }),
};

/** Two ports, each read by one core: half of what it reads belongs to the other one. */
async function steered(context: Context, both: string, one: string): Promise<{ ratio: Measured; note: string }> {
  return withLab(2 * WORKER_BYTES, async (lab, namespace) => {
    const captures = { capture: capture(context, "plain", 16_000), extra: capture(context, "open", 16_000, 1) };
    return twoAgainstOne([
      await startWorker(lab, namespace, "two", { rules: 10, ...captures, cores: both }),
      await startWorker(lab, await lab.namespace("second"), "one", { rules: 10, ...captures, cores: one }),
    ]);
  });
}

/** One port with a queue for each core, in which its own flows are, as a NIC brings them that hashes by the worker's key. */
async function delivered(context: Context, both: string, one: string): Promise<{ ratio: Measured; note: string }> {
  return withLab(2 * WORKER_BYTES, async (lab, namespace) => {
    const queues = flowsByOwner("plain", 16_000).map((flows, core) => {
      const path = join(context.folder, `queue-${core}.pcap`);
      writeCapture(path, "plain", flows);
      return path;
    });
    const two = await startWorker(lab, namespace, "two", { rules: 10, capture: queues, cores: both });
    const result = await twoAgainstOne([
      two,
      await startWorker(lab, await lab.namespace("second"), "one", { rules: 10, capture: capture(context, "plain", 16_000), cores: one }),
    ]);
    const passed = (await two.firewall.counters())["steered"];
    if (passed !== 0) throw new Error(`${passed} packets were in the queue of the wrong core`);
    return result;
  });
}

async function twoAgainstOne(subjects: readonly [Subject, Subject]): Promise<{ ratio: Measured; note: string }> {
  const [two = [], one = []] = await alternate(subjects, ROUNDS);
  return { ratio: ratioOf(two, one), note: `two cores ${(median(two) / 1e6).toFixed(1)} Mpps, one ${(median(one) / 1e6).toFixed(1)} Mpps` };
}

/** Two cores on a machine of two CPUs share one of them with the agent and with this program. */
const cores: Experiment = {
  rows: ["G23"],
  seconds: 180,
  async measure(context) {
    if (context.controlCpu === context.dataCpu) return [notMeasured("G23", "this machine has one CPU")];
    const both = `${context.controlCpu},${context.dataCpu}`;
    const [one, other] = [await delivered(context, both, String(context.dataCpu)), await steered(context, both, String(context.dataCpu))];
    const note = `one port with a queue for each core, 16 k flows: ${one.note}; two ports with 16 k flows each, steered by software: ${other.note}`;
    return [makeRow("G23", [one.ratio, other.ratio], cpus().length > 2 ? note : `${note}; of the 2 CPUs of this machine one also runs agent and benchmark`)];
  },
};

const vpp: Experiment = {
  rows: ["G2b", "G2c"],
  seconds: 1,
  measure: async () => ["G2b", "G2c"].map((id) => notMeasured(id, "Debian has no package of VPP, neither in its releases nor in sid")),
};

export const portExperiments: readonly Experiment[] = [router, vpp, bare, kernel, cores];
