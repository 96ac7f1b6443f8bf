// SPDX-License-Identifier: Apache-2.0
// From the key of a packet to its session: what every packet does, for session.h.
#ifndef PORTCULLIS_STATE_SESSION_LOOKUP_H
#define PORTCULLIS_STATE_SESSION_LOOKUP_H

#include "state/session_table.h"

static inline uint64_t session_hash4(const struct session_table *s, const struct session_key4 *key)
{
	uint64_t words[2];
	memcpy(words, key, sizeof(words));
	return hash_words2(&s->secret, words);
}

static inline uint64_t session_hash6(const struct session_table *s, const struct session_key6 *key)
{
	uint64_t words[5];
	memcpy(words, key, sizeof(words));
	return hash_words5(&s->secret, words);
}

static inline void session_prefetch_bucket(const struct session_table *s, uint64_t hash)
{
	__builtin_prefetch(&s->index.buckets[index_first(&s->index, hash)]);
}

// The first entry with the tag of a hash.
static inline uint32_t session_candidate(const struct session_table *s, uint64_t hash)
{
	uint16_t tag = index_tag(hash);
	uint32_t bucket = index_first(&s->index, hash);
	unsigned found = index_match(&s->index.buckets[bucket], tag);
	if (__builtin_expect(found == 0, 0)) {
		if (__builtin_expect(s->index.buckets[bucket].away == 0, 1))
			return FW_NO_INDEX;
		bucket = index_other(&s->index, bucket, tag);
		found = index_match(&s->index.buckets[bucket], tag);
		if (found == 0)
			return FW_NO_INDEX;
	}
	return s->index.buckets[bucket].entry[__builtin_ctz(found)];
}

static inline uint32_t session_probe4(const struct session_table *s, uint64_t hash)
{
	uint32_t entry = session_candidate(s, hash);
	if (entry != FW_NO_INDEX)
		__builtin_prefetch(&table_entry4(s, entry >> 1)->line[entry & 1], 1);
	return entry;
}

static inline uint32_t session_probe6(const struct session_table *s, uint64_t hash)
{
	uint32_t entry = session_candidate(s, hash);
	if (entry != FW_NO_INDEX) {
		const uint8_t *line = (const uint8_t *)&table_entry6(s, entry >> 1)->line[entry & 1];
		__builtin_prefetch(line, 1);
		__builtin_prefetch(line + 64, 1);
	}
	return entry;
}

static inline uint32_t session_probe(const struct session_table *s, uint64_t hash)
{
	return s->family == 4 ? session_probe4(s, hash) : session_probe6(s, hash);
}

static inline bool session_key4_equal(const void *line, const void *key)
{
	uint64_t a[2], b[2];
	memcpy(a, line, sizeof(a));
	memcpy(b, key, sizeof(b));
	return ((a[0] ^ b[0]) | (a[1] ^ b[1])) == 0;
}

static inline bool session_key6_equal(const void *line, const void *key)
{
	uint64_t a[5], b[5], difference = 0;
	memcpy(a, line, sizeof(a));
	memcpy(b, key, sizeof(b));
	for (unsigned i = 0; i < 5; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

// The candidate was another session with the same tag, or has gone since: look everywhere.
uint32_t session_search4(const struct session_table *s, uint64_t hash, const struct session_key4 *key);
uint32_t session_search6(const struct session_table *s, uint64_t hash, const struct session_key6 *key);

static inline uint32_t session_find4(const struct session_table *s, uint64_t hash,
				     uint32_t candidate, const struct session_key4 *key)
{
	if (candidate == FW_NO_INDEX)
		return FW_NO_INDEX;
	if (__builtin_expect(
		session_key4_equal(&table_entry4(s, candidate >> 1)->line[candidate & 1], key), 1))
		return candidate;
	return session_search4(s, hash, key);
}

static inline uint32_t session_find6(const struct session_table *s, uint64_t hash,
				     uint32_t candidate, const struct session_key6 *key)
{
	if (candidate == FW_NO_INDEX)
		return FW_NO_INDEX;
	if (__builtin_expect(
		session_key6_equal(&table_entry6(s, candidate >> 1)->line[candidate & 1], key), 1))
		return candidate;
	return session_search6(s, hash, key);
}

static inline struct fw_session4 *session_entry4(const struct session_table *s, uint32_t session)
{
	return table_entry4(s, session);
}

static inline struct fw_session6 *session_entry6(const struct session_table *s, uint32_t session)
{
	return table_entry6(s, session);
}

#endif
