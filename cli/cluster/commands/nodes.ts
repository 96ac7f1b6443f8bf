// SPDX-License-Identifier: Apache-2.0
import type { FirewallNodeObject } from "../../../operator/resources";
import type { Command } from "../../command";
import { outputOption, print, wantsJson } from "../../common";
import { table } from "../../table";
import { clusterOptions, withCluster } from "../cluster";

export const command: Command = {
  usage: "[-o json]",
  description: "Lists the firewall nodes as the operator knows them, with configuration, readiness and reason. JSON is the list of FirewallNodes.",
  options: { output: outputOption, ...clusterOptions },
  async run(args) {
    const json = wantsJson(args);
    return withCluster(args, async (cluster) => {
      const items = (await cluster.firewallNodes()).sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
      if (json) print(JSON.stringify({ items }, null, 2));
      else if (items.length === 0) print("no FirewallConfig selects a node");
      else print(table(["NODE", "CONFIG", "READY", "REASON", "AGENT", "WORKER", "CPUS", "SESSIONS", "LAST-REPORT"], items.map(row)));
      return 0;
    });
  },
};

function row({ metadata, spec, status }: FirewallNodeObject): string[] {
  const of = (type: string) => status?.conditions?.find((condition) => condition.type === type);
  const ready = of("Ready");
  return [metadata.name, spec.config, ready?.status ?? "Unknown", ready?.reason ?? "-", of("AgentConnected")?.status === "True" ? status?.agent?.version ?? "-" : "away",
    status?.worker?.phase ?? "-", status?.workerPod?.cpus ?? "-", String(status?.sessions?.total ?? "-"), status?.lastReportTime ?? "never"];
}
