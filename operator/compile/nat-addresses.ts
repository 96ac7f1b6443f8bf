// SPDX-License-Identifier: Apache-2.0
// IPv4 addresses, networks and ranges in NAT rules.
import { contains, formatAddress, isNetwork, lastAddress, network, type Prefix, parseAddress, parsePrefix } from "../../program/net";
import { hostBits } from "./addresses";
import { edgeFault } from "./interfaces";
import type { Report } from "./issue";
import type { Scope } from "./scope";

/** First and last address as numbers. */
export interface Range4 {
  readonly low: number;
  readonly high: number;
}

/** Never the address of a host. */
const FORBIDDEN: readonly (Range4 & { what: string })[] = [
  { low: 0, high: 0x00ffffff, what: "reserved addresses (0.0.0.0/8)" },
  { low: 0x7f000000, high: 0x7fffffff, what: "loopback addresses (127.0.0.0/8)" },
  { low: 0xe0000000, high: 0xefffffff, what: "multicast addresses (224.0.0.0/4)" },
  { low: 0xf0000000, high: 0xffffffff, what: "reserved addresses (240.0.0.0/4)" },
];

export function addressText(word: number): string {
  return formatAddress({ family: 4, words: [word, 0, 0, 0] });
}

export function rangeText(range: Range4): string {
  return range.low === range.high ? addressText(range.low) : `${addressText(range.low)}-${addressText(range.high)}`;
}

export function rangeSize(range: Range4): number {
  return range.high - range.low + 1;
}

export function rangesMeet(a: Range4, b: Range4): boolean {
  return a.low <= b.high && b.low <= a.high;
}

/** "192.0.2.1", "192.0.2.0/28" or "192.0.2.8-192.0.2.15"; undefined when it is none, which is then told. */
export function readRange(text: string, path: string, report: Report): Range4 | undefined {
  const range = text.includes("-") ? readEnds(text, path, report) : readNetwork(text, path, report);
  if (range === undefined) return undefined;
  const wrong = FORBIDDEN.find((other) => rangesMeet(other, range));
  if (wrong === undefined) return range;
  report.error("InvalidNatAddress", path, `${text} holds ${wrong.what}, which no host has; give addresses of hosts.`);
  return undefined;
}

function readEnds(text: string, path: string, report: Report): Range4 | undefined {
  const [low, high] = text.split("-").map((part) => parseAddress(part));
  if (low?.family !== 4 || high?.family !== 4) return undefined;
  if (low.words[0] <= high.words[0]) return { low: low.words[0], high: high.words[0] };
  report.error("InvalidRange", path, `The range ${text} runs backwards; write ${formatAddress(high)}-${formatAddress(low)}.`);
  return undefined;
}

function readNetwork(text: string, path: string, report: Report): Range4 | undefined {
  const prefix = parsePrefix(text);
  if (prefix?.family !== 4) return undefined;
  if (isNetwork(prefix)) return { low: prefix.words[0], high: lastAddress(prefix).words[0] };
  report.error("HostBitsSet", path, hostBits(prefix));
  return undefined;
}

/** What the firewall would answer ARP for although it must not: edges of an interface's network, and gateways in it. */
export function checkOuter(range: Range4, path: string, scope: Scope, report: Report): void {
  for (const link of scope.links) {
    for (const { prefix } of link.addresses) {
      const fault = prefix.family === 4 ? edgeOf(prefix, range) ?? gatewayOf(prefix, range, scope) : undefined;
      if (fault === undefined) continue;
      const message = `${rangeText(range)} holds ${fault}; leave that address out.`;
      report.error("InvalidNatAddress", path, message);
      return;
    }
  }
}

function edgeOf(prefix: Prefix, range: Range4): string | undefined {
  for (const word of [network(prefix, prefix.length).words[0], lastAddress(prefix).words[0]]) {
    const address = { family: 4, words: [word, 0, 0, 0] } as const;
    const fault = edgeFault(address, prefix);
    if (fault !== undefined && word >= range.low && word <= range.high) return `${addressText(word)}, ${fault}`;
  }
  return undefined;
}

function gatewayOf(prefix: Prefix, range: Range4, scope: Scope): string | undefined {
  for (const route of scope.spec.routing.static) {
    for (const via of route.via ?? []) {
      const gateway = parseAddress(via);
      if (gateway?.family !== 4 || !contains(prefix, gateway)) continue;
      const [word] = gateway.words;
      if (word >= range.low && word <= range.high) return `${addressText(word)}, the gateway of the route to ${route.prefix}`;
    }
  }
  return undefined;
}

/** Name of the interface that has the address, if any. */
export function ownerOf(word: number, scope: Scope): string | undefined {
  return scope.links.find((link) => link.addresses.some(({ prefix }) => prefix.family === 4 && prefix.words[0] === word))?.name;
}

/** "8000-8010" as numbers; undefined when it runs backwards, which is then told. */
export function readPorts(text: string, path: string, report: Report): [low: number, high: number] | undefined {
  const [low = 0, high = low] = text.split("-").map(Number);
  if (low <= high) return [low, high];
  report.error("InvalidRange", path, `The range "${text}" runs backwards; write "${high}-${low}".`);
  return undefined;
}
