// SPDX-License-Identifier: Apache-2.0
// The configuration of the tests of faults, and what its status says.
import type { ConfigObject, FirewallNodeObject } from "../../../operator/resources";
import { LABEL } from "./portcullis";

export const CONFIG = "faults";
/** Devices of the node, one cable each. */
export const DEVICES = ["faultslan", "faultswan"] as const;
const OUT = { name: "out", from: ["lan"], to: ["wan"], action: "Permit" };

/** ping: whether it passes; more: policies that concern nobody, each some hundred bytes of program. */
export const config = (ping: boolean, name = CONFIG, more = 0): object => ({
  apiVersion: "portcullis.dev/v1alpha1", kind: "FirewallConfig", metadata: { name },
  spec: {
    nodeSelector: { matchLabels: { [LABEL]: "firewall" } },
    dataplane: {
      memory: { size: "128Mi", pageSize: "2Mi" }, sessions: { ipv4: 8192, ipv6: 8192 },
      ports: [{ name: "lan", kernelInterface: { name: DEVICES[0] } }, { name: "wan", kernelInterface: { name: DEVICES[1] } }],
    },
    interfaces: [{ name: "lan0", port: "lan", zone: "lan", addresses: ["10.93.0.1/24"] }, { name: "wan0", port: "wan", zone: "wan", addresses: ["10.94.0.1/24"] }],
    zones: [{ name: "lan", hostInbound: { services: ["ping"] } }, { name: "wan" }],
    applications: [{ name: "ping", protocol: "ICMP" }],
    defaultAction: "Deny", policies: [...Array.from({ length: more }, (_, i) => ({ ...OUT, name: `more-${i}`, from: ["wan"], to: ["lan"], action: "Deny" })), ...(ping ? [] : [{ ...OUT, name: "no-ping", applications: ["ping"], action: "Deny" }]), OUT],
  },
});

export type Condition = { type: string; status: string; reason: string; message: string; observedGeneration?: number | undefined };

export const condition = (object: ConfigObject | FirewallNodeObject | undefined, type: string): Condition =>
  (object?.status?.conditions as Condition[] | undefined)?.find((one) => one.type === type) ?? { type, status: "absent", reason: "", message: "" };
