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

struct route {
	unsigned count;
	struct hop hops[];
};

struct routes { // of one family
	struct trie trie;
	uint32_t count, limit;
};

struct retired {
	void *object;
	uint64_t token;
};

struct fib {
	struct routes routes[2]; // IPv4, IPv6
	uint32_t version;
	struct rte_rcu_qsbr *qsbr;
	struct retired *retired; // in order of their tokens
	unsigned retired_count, retired_size;
};

static const struct hop no_route = {.type = HOP_NONE};

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

static void changed(struct fib *f)
{
	uint32_t next = f->version + 1;
	__atomic_store_n(&f->version, next != 0 ? next : 1, __ATOMIC_RELEASE);
	if (f->qsbr == NULL)
		reclaim(f);
}

static struct route *route_create(const struct hop *hops, unsigned count)
{
	struct route *r = malloc(sizeof(*r) + count * sizeof(r->hops[0]));
	if (r == NULL)
		return NULL;
	r->count = count;
	memcpy(r->hops, hops, count * sizeof(r->hops[0]));
	return r;
}

static bool prefix_valid(const struct routes *r, const uint8_t *prefix, unsigned length)
{
	if (length > r->trie.bits)
		return false;
	for (unsigned i = length; i < r->trie.bits; i++)
		if (prefix[i / 8] >> (7 - i % 8) & 1)
			return false;
	return true;
}

static struct routes *routes_of(struct fib *f, uint8_t family)
{
	return family == 4 ? &f->routes[0] : family == 6 ? &f->routes[1] : NULL;
}

int fib_set(struct fib *f, uint8_t family, const uint8_t prefix[16], uint8_t length,
	    const struct hop *hops, unsigned count)
{
	struct routes *r = routes_of(f, family);
	if (r == NULL || count == 0 || count > FW_MAX_NEXT_HOPS_PER_ROUTE ||
	    !prefix_valid(r, prefix, length))
		return -EINVAL;
	if (r->count >= r->limit && trie_get(&r->trie, prefix, length) == NULL)
		return -ENOSPC;
	void *old = NULL;
	struct route *fresh = route_create(hops, count);
	int rc = fresh == NULL ? -ENOMEM : reserve(f);
	if (rc == 0)
		rc = trie_put(&r->trie, prefix, length, fresh, &old);
	if (rc != 0) {
		free(fresh);
		return rc;
	}
	r->count += old == NULL;
	retire(f, old);
	changed(f);
	return 0;
}

int fib_delete(struct fib *f, uint8_t family, const uint8_t prefix[16], uint8_t length)
{
	struct routes *r = routes_of(f, family);
	if (r == NULL || !prefix_valid(r, prefix, length))
		return -EINVAL;
	if (trie_get(&r->trie, prefix, length) == NULL)
		return -ENOENT;
	int rc = reserve(f);
	if (rc != 0)
		return rc;
	void *unlinked[2];
	retire(f, trie_take(&r->trie, prefix, length, unlinked));
	retire(f, unlinked[0]);
	retire(f, unlinked[1]);
	r->count--;
	changed(f);
	return 0;
}

static inline const struct hop *choose(const struct route *r, uint32_t hash)
{
	if (r == NULL)
		return &no_route;
	if (r->count == 1)
		return r->hops;
	return &r->hops[(uint64_t)hash * r->count >> 32];
}

const struct hop *fib_lookup4(const struct fib *f, const uint8_t destination[4], uint32_t hash)
{
	return choose(trie_lookup(&f->routes[0].trie, destination), hash);
}

const struct hop *fib_lookup6(const struct fib *f, const uint8_t destination[16], uint32_t hash)
{
	return choose(trie_lookup(&f->routes[1].trie, destination), hash);
}

uint32_t fib_version(const struct fib *f)
{
	return __atomic_load_n(&f->version, __ATOMIC_ACQUIRE);
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
	f->version = 1;
	f->routes[0].limit = max_routes4;
	f->routes[1].limit = max_routes6;
	if (trie_init(&f->routes[0].trie, 32) != 0 || trie_init(&f->routes[1].trie, 128) != 0) {
		fib_free(f);
		return NULL;
	}
	return f;
}

void fib_free(struct fib *f)
{
	if (f == NULL)
		return;
	f->qsbr = NULL;
	reclaim(f);
	for (unsigned i = 0; i < 2; i++)
		trie_free(&f->routes[i].trie, free);
	free(f->retired);
	free(f);
}
