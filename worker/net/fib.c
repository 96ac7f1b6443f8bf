// SPDX-License-Identifier: Apache-2.0
// Routes: per VRF an IPv4 trie of few wide steps (net/trie4.h) and an IPv6 trie that leaves out what
// decides nothing (net/trie6.h). Both lead to groups of hops that all routes share (net/hops.h). A
// change is one or a few stores of whole slots; what it replaces - nodes, groups, the table of a
// VRF without routes - waits here, in order, until every reader has passed a quiescent point.
#include "net/fib_tries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// Memory that the nodes of all IPv4 tries can take: 256 MiB each. Routes that need more are refused.
#define WIDE_MAX (1u << 17)
#define NARROW_MAX (1u << 21)

static void table_free(struct fib_table *t)
{
	trie4_fini(&t->trie4);
	free(t);
}

static void destroy(void *context, const struct retired *r)
{
	struct fib *f = context;
	switch (r->kind) {
	case FIB_WIDE:
		arena_give(&f->nodes.wide, r->index);
		break;
	case FIB_NARROW:
		arena_give(&f->nodes.narrow, r->index);
		break;
	case FIB_GROUP:
		hops_free(&f->hops, r->index);
		break;
	case FIB_TABLE:
		table_free(r->object);
		f->table_count--;
		break;
	default:
		arena_give(&f->nodes6.of[r->kind - FIB_NODE6], r->index);
		break;
	}
}

static bool prefix_valid(uint8_t family, const uint8_t *prefix, unsigned length)
{
	unsigned bits = family == 4 ? 32 : 128;
	if ((family != 4 && family != 6) || length > bits)
		return false;
	for (unsigned i = (length + 7) / 8; i < bits / 8; i++)
		if (prefix[i] != 0)
			return false;
	return length % 8 == 0 || (prefix[length / 8] & 0xff >> length % 8) == 0;
}

static struct fib_table *table_make(struct fib *f, uint16_t vrf)
{
	struct fib_table *t = f->tables[vrf];
	if (t != NULL || f->table_count == FIB_MAX_VRFS)
		return t;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	if (trie4_init(&t->trie4) != 0) {
		table_free(t);
		return NULL;
	}
	f->table_count++;
	__atomic_store_n(&f->tables[vrf], t, __ATOMIC_RELEASE);
	return t;
}

static void drop_group(struct fib *f, uint32_t group)
{
	if (group != 0 && hops_put(&f->hops, group))
		retired_add(&f->retired, FIB_GROUP, group, NULL);
}

static void changed(struct fib *f, uint16_t vrf, uint8_t family, const uint8_t *prefix,
		    unsigned length)
{
	hop_clock_note(&f->clock, vrf, family, prefix, length);
	hop_clock_tick(&f->clock);
	if (f->retired.qsbr == NULL)
		retired_reclaim(&f->retired);
}

// A VRF that has lost its last route makes room for another one.
static void table_drop(struct fib *f, uint16_t vrf)
{
	struct fib_table *t = f->tables[vrf];
	if (t == NULL || t->count > 0)
		return;
	__atomic_store_n(&f->tables[vrf], NULL, __ATOMIC_RELEASE);
	retired_add(&f->retired, FIB_TABLE, 0, t);
}

int fib_set_group(struct fib *f, uint16_t vrf, uint8_t family, const uint8_t prefix[16],
		  uint8_t length, uint32_t group)
{
	const struct fib_prefix p = {vrf, family, length, prefix};
	if (!prefix_valid(family, prefix, length) || group == 0)
		return -EINVAL;
	int code = retired_reserve(&f->retired, FIB_RESERVE);
	if (code != 0)
		return code;
	struct fib_table *t = table_make(f, vrf);
	if (t == NULL)
		return f->table_count == FIB_MAX_VRFS ? -ENOSPC : -ENOMEM;
	uint32_t old = fib_tries_find(f, &p);
	if (old == group)
		return 0;
	code = old == 0 && f->count[family == 6] >= f->limit[family == 6]
		   ? -ENOSPC
		   : fib_tries_put(f, t, &p, group);
	if (code != 0) {
		table_drop(f, vrf);
		return code;
	}
	hops_keep(&f->hops, group);
	f->count[family == 6] += old == 0;
	t->count += old == 0;
	drop_group(f, old);
	changed(f, vrf, family, prefix, length);
	return 0;
}

int fib_set(struct fib *f, uint16_t vrf, uint8_t family, const uint8_t prefix[16], uint8_t length,
	    const struct hop *hops, unsigned count)
{
	if (count == 0 || count > HOP_MAX)
		return -EINVAL;
	uint32_t group = fib_hops(f, hops, count);
	if (group == 0)
		return -ENOSPC;
	int code = fib_set_group(f, vrf, family, prefix, length, group);
	fib_drop_hops(f, group);
	return code;
}

int fib_delete(struct fib *f, uint16_t vrf, uint8_t family, const uint8_t prefix[16],
	       uint8_t length)
{
	const struct fib_prefix p = {vrf, family, length, prefix};
	if (!prefix_valid(family, prefix, length))
		return -EINVAL;
	struct fib_table *t = f->tables[vrf];
	uint32_t old = t == NULL ? 0 : fib_tries_find(f, &p);
	if (old == 0)
		return -ENOENT;
	int code = retired_reserve(&f->retired, FIB_RESERVE);
	if (code != 0)
		return code;
	fib_tries_take(f, t, &p);
	f->count[family == 6]--;
	t->count--;
	drop_group(f, old);
	table_drop(f, vrf);
	changed(f, vrf, family, prefix, length);
	return 0;
}

uint32_t fib_hops(struct fib *f, const struct hop *hops, unsigned count)
{
	uint32_t group = hops_get(&f->hops, hops, count);
	if (group != 0)
		return group;
	retired_reclaim(&f->retired);
	return hops_get(&f->hops, hops, count);
}

const struct hop_group *fib_hops_at(const struct fib *f, uint32_t group)
{
	return hops_at(&f->hops, group);
}

void fib_drop_hops(struct fib *f, uint32_t group)
{
	if (retired_reserve(&f->retired, FIB_RESERVE) == 0) // else it is lost: rather that than a reader on freed memory
		drop_group(f, group);
	if (f->retired.qsbr == NULL)
		retired_reclaim(&f->retired);
}

uint32_t fib_count(const struct fib *f, uint8_t family)
{
	return f->count[family == 6];
}

uint32_t fib_limit(const struct fib *f, uint8_t family)
{
	return f->limit[family == 6];
}

const struct hop_group *fib_group4(const struct fib *f, uint16_t vrf, const uint8_t destination[4])
{
	const struct fib_table *t = fib_table_of(f, vrf);
	uint32_t address;
	memcpy(&address, destination, 4);
	return fib_find4(f, t == NULL ? NULL : &t->trie4, address);
}

const struct hop_group *fib_group6(const struct fib *f, uint16_t vrf, const uint8_t *destination)
{
	return fib_find6(f, vrf, destination);
}

struct hop_clock *fib_clock(struct fib *f)
{
	return &f->clock;
}

uint32_t fib_version(const struct fib *f)
{
	return hop_clock_version(&f->clock);
}

void fib_set_qsbr(struct fib *f, struct rte_rcu_qsbr *qsbr)
{
	f->retired.qsbr = qsbr;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

struct fib *fib_create(uint32_t max_routes4, uint32_t max_routes6)
{
	struct fib *f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	f->clock.version = 1;
	f->limit[0] = max_routes4;
	f->limit[1] = max_routes6;
	f->retired.destroy = destroy;
	f->retired.context = f;
	// A prefix needs at most one wide and two narrow nodes of its own.
	if (hops_init(&f->hops) == 0 &&
	    trie4_nodes_init(&f->nodes, smaller(max_routes4, WIDE_MAX),
			     smaller(max_routes4, NARROW_MAX / 2) * 2) == 0 &&
	    trie6_nodes_init(&f->nodes6, max_routes6) == 0)
		return f;
	fib_free(f);
	return NULL;
}

void fib_free(struct fib *f)
{
	if (f == NULL)
		return;
	retired_fini(&f->retired);
	for (unsigned vrf = 0; vrf <= UINT16_MAX; vrf++)
		if (f->tables[vrf] != NULL)
			table_free(f->tables[vrf]);
	trie4_nodes_fini(&f->nodes);
	trie6_nodes_fini(&f->nodes6);
	hops_fini(&f->hops);
	rules_fini(&f->rules);
	rules6_fini(&f->rules6);
	free(f);
}
