// SPDX-License-Identifier: Apache-2.0
// Port blocks of subscribers by arithmetic (RFC 7422), as struct fw_nat_pool_row says: subscriber n has block n % blocks of
// address n / blocks, both counted from the lowest.
import { type Address, formatAddress, lastAddress, parseAddress, parsePrefix } from "./net";
import type { NatPoolRow } from "./program";

export interface Block {
  readonly pool: string;
  readonly subscriber: string;
  readonly address: string;
  readonly low: number;
  readonly high: number;
}

interface Span {
  readonly low: number;
  readonly count: number;
}

const word = (text: string): number | undefined => {
  const address = parseAddress(text);
  return address?.family === 4 ? address.words[0] : undefined;
};

const text = (value: number): string => formatAddress({ family: 4, words: [value, 0, 0, 0] } satisfies Address);

function poolSpans(pool: NatPoolRow): Span[] {
  return pool.addresses.map(([low, high]) => ({ low: word(low)!, count: word(high)! - word(low)! + 1 }));
}

function subscriberSpans(pool: NatPoolRow): Span[] {
  return (pool.blocks?.subscribers ?? []).map((prefix) => {
    const parsed = parsePrefix(prefix)!;
    return { low: parsed.words[0], count: lastAddress(parsed).words[0] - parsed.words[0] + 1 };
  });
}

/** Position of an address when all spans are counted through. */
function positionIn(spans: readonly Span[], address: number): number | undefined {
  let before = 0;
  for (const { low, count } of spans) {
    if (address >= low && address < low + count) return before + address - low;
    before += count;
  }
  return undefined;
}

function addressAt(spans: readonly Span[], position: number): number | undefined {
  let left = position;
  for (const { low, count } of spans) {
    if (left < count) return low + left;
    left -= count;
  }
  return undefined;
}

function blocksOf(pool: NatPoolRow): number {
  return pool.blocks === null ? 0 : Math.floor((pool.ports[1] - pool.ports[0] + 1) / pool.blocks.size);
}

/** The block of subscriber number n of a pool. */
function blockAt(pool: NatPoolRow, n: number): Block | undefined {
  const blocks = blocksOf(pool);
  const subscriber = addressAt(subscriberSpans(pool), n);
  const address = blocks === 0 ? undefined : addressAt(poolSpans(pool), Math.floor(n / blocks));
  if (pool.blocks === null || subscriber === undefined || address === undefined) return undefined;
  const low = pool.ports[0] + (n % blocks) * pool.blocks.size;
  return { pool: pool.name, subscriber: text(subscriber), address: text(address), low, high: low + pool.blocks.size - 1 };
}

/** The blocks of an inner address, at most one in each pool. */
export function blocksOfSubscriber(pools: readonly NatPoolRow[], subscriber: string): Block[] {
  const address = word(subscriber);
  if (address === undefined) return [];
  return pools.flatMap((pool) => {
    const n = positionIn(subscriberSpans(pool), address);
    return n === undefined ? [] : blockAt(pool, n) ?? [];
  });
}

/** Whose an outer address and port is: the block that holds it. */
export function blocksOfPort(pools: readonly NatPoolRow[], external: string, port: number): Block[] {
  const address = word(external);
  if (address === undefined) return [];
  return pools.flatMap((pool) => {
    const at = positionIn(poolSpans(pool), address);
    const blocks = blocksOf(pool);
    if (at === undefined || pool.blocks === null || port < pool.ports[0]) return [];
    const block = Math.floor((port - pool.ports[0]) / pool.blocks.size);
    return block >= blocks ? [] : blockAt(pool, at * blocks + block) ?? [];
  });
}

/** Every block of a pool in the order of its subscribers. */
export function* allBlocks(pool: NatPoolRow): Generator<Block> {
  const count = subscriberSpans(pool).reduce((sum, span) => sum + span.count, 0);
  for (let n = 0; n < count; n++) {
    const block = blockAt(pool, n);
    if (block !== undefined) yield block;
  }
}
