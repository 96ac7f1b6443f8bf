// SPDX-License-Identifier: Apache-2.0
// The kernel: connection tracking and source NAT by nftables between two veth pairs. testpmd plays the capture into the first on the
// control CPU; the kernel is told to do the rest of the work on the datapath CPU (receive packet steering).
import type { Lab, Namespace } from "../../scripts/lab/lab";
import { benchConfig, WAN_GATEWAY } from "../config";
import { DIES_WITH_US, sleep, type Subject } from "./subject";

export const NETFILTER_BYTES = 448 * 2 ** 20;

export interface NetfilterOptions {
  readonly capture: string;
  readonly controlCpu: number;
  readonly dataCpu: number;
  /** Of nftables; default: source NAT for what the capture "translated" holds. */
  readonly ruleset?: string;
}

const RULES = `
table ip bench {
  chain forward { type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "lan" ip daddr 198.19.0.0/16 accept
  }
  chain out { type nat hook postrouting priority srcnat; oifname "wan" snat to 203.0.113.1; }
}`;

interface Policy {
  readonly sources?: readonly string[];
  readonly destinations?: readonly string[];
  readonly applications?: readonly string[];
  readonly action: string;
}

interface Named {
  readonly name: string;
  readonly prefixes?: readonly string[];
  readonly protocol?: string;
  readonly destinationPorts?: readonly string[];
}

/** The policies of benchConfig() as a person would write them for nftables: in order, IPv4, behind a rule for established connections. */
export function policyRules(rules: number): string {
  const { spec } = benchConfig({ rules }) as { spec: { policies: Policy[]; addresses: Named[]; applications: Named[] } };
  const prefixes = (name: string): string => (spec.addresses.find((a) => a.name === name)?.prefixes ?? []).filter((p) => !p.includes(":")).join(", ");
  const match = (side: string, names: readonly string[] = []): string => (names.length === 0 ? "" : `ip ${side} { ${names.map(prefixes).join(", ")} } `);
  const service = (name: string): string => {
    const one = spec.applications.find((a) => a.name === name);
    return one === undefined ? "" : `${one.protocol?.toLowerCase()} dport { ${one.destinationPorts?.join(", ")} } `;
  };
  const lines = spec.policies.flatMap((p) => (p.applications ?? [""]).map((name) => `iifname "lan" oifname "wan" ${match("saddr", p.sources)}${match("daddr", p.destinations)}${service(name)}${p.action === "Permit" ? "accept" : "drop"}`));
  return `table ip bench {\n  chain forward { type filter hook forward priority 0; policy drop;\n    ct state established,related accept\n    ${lines.join("\n    ")}\n  }\n}\n`;
}

/** The kernel between lan and wan, and the namespace of the far ends, "source" and "sink". */
async function prepare(lab: Lab, o: NetfilterOptions): Promise<{ kernel: Namespace; ends: Namespace }> {
  const [kernel, ends] = [await lab.namespace("nft"), await lab.namespace("ends")];
  for (const [inside, outside] of [["lan", "source"], ["wan", "sink"]] as const) {
    await kernel.must(["ip", "link", "add", inside, "type", "veth", "peer", "name", outside, "netns", ends.name]);
    await ends.must(["ip", "link", "set", outside, "up"]);
  }
  await kernel.must(["ip", "link", "set", "lan", "address", "02:70:63:61:70:00"]);
  await kernel.device("lan", ["192.168.1.1/24"], [["10.0.0.0/8", "via", "192.168.1.2", "dev", "lan", "onlink"]]);
  await kernel.device("wan", ["203.0.113.1/24"], [["default", "via", WAN_GATEWAY.address]]);
  await kernel.must(["ip", "neighbor", "replace", WAN_GATEWAY.address, "lladdr", WAN_GATEWAY.mac, "dev", "wan"]);
  await kernel.sysctl("net.ipv4.ip_forward", "1");
  for (const name of ["all", "lan"]) await kernel.sysctl(`net.ipv4.conf.${name}.rp_filter`, "0");
  await kernel.must(["nft", "-f", "-"], { input: o.ruleset ?? RULES });
  await kernel.must(["unshare", "--mount", "sh", "-c", `mount -t sysfs sysfs /sys && echo ${(1 << o.dataCpu).toString(16)} > /sys/class/net/lan/queues/rx-0/rps_cpus`]);
  return { kernel, ends };
}

/** Plays a capture into the kernel for ever; mbufs: more than it has frames; ring: options of the socket. */
async function play(lab: Lab, ends: Namespace, o: NetfilterOptions, mbufs: number, ring = "", more: readonly string[] = []): Promise<number> {
  const player = ends.start([
    ...DIES_WITH_US, "stdbuf", "-oL", "dpdk-testpmd", "--in-memory", "-m", "384", "--lcores", `0@${o.controlCpu},1@${o.controlCpu}`, "--no-pci", "--no-telemetry",
    "--vdev", `net_pcap0,rx_pcap=${o.capture},infinite_rx=1`, "--vdev", `net_af_packet0,iface=source${ring}`,
    "--", "-i", "--forward-mode=io", `--total-num-mbufs=${mbufs}`, "--no-mlockall", ...more,
  ]);
  lab.atEnd(async () => player.signal("SIGKILL"));
  await player.line(/Checking link statuses/, 20_000);
  player.write("start\n");
  return player.pid;
}

export async function startNetfilter(lab: Lab, o: NetfilterOptions): Promise<Subject> {
  const { ends } = await prepare(lab, o);
  const pid = await play(lab, ends, o, 81_920);
  return {
    name: "nftables",
    pids: async () => [pid],
    sent: async () => Number(await ends.must(["unshare", "--mount", "sh", "-c", "mount -t sysfs sysfs /sys && cat /sys/class/net/sink/statistics/rx_packets"])),
  };
}

/** Flows of a capture whose connections fit into the kernel's table. */
export const OPENING_FLOWS = 150_000;

/** New connections per second that the kernel takes from a capture of so many flows, before most of them are known to it. */
export async function openingRate(lab: Lab, o: NetfilterOptions): Promise<number> {
  const { kernel, ends } = await prepare(lab, o);
  const count = async (): Promise<number> => Number(await kernel.must(["cat", "/proc/sys/net/netfilter/nf_conntrack_count"]));
  await play(lab, ends, o, OPENING_FLOWS + 16_384, ",framesz=256", ["--mbuf-size=512"]);
  const deadline = performance.now() + 30_000;
  let [first, last] = [{ n: 0, at: 0 }, { n: 0, at: 0 }];
  while (first.at === 0 || (last.n < OPENING_FLOWS / 4 && last.at - first.at < 5_000)) {
    await sleep(5);
    last = { n: await count(), at: performance.now() };
    if (last.at > deadline) throw new Error(`the kernel has ${last.n} connections of ${OPENING_FLOWS}`);
    if (first.at === 0 && last.n > OPENING_FLOWS / 100) first = last;
  }
  return ((last.n - first.n) * 1000) / (last.at - first.at);
}
