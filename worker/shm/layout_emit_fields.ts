// SPDX-License-Identifier: Apache-2.0
// C that prints and fills every field of every struct, for the test that compares both languages (roundtrip.c).
import type { Field, Layout, Struct } from "./layout_parse";

const HEAD = `// SPDX-License-Identifier: Apache-2.0
// Generated from worker/shm/layout.h by worker/shm/layout_gen.ts. Do not edit.
// Prints and fills every field of every struct. Used by roundtrip.c only.
#include <stdio.h>
#include <string.h>
#include "shm/roundtrip.h"
`;

export function emitFields(layout: Layout): string {
  const table = layout.structs.map((s) => `\t{ "${s.name}", sizeof(struct ${s.name}), print_any_${s.name}, fill_any_${s.name} },`);
  return `${HEAD}${layout.structs.map((s) => emitStruct(s)).join("")}
const struct roundtrip_struct roundtrip_structs[] = {
${table.join("\n")}
	{ NULL, 0, NULL, NULL },
};
`;
}

function emitStruct(s: Struct): string {
  return `
static void print_${s.name}(const char *path, const struct ${s.name} *p)
{
${s.fields.map(printField).join("")}}

static void print_any_${s.name}(const char *path, const void *bytes)
{
	struct ${s.name} copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_${s.name}(path, &copy);
}

static void fill_${s.name}(struct ${s.name} *p, uint64_t *state)
{
${s.fields.map(fillField).join("")}}

static void fill_any_${s.name}(void *bytes, uint64_t *state)
{
	struct ${s.name} copy;
	fill_${s.name}(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}
`;
}

const isStruct = (f: Field): boolean => f.type.startsWith("fw_");

function printField(f: Field): string {
  const label = `roundtrip_path(path, "${f.name}", ${f.array ? "i" : "-1"}).text`;
  const value = f.array ? `p->${f.name}[i]` : `p->${f.name}`;
  const cast = f.type === "char" ? "(uint8_t)" : "";
  const call = isStruct(f) ? `print_${f.type}(${label}, &${value});` : `roundtrip_print(${label}, ${cast}${value});`;
  return loop(f, call);
}

function fillField(f: Field): string {
  const value = f.array ? `p->${f.name}[i]` : `p->${f.name}`;
  const type = f.type === "char" ? "char" : `uint${f.type.slice(1)}_t`;
  return loop(f, isStruct(f) ? `fill_${f.type}(&${value}, state);` : `${value} = (${type})roundtrip_next(state);`);
}

function loop(f: Field, body: string): string {
  return f.array ? `\tfor (int i = 0; i < ${f.count}; i++)\n\t\t${body}\n` : `\t${body}\n`;
}
