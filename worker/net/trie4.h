// SPDX-License-Identifier: Apache-2.0
// Longest prefix match for IPv4 in at most four steps: a root of 65536 slots decides 16 bits, then
// nodes decide 8, 4 and 4. Values are small numbers; 0 is none.
//
// One writer, any number of readers without locks. A slot holds the value of the longest prefix
// that ends inside its own step, and the node of the next step: 64 bits, changed by one store. So a
// route changes slots of one node only, and a reader sees each address either before or after.
// Nodes that were unlinked are handed to the writer, which gives them back when no reader can be
// inside any more.
//
// What a deleted prefix uncovers is asked of its owner (trie4_rule_fn), which knows every prefix.
#ifndef PORTCULLIS_NET_TRIE4_H
#define PORTCULLIS_NET_TRIE4_H

#include "net/arena.h"

#define TRIE4_ROOT_SLOTS 65536u
#define TRIE4_VALUE_MAX UINT16_MAX

struct trie4_slot {
	uint32_t value; // length of its prefix << 16 | value
	uint32_t child; // node of the next step
};

// Nodes of all tries of a table.
struct trie4_nodes {
	struct arena wide;   // 256 slots
	struct arena narrow; // 16 slots
	uint16_t *wide_used, *narrow_used; // slots that hold something
};

struct trie4 {
	struct trie4_slot *root;
	uint32_t fallback; // value of length 0
};

struct trie4_unlinked { // at most one node of each step below the root
	uint32_t wide, narrow[2];
};

int trie4_nodes_init(struct trie4_nodes *n, uint32_t wide, uint32_t narrow);
void trie4_nodes_fini(struct trie4_nodes *n);
int trie4_init(struct trie4 *t);
void trie4_fini(struct trie4 *t);

// Value of exactly this prefix, or 0.
typedef uint32_t trie4_rule_fn(const void *context, uint32_t prefix, unsigned length);

// Addresses and prefixes in host byte order. -ENOSPC: no more nodes, nothing has changed.
int trie4_put(struct trie4 *t, struct trie4_nodes *n, uint32_t prefix, unsigned length,
	      uint32_t value);
void trie4_take(struct trie4 *t, struct trie4_nodes *n, uint32_t prefix, unsigned length,
		trie4_rule_fn *rule, const void *context, struct trie4_unlinked *unlinked);

static inline struct trie4_slot trie4_load(const struct trie4_slot *slot)
{
	struct trie4_slot s;
	uint64_t word = __atomic_load_n((const uint64_t *)(const void *)slot, __ATOMIC_ACQUIRE);
	__builtin_memcpy(&s, &word, sizeof(s));
	return s;
}

static inline const struct trie4_slot *trie4_root_slot(const struct trie4 *t, uint32_t address)
{
	return &t->root[address >> 16];
}

static inline const struct trie4_slot *trie4_wide_slot(const struct trie4_nodes *n, uint32_t node,
						       uint32_t address)
{
	return (const struct trie4_slot *)arena_at(&n->wide, node) + (address >> 8 & 0xff);
}

// Reader: the rest of a lookup, from the root slot of the address on.
static inline uint32_t trie4_descend(const struct trie4 *t, const struct trie4_nodes *n,
				     struct trie4_slot s, uint32_t address)
{
	uint32_t best = s.value;
	if (s.child != 0) {
		s = trie4_load(trie4_wide_slot(n, s.child, address));
		best = s.value != 0 ? s.value : best;
		for (unsigned shift = 4; s.child != 0; shift -= 4) {
			const struct trie4_slot *slots = arena_at(&n->narrow, s.child);
			s = trie4_load(&slots[address >> shift & 0xf]);
			best = s.value != 0 ? s.value : best;
		}
	}
	if (best == 0)
		best = __atomic_load_n(&t->fallback, __ATOMIC_ACQUIRE);
	return best & TRIE4_VALUE_MAX;
}

// Reader: the value of the longest prefix, or 0.
static inline uint32_t trie4_lookup(const struct trie4 *t, const struct trie4_nodes *n,
				    uint32_t address)
{
	return trie4_descend(t, n, trie4_load(trie4_root_slot(t, address)), address);
}

#endif
