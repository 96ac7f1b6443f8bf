// SPDX-License-Identifier: Apache-2.0
import { parseExactJson } from "../../../node-agent/json";
import type { StatusView } from "../../../node-agent/snapshot";
import { CommandError, type Command } from "../../command";
import { render } from "../../commands/status";
import { outputOption, print, wantsJson } from "../../common";
import { table } from "../../table";
import { clusterOptions, nodeOption, withCluster } from "../cluster";
import { answerOf, eachNode, itemsJson, tellErrors, type NodeAnswer } from "../nodes";

export const command: Command = {
  usage: "[--node NAME] [-o json]",
  description: `Asks the agents of firewall nodes whether they forward: a line for each, or everything about a single node. Exit code 0 when all of
them run the newest configuration with every port up. \`nodes\` shows what the operator knows, also of nodes that do not answer.`,
  options: { ...nodeOption, output: outputOption, ...clusterOptions },
  async run(args) {
    const json = wantsJson(args);
    return withCluster(args, async (cluster) => {
      const answers = await eachNode(await cluster.chosen(args), (node) => answerOf(node, () => cluster.view(node, "status")));
      if (json) print(itemsJson(answers));
      else if (args.list("node").length === 1) for (const { text } of answers) print(text === null ? "" : render(parseExactJson(text) as StatusView));
      else print(table(["NODE", "CONFIG", "READY", "REASON", "PHASE", "RX-MODE", "CORES", "SESSIONS", "PORTS-UP", "AGENT"], answers.map(row)));
      const failed = tellErrors(answers);
      const unready = answers.filter(({ text }) => text !== null && !(JSON.parse(text) as StatusView).ready).map(({ node }) => node);
      if (unready.length > 0) throw new CommandError(`not ready: ${unready.join(", ")}; \`explain node\` says why`);
      return failed;
    });
  },
};

function row({ node, text, error }: NodeAnswer): string[] {
  if (text === null) return [node, "-", "unknown", error?.reason ?? "", "-", "-", "-", "-", "-", "-"];
  const { config, ready, reason, worker, sessions, ports, agent } = parseExactJson(text) as StatusView;
  const details = "core" in worker ? worker : null;
  const up = ports.filter(({ state }) => state === "Up").length;
  return [node, config === "" ? "-" : config, ready ? "yes" : "no", reason, worker.phase, details?.rxMode.effective ?? "-", details?.cores.join(",") ?? "-",
    String(BigInt(sessions.ipv4.used) + BigInt(sessions.ipv6.used)), `${up}/${ports.length}`, agent.version];
}
