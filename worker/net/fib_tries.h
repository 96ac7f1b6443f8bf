// SPDX-License-Identifier: Apache-2.0
// The inside of the routes, for the writer: one prefix in the tries of a VRF and in the list of all prefixes (net/rules.h,
// net/rules6.h). What a change unlinks goes to the retired queue.
#ifndef PORTCULLIS_NET_FIB_TRIES_H
#define PORTCULLIS_NET_FIB_TRIES_H

#include "net/fib_lookup.h"

enum fib_retired { FIB_WIDE, FIB_NARROW, FIB_GROUP, FIB_TABLE, FIB_NODE6 }; // FIB_NODE6 + width of the node

#define FIB_RESERVE 8u // places in the retired queue that a change finds, beside those of IPv6 nodes

struct fib_prefix {
	uint16_t vrf;
	uint8_t family, length;
	const uint8_t *bytes; // network byte order; bits beyond length are zero
};

uint32_t fib_tries_find(const struct fib *f, const struct fib_prefix *p); // group, or 0
// 0, -ENOMEM or -ENOSPC; then nothing has changed.
int fib_tries_put(struct fib *f, struct fib_table *t, const struct fib_prefix *p, uint32_t group);
// Of a prefix that is there.
void fib_tries_take(struct fib *f, struct fib_table *t, const struct fib_prefix *p);

#endif
