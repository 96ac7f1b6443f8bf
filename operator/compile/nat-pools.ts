// SPDX-License-Identifier: Apache-2.0
// spec.nat.pools: addresses and ports for source NAT.
import type { NatPool, PortBlocks } from "../../crds/index";
import { FW_MAX_NAT_RANGES, FW_MAX_NAT_SUBSCRIBERS } from "../../program/limits";
import { contains, formatPrefix, isNetwork, overlaps, type Prefix, parsePrefix } from "../../program/net";
import type { NatPoolRow, Range } from "../../program/program";
import { hostBits } from "./addresses";
import type { Report } from "./issue";
import { addressText, checkOuter, type Range4, rangeSize, rangesMeet, rangeText, readPorts, readRange } from "./nat-addresses";
import type { Scope } from "./scope";

interface Pool {
  readonly name: string;
  readonly path: string;
  readonly ranges: readonly Range4[];
  readonly ports: Range;
}

export function compilePools(scope: Scope, report: Report): NatPoolRow[] {
  const pools: Pool[] = [];
  const rows = scope.pools.items.map((pool, i): NatPoolRow => {
    const path = `${scope.pools.path}[${i}]`;
    const ranges = poolRanges(pool, path, scope, report);
    const ports = readPorts(pool.ports, `${path}.ports`, report) ?? [1024, 65_535];
    const { portBlocks } = pool;
    pools.push({ name: pool.name, path, ranges, ports });
    return {
      name: pool.name,
      addresses: ranges.map(({ low, high }) => [addressText(low), addressText(high)]),
      ports,
      addressPersistent: pool.addressPersistent,
      blocks: portBlocks === undefined ? null : compileBlocks(portBlocks, ranges, ports, `${path}.portBlocks`, report),
    };
  });
  checkOverlaps(pools, report);
  checkLimits(rows, scope.pools.path, report);
  return scope.pools.sorted().map((position) => rows[position]!);
}

/** In order, and joined where they overlap or touch. */
function poolRanges(pool: NatPool, path: string, scope: Scope, report: Report): Range4[] {
  const ranges = pool.addresses.flatMap((text, i) => {
    const at = `${path}.addresses[${i}]`;
    const range = readRange(text, at, report);
    if (range !== undefined) checkOuter(range, at, scope, report);
    return range ?? [];
  });
  const merged: { low: number; high: number }[] = [];
  for (const { low, high } of ranges.sort((a, b) => a.low - b.low || a.high - b.high)) {
    const last = merged.at(-1);
    if (last !== undefined && low <= last.high + 1) last.high = Math.max(last.high, high);
    else merged.push({ low, high });
  }
  return merged;
}

function compileBlocks(blocks: PortBlocks, ranges: readonly Range4[], ports: Range, path: string, report: Report): NonNullable<NatPoolRow["blocks"]> {
  const subscribers = readSubscribers(blocks, `${path}.subscribers`, report);
  const wanted = subscribers.reduce((sum, prefix) => sum + 2 ** (32 - prefix.length), 0);
  const addresses = ranges.reduce((sum, range) => sum + rangeSize(range), 0);
  const perAddress = Math.floor((ports[1] - ports[0] + 1) / blocks.size);
  if (perAddress === 0) {
    const message = `A block of ${blocks.size} ports does not fit into the ${ports[1] - ports[0] + 1} ports of the pool; make it smaller.`;
    report.error("PortBlocksExhausted", `${path}.size`, message);
  } else if (addresses > 0 && wanted > addresses * perAddress) {
    const least = Math.ceil(wanted / perAddress);
    const message =
      `${wanted} subscribers need a block each, but ${addresses} addresses with ${perAddress} blocks of ${blocks.size} ports have ${addresses * perAddress}; ` +
      `give the pool ${least} addresses, or make the blocks smaller.`;
    report.error("PortBlocksExhausted", `${path}.subscribers`, message);
  }
  return { size: blocks.size, subscribers: subscribers.map(formatPrefix) };
}

/** In the order of the list: the position of a subscriber decides on its block. */
function readSubscribers(blocks: PortBlocks, path: string, report: Report): Prefix[] {
  const prefixes: Prefix[] = [];
  blocks.subscribers.forEach((text, i) => {
    const prefix = parsePrefix(text);
    if (prefix?.family !== 4) return;
    const earlier = prefixes.find((other) => overlaps(other, prefix));
    if (!isNetwork(prefix)) report.error("HostBitsSet", `${path}[${i}]`, hostBits(prefix));
    else if (earlier !== undefined) {
      const verb = contains(earlier, prefix) ? "lies in" : "holds";
      report.error("Duplicate", `${path}[${i}]`, `${formatPrefix(prefix)} ${verb} ${formatPrefix(earlier)}, so its addresses would have two blocks; remove one of them.`);
    } else prefixes.push(prefix);
  });
  return prefixes;
}

/** Two pools may share an address when they do not share a port. */
function checkOverlaps(pools: readonly Pool[], report: Report): void {
  pools.forEach((pool, i) => {
    for (const other of pools.slice(0, i)) {
      if (other.ports[0] > pool.ports[1] || pool.ports[0] > other.ports[1]) continue;
      const shared = pool.ranges.find((range) => other.ranges.some((earlier) => rangesMeet(earlier, range)));
      if (shared === undefined) continue;
      const message = `${rangeText(shared)} overlaps the pool ${other.name}, with ports ${pool.ports.join("-")} and ${other.ports.join("-")}; give each pool addresses or ports of its own.`;
      report.error("OverlappingPools", `${pool.path}.addresses`, message);
      return;
    }
  });
}

function checkLimits(rows: readonly NatPoolRow[], path: string, report: Report): void {
  const ranges = rows.reduce((sum, row) => sum + row.addresses.length, 0);
  const subscribers = rows.reduce((sum, row) => sum + (row.blocks?.subscribers.length ?? 0), 0);
  if (ranges > FW_MAX_NAT_RANGES) report.error("LimitExceeded", path, `The pools have ${ranges} ranges of addresses in all; at most ${FW_MAX_NAT_RANGES} fit.`);
  if (subscribers > FW_MAX_NAT_SUBSCRIBERS) {
    report.error("LimitExceeded", path, `The pools have ${subscribers} networks of subscribers in all; at most ${FW_MAX_NAT_SUBSCRIBERS} fit. Write larger networks.`);
  }
}
