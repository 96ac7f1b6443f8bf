// SPDX-License-Identifier: Apache-2.0
// The inside of the IPv6 trie, for its writer: trie6.c puts and takes, trie6_shape.c makes nodes wider and narrower.
#ifndef PORTCULLIS_NET_TRIE6_NODE_H
#define PORTCULLIS_NET_TRIE6_NODE_H

#include "net/trie6.h"

static inline unsigned trie6_end(const struct trie6_node *n) // bits decided below it
{
	return n->position + (4u << n->width);
}

static inline unsigned trie6_slots(const struct trie6_node *n)
{
	return 1u << (4u << n->width);
}

// For writers: no other thread changes nodes.
static inline struct trie6_node *trie6_child_node(const struct trie6_nodes *n, trie6_slot s)
{
	return trie6_child(s) == 0 ? NULL : arena_at(&n->of[trie6_child_width(s)], trie6_child(s));
}

static inline struct trie6_key trie6_first_bits(struct trie6_key key, unsigned bits)
{
	return (struct trie6_key){bits == 0 ? 0 : bits < 64 ? key.high & UINT64_MAX << (64 - bits) : key.high,
				  bits <= 64 ? 0 : key.low & UINT64_MAX << (128 - bits)};
}

static inline unsigned trie6_slot_of(const struct trie6_node *n, struct trie6_key key)
{
	return trie6_bits(key, n->position, n->width);
}

// What a slot says of its child, and what of its value; the other half is zero.
static inline trie6_slot trie6_child_part(trie6_slot s)
{
	return s & (UINT64_C(0x7f) << 56 | UINT32_MAX);
}

static inline trie6_slot trie6_value_part(trie6_slot s)
{
	return s & UINT64_C(0xffffff) << 32;
}

static inline unsigned trie6_value_length(trie6_slot s)
{
	return (unsigned)(s >> 48 & 0xff);
}

static inline void trie6_store(trie6_slot *slot, trie6_slot fresh)
{
	__atomic_store_n(slot, fresh, __ATOMIC_RELEASE);
}

// Gives the slot of a node (NULL: of the root) another child; part: of trie6_child_part(), 0 for none.
void trie6_link(struct trie6_node *parent, trie6_slot *link, trie6_slot part);
// A node without anything; 0 when there is no room, otherwise what the slot above says of it.
trie6_slot trie6_node_create(struct trie6_nodes *n, struct trie6_key prefix, unsigned position, unsigned width);
// The node below link that prefixes of this length end in, made when missing; NULL: no room.
struct trie6_node *trie6_node_make(struct trie6_nodes *n, trie6_slot *link, struct trie6_key prefix, unsigned length);
// Hangs a whole node below link, beside what is there. False: no room.
bool trie6_node_attach(struct trie6_nodes *n, trie6_slot *link, trie6_slot node);
void trie6_cover(struct trie6_node *n, struct trie6_key prefix, unsigned length, uint32_t value);

// Takes a dense node below link and its children together, and again while that is worth it.
void trie6_widen(const struct trie6_writer *w, trie6_slot *link);
// Resolves a wide node below link that has become sparse into narrow ones.
void trie6_narrow(const struct trie6_writer *w, trie6_slot *link);

#endif
