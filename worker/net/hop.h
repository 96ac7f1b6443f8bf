// SPDX-License-Identifier: Apache-2.0
// Where a route leads.
#ifndef PORTCULLIS_NET_HOP_H
#define PORTCULLIS_NET_HOP_H

#include <stdbool.h>
#include <stdint.h>
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

// interface: name_id of the interface (the same in every generation). Padding is zero.
struct hop {
	enum hop_type type;
	uint32_t interface;
	uint8_t family; // of gateway
	uint8_t weight; // share of the flows, beside the other hops of the route; 0 counts as 1
	uint8_t gateway[16];
};

#define HOP_MAX FW_MAX_NEXT_HOPS_PER_ROUTE
#define HOP_PLACES 256u

// The equal-cost paths of a route.
struct hop_group {
	uint32_t count; // at least 1
	struct hop hops[HOP_MAX];
	uint8_t places[HOP_PLACES]; // hop of a place, when count > 1
};

// The path of a flow: the same for the same hash, whatever the order of the paths.
static inline const struct hop *hop_choose(const struct hop_group *g, uint32_t hash)
{
	return g->count == 1 ? &g->hops[0] : &g->hops[g->places[hash >> 24]];
}

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

#endif
