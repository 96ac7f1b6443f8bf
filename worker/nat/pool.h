// SPDX-License-Identifier: Apache-2.0
// Addresses and ports that source NAT hands out. Everything in host byte order.
#ifndef PORTCULLIS_NAT_POOL_H
#define PORTCULLIS_NAT_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "shm/layout.h"

// Addresses low .. high are numbers first, first + 1, ...
struct nat_span {
	uint32_t low, high, first;
};

// The span that holds an address, of sorted disjoint ones; NULL: none.
const struct nat_span *nat_span_find(const struct nat_span *spans, uint32_t count, uint32_t address);
int nat_span_by_low(const void *a, const void *b); // for qsort()

// Sorts, joins what overlaps and numbers; the count that is left.
uint32_t nat_span_settle(struct nat_span *spans, uint32_t count);

struct nat_pool {
	struct nat_span *ranges; // sorted, disjoint; numbered from the lowest address
	uint32_t range_count, addresses;
	struct nat_span *subscribers; // sorted by address; numbered in the order of the program
	uint32_t subscriber_count;
	uint32_t block_size, blocks; // ports of a block, blocks of an address; 0: no port blocks
	uint16_t low, high;          // ports
	bool address_persistent;
};

// Where one client may be translated to: addresses, and for those that have ports, ports.
struct nat_space {
	const struct nat_pool *pool; // NULL: only address
	uint32_t address;
	uint32_t first, tries; // numbers of the pool's addresses: first, and how many may be tried
	uint16_t low, high;
};

// Copies the rows of a checked program. 0 or -ENOMEM.
int nat_pool_build(struct nat_pool *pool, const struct fw_program *p, uint32_t row);
void nat_pool_free(struct nat_pool *pool);

uint32_t nat_pool_address(const struct nat_pool *pool, uint32_t number);
uint32_t nat_pool_number(const struct nat_pool *pool, uint32_t address); // FW_NO_INDEX: not in it

// False: the pool has no place for this client.
bool nat_pool_space(const struct nat_pool *pool, uint32_t client, struct nat_space *space);

static inline uint32_t nat_space_address(const struct nat_space *s, uint32_t attempt)
{
	if (s->pool == NULL)
		return s->address;
	return nat_pool_address(s->pool, (s->first + attempt) % s->pool->addresses);
}

// An address and port given earlier are still of this space.
bool nat_space_has_address(const struct nat_space *s, uint32_t address);

static inline bool nat_space_holds(const struct nat_space *s, uint32_t address, uint16_t port)
{
	return port >= s->low && port <= s->high && nat_space_has_address(s, address);
}

#endif
