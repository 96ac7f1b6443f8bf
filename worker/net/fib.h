// SPDX-License-Identifier: Apache-2.0
// Routes of both families, of the main table (VRF 0) and of VRFs, which are named by their kernel
// table id. Writer: the control thread (or replay); readers: the datapath cores. A route leads to a
// group of hops; groups are never changed in place: a new one is made, and the hop clock ticks, so
// that sessions that cached the old one look again.
#ifndef PORTCULLIS_NET_FIB_H
#define PORTCULLIS_NET_FIB_H

#include <stdint.h>
#include "net/hop.h"
#include "net/hop_clock.h"

struct fib;
struct rte_rcu_qsbr;

#define FIB_MAX_VRFS 257u // one for every interface, and the main table

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

// The same with a group of hops that is kept by whoever sets it: fib_hops() names it and counts one
// reference, 0 says that there are too many groups; fib_drop_hops() gives the reference back.
uint32_t fib_hops(struct fib *f, const struct hop *hops, unsigned count);
const struct hop_group *fib_hops_at(const struct fib *f, uint32_t group);
void fib_drop_hops(struct fib *f, uint32_t group);
int fib_set_group(struct fib *f, uint16_t vrf, uint8_t family, const uint8_t prefix[16],
		  uint8_t length, uint32_t group);

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

static inline const struct hop *fib_lookup4(const struct fib *f, uint16_t vrf,
					    const uint8_t destination[4], uint32_t hash)
{
	return hop_choose(fib_group4(f, vrf, destination), hash);
}

static inline const struct hop *fib_lookup6(const struct fib *f, uint16_t vrf,
					    const uint8_t *destination, uint32_t hash)
{
	return hop_choose(fib_group6(f, vrf, destination), hash);
}

#endif
