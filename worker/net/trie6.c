// SPDX-License-Identifier: Apache-2.0
#include "net/trie6_node.h"

#include <errno.h>

#define DEPTH (TRIE6_BITS / 4 + 1)
#define SPARE 8192u // nodes that wait for readers, beside those in use

int trie6_nodes_init(struct trie6_nodes *n, uint32_t routes)
{
	// A prefix needs at most two nodes of four bits: its own and a fork. The others take the place of many.
	const uint32_t limits[TRIE6_WIDTHS] = {routes * 2 + SPARE, routes / 8 + 16, routes / 4096 + 4};
	*n = (struct trie6_nodes){0};
	for (unsigned width = 0; width < TRIE6_WIDTHS; width++) {
		size_t size = sizeof(struct trie6_node) + (sizeof(trie6_slot) << (4u << width));
		if (arena_init(&n->of[width], size, limits[width]) != 0) {
			trie6_nodes_fini(n);
			return -ENOMEM;
		}
	}
	return 0;
}

void trie6_nodes_fini(struct trie6_nodes *n)
{
	for (unsigned width = 0; width < TRIE6_WIDTHS; width++)
		arena_fini(&n->of[width]);
}

trie6_slot trie6_node_create(struct trie6_nodes *n, struct trie6_key prefix, unsigned position, unsigned width)
{
	uint32_t index = arena_take(&n->of[width]);
	if (index == 0)
		return 0;
	struct trie6_node *node = arena_at(&n->of[width], index);
	node->prefix = trie6_first_bits(prefix, position);
	node->position = (uint8_t)position;
	node->width = (uint8_t)width;
	return (trie6_slot)width << 61 | (trie6_slot)(position / 4) << 56 | index;
}

void trie6_link(struct trie6_node *parent, trie6_slot *link, trie6_slot part)
{
	if (parent != NULL)
		parent->children += (trie6_child(part) != 0) - (uint32_t)(trie6_child(*link) != 0);
	trie6_store(link, trie6_value_part(*link) | part);
}

void trie6_cover(struct trie6_node *n, struct trie6_key prefix, unsigned length, uint32_t value)
{
	trie6_slot *slot = &n->slots[trie6_slot_of(n, prefix)], *end = slot + (1u << (trie6_end(n) - length));
	for (; slot < end; slot++)
		if (trie6_value_length(*slot) <= length)
			trie6_store(slot, trie6_child_part(*slot) | (trie6_slot)length << 48 | (trie6_slot)value << 32);
}

// Length of what two keys have in common, a multiple of four, at most limit.
static unsigned common_bits(struct trie6_key a, struct trie6_key b, unsigned limit)
{
	uint64_t high = a.high ^ b.high, low = a.low ^ b.low;
	unsigned bits = high != 0  ? (unsigned)__builtin_clzll(high)
			: low != 0 ? 64 + (unsigned)__builtin_clzll(low)
				   : TRIE6_BITS;
	bits -= bits % 4;
	return bits < limit ? bits : limit;
}

// Where a search below a link ends: at a node that leads elsewhere, at none, or at the wanted one.
struct place {
	struct trie6_node *parent; // NULL: link is the root
	trie6_slot *link;
	struct trie6_node *node; // below link; NULL: none
	unsigned common;         // bits that it shares with what was searched for, at most position
};

// position: of the node that is searched for, when it stands alone.
static struct place find_place(const struct trie6_nodes *n, trie6_slot *link, struct trie6_key key, unsigned position)
{
	struct place p = {.link = link};
	for (;;) {
		p.node = trie6_child_node(n, *p.link);
		if (p.node == NULL)
			return p;
		unsigned limit = p.node->position < position ? p.node->position : position;
		p.common = common_bits(p.node->prefix, key, limit);
		if (p.common < p.node->position || position < trie6_end(p.node))
			return p;
		p.parent = p.node;
		p.link = &p.node->slots[trie6_slot_of(p.node, key)];
	}
}

// A fork in the place of a node that leads elsewhere, with that node below; complete, not yet linked.
static trie6_slot make_fork(struct trie6_nodes *n, const struct place *p)
{
	trie6_slot fork = trie6_node_create(n, p->node->prefix, p->common, 0);
	if (fork != 0) {
		struct trie6_node *f = trie6_child_node(n, fork);
		trie6_link(f, &f->slots[trie6_slot_of(f, p->node->prefix)], trie6_child_part(*p->link));
	}
	return fork;
}

static bool attach_at(struct trie6_nodes *n, const struct place *p, struct trie6_key key, trie6_slot node)
{
	trie6_slot top = node;
	if (p->node != NULL) {
		top = make_fork(n, p);
		if (top == 0)
			return false;
		struct trie6_node *f = trie6_child_node(n, top);
		trie6_link(f, &f->slots[trie6_slot_of(f, key)], node);
	}
	trie6_link(p->parent, p->link, top);
	return true;
}

struct trie6_node *trie6_node_make(struct trie6_nodes *n, trie6_slot *link, struct trie6_key prefix, unsigned length)
{
	unsigned position = (length - 1) / 4 * 4;
	struct place p = find_place(n, link, prefix, position);
	if (p.node != NULL && p.common == p.node->position)
		return p.node;
	bool fork = p.node != NULL && p.common == position;
	trie6_slot fresh = fork ? make_fork(n, &p) : trie6_node_create(n, prefix, position, 0);
	if (fresh == 0)
		return NULL;
	if (fork) {
		trie6_link(p.parent, p.link, fresh);
	} else if (!attach_at(n, &p, prefix, fresh)) {
		arena_give(&n->of[0], trie6_child(fresh));
		return NULL;
	}
	return trie6_child_node(n, fresh);
}

bool trie6_node_attach(struct trie6_nodes *n, trie6_slot *link, trie6_slot node)
{
	const struct trie6_node *it = trie6_child_node(n, node);
	struct place p = find_place(n, link, it->prefix, it->position);
	return attach_at(n, &p, it->prefix, node);
}

int trie6_put(struct trie6 *t, const struct trie6_writer *w, struct trie6_key prefix, unsigned length, uint32_t value,
	      bool known)
{
	if (length == 0) {
		trie6_store(&t->root, trie6_child_part(t->root) | (trie6_slot)value << 32);
		return 0;
	}
	uint32_t before = w->nodes->of[0].used;
	struct trie6_node *n = trie6_node_make(w->nodes, &t->root, prefix, length);
	if (n == NULL)
		return -ENOSPC;
	n->own += !known;
	trie6_cover(n, prefix, length, value);
	if (w->nodes->of[0].used == before)
		return 0;
	trie6_slot *link = &t->root;
	for (;;) {
		trie6_widen(w, link);
		const struct trie6_node *at = trie6_child_node(w->nodes, *link);
		if (trie6_end(at) >= length)
			return 0;
		link = (trie6_slot *)(uintptr_t)&at->slots[trie6_slot_of(at, prefix)];
	}
}

// Gives the slots of a prefix that is gone to the next shorter one of the same node.
static void uncover(const struct trie6_writer *w, struct trie6_node *n, struct trie6_key prefix, unsigned length)
{
	trie6_slot instead = 0;
	for (unsigned shorter = length - 1; shorter > n->position && instead == 0; shorter--) {
		uint32_t value = w->rule(w->context, trie6_first_bits(prefix, shorter), shorter);
		instead = value != 0 ? (trie6_slot)shorter << 48 | (trie6_slot)value << 32 : 0;
	}
	trie6_slot *slot = &n->slots[trie6_slot_of(n, prefix)], *end = slot + (1u << (trie6_end(n) - length));
	for (; slot < end; slot++)
		if (trie6_value_length(*slot) == length)
			trie6_store(slot, trie6_child_part(*slot) | instead);
}

static trie6_slot only_child(const struct trie6_node *n)
{
	for (unsigned i = 0; n->children > 0 && i < trie6_slots(n); i++)
		if (trie6_child(n->slots[i]) != 0)
			return trie6_child_part(n->slots[i]);
	return 0;
}

// Unlinks the node below link when it decides nothing any more.
static void prune(const struct trie6_writer *w, struct trie6_node *parent, trie6_slot *link)
{
	const struct trie6_node *n = trie6_child_node(w->nodes, *link);
	unsigned width = n->width;
	uint32_t index = trie6_child(*link);
	if (n->own > 0 || n->children > 1) {
		trie6_narrow(w, link);
		return;
	}
	trie6_link(parent, link, only_child(n));
	w->retire(w->context, width, index);
}

void trie6_take(struct trie6 *t, const struct trie6_writer *w, struct trie6_key prefix, unsigned length)
{
	trie6_slot *links[DEPTH] = {&t->root};
	struct trie6_node *nodes[DEPTH] = {NULL}; // that the link is in
	unsigned depth = 0;
	if (length == 0) {
		trie6_store(&t->root, trie6_child_part(t->root));
		return;
	}
	struct trie6_node *n = trie6_child_node(w->nodes, t->root);
	while (trie6_end(n) < length) {
		nodes[++depth] = n;
		links[depth] = &n->slots[trie6_slot_of(n, prefix)];
		n = trie6_child_node(w->nodes, *links[depth]);
	}
	uncover(w, n, prefix, length);
	n->own--;
	prune(w, nodes[depth], links[depth]);
	if (depth > 0) // a fork that has lost one of two ways, or a node that has become sparse
		prune(w, nodes[depth - 1], links[depth - 1]);
}
