// SPDX-License-Identifier: Apache-2.0
// All routes that are known to one prefix, from the configuration and from the kernel; the best of them is in the fib.
// An address of the firewall itself comes first, then the configuration, then the kernel's route of the lowest metric.
// About a hundred bytes a route; what the fib has no room for is refused here as well.
#ifndef PORTCULLIS_NET_RIB_H
#define PORTCULLIS_NET_RIB_H

#include <stdbool.h>
#include <stdint.h>
#include "net/fib.h"

enum rib_source { RIB_CONFIG = 0, RIB_KERNEL = 1 };

struct rib_route {
	enum rib_source source;
	uint8_t family; // 4 or 6
	uint8_t length;
	uint8_t prefix[16];
	uint16_t vrf; // that it belongs to; 0: the main table
	// With the prefix, what tells two routes of one source apart.
	uint32_t table;
	uint32_t metric;
	uint32_t scope; // link-local prefixes exist once per device
	bool replaces; // it takes the place of an equal one; otherwise such a one stays behind it
	uint32_t nexthop; // id of the nexthop object that its hops come from; 0: none
	unsigned count;
	struct hop hops[HOP_MAX]; // padding zero
};

struct rib;

struct rib *rib_create(struct fib *fib);
void rib_free(struct rib *r);

// Most routes of a source, by family; without it only the fib sets a limit.
void rib_limit(struct rib *r, enum rib_source source, uint32_t limit4, uint32_t limit6);

// Adds or replaces; a route without hops is deleted. Returns 0 or a negative errno (the fib is full: -ENOSPC); then the
// route is not there.
int rib_set(struct rib *r, const struct rib_route *route);
// True: the source has told of a second route of the same key, which may come to light now. Only the source can tell.
bool rib_delete(struct rib *r, const struct rib_route *route);
// Takes the hops of route out of the stored one; the last one deletes it.
void rib_delete_hops(struct rib *r, const struct rib_route *route);

// Everything of one source anew: what is not set between the two goes. Inside, the first of two equal routes wins.
void rib_begin(struct rib *r, enum rib_source source);
void rib_end(struct rib *r, enum rib_source source);

// Asks for the hops of every route that comes from a nexthop object again: hops() fills count and hops, count 0 deletes;
// false leaves the route as it is.
typedef bool rib_hops_fn(void *context, uint32_t nexthop, struct rib_route *route);
void rib_renew(struct rib *r, rib_hops_fn *hops, void *context);

uint32_t rib_count(const struct rib *r, enum rib_source source);
// Routes in the fib, and how many were refused since the start.
void rib_usage(const struct rib *r, uint8_t family, struct fw_table_status *out);
uint32_t rib_routes(const struct rib *r, enum rib_source source, uint8_t family);

#endif
