// SPDX-License-Identifier: Apache-2.0
import type { Command } from "../../command";
import { render, type Counters } from "../../commands/counters";
import { outputOption } from "../../common";
import { clusterOptions, nodeOption } from "../cluster";
import { partOfNodes } from "../nodes";

export const command: Command = {
  usage: "[--node NAME] [-o json]",
  description: "Shows all counters of firewall nodes, their tables with bound and use, and packets and sessions of every policy.",
  options: { ...nodeOption, output: outputOption, ...clusterOptions },
  run: (args) => partOfNodes<Counters>(args, "counters", render),
};
