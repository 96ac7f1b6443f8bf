// SPDX-License-Identifier: Apache-2.0
// What a frame to a next hop looks like, made once and copied in front of every packet: one entry
// per slot of the neighbor table. An entry is good while no link-layer address has changed since
// it was made and the generation is the same.
#ifndef PORTCULLIS_PIPELINE_ADJACENCY_H
#define PORTCULLIS_PIPELINE_ADJACENCY_H

#include "pipeline/core.h"

// Starts anew with a generation.
void adjacency_reset(struct core *c);

// Makes the entry of a slot. NULL: its neighbor is not resolved.
const struct adjacency *adjacency_make(struct core *c, uint16_t slot);

// At the start of a burst.
static inline void adjacency_refresh(struct core *c)
{
	c->neighbor_changes = (uint64_t)c->generations << 32 | neighbor_changes(c->config.neighbors);
}

static inline const struct adjacency *adjacency_of(struct core *c, uint16_t slot)
{
	const struct adjacency *a = &c->adjacencies[slot];
	return likely(a->changes == c->neighbor_changes) ? a : adjacency_make(c, slot);
}

#endif
