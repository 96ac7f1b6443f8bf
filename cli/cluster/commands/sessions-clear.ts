// SPDX-License-Identifier: Apache-2.0
import { UsageError, type Command } from "../../command";
import { outputOption, print, wantsJson } from "../../common";
import { FILTER_USAGE, filterOptions, filterQuery } from "../../session-options";
import { clusterOptions, nodeOption, withCluster } from "../cluster";
import { answerOf, eachNode, itemsJson, printTables, tellErrors } from "../nodes";

export const command: Command = {
  usage: `(--node NAME | --all-nodes) (--all | ${FILTER_USAGE}) [-o json]`,
  description: `Ends the sessions of the chosen nodes that match all filters, and says how many. Their next packets are judged as those of new flows. Needs the
verb delete on firewallnodes/sessions of view.portcullis.dev (ClusterRole portcullis-admin); the operator's log says who did it.`,
  options: {
    all: { type: "boolean", help: "every session" },
    "all-nodes": { type: "boolean", help: "on every firewall node" },
    ...filterOptions, ...nodeOption, output: outputOption, ...clusterOptions,
  },
  async run(args) {
    const json = wantsJson(args);
    const query = Object.fromEntries(filterQuery(args));
    const any = Object.keys(query).length === 0;
    if (any !== args.flag("all")) throw new UsageError(any ? "say which sessions to clear, or --all" : "--all and filters exclude each other");
    if ((args.list("node").length > 0) === args.flag("all-nodes")) throw new UsageError("say on which node: --node NAME, or --all-nodes");
    return withCluster(args, async (cluster) => {
      const nodes = await cluster.chosen(args);
      const answers = await eachNode(nodes, (node) => answerOf(node, () => cluster.view(node, "sessions", any ? { all: 1 } : query, "DELETE")));
      if (json) print(itemsJson(answers));
      else printTables(answers, (text) => {
        const { cleared } = JSON.parse(text) as { cleared: number };
        return `${cleared} session${cleared === 1 ? "" : "s"} cleared`;
      });
      return tellErrors(answers);
    });
  },
};
