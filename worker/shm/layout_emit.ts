// SPDX-License-Identifier: Apache-2.0
// What is generated from a parsed layout: TypeScript offsets, C static asserts, the layout hash.
import { createHash } from "node:crypto";
import type { Constant, Enumeration, Field, Layout, Struct } from "./layout_parse";

const LICENSE = "// SPDX-License-Identifier: Apache-2.0\n";
const ORIGIN = "// Generated from worker/shm/layout.h by worker/shm/layout_gen.ts. Do not edit.\n";

/** First eight bytes of the SHA-256 of the normalised header, as 0x followed by 16 digits. */
export function layoutHash(layout: Layout): string {
  return `0x${createHash("sha256").update(layout.normalised).digest("hex").slice(0, 16)}`;
}

// What a worker of another layout takes over: these structs, what they hold, and the words of these enums and constants.
const RECORDS = ["fw_state_header", "fw_state_kept", "fw_session4", "fw_session6", "fw_binding"];
const RECORD_ENUMS = ["fw_tcp_state", "fw_session_flag", "fw_line_flag", "fw_tcp_side_flag", "fw_binding_flag"];
const RECORD_CONSTANTS = ["FW_RECORDS_VERSION", "FW_STATE_MAGIC", "FW_SESSION_VALID", "FW_NO_INDEX", "FW_ZONE_SELF", "FW_POLICY_NONE", "FW_HOP_NONE"];

/** First eight bytes of the SHA-256 of what outlives a change of the layout: equal hashes, equal sessions and bindings. */
export function recordsHash(layout: Layout): string {
  const structs = new Map(layout.structs.map((s) => [s.name, s]));
  const whole = (name: string): unknown => {
    const struct = structs.get(name);
    if (struct === undefined) throw new Error(`layout.h: struct ${name} is missing`);
    return [name, struct.size, struct.fields.map((f) => [f.name, f.offset, f.count, structs.has(f.type) ? whole(f.type) : f.type])];
  };
  const enums = layout.enums.filter((e) => RECORD_ENUMS.includes(e.name)).map((e) => [e.name, e.values.map((v) => [v.name, v.value])]);
  const constants = layout.constants.filter((c) => RECORD_CONSTANTS.includes(c.name)).map((c) => [c.name, String(c.value)]);
  if (enums.length !== RECORD_ENUMS.length || constants.length !== RECORD_CONSTANTS.length) throw new Error("layout.h: an enum or a constant of the records is missing");
  const text = JSON.stringify([RECORDS.map(whole), enums, constants]);
  return `0x${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

export function layoutVersion(layout: Layout): number {
  const found = layout.constants.find((c) => c.name === "FW_LAYOUT_VERSION");
  if (found === undefined) throw new Error("layout.h: FW_LAYOUT_VERSION is missing");
  return Number(found.value);
}

export function emitHashHeader(layout: Layout): string {
  return `${LICENSE}${ORIGIN}#ifndef PORTCULLIS_SHM_LAYOUT_HASH_H
#define PORTCULLIS_SHM_LAYOUT_HASH_H

// First eight bytes of the SHA-256 of layout.h without comments and white space.
#define FW_LAYOUT_HASH ${layoutHash(layout)}ull
// The same of all that outlives a change of the layout: header of the state file, clock, sessions, bindings.
#define FW_RECORDS_HASH ${recordsHash(layout)}ull

#endif
`;
}

export function emitAsserts(layout: Layout): string {
  const lines = layout.structs.flatMap((s) => [
    "",
    `_Static_assert(sizeof(struct ${s.name}) == ${s.size}, "size of ${s.name}");`,
    ...s.fields.flatMap((f) => assertField(s, f)),
  ]);
  return `${LICENSE}${ORIGIN}// The compiler confirms every offset and size that the node-agent uses.
#include <stddef.h>
#include "shm/layout.h"
${lines.join("\n")}
`;
}

function assertField(s: Struct, f: Field): string[] {
  return [
    `_Static_assert(offsetof(struct ${s.name}, ${f.name}) == ${f.offset}, "offset of ${s.name}.${f.name}");`,
    `_Static_assert(sizeof(((struct ${s.name} *)0)->${f.name}) == ${f.size}, "size of ${s.name}.${f.name}");`,
  ];
}

export function emitTypeScript(layout: Layout): string {
  return [
    `${LICENSE}${ORIGIN}
export const FW_LAYOUT_HASH = ${layoutHash(layout)}n;

/** A value of an enum: its name in kebab-case without the common prefix, and the comment behind it. */
export interface EnumValue {
  readonly value: number;
  readonly name: string;
  readonly text: string;
}

export type Scalar = "u8" | "u16" | "u32" | "u64" | "char";

/** type is a Scalar or the name of a struct; count is present for arrays. */
export interface Field {
  readonly offset: number;
  readonly type: string;
  readonly count?: number;
}

export interface Struct {
  readonly size: number;
  readonly fields: Readonly<Record<string, Field>>;
}
`,
    layout.constants.map(emitConstant).join("\n"),
    ...layout.enums.map(emitEnum),
    ...layout.structs.map(emitStruct),
    `
export const structs = {
${layout.structs.map((s) => `  ${s.name},`).join("\n")}
} as const;
`,
  ].join("\n");
}

function emitConstant(c: Constant): string {
  const text = c.wide || c.value > 0xffffn ? hexOrDecimal(c) : String(c.value);
  return `export const ${c.name} = ${text}${c.wide ? "n" : ""};`;
}

function hexOrDecimal(c: Constant): string {
  return c.wide || c.value > 0x7fffffffn ? `0x${c.value.toString(16)}` : String(c.value);
}

function emitEnum(e: Enumeration): string {
  const prefix = commonPrefix(e.values.map((v) => v.name));
  const kebab = (name: string) => name.slice(prefix.length).toLowerCase().replaceAll("_", "-");
  const listed = e.values.filter((v) => v.name !== `${prefix}COUNT`);
  return `
export const ${e.name} = {
${e.values.map((v) => `  ${v.name}: ${v.value},`).join("\n")}
} as const;
export const ${e.name}_values: readonly EnumValue[] = [
${listed.map((v) => `  { value: ${v.value}, name: "${kebab(v.name)}", text: ${JSON.stringify(v.text)} },`).join("\n")}
];`;
}

/** FW_DROP_ of FW_DROP_A and FW_DROP_B: everything up to the last underscore that all names share. */
function commonPrefix(names: readonly string[]): string {
  let prefix = names[0] ?? "";
  for (const name of names) {
    while (!name.startsWith(prefix)) prefix = prefix.slice(0, -1);
  }
  return prefix.slice(0, prefix.lastIndexOf("_") + 1);
}

function emitStruct(s: Struct): string {
  const fields = s.fields.map((f) => {
    const count = f.array ? `, count: ${f.count}` : "";
    return `    ${f.name}: { offset: ${f.offset}, type: "${f.type}"${count} },`;
  });
  return `
export const ${s.name} = {
  size: ${s.size},
  fields: {
${fields.join("\n")}
  },
} as const;`;
}
