// SPDX-License-Identifier: Apache-2.0
// The life of a binding: made by the first flow of an internal endpoint, used by its sessions,
// freed when the last of them is long gone.
#include "nat/bindings_table.h"

#include <arpa/inet.h>
#include "nat/rows.h"
#include "state/session.h"
#include "steer/ports.h"
#include "steer/steer.h"

enum { EXPIRE_ROWS = 2048 }; // looked at in one turn

static uint32_t pop_free(struct bindings *b)
{
	uint32_t row = FW_NO_INDEX;
	rte_spinlock_lock(&b->free_lock);
	if (b->free_count != 0) {
		uint32_t count = b->free_count - 1;
		row = b->free[count];
		__atomic_store_n(&b->free_count, count, __ATOMIC_RELAXED);
		if (count < b->low_water)
			__atomic_store_n(&b->low_water, count, __ATOMIC_RELAXED);
	}
	rte_spinlock_unlock(&b->free_lock);
	return row;
}

static void push_free(struct bindings *b, uint32_t row)
{
	rte_spinlock_lock(&b->free_lock);
	b->free[b->free_count] = row;
	__atomic_store_n(&b->free_count, b->free_count + 1, __ATOMIC_RELAXED);
	rte_spinlock_unlock(&b->free_lock);
}

// Under the internal stripe.
static uint32_t find_key(const struct bindings *b, uint32_t hash, const struct binding_key *key,
			 const struct nat_space *space)
{
	uint32_t row = b->internal.heads[hash & b->mask];
	for (; row != FW_NO_INDEX; row = b->internal.next[row]) {
		const struct fw_binding *r = &b->rows[row];
		struct binding_key own = bindings_key_of(r);
		if (memcmp(&own, key, sizeof(own)) == 0 &&
		    nat_space_holds(space, nat_address(r->external), ntohs(r->external_port_be)))
			break;
	}
	return row;
}

uint32_t bindings_take(struct bindings *b, const struct binding_key *key,
		       const struct nat_space *space, uint32_t timeout, uint32_t now,
		       struct fw_binding *copy)
{
	uint32_t hash = bindings_hash_internal(b, key);
	rte_spinlock_t *lock = bindings_lock(&b->internal, hash);
	rte_spinlock_lock(lock);
	uint32_t row = find_key(b, hash, key, space);
	if (row != FW_NO_INDEX) {
		__atomic_fetch_add(&b->sessions[row], 1, __ATOMIC_RELAXED);
		__atomic_store_n(&b->rows[row].last_seen, now, __ATOMIC_RELAXED);
		b->rows[row].timeout = timeout;
		*copy = b->rows[row];
	}
	rte_spinlock_unlock(lock);
	return row;
}

static void commit(struct bindings *b, uint32_t number, const struct fw_binding *fresh)
{
	struct fw_binding *row = &b->rows[number];
	*row = *fresh;
	b->sessions[number] = 1;
	row->checksum = binding_checksum(fresh);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&row->valid, FW_SESSION_VALID, __ATOMIC_RELAXED);
}

// Takes an external endpoint if nobody has it.
static bool claim(struct bindings *b, uint32_t row, const struct bindings_wish *wish,
		  struct fw_binding *fresh, uint32_t address, uint16_t port)
{
	nat_store(fresh->external, address);
	fresh->external_port_be = htons(port);
	if (!wish->fits(wish->context, fresh->external, fresh->external_port_be))
		return false;
	uint32_t hash = bindings_hash_external(b, fresh->protocol, fresh->external,
					       fresh->external_port_be);
	rte_spinlock_t *lock = bindings_lock(&b->external, hash);
	rte_spinlock_lock(lock);
	bool free = bindings_at(b, hash, fresh->protocol, fresh->external,
				fresh->external_port_be) == FW_NO_INDEX;
	if (free) {
		commit(b, row, fresh);
		bindings_link(b, &b->external, hash, row);
	}
	rte_spinlock_unlock(lock);
	return free;
}

// Looks at the ports of one address in a circle; looks of them are this flow's own, more come from the budget of all.
static bool search_address(struct bindings *b, uint32_t row, const struct bindings_wish *wish,
			   struct fw_binding *fresh, uint32_t address, unsigned looks)
{
	uint8_t bytes[4];
	nat_store(bytes, address);
	struct steer_ports ports = steer_ports(wish->cores, wish->key.address, wish->key.port_be, bytes,
					       wish->space->low, wish->space->high);
	uint32_t at = wish->start % ports.count;
	for (uint32_t i = 0; i < ports.count; i++, at = at + 1 == ports.count ? 0 : at + 1) {
		uint16_t port = steer_ports_at(&ports, at);
		if (port == 0)
			continue;
		if (looks != 0)
			looks--;
		else if (*wish->budget != 0)
			(*wish->budget)--;
		else
			return false;
		if (claim(b, row, wish, fresh, address, port))
			return true;
	}
	return false;
}

static bool search(struct bindings *b, uint32_t row, const struct bindings_wish *wish,
		   struct fw_binding *fresh)
{
	const struct nat_space *space = wish->space;
	uint16_t own = ntohs(fresh->internal_port_be);
	bool in = own >= space->low && own <= space->high;
	for (uint32_t attempt = 0; attempt < space->tries; attempt++) {
		uint32_t address = nat_space_address(space, attempt);
		uint8_t bytes[4];
		nat_store(bytes, address);
		bool steers = wish->cores < 2 || steer_port_fits(wish->cores, wish->key.address,
								 wish->key.port_be, bytes, wish->key.port_be);
		if (in && steers && claim(b, row, wish, fresh, address, own))
			return true;
		if (search_address(b, row, wish, fresh, address, wish->looks / space->tries))
			return true;
	}
	return false;
}

static struct fw_binding fresh_row(const struct bindings_wish *wish)
{
	struct fw_binding fresh = {
	    .internal_port_be = wish->key.port_be,
	    .protocol = wish->key.protocol,
	    .flags = (uint8_t)(FW_BINDING_PERSISTENT |
			       (wish->any_remote ? FW_BINDING_ANY_REMOTE : 0)),
	    .vrf = wish->key.vrf,
	    .created_at_ns = wish->created_at_ns,
	    .rule_id = wish->key.rule_id,
	    .timeout = wish->timeout,
	    .last_seen = wish->now};
	memcpy(fresh.internal, wish->key.address, 4);
	return fresh;
}

enum bindings_answer bindings_add(struct bindings *b, const struct bindings_wish *wish,
				  uint32_t *row, struct fw_binding *copy)
{
	uint32_t at = pop_free(b);
	if (at == FW_NO_INDEX)
		return BINDINGS_FULL;
	struct fw_binding fresh = fresh_row(wish);
	uint32_t hash = bindings_hash_internal(b, &wish->key);
	rte_spinlock_t *lock = bindings_lock(&b->internal, hash);
	rte_spinlock_lock(lock);
	bool added = search(b, at, wish, &fresh);
	if (added)
		bindings_link(b, &b->internal, hash, at);
	rte_spinlock_unlock(lock);
	if (!added) {
		push_free(b, at);
		return BINDINGS_EXHAUSTED;
	}
	*row = at;
	*copy = fresh;
	return BINDINGS_ADDED;
}

bool bindings_hold(struct bindings *b, uint32_t row, const struct fw_binding *copy)
{
	struct fw_binding *r = &b->rows[row];
	uint32_t hash = bindings_hash_external(b, copy->protocol, copy->external,
					       copy->external_port_be);
	rte_spinlock_t *lock = bindings_lock(&b->external, hash);
	rte_spinlock_lock(lock);
	bool same = r->valid == FW_SESSION_VALID && memcmp(r, copy, offsetof(struct fw_binding, timeout)) == 0;
	if (same)
		__atomic_fetch_add(&b->sessions[row], 1, __ATOMIC_RELAXED);
	rte_spinlock_unlock(lock);
	return same;
}

void bindings_release(struct bindings *b, uint32_t row, uint32_t now)
{
	if (row >= b->capacity || b->rows[row].valid != FW_SESSION_VALID ||
	    __atomic_load_n(&b->sessions[row], __ATOMIC_RELAXED) == 0)
		return;
	__atomic_store_n(&b->rows[row].last_seen, now, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&b->sessions[row], 1, __ATOMIC_RELEASE);
}

static void expire_row(struct bindings *b, uint32_t number, uint32_t now)
{
	struct fw_binding *row = &b->rows[number];
	if (!bindings_is_over(b, number, now))
		return;
	struct binding_key key = bindings_key_of(row);
	uint32_t in = bindings_hash_internal(b, &key);
	uint32_t out = bindings_hash_external(b, row->protocol, row->external, row->external_port_be);
	rte_spinlock_lock(bindings_lock(&b->internal, in));
	rte_spinlock_lock(bindings_lock(&b->external, out));
	bool over = bindings_is_over(b, number, now);
	if (over) {
		if (bindings_is_stray(b, row))
			__atomic_fetch_sub(&b->strays, 1, __ATOMIC_RELAXED);
		__atomic_store_n(&row->valid, 0, __ATOMIC_RELEASE);
		bindings_unlink(b, &b->internal, in, number);
		bindings_unlink(b, &b->external, out, number);
	}
	rte_spinlock_unlock(bindings_lock(&b->external, out));
	rte_spinlock_unlock(bindings_lock(&b->internal, in));
	if (over)
		push_free(b, number);
}

static void review_row(struct bindings *b, uint32_t number, bindings_hold_fn *holds, void *context)
{
	struct fw_binding *row = &b->rows[number], copy;
	if (!bindings_read(b, number, &copy) || holds(context, &copy))
		return;
	struct binding_key key = bindings_key_of(&copy);
	rte_spinlock_t *lock = bindings_lock(&b->internal, bindings_hash_internal(b, &key));
	rte_spinlock_lock(lock);
	if (row->valid == FW_SESSION_VALID && memcmp(row, &copy, offsetof(struct fw_binding, timeout)) == 0)
		row->timeout = 0;
	rte_spinlock_unlock(lock);
}

bool bindings_review(struct bindings *b, uint32_t *cursor, unsigned rows, bindings_hold_fn *holds,
		     void *context)
{
	if (bindings_count(b) == 0)
		return false;
	for (; rows > 0 && *cursor < b->capacity; rows--)
		review_row(b, (*cursor)++, holds, context);
	return *cursor < b->capacity;
}

bool bindings_expire(struct bindings *b, uint32_t now)
{
	if ((now == b->sweep_time && b->sweep_debt == 0) || !rte_spinlock_trylock(&b->sweep_lock))
		return false;
	uint64_t elapsed = now - b->sweep_time;
	uint64_t debt = b->sweep_debt + elapsed * b->capacity / SESSION_TICKS_PER_SECOND + 1;
	b->sweep_debt = debt < b->capacity ? (uint32_t)debt : b->capacity;
	b->sweep_time = now;
	if (bindings_count(b) == 0)
		b->sweep_debt = 0;
	for (unsigned rows = 0; rows < EXPIRE_ROWS && b->sweep_debt != 0; rows++) {
		if (b->sweep_cursor >= b->capacity)
			b->sweep_cursor = 0;
		expire_row(b, b->sweep_cursor++, now);
		b->sweep_debt--;
	}
	bool more = b->sweep_debt != 0;
	rte_spinlock_unlock(&b->sweep_lock);
	return more;
}
