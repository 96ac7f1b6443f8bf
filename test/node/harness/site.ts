// SPDX-License-Identifier: Apache-2.0
// Hosts on cables of the node, and what a firewall could leave behind on it.
import { readdirSync } from "node:fs";
import type { Namespace } from "../../../scripts/lab/lab";
import type { TestNode } from "./node";

/** A cable from this device of the node to eth0 of the host. */
export async function cable(node: TestNode, device: string, host: Namespace): Promise<void> {
  await node.run(["ip", "link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", host.name]);
  await node.run(["ip", "link", "set", device, "up"]);
}

/** Devices, addresses, routes and rules of the node's network but those of pods, and state files in hugepages. */
export async function footprint(node: TestNode): Promise<string> {
  const texts = await Promise.all([["-o", "link"], ["-o", "address"], ["route"], ["rule"]].map((words) => node.run(["ip", ...words])));
  const lines = texts.flatMap((text) => text.split("\n").filter((line) => !/veth|cni/.test(line)));
  const lasting = lines.map((line) => line.replace(" tentative", "").replace(/ (valid_lft|qlen|state|mode|numtxqueues)\b.*/, "").trim());
  return [...lasting, ...readdirSync("/dev/hugepages").filter((name) => name.startsWith("portcullis-"))].join("\n");
}
