// SPDX-License-Identifier: Apache-2.0
#include "net/trie.h"
#include <errno.h>
#include <stdlib.h>

static struct trie_node *node_create(const uint8_t *prefix, unsigned position)
{
	struct trie_node *n = calloc(1, sizeof(*n));
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
	while (at < limit && trie_nibble(a, at) == trie_nibble(b, at))
		at += TRIE_STRIDE;
	return at;
}

static unsigned position_of(unsigned length)
{
	return (length - 1) / TRIE_STRIDE * TRIE_STRIDE;
}

// Where a value stands in own[] of its node.
static unsigned own_index(const uint8_t *prefix, unsigned length)
{
	unsigned position = position_of(length), bits = length - position;
	return 1u << bits | trie_nibble(prefix, position) >> (TRIE_STRIDE - bits);
}

static void link_child(struct trie_node *parent, struct trie_node *child)
{
	unsigned slot = trie_nibble(child->prefix, parent->position);
	parent->used += parent->slot[slot].child == NULL;
	__atomic_store_n(&parent->slot[slot].child, child, __ATOMIC_RELEASE);
}

// Puts a node between a parent and its child that leads elsewhere; returns the node at position for
// prefix.
static struct trie_node *split(struct trie_node *parent, struct trie_node *child,
			       const uint8_t *prefix, unsigned position)
{
	unsigned limit = child->position < position ? child->position : position;
	unsigned at = common_bits(child->prefix, prefix, limit);
	struct trie_node *fork = node_create(prefix, at);
	struct trie_node *target = at == position ? fork : node_create(prefix, position);
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
static struct trie_node *node_make(struct trie *t, const uint8_t *prefix, unsigned position)
{
	struct trie_node *n = t->root;
	while (n->position < position) {
		struct trie_node *child = n->slot[trie_nibble(prefix, n->position)].child;
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

// The node at position for prefix, and the nodes above it; NULL when there is none.
static struct trie_node *node_find(const struct trie *t, const uint8_t *prefix, unsigned position,
				   struct trie_node **parent, struct trie_node **grandparent)
{
	struct trie_node *n = t->root;
	*parent = *grandparent = NULL;
	while (n != NULL && n->position < position) {
		*grandparent = *parent;
		*parent = n;
		n = n->slot[trie_nibble(prefix, n->position)].child;
		if (n != NULL && common_bits(n->prefix, prefix, n->position) < n->position)
			return NULL;
	}
	return n != NULL && n->position == position ? n : NULL;
}

// Brings the slots below own[index] up to date: each holds the value of the longest prefix above
// it.
static void node_expand(struct trie_node *n, unsigned index)
{
	unsigned first = index, last = index;
	while (first < TRIE_SLOTS) {
		first *= 2;
		last = last * 2 + 1;
	}
	for (unsigned leaf = first; leaf <= last; leaf++) {
		unsigned at = leaf;
		while (at > 1 && n->own[at] == NULL)
			at /= 2;
		void *value = at > 1 ? n->own[at] : NULL;
		__atomic_store_n(&n->slot[leaf - TRIE_SLOTS].value, value, __ATOMIC_RELEASE);
	}
}

static struct trie_node *first_child(const struct trie_node *n)
{
	for (unsigned i = 0; i < TRIE_SLOTS; i++)
		if (n->slot[i].child != NULL)
			return n->slot[i].child;
	return NULL;
}

static bool has_values(const struct trie_node *n)
{
	for (unsigned i = 2; i < 2 * TRIE_SLOTS; i++)
		if (n->own[i] != NULL)
			return true;
	return false;
}

// Unlinks and returns a node that decides nothing any more; NULL: it still does.
static struct trie_node *prune(struct trie_node *parent, struct trie_node *n)
{
	if (parent == NULL || n == NULL || n->used > 1 || has_values(n))
		return NULL;
	struct trie_node *child = first_child(n);
	unsigned slot = trie_nibble(n->prefix, parent->position);
	__atomic_store_n(&parent->slot[slot].child, child, __ATOMIC_RELEASE);
	parent->used -= child == NULL;
	return n;
}

void *trie_get(const struct trie *t, const uint8_t *prefix, unsigned length)
{
	struct trie_node *parent, *grandparent;
	if (length == 0)
		return t->fallback;
	struct trie_node *n = node_find(t, prefix, position_of(length), &parent, &grandparent);
	return n != NULL ? n->own[own_index(prefix, length)] : NULL;
}

int trie_put(struct trie *t, const uint8_t *prefix, unsigned length, void *value, void **old)
{
	if (length == 0) {
		*old = t->fallback;
		__atomic_store_n(&t->fallback, value, __ATOMIC_RELEASE);
		return 0;
	}
	struct trie_node *n = node_make(t, prefix, position_of(length));
	if (n == NULL)
		return -ENOMEM;
	unsigned index = own_index(prefix, length);
	*old = n->own[index];
	n->own[index] = value;
	n->used += *old == NULL;
	node_expand(n, index);
	return 0;
}

void *trie_take(struct trie *t, const uint8_t *prefix, unsigned length, void *unlinked[2])
{
	struct trie_node *parent, *grandparent;
	void *old = t->fallback;
	unlinked[0] = unlinked[1] = NULL;
	if (length == 0) {
		__atomic_store_n(&t->fallback, NULL, __ATOMIC_RELEASE);
		return old;
	}
	struct trie_node *n = node_find(t, prefix, position_of(length), &parent, &grandparent);
	unsigned index = own_index(prefix, length);
	old = n->own[index];
	n->own[index] = NULL;
	n->used--;
	node_expand(n, index);
	unlinked[0] = prune(parent, n);
	unlinked[1] = prune(grandparent, parent); // a fork that has lost one of two ways
	return old;
}

int trie_init(struct trie *t, unsigned bits)
{
	static const uint8_t zero[16];
	*t = (struct trie){.bits = bits, .root = node_create(zero, 0)};
	return t->root != NULL ? 0 : -ENOMEM;
}

// Children first; the depth is at most 32 nodes.
static void node_free(struct trie_node *n, void (*free_value)(void *value))
{
	if (n == NULL)
		return;
	for (unsigned i = 0; i < TRIE_SLOTS; i++)
		node_free(n->slot[i].child, free_value);
	for (unsigned i = 2; i < 2 * TRIE_SLOTS; i++)
		free_value(n->own[i]);
	free(n);
}

void trie_free(struct trie *t, void (*free_value)(void *value))
{
	node_free(t->root, free_value);
	free_value(t->fallback);
}
