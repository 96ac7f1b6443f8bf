// SPDX-License-Identifier: Apache-2.0
// The table of bindings: attaching it, and what reads it.
#include "nat/bindings_table.h"

#include <stdlib.h>
#include <rte_cycles.h>
#include <sys/random.h>
#include "state/session.h"

_Static_assert(sizeof(struct binding_key) == 16, "hashed as two words");
_Static_assert(sizeof(struct fw_binding) == 64, "one cache line");

static int index_start(struct binding_index *x, uint32_t heads, uint32_t capacity)
{
	x->heads = malloc(heads * sizeof(uint32_t));
	x->next = malloc((capacity + 1u) * sizeof(uint32_t));
	if (x->heads == NULL || x->next == NULL)
		return -1;
	memset(x->heads, 0xff, heads * sizeof(uint32_t));
	for (unsigned i = 0; i < BINDING_STRIPES; i++)
		rte_spinlock_init(&x->locks[i]);
	return 0;
}

// A damaged row, or one whose external endpoint another has, is freed.
static void recover(struct bindings *b, uint32_t number, uint32_t now)
{
	struct fw_binding *row = &b->rows[number];
	uint32_t at = bindings_hash_external(b, row->protocol, row->external, row->external_port_be);
	if (!binding_intact(row) || row->internal_port_be == 0 ||
	    row->external_port_be == 0 ||
	    bindings_at(b, at, row->protocol, row->external,
					row->external_port_be) != FW_NO_INDEX) {
		row->valid = 0;
		b->free[b->free_count++] = number;
		return;
	}
	struct binding_key key = bindings_key_of(row);
	if ((int32_t)(now - row->last_seen) < 0)
		row->last_seen = now;
	bindings_link(b, &b->external, at, number);
	bindings_link(b, &b->internal, bindings_hash_internal(b, &key), number);
}

static void draw_secret(struct bindings *b)
{
	if (getrandom(b->secret, sizeof(b->secret), 0) != (ssize_t)sizeof(b->secret)) {
		b->secret[0] = rte_rdtsc() * 0x9e3779b97f4a7c15ull;
		b->secret[1] = (uintptr_t)b * 0xbf58476d1ce4e5b9ull ^ b->secret[0];
	}
}

struct bindings *bindings_attach(struct fw_binding *rows, uint32_t capacity, uint32_t now)
{
	struct bindings *b = calloc(1, sizeof(*b));
	if (b == NULL)
		return NULL;
	b->rows = rows;
	b->capacity = capacity;
	b->mask = BINDING_STRIPES - 1; // a chain is never under two stripes
	while (b->mask < capacity)
		b->mask = b->mask * 2 + 1;
	b->sweep_time = now;
	rte_spinlock_init(&b->free_lock);
	rte_spinlock_init(&b->sweep_lock);
	draw_secret(b);
	b->free = malloc((capacity + 1u) * sizeof(uint32_t));
	b->sessions = calloc(capacity + 1u, sizeof(uint32_t));
	if (b->free == NULL || b->sessions == NULL || index_start(&b->internal, b->mask + 1, capacity) != 0 ||
	    index_start(&b->external, b->mask + 1, capacity) != 0) {
		bindings_detach(b);
		return NULL;
	}
	for (uint32_t i = capacity; i-- > 0;)
		recover(b, i, now);
	b->low_water = b->free_count;
	return b;
}

void bindings_detach(struct bindings *b)
{
	if (b == NULL)
		return;
	free(b->internal.heads);
	free(b->internal.next);
	free(b->external.heads);
	free(b->external.next);
	free(b->free);
	free(b->sessions);
	free(b);
}

bool bindings_adopt(struct bindings *b, uint32_t row, uint8_t protocol, const uint8_t external[4],
		    uint16_t external_port_be)
{
	if (row >= b->capacity)
		return false;
	const struct fw_binding *r = &b->rows[row];
	if (r->valid != FW_SESSION_VALID || r->protocol != protocol ||
	    r->external_port_be != external_port_be || memcmp(r->external, external, 4) != 0)
		return false;
	__atomic_fetch_add(&b->sessions[row], 1, __ATOMIC_RELAXED);
	return true;
}

bool bindings_occupy(struct bindings *b, uint8_t protocol, const uint8_t address[4],
		     uint16_t port_be)
{
	if (bindings_count(b) == 0)
		return false;
	uint32_t hash = bindings_hash_external(b, protocol, address, port_be);
	rte_spinlock_t *lock = bindings_lock(&b->external, hash);
	rte_spinlock_lock(lock);
	uint32_t row = bindings_at(b, hash, protocol, address, port_be);
	rte_spinlock_unlock(lock);
	return row != FW_NO_INDEX;
}

uint32_t bindings_find(struct bindings *b, uint8_t protocol, const uint8_t address[4],
		       uint16_t port_be, uint32_t now, struct fw_binding *copy)
{
	if (bindings_count(b) == 0)
		return FW_NO_INDEX;
	uint32_t hash = bindings_hash_external(b, protocol, address, port_be);
	rte_spinlock_t *lock = bindings_lock(&b->external, hash);
	rte_spinlock_lock(lock);
	uint32_t row = bindings_at(b, hash, protocol, address, port_be);
	if (row != FW_NO_INDEX && bindings_is_over(b, row, now))
		row = FW_NO_INDEX;
	if (row != FW_NO_INDEX)
		*copy = b->rows[row];
	rte_spinlock_unlock(lock);
	return row;
}

bool bindings_read(const struct bindings *b, uint32_t row, struct fw_binding *copy)
{
	if (row >= b->capacity || b->rows[row].valid != FW_SESSION_VALID)
		return false;
	*copy = b->rows[row];
	return true;
}

void bindings_adopt_sessions(struct bindings *b, struct session_table *sessions4)
{
	uint32_t cursor = 0, number;
	while (session_walk(sessions4, &cursor, UINT32_MAX, &number)) {
		struct fw_session4 *s = session_entry4(sessions4, number);
		uint32_t row = s->track.binding;
		// The external endpoint is where answers go, or what the initiator called.
		if (row != FW_NO_INDEX &&
		    !bindings_adopt(b, row, s->line[1].protocol, s->line[1].destination,
				    s->line[1].destination_port_be) &&
		    !bindings_adopt(b, row, s->line[0].protocol, s->line[0].destination,
				    s->line[0].destination_port_be))
			s->track.binding = FW_NO_INDEX;
	}
}

uint32_t bindings_count(const struct bindings *b)
{
	return b->capacity - __atomic_load_n(&b->free_count, __ATOMIC_RELAXED);
}

uint32_t bindings_high_water(const struct bindings *b)
{
	return b->capacity - __atomic_load_n(&b->low_water, __ATOMIC_RELAXED);
}

uint32_t bindings_capacity(const struct bindings *b)
{
	return b->capacity;
}
