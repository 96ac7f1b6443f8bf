// SPDX-License-Identifier: Apache-2.0
// dpdk-testpmd of the distribution: what a bare forwarder does on the same ports.
import type { Lab, Namespace } from "../../scripts/lab/lab";
import { DIES_WITH_US, type Subject } from "./subject";

export interface TestpmdOptions {
  readonly capture: string;
  readonly mode: "io" | "csum";
  readonly controlCpu: number;
  readonly dataCpu: number;
}

export const TESTPMD_BYTES = 448 * 2 ** 20;

export function testpmdCommand(o: TestpmdOptions): string[] {
  return [
    ...DIES_WITH_US, "stdbuf", "-oL", "dpdk-testpmd", "--in-memory", "-m", "384", "--lcores", `0@${o.controlCpu},1@${o.dataCpu}`, "--no-pci", "--no-telemetry",
    "--vdev", `net_pcap0,rx_pcap=${o.capture},infinite_rx=1`, "--vdev", "net_null0,no-rx=1",
    "--", "-i", `--forward-mode=${o.mode}`, "--burst=32", "--total-num-mbufs=81920", "--no-mlockall",
  ];
}

export async function startTestpmd(lab: Lab, namespace: Namespace, options: TestpmdOptions): Promise<Subject> {
  const child = namespace.start(testpmdCommand(options));
  lab.atEnd(async () => child.signal("SIGKILL")); // its prompt waits for a line before it hears anything else
  await child.line(/Press enter to exit|testpmd>|Done$|Checking link statuses/, 20_000);
  child.write("start\n");
  return {
    name: `testpmd ${options.mode}`,
    pids: async () => [child.pid],
    async sent() {
      child.write("show port stats 1\n");
      await child.line(/NIC statistics for port 1/);
      const [, packets] = await child.line(/TX-packets:\s+(\d+)/);
      return Number(packets);
    },
  };
}
