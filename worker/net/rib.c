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
	uint32_t group; // hops, in the fib; this entry keeps them
	uint32_t table, metric, scope, nexthop;
	uint8_t source;
	bool shadows; // the source has another route of this key
};

struct rib_prefix {
	struct rib_prefix *next;
	struct rib_entry *entries;
	uint8_t prefix[16];
	uint32_t installed; // group that the fib has; 0: none
	uint16_t vrf;
	uint8_t family, length;
};

struct rib {
	struct fib *fib;
	struct rib_prefix **buckets;
	uint32_t bucket_count, prefix_count;
	uint32_t counts[2][2]; // by source and family
	uint32_t limits[2][2];
	uint64_t refused[2]; // by family
	uint32_t high_water[2];
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
	memset(r->limits, 0xff, sizeof(r->limits));
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
				fib_drop_hops(r->fib, e->group);
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
	while (*e != NULL && ((*e)->source != q->source || (*e)->table != q->table ||
			      (*e)->metric != q->metric || (*e)->scope != q->scope))
		e = &(*e)->next;
	return e;
}

static bool rib_better(const struct rib *r, const struct rib_entry *a, const struct rib_entry *b)
{
	bool local_a = fib_hops_at(r->fib, a->group)->hops[0].type == HOP_LOCAL;
	bool local_b = fib_hops_at(r->fib, b->group)->hops[0].type == HOP_LOCAL;
	if (local_a != local_b)
		return local_a;
	if (a->source != b->source)
		return a->source < b->source;
	return a->metric < b->metric;
}

// Makes the fib agree with the best route of a prefix.
static int rib_install(struct rib *r, struct rib_prefix *p)
{
	const struct rib_entry *best = p->entries;
	for (const struct rib_entry *e = best; e != NULL; e = e->next)
		if (e != best && rib_better(r, e, best))
			best = e;
	uint32_t group = best == NULL ? 0 : best->group;
	if (group == p->installed)
		return 0;
	int code = group != 0 ? fib_set_group(r->fib, p->vrf, p->family, p->prefix, p->length, group) :
				fib_delete(r->fib, p->vrf, p->family, p->prefix, p->length);
	if (code == 0)
		p->installed = group;
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

void rib_limit(struct rib *r, enum rib_source source, uint32_t limit4, uint32_t limit6)
{
	r->limits[source][0] = limit4;
	r->limits[source][1] = limit6;
}

static void rib_remove(struct rib *r, struct rib_prefix *p, struct rib_entry **e)
{
	struct rib_entry *old = *e;
	*e = old->next;
	r->counts[old->source][p->family == 6]--;
	rib_install(r, p);
	fib_drop_hops(r->fib, old->group);
	free(old);
}

// Another group of hops for an entry, whose reference the entry takes over.
static int rib_change(struct rib *r, struct rib_prefix *p, struct rib_entry **e, uint32_t group)
{
	uint32_t before = (*e)->group;
	(*e)->group = group;
	int code = rib_install(r, p);
	fib_drop_hops(r->fib, before);
	if (code != 0)
		rib_remove(r, p, e);
	return code;
}

static struct rib_entry *rib_add(struct rib *r, struct rib_prefix *p, const struct rib_route *q,
				 uint32_t group)
{
	struct rib_entry **last = rib_entry(p, q), *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	*e = (struct rib_entry){.group = group,
				.table = q->table,
				.metric = q->metric,
				.scope = q->scope,
				.source = (uint8_t)q->source};
	*last = e;
	r->counts[q->source][p->family == 6]++;
	return e;
}

static int rib_store(struct rib *r, struct rib_prefix *p, const struct rib_route *q)
{
	struct rib_entry **e = rib_entry(p, q);
	bool known = *e != NULL;
	if (known && r->renewing[q->source] && (*e)->stamp == r->stamp[q->source]) {
		(*e)->shadows = true;
		return 0;
	}
	bool room = r->counts[q->source][q->family == 6] < r->limits[q->source][q->family == 6];
	uint32_t group = known || room ? fib_hops(r->fib, q->hops, q->count) : 0;
	if (group == 0)
		return -ENOSPC;
	if (!known && rib_add(r, p, q, group) == NULL) {
		fib_drop_hops(r->fib, group);
		return -ENOMEM;
	}
	(*e)->stamp = r->stamp[q->source];
	(*e)->nexthop = q->nexthop;
	if (r->renewing[q->source])
		(*e)->shadows = false;
	else if (known && !q->replaces)
		(*e)->shadows = true;
	if (known)
		return rib_change(r, p, e, group);
	int code = rib_install(r, p);
	if (code != 0)
		rib_remove(r, p, e);
	return code;
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
	int code = rib_store(r, p, route);
	bool six = route->family == 6;
	if (code != 0) {
		r->refused[six]++;
		rib_drop(r, rib_slot(r, route));
	}
	if (fib_count(r->fib, route->family) > r->high_water[six])
		r->high_water[six] = fib_count(r->fib, route->family);
	return code;
}

bool rib_delete(struct rib *r, const struct rib_route *route)
{
	struct rib_prefix **p = rib_slot(r, route);
	if (*p == NULL)
		return false;
	struct rib_entry **e = rib_entry(*p, route);
	if (*e == NULL)
		return false;
	bool shadows = (*e)->shadows;
	rib_remove(r, *p, e);
	rib_drop(r, p);
	return shadows;
}

// Hops of a group without some; how many are left.
static unsigned rib_without(const struct hop_group *g, const struct rib_route *gone,
			    struct hop left[HOP_MAX])
{
	unsigned count = 0;
	for (unsigned i = 0; i < g->count; i++) {
		bool keep = true;
		for (unsigned j = 0; j < gone->count && keep; j++) {
			struct hop h = gone->hops[j];
			h.weight = g->hops[i].weight;
			keep = memcmp(&g->hops[i], &h, sizeof(h)) != 0;
		}
		if (keep)
			left[count++] = g->hops[i];
	}
	return count;
}

void rib_delete_hops(struct rib *r, const struct rib_route *route)
{
	struct rib_prefix **p = rib_slot(r, route);
	struct rib_entry **e = *p != NULL ? rib_entry(*p, route) : NULL;
	if (e == NULL || *e == NULL)
		return;
	struct hop left[HOP_MAX];
	unsigned count = rib_without(fib_hops_at(r->fib, (*e)->group), route, left);
	uint32_t group = count > 0 ? fib_hops(r->fib, left, count) : 0;
	if (group != 0)
		rib_change(r, *p, e, group);
	else
		rib_remove(r, *p, e);
	rib_drop(r, p);
}

// True: the entry is still there.
static bool rib_renew_entry(struct rib *r, struct rib_prefix *p, struct rib_entry **e,
			    rib_hops_fn *hops, void *context)
{
	struct rib_route q;
	if ((*e)->nexthop == 0)
		return true;
	memset(&q, 0, sizeof(q));
	q.family = p->family;
	q.vrf = p->vrf;
	if (!hops(context, (*e)->nexthop, &q))
		return true;
	uint32_t group = q.count > 0 ? fib_hops(r->fib, q.hops, q.count) : 0;
	if (group != 0)
		return rib_change(r, p, e, group) == 0;
	rib_remove(r, p, e);
	return false;
}

void rib_renew(struct rib *r, rib_hops_fn *hops, void *context)
{
	for (uint32_t i = 0; i < r->bucket_count; i++) {
		for (struct rib_prefix **p = &r->buckets[i]; *p != NULL;) {
			struct rib_prefix *here = *p;
			for (struct rib_entry **e = &here->entries; *e != NULL;)
				if (rib_renew_entry(r, here, e, hops, context))
					e = &(*e)->next;
			rib_drop(r, p);
			if (*p == here)
				p = &here->next;
		}
	}
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
				if ((*e)->source == source &&
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
	return r->counts[source][0] + r->counts[source][1];
}

uint32_t rib_routes(const struct rib *r, enum rib_source source, uint8_t family)
{
	return r->counts[source][family == 6];
}

void rib_usage(const struct rib *r, uint8_t family, struct fw_table_status *out)
{
	out->capacity = fib_limit(r->fib, family);
	out->used = fib_count(r->fib, family);
	out->high_water = r->high_water[family == 6];
	out->refused = r->refused[family == 6];
}
