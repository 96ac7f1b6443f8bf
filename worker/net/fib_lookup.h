// SPDX-License-Identifier: Apache-2.0
// The inside of the routes, for fib.c and the lookup that is compiled into the packet path.
#ifndef PORTCULLIS_NET_FIB_LOOKUP_H
#define PORTCULLIS_NET_FIB_LOOKUP_H

#include "net/fib.h"
#include "net/hops.h"
#include "net/retired.h"
#include "net/rules.h"
#include "net/rules6.h"
#include "net/trie4.h"
#include "net/trie6.h"

struct fib_table { // of one VRF
	struct trie4 trie4;
	struct trie6 trie6;
	uint32_t count;
};

struct fib {
	struct fib_table *tables[UINT16_MAX + 1]; // by VRF
	uint32_t table_count;
	uint32_t count[2], limit[2]; // IPv4, IPv6
	struct trie4_nodes nodes;
	struct trie6_nodes nodes6;
	struct hops hops;
	struct rules rules; // IPv4 prefixes
	struct rules6 rules6;
	struct hop_clock clock;
	struct retired_queue retired;
};

static inline const struct fib_table *fib_table_of(const struct fib *f, uint16_t vrf)
{
	return __atomic_load_n(&f->tables[vrf], __ATOMIC_ACQUIRE);
}

// Addresses of IPv4 as on the wire. trie: of the VRF; NULL: it has no routes.
static inline const struct hop_group *fib_find4(const struct fib *f, const struct trie4 *trie,
						uint32_t address)
{
	if (__builtin_expect(trie == NULL, 0))
		return hops_at(&f->hops, 0);
	return hops_at(&f->hops, trie4_lookup(trie, &f->nodes, __builtin_bswap32(address)));
}

static inline const struct hop_group *fib_find6(const struct fib *f, uint16_t vrf,
						const uint8_t *address)
{
	const struct fib_table *t = fib_table_of(f, vrf);
	return hops_at(&f->hops, t == NULL ? 0 : trie6_lookup(&t->trie6, &f->nodes6, trie6_key_of(address)));
}

// More nodes than a cache near the core holds.
static inline bool fib_is_large(const struct fib *f)
{
	return f->nodes.wide.used > 32;
}

// What fib_find4() will read, in two steps: the second one some time after the first.
static inline void fib_fetch4(const struct trie4 *trie, uint32_t address)
{
	if (__builtin_expect(trie != NULL, 1))
		__builtin_prefetch(trie4_root_slot(trie, __builtin_bswap32(address)));
}

static inline void fib_fetch4_next(const struct fib *f, const struct trie4 *trie, uint32_t address)
{
	uint32_t at = __builtin_bswap32(address);
	if (__builtin_expect(trie == NULL, 0))
		return;
	uint32_t child = trie4_load(trie4_root_slot(trie, at)).child;
	if (child != 0)
		__builtin_prefetch(trie4_wide_slot(&f->nodes, child, at));
}

#endif
