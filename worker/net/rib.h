// SPDX-License-Identifier: Apache-2.0
// All routes that are known to one prefix, from the configuration and from the kernel; the best of them is in the fib.
// An address of the firewall itself comes first, then the configuration, then the kernel's route of the lowest metric.
#ifndef PORTCULLIS_NET_RIB_H
#define PORTCULLIS_NET_RIB_H

#include <stdint.h>
#include "net/fib.h"

enum rib_source { RIB_CONFIG = 0, RIB_KERNEL = 1 };

#define RIB_MAX_HOPS FW_MAX_NEXT_HOPS_PER_ROUTE

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
	unsigned count;
	struct hop hops[RIB_MAX_HOPS]; // padding zero
};

struct rib;

struct rib *rib_create(struct fib *fib);
void rib_free(struct rib *r);

// Adds or replaces; a route without hops is deleted. Returns 0 or a negative errno (the fib is full: -ENOSPC).
int rib_set(struct rib *r, const struct rib_route *route);
void rib_delete(struct rib *r, const struct rib_route *route);
// Takes the hops of route out of the stored one; the last one deletes it.
void rib_delete_hops(struct rib *r, const struct rib_route *route);

// Everything of one source anew: what is not set between the two goes. Inside, the first of two equal routes wins.
void rib_begin(struct rib *r, enum rib_source source);
void rib_end(struct rib *r, enum rib_source source);

uint32_t rib_count(const struct rib *r, enum rib_source source);

#endif
