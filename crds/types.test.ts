// SPDX-License-Identifier: Apache-2.0
// The generated types are those that zod infers: tsc proves it, in both directions.
import type { z } from "zod";
import type { firewallConfig } from "./firewall-config";
import type { firewallNode } from "./firewall-node";
import type { FirewallConfig, FirewallNode } from "./types.gen";

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

const configs: Same<FirewallConfig, z.output<typeof firewallConfig>> = true;
const nodes: Same<FirewallNode, z.output<typeof firewallNode>> = true;

describe("types.gen.ts", () => {
  it("has the types that the parser returns", () => {
    if (!configs || !nodes) throw new Error("tsc would have refused this file");
  });
});
