// SPDX-License-Identifier: Apache-2.0
// A hash table of prefixes; each has a list of routes, and remembers which of them the fib has. Control thread only.
#include "net/rib.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define RIB_FIRST_BUCKETS 1024u

struct rib_entry {
	struct rib_entry *next;
	uint32_t stamp; // round that set it last
	struct rib_route route;
};

struct rib_prefix {
	struct rib_prefix *next;
	uint8_t family, length, prefix[16];
	uint16_t vrf;
	struct rib_entry *entries;
	unsigned installed_count; // hops that the fib has; 0: none
	struct hop installed[RIB_MAX_HOPS];
};

struct rib {
	struct fib *fib;
	struct rib_prefix **buckets;
	uint32_t bucket_count, prefix_count;
	uint32_t counts[2];
	uint32_t stamp[2];
	bool renewing[2];
};

struct rib *rib_create(struct fib *fib)
{
	struct rib *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->fib = fib;
	r->bucket_count = RIB_FIRST_BUCKETS;
	r->buckets = calloc(r->bucket_count, sizeof(r->buckets[0]));
	if (r->buckets == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void rib_free(struct rib *r)
{
	for (uint32_t i = 0; i < r->bucket_count; i++) {
		for (struct rib_prefix *p = r->buckets[i], *next; p != NULL; p = next) {
			next = p->next;
			for (struct rib_entry *e = p->entries, *after; e != NULL; e = after) {
				after = e->next;
				free(e);
			}
			free(p);
		}
	}
	free(r->buckets);
	free(r);
}

static uint32_t rib_hash(uint16_t vrf, uint8_t family, uint8_t length, const uint8_t prefix[16])
{
	uint64_t h = 0xcbf29ce484222325u ^ ((uint64_t)vrf << 16 | (uint64_t)family << 8 | length);
	for (unsigned i = 0; i < 16; i++)
		h = (h ^ prefix[i]) * 0x100000001b3u;
	return (uint32_t)(h >> 32) ^ (uint32_t)h;
}

static struct rib_prefix **rib_slot(const struct rib *r, const struct rib_route *q)
{
	uint32_t h = rib_hash(q->vrf, q->family, q->length, q->prefix) & (r->bucket_count - 1);
	struct rib_prefix **p = &r->buckets[h];
	while (*p != NULL && ((*p)->vrf != q->vrf || (*p)->family != q->family || (*p)->length != q->length ||
			      memcmp((*p)->prefix, q->prefix, 16) != 0))
		p = &(*p)->next;
	return p;
}

static void rib_grow(struct rib *r)
{
	uint32_t count = r->bucket_count * 2;
	struct rib_prefix **buckets = calloc(count, sizeof(buckets[0]));
	if (buckets == NULL)
		return; // longer chains, nothing worse
	for (uint32_t i = 0; i < r->bucket_count; i++) {
		for (struct rib_prefix *p = r->buckets[i], *next; p != NULL; p = next) {
			uint32_t h = rib_hash(p->vrf, p->family, p->length, p->prefix) & (count - 1);
			next = p->next;
			p->next = buckets[h];
			buckets[h] = p;
		}
	}
	free(r->buckets);
	r->buckets = buckets;
	r->bucket_count = count;
}

static struct rib_entry **rib_entry(struct rib_prefix *p, const struct rib_route *q)
{
	struct rib_entry **e = &p->entries;
	while (*e != NULL &&
	       ((*e)->route.source != q->source || (*e)->route.table != q->table ||
		(*e)->route.metric != q->metric || (*e)->route.scope != q->scope))
		e = &(*e)->next;
	return e;
}

static bool rib_better(const struct rib_route *a, const struct rib_route *b)
{
	bool local_a = a->hops[0].type == HOP_LOCAL, local_b = b->hops[0].type == HOP_LOCAL;
	if (local_a != local_b)
		return local_a;
	if (a->source != b->source)
		return a->source < b->source;
	return a->metric < b->metric;
}

// Makes the fib agree with the best route of a prefix.
static int rib_install(struct rib *r, struct rib_prefix *p)
{
	const struct rib_route *best = NULL;
	for (const struct rib_entry *e = p->entries; e != NULL; e = e->next)
		if (best == NULL || rib_better(&e->route, best))
			best = &e->route;
	if (best == NULL) {
		if (p->installed_count > 0)
			fib_delete(r->fib, p->vrf, p->family, p->prefix, p->length);
		p->installed_count = 0;
		return 0;
	}
	size_t size = best->count * sizeof(best->hops[0]);
	if (best->count == p->installed_count && memcmp(best->hops, p->installed, size) == 0)
		return 0;
	int code = fib_set(r->fib, p->vrf, p->family, p->prefix, p->length, best->hops, best->count);
	if (code == 0) {
		p->installed_count = best->count;
		memcpy(p->installed, best->hops, size);
	}
	return code;
}

static void rib_drop(struct rib *r, struct rib_prefix **slot)
{
	struct rib_prefix *p = *slot;
	if (p->entries != NULL)
		return;
	*slot = p->next;
	free(p);
	r->prefix_count--;
}

static struct rib_prefix *rib_make(struct rib *r, const struct rib_route *q)
{
	struct rib_prefix **slot = rib_slot(r, q);
	if (*slot != NULL)
		return *slot;
	struct rib_prefix *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->vrf = q->vrf;
	p->family = q->family;
	p->length = q->length;
	memcpy(p->prefix, q->prefix, 16);
	*slot = p;
	if (++r->prefix_count > r->bucket_count)
		rib_grow(r);
	return p;
}

int rib_set(struct rib *r, const struct rib_route *route)
{
	if (route->count == 0) {
		rib_delete(r, route);
		return 0;
	}
	struct rib_prefix *p = rib_make(r, route);
	if (p == NULL)
		return -ENOMEM;
	struct rib_entry **e = rib_entry(p, route);
	if (*e == NULL) {
		*e = calloc(1, sizeof(**e));
		if (*e == NULL) {
			rib_drop(r, rib_slot(r, route));
			return -ENOMEM;
		}
		r->counts[route->source]++;
	} else if (r->renewing[route->source] && (*e)->stamp == r->stamp[route->source]) {
		return 0;
	}
	(*e)->route = *route;
	(*e)->stamp = r->stamp[route->source];
	return rib_install(r, p);
}

static void rib_remove(struct rib *r, struct rib_prefix *p, struct rib_entry **e)
{
	struct rib_entry *old = *e;
	*e = old->next;
	r->counts[old->route.source]--;
	free(old);
	rib_install(r, p);
}

void rib_delete(struct rib *r, const struct rib_route *route)
{
	struct rib_prefix **p = rib_slot(r, route);
	if (*p == NULL)
		return;
	struct rib_entry **e = rib_entry(*p, route);
	if (*e == NULL)
		return;
	rib_remove(r, *p, e);
	rib_drop(r, p);
}

void rib_delete_hops(struct rib *r, const struct rib_route *route)
{
	struct rib_prefix **p = rib_slot(r, route);
	struct rib_entry **e = *p != NULL ? rib_entry(*p, route) : NULL;
	if (e == NULL || *e == NULL)
		return;
	struct rib_route *q = &(*e)->route;
	for (unsigned i = 0; i < route->count; i++) {
		unsigned j = 0;
		while (j < q->count && memcmp(&q->hops[j], &route->hops[i], sizeof(struct hop)) != 0)
			j++;
		if (j == q->count)
			continue;
		memmove(&q->hops[j], &q->hops[j + 1], (q->count - j - 1) * sizeof(struct hop));
		q->count--;
	}
	if (q->count > 0) {
		rib_install(r, *p);
		return;
	}
	rib_remove(r, *p, e);
	rib_drop(r, p);
}

void rib_begin(struct rib *r, enum rib_source source)
{
	r->stamp[source]++;
	r->renewing[source] = true;
}

void rib_end(struct rib *r, enum rib_source source)
{
	r->renewing[source] = false;
	for (uint32_t i = 0; i < r->bucket_count; i++) {
		for (struct rib_prefix **p = &r->buckets[i]; *p != NULL;) {
			struct rib_prefix *here = *p;
			for (struct rib_entry **e = &here->entries; *e != NULL;) {
				if ((*e)->route.source == source &&
				    (*e)->stamp != r->stamp[source])
					rib_remove(r, here, e);
				else
					e = &(*e)->next;
			}
			rib_drop(r, p);
			if (*p == here)
				p = &here->next;
		}
	}
}

uint32_t rib_count(const struct rib *r, enum rib_source source)
{
	return r->counts[source];
}
