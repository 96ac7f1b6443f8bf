// SPDX-License-Identifier: Apache-2.0
// Out through a port: TTL, MTU, neighbor, Ethernet header.
#ifndef PORTCULLIS_PIPELINE_FORWARD_H
#define PORTCULLIS_PIPELINE_FORWARD_H

#include "pipeline/checksum.h"
#include "pipeline/core.h"

// True when the packet may go out through the interface; otherwise it has ended, and the sender may
// have been told.
bool forward_check(struct core *c, struct packet *p, uint16_t interface);

// Writes the Ethernet header (tag of the interface, priority of the packet). False: no room in the
// buffer.
bool forward_write_l2(const struct core *c, struct packet *p, uint16_t interface,
		      const uint8_t destination[6]);

// The same for any ethertype.
bool forward_write_frame(const struct core *c, struct packet *p, uint16_t interface,
			 const uint8_t destination[6], uint16_t ethertype);

// The last step of a checked packet: TTL down, header, transmit.
void forward_send(struct core *c, struct packet *p, uint16_t interface,
		  const uint8_t destination[6]);

// To a next hop that may have to be resolved first. Returns its neighbor slot, or FW_NO_INDEX (held
// or dropped).
uint32_t forward_to(struct core *c, struct packet *p, uint16_t interface,
		    const struct neighbor_key *next);

#endif
