// SPDX-License-Identifier: Apache-2.0
// Longest prefix match for IPv6: a trie of nodes that each decide four, eight or sixteen bits. Bits in which all prefixes
// below agree are left out: a node carries the whole prefix that leads to it, and a lookup compares it where bits were
// left out. Nodes begin at a multiple of their width. All begin with four bits; where a node and its children are dense,
// one of twice the bits takes their place, so 200,000 prefixes below one /32 are found in three or four steps. Values are
// small numbers; 0 is none.
//
// One writer, any number of readers without locks. A slot is 64 bits and changes by one store: the value of the longest
// prefix that ends inside its node, and where the lookup goes on. A node never changes its place, prefix or width; a wider
// one is complete before it is linked in the place of the others. Nodes that were unlinked are handed to the owner
// (trie6_retire_fn), which gives them back when no reader can be inside any more.
//
// What a deleted prefix uncovers is asked of the owner (trie6_rule_fn), which knows every prefix.
#ifndef PORTCULLIS_NET_TRIE6_H
#define PORTCULLIS_NET_TRIE6_H

#include <stdbool.h>
#include "net/arena.h"

#define TRIE6_WIDTHS 3u // 4, 8 and 16 bits
#define TRIE6_BITS 128u

struct trie6_key { // an address or prefix, host byte order
	uint64_t high, low;
};

// bits 0-31: child, 0: none; 32-47: value; 48-55: length of its prefix, 0: none; 56-60: position of the child / 4; 61-62:
// width of the child, as index
typedef uint64_t trie6_slot;

struct trie6_node {
	struct trie6_key prefix; // the first position bits; the rest is zero
	uint32_t children; // slots with a child
	uint32_t own;      // prefixes that end inside this node
	uint8_t position;  // bits decided above it
	uint8_t width;     // index: 4 << width bits
	uint8_t pad[6];
	trie6_slot slots[];
};

struct trie6_nodes { // of all tries of a table, by width
	struct arena of[TRIE6_WIDTHS];
};

struct trie6 {
	trie6_slot root; // its value: that of length 0
};

// Value of exactly this prefix, or 0.
typedef uint32_t trie6_rule_fn(const void *context, struct trie6_key prefix, unsigned length);
// A node that was unlinked.
typedef void trie6_retire_fn(void *context, unsigned width, uint32_t node);

struct trie6_writer {
	struct trie6_nodes *nodes;
	trie6_rule_fn *rule;
	trie6_retire_fn *retire;
	void *context;
};

int trie6_nodes_init(struct trie6_nodes *n, uint32_t routes); // for so many prefixes in all tries
void trie6_nodes_fini(struct trie6_nodes *n);

// Bits beyond length are zero, value is not 0. known: the prefix has a value. -ENOSPC: no more nodes, nothing has changed.
int trie6_put(struct trie6 *t, const struct trie6_writer *w, struct trie6_key prefix, unsigned length, uint32_t value,
	      bool known);
// Of a prefix that has a value here, and that rule() no longer knows.
void trie6_take(struct trie6 *t, const struct trie6_writer *w, struct trie6_key prefix, unsigned length);

static inline uint32_t trie6_child(trie6_slot s)
{
	return (uint32_t)s;
}

static inline uint32_t trie6_value(trie6_slot s)
{
	return (uint32_t)(s >> 32) & UINT16_MAX;
}

static inline unsigned trie6_child_position(trie6_slot s)
{
	return (unsigned)(s >> 56 & 0x1f) * 4;
}

static inline unsigned trie6_child_width(trie6_slot s)
{
	return (unsigned)(s >> 61 & 3);
}

static inline trie6_slot trie6_load(const trie6_slot *slot)
{
	return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

static inline const struct trie6_node *trie6_at(const struct trie6_nodes *n, trie6_slot s)
{
	return arena_at(&n->of[trie6_child_width(s)], trie6_child(s));
}

// The bits that a node at position decides: all of them lie in one half of the address.
static inline unsigned trie6_bits(struct trie6_key key, unsigned position, unsigned width)
{
	uint64_t half = position < 64 ? key.high : key.low;
	unsigned bits = 4u << width;
	return (unsigned)(half << position % 64 >> (64 - bits));
}

// Whether the first bits (at least one) of two keys are the same.
static inline bool trie6_same(struct trie6_key a, struct trie6_key b, unsigned bits)
{
	uint64_t high = a.high ^ b.high, low = a.low ^ b.low;
	return bits <= 64 ? high >> (64 - bits) == 0 : (high | low >> (128 - bits)) == 0;
}

static inline struct trie6_key trie6_key_of(const uint8_t address[16])
{
	uint64_t half[2];
	__builtin_memcpy(half, address, sizeof(half));
	return (struct trie6_key){__builtin_bswap64(half[0]), __builtin_bswap64(half[1])};
}

// Reader: the value of the longest prefix of an address, or 0.
static inline uint32_t trie6_lookup(const struct trie6 *t, const struct trie6_nodes *n, struct trie6_key key)
{
	trie6_slot s = trie6_load(&t->root);
	uint32_t best = trie6_value(s);
	unsigned decided = 0;
	while (trie6_child(s) != 0) {
		const struct trie6_node *node = trie6_at(n, s);
		unsigned position = trie6_child_position(s), width = trie6_child_width(s);
		s = trie6_load(&node->slots[trie6_bits(key, position, width)]);
		if (position != decided && !trie6_same(node->prefix, key, position))
			break;
		best = trie6_value(s) != 0 ? trie6_value(s) : best;
		decided = position + (4u << width);
	}
	return best;
}

#endif
