// SPDX-License-Identifier: Apache-2.0
// Packets that wait for the link-layer address of their next hop. Bounded per core and per next
// hop; full means that the newest is refused. The question is asked at once and then once a second;
// after three seconds a packet is dropped.
#ifndef PORTCULLIS_PIPELINE_HOLD_H
#define PORTCULLIS_PIPELINE_HOLD_H

#include "pipeline/packet.h"

#define HOLD_PER_HOP 32
#define HOLD_HOPS_LEAST 64u // next hops that packets may wait for: a quarter of the packets, at least
#define HOLD_HOPS_MOST 512u
#define HOLD_EXPIRES (3 * SESSION_TICKS_PER_SECOND)
#define HOLD_ASKS (SESSION_TICKS_PER_SECOND)

struct held {
	struct packet packet;
	uint32_t since;     // ticks
	uint32_t interface; // name_id of the ingress interface: rows change with the generation
	uint32_t next;      // free
};

// One unresolved next hop and its packets, oldest first.
struct hold_hop {
	struct neighbor_key key;
	uint32_t asked; // ticks
	unsigned count;
	uint16_t packets[HOLD_PER_HOP]; // into hold.packets
};

struct hold {
	uint32_t hop_count, hop_limit;
	uint32_t looked; // ticks of the last look at the neighbor table
	uint32_t limit, used, high_water;
	uint32_t allocated, hops_allocated;
	uint32_t free, fresh; // list of used slots, first slot never used
	struct hold_hop *hops;
	struct held *packets;
};

struct core;

void hold_init(struct hold *h);
void hold_free(struct hold *h); // holds nothing any more

// The bound of a generation. What waits goes on waiting, even above it.
void hold_limit(struct hold *h, uint32_t packets);

// Takes the packet until its next hop is known, or drops it.
void hold_packet(struct core *c, struct packet *p, const struct neighbor_key *key);

// True when older packets for this hop still wait; they are sent first, if it is resolved.
void hold_release(struct core *c, const struct neighbor_key *key);

// Sends what can be sent, asks again, drops what waited too long. Once per tick at most.
void hold_turn(struct core *c);

// A new generation: its rows, and what it denies does not wait any longer.
void hold_judge(struct core *c);

void hold_drop_all(struct core *c);

#endif
