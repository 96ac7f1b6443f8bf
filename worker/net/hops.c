// SPDX-License-Identifier: Apache-2.0
#include "net/hops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADS 65536u

int hops_init(struct hops *h)
{
	*h = (struct hops){.references = calloc(HOPS_MAX_GROUPS + 1, sizeof(uint32_t)),
			   .next = calloc(HOPS_MAX_GROUPS + 1, sizeof(uint32_t)),
			   .heads = calloc(HEADS, sizeof(uint32_t))};
	if (h->references == NULL || h->next == NULL || h->heads == NULL ||
	    arena_init(&h->groups, sizeof(struct hop_group), HOPS_MAX_GROUPS) != 0 ||
	    arena_take(&h->groups) != 1) {
		hops_fini(h);
		return -ENOMEM;
	}
	arena_give(&h->groups, 1); // index 0 lies in memory that can be read now: no route
	struct hop_group *none = arena_at(&h->groups, 0);
	none->count = 1;
	return 0;
}

void hops_fini(struct hops *h)
{
	arena_fini(&h->groups);
	free(h->references);
	free(h->next);
	free(h->heads);
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
	return x ^ x >> 32;
}

static uint64_t hop_hash(const struct hop *hop)
{
	uint64_t words[2];
	memcpy(words, hop->gateway, 16);
	uint64_t h = mix((uint64_t)hop->type << 40 | (uint64_t)hop->family << 32 | hop->interface);
	return mix(mix(h ^ words[0]) + words[1]);
}

static int hop_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hop));
}

static uint32_t *head_of(const struct hops *h, const struct hop_group *g)
{
	uint64_t hash = g->count;
	for (unsigned i = 0; i < g->count; i++)
		hash = mix(hash + hop_hash(&g->hops[i]) + g->hops[i].weight);
	return &h->heads[hash % HEADS];
}

static unsigned weight_of(const struct hop *hop)
{
	return hop->weight == 0 ? 1 : hop->weight;
}

// How many places each hop gets; what rounding leaves goes to the first ones.
static void share(const struct hop_group *g, unsigned quota[HOP_MAX])
{
	unsigned total = 0, given = 0;
	for (unsigned i = 0; i < g->count; i++)
		total += weight_of(&g->hops[i]);
	for (unsigned i = 0; i < g->count; i++) {
		quota[i] = HOP_PLACES * weight_of(&g->hops[i]) / total;
		given += quota[i];
	}
	for (unsigned i = 0; given < HOP_PLACES; i = (i + 1) % g->count, given++)
		quota[i]++;
}

static void fill_places(struct hop_group *g)
{
	uint64_t identity[HOP_MAX];
	unsigned quota[HOP_MAX];
	share(g, quota);
	for (unsigned i = 0; i < g->count; i++)
		identity[i] = hop_hash(&g->hops[i]);
	for (unsigned place = 0; place < HOP_PLACES; place++) {
		uint64_t best = 0;
		unsigned chosen = HOP_MAX;
		for (unsigned i = 0; i < g->count; i++) {
			uint64_t rank = mix(identity[i] + place);
			if (quota[i] == 0 || (chosen != HOP_MAX && rank <= best))
				continue;
			best = rank;
			chosen = i;
		}
		quota[chosen]--;
		g->places[place] = (uint8_t)chosen;
	}
}

static bool equal(const struct hop_group *a, const struct hop_group *b)
{
	return a->count == b->count && memcmp(a->hops, b->hops, a->count * sizeof(a->hops[0])) == 0;
}

uint32_t hops_get(struct hops *h, const struct hop *hops, unsigned count)
{
	struct hop_group wanted;
	memset(&wanted, 0, sizeof(wanted));
	wanted.count = count;
	memcpy(wanted.hops, hops, count * sizeof(hops[0]));
	if (count > 1)
		qsort(wanted.hops, count, sizeof(wanted.hops[0]), hop_order);
	uint32_t *head = head_of(h, &wanted), at = *head;
	while (at != 0 && !equal(hops_at(h, at), &wanted))
		at = h->next[at];
	if (at == 0) {
		at = arena_take(&h->groups);
		if (at == 0)
			return 0;
		if (count > 1)
			fill_places(&wanted);
		memcpy(arena_at(&h->groups, at), &wanted, sizeof(wanted));
		h->references[at] = 0;
		h->next[at] = *head;
		*head = at;
	}
	h->references[at]++;
	return at;
}

void hops_keep(struct hops *h, uint32_t group)
{
	h->references[group]++;
}

bool hops_put(struct hops *h, uint32_t group)
{
	if (--h->references[group] != 0)
		return false;
	uint32_t *link = head_of(h, hops_at(h, group));
	while (*link != group)
		link = &h->next[*link];
	*link = h->next[group];
	return true;
}

void hops_free(struct hops *h, uint32_t group)
{
	arena_give(&h->groups, group);
}
