// SPDX-License-Identifier: Apache-2.0
// Where a destination leads in the current generation.
#ifndef PORTCULLIS_PIPELINE_ROUTE_H
#define PORTCULLIS_PIPELINE_ROUTE_H

#include "pipeline/core.h"

struct route {
	enum hop_type type;       // HOP_NONE also when the interface is not of this generation
	uint16_t interface;       // row, for CONNECTED and GATEWAY
	struct neighbor_key next; // who gets the frame
};

// hash chooses among equal paths. IPv6 link-local destinations are always the firewall's own: what
// is on a link stays there.
struct route route_find(const struct core *c, uint8_t family, const uint8_t *destination,
			uint32_t hash);

// Stable over restarts, unlike the session hash.
uint32_t route_hash(const struct packet *p);

// A subnet's own broadcast address on an interface.
bool route_is_broadcast(const struct core *c, uint16_t interface, const uint8_t destination[4]);

#endif
