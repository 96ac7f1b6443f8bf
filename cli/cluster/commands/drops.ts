// SPDX-License-Identifier: Apache-2.0
import type { Command } from "../../command";
import { render, type Drops } from "../../commands/drops";
import { outputOption } from "../../common";
import { clusterOptions, nodeOption } from "../cluster";
import { partOfNodes } from "../nodes";

export const command: Command = {
  usage: "[--all] [--node NAME] [-o json]",
  description: "Shows why packets were dropped on firewall nodes. JSON holds every reason, the table only those that occurred.",
  options: { all: { type: "boolean", help: "also show reasons that have not occurred" }, ...nodeOption, output: outputOption, ...clusterOptions },
  run: (args) => partOfNodes<Drops>(args, "drops", (drops) => render(drops, args.flag("all"))),
};
