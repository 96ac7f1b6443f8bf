// SPDX-License-Identifier: Apache-2.0
// Groups of equal-cost hops, each set once: a million routes lead to few of them. Named by index; 0
// is the group "no route". A group never changes; the order in which its hops are given does not
// matter.
//
// A flow's hash picks one of 256 places, and each place belongs to one hop. A hop has as many
// places as its weight says, and takes those where it ranks highest by a hash of its own identity:
// so the order of the hops plays no role, and when one goes or comes, the flows of the others stay
// with few exceptions (rendezvous hashing).
//
// One writer. An index that nobody refers to is handed to its owner, which gives it back when no
// reader can hold it any more.
#ifndef PORTCULLIS_NET_HOPS_H
#define PORTCULLIS_NET_HOPS_H

#include "net/arena.h"
#include "net/hop.h"

#define HOPS_MAX_GROUPS 65535u

struct hops {
	struct arena groups; // struct hop_group
	uint32_t *references, *next, *heads;
};

int hops_init(struct hops *h);
void hops_fini(struct hops *h);

// The group of these hops, with one reference more; 0: there are too many groups.
uint32_t hops_get(struct hops *h, const struct hop *hops, unsigned count);
void hops_keep(struct hops *h, uint32_t group);
// One reference less. True: it was the last one; hops_free() after a grace period.
bool hops_put(struct hops *h, uint32_t group);
void hops_free(struct hops *h, uint32_t group);

static inline const struct hop_group *hops_at(const struct hops *h, uint32_t group)
{
	return arena_at(&h->groups, group);
}

#endif
