// SPDX-License-Identifier: Apache-2.0
import { parseExactJson } from "../../../node-agent/json";
import type { StatusView } from "../../../node-agent/snapshot";
import type { Command } from "../../command";
import { intervalOption, pairJson, render, twice } from "../../commands/power";
import { outputOption, print, wantsJson } from "../../common";
import { clusterOptions, nodeOption, withCluster } from "../cluster";
import { answerOf, eachNode, itemsJson, tellErrors, type NodeAnswer } from "../nodes";

export const command: Command = {
  usage: "[--interval DURATION] [--node NAME] [-o json]",
  description: `Shows how the datapath cores of firewall nodes spend their time over the interval, and how each port waits for packets. ASLEEP is the
time in which the core waits for an event and the CPU is free: the estimated saving against Polling is that share.`,
  options: { interval: intervalOption, ...nodeOption, output: outputOption, ...clusterOptions },
  async run(args) {
    const json = wantsJson(args);
    return withCluster(args, async (cluster) => {
      const nodes = await cluster.chosen(args);
      const [before, after] = await twice(args, () => eachNode(nodes, (node) => answerOf(node, () => cluster.view(node, "status"))));
      const both = before.map((one, i) => pair(one, after[i]!));
      if (json) print(itemsJson(both));
      else for (const { node, text } of both) if (text !== null) print(`${nodes.length > 1 ? `${node}:\n` : ""}${renderText(text)}\n`);
      return tellErrors(both);
    });
  },
};

/** Both answers as one; the error of one that failed. */
function pair(before: NodeAnswer, after: NodeAnswer): NodeAnswer {
  if (before.text === null) return before;
  return after.text === null ? after : { ...after, text: pairJson([before.text, after.text]) };
}

function renderText(text: string): string {
  const { before, after } = parseExactJson(text) as { before: StatusView; after: StatusView };
  return render([before, after]);
}
