// SPDX-License-Identifier: Apache-2.0
// grout of Debian sid, in its chroot: a graph router, and source NAT with connection tracking.
import { join } from "node:path";
import { basename, dirname } from "node:path";
import { must, root, until, type Lab } from "../../../scripts/lab/lab";
import { run } from "../../../scripts/lab/process";
import { WAN_GATEWAY } from "../../config";
import { DIES_WITH_US, type Subject } from "../subject";

export interface GroutOptions {
  readonly capture: string;
  readonly nat: boolean;
  readonly controlCpu: number;
  readonly dataCpu: number;
}

export interface Grout extends Subject {
  stop(): Promise<unknown>;
}

export const GROUT_BYTES = 640 * 2 ** 20;

const folder = join(root, "bench/peers/grout");
const chroot = join(process.env["PEERS_CACHE"] ?? "/var/cache/portcullis-bench", "grout");

/** Installs it when it is not there yet; returns its version. */
export async function installGrout(): Promise<string> {
  const { code, stdout, stderr } = await run(["bash", join(folder, "setup.sh")], { timeoutMs: 600_000 });
  if (code !== 0) throw new Error(`grout cannot be installed: ${(stderr || stdout).trim().split("\n").at(-1) ?? ""}`);
  return stdout.trim();
}

/** Small tables: those that it makes by itself take more than a gigabyte. */
export function groutCommands(o: GroutOptions): string[] {
  return [
    `affinity cpus set control ${o.controlCpu} datapath ${o.dataCpu}`,
    "route config set default rib4-routes 1024 rib6-routes 1024",
    "conntrack config set max 131072",
    `interface add port p0 devargs net_pcap0,rx_pcap=/captures/${basename(o.capture)},infinite_rx=1 up`,
    "interface add port p1 devargs net_null0,no-rx=1 up",
    "address add 192.168.1.1/24 iface p0",
    "address add 203.0.113.1/24 iface p1",
    `nexthop add l3 iface p1 address ${WAN_GATEWAY.address} mac ${WAN_GATEWAY.mac}`,
    `route add 0.0.0.0/0 via ${WAN_GATEWAY.address}`,
    ...(o.nat ? ["snat44 add interface p1 subnet 10.0.0.0/8 replace 203.0.113.1"] : []),
  ];
}

const grcli = (...words: string[]): string[] => ["chroot", chroot, "grcli", "-s", "/run/grout.sock", ...words];

export function parseSent(json: string): number {
  const rows = JSON.parse(json) as { interface?: string; name?: string; tx_packets?: number }[];
  const row = rows.find((one) => (one.interface ?? one.name) === "p1");
  if (row?.tx_packets === undefined) throw new Error(`grout does not tell what p1 sent: ${json.slice(0, 200)}`);
  return row.tx_packets;
}

export async function startGrout(lab: Lab, options: GroutOptions): Promise<Grout> {
  const child = lab.start([...DIES_WITH_US, "bash", join(folder, "run.sh"), dirname(options.capture)]);
  await until("grout answers", async () => child.code !== undefined || (await run(grcli("interface", "show"))).code === 0, 20_000);
  if (child.code !== undefined) throw new Error(`grout does not start: ${child.tail(3)}`);
  for (const command of groutCommands(options)) await must(grcli(...command.split(" ")));
  return {
    name: options.nat ? "grout source NAT" : "grout",
    pids: async () => [child.pid],
    sent: async () => parseSent(await must(grcli("-j", "interface", "stats"))),
    stop: () => child.stop(),
  };
}

/** Connections of a flush that is timed: few, because each waits for the datapath. */
export const FLUSHED_FLOWS = 200;

/** How many connections of source NAT it ends in a second. The capture holds FLUSHED_FLOWS flows. */
export async function endingRate(lab: Lab, options: GroutOptions): Promise<number> {
  await startGrout(lab, options);
  const entries = async (): Promise<number> => (await must(grcli("conntrack", "show"))).split("\n").filter((line) => line.trim() !== "").length;
  await until(`grout knows ${FLUSHED_FLOWS} connections`, async () => (await entries()) > FLUSHED_FLOWS, 20_000);
  await must(grcli("interface", "set", "port", "p0", "down"));
  const start = performance.now();
  await must(grcli("conntrack", "flush"), { timeoutMs: 60_000 });
  return (FLUSHED_FLOWS * 1000) / (performance.now() - start);
}
