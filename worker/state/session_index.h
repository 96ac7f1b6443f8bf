// SPDX-License-Identifier: Apache-2.0
// The index of a session table: where the two directions of each session are.
#ifndef PORTCULLIS_STATE_SESSION_INDEX_H
#define PORTCULLIS_STATE_SESSION_INDEX_H

#include <stdbool.h>
#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define INDEX_WAYS 8

// An entry lies in its first bucket, or, when that was full, in its second one. How many entries of
// a bucket lie elsewhere is known, so that a search that finds nothing mostly reads one bucket.
struct index_bucket {
	uint16_t tag[INDEX_WAYS]; // 0: the way is empty
	uint32_t entry[INDEX_WAYS];
	uint32_t away;  // entries whose first bucket this is, and that lie in their second one
	uint8_t guests; // bit per way: it holds an entry whose second bucket this is
	uint8_t pad[11];
} __attribute__((aligned(64)));

struct session_index {
	struct index_bucket *buckets;
	uint64_t size; // bytes mapped
	uint32_t mask; // buckets - 1
};

int index_init(struct session_index *x, uint64_t entries);
void index_free(struct session_index *x);

// Returns 0 or -ENOSPC; the work is bounded.
int index_insert(struct session_index *x, uint64_t hash, uint32_t entry);
void index_remove(struct session_index *x, uint64_t hash, uint32_t entry);

static inline uint16_t index_tag(uint64_t hash)
{
	uint16_t tag = (uint16_t)(hash >> 48);
	return tag ? tag : 1;
}

static inline uint32_t index_first(const struct session_index *x, uint64_t hash)
{
	return (uint32_t)hash & x->mask;
}

// The other bucket of a tag: the same function leads there and back.
static inline uint32_t index_other(const struct session_index *x, uint32_t bucket, uint16_t tag)
{
	return bucket ^ ((tag * 0x9e3779b1u >> 4 | 1u) & x->mask);
}

// Bit per way that holds the tag.
static inline unsigned index_match(const struct index_bucket *b, uint16_t tag)
{
#ifdef __SSE2__
	__m128i tags = _mm_load_si128((const __m128i *)(const void *)b->tag);
	__m128i equal = _mm_cmpeq_epi16(tags, _mm_set1_epi16((short)tag));
	return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128()));
#else
	unsigned found = 0;
	for (unsigned i = 0; i < INDEX_WAYS; i++)
		found |= (unsigned)(b->tag[i] == tag) << i;
	return found;
#endif
}

#endif
