// SPDX-License-Identifier: Apache-2.0
// Wider where prefixes are dense, narrow elsewhere. A change of shape is built beside the trie from what it replaces, and
// linked by one store. Without room for it everything stays as it is: only lookups take a step more.
#include "net/trie6_node.h"

// Children right below a node that a node of twice the width would take the place of, at least: half of the slots.
static bool is_dense(const struct trie6_node *n)
{
	unsigned half = trie6_slots(n) / 2, found = 0;
	if (n->width + 1u == TRIE6_WIDTHS || n->position % (8u << n->width) != 0 || n->children < half)
		return false;
	for (unsigned i = 0; i < trie6_slots(n); i++)
		found += trie6_child(n->slots[i]) != 0 && trie6_child_position(n->slots[i]) == trie6_end(n) &&
			 trie6_child_width(n->slots[i]) == n->width;
	return found >= half;
}

// The prefix of a slot of a node.
static struct trie6_key key_of(const struct trie6_node *n, unsigned slot)
{
	struct trie6_key key = n->prefix;
	unsigned shift = 64 - (n->position % 64 + (4u << n->width));
	*(n->position < 64 ? &key.high : &key.low) |= (uint64_t)slot << shift;
	return key;
}

// Puts everything that a node holds into a wider one that nobody sees yet; nodes inside of its bits are dissolved.
static void flatten(const struct trie6_nodes *all, struct trie6_node *wide, const struct trie6_node *n)
{
	unsigned count = 1u << (trie6_end(wide) - trie6_end(n));
	wide->own += n->own;
	for (unsigned i = 0; i < trie6_slots(n); i++) {
		trie6_slot *to = &wide->slots[trie6_slot_of(wide, key_of(n, i))];
		trie6_slot value = trie6_value_part(n->slots[i]);
		for (unsigned at = 0; value != 0 && at < count; at++)
			to[at] = trie6_child_part(to[at]) | value;
		const struct trie6_node *child = trie6_child_node(all, n->slots[i]);
		if (child == NULL)
			continue;
		if (child->position < trie6_end(wide))
			flatten(all, wide, child);
		else
			trie6_link(wide, &wide->slots[trie6_slot_of(wide, child->prefix)],
				   trie6_child_part(n->slots[i]));
	}
}

// Retires a node and those below it that end at most there.
static void retire_below(const struct trie6_writer *w, trie6_slot node, unsigned end)
{
	const struct trie6_node *n = trie6_child_node(w->nodes, node);
	if (n == NULL || n->position >= end)
		return;
	for (unsigned i = 0; i < trie6_slots(n); i++)
		retire_below(w, n->slots[i], end);
	w->retire(w->context, n->width, trie6_child(node));
}

void trie6_widen(const struct trie6_writer *w, trie6_slot *link)
{
	const struct trie6_node *n;
	while ((n = trie6_child_node(w->nodes, *link)) != NULL && is_dense(n)) {
		trie6_slot wide = trie6_node_create(w->nodes, n->prefix, n->position, n->width + 1u);
		if (wide == 0)
			return;
		struct trie6_node *fresh = trie6_child_node(w->nodes, wide);
		flatten(w->nodes, fresh, n);
		trie6_slot before = *link;
		trie6_store(link, trie6_value_part(before) | wide);
		retire_below(w, before, trie6_end(fresh));
	}
}

// The values of a wide node, as its prefixes in narrow nodes below top.
static bool spread_values(const struct trie6_writer *w, const struct trie6_node *n, trie6_slot *top)
{
	uint32_t left = n->own;
	for (unsigned length = n->position + 1u; left > 0 && length <= trie6_end(n); length++) {
		unsigned step = 1u << (trie6_end(n) - length);
		for (unsigned slot = 0; left > 0 && slot < trie6_slots(n); slot += step) {
			struct trie6_key prefix = key_of(n, slot);
			uint32_t value = w->rule(w->context, prefix, length);
			if (value == 0)
				continue;
			struct trie6_node *to = trie6_node_make(w->nodes, top, prefix, length);
			if (to == NULL)
				return false;
			to->own++;
			trie6_cover(to, prefix, length, value);
			left--;
		}
	}
	return true;
}

static bool spread_children(const struct trie6_writer *w, const struct trie6_node *n, trie6_slot *top)
{
	for (unsigned i = 0; i < trie6_slots(n); i++)
		if (trie6_child(n->slots[i]) != 0 &&
		    !trie6_node_attach(w->nodes, top, trie6_child_part(n->slots[i])))
			return false;
	return true;
}

// Gives back nodes that nobody has seen; those from end on stay.
static void give_below(struct trie6_nodes *nodes, trie6_slot node, unsigned end)
{
	const struct trie6_node *n = trie6_child_node(nodes, node);
	if (n == NULL || n->position >= end)
		return;
	for (unsigned i = 0; i < trie6_slots(n); i++)
		give_below(nodes, n->slots[i], end);
	arena_give(&nodes->of[n->width], trie6_child(node));
}

void trie6_narrow(const struct trie6_writer *w, trie6_slot *link)
{
	const struct trie6_node *n = trie6_child_node(w->nodes, *link);
	if (n->width == 0 || n->children + n->own >= (n->width == 1 ? 4u : 256u))
		return;
	trie6_slot top = 0, before = *link;
	if (!spread_children(w, n, &top) || !spread_values(w, n, &top)) {
		give_below(w->nodes, top, trie6_end(n));
		return;
	}
	trie6_store(link, trie6_value_part(before) | trie6_child_part(top));
	w->retire(w->context, n->width, trie6_child(before));
}
