// SPDX-License-Identifier: Apache-2.0
// Inside of the engine.
#ifndef PORTCULLIS_REPLAY_ENGINE_OWN_H
#define PORTCULLIS_REPLAY_ENGINE_OWN_H

#include "replay/engine.h"

struct engine_route {
	uint8_t prefix[16];
	uint16_t vrf;
	uint8_t family, length;
};

struct engine_neighbor {
	struct neighbor_key key;
	bool is_static;
};

struct engine {
	struct engine_options options;
	struct engine_sink sink;
	struct rte_mempool *pool;
	struct fib *fib;
	struct neighbor_table *neighbors;
	struct session_table *sessions4, *sessions6;
	void *entries4, *entries6;
	struct bindings *bindings;
	struct fw_binding *binding_rows;
	struct fw_counters counters;
	struct fw_interface_status *interfaces;
	struct fw_policy_counters *policies;
	struct core *core;
	struct tables *tables;
	uint32_t epoch;
	uint64_t clock_ns; // since the engine was made or reset
	uint64_t realtime_ns;
	uint64_t minute; // for which schedules were looked at
	uint8_t macs[FW_MAX_PORTS][6];
	uint8_t own4[FW_MAX_INTERFACES][2][4]; // addresses that the kernel gives interfaces without any

	struct engine_route *routes; // in the fib, so that they can be taken out again
	size_t route_count, route_room;
	struct engine_neighbor *known;
	size_t known_count, known_room;
};

// Tells the core what time it is.
void engine_set_time(struct engine *e);

// What a frame was put in with, in the private area of its buffer.
static inline uint64_t *engine_tag(struct rte_mbuf *mbuf)
{
	return rte_mbuf_to_priv(mbuf);
}

// engine_routes.c
int engine_install_routes(struct engine *e);
void engine_remove_routes(struct engine *e);
int engine_add_route(struct engine *e, uint16_t vrf, uint8_t family, const uint8_t prefix[16], uint8_t length,
		     const struct hop *hops, unsigned count);

// engine_neighbors.c
int engine_install_neighbors(struct engine *e);
void engine_remove_neighbors(struct engine *e, bool learned_too);
int engine_add_neighbor(struct engine *e, const struct neighbor_key *key, const uint8_t mac[6],
			bool is_static);

// Learns from a frame that the kernel would see.
void engine_learn(struct engine *e, uint32_t interface, const uint8_t *frame, uint32_t length);

#endif
