// SPDX-License-Identifier: Apache-2.0
// Sessions of one family. Entries lie in the state file and are all that survives; the index, the
// timers and the list of free entries are private and rebuilt by session_attach().
//
// An entry is free until its word valid says FW_SESSION_VALID. Opening fills everything else first
// and stores that word last; closing clears it first and then the keys, so that a line found
// earlier in the same burst no longer matches. Whatever instruction a worker dies at, an entry is
// either a complete session or free.
//
// Every datapath core has a table of its own over the same entries: its index and timers know the
// sessions that it owns, and no other core touches them. Only free entries pass between cores.
#include "state/session.h"
#include <errno.h>
#include <stddef.h>
#include "state/session_check.h"

uint64_t table_hash_line(const struct session_table *s, uint32_t session, unsigned direction)
{
	if (s->family == 4)
		return session_hash4(s, (const void *)&table_entry4(s, session)->line[direction]);
	return session_hash6(s, (const void *)&table_entry6(s, session)->line[direction]);
}

static uint32_t search(const struct session_table *s, uint32_t bucket, uint16_t tag, const void *key)
{
	const struct index_bucket *b = &s->index.buckets[bucket];
	for (unsigned found = index_match(b, tag); found != 0; found &= found - 1) {
		uint32_t entry = b->entry[__builtin_ctz(found)];
		const void *line = s->family == 4
				       ? (const void *)&table_entry4(s, entry >> 1)->line[entry & 1]
				       : (const void *)&table_entry6(s, entry >> 1)->line[entry & 1];
		if (s->family == 4 ? session_key4_equal(line, key) : session_key6_equal(line, key))
			return entry;
	}
	return FW_NO_INDEX;
}

static uint32_t search_both(const struct session_table *s, uint64_t hash, const void *key)
{
	uint16_t tag = index_tag(hash);
	uint32_t bucket = index_first(&s->index, hash);
	uint32_t entry = search(s, bucket, tag, key);
	if (entry != FW_NO_INDEX || s->index.buckets[bucket].away == 0)
		return entry;
	return search(s, index_other(&s->index, bucket, tag), tag, key);
}

uint32_t session_search4(const struct session_table *s, uint64_t hash, const struct session_key4 *key)
{
	return search_both(s, hash, key);
}

uint32_t session_search6(const struct session_table *s, uint64_t hash, const struct session_key6 *key)
{
	return search_both(s, hash, key);
}

bool table_known(const struct session_table *s, uint32_t session, unsigned direction, uint64_t hash)
{
	const void *line = s->family == 4 ? (const void *)&table_entry4(s, session)->line[direction]
					  : (const void *)&table_entry6(s, session)->line[direction];
	return search_both(s, hash, line) != FW_NO_INDEX;
}

bool table_index(struct session_table *s, uint32_t session, const uint64_t hashes[2])
{
	if (index_insert(&s->index, hashes[0], session * 2) != 0)
		return false;
	if (index_insert(&s->index, hashes[1], session * 2 + 1) == 0)
		return true;
	index_remove(&s->index, hashes[0], session * 2);
	return false;
}

void table_counted(struct session_table *s)
{
	s->status->used = s->count;
	if (s->count > s->status->high_water)
		s->status->high_water = s->count;
}

// The tick at which both lines will have been silent for the timeout; now, when they already have.
uint32_t table_deadline(const struct session_table *s, uint32_t session, uint32_t now)
{
	uint32_t timeout = table_track(s, session)->timeout, silent = timeout;
	for (unsigned i = 0; i < 2; i++) {
		uint32_t seen = s->family == 4 ? table_entry4(s, session)->line[i].last_seen
					       : table_entry6(s, session)->line[i].last_seen;
		uint32_t age = wheel_before(now, seen) ? 0 : now - seen;
		silent = age < silent ? age : silent;
	}
	return now + (timeout - silent);
}

static int64_t refuse(struct session_table *s)
{
	s->status->refused++;
	return -ENOSPC;
}

// The entry is filled but not valid yet: index it, start its timer, commit.
static int64_t commit(struct session_table *s, uint32_t session, uint32_t now)
{
	struct fw_session_cold *cold = table_cold(s, session);
	const uint64_t hashes[2] = {table_hash_line(s, session, 0), table_hash_line(s, session, 1)};
	if (!table_index(s, session, hashes))
		return refuse(s);
	pool_take(s->pool, &s->stock, s->core);
	s->next_id += s->id_step;
	s->count++;
	table_counted(s);
	wheel_insert(&s->wheel, session, table_deadline(s, session, now));
	__atomic_store_n(&cold->valid, FW_SESSION_VALID, __ATOMIC_RELEASE);
	return session;
}

int64_t session_open4(struct session_table *s, const struct fw_session4 *fresh, uint32_t now)
{
	uint32_t session = pool_look(s->pool, &s->stock);
	if (session == FW_NO_INDEX)
		return refuse(s);
	struct fw_session4 *e = table_entry4(s, session);
	memcpy(e, fresh, offsetof(struct fw_session4, cold.checksum));
	e->cold.id = s->next_id;
	e->cold.checksum = session_checksum4(e);
	return commit(s, session, now);
}

int64_t session_open6(struct session_table *s, const struct fw_session6 *fresh, uint32_t now)
{
	uint32_t session = pool_look(s->pool, &s->stock);
	if (session == FW_NO_INDEX)
		return refuse(s);
	struct fw_session6 *e = table_entry6(s, session);
	memcpy(e, fresh, offsetof(struct fw_session6, cold.checksum));
	e->cold.id = s->next_id;
	e->cold.checksum = session_checksum6(e);
	return commit(s, session, now);
}

void session_close(struct session_table *s, uint32_t session)
{
	__atomic_store_n(&table_cold(s, session)->valid, 0, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < 2; i++)
		index_remove(&s->index, table_hash_line(s, session, i), session * 2 + i);
	if (s->family == 4)
		memset(table_entry4(s, session)->line, 0, sizeof(table_entry4(s, 0)->line));
	else
		memset(table_entry6(s, session)->line, 0, sizeof(table_entry6(s, 0)->line));
	wheel_remove(&s->wheel, session);
	pool_give(s->pool, &s->stock, session);
	s->count--;
	s->status->used = s->count;
}
