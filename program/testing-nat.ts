// SPDX-License-Identifier: Apache-2.0
// For tests only: arbitrary rows of schedules and NAT.
import fc from "fast-check";
import { formatAddress, formatPrefix, network } from "./net";
import type { NatDestinationRow, NatPoolRow, NatRows, NatSourceRow, NatStaticRow, Range, ScheduleRow } from "./program";

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
const ipv4 = fc.nat(0xffffffff).map((word) => ({ family: 4 as const, words: [word, 0, 0, 0] as const }));
const addressText = ipv4.map(formatAddress);
const networkText = fc.tuple(ipv4, fc.nat(32)).map(([a, length]) => formatPrefix(network(a, length)));
const pair = (low: number, high: number): fc.Arbitrary<[number, number]> =>
  fc.tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high })).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
const ports: fc.Arbitrary<Range> = pair(1, 0xffff);
const addresses: fc.Arbitrary<[string, string]> = pair(0, 0xffffffff).map(([low, high]) =>
  [low, high].map((word) => formatAddress({ family: 4, words: [word, 0, 0, 0] })) as [string, string]);

const window = fc.record({ days: fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }), at: pair(0, 1439) })
  .map(({ days, at: [startMinute, last] }) => ({ days, startMinute, endMinute: last + 1 }));

export const arbitrarySchedules: fc.Arbitrary<ScheduleRow[]> = fc.array(
  fc.record({ name, timeZone: fc.constantFrom("UTC", "Europe/Berlin", "America/New_York"), windows: fc.array(window, { minLength: 1, maxLength: 4 }) }),
  { maxLength: 3 },
);

const pool: fc.Arbitrary<NatPoolRow> = fc.record({
  name,
  addresses: fc.array(addresses, { minLength: 1, maxLength: 3 }),
  ports,
  addressPersistent: fc.boolean(),
  blocks: fc.option(fc.record({ size: fc.integer({ min: 1, max: 65_535 }), subscribers: fc.array(networkText, { minLength: 1, maxLength: 3 }) })),
});

export interface Counts {
  readonly zones: number;
  readonly addressSets: number;
  readonly applications: number;
}

/** References point to rows that are there. */
export function arbitraryNat(n: Counts): fc.Arbitrary<NatRows> {
  const indexes = (rows: number): fc.Arbitrary<number[]> => (rows === 0 ? fc.constant([]) : fc.array(fc.nat(rows - 1), { maxLength: 4 }));
  const ends = { from: indexes(n.zones), sources: indexes(n.addressSets) };
  const persistent = fc.option(fc.record({ filtering: fc.constantFrom("AddressAndPort" as const, "EndpointIndependent" as const), timeoutSeconds: fc.integer({ min: 1, max: 604_800 }) }));
  const source = (pools: number): fc.Arbitrary<NatSourceRow> => fc.record({
    name, ...ends, to: indexes(n.zones), destinations: indexes(n.addressSets), applications: indexes(n.applications),
    kind: pools > 0 ? fc.constantFrom("off" as const, "interface" as const, "pool" as const) : fc.constantFrom("off" as const, "interface" as const),
    ports, persistent, at: fc.nat(Math.max(0, pools - 1)),
  }).map(({ at, ...row }) => ({ ...row, pool: row.kind === "pool" ? at : null }));
  const destination: fc.Arbitrary<NatDestinationRow> = fc.record({
    name, ...ends, addresses, protocol: fc.option(fc.constantFrom(6, 17)), ports: fc.option(ports),
    to: fc.record({ address: addressText, port: fc.option(fc.integer({ min: 1, max: 65_535 })), single: fc.boolean() }),
  }).map((row) => (row.protocol === null ? { ...row, ports: null, to: { ...row.to, port: null } } : row));
  const fixed: fc.Arbitrary<NatStaticRow> = fc.record({ name, from: ends.from, external: addressText, internal: addressText, count: fc.integer({ min: 1, max: 65_536 }) });
  return fc.array(pool, { maxLength: 3 }).chain((pools) => fc.record({
    pools: fc.constant(pools),
    source: fc.array(source(pools.length), { maxLength: 4 }),
    destination: fc.array(destination, { maxLength: 4 }),
    static: fc.array(fixed, { maxLength: 3 }),
  }));
}
