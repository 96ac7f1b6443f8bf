// SPDX-License-Identifier: Apache-2.0
import type { InterfaceView } from "../../../node-agent/snapshot";
import type { Command } from "../../command";
import { render } from "../../commands/interfaces";
import { outputOption } from "../../common";
import { clusterOptions, nodeOption } from "../cluster";
import { partOfNodes } from "../nodes";

export const command: Command = {
  usage: "[--node NAME] [-o json]",
  description: "Lists the interfaces of firewall nodes: port, VLAN, zone, addresses and packets, as their agents see them now.",
  options: { ...nodeOption, output: outputOption, ...clusterOptions },
  run: (args) => partOfNodes<readonly InterfaceView[]>(args, "interfaces", render),
};
