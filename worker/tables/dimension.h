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
	uint32_t *bound;             // keys of up to 32 bits
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

static inline const struct chunk *dimension_class(const struct dimension *d, uint32_t key)
{
	const uint32_t *bound = d->bound;
	uint32_t low = d->index[key >> d->shift], high = d->index[(key >> d->shift) + 1];
	while (low < high) { // the last range whose bound is not above the key
		uint32_t middle = low + (high - low + 1) / 2;
		if (bound[middle] <= key)
			low = middle;
		else
			high = middle - 1;
	}
	return &d->classes[(size_t)d->range_class[low] * d->chunks];
}

static inline const struct chunk *dimension_wide_class(const struct dimension *d,
						       struct wide_key key)
{
	uint32_t low = 0, high = d->range_count - 1;
	while (low < high) {
		uint32_t middle = low + (high - low + 1) / 2;
		const struct wide_key *b = &d->wide_bound[middle];
		if (b->high < key.high || (b->high == key.high && b->low <= key.low))
			low = middle;
		else
			high = middle - 1;
	}
	return &d->classes[(size_t)d->range_class[low] * d->chunks];
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
