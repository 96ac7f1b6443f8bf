// SPDX-License-Identifier: Apache-2.0
// traceroute through the firewall: it is the first hop, by its own address, and the host behind it the second. With
// source NAT the answers must find back to the one who asked.
import assert from "node:assert/strict";
import type { Policy, Spec } from "../../scripts/lab/firewall";
import { FAMILIES, FIREWALL_INSIDE, FIREWALL_OUTSIDE, INSIDE, OUTSIDE, config, startSite, type Site } from "./site";

const policies: Policy[] = [
  { name: "out", from: ["inside"], to: ["outside"], action: "Permit" },
  { name: "in", from: ["outside"], to: ["inside"], action: "Permit" },
];
const nat: NonNullable<Spec["nat"]> = { source: [{ name: "all", from: ["inside"], to: ["outside"], interface: {} }] };
const MODES: Readonly<Record<string, readonly string[]>> = { UDP: [], "UDP to one port": ["-U", "-p", "53"], ICMP: ["-I"], TCP: ["-T", "-p", "80"] };

/** The address of each hop; "*" for none. */
function hops(text: string): string[] {
  return text.split("\n").slice(1).filter((line) => line.trim() !== "").map((line) => line.trim().split(/\s+/)[1] ?? "");
}

const trace = (family: 0 | 1, target: string, more: readonly string[]): string[] =>
  ["traceroute", family === 0 ? "-4" : "-6", "-n", "-q", "1", "-w", "5", "-m", "4", ...more, target];

describe("traceroute through the firewall", function () {
  this.timeout(120_000);
  let site: Site;
  before(async () => {
    site = await startSite(policies);
    // Each mode asks the same hosts for errors once more: their kernels' own limits are not what is tried here.
    for (const host of [site.inside, site.outside]) await host.must(["sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0"]);
  });
  after(() => site.lab.close());

  const all = (kind: string): void => {
    for (const family of FAMILIES) {
      for (const [mode, words] of Object.entries(MODES)) {
        it(`${mode}, ${family === 0 ? "IPv4" : "IPv6"}, ${kind}`, async () => {
          const text = await site.inside.must(trace(family, OUTSIDE[family], words));
          assert.deepEqual(hops(text), [FIREWALL_INSIDE[family], OUTSIDE[family]], text);
        });
      }
    }
  };

  all("without NAT");

  it("from outside, the firewall is a hop by its outer address", async () => {
    for (const family of FAMILIES) {
      const text = await site.outside.must(trace(family, INSIDE[family], []));
      assert.deepEqual(hops(text), [FIREWALL_OUTSIDE[family], INSIDE[family]], text);
    }
  });

  it("a configuration with source NAT comes", async () => {
    await site.firewall.apply(config(site.lab, policies, { nat }));
    await site.outside.must(["ip", "route", "del", "default", "via", "10.2.0.1"]);
  });

  all("behind NAT");
});
