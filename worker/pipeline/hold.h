// SPDX-License-Identifier: Apache-2.0
// Packets that wait for the link-layer address of their next hop. Bounded per core and per next
// hop; full means that the newest is refused. The question is asked at once and then once a second;
// after three seconds a packet is dropped.
#ifndef PORTCULLIS_PIPELINE_HOLD_H
#define PORTCULLIS_PIPELINE_HOLD_H

#include "pipeline/packet.h"

#define HOLD_PACKETS 256 // per core
#define HOLD_PER_HOP 32
#define HOLD_HOPS 64
#define HOLD_EXPIRES (3 * SESSION_TICKS_PER_SECOND)
#define HOLD_ASKS (SESSION_TICKS_PER_SECOND)

struct held {
	struct packet packet;
	uint32_t since; // ticks
};

// One unresolved next hop and its packets, oldest first.
struct hold_hop {
	struct neighbor_key key;
	uint32_t asked; // ticks
	unsigned count;
	uint16_t packets[HOLD_PER_HOP]; // into hold.packets
};

struct hold {
	unsigned hop_count;
	uint32_t looked; // ticks of the last look at the neighbor table
	unsigned free_count;
	uint16_t free[HOLD_PACKETS];
	struct hold_hop hops[HOLD_HOPS];
	struct held packets[HOLD_PACKETS];
};

struct core;

void hold_init(struct hold *h);

// Takes the packet until its next hop is known, or drops it.
void hold_packet(struct core *c, struct packet *p, const struct neighbor_key *key);

// True when older packets for this hop still wait; they are sent first, if it is resolved.
void hold_release(struct core *c, const struct neighbor_key *key);

// Sends what can be sent, asks again, drops what waited too long. Once per tick at most.
void hold_turn(struct core *c);

// A new generation: what it denies does not wait any longer.
void hold_judge(struct core *c);

void hold_drop_all(struct core *c);

#endif
