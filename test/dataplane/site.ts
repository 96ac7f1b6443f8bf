// SPDX-License-Identifier: Apache-2.0
// The usual site of this ring: an inside and an outside host, each on a TAP port of the firewall between them.
//
//   inside 10.1.0.2, fd00:1::2 --- inside0 .1 [firewall] outside0 .1 --- outside 10.2.0.2, fd00:2::2
import { readFileSync } from "node:fs";
import type { Child } from "../../scripts/lab/process";
import { Firewall, type Document, type Policy, type Spec } from "../../scripts/lab/firewall";
import { Lab, sweep, until, type Namespace } from "../../scripts/lab/lab";

export const PREFIX = "pcl-ring";
export const INSIDE = ["10.1.0.2", "fd00:1::2"] as const;
export const OUTSIDE = ["10.2.0.2", "fd00:2::2"] as const;
export const FIREWALL_INSIDE = ["10.1.0.1", "fd00:1::1"] as const;
export const FIREWALL_OUTSIDE = ["10.2.0.1", "fd00:2::1"] as const;
export const FAMILIES = [0, 1] as const;

export interface Site {
  lab: Lab;
  inside: Namespace;
  outside: Namespace;
  firewall: Firewall;
}

function freeHugepages(): number {
  try {
    return Number(readFileSync("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "utf8"));
  } catch {
    return 0;
  }
}

/** Hugepages where the machine has them, as a firewall in service would. */
export function memory(mebibytes = 128): { size: string; pageSize: "2Mi" | "4Ki" } {
  const mounted = readFileSync("/proc/mounts", "utf8").includes(" hugetlbfs ");
  return { size: `${mebibytes}Mi`, pageSize: mounted && freeHugepages() * 2 >= mebibytes ? "2Mi" : "4Ki" };
}

/** A configuration of the usual site. TAP ports are put straight into the hosts' namespaces. */
export function config(lab: Lab, policies: Policy[], more: Partial<Spec> = {}): Document {
  return {
    apiVersion: "portcullis.dev/v1alpha1",
    kind: "FirewallConfig",
    metadata: { name: "site" },
    spec: {
      dataplane: {
        memory: memory(),
        sessions: { ipv4: 8192, ipv6: 8192 },
        ports: ["inside", "outside"].map((name) => ({ name, tap: { networkNamespace: `${lab.prefix}-${name}` } })),
      },
      interfaces: [
        { name: "inside0", port: "inside", zone: "inside", addresses: ["10.1.0.1/24", "fd00:1::1/64"] },
        { name: "outside0", port: "outside", zone: "outside", addresses: ["10.2.0.1/24", "fd00:2::1/64"] },
      ],
      zones: [{ name: "inside", hostInbound: { services: ["ping", "ssh"] } }, { name: "outside" }],
      applications: [
        { name: "web", protocol: "TCP", destinationPorts: ["80"] },
        { name: "stream", protocol: "TCP", destinationPorts: ["7000-7099"] },
        { name: "refused", protocol: "TCP", destinationPorts: ["7100-7199"] },
        { name: "datagrams", protocol: "UDP", destinationPorts: ["7000-7099"] },
        { name: "refused-datagrams", protocol: "UDP", destinationPorts: ["7100-7199"] },
        { name: "ping", protocol: "ICMP", icmp: [{ type: 8 }] },
        { name: "ping6", protocol: "ICMPv6", icmp: [{ type: 128 }] },
      ],
      defaultAction: "Deny",
      policies,
      ...more,
    },
  };
}

/** Namespaces only; nothing runs yet. */
export async function openSite(): Promise<Site> {
  await sweep(PREFIX);
  const lab = new Lab(PREFIX);
  const [inside, outside, middle] = [await lab.namespace("inside"), await lab.namespace("outside"), await lab.namespace("fw")];
  return { lab, inside, outside, firewall: new Firewall(lab, middle) };
}

/** Addresses and routes of the two hosts, once the firewall has put their devices there. */
export async function configureHosts({ inside, outside }: Site): Promise<void> {
  await inside.device("inside", ["10.1.0.2/24", "fd00:1::2/64"], [["default", "via", "10.1.0.1"], ["default", "via", "fd00:1::1"]]);
  await outside.device("outside", ["10.2.0.2/24", "fd00:2::2/64"], [["default", "via", "10.2.0.1"], ["default", "via", "fd00:2::1"]]);
}

export async function startSite(policies: Policy[], more: Partial<Spec> = {}): Promise<Site> {
  const site = await openSite();
  try {
    await site.firewall.start(config(site.lab, policies, more));
    await configureHosts(site);
    return site;
  } catch (error) {
    await site.lab.close().catch(() => undefined);
    throw error;
  }
}

export async function listening(child: Child): Promise<Child> {
  await child.line(/^listening/);
  return child;
}

export function count(child: Child, pattern: RegExp): number {
  return child.lines.filter((line) => pattern.test(line)).length;
}

/** Returns once `more` further lines have matched. */
export async function grows(child: Child, pattern: RegExp, more: number, timeoutMs = 60_000): Promise<void> {
  const start = count(child, pattern);
  await until(`${more} more lines of ${pattern}; last lines:\n${child.tail(5)}\n`, () => {
    if (child.code !== undefined) throw new Error(`it ended with code ${child.code}:\n${child.tail()}`);
    return Promise.resolve(count(child, pattern) >= start + more);
  }, timeoutMs);
}

/** curl without proxies or waiting for ever; the exit code tells refused (7) from silence (28). */
export const curl = (url: string, seconds = 20): string[] =>
  ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", String(seconds), url];

export const url = (address: string, port = 80): string => (address.includes(":") ? `http://[${address}]:${port}/` : `http://${address}:${port}/`);

/** Every packet ended once: counters() sums match when nothing is on its way. */
export function unaccounted(counters: Record<string, number>, drops: Record<string, number>): number {
  const value = (name: string): number => counters[name] ?? Number.NaN;
  const dropped = Object.values(drops).reduce((sum, n) => sum + n, 0);
  return value("received") + value("originated") - value("forwarded") - value("punted") - value("consumed") - value("held") - dropped;
}

/** Whether one ping from inside comes back. */
export async function reaches(site: Site, address: string): Promise<boolean> {
  const { code } = await site.inside.run(["ping", "-n", "-c", "1", "-W", "1", address]);
  return code === 0;
}

export const answers = (site: Site, address: string): Promise<boolean> => until(`${address} answers`, () => reaches(site, address), 60_000);
