// SPDX-License-Identifier: Apache-2.0
// The kernel: connection tracking and source NAT by nftables between two veth pairs. testpmd plays the capture into the first on the
// control CPU; the kernel is told to do the rest of the work on the datapath CPU (receive packet steering).
import type { Lab } from "../../scripts/lab/lab";
import { WAN_GATEWAY } from "../config";
import type { Subject } from "./subject";

export const NETFILTER_BYTES = 448 * 2 ** 20;

export interface NetfilterOptions {
  readonly capture: string;
  readonly controlCpu: number;
  readonly dataCpu: number;
}

const RULES = `
table ip bench {
  chain forward { type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "lan" ip daddr 198.19.0.0/16 accept
  }
  chain out { type nat hook postrouting priority srcnat; oifname "wan" snat to 203.0.113.1; }
}`;

export async function startNetfilter(lab: Lab, o: NetfilterOptions): Promise<Subject> {
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
  await kernel.must(["nft", "-f", "-"], { input: RULES });
  await kernel.must(["unshare", "--mount", "sh", "-c", `mount -t sysfs sysfs /sys && echo ${(1 << o.dataCpu).toString(16)} > /sys/class/net/lan/queues/rx-0/rps_cpus`]);
  const player = ends.start([
    "stdbuf", "-oL", "dpdk-testpmd", "--in-memory", "-m", "384", "--lcores", `0@${o.controlCpu},1@${o.controlCpu}`, "--no-pci", "--no-telemetry",
    "--vdev", `net_pcap0,rx_pcap=${o.capture},infinite_rx=1`, "--vdev", "net_af_packet0,iface=source",
    "--", "-i", "--forward-mode=io", "--total-num-mbufs=81920", "--no-mlockall",
  ]);
  lab.atEnd(async () => player.signal("SIGKILL"));
  await player.line(/Checking link statuses/, 20_000);
  player.write("start\n");
  return {
    name: "nftables",
    pids: async () => [player.pid],
    sent: async () => Number(await ends.must(["unshare", "--mount", "sh", "-c", "mount -t sysfs sysfs /sys && cat /sys/class/net/sink/statistics/rx_packets"])),
  };
}
