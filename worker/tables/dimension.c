// SPDX-License-Identifier: Apache-2.0
// Builds a dimension by one sweep over the sorted ends of all spans. While it runs it knows which
// items hold the current key; a fingerprint of that set (the xor of a random number per item) says
// whether the same set has been seen before, so items with thousands of spans, and spans that
// repeat, share their class. A class is written out when its set is first seen.
#include "tables/dimension.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "state/siphash.h"

#define MEMORY_MAX ((size_t)256 << 20)  // bytes of classes and values
#define MARKS_MAX ((uint64_t)200 << 20) // bits set while classes are written out

struct event {
	struct wide_key key;
	uint32_t item;
	int32_t step; // +1: the item begins to hold, -1: it ends
};

struct fingerprint {
	uint64_t word[2];
};

struct sweep {
	struct dimension *d;
	const struct dimension_input *in;
	struct event *events;
	size_t event_count;
	// items that hold the current key
	uint32_t *active, *place, *depth;
	uint32_t active_count;
	struct fingerprint print;
	struct siphash_key secret;
	// classes by fingerprint: open addressing
	struct fingerprint *prints; // of each class
	uint32_t *table, table_mask;
	size_t class_room, value_count, value_room;
	// a class that is being written out
	uint64_t *words;   // default of every word of rows
	uint64_t *touched; // [chunks]
	uint64_t marks;
};

static int compare_events(const void *a, const void *b)
{
	const struct wide_key *x = &((const struct event *)a)->key;
	const struct wide_key *y = &((const struct event *)b)->key;
	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	return (x->low > y->low) - (x->low < y->low);
}

static void make_events(struct sweep *s)
{
	const struct dimension_input *in = s->in;
	uint64_t last = in->key_bits >= 64 ? UINT64_MAX : (1ull << in->key_bits) - 1;
	for (size_t i = 0; i < in->span_count; i++) {
		const struct span *p = &in->spans[i];
		if (in->item_first[p->item] == in->item_first[p->item + 1])
			continue; // no row asks for it
		s->events[s->event_count++] = (struct event){p->low, p->item, 1};
		struct wide_key after = {p->high.high + (p->high.low == UINT64_MAX),
					 p->high.low + 1};
		bool beyond =
		    in->key_bits == 128 ? after.high == 0 && after.low == 0 : after.low > last;
		if (!beyond)
			s->events[s->event_count++] = (struct event){after, p->item, -1};
	}
	qsort(s->events, s->event_count, sizeof(*s->events), compare_events);
}

static void apply(struct sweep *s, const struct event *e)
{
	uint32_t before = s->depth[e->item];
	s->depth[e->item] = before + (uint32_t)e->step;
	if ((before == 0) == (s->depth[e->item] == 0))
		return;
	uint64_t name[2] = {e->item, 1};
	s->print.word[0] ^= siphash_words(&s->secret, name, 1);
	s->print.word[1] ^= siphash_words(&s->secret, name, 2);
	if (before == 0) {
		s->place[e->item] = s->active_count;
		s->active[s->active_count++] = e->item;
	} else {
		uint32_t moved = s->active[--s->active_count];
		s->active[s->place[e->item]] = moved;
		s->place[moved] = s->place[e->item];
	}
}

static bool grow(void **array, size_t *room, size_t wanted, size_t size)
{
	if (wanted <= *room)
		return true;
	size_t larger = wanted + wanted / 2 + 64;
	void *moved = realloc(*array, larger * size);
	if (moved == NULL)
		return false;
	*array = moved;
	*room = larger;
	return true;
}

// Sets the bits of all active items in words, and remembers which words differ from their default.
static void mark_rows(struct sweep *s)
{
	for (uint32_t i = 0; i < s->active_count; i++) {
		uint32_t item = s->active[i];
		uint32_t first = s->in->item_first[item], end = s->in->item_first[item + 1];
		s->marks += end - first;
		for (uint32_t at = first; at < end; at++) {
			uint32_t row = s->in->item_rows[at] & ~ROW_EXCLUDED;
			uint64_t bit = 1ull << row % 64;
			s->touched[row / 4096] |= 1ull << row / 64 % 64;
			if (s->in->item_rows[at] & ROW_EXCLUDED)
				s->words[row / 64] &= ~bit;
			else
				s->words[row / 64] |= bit;
		}
	}
}

static int write_class(struct sweep *s)
{
	struct dimension *d = s->d;
	size_t chunks = d->chunks, used = 0;
	mark_rows(s);
	for (size_t i = 0; i < chunks; i++)
		used += (size_t)__builtin_popcountll(s->touched[i]);
	size_t bytes = (d->class_count + 1) * chunks * sizeof(struct chunk) +
		       (s->value_count + used) * sizeof(uint64_t);
	if (bytes > MEMORY_MAX || s->marks > MARKS_MAX)
		return -E2BIG;
	if (!grow((void **)&d->classes, &s->class_room, (d->class_count + 1) * chunks,
		  sizeof(struct chunk)) ||
	    !grow((void **)&d->values, &s->value_room, s->value_count + used, sizeof(uint64_t)))
		return -ENOMEM;
	struct chunk *c = &d->classes[d->class_count++ * chunks];
	for (size_t i = 0; i < chunks; i++) {
		uint64_t open = s->in->open[i];
		c[i] = (struct chunk){open, s->touched[i], s->value_count};
		for (uint64_t left = s->touched[i]; left != 0; left &= left - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(left);
			uint64_t *word = &s->words[i * 64 + bit];
			c[i].candidates |= 1ull << bit;
			if (*word == 0)
				c[i].candidates &= ~(1ull << bit);
			d->values[s->value_count++] = *word;
			*word = open >> bit & 1 ? ~0ull : 0;
		}
		s->touched[i] = 0;
	}
	return 0;
}

static bool grow_table(struct sweep *s)
{
	if (s->d->class_count * 2 < s->table_mask)
		return true;
	uint32_t mask = s->table_mask * 2 + 1;
	uint32_t *table = malloc(((size_t)mask + 1) * sizeof(*table));
	struct fingerprint *prints = realloc(s->prints, ((size_t)mask + 1) * sizeof(*prints));
	if (prints != NULL)
		s->prints = prints;
	if (table == NULL || prints == NULL) {
		free(table);
		return false;
	}
	memset(table, 0xff, ((size_t)mask + 1) * sizeof(*table));
	for (uint32_t i = 0; i < s->d->class_count; i++) {
		uint32_t at = (uint32_t)s->prints[i].word[0] & mask;
		while (table[at] != UINT32_MAX)
			at = (at + 1) & mask;
		table[at] = i;
	}
	free(s->table);
	s->table = table;
	s->table_mask = mask;
	return true;
}

// The class of the items that are active now.
static int current_class(struct sweep *s, uint32_t *class)
{
	if (!grow_table(s))
		return -ENOMEM;
	uint32_t at = (uint32_t)s->print.word[0] & s->table_mask;
	for (; s->table[at] != UINT32_MAX; at = (at + 1) & s->table_mask) {
		const struct fingerprint *p = &s->prints[s->table[at]];
		if (p->word[0] == s->print.word[0] && p->word[1] == s->print.word[1]) {
			*class = s->table[at];
			return 0;
		}
	}
	*class = s->d->class_count;
	int rc = write_class(s);
	if (rc == 0) {
		s->table[at] = *class;
		s->prints[*class] = s->print;
	}
	return rc;
}

// Ends the range before and begins one at key, unless it has the same class.
static int add_range(struct sweep *s, struct wide_key key)
{
	struct dimension *d = s->d;
	uint32_t class;
	int rc = current_class(s, &class);
	if (rc != 0)
		return rc;
	if (d->range_count > 0 && d->range_class[d->range_count - 1] == class)
		return 0;
	d->range_class[d->range_count] = class;
	if (d->wide_bound != NULL)
		d->wide_bound[d->range_count] = key;
	else
		d->bound[d->range_count] = (uint32_t)key.low;
	d->range_count++;
	return 0;
}

static int sweep_run(struct sweep *s)
{
	struct wide_key key = {0, 0};
	int rc = 0;
	for (size_t i = 0; rc == 0;) {
		for (; i < s->event_count && compare_events(&s->events[i].key, &key) == 0; i++)
			apply(s, &s->events[i]);
		rc = add_range(s, key);
		if (i == s->event_count)
			break;
		key = s->events[i].key;
	}
	return rc;
}

static bool sweep_allocate(struct sweep *s)
{
	const struct dimension_input *in = s->in;
	struct dimension *d = s->d;
	size_t ranges = in->span_count * 2 + 1, items = in->item_count + 1;
	size_t words = (size_t)d->chunks * 64;
	s->events = malloc(ranges * sizeof(*s->events));
	s->active = malloc(items * sizeof(uint32_t));
	s->place = malloc(items * sizeof(uint32_t));
	s->depth = calloc(items, sizeof(uint32_t));
	s->words = malloc(words * sizeof(uint64_t));
	s->touched = calloc(d->chunks, sizeof(uint64_t));
	s->table_mask = 0;
	d->range_class = malloc(ranges * sizeof(uint32_t));
	if (in->key_bits == 128)
		d->wide_bound = malloc(ranges * sizeof(*d->wide_bound));
	else
		d->bound = calloc(ranges + 4, sizeof(*d->bound));
	if (s->events == NULL || s->active == NULL || s->place == NULL || s->depth == NULL ||
	    s->words == NULL || s->touched == NULL || d->range_class == NULL ||
	    (d->wide_bound == NULL && d->bound == NULL) ||
	    getrandom(&s->secret, sizeof(s->secret), 0) != sizeof(s->secret))
		return false;
	for (size_t i = 0; i < words; i++)
		s->words[i] = in->open[i / 64] >> i % 64 & 1 ? ~0ull : 0;
	return true;
}

static void sweep_free(struct sweep *s)
{
	free(s->events);
	free(s->active);
	free(s->place);
	free(s->depth);
	free(s->words);
	free(s->touched);
	free(s->prints);
	free(s->table);
}

// First level of the search: some entries for each range, so that mostly few ranges share one.
static int make_index(struct dimension *d, unsigned key_bits)
{
	unsigned bits = 1;
	while (bits < key_bits && bits < 16 && 1u << bits < d->range_count * 16)
		bits++;
	d->shift = key_bits - bits;
	d->index = malloc((((size_t)1 << bits) + 1) * sizeof(uint32_t));
	if (d->index == NULL)
		return -ENOMEM;
	uint32_t range = 0;
	for (uint32_t h = 0; h < 1u << bits; h++) {
		while (range + 1 < d->range_count && d->bound[range + 1] <= h << d->shift)
			range++;
		d->index[h] = range;
	}
	d->index[1u << bits] = d->range_count - 1;
	return 0;
}

static void *trim(void *array, size_t bytes)
{
	void *smaller = realloc(array, bytes > 0 ? bytes : 1);
	return smaller != NULL ? smaller : array;
}

int dimension_build(struct dimension *d, const struct dimension_input *in)
{
	struct sweep s = {.d = d, .in = in};
	memset(d, 0, sizeof(*d));
	d->chunks = (in->words + 63) / 64;
	int rc = -ENOMEM;
	if (sweep_allocate(&s)) {
		make_events(&s);
		rc = sweep_run(&s);
	}
	if (rc == 0 && in->key_bits != 128)
		rc = make_index(d, in->key_bits);
	if (rc == 0) {
		d->classes = trim(d->classes, d->class_count * d->chunks * sizeof(struct chunk));
		d->values = trim(d->values, s.value_count * sizeof(uint64_t));
		d->range_class = trim(d->range_class, d->range_count * sizeof(uint32_t));
	}
	sweep_free(&s);
	return rc;
}

void dimension_free(struct dimension *d)
{
	free(d->classes);
	free(d->values);
	free(d->range_class);
	free(d->bound);
	free(d->wide_bound);
	free(d->index);
}
