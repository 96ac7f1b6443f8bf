// SPDX-License-Identifier: Apache-2.0
// Longest prefix match: a trie of nodes that each decide four bits. Chains of nodes with one way on
// are left out: a node carries the whole prefix that leads to it, and a lookup compares it.
//
// One writer, any number of readers without locks. A node never changes its place or prefix; only
// its slots change, each by one store, so a reader sees every value either before or after a
// change. Nodes that the writer has unlinked are handed back to it: it frees them when no reader
// can be inside any more.
//
// A node at position p (bits decided above it, a multiple of four) holds the values of prefixes of
// length p+1 .. p+4 twice: by length in own[], which only the writer reads, and expanded to the
// sixteen slots that lookups use. The value of length 0 stands beside the nodes.
#ifndef PORTCULLIS_NET_TRIE_H
#define PORTCULLIS_NET_TRIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TRIE_STRIDE 4
#define TRIE_SLOTS (1u << TRIE_STRIDE)

struct trie_node {
	uint8_t prefix[16]; // the first position bits; the rest is zero
	unsigned position;
	unsigned used; // values in own[] and children
	struct {
		struct trie_node *child;
		void *value;
	} slot[TRIE_SLOTS];
	void *own[2 * TRIE_SLOTS]; // length p + l and bits v: own[1 << l | v]
};

struct trie {
	struct trie_node *root; // position 0
	void *fallback;         // length 0
	unsigned bits;          // 32 or 128
};

int trie_init(struct trie *t, unsigned bits);
void trie_free(struct trie *t, void (*free_value)(void *value));

// Value of exactly this prefix, or NULL. Bits beyond length are zero, here and below.
void *trie_get(const struct trie *t, const uint8_t *prefix, unsigned length);

// Sets it. Returns 0 with the value before, or NULL, in *old; -ENOMEM changes nothing that readers
// see.
int trie_put(struct trie *t, const uint8_t *prefix, unsigned length, void *value, void **old);

// Takes the value of a prefix that has one; up to two nodes are unlinked with it (NULL: fewer).
void *trie_take(struct trie *t, const uint8_t *prefix, unsigned length, void *unlinked[2]);

static inline unsigned trie_nibble(const uint8_t *address, unsigned position)
{
	return (unsigned)address[position / 8] >> (4 - position % 8) & 0xf;
}

// Reader: the value of the longest prefix of the address, or NULL.
static inline void *trie_lookup(const struct trie *t, const uint8_t *address)
{
	void *best = __atomic_load_n(&t->fallback, __ATOMIC_ACQUIRE);
	const struct trie_node *n = t->root;
	while (n != NULL) {
		unsigned at = n->position, bytes = at / 8;
		if (memcmp(n->prefix, address, bytes) != 0)
			break;
		if (at % 8 != 0 && (n->prefix[bytes] ^ address[bytes]) >> 4 != 0)
			break;
		unsigned slot = trie_nibble(address, at);
		void *value = __atomic_load_n(&n->slot[slot].value, __ATOMIC_ACQUIRE);
		if (value != NULL)
			best = value;
		n = __atomic_load_n(&n->slot[slot].child, __ATOMIC_ACQUIRE);
	}
	return best;
}

#endif
