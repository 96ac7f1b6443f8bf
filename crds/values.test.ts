// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { isIP } from "node:net";
import fc from "fast-check";
import * as v from "./values";

function accepts(schema: { safeParse: (text: string) => { success: boolean } }, text: string): boolean {
  return schema.safeParse(text).success;
}

describe("addresses of the API", () => {
  it("accept every IPv4 address and no other number", () => {
    fc.assert(fc.property(fc.ipV4(), (text) => accepts(v.ipAddress(), text)));
    fc.assert(fc.property(fc.nat(999), (n) => accepts(v.ipAddress(), `10.${n}.0.1`) === n < 256));
  });

  it("accept every spelling of IPv6 without an embedded IPv4 address", () => {
    fc.assert(fc.property(fc.ipV6(), (text) => text.includes(".") || accepts(v.ipAddress(), text)), { numRuns: 1000 });
  });

  it("agree with the system about what is an address", () => {
    const almost = fc.string({ unit: fc.constantFrom(...":0123456789abcdefg./"), maxLength: 24 });
    fc.assert(fc.property(almost, (text) => text.includes(".") && text.includes(":") || accepts(v.ipAddress(), text) === (isIP(text) !== 0)), { numRuns: 5000 });
  });

  it("accept prefix lengths of the family only", () => {
    fc.assert(fc.property(fc.nat(300), (n) => accepts(v.cidr(), `10.0.0.0/${n}`) === n <= 32 && accepts(v.cidr(), `2001:db8::/${n}`) === n <= 128));
    for (const text of ["10.0.0.0/", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/8 ", "10.0.0.0/8\n", "/8"]) assert.equal(accepts(v.prefix(), text), false, text);
  });
});

describe("ports, quantities and durations of the API", () => {
  it("accept ports from 1 to 65535 without leading zeros", () => {
    fc.assert(fc.property(fc.nat(100_000), (n) => accepts(v.portRange(), String(n)) === (n >= 1 && n <= 65_535)));
    for (const text of ["080", "80-", "-80", "80 - 90", "80-90-100", "http", "1e3"]) assert.equal(accepts(v.portRange(), text), false, text);
  });

  it("turn quantities into bytes", () => {
    assert.deepEqual(["1", "4Ki", "256Mi", "2Gi", "1Ti", "1k", "5M", "1G", "1T"].map(v.quantityBytes), [
      1, 4096, 268_435_456, 2_147_483_648, 1_099_511_627_776, 1000, 5_000_000, 1e9, 1e12,
    ]);
    for (const text of ["", "Mi", "1.5Gi", "-1", "1 Gi", "1KiB", "1m"]) assert.ok(Number.isNaN(v.quantityBytes(text)), text);
  });

  it("understand every quantity that the schema accepts", () => {
    fc.assert(fc.property(fc.stringMatching(/^[1-9][0-9]{0,14}(Ki|Mi|Gi|Ti|k|M|G|T)?$/), (text) => accepts(v.quantity(), text) && v.quantityBytes(text) > 0));
  });

  it("turn durations into milliseconds", () => {
    assert.deepEqual(["100ms", "1s", "90s", "30m", "1h30m", "1h1m1s"].map(v.durationMs), [100, 1000, 90_000, 1_800_000, 5_400_000, 3_661_000]);
    for (const text of ["", "5", "s", "1d", "1s ", "-1s"]) assert.ok(Number.isNaN(v.durationMs(text)), text);
  });

  it("understand every duration that the schema accepts", () => {
    fc.assert(fc.property(fc.stringMatching(/^([0-9]{1,4}h)?([0-9]{1,6}m)?([0-9]{1,7}s)?$/), (text) => !accepts(v.longDuration(), text) || v.durationMs(text) >= 0));
  });
});
