// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { isIP } from "node:net";
import fc from "fast-check";
import * as net from "./net";
import { arbitraryAddress, arbitraryPrefix } from "./testing";

describe("parseAddress() and formatAddress()", () => {
  const canonical: [text: string, canonical: string][] = [
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["2001:DB8::0001", "2001:db8::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["::ffff:10.1.2.3", "::ffff:10.1.2.3"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ];
  for (const [text, expected] of canonical) {
    it(`writes ${text} as ${expected}`, () => assert.equal(net.formatAddress(net.parseAddress(text)!), expected));
  }

  for (const text of ["", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1.2.3.4 ", "1..2.3", ":", ":::", "1::2::3", "g::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::1.2.3", "1.2.3.4::", "1:2:3:4:5:6:7:8::", "fe80::1%eth0", "-1.2.3.4"]) {
    it(`refuses "${text}"`, () => assert.equal(net.parseAddress(text), undefined));
  }

  it("reads back what it writes", () => {
    fc.assert(fc.property(arbitraryAddress, (a) => assert.deepEqual(net.parseAddress(net.formatAddress(a)), a)));
  });
  it("agrees with the platform on what is an address", () => {
    const texts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{0,24}$/));
    fc.assert(fc.property(texts, (text) => assert.equal(net.parseAddress(text) !== undefined, isIP(text) !== 0, text)), { numRuns: 2000 });
  });
});

describe("parsePrefix()", () => {
  for (const text of ["10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/1/2", "::/129", "::/1e1", "/8"]) {
    it(`refuses "${text}"`, () => assert.equal(net.parsePrefix(text), undefined));
  }
  it("reads back what formatPrefix() writes", () => {
    fc.assert(fc.property(arbitraryPrefix, (p) => assert.deepEqual(net.parsePrefix(net.formatPrefix(p)), p)));
  });
});

/** Addresses as numbers, to check against. */
function range(p: net.Prefix): { family: number; first: bigint; last: bigint } {
  const bits = p.family === 4 ? 32 : 128;
  const words: readonly number[] = p.family === 4 ? [p.words[0]] : p.words;
  const value = words.reduce<bigint>((sum, w) => (sum << 32n) | BigInt(w), 0n);
  const size = 1n << BigInt(bits - p.length);
  const first = (value / size) * size;
  return { family: p.family, first, last: first + size - 1n };
}

describe("prefix arithmetic", () => {
  const short = arbitraryPrefix.map((p): net.Prefix => {
    // Few bits, so that prefixes meet.
    const words: net.Words = [(p.words[0] & 0xe0000000) >>> 0, 0, 0, p.family === 6 ? p.words[3] & 1 : 0];
    return { ...p, words, length: p.length % 5 };
  });
  const anyPrefix = fc.oneof(arbitraryPrefix, short);

  it("contains() and overlaps() are those of number ranges", () => {
    fc.assert(
      fc.property(anyPrefix, anyPrefix, (a, b) => {
        const [x, y] = [range(a), range(b)];
        const same = x.family === y.family;
        assert.equal(net.contains(a, b), same && x.first <= y.first && y.last <= x.last);
        assert.equal(net.overlaps(a, b), same && x.first <= y.last && y.first <= x.last);
      }),
      { numRuns: 1000 },
    );
  });

  it("network() and lastAddress() are the ends of the range", () => {
    fc.assert(
      fc.property(anyPrefix, (p) => {
        const { first, last } = range(p);
        assert.equal(range({ ...net.network(p, p.length), length: p.family === 4 ? 32 : 128 }).first, first);
        assert.equal(range({ ...net.lastAddress(p), length: p.family === 4 ? 32 : 128 }).first, last);
      }),
    );
  });

  it("mergePrefixes() keeps the addresses, in the fewest disjoint sorted prefixes", () => {
    fc.assert(
      fc.property(fc.array(anyPrefix, { maxLength: 12 }), (list) => {
        const networks = list.map((p) => net.network(p, p.length));
        const merged = net.mergePrefixes(networks);
        assert.deepEqual(joined(merged), joined(networks));
        merged.forEach((p, i) => {
          if (i > 0) assert.ok(net.comparePrefix(merged[i - 1]!, p) < 0 && !net.overlaps(merged[i - 1]!, p));
        });
        assert.deepEqual(net.mergePrefixes(merged), merged);
      }),
      { numRuns: 1000 },
    );
  });
});

/** The covered ranges, joined where they touch. */
function joined(list: readonly net.Prefix[]): unknown[] {
  const out: { family: number; first: bigint; last: bigint }[] = [];
  const ranges = list.map(range).sort((a, b) => a.family - b.family || (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  for (const r of ranges) {
    const last = out.at(-1);
    if (last !== undefined && last.family === r.family && r.first <= last.last + 1n) {
      if (r.last > last.last) last.last = r.last;
    } else out.push(r);
  }
  return out;
}

describe("kinds of addresses", () => {
  const kinds: [text: string, ...kinds: (keyof typeof net)[]][] = [
    ["0.0.0.0", "isUnspecified", "isReserved"],
    ["::", "isUnspecified"],
    ["127.0.0.1", "isLoopback"],
    ["::1", "isLoopback"],
    ["224.0.0.5", "isMulticast"],
    ["ff02::1", "isMulticast"],
    ["169.254.1.1", "isLinkLocal"],
    ["fe80::1", "isLinkLocal"],
    ["febf::1", "isLinkLocal"],
    ["255.255.255.255", "isReserved"],
    ["240.0.0.1", "isReserved"],
    ["::ffff:10.0.0.1", "isReserved"],
    ["10.0.0.1"],
    ["fec0::1"],
    ["2001:db8::1"],
  ];
  const predicates = ["isUnspecified", "isLoopback", "isMulticast", "isLinkLocal", "isReserved"] as const;
  for (const [text, ...expected] of kinds) {
    it(`${text} is ${expected.join(", ") || "an ordinary address"}`, () => {
      assert.deepEqual(predicates.filter((p) => net[p](net.parseAddress(text)!)), predicates.filter((p) => expected.includes(p)));
    });
  }
});
