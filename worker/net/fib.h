// SPDX-License-Identifier: Apache-2.0
// Routes of both families. Writer: the control thread (or replay); reader: the datapath core.
// A route leads to a hop; hops are never changed in place: a new one is made, and version grows, so
// that sessions that cached the old one look again.
#ifndef PORTCULLIS_NET_FIB_H
#define PORTCULLIS_NET_FIB_H

#include <stdint.h>
#include "shm/layout.h"

enum hop_type {
	HOP_NONE = 0,  // no route
	HOP_LOCAL,     // an address of the firewall itself: punt
	HOP_CONNECTED, // on link: the next hop is the destination
	HOP_GATEWAY,   // through gateway
	HOP_BLACKHOLE, // drop
};

// interface: name_id of the interface (the same in every generation).
struct hop {
	enum hop_type type;
	uint32_t interface;
	uint8_t family; // of gateway
	uint8_t gateway[16];
};

struct fib;
struct rte_rcu_qsbr;

struct fib *fib_create(uint32_t max_routes4, uint32_t max_routes6);
void fib_free(struct fib *f);

// Quiescent states of the readers: what a change replaces is freed once all of them have passed
// one. Without it the reader must be the writer's own thread, and replaced objects are freed at
// once.
void fib_set_qsbr(struct fib *f, struct rte_rcu_qsbr *qsbr);

// Adds or replaces the route to prefix/length (family 4 or 6). count hops: equal-cost paths, one is
// chosen by hash. Returns 0 or a negative errno: -EINVAL for host bits, length or count, -ENOSPC
// when the table is full.
int fib_set(struct fib *f, uint8_t family, const uint8_t prefix[16], uint8_t length,
	    const struct hop *hops, unsigned count);
// Returns 0, or -ENOENT.
int fib_delete(struct fib *f, uint8_t family, const uint8_t prefix[16], uint8_t length);

// Never 0; grows after every change. What a lookup found is valid while it stays the same: read it
// before the lookup.
uint32_t fib_version(const struct fib *f);

// The hop to a destination (network byte order); hash chooses among equal-cost paths. Never NULL:
// type HOP_NONE says no route. The pointer is valid until the caller's next quiescent point.
const struct hop *fib_lookup4(const struct fib *f, const uint8_t destination[4], uint32_t hash);
const struct hop *fib_lookup6(const struct fib *f, const uint8_t destination[16], uint32_t hash);

#endif
