// SPDX-License-Identifier: Apache-2.0
// Test only: what layout_fields.gen.c and roundtrip.c share.
#ifndef PORTCULLIS_SHM_ROUNDTRIP_H
#define PORTCULLIS_SHM_ROUNDTRIP_H

#include <stddef.h>
#include <stdint.h>
#include "shm/layout.h"

struct roundtrip_struct {
	const char *name; // "fw_program"
	size_t size;
	void (*print)(const char *path, const void *bytes); // a line for each field: path, space, value
	void (*fill)(void *bytes, uint64_t *state); // fields in order, each by one roundtrip_next()
};

extern const struct roundtrip_struct roundtrip_structs[]; // ends with a name of NULL

struct roundtrip_text {
	char text[256];
};

// "path.field", or "path.field[index]" for index >= 0.
struct roundtrip_text roundtrip_path(const char *path, const char *field, int index);
void roundtrip_print(const char *path, uint64_t value);
uint64_t roundtrip_next(uint64_t *state);

#endif
