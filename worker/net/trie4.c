// SPDX-License-Identifier: Apache-2.0
#include "net/trie4.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#define STEPS 4

static const unsigned step_end[STEPS] = {16, 24, 28, 32}; // bits that are decided after a step
static const unsigned step_bits[STEPS] = {16, 8, 4, 4};

int trie4_nodes_init(struct trie4_nodes *n, uint32_t wide, uint32_t narrow)
{
	*n = (struct trie4_nodes){.wide_used = calloc(wide + 1, sizeof(uint16_t)),
				  .narrow_used = calloc(narrow + 1, sizeof(uint16_t))};
	if (n->wide_used != NULL && n->narrow_used != NULL &&
	    arena_init(&n->wide, 256 * sizeof(struct trie4_slot), wide) == 0 &&
	    arena_init(&n->narrow, 16 * sizeof(struct trie4_slot), narrow) == 0)
		return 0;
	trie4_nodes_fini(n);
	return -ENOMEM;
}

void trie4_nodes_fini(struct trie4_nodes *n)
{
	arena_fini(&n->wide);
	arena_fini(&n->narrow);
	free(n->wide_used);
	free(n->narrow_used);
}

int trie4_init(struct trie4 *t)
{
	void *root = mmap(NULL, TRIE4_ROOT_SLOTS * sizeof(t->root[0]), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*t = (struct trie4){.root = root == MAP_FAILED ? NULL : root};
	return t->root == NULL ? -ENOMEM : 0;
}

void trie4_fini(struct trie4 *t)
{
	if (t->root != NULL)
		munmap(t->root, TRIE4_ROOT_SLOTS * sizeof(t->root[0]));
	t->root = NULL;
}

// The nodes on the way to a prefix, root first; the index is meaningless for the root.
struct path {
	struct trie4_slot *slots[STEPS];
	uint32_t node[STEPS];
};

static unsigned slot_of(unsigned step, uint32_t prefix)
{
	return prefix >> (32 - step_end[step]) & ((1u << step_bits[step]) - 1);
}

static struct arena *arena_of(struct trie4_nodes *n, unsigned step)
{
	return step == 1 ? &n->wide : &n->narrow;
}

static uint16_t *used_of(struct trie4_nodes *n, unsigned step, uint32_t node)
{
	return step == 1 ? &n->wide_used[node] : &n->narrow_used[node];
}

static void store(struct trie4_nodes *n, struct path *p, unsigned step, unsigned slot,
		  struct trie4_slot fresh)
{
	struct trie4_slot *s = &p->slots[step][slot];
	bool was = (s->value | s->child) != 0, is = (fresh.value | fresh.child) != 0;
	uint64_t word;
	__builtin_memcpy(&word, &fresh, sizeof(word));
	__atomic_store_n((uint64_t *)(void *)s, word, __ATOMIC_RELEASE);
	if (step > 0 && was != is) {
		uint16_t *used = used_of(n, step, p->node[step]);
		*used = (uint16_t)(is ? *used + 1 : *used - 1);
	}
}

static unsigned step_of(unsigned length)
{
	unsigned step = 0;
	while (length > step_end[step])
		step++;
	return step;
}

// Follows the nodes to the step of a prefix; the number of steps that exist.
static unsigned walk(const struct trie4 *t, struct trie4_nodes *n, uint32_t prefix, unsigned last,
		     struct path *p)
{
	p->slots[0] = t->root;
	p->node[0] = 0;
	for (unsigned step = 1; step <= last; step++) {
		uint32_t node = p->slots[step - 1][slot_of(step - 1, prefix)].child;
		if (node == 0)
			return step;
		p->node[step] = node;
		p->slots[step] = arena_at(arena_of(n, step), node);
	}
	return last + 1;
}

// Makes the missing nodes, each complete before it is linked: the lowest first.
static int grow(struct trie4_nodes *n, struct path *p, uint32_t prefix, unsigned from,
		unsigned last)
{
	for (unsigned step = from; step <= last; step++) {
		p->node[step] = arena_take(arena_of(n, step));
		if (p->node[step] == 0) {
			while (step-- > from)
				arena_give(arena_of(n, step), p->node[step]);
			return -ENOSPC;
		}
		*used_of(n, step, p->node[step]) = 0;
		p->slots[step] = arena_at(arena_of(n, step), p->node[step]);
	}
	for (unsigned step = last; step >= from; step--) {
		unsigned slot = slot_of(step - 1, prefix);
		struct trie4_slot parent = p->slots[step - 1][slot];
		parent.child = p->node[step];
		store(n, p, step - 1, slot, parent);
	}
	return 0;
}

int trie4_put(struct trie4 *t, struct trie4_nodes *n, uint32_t prefix, unsigned length,
	      uint32_t value)
{
	struct path p;
	if (length == 0) {
		__atomic_store_n(&t->fallback, value, __ATOMIC_RELEASE);
		return 0;
	}
	unsigned last = step_of(length), there = walk(t, n, prefix, last, &p);
	if (there <= last && grow(n, &p, prefix, there, last) != 0)
		return -ENOSPC;
	unsigned first = slot_of(last, prefix), count = 1u << (step_end[last] - length);
	for (unsigned slot = first; slot < first + count; slot++) {
		struct trie4_slot s = p.slots[last][slot];
		if (s.value >> 16 > length)
			continue;
		s.value = length << 16 | value;
		store(n, &p, last, slot, s);
	}
	return 0;
}

// Unlinks the nodes of a path that hold nothing any more.
static void prune(struct trie4_nodes *n, struct path *p, uint32_t prefix, unsigned last,
		  struct trie4_unlinked *unlinked)
{
	for (unsigned step = last; step > 0 && *used_of(n, step, p->node[step]) == 0; step--) {
		unsigned slot = slot_of(step - 1, prefix);
		struct trie4_slot parent = p->slots[step - 1][slot];
		parent.child = 0;
		store(n, p, step - 1, slot, parent);
		if (step == 1)
			unlinked->wide = p->node[step];
		else
			unlinked->narrow[step - 2] = p->node[step];
	}
}

void trie4_take(struct trie4 *t, struct trie4_nodes *n, uint32_t prefix, unsigned length,
		trie4_rule_fn *rule, const void *context, struct trie4_unlinked *unlinked)
{
	struct path p;
	*unlinked = (struct trie4_unlinked){0};
	if (length == 0) {
		__atomic_store_n(&t->fallback, 0, __ATOMIC_RELEASE);
		return;
	}
	unsigned last = step_of(length), above = last == 0 ? 0 : step_end[last - 1];
	uint32_t instead = 0;
	for (unsigned shorter = length - 1; shorter > above && instead == 0; shorter--) {
		uint32_t value = rule(context, prefix & UINT32_MAX << (32 - shorter), shorter);
		instead = value != 0 ? shorter << 16 | value : 0;
	}
	walk(t, n, prefix, last, &p);
	unsigned first = slot_of(last, prefix), count = 1u << (step_end[last] - length);
	for (unsigned slot = first; slot < first + count; slot++) {
		struct trie4_slot s = p.slots[last][slot];
		if (s.value >> 16 != length)
			continue;
		s.value = instead;
		store(n, &p, last, slot, s);
	}
	prune(n, &p, prefix, last, unlinked);
}
