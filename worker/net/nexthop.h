// SPDX-License-Identifier: Apache-2.0
// The kernel's nexthop objects (ip nexthop), which routes and groups refer to by id. Bounded.
#ifndef PORTCULLIS_NET_NEXTHOP_H
#define PORTCULLIS_NET_NEXTHOP_H

#include "net/kernel_message.h"

#define NEXTHOP_MAX 65536u

struct nexthop_table;

struct nexthop_table *nexthop_create(void);
void nexthop_free(struct nexthop_table *t);

// Adds or replaces. -ENOSPC: there are too many.
int nexthop_set(struct nexthop_table *t, const struct kernel_nexthop *n);
void nexthop_delete(struct nexthop_table *t, uint32_t id);

// Everything anew: what is not set between the two goes.
void nexthop_begin(struct nexthop_table *t);
void nexthop_end(struct nexthop_table *t);

// Objects that were replaced or deleted since nexthop_settle(), directly or as a member.
bool nexthop_dirty(const struct nexthop_table *t); // any
bool nexthop_touched(const struct nexthop_table *t, uint32_t id);
void nexthop_settle(struct nexthop_table *t);

// The hops of an object, those of the members of a group. Returns their number; 0 also when it is not known or none is
// alive. *blackhole: it drops everything.
unsigned nexthop_hops(const struct nexthop_table *t, uint32_t id,
		      struct kernel_hop hops[FW_MAX_NEXT_HOPS_PER_ROUTE], bool *blackhole);

#endif
