// SPDX-License-Identifier: Apache-2.0
// Parses layout.h: a strict subset of C (integer defines, enums, structs of fixed-width fields). Anything else stops.

export interface Constant {
  name: string;
  value: bigint;
  /** Written with a 64-bit suffix: a bigint in TypeScript. */
  wide: boolean;
}

export interface Enumerator {
  name: string;
  value: number;
  /** The comment behind it. */
  text: string;
}

export interface Enumeration {
  name: string;
  values: Enumerator[];
}

export interface Field {
  name: string;
  /** u8, u16, u32, u64, char, or the name of a struct declared before. */
  type: string;
  offset: number;
  /** Elements; 1 for a plain field. */
  count: number;
  array: boolean;
  size: number;
}

export interface Struct {
  name: string;
  size: number;
  align: number;
  fields: Field[];
}

export interface Layout {
  constants: Constant[];
  enums: Enumeration[];
  structs: Struct[];
  /** The header without comments and white space: what the layout hash covers. */
  normalised: string;
}

interface Token {
  text: string;
  line: number;
  /** Comment that follows on the same line. */
  comment: string;
}

const SCALARS: Readonly<Record<string, { type: string; size: number }>> = {
  uint8_t: { type: "u8", size: 1 },
  uint16_t: { type: "u16", size: 2 },
  uint32_t: { type: "u32", size: 4 },
  uint64_t: { type: "u64", size: 8 },
  char: { type: "char", size: 1 },
};

const DIRECTIVE = /^#(?:ifndef|define) PORTCULLIS_SHM_LAYOUT_H$|^#endif$|^#include <stdint\.h>$/;
const CONSTANT = /^#define (FW_[A-Z0-9_]+) (0x[0-9a-f]+|[0-9]+)(ull|u)?$/;

function stop(line: number, what: string): never {
  throw new Error(`layout.h:${line}: ${what}`);
}

export function parseLayout(source: string): Layout {
  const layout: Layout = { constants: [], enums: [], structs: [], normalised: "" };
  const { tokens, directives } = scan(source);
  for (const d of directives) readDirective(d, layout);
  const reader = new Reader(tokens);
  while (!reader.done()) {
    const keyword = reader.next();
    if (keyword.text === "enum") layout.enums.push(readEnum(reader, layout));
    else if (keyword.text === "struct") layout.structs.push(readStruct(reader, layout));
    else stop(keyword.line, `expected "enum" or "struct", found "${keyword.text}"`);
  }
  layout.normalised = [...directives.map((d) => d.text), ...tokens.map((t) => t.text)].join(" ");
  return layout;
}

function scan(source: string): { tokens: Token[]; directives: Token[] } {
  const tokens: Token[] = [];
  const directives: Token[] = [];
  source.split("\n").forEach((raw, index) => {
    const line = index + 1;
    const slash = raw.indexOf("//");
    const code = (slash < 0 ? raw : raw.slice(0, slash)).trim();
    const comment = slash < 0 ? "" : raw.slice(slash + 2).trim();
    if (code.startsWith("#")) {
      directives.push({ text: code.replace(/\s+/g, " "), line, comment });
      return;
    }
    const found = code.match(/[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[{}[\];,=]|\S/g) ?? [];
    for (const text of found) {
      if (!/^[A-Za-z0-9_]+$|^[{}[\];,=]$/.test(text)) stop(line, `unexpected "${text}"`);
      tokens.push({ text, line, comment });
    }
  });
  return { tokens, directives };
}

function readDirective(d: Token, layout: Layout): void {
  if (DIRECTIVE.test(d.text)) return;
  const m = CONSTANT.exec(d.text);
  if (m === null) stop(d.line, `unexpected directive "${d.text}"`);
  layout.constants.push({ name: m[1]!, value: BigInt(m[2]!), wide: m[3] === "ull" });
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  peek(): string {
    return this.#tokens[this.#at]?.text ?? "end of file";
  }

  next(): Token {
    const token = this.#tokens[this.#at++];
    return token ?? stop(this.#tokens.at(-1)?.line ?? 1, "unexpected end of file");
  }

  expect(text: string): Token {
    const token = this.next();
    return token.text === text ? token : stop(token.line, `expected "${text}", found "${token.text}"`);
  }

  accept(text: string): boolean {
    if (this.peek() !== text) return false;
    this.#at++;
    return true;
  }

  name(): Token {
    const token = this.next();
    return /^[A-Za-z_]/.test(token.text) ? token : stop(token.line, `expected a name, found "${token.text}"`);
  }
}

function readEnum(r: Reader, layout: Layout): Enumeration {
  const name = r.name();
  checkNew(name, layout);
  const values: Enumerator[] = [];
  r.expect("{");
  while (!r.accept("}")) {
    const symbol = r.name();
    r.expect("=");
    const value = r.next();
    if (!/^[0-9]+$/.test(value.text)) stop(value.line, `the value of ${symbol.text} is not a decimal number`);
    values.push({ name: symbol.text, value: Number(value.text), text: value.comment });
    if (!r.accept(",") && r.peek() !== "}") stop(symbol.line, `expected "," or "}" after ${symbol.text}`);
  }
  r.expect(";");
  return { name: name.text, values };
}

function readStruct(r: Reader, layout: Layout): Struct {
  const name = r.name();
  checkNew(name, layout);
  const struct: Struct = { name: name.text, size: 0, align: 1, fields: [] };
  r.expect("{");
  while (!r.accept("}")) readField(r, struct, layout);
  const end = r.expect(";");
  if (struct.size % struct.align !== 0) {
    stop(end.line, `struct ${name.text} ends in implicit padding: ${struct.size} bytes, alignment ${struct.align}`);
  }
  return struct;
}

function readField(r: Reader, struct: Struct, layout: Layout): void {
  const base = readType(r, layout);
  do {
    const name = r.name();
    let count = 1;
    const array = r.accept("[");
    if (array) {
      count = constant(r.next(), layout);
      r.expect("]");
    }
    const offset = struct.size;
    if (offset % base.align !== 0) {
      stop(name.line, `implicit padding before ${struct.name}.${name.text}: offset ${offset}, alignment ${base.align}`);
    }
    if (struct.fields.some((f) => f.name === name.text)) stop(name.line, `second field ${name.text}`);
    struct.fields.push({ name: name.text, type: base.type, offset, count, array, size: base.size * count });
    struct.size += base.size * count;
    struct.align = Math.max(struct.align, base.align);
  } while (r.accept(","));
  r.expect(";");
}

function readType(r: Reader, layout: Layout): { type: string; size: number; align: number } {
  const word = r.name();
  const scalar = SCALARS[word.text];
  if (scalar !== undefined) return { ...scalar, align: scalar.size };
  if (word.text !== "struct") stop(word.line, `"${word.text}" is not a fixed-width type`);
  const name = r.name();
  const found = layout.structs.find((s) => s.name === name.text);
  if (found === undefined) stop(name.line, `struct ${name.text} is not declared before its use`);
  return { type: found.name, size: found.size, align: found.align };
}

function constant(token: Token, layout: Layout): number {
  if (/^[0-9]+$/.test(token.text)) return positive(Number(token.text), token);
  const define = layout.constants.find((c) => c.name === token.text);
  if (define !== undefined) return positive(Number(define.value), token);
  for (const e of layout.enums) {
    const found = e.values.find((v) => v.name === token.text);
    if (found !== undefined) return positive(found.value, token);
  }
  return stop(token.line, `the bound "${token.text}" is not a constant`);
}

function positive(value: number, token: Token): number {
  return value > 0 ? value : stop(token.line, `the bound "${token.text}" is not positive`);
}

function checkNew(name: Token, layout: Layout): void {
  if (!/^fw_[a-z0-9_]+$/.test(name.text)) stop(name.line, `"${name.text}" does not start with fw_`);
  if ([...layout.enums, ...layout.structs].some((d) => d.name === name.text)) stop(name.line, `second ${name.text}`);
}
