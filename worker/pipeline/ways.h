// SPDX-License-Identifier: Apache-2.0
// Routes of flows that are looked at one after the other: most of a burst go and come the same way as the one before, which
// costs a comparison then.
#ifndef PORTCULLIS_PIPELINE_WAYS_H
#define PORTCULLIS_PIPELINE_WAYS_H

#include "net/fib_lookup.h"
#include "pipeline/route.h"

struct ways {
	const struct fib *fib;
	bool deep; // many routes: what root slots lead to is fetched ahead as well
	uint32_t vrf;             // of the last flow
	const struct trie4 *trie; // of IPv4 in there; NULL: it has no routes
	struct {
		const struct hop_group *group; // NULL: each flow takes a hop of its own
		const struct hop *hop;
		enum hop_type type;
		uint16_t out; // egress interface
	} to;
	struct {
		const struct hop_group *group;
		uint16_t interface;
		enum fw_drop reason;
	} back;
};

// Packets between asking for the memory of a route and reading it.
enum { WAYS_FIRST = 12, WAYS_SECOND = 6 };

static inline void ways_start(const struct core *c, struct ways *w)
{
	w->fib = c->config.fib;
	w->deep = fib_is_large(w->fib);
	w->vrf = UINT32_MAX;
	w->to.group = w->back.group = NULL;
}

static inline uint32_t ways_address(const uint8_t *address)
{
	uint32_t value;
	memcpy(&value, address, sizeof(value));
	return value;
}

static inline const struct trie4 *ways_trie(struct ways *w, uint16_t vrf)
{
	if (unlikely(vrf != w->vrf)) {
		const struct fib_table *t = fib_table_of(w->fib, vrf);
		w->vrf = vrf;
		w->trie = t == NULL ? NULL : &t->trie4;
	}
	return w->trie;
}

// Of an IPv4 flow that is looked at soon: root slots.
static inline void ways_fetch(struct ways *w, uint16_t vrf, const uint8_t *destination, const uint8_t *source)
{
	const struct trie4 *t = ways_trie(w, vrf);
	fib_fetch4(t, ways_address(destination));
	fib_fetch4(t, ways_address(source));
}

// And what they lead to.
static inline void ways_fetch_next(struct ways *w, uint16_t vrf, const uint8_t *destination, const uint8_t *source)
{
	const struct trie4 *t = ways_trie(w, vrf);
	fib_fetch4_next(w->fib, t, ways_address(destination));
	fib_fetch4_next(w->fib, t, ways_address(source));
}

static inline const struct hop_group *ways_group(struct ways *w, const struct packet *p, const uint8_t *address)
{
	if (unlikely(p->family != 4))
		return fib_find6(w->fib, p->vrf, address);
	return fib_find4(w->fib, ways_trie(w, p->vrf), ways_address(address));
}

// The flow goes by this hop; group: NULL when it is one of several.
static inline void ways_go(const struct core *c, struct ways *w, const struct hop_group *group, const struct hop *hop)
{
	w->to.group = group;
	w->to.hop = hop;
	w->to.type = hop->type;
	w->to.out = ROW_NONE;
	if (hop_forwards(hop->type)) {
		w->to.out = interface_row(&c->interfaces, hop->interface);
		if (w->to.out == ROW_NONE)
			w->to.type = HOP_NONE;
	}
}

static inline enum fw_drop ways_source_check(const struct core *c, struct ways *w, const struct packet *p, bool to_host)
{
	const struct hop_group *g = ways_group(w, p, packet_source(p));
	if (unlikely(p->family != 4))
		return route_source_check_by(c, p, g, to_host);
	if (unlikely(g != w->back.group || p->interface != w->back.interface)) {
		w->back.group = g;
		w->back.interface = p->interface;
		w->back.reason = route_source_check_by(c, p, g, to_host);
	}
	return w->back.reason;
}

#endif
