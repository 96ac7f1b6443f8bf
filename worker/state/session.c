// SPDX-License-Identifier: Apache-2.0
// Sessions of one family. Entries lie in the state file and are all that survives; the index, the
// timers and the list of free entries are private and rebuilt by session_attach().
//
// An entry is free until its word valid says FW_SESSION_VALID. Opening fills everything else first
// and stores that word last; closing clears it first and then the keys, so that a line found
// earlier in the same burst no longer matches. Whatever instruction a worker dies at, an entry is
// either a complete session or free.
//
// One thread, the datapath core, calls everything here.
#include "state/session.h"
#include <errno.h>
#include <stddef.h>
#include "state/session_check.h"
#include "state/session_table.h"

uint64_t session_hash4(const struct session_table *s, const struct session_key4 *key)
{
	uint64_t words[2];
	memcpy(words, key, sizeof(words));
	return hash_words2(&s->secret, words);
}

uint64_t session_hash6(const struct session_table *s, const struct session_key6 *key)
{
	uint64_t words[5];
	memcpy(words, key, sizeof(words));
	return hash_words5(&s->secret, words);
}

uint64_t table_hash_line(const struct session_table *s, const void *line)
{
	return s->family == 4 ? session_hash4(s, line) : session_hash6(s, line);
}

void session_prefetch_bucket(const struct session_table *s, uint64_t hash)
{
	__builtin_prefetch(&s->index.buckets[index_first(&s->index, hash)]);
}

uint32_t session_probe(const struct session_table *s, uint64_t hash)
{
	uint16_t tag = index_tag(hash);
	uint32_t bucket = index_first(&s->index, hash);
	unsigned found = index_match(&s->index.buckets[bucket], tag);
	if (found == 0) {
		bucket = index_other(&s->index, bucket, tag);
		found = index_match(&s->index.buckets[bucket], tag);
		if (found == 0)
			return FW_NO_INDEX;
	}
	uint32_t entry = s->index.buckets[bucket].entry[__builtin_ctz(found)];
	const uint8_t *line = table_line(s, entry);
	__builtin_prefetch(line, 1);
	if (s->family == 6)
		__builtin_prefetch(line + 64, 1);
	return entry;
}

static inline bool line_matches(const void *line, const void *key, unsigned words)
{
	uint64_t a[5], b[5], difference = 0;
	memcpy(a, line, words * sizeof(uint64_t));
	memcpy(b, key, words * sizeof(uint64_t));
	for (unsigned i = 0; i < words; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

static uint32_t find_in_bucket(const struct session_table *s, uint32_t bucket, uint16_t tag,
			       const void *key, unsigned words)
{
	const struct index_bucket *b = &s->index.buckets[bucket];
	for (unsigned found = index_match(b, tag); found != 0; found &= found - 1) {
		uint32_t entry = b->entry[__builtin_ctz(found)];
		if (line_matches(table_line(s, entry), key, words))
			return entry;
	}
	return FW_NO_INDEX;
}

// The candidate was another session with the same tag, or has gone since: look everywhere.
static uint32_t find_anywhere(const struct session_table *s, uint64_t hash, const void *key,
			      unsigned words)
{
	uint16_t tag = index_tag(hash);
	uint32_t bucket = index_first(&s->index, hash);
	uint32_t entry = find_in_bucket(s, bucket, tag, key, words);
	if (entry != FW_NO_INDEX)
		return entry;
	return find_in_bucket(s, index_other(&s->index, bucket, tag), tag, key, words);
}

uint32_t session_find4(const struct session_table *s, uint64_t hash, uint32_t candidate,
		       const struct session_key4 *key)
{
	if (candidate == FW_NO_INDEX)
		return FW_NO_INDEX;
	if (line_matches(&table_entry4(s, candidate >> 1)->line[candidate & 1], key, 2))
		return candidate;
	return find_anywhere(s, hash, key, 2);
}

uint32_t session_find6(const struct session_table *s, uint64_t hash, uint32_t candidate,
		       const struct session_key6 *key)
{
	if (candidate == FW_NO_INDEX)
		return FW_NO_INDEX;
	if (line_matches(&table_entry6(s, candidate >> 1)->line[candidate & 1], key, 5))
		return candidate;
	return find_anywhere(s, hash, key, 5);
}

struct fw_session4 *session_entry4(const struct session_table *s, uint32_t session)
{
	return table_entry4(s, session);
}

struct fw_session6 *session_entry6(const struct session_table *s, uint32_t session)
{
	return table_entry6(s, session);
}

bool table_index(struct session_table *s, uint32_t session)
{
	uint64_t hash = table_hash_line(s, table_line(s, session * 2));
	if (index_insert(&s->index, hash, session * 2) != 0)
		return false;
	if (index_insert(&s->index, table_hash_line(s, table_line(s, session * 2 + 1)),
			 session * 2 + 1) == 0)
		return true;
	index_remove(&s->index, hash, session * 2);
	return false;
}

void table_unindex(struct session_table *s, uint32_t session)
{
	for (uint32_t entry = session * 2; entry < session * 2 + 2; entry++)
		index_remove(&s->index, table_hash_line(s, table_line(s, entry)), entry);
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

// The entry is filled but not valid yet: index it, start its timer, commit.
static int64_t commit(struct session_table *s, uint32_t session, uint32_t now)
{
	struct fw_session_cold *cold = table_cold(s, session);
	uint32_t following = s->wheel.next[session];
	if (!table_index(s, session))
		return -ENOSPC;
	s->free = following;
	s->next_id += 2;
	s->count++;
	wheel_insert(&s->wheel, session, table_deadline(s, session, now));
	__atomic_store_n(&cold->valid, FW_SESSION_VALID, __ATOMIC_RELEASE);
	return session;
}

int64_t session_open4(struct session_table *s, const struct fw_session4 *fresh, uint32_t now)
{
	if (s->free == FW_NO_INDEX)
		return -ENOSPC;
	struct fw_session4 *e = table_entry4(s, s->free);
	memcpy(e->line, fresh->line, sizeof(e->line));
	e->track = fresh->track;
	memcpy(&e->cold, &fresh->cold, offsetof(struct fw_session_cold, checksum));
	e->cold.id = s->next_id;
	e->cold.checksum = session_checksum4(e);
	return commit(s, s->free, now);
}

int64_t session_open6(struct session_table *s, const struct fw_session6 *fresh, uint32_t now)
{
	if (s->free == FW_NO_INDEX)
		return -ENOSPC;
	struct fw_session6 *e = table_entry6(s, s->free);
	memcpy(e->line, fresh->line, sizeof(e->line));
	e->track = fresh->track;
	memcpy(&e->cold, &fresh->cold, offsetof(struct fw_session_cold, checksum));
	e->cold.id = s->next_id;
	e->cold.checksum = session_checksum6(e);
	return commit(s, s->free, now);
}

void session_close(struct session_table *s, uint32_t session)
{
	__atomic_store_n(&table_cold(s, session)->valid, 0, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	table_unindex(s, session);
	if (s->family == 4)
		memset(table_entry4(s, session)->line, 0, sizeof(table_entry4(s, 0)->line));
	else
		memset(table_entry6(s, session)->line, 0, sizeof(table_entry6(s, 0)->line));
	wheel_remove(&s->wheel, session);
	s->wheel.next[session] = s->free;
	s->free = session;
	s->count--;
}
