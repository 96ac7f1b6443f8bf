// SPDX-License-Identifier: Apache-2.0
import type { InterfaceView } from "../../node-agent/snapshot";
import type { Command } from "../command";
import { answer, outputOption, stateDirOption } from "../common";
import { table } from "../table";

export const command: Command = {
  usage: "[--state-dir DIR] [-o json]",
  description: "Lists every interface of the running configuration: port, VLAN, zone, addresses, packets, and its kernel TAP.",
  options: { "state-dir": stateDirOption, output: outputOption },
  run: (args) => answer<readonly InterfaceView[]>(args, "/interfaces", render),
};

export function render(items: readonly InterfaceView[]): string {
  return table(["NAME", "PORT", "VLAN", "ZONE", "ADDRESSES", "RX-PACKETS", "TX-PACKETS", "TO-HOST", "FROM-HOST"],
    items.map((i) => [i.name, i.port, i.vlan === 0 ? "-" : i.vlan, i.zone, i.addresses.join(",") || "-", i.rxPackets, i.txPackets, i.punted, i.fromHost]));
}
