// SPDX-License-Identifier: Apache-2.0
// Rows of one kind that the kernel has, gathered by a dump; parts of net/hostpath.c.
#ifndef PORTCULLIS_NET_OBSERVED_H
#define PORTCULLIS_NET_OBSERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "net/hostpath.h"
#include "net/nl.h"

struct observed {
	const struct hostpath *h;
	char *rows;
	size_t size; // of a row
	uint32_t count, room;
};

// Place for one more row, or NULL: out of memory.
void *observed_add(struct observed *o);

int hostpath_af(uint8_t family);
size_t hostpath_size(uint8_t family); // of an address
bool hostpath_ours(const struct hostpath *h, int ifindex);
const char *hostpath_text(uint8_t family, const uint8_t *address); // valid until the next call

unsigned hostpath_addresses(const struct hostpath *h);
unsigned hostpath_routes(const struct hostpath *h);
unsigned hostpath_neighbors(const struct hostpath *h);

#endif
