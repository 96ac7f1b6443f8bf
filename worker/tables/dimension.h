// SPDX-License-Identifier: Apache-2.0
// One dimension of the policy classifier: from a key (a zone, an address, protocol and port) to the
// rows that it fits.
//
// Keys that lie in the same ranges share a class. A class is a sparse bitmap over all rows: for
// each chunk of 64 words, which words can hold a match (candidates), which of them are stored, and
// where. A candidate word that is not stored is all ones: none of its rows is constrained here.
#ifndef PORTCULLIS_TABLES_DIMENSION_H
#define PORTCULLIS_TABLES_DIMENSION_H

#include <stddef.h>
#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct wide_key {
	uint64_t high, low;
};

struct chunk {
	uint64_t candidates, stored;
	uint64_t first; // in values: the first stored word of this chunk
};

struct dimension {
	struct chunk *classes; // [class * chunks + chunk]
	uint64_t *values;
	uint32_t chunks; // of a class
	uint32_t class_count;
	// Ranges of keys in order: range i holds keys bound[i] .. bound[i + 1] - 1 and is of class
	// range_class[i].
	uint32_t range_count;
	uint32_t *range_class;
	uint32_t *bound;             // keys of up to 32 bits; four more can be read behind them
	struct wide_key *wide_bound; // keys of 128 bits
	// Range that holds key h << shift, for every h, and the last range behind it; not for wide
	// keys.
	uint32_t *index;
	unsigned shift;
};

// Rows of an item (a zone, an address set, an application): item_rows[item_first[item] ..
// item_first[item + 1] - 1].
#define ROW_EXCLUDED 0x80000000u // the row fits every key but the item's

struct span { // keys of an item; the spans of one item are disjoint
	struct wide_key low, high;
	uint32_t item;
};

struct dimension_input {
	unsigned key_bits; // up to 32, or 128
	const struct span *spans;
	size_t span_count;
	uint32_t item_count;
	const uint32_t *item_first, *item_rows;
	const uint64_t
	    *open;      // [chunks] bit per word of rows: unconstrained here, all ones by default
	uint32_t words; // of rows
};

// Returns 0, -ENOMEM, or -E2BIG when the classes would exceed the memory and time that one
// dimension may take.
int dimension_build(struct dimension *d, const struct dimension_input *in);
void dimension_free(struct dimension *d);

// Both searches halve without a branch on the key: which half is not to be foreseen.
static inline const struct chunk *dimension_class(const struct dimension *d, uint32_t key)
{
	const uint32_t *bound = d->bound;
	uint32_t low = d->index[key >> d->shift];
	uint32_t count = d->index[(key >> d->shift) + 1] - low + 1;
#ifdef __SSE2__
	if (count <= 5 && count > 1) { // the four bounds behind the first one at once
		const __m128i top = _mm_set1_epi32(INT32_MIN);
		__m128i bounds = _mm_loadu_si128((const __m128i *)(const void *)&bound[low + 1]);
		__m128i above = _mm_cmpgt_epi32(_mm_xor_si128(bounds, top),
						_mm_xor_si128(_mm_set1_epi32((int)key), top));
		unsigned behind = (unsigned)_mm_movemask_ps(_mm_castsi128_ps(above));
		low += (uint32_t)__builtin_ctz(behind | 1u << (count - 1));
		count = 1;
	}
#endif
	while (count > 1) { // the last range whose bound is not above the key
		uint32_t half = count / 2;
		low += half & -(uint32_t)(bound[low + half] <= key);
		count -= half;
	}
	return &d->classes[(size_t)d->range_class[low] * d->chunks];
}

static inline const struct chunk *dimension_wide_class(const struct dimension *d,
						       struct wide_key key)
{
	uint32_t low = 0, count = d->range_count;
	while (count > 1) {
		uint32_t half = count / 2;
		const struct wide_key *b = &d->wide_bound[low + half];
		uint32_t holds = (uint32_t)(b->high < key.high) |
				 ((uint32_t)(b->high == key.high) & (uint32_t)(b->low <= key.low));
		low += half & -holds;
		count -= half;
	}
	return &d->classes[(size_t)d->range_class[low] * d->chunks];
}

// What dimension_class() reads first.
static inline void dimension_prefetch(const struct dimension *d, uint32_t key)
{
	__builtin_prefetch(&d->index[key >> d->shift]);
}

// The 64 rows of a candidate word.
static inline uint64_t dimension_word(const struct dimension *d, const struct chunk *c,
				      unsigned bit)
{
	uint64_t at = 1ull << bit;
	if ((c->stored & at) == 0)
		return ~0ull;
	return d->values[c->first + (uint64_t)__builtin_popcountll(c->stored & (at - 1))];
}

#endif
