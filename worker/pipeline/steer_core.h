// SPDX-License-Identifier: Apache-2.0
// Several cores: which one owns a packet, and the way there. Nothing of this runs with one core.
//
// The core that receives a packet parses it, and passes it on when another one owns its session. The buffer says where it came
// in, in the place of the device's hash; the owner parses it again. Interfaces are noted by name_id, as the two cores may be at
// different generations.
#ifndef PORTCULLIS_PIPELINE_STEER_CORE_H
#define PORTCULLIS_PIPELINE_STEER_CORE_H

#include "pipeline/core.h"

enum steer_kind {
	STEER_NOWHERE, // what it came from is no more
	STEER_PORT,
	STEER_HOST,  // from the kernel TAP of an interface
	STEER_HOST_KEYED, // a fragment from there, with the ports of its datagram
	STEER_KEYED, // a fragment from a port, with the ports of its datagram
};

struct steer_place {
	enum steer_kind kind;
	uint32_t row; // port; STEER_HOST: interface
};

// Each passes the packet to its owner and returns true, or returns false: it is ours.
bool steer_away(struct core *c, struct packet *p); // of a port: fragment or ICMP error
bool steer_host_away(struct core *c, struct packet *p, uint16_t interface);
bool steer_keyed_away(struct core *c, struct packet *p); // fragment with complete key

// The same for all flows of a burst; returns how many are ours, in their order.
unsigned steer_flows(struct core *c, struct packet **flows, unsigned count);

struct steer_place steer_place(const struct core *c, const struct rte_mbuf *mbuf);
bool steer_take_key(struct packet *p); // of a fragment that was passed on with its key

void steer_flush(struct core *c); // hands over what waits for other cores

// icmp_error.c: the key of the session that an ICMP error belongs to; false: it quotes none.
bool icmp_error_key(const struct packet *p, struct packet *key);
// from_host.c
void host_from_core(struct core *c, uint16_t interface, struct rte_mbuf *mbuf, enum steer_kind kind);

#endif
