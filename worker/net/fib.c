// SPDX-License-Identifier: Apache-2.0
// Longest prefix match for both families: a trie of nodes that each decide four bits. Chains of
// nodes with one way on are left out: a node carries the whole prefix that leads to it, and a
// lookup compares it.
//
// One writer, any number of readers without locks. A node never changes its place or prefix; only
// its slots change, each by one store, so a reader sees every route either before or after a
// change. Routes and their hops are immutable. What is unlinked is freed when every reader has
// passed a quiescent point (QSBR); rte_fib of DPDK 22.11 has no such grace period: it hands a freed
// group of entries to the next prefix while a reader may still be inside.
//
// A node at position p (bits decided above it, a multiple of four) holds the routes of length p+1
// .. p+4 twice: by length and value in own[], which only the writer reads, and expanded to the
// sixteen slots that lookups use. The route of length 0 stands beside the trie.
#include "net/fib.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <rte_rcu_qsbr.h>

#define STRIDE 4
#define SLOTS (1u << STRIDE)

struct route {
	unsigned count;
	struct hop hops[];
};

struct node {
	uint8_t prefix[16]; // the first position bits; the rest is zero
	unsigned position;
	unsigned used; // routes in own[] and children
	struct {
		struct node *child;
		struct route *route;
	} slot[SLOTS];
	struct route *own[2 * SLOTS]; // length l (1 to 4) and value v: own[1 << l | v]
};

struct trie {
	struct node *root;      // position 0
	struct route *fallback; // length 0
	unsigned bits;          // 32 or 128
	uint32_t count, limit;  // routes
};

struct retired {
	void *object;
	uint64_t token;
};

struct fib {
	struct trie trie[2]; // IPv4, IPv6
	uint32_t version;
	struct rte_rcu_qsbr *qsbr;
	struct retired *retired;
	unsigned retired_count, retired_size;
};

static const struct hop no_route = {.type = HOP_NONE};

static unsigned nibble(const uint8_t *address, unsigned position)
{
	return (unsigned)address[position / 8] >> (4 - position % 8) & 0xf;
}

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

// Room for what one change can unlink: its route, a node and the node above.
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

static void retire(struct fib *f, void *object)
{
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

static struct node *node_create(const uint8_t *prefix, unsigned position)
{
	struct node *n = calloc(1, sizeof(*n));
	if (n == NULL)
		return NULL;
	n->position = position;
	memcpy(n->prefix, prefix, position / 8);
	if (position % 8 != 0)
		n->prefix[position / 8] = prefix[position / 8] & 0xf0;
	return n;
}

// Length of what two prefixes have in common, rounded down to a multiple of four, at most limit.
static unsigned common_bits(const uint8_t *a, const uint8_t *b, unsigned limit)
{
	unsigned at = 0;
	while (at < limit && nibble(a, at) == nibble(b, at))
		at += STRIDE;
	return at;
}

static void link_child(struct node *parent, struct node *child)
{
	unsigned slot = nibble(child->prefix, parent->position);
	parent->used += parent->slot[slot].child == NULL;
	__atomic_store_n(&parent->slot[slot].child, child, __ATOMIC_RELEASE);
}

// Puts a node between a parent and its child that leads elsewhere; returns the node at position for
// prefix.
static struct node *split(struct node *parent, struct node *child, const uint8_t *prefix,
			  unsigned position)
{
	unsigned at = common_bits(child->prefix, prefix,
				  child->position < position ? child->position : position);
	struct node *fork = node_create(prefix, at);
	struct node *target = at == position ? fork : node_create(prefix, position);
	if (fork == NULL || target == NULL) {
		free(fork);
		if (target != fork)
			free(target);
		return NULL;
	}
	link_child(fork, child);
	if (target != fork)
		link_child(fork, target);
	link_child(parent, fork);
	return target;
}

// The node at position for prefix, made when missing.
static struct node *node_make(struct trie *t, const uint8_t *prefix, unsigned position)
{
	struct node *n = t->root;
	while (n->position < position) {
		struct node *child = n->slot[nibble(prefix, n->position)].child;
		if (child == NULL) {
			child = node_create(prefix, position);
			if (child != NULL)
				link_child(n, child);
			return child;
		}
		if (child->position > position ||
		    common_bits(child->prefix, prefix, child->position) < child->position)
			return split(n, child, prefix, position);
		n = child;
	}
	return n;
}

// The node at position for prefix and the nodes above it; NULL when there is none.
static struct node *node_find(struct trie *t, const uint8_t *prefix, unsigned position,
			      struct node **parent, struct node **grandparent)
{
	struct node *n = t->root;
	*parent = *grandparent = NULL;
	while (n != NULL && n->position < position) {
		*grandparent = *parent;
		*parent = n;
		n = n->slot[nibble(prefix, n->position)].child;
		if (n != NULL && common_bits(n->prefix, prefix, n->position) < n->position)
			return NULL;
	}
	return n != NULL && n->position == position ? n : NULL;
}

// Where a route of a length stands in own[] of its node.
static unsigned own_index(const uint8_t *prefix, unsigned position, unsigned length)
{
	unsigned bits = length - position;
	return 1u << bits | nibble(prefix, position) >> (STRIDE - bits);
}

// Brings the slots below own[index] up to date: each holds the longest route above it.
static void node_expand(struct node *n, unsigned index)
{
	unsigned first = index, last = index;
	while (first < SLOTS) {
		first *= 2;
		last = last * 2 + 1;
	}
	for (unsigned leaf = first; leaf <= last; leaf++) {
		unsigned at = leaf;
		while (at > 1 && n->own[at] == NULL)
			at /= 2;
		__atomic_store_n(&n->slot[leaf - SLOTS].route, at > 1 ? n->own[at] : NULL,
				 __ATOMIC_RELEASE);
	}
}

static struct node *only_child(const struct node *n)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (n->slot[i].child != NULL)
			return n->slot[i].child;
	return NULL;
}

static bool has_routes(const struct node *n)
{
	for (unsigned i = 2; i < 2 * SLOTS; i++)
		if (n->own[i] != NULL)
			return true;
	return false;
}

// Unlinks a node that decides nothing any more.
static void node_prune(struct fib *f, struct node *parent, struct node *n)
{
	if (parent == NULL || n->used > 1 || has_routes(n))
		return;
	struct node *child = only_child(n);
	unsigned slot = nibble(n->prefix, parent->position);
	__atomic_store_n(&parent->slot[slot].child, child, __ATOMIC_RELEASE);
	parent->used -= child == NULL;
	retire(f, n);
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

static bool prefix_valid(const struct trie *t, const uint8_t *prefix, unsigned length)
{
	if (length > t->bits)
		return false;
	for (unsigned i = length; i < t->bits; i++)
		if (prefix[i / 8] >> (7 - i % 8) & 1)
			return false;
	return true;
}

static struct trie *trie_of(struct fib *f, uint8_t family)
{
	return family == 4 ? &f->trie[0] : family == 6 ? &f->trie[1] : NULL;
}

static int trie_set(struct fib *f, struct trie *t, const uint8_t *prefix, unsigned length,
		    struct route *fresh)
{
	struct route *old;
	if (length == 0) {
		old = t->fallback;
		__atomic_store_n(&t->fallback, fresh, __ATOMIC_RELEASE);
	} else {
		unsigned position = (length - 1) / STRIDE * STRIDE;
		struct node *n = node_make(t, prefix, position);
		if (n == NULL)
			return -ENOMEM;
		unsigned index = own_index(prefix, position, length);
		old = n->own[index];
		n->own[index] = fresh;
		n->used += old == NULL;
		node_expand(n, index);
	}
	t->count += old == NULL;
	if (old != NULL)
		retire(f, old);
	return 0;
}

static bool route_exists(struct trie *t, const uint8_t *prefix, unsigned length)
{
	struct node *parent, *grandparent;
	if (length == 0)
		return t->fallback != NULL;
	unsigned position = (length - 1) / STRIDE * STRIDE;
	struct node *n = node_find(t, prefix, position, &parent, &grandparent);
	return n != NULL && n->own[own_index(prefix, position, length)] != NULL;
}

int fib_set(struct fib *f, uint8_t family, const uint8_t prefix[16], uint8_t length,
	    const struct hop *hops, unsigned count)
{
	struct trie *t = trie_of(f, family);
	if (t == NULL || count == 0 || count > FW_MAX_NEXT_HOPS_PER_ROUTE ||
	    !prefix_valid(t, prefix, length))
		return -EINVAL;
	if (t->count >= t->limit && !route_exists(t, prefix, length))
		return -ENOSPC;
	struct route *fresh = route_create(hops, count);
	int rc = fresh == NULL ? -ENOMEM : reserve(f);
	if (rc == 0)
		rc = trie_set(f, t, prefix, length, fresh);
	if (rc != 0) {
		free(fresh);
		return rc;
	}
	changed(f);
	return 0;
}

int fib_delete(struct fib *f, uint8_t family, const uint8_t prefix[16], uint8_t length)
{
	struct trie *t = trie_of(f, family);
	if (t == NULL || !prefix_valid(t, prefix, length))
		return -EINVAL;
	if (!route_exists(t, prefix, length))
		return -ENOENT;
	int rc = reserve(f);
	if (rc != 0)
		return rc;
	if (length == 0) {
		struct route *old = t->fallback;
		__atomic_store_n(&t->fallback, NULL, __ATOMIC_RELEASE);
		retire(f, old);
	} else {
		struct node *parent, *grandparent;
		unsigned position = (length - 1) / STRIDE * STRIDE;
		struct node *n = node_find(t, prefix, position, &parent, &grandparent);
		unsigned index = own_index(prefix, position, length);
		struct route *old = n->own[index];
		n->own[index] = NULL;
		n->used--;
		node_expand(n, index);
		node_prune(f, parent, n);
		if (parent != NULL)
			node_prune(f, grandparent, parent);
		retire(f, old);
	}
	t->count--;
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

static inline const struct hop *lookup(const struct trie *t, const uint8_t *destination,
				       uint32_t hash)
{
	const struct route *best = __atomic_load_n(&t->fallback, __ATOMIC_ACQUIRE);
	const struct node *n = t->root;
	while (n != NULL) {
		if (memcmp(n->prefix, destination, n->position / 8) != 0)
			break;
		if (n->position % 8 != 0 &&
		    (n->prefix[n->position / 8] ^ destination[n->position / 8]) >> 4 != 0)
			break;
		unsigned slot = nibble(destination, n->position);
		const struct route *r = __atomic_load_n(&n->slot[slot].route, __ATOMIC_ACQUIRE);
		if (r != NULL)
			best = r;
		n = __atomic_load_n(&n->slot[slot].child, __ATOMIC_ACQUIRE);
	}
	return choose(best, hash);
}

const struct hop *fib_lookup4(const struct fib *f, const uint8_t destination[4], uint32_t hash)
{
	return lookup(&f->trie[0], destination, hash);
}

const struct hop *fib_lookup6(const struct fib *f, const uint8_t destination[16], uint32_t hash)
{
	return lookup(&f->trie[1], destination, hash);
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
	static const uint8_t zero[16];
	struct fib *f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	f->version = 1;
	f->trie[0] = (struct trie){.bits = 32, .limit = max_routes4, .root = node_create(zero, 0)};
	f->trie[1] = (struct trie){.bits = 128, .limit = max_routes6, .root = node_create(zero, 0)};
	if (f->trie[0].root == NULL || f->trie[1].root == NULL) {
		fib_free(f);
		return NULL;
	}
	return f;
}

// Children first; the depth is at most 32 nodes.
static void node_free(struct node *n)
{
	if (n == NULL)
		return;
	for (unsigned i = 0; i < SLOTS; i++)
		node_free(n->slot[i].child);
	for (unsigned i = 2; i < 2 * SLOTS; i++)
		free(n->own[i]);
	free(n);
}

void fib_free(struct fib *f)
{
	if (f == NULL)
		return;
	f->qsbr = NULL;
	reclaim(f);
	for (unsigned i = 0; i < 2; i++) {
		node_free(f->trie[i].root);
		free(f->trie[i].fallback);
	}
	free(f->retired);
	free(f);
}
