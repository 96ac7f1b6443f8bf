// SPDX-License-Identifier: Apache-2.0
// Where a destination leads in the current generation.
#ifndef PORTCULLIS_PIPELINE_ROUTE_H
#define PORTCULLIS_PIPELINE_ROUTE_H

#include "pipeline/core.h"

struct route {
	enum hop_type type;       // HOP_NONE also when the interface is not of this generation
	uint16_t interface;       // row, when hop_forwards(type)
	struct neighbor_key next; // who gets the frame
};

// vrf: of the interface that the packet came in through (packet.vrf). hash chooses among equal
// paths. IPv6 link-local destinations are always the firewall's own: what is on a link stays there.
struct route route_find(const struct core *c, uint16_t vrf, uint8_t family,
			const uint8_t *destination, uint32_t hash);

// Stable over restarts, unlike the session hash.
uint32_t route_hash(const struct packet *p);

// Why a packet whose route does not forward is dropped; type is neither local nor forwarding.
enum fw_drop route_reason(enum hop_type type);
// True: a reason that route_reason() gives.
bool route_is_reason(enum fw_drop reason);

// Whether the source address of a packet may come in where it did, once for every new flow: nobody
// else uses our addresses, IPv6 link-local senders stay on their link, and what the zone's reverse
// path check demands (RFC 3704). FW_DROP_COUNT: it may.
enum fw_drop route_source_check(const struct core *c, const struct packet *p, bool to_host);
// The same with the routes to the source at hand.
enum fw_drop route_source_check_by(const struct core *c, const struct packet *p,
				   const struct hop_group *back, bool to_host);

// Who gets a frame to this destination by this hop.
void route_next(const struct hop *hop, uint8_t family, const uint8_t *destination,
		struct neighbor_key *next);

// A subnet's own broadcast address on an interface that it is connected to.
bool route_is_broadcast(const struct core *c, uint16_t interface, const uint8_t destination[4]);

// A next hop (slot of the neighbor table, or anything above for the host) that a session cached for
// this destination under an older version is still the right one: neither its routes nor its
// neighbor have changed since. Cheap: established flows ask whenever any route has changed.
static inline bool route_hop_good(const struct core *c, uint16_t vrf, uint8_t family,
				  const uint8_t *destination, uint32_t slot, uint32_t version)
{
	const struct hop_clock *clock = c->config.hops;
	uint32_t bucket = family == 4 ? hop_clock_bucket4(vrf, destination)
				      : hop_clock_bucket6(vrf, destination);
	if (!hop_clock_good(clock, bucket, version))
		return false;
	if (slot >= RTE_DIM(c->slot_interface))
		return true;
	neighbor_mark(c->config.neighbors, slot);
	return !hop_clock_newer(neighbor_changed(c->config.neighbors, slot), version);
}

#endif
