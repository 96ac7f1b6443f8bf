// SPDX-License-Identifier: Apache-2.0
// What people write into the bytes of struct fw_session_filter. That C selects by these bytes is proved in session_filter_test.c.
import assert from "node:assert/strict";
import type { Program } from "../program/program";
import { FILTER_OPTIONS, type FilterOption } from "../program/session-options";
import { policyNameId } from "./encode";
import { FilterError, protocolName, protocolNumber, sessionFilter } from "./session-filter";
import { decode, type Decoded } from "./shm/decode";
import { fw_filter_nat, FW_ZONE_SELF } from "./shm/layout.gen";

const program = { zones: [{ name: "trust" }, { name: "untrust" }], policies: [{ name: "web" }] } as unknown as Program;

type Options = Partial<Record<FilterOption, string>>;
type Bytes = Decoded<"fw_session_filter">;

const build = (options: Options, of: Program | null = program) => sessionFilter((option) => options[option] ?? null, of);
const filter = (options: Options): Bytes => decode("fw_session_filter", build(options).bytes);
const address = (...bytes: number[]): Uint8Array => Uint8Array.from({ length: 16 }, (_, i) => bytes[i] ?? 0);

const ANY: Bytes = filter({});

/** Only these fields differ from a filter that selects everything. */
function selects(options: Options, fields: Partial<Bytes>): void {
  assert.deepEqual(filter(options), { ...ANY, ...fields });
  assert.equal(build(options).any, false);
}

describe("sessionFilter()", () => {
  it("selects every session without options", () => {
    assert.equal(build({}).any, true);
    const fields = Object.entries(ANY).filter(([, value]) => (value instanceof Uint8Array ? value.some((byte) => byte !== 0) : value !== 0 && value !== 0n));
    assert.deepEqual(Object.fromEntries(fields), { protocol: 0xffff, from_zone: 0xffff, to_zone: 0xffff, either_zone: 0xffff });
  });

  const cases: readonly (readonly [Options, Partial<Bytes>])[] = [
    [{ family: "4" }, { family: 4 }],
    [{ family: "6" }, { family: 6 }],
    [{ protocol: "tcp" }, { protocol: 6 }],
    [{ protocol: "ICMPv6" }, { protocol: 58 }],
    [{ protocol: "0" }, { protocol: 0 }],
    [{ protocol: "255" }, { protocol: 255 }],
    [{ source: "10.1.2.3" }, { source: address(10, 1, 2, 3), source_length: 32, family: 4 }],
    [{ destination: "10.1.0.0/16" }, { destination: address(10, 1), destination_length: 16, family: 4 }],
    [{ address: "2001:db8::/32" }, { either: address(0x20, 1, 0x0d, 0xb8), either_length: 32, family: 6 }],
    [{ source: "::1" }, { source: address(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), source_length: 128, family: 6 }],
    [{ destination: "0.0.0.0/0" }, { destination_length: 0, family: 4 }],
    [{ source: "10.0.0.0/8", destination: "192.0.2.0/24", family: "4" }, { source: address(10), source_length: 8, destination: address(192, 0, 2), destination_length: 24, family: 4 }],
    [{ port: "1" }, { either_port: 1 }],
    [{ "source-port": "65535" }, { source_port: 65_535 }],
    [{ "destination-port": "443" }, { destination_port: 443 }],
    [{ zone: "untrust" }, { either_zone: 1 }],
    [{ from: "trust", to: "host" }, { from_zone: 0, to_zone: FW_ZONE_SELF }],
    [{ policy: "web" }, { policy_name_id: policyNameId("web") }],
    [{ "older-than": "90" }, { older_than_s: 90 }],
    [{ "older-than": "1h30m" }, { older_than_s: 5_400 }],
    [{ "younger-than": "2d" }, { younger_than_s: 172_800 }],
    [{ id: "18446744073709551615" }, { id: 2n ** 64n - 1n }],
    [{ nat: "yes" }, { nat: fw_filter_nat.FW_FILTER_NAT_TRANSLATED }],
    [{ nat: "no" }, { nat: fw_filter_nat.FW_FILTER_NAT_UNTRANSLATED }],
  ];
  for (const [options, fields] of cases) it(`reads ${JSON.stringify(options)}`, () => { selects(options, fields); });

  it("has a case here for every option", () => {
    assert.deepEqual(FILTER_OPTIONS.filter((option) => !cases.some(([options]) => option in options)), []);
  });

  const refused: readonly (readonly [Options, RegExp])[] = [
    [{ family: "5" }, /^--family must be 4 or 6, not "5"$/],
    [{ protocol: "tpc" }, /^--protocol must be TCP, UDP, .* not "tpc"$/],
    [{ protocol: "256" }, /^--protocol /],
    [{ protocol: "-1" }, /^--protocol /],
    [{ address: "10.0.0.1/33" }, /^--address must be an IP address or prefix/],
    [{ source: "10.0.0" }, /^--source /],
    [{ destination: "" }, /^--destination /],
    [{ source: "10.0.0.0/8", destination: "::/0" }, /^--destination is IPv6, but another option asks for IPv4$/],
    [{ family: "6", address: "10.0.0.1" }, /^--address is IPv4, but another option asks for IPv6$/],
    [{ port: "0" }, /^--port must be a number from 1 to 65535, not "0"$/],
    [{ port: "65536" }, /^--port /],
    [{ "source-port": "1.5" }, /^--source-port /],
    [{ "destination-port": "http" }, /^--destination-port /],
    [{ zone: "nowhere" }, /^--zone: there is no zone "nowhere"$/],
    [{ from: "" }, /^--from: there is no zone ""$/],
    [{ to: "Trust" }, /^--to: there is no zone "Trust"$/],
    [{ policy: "nobody" }, /^--policy: there is no policy "nobody"$/],
    [{ "older-than": "soon" }, /^--older-than must be a time such as 30s, 5m or 1d, not "soon"$/],
    [{ "older-than": "0" }, /^--older-than /],
    [{ "younger-than": "5m " }, /^--younger-than /],
    [{ "younger-than": "99999d" }, /^--younger-than /],
    [{ id: "0" }, /^--id must be a number from 1 to 18446744073709551615/],
    [{ id: "18446744073709551616" }, /^--id /],
    [{ nat: "maybe" }, /^--nat must be yes or no, not "maybe"$/],
  ];
  for (const [options, message] of refused) {
    it(`refuses ${JSON.stringify(options)}`, () => assert.throws(() => build(options), (error: Error) => error instanceof FilterError && message.test(error.message)));
  }

  it("knows no names but the firewall itself while nothing is active", () => {
    assert.throws(() => build({ zone: "trust" }, null), /there is no zone/);
    assert.throws(() => build({ policy: "web" }, null), /there is no policy/);
    assert.equal(decode("fw_session_filter", build({ zone: "host" }, null).bytes).either_zone, FW_ZONE_SELF);
  });
});

describe("protocol names", () => {
  it("lead to their number and back", () => {
    for (const number of [0, 1, 6, 17, 47, 50, 58, 89, 132, 255]) assert.equal(protocolNumber(protocolName(number)), number);
    assert.equal(protocolName(47), "GRE");
    assert.equal(protocolName(89), "89");
    assert.equal(protocolNumber("1000"), null);
  });
});
