// SPDX-License-Identifier: Apache-2.0
// Routes of both families, each in a trie (net/trie.h). A route and its hops are immutable: a
// change makes a new one, and what it replaces is freed when every reader has passed a quiescent
// point (QSBR). That is why this is not rte_fib: the one of DPDK 22.11 has no such grace period and
// hands a freed group of entries to the next prefix while a reader may still be inside.
#include "net/fib.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <rte_rcu_qsbr.h>
#include "net/trie.h"

struct table { // of one VRF
	struct trie tries[2]; // IPv4, IPv6
};

struct retired {
	void *object;
	uint64_t token;
};

struct fib {
	struct table *tables[UINT16_MAX + 1]; // by VRF
	uint32_t count[2], limit[2]; // IPv4, IPv6
	struct hop_clock clock;
	struct rte_rcu_qsbr *qsbr;
	struct retired *retired; // in order of their tokens
	unsigned retired_count, retired_size;
};

static const struct hop_group no_route = {.count = 1};

// Frees what no reader can hold any more.
static void reclaim(struct fib *f)
{
	unsigned done = 0;
	while (done < f->retired_count &&
	       (f->qsbr == NULL || rte_rcu_qsbr_check(f->qsbr, f->retired[done].token, false) == 1))
		free(f->retired[done++].object);
	if (done == 0)
		return;
	f->retired_count -= done;
	memmove(f->retired, f->retired + done, f->retired_count * sizeof(*f->retired));
}

// Room for what one change can replace: a route and two nodes.
static int reserve(struct fib *f)
{
	reclaim(f);
	if (f->retired_count + 3 <= f->retired_size)
		return 0;
	unsigned size = f->retired_size * 2 + 16;
	void *larger = realloc(f->retired, size * sizeof(*f->retired));
	if (larger == NULL)
		return -ENOMEM;
	f->retired = larger;
	f->retired_size = size;
	return 0;
}

// The change is in the trie; object is what it replaced, or NULL.
static void retire(struct fib *f, void *object)
{
	if (object == NULL)
		return;
	uint64_t token = f->qsbr != NULL ? rte_rcu_qsbr_start(f->qsbr) : 0;
	f->retired[f->retired_count++] = (struct retired){object, token};
}

static void changed(struct fib *f, uint16_t vrf, uint8_t family, const uint8_t *prefix,
		    unsigned length)
{
	hop_clock_note(&f->clock, vrf, family, prefix, length);
	hop_clock_tick(&f->clock);
	if (f->qsbr == NULL)
		reclaim(f);
}

static struct hop_group *group_create(const struct hop *hops, unsigned count)
{
	struct hop_group *g = calloc(1, sizeof(*g));
	if (g == NULL)
		return NULL;
	g->count = count;
	memcpy(g->hops, hops, count * sizeof(g->hops[0]));
	return g;
}

static bool prefix_valid(uint8_t family, const uint8_t *prefix, unsigned length)
{
	unsigned bits = family == 4 ? 32 : 128;
	if ((family != 4 && family != 6) || length > bits)
		return false;
	for (unsigned i = length; i < bits; i++)
		if (prefix[i / 8] >> (7 - i % 8) & 1)
			return false;
	return true;
}

static struct table *table_make(struct fib *f, uint16_t vrf)
{
	struct table *t = f->tables[vrf];
	if (t != NULL)
		return t;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	if (trie_init(&t->tries[0], 32) != 0 || trie_init(&t->tries[1], 128) != 0) {
		trie_free(&t->tries[0], free);
		free(t);
		return NULL;
	}
	__atomic_store_n(&f->tables[vrf], t, __ATOMIC_RELEASE);
	return t;
}

int fib_set(struct fib *f, uint16_t vrf, uint8_t family, const uint8_t prefix[16], uint8_t length,
	    const struct hop *hops, unsigned count)
{
	if (!prefix_valid(family, prefix, length) || count == 0 || count > FIB_MAX_HOPS)
		return -EINVAL;
	struct table *t = table_make(f, vrf);
	if (t == NULL)
		return -ENOMEM;
	struct trie *trie = &t->tries[family == 6];
	if (f->count[family == 6] >= f->limit[family == 6] && trie_get(trie, prefix, length) == NULL)
		return -ENOSPC;
	void *old = NULL;
	struct hop_group *fresh = group_create(hops, count);
	int rc = fresh == NULL ? -ENOMEM : reserve(f);
	if (rc == 0)
		rc = trie_put(trie, prefix, length, fresh, &old);
	if (rc != 0) {
		free(fresh);
		return rc;
	}
	f->count[family == 6] += old == NULL;
	retire(f, old);
	changed(f, vrf, family, prefix, length);
	return 0;
}

int fib_delete(struct fib *f, uint16_t vrf, uint8_t family, const uint8_t prefix[16],
	       uint8_t length)
{
	if (!prefix_valid(family, prefix, length))
		return -EINVAL;
	struct table *t = f->tables[vrf];
	if (t == NULL || trie_get(&t->tries[family == 6], prefix, length) == NULL)
		return -ENOENT;
	int rc = reserve(f);
	if (rc != 0)
		return rc;
	void *unlinked[2];
	retire(f, trie_take(&t->tries[family == 6], prefix, length, unlinked));
	retire(f, unlinked[0]);
	retire(f, unlinked[1]);
	f->count[family == 6]--;
	changed(f, vrf, family, prefix, length);
	return 0;
}

uint32_t fib_count(const struct fib *f, uint8_t family)
{
	return f->count[family == 6];
}

uint32_t fib_limit(const struct fib *f, uint8_t family)
{
	return f->limit[family == 6];
}

const struct hop *fib_choose(const struct hop_group *g, uint32_t hash)
{
	return &g->hops[(uint64_t)hash * g->count >> 32];
}

static const struct hop_group *find(const struct fib *f, uint16_t vrf, unsigned kind,
				    const uint8_t *destination)
{
	const struct table *t = __atomic_load_n(&f->tables[vrf], __ATOMIC_ACQUIRE);
	const struct hop_group *g = t == NULL ? NULL : trie_lookup(&t->tries[kind], destination);
	return g == NULL ? &no_route : g;
}

const struct hop_group *fib_group4(const struct fib *f, uint16_t vrf, const uint8_t destination[4])
{
	return find(f, vrf, 0, destination);
}

const struct hop_group *fib_group6(const struct fib *f, uint16_t vrf,
				   const uint8_t *destination)
{
	return find(f, vrf, 1, destination);
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
	f->qsbr = qsbr;
}

struct fib *fib_create(uint32_t max_routes4, uint32_t max_routes6)
{
	struct fib *f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	f->clock.version = 1;
	f->limit[0] = max_routes4;
	f->limit[1] = max_routes6;
	return f;
}

void fib_free(struct fib *f)
{
	if (f == NULL)
		return;
	f->qsbr = NULL;
	reclaim(f);
	for (unsigned vrf = 0; vrf <= UINT16_MAX; vrf++) {
		if (f->tables[vrf] == NULL)
			continue;
		trie_free(&f->tables[vrf]->tries[0], free);
		trie_free(&f->tables[vrf]->tries[1], free);
		free(f->tables[vrf]);
	}
	free(f->retired);
	free(f);
}
