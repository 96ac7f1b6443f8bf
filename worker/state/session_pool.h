// SPDX-License-Identifier: Apache-2.0
// What the session tables of all cores share: the links of every entry, which core has it, and the entries that are free.
//
// Free entries are handed out in chunks, each a list through the links: a core keeps up to two chunks at hand and meets the
// others only when it needs a third or has one too many. With one core everything is at hand from the start, and the lock
// is never taken.
#ifndef PORTCULLIS_STATE_SESSION_POOL_H
#define PORTCULLIS_STATE_SESSION_POOL_H

#include <stdbool.h>
#include <stdint.h>
#include "state/session_wheel.h"

#define POOL_NOBODY 0xff // owner of a free entry

// Free entries of one core.
struct session_stock {
	uint32_t first, count; // linked; FW_NO_INDEX: none
	uint32_t spare;        // a whole chunk beside them, or FW_NO_INDEX
};

struct session_pool {
	struct wheel_link *links; // [capacity]
	uint8_t *owner;           // [capacity]
	uint32_t *chunks;         // first entries of whole chunks, and of the last, shorter one
	uint32_t *sizes;          // of the chunks
	uint32_t chunk_count;
	uint32_t chunk; // entries of a whole one
	uint32_t capacity, cores;
	bool locked;
};

// All entries belong to nobody and are in no list. Returns NULL on lack of memory.
struct session_pool *pool_create(uint32_t capacity, unsigned cores);
void pool_free(struct session_pool *p);

// Before anything runs: puts a free entry into the pool; called in descending order, pool_seal() at the end.
void pool_add(struct session_pool *p, struct session_stock *collecting, uint32_t session);
void pool_seal(struct session_pool *p, struct session_stock *collecting);

// The next free entry without taking it, or FW_NO_INDEX.
uint32_t pool_look(struct session_pool *p, struct session_stock *stock);
void pool_take(struct session_pool *p, struct session_stock *stock, unsigned core); // what pool_look() gave
void pool_give(struct session_pool *p, struct session_stock *stock, uint32_t session);

#endif
