// SPDX-License-Identifier: Apache-2.0
// Objects of one size that never move: a range of addresses is set aside for all of them, memory is
// only taken for those that have been in use. Named by index; 0 is none.
#ifndef PORTCULLIS_NET_ARENA_H
#define PORTCULLIS_NET_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena {
	uint8_t *base;
	size_t size;        // of an object
	uint32_t limit;     // objects
	uint32_t used;      // objects in use
	uint32_t fresh;     // lowest index that was never in use
	uint32_t free;      // first of those that came back; each holds the next one
	size_t accessible;  // bytes
};

int arena_init(struct arena *a, size_t size, uint32_t limit);
void arena_fini(struct arena *a);

uint32_t arena_take(struct arena *a); // zeroed; 0: full, or out of memory
void arena_give(struct arena *a, uint32_t index);

static inline void *arena_at(const struct arena *a, uint32_t index)
{
	return a->base + (size_t)index * a->size;
}

#endif
