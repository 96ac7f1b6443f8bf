// SPDX-License-Identifier: Apache-2.0
// The worker as people run it: `portcullis run` with a capture that is played in a loop, and a port that swallows.
import { Firewall, type Document } from "../../scripts/lab/firewall";
import type { Lab, Namespace } from "../../scripts/lab/lab";
import { benchConfig, type BenchConfig } from "../config";
import type { Subject } from "./subject";

export interface WorkerOptions extends BenchConfig {
  /** One capture for each receive queue of the port. */
  readonly capture: string | readonly string[];
  /** A second capture, played once at every start: fills the table. */
  readonly fill?: string;
  /** A second capture, played in a loop as well. */
  readonly extra?: string;
  readonly cores: string;
  readonly memory?: string;
  readonly pageSize?: string;
  readonly sessions?: number;
  readonly bindings?: number;
}

export const WORKER_BYTES = 768 * 2 ** 20;

export function workerConfig(o: WorkerOptions): Document {
  const config = benchConfig({
    ...o,
    ports: [
      { name: "lan", vdev: { device: "net_pcap0", arguments: [...[o.capture].flat().map((file) => `rx_pcap=${file}`), "infinite_rx=1"].join(",") } },
      { name: "wan", vdev: { device: "net_null0", arguments: "no-rx=1" } },
    ],
    dataplane: {
      cores: { list: o.cores },
      rxMode: { mode: "Polling" },
      memory: { size: o.memory ?? "704Mi", pageSize: o.pageSize ?? "2Mi" },
      sessions: { ipv4: o.sessions ?? 131_072, ipv6: 1_024 },
      ...(o.bindings !== undefined && { limits: { natBindings: o.bindings } }),
    },
  }) as Document;
  if (o.fill !== undefined) addSecond(config, `rx_pcap=${o.fill}`);
  if (o.extra !== undefined) addSecond(config, `rx_pcap=${o.extra},infinite_rx=1`);
  return config;
}

/** In the zone of lan, so that its flows go on when they appear there. */
function addSecond({ spec }: Document, capture: string): void {
  spec.dataplane?.ports?.push({ name: "second", vdev: { device: "net_pcap1", arguments: capture } });
  spec.interfaces?.push({ name: "second0", port: "second", zone: "trust" });
}

export interface WorkerSubject extends Subject {
  readonly firewall: Firewall;
}

export async function startWorker(lab: Lab, namespace: Namespace, name: string, options: WorkerOptions): Promise<WorkerSubject> {
  const firewall = new Firewall(lab, namespace, name);
  await firewall.start(workerConfig(options));
  return {
    name: options.nat === true ? "portcullis source NAT" : "portcullis",
    firewall,
    pids: async () => [(await firewall.status()).worker.pid],
    sent: async () => (await firewall.counters())["forwarded"] ?? 0,
  };
}
