// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { emitAsserts, emitHashHeader, emitTypeScript, layoutHash, recordsHash } from "./layout_emit";
import { emitFields } from "./layout_emit_fields";
import { nextLock } from "./layout_gen";
import { parseLayout } from "./layout_parse";

const file = (name: string): string => readFileSync(join(__dirname, name), "utf8");

describe("parseLayout()", () => {
  const refused: [what: string, source: string, message: RegExp][] = [
    ["pointers", "struct fw_a {\n\tuint8_t *p;\n};", /layout\.h:2: unexpected "\*"/],
    ["types of no fixed width", "struct fw_a {\n\tint x;\n};", /"int" is not a fixed-width type/],
    ["bit fields", "struct fw_a {\n\tuint8_t x : 3;\n};", /unexpected ":"/],
    ["unions", "union fw_a {\n\tuint8_t x;\n};", /expected "enum" or "struct", found "union"/],
    ["implicit padding between fields", "struct fw_a {\n\tuint8_t x;\n\tuint32_t y;\n};", /implicit padding before fw_a\.y: offset 1/],
    ["implicit padding at the end", "struct fw_a {\n\tuint32_t y;\n\tuint8_t x;\n};", /ends in implicit padding: 5 bytes/],
    ["bounds that are no constants", "struct fw_a {\n\tuint8_t x[N];\n};", /the bound "N" is not a constant/],
    ["empty arrays", "struct fw_a {\n\tuint8_t x[0];\n};", /the bound "0" is not positive/],
    ["structs that come later", "struct fw_a {\n\tstruct fw_b b;\n};", /struct fw_b is not declared before its use/],
    ["a field named twice", "struct fw_a {\n\tuint8_t x;\n\tuint8_t x;\n};", /second field x/],
    ["a struct named twice", "struct fw_a {\n\tuint8_t x;\n};\nstruct fw_a {\n\tuint8_t x;\n};", /layout\.h:4: second fw_a/],
    ["enumerators without a value", "enum fw_a { FW_X };", /expected "=", found "}"/],
    ["conditional compilation", "#ifdef X\n#endif", /unexpected directive "#ifdef X"/],
    ["macros with an expression", "#define FW_X (1 << 3)", /unexpected directive/],
    ["foreign names", "struct other {\n\tuint8_t x;\n};", /"other" does not start with fw_/],
    ["block comments", "/* x */", /unexpected "\/"/],
    ["a struct that never ends", "struct fw_a {\n\tuint8_t x;", /unexpected end of file/],
  ];
  for (const [what, source, message] of refused) {
    it(`stops on ${what}`, () => assert.throws(() => parseLayout(source), message));
  }

  it("counts offsets and sizes through arrays and nested structs", () => {
    const { structs } = parseLayout("#define FW_N 3\nstruct fw_a {\n\tuint16_t x, y[FW_N];\n};\nstruct fw_b {\n\tstruct fw_a a[2];\n\tuint32_t z;\n};");
    assert.deepEqual(structs[1]?.fields.map((f) => [f.name, f.offset, f.size]), [["a", 0, 16], ["z", 16, 4]]);
  });

  it("takes comments and white space for nothing", () => {
    const hash = (source: string) => layoutHash(parseLayout(source));
    assert.equal(hash("struct fw_a {\n\tuint8_t x; // old\n};"), hash("\n// new\nstruct  fw_a { uint8_t x; };"));
    assert.notEqual(hash("struct fw_a {\n\tuint8_t x;\n};"), hash("struct fw_a {\n\tuint8_t y;\n};"));
  });
});

describe("recordsHash()", () => {
  const source = file("layout.h");
  const hashes = (text: string): [string, string] => [layoutHash(parseLayout(text)), recordsHash(parseLayout(text))];
  const [layout, records] = hashes(source);
  const changed = (from: string, to: string): [string, string] => {
    assert.equal(source.split(from).length, 2, from);
    return hashes(source.replace(from, to));
  };

  it("outlives changes of what no other layout takes over", () => {
    for (const [from, to] of [
      ["struct fw_neighbor_row {\n", "struct fw_neighbor_row {\n\tuint32_t more;\n"],
      ["struct fw_counters {\n", "struct fw_counters {\n\tuint64_t more;\n"],
      ["\tuint64_t command_sequence; // newest", "\tuint64_t more;\n\tuint64_t command_sequence; // newest"],
      ["#define FW_LAYOUT_VERSION 1", "#define FW_LAYOUT_VERSION 2"],
    ] as const) {
      const [otherLayout, sameRecords] = changed(from, to);
      assert.notEqual(otherLayout, layout);
      assert.equal(sameRecords, records, from);
    }
  });

  it("changes with everything that a session, a binding, the clock or the header consists of", () => {
    for (const [from, to] of [
      ["\tuint32_t syn_next;", "\tuint32_t other;"],
      ["\tuint16_t isn_low;", "\tuint8_t isn_low[2];"],
      ["FW_TCP_CLOSING = 5,", "FW_TCP_CLOSING = 9,"],
      ["FW_BINDING_ANY_REMOTE = 2,", "FW_BINDING_ANY_REMOTE = 4,"],
      ["\tuint64_t clock_ns; //", "\tuint64_t ticks; //"],
      ["\tuint64_t tables_offset; //", "\tuint64_t table_offset; //"],
      ["#define FW_RECORDS_VERSION 1", "#define FW_RECORDS_VERSION 2"],
      ["#define FW_ZONE_SELF 0xff ", "#define FW_ZONE_SELF 0xfe "],
    ] as const) assert.notEqual(changed(from, to)[1], records, from);
  });
});

describe("nextLock()", () => {
  const layout = (fields: string) => parseLayout(`#define FW_LAYOUT_VERSION 2\nstruct fw_a {\n\t${fields}\n};`);
  const lock = nextLock("", layout("uint8_t x;"), false);

  it("accepts the header that the lock names", () => {
    assert.equal(nextLock(lock, layout("uint8_t x;"), false), lock);
  });
  it("refuses another header under a released version", () => {
    assert.throws(() => nextLock(lock, layout("uint8_t y;"), false), /FW_LAYOUT_VERSION is still 2: raise it/);
  });
  it("records another header under a version that is not released", () => {
    assert.notEqual(nextLock(lock, layout("uint8_t y;"), true), lock);
  });
  it("keeps earlier versions", () => {
    assert.match(nextLock("# c\n1 0xaa\n", layout("uint8_t x;"), false), /\n1 0xaa\n2 0x[0-9a-f]{16}\n$/);
  });
});

describe("the generated files", () => {
  const layout = parseLayout(file("layout.h"));
  it("are those of the committed header", () => {
    assert.equal(file("layout_hash.gen.h"), emitHashHeader(layout));
    assert.equal(file("layout_assert.gen.c"), emitAsserts(layout));
    assert.equal(file("layout_fields.gen.c"), emitFields(layout));
    assert.equal(file("../../node-agent/shm/layout.gen.ts"), emitTypeScript(layout));
  });
});
