// SPDX-License-Identifier: Apache-2.0
// Routes of both families, of the main table (VRF 0) and of VRFs, which are named by their kernel
// table id. Writer: the control thread (or replay); readers: the datapath cores. A route leads to a
// group of hops; groups are never changed in place: a new one is made, and the hop clock ticks, so
// that sessions that cached the old one look again.
#ifndef PORTCULLIS_NET_FIB_H
#define PORTCULLIS_NET_FIB_H

#include <stdint.h>
#include "net/hop_clock.h"
#include "shm/layout.h"

enum hop_type {
	HOP_NONE = 0,  // no route
	HOP_LOCAL,     // an address of the firewall itself: punt
	HOP_CONNECTED, // on link: the next hop is the destination
	HOP_GATEWAY,   // through gateway
	HOP_BLACKHOLE, // drop silently
	HOP_UNREACHABLE, // drop, host unreachable
	HOP_PROHIBIT, // drop, administratively prohibited
};

// Of a configured route that does not forward.
static inline enum hop_type hop_type_of(enum fw_route_type type)
{
	return type == FW_ROUTE_UNREACHABLE ? HOP_UNREACHABLE
	       : type == FW_ROUTE_PROHIBIT  ? HOP_PROHIBIT
					    : HOP_BLACKHOLE;
}

static inline bool hop_forwards(enum hop_type type)
{
	return type == HOP_CONNECTED || type == HOP_GATEWAY;
}

// interface: name_id of the interface (the same in every generation).
struct hop {
	enum hop_type type;
	uint32_t interface;
	uint8_t family; // of gateway
	uint8_t weight; // share of the flows, beside the other hops of the route; 0 counts as 1
	uint8_t gateway[16];
};

#define FIB_MAX_HOPS FW_MAX_NEXT_HOPS_PER_ROUTE

// The equal-cost paths of a route.
struct hop_group {
	unsigned count; // at least 1
	struct hop hops[FIB_MAX_HOPS];
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
// when the table is full or there are too many VRFs.
int fib_set(struct fib *f, uint16_t vrf, uint8_t family, const uint8_t prefix[16], uint8_t length,
	    const struct hop *hops, unsigned count);
// Returns 0, or -ENOENT.
int fib_delete(struct fib *f, uint16_t vrf, uint8_t family, const uint8_t prefix[16],
	       uint8_t length);

uint32_t fib_count(const struct fib *f, uint8_t family); // routes, of all VRFs
uint32_t fib_limit(const struct fib *f, uint8_t family);

// When what changed last.
struct hop_clock *fib_clock(struct fib *f);
uint32_t fib_version(const struct fib *f);

// The paths to a destination (network byte order). Never NULL: a single hop of type HOP_NONE says
// no route. The pointer is valid until the caller's next quiescent point.
const struct hop_group *fib_group4(const struct fib *f, uint16_t vrf, const uint8_t destination[4]);
const struct hop_group *fib_group6(const struct fib *f, uint16_t vrf,
				   const uint8_t *destination);

// The path of a flow among them: the same for the same hash, whatever the order of the paths.
const struct hop *fib_choose(const struct hop_group *g, uint32_t hash);

static inline const struct hop *fib_lookup4(const struct fib *f, uint16_t vrf,
					    const uint8_t destination[4], uint32_t hash)
{
	return fib_choose(fib_group4(f, vrf, destination), hash);
}

static inline const struct hop *fib_lookup6(const struct fib *f, uint16_t vrf,
					    const uint8_t *destination, uint32_t hash)
{
	return fib_choose(fib_group6(f, vrf, destination), hash);
}

#endif
