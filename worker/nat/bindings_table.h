// SPDX-License-Identifier: Apache-2.0
// The inside of the table of bindings, for bindings*.c only.
#ifndef PORTCULLIS_NAT_BINDINGS_TABLE_H
#define PORTCULLIS_NAT_BINDINGS_TABLE_H

#include <string.h>
#include <rte_spinlock.h>
#include "nat/bindings.h"
#include "state/binding_check.h"

enum { BINDING_STRIPES = 256 };

struct binding_index {
	uint32_t *heads; // [mask + 1]
	uint32_t *next;  // [capacity]
	rte_spinlock_t locks[BINDING_STRIPES];
};

struct bindings {
	struct fw_binding *rows;
	uint32_t *sessions; // [capacity] that use each row
	uint32_t capacity, mask;
	uint64_t secret[2];
	struct binding_index internal, external;
	rte_spinlock_t free_lock;
	uint32_t *free;
	uint32_t free_count, low_water;
	rte_spinlock_t sweep_lock;
	uint32_t sweep_cursor, sweep_time;
	uint32_t sweep_debt; // rows that should have been looked at by now
	uint32_t cores, strays;
};

bool bindings_is_stray(const struct bindings *b, const struct fw_binding *row); // bindings_steer.c

static inline uint64_t bindings_mix(const struct bindings *b, uint64_t x, uint64_t y)
{
	__extension__ unsigned __int128 product =
	    (unsigned __int128)(x ^ b->secret[0]) * (y ^ b->secret[1]);
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint32_t bindings_hash_internal(const struct bindings *b,
					      const struct binding_key *key)
{
	uint64_t words[2];
	memcpy(words, key, sizeof(words));
	return (uint32_t)bindings_mix(b, words[0], words[1]);
}

static inline uint32_t bindings_hash_external(const struct bindings *b, uint8_t protocol,
					      const uint8_t address[4], uint16_t port_be)
{
	uint32_t word;
	memcpy(&word, address, 4);
	return (uint32_t)bindings_mix(b, word, (uint64_t)port_be << 8 | protocol);
}

static inline rte_spinlock_t *bindings_lock(struct binding_index *x, uint32_t hash)
{
	return &x->locks[hash & (BINDING_STRIPES - 1)];
}

static inline struct binding_key bindings_key_of(const struct fw_binding *row)
{
	struct binding_key key = {.port_be = row->internal_port_be,
				  .protocol = row->protocol,
				  .vrf = row->vrf,
				  .rule_id = row->rule_id};
	memcpy(key.address, row->internal, 4);
	return key;
}

// Without sessions for longer than its timeout.
static inline bool bindings_is_over(const struct bindings *b, uint32_t number, uint32_t now)
{
	const struct fw_binding *row = &b->rows[number];
	return row->valid == FW_SESSION_VALID &&
	       __atomic_load_n(&b->sessions[number], __ATOMIC_ACQUIRE) == 0 &&
	       (int32_t)(now - __atomic_load_n(&row->last_seen, __ATOMIC_RELAXED)) >=
		   (int32_t)row->timeout;
}

static inline void bindings_link(struct bindings *b, struct binding_index *x, uint32_t hash,
				 uint32_t row)
{
	x->next[row] = x->heads[hash & b->mask];
	x->heads[hash & b->mask] = row;
}

static inline void bindings_unlink(struct bindings *b, struct binding_index *x, uint32_t hash,
				   uint32_t row)
{
	uint32_t *at = &x->heads[hash & b->mask];
	while (*at != row)
		at = &x->next[*at];
	*at = x->next[row];
}

// Under the external stripe of hash.
static inline uint32_t bindings_at(const struct bindings *b, uint32_t hash, uint8_t protocol,
				   const uint8_t address[4], uint16_t port_be)
{
	uint32_t row = b->external.heads[hash & b->mask];
	for (; row != FW_NO_INDEX; row = b->external.next[row]) {
		const struct fw_binding *r = &b->rows[row];
		if (r->external_port_be == port_be && r->protocol == protocol &&
		    memcmp(r->external, address, 4) == 0)
			break;
	}
	return row;
}

#endif
