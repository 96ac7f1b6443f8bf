// SPDX-License-Identifier: Apache-2.0
// Fragments: those that come before the first of their datagram wait for it; the others go the way
// of whole packets, with the ports of the first.
#ifndef PORTCULLIS_PIPELINE_FRAGMENT_H
#define PORTCULLIS_PIPELINE_FRAGMENT_H

#include "pipeline/packet.h"

#define FRAGMENT_HELD_SHARE 4 // one waiting packet for so many datagrams of the bound, at least:
#define FRAGMENT_HELD_LEAST 128u
#define FRAGMENT_HELD_MOST 4096u

struct held_fragment;

struct fragments {
	struct fragment_table table;
	uint32_t zone_ids[FW_MAX_ZONES]; // of the current generation: hashes of the names
	uint32_t held_limit, held_allocated, held_used, held_high_water;
	uint32_t held_free, held_fresh;
	uint64_t held_refused;
	struct held_fragment *held;
};

struct core;

void fragment_init(struct fragments *f);
void fragment_free(struct fragments *f); // holds nothing any more

// A fragment from a port.
void fragment_packet(struct core *c, struct packet *p);

// Goes on where a whole packet of its datagram would; its key is complete.
void fragment_continue(struct core *c, struct packet *p);

// Fragments that the kernel sends, in order: the later ones need the ports of the first, because NAT changes the
// addresses of all. The first: false when there is no room for its datagram. A later one: true when its key is complete.
bool fragment_note_own(struct core *c, const struct packet *p);
bool fragment_take_own(struct core *c, struct packet *p);

// Drops what has waited too long. True when there is more to do at once.
bool fragment_turn(struct core *c);

// A new generation: its bounds, its rows of zones and interfaces.
void fragment_renew(struct core *c);

void fragment_drop_all(struct core *c);

#endif
