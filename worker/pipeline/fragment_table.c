// SPDX-License-Identifier: Apache-2.0
#include "pipeline/fragment_table.h"

#include <rte_random.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "state/siphash.h"

#define NONE FRAGMENT_NONE_ROW

struct fragment_source {
	uint8_t address[16];
	uint32_t vrf;
	uint32_t family;
	uint32_t next; // in its bucket
	uint32_t count;
};

_Static_assert(sizeof(struct fragment_key) == 48, "hashed as six words");

void fragment_table_init(struct fragment_table *t)
{
	memset(t, 0, sizeof(*t));
	t->secret[0] = rte_rand();
	t->secret[1] = rte_rand();
	t->oldest = t->newest = t->free = t->source_free = NONE;
}

void fragment_table_free(struct fragment_table *t)
{
	free(t->buckets);
	free(t->source_buckets);
	free(t->datagrams);
	free(t->sources);
	fragment_table_init(t);
}

static uint32_t hash(const struct fragment_table *t, const void *bytes, unsigned words)
{
	struct siphash_key secret = {.word = {t->secret[0], t->secret[1]}};
	uint64_t copy[6];
	memcpy(copy, bytes, words * sizeof(copy[0]));
	return (uint32_t)siphash_words(&secret, copy, words) & (t->bucket_count - 1);
}

static uint32_t *bucket_of(const struct fragment_table *t, const struct fragment_key *key)
{
	return &t->buckets[hash(t, key, 6)];
}

static uint32_t *source_bucket(const struct fragment_table *t, const struct fragment_source *s)
{
	return &t->source_buckets[hash(t, s, 3)];
}

static void link_all(struct fragment_table *t)
{
	for (uint32_t row = t->oldest; row != NONE; row = t->datagrams[row].newer) {
		uint32_t *bucket = bucket_of(t, &t->datagrams[row].key);
		t->datagrams[row].next = *bucket;
		*bucket = row;
	}
	for (uint32_t row = 0; row < t->source_fresh; row++) {
		struct fragment_source *s = &t->sources[row];
		if (s->count == 0)
			continue;
		uint32_t *bucket = source_bucket(t, s);
		s->next = *bucket;
		*bucket = row;
	}
}

static bool grow(struct fragment_table *t, uint32_t rows)
{
	uint32_t count = 16;
	while (count < rows)
		count *= 2;
	uint32_t *buckets = malloc(count * sizeof(*buckets));
	uint32_t *source_buckets = malloc(count * sizeof(*buckets));
	struct datagram *datagrams = realloc(t->datagrams, (size_t)rows * sizeof(*datagrams));
	if (datagrams != NULL)
		t->datagrams = datagrams;
	struct fragment_source *sources = realloc(t->sources, (size_t)rows * sizeof(*sources));
	if (sources != NULL)
		t->sources = sources;
	if (buckets == NULL || source_buckets == NULL || datagrams == NULL || sources == NULL) {
		free(buckets);
		free(source_buckets);
		return false;
	}
	free(t->buckets);
	free(t->source_buckets);
	memset(buckets, 0xff, count * sizeof(*buckets));
	memset(source_buckets, 0xff, count * sizeof(*buckets));
	t->buckets = buckets;
	t->source_buckets = source_buckets;
	t->bucket_count = count;
	t->allocated = rows;
	link_all(t);
	return true;
}

bool fragment_table_limit(struct fragment_table *t, uint32_t limit, uint32_t per_source)
{
	if (limit > t->allocated && !grow(t, limit))
		return false;
	t->limit = limit;
	t->per_source = per_source == 0 ? 1 : per_source;
	return true;
}

uint32_t fragment_table_find(const struct fragment_table *t, const struct fragment_key *key)
{
	if (t->limit == 0)
		return NONE;
	uint32_t row = *bucket_of(t, key);
	while (row != NONE && memcmp(&t->datagrams[row].key, key, sizeof(*key)) != 0)
		row = t->datagrams[row].next;
	return row;
}

// Row of the source with room for one more datagram, or NONE. There are never more sources than
// datagrams.
static uint32_t take_source(struct fragment_table *t, const struct fragment_key *key)
{
	struct fragment_source wanted = {.vrf = key->vrf, .family = key->family};
	memcpy(wanted.address, key->source, 16);
	uint32_t *bucket = source_bucket(t, &wanted), row = *bucket;
	while (row != NONE && memcmp(&t->sources[row], &wanted, 24) != 0)
		row = t->sources[row].next;
	if (row == NONE) {
		row = t->source_free;
		if (row != NONE)
			t->source_free = t->sources[row].next;
		else
			row = t->source_fresh++;
		t->sources[row] = wanted;
		t->sources[row].next = *bucket;
		*bucket = row;
	}
	if (t->sources[row].count >= t->per_source)
		return NONE;
	t->sources[row].count++;
	return row;
}

static void leave_source(struct fragment_table *t, uint32_t row)
{
	struct fragment_source *s = &t->sources[row];
	if (--s->count != 0)
		return;
	uint32_t *at = source_bucket(t, s);
	while (*at != row)
		at = &t->sources[*at].next;
	*at = s->next;
	s->next = t->source_free;
	t->source_free = row;
}

static enum fragment_answer add_datagram(struct fragment_table *t, const struct fragment_key *key,
					 uint32_t now, uint32_t *row)
{
	if (t->used >= t->limit) {
		t->refused++;
		return FRAGMENT_FULL;
	}
	uint32_t source = take_source(t, key);
	if (source == NONE) {
		t->refused++;
		return FRAGMENT_TOO_MANY;
	}
	*row = t->free;
	if (*row != NONE)
		t->free = t->datagrams[*row].next;
	else
		*row = t->fresh++;
	struct datagram *d = &t->datagrams[*row];
	memset(d, 0, offsetof(struct datagram, ranges));
	d->key = *key;
	d->since = now;
	d->source = source;
	d->held_first = d->held_last = NONE;
	uint32_t *bucket = bucket_of(t, key);
	d->next = *bucket;
	*bucket = *row;
	d->newer = NONE;
	d->older = t->newest;
	*(t->newest == NONE ? &t->oldest : &t->datagrams[t->newest].newer) = *row;
	t->newest = *row;
	if (++t->used > t->high_water)
		t->high_water = t->used;
	return FRAGMENT_TAKEN;
}

void fragment_table_remove(struct fragment_table *t, uint32_t row)
{
	struct datagram *d = &t->datagrams[row];
	uint32_t *at = bucket_of(t, &d->key);
	while (*at != row)
		at = &t->datagrams[*at].next;
	*at = d->next;
	*(d->older == NONE ? &t->oldest : &t->datagrams[d->older].newer) = d->newer;
	*(d->newer == NONE ? &t->newest : &t->datagrams[d->newer].older) = d->older;
	leave_source(t, d->source);
	d->next = t->free;
	t->free = row;
	t->used--;
}

static enum fragment_answer refuse(struct datagram *d, enum fw_drop reason)
{
	d->state = DATAGRAM_REFUSED;
	d->reason = (uint8_t)reason;
	return FRAGMENT_REFUSED;
}

// All pieces must agree on where the datagram ends.
static bool ends_agree(const struct datagram *d, const struct fragment_part *part)
{
	uint32_t end = (uint32_t)part->at + part->length;
	uint32_t highest = d->range_count == 0 ? 0 : d->ranges[d->range_count - 1].end;
	if (d->total != 0)
		return part->more ? end < d->total : end == d->total;
	return part->more || end >= highest;
}

static enum fragment_answer add_range(struct datagram *d, const struct fragment_part *part)
{
	uint32_t end = (uint32_t)part->at + part->length;
	unsigned n = d->range_count;
	while (n > 0 && d->ranges[n - 1].at > part->at) // usually the last
		n--;
	const struct fragment_range *before = n == 0 ? NULL : &d->ranges[n - 1];
	if (before != NULL && before->at == part->at && before->end == end)
		return part->more || d->total == end ? FRAGMENT_COPY
						     : refuse(d, FW_DROP_FRAGMENT_INVALID);
	if ((before != NULL && before->end > part->at) ||
	    (n < d->range_count && d->ranges[n].at < end))
		return refuse(d, FW_DROP_FRAGMENT_OVERLAP);
	if (!ends_agree(d, part))
		return refuse(d, FW_DROP_FRAGMENT_INVALID);
	if (d->range_count == FRAGMENT_RANGES)
		return refuse(d, FW_DROP_FRAGMENT_TABLE_FULL);
	memmove(&d->ranges[n + 1], &d->ranges[n], (d->range_count - n) * sizeof(d->ranges[0]));
	d->ranges[n] = (struct fragment_range){part->at, (uint16_t)end};
	d->range_count++;
	d->received = (uint16_t)(d->received + part->length);
	if (!part->more)
		d->total = (uint16_t)end;
	return FRAGMENT_TAKEN;
}

enum fragment_answer fragment_table_add(struct fragment_table *t, const struct fragment_key *key,
					const struct fragment_part *part, uint32_t now,
					uint32_t *row)
{
	if (t->limit == 0) {
		t->refused++;
		return FRAGMENT_FULL;
	}
	*row = fragment_table_find(t, key);
	if (*row == NONE) {
		enum fragment_answer answer = add_datagram(t, key, now, row);
		if (answer != FRAGMENT_TAKEN)
			return answer;
	}
	struct datagram *d = &t->datagrams[*row];
	return d->state == DATAGRAM_REFUSED ? FRAGMENT_REFUSED : add_range(d, part);
}
