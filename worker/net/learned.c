// SPDX-License-Identifier: Apache-2.0
#include "net/learned.h"

#include <stdlib.h>
#include <string.h>
#include "shm/layout.h"

#define LEARNED_BUCKETS 8192u

struct learned_table {
	uint32_t buckets[LEARNED_BUCKETS];
	uint32_t count;
	struct learned entries[LEARNED_MAX];
};

struct learned_table *learned_create(void)
{
	struct learned_table *t = calloc(1, sizeof(*t));
	if (t != NULL)
		memset(t->buckets, 0xff, sizeof(t->buckets));
	return t;
}

void learned_free(struct learned_table *t)
{
	free(t);
}

static uint32_t *learned_bucket(struct learned_table *t, const struct neighbor_key *key)
{
	uint64_t h = 0xcbf29ce484222325u ^ key->interface ^ ((uint64_t)key->family << 32);
	for (unsigned i = 0; i < 16; i++)
		h = (h ^ key->address[i]) * 0x100000001b3u;
	return &t->buckets[(h >> 32 ^ h) % LEARNED_BUCKETS];
}

static bool learned_equal(const struct neighbor_key *a, const struct neighbor_key *b)
{
	return a->interface == b->interface && a->family == b->family &&
	       memcmp(a->address, b->address, 16) == 0;
}

// The link that leads to the entry of a key, or to FW_NO_INDEX.
static uint32_t *learned_link(struct learned_table *t, const struct neighbor_key *key)
{
	uint32_t *link = learned_bucket(t, key);
	while (*link != FW_NO_INDEX && !learned_equal(&t->entries[*link].key, key))
		link = &t->entries[*link].next;
	return link;
}

struct learned *learned_find(struct learned_table *t, const struct neighbor_key *key)
{
	uint32_t i = *learned_link(t, key);
	return i == FW_NO_INDEX ? NULL : &t->entries[i];
}

struct learned *learned_add(struct learned_table *t, const struct neighbor_key *key)
{
	struct learned *e = learned_find(t, key);
	if (e != NULL || t->count == LEARNED_MAX)
		return e;
	uint32_t *bucket = learned_bucket(t, key);
	e = &t->entries[t->count];
	*e = (struct learned){.key = *key, .next = *bucket};
	*bucket = t->count++;
	return e;
}

void learned_remove(struct learned_table *t, const struct neighbor_key *key)
{
	uint32_t *link = learned_link(t, key);
	uint32_t hole = *link;
	if (hole == FW_NO_INDEX)
		return;
	*link = t->entries[hole].next;
	uint32_t last = --t->count;
	if (hole == last)
		return;
	*learned_link(t, &t->entries[last].key) = hole;
	t->entries[hole] = t->entries[last];
}

uint32_t learned_count(const struct learned_table *t)
{
	return t->count;
}

struct learned *learned_at(struct learned_table *t, uint32_t index)
{
	return &t->entries[index];
}
