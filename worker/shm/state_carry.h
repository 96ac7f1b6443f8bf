// SPDX-License-Identifier: Apache-2.0
// Contents of one state file into another of different capacities.
#ifndef PORTCULLIS_SHM_STATE_CARRY_H
#define PORTCULLIS_SHM_STATE_CARRY_H

#include "shm/state.h"

// Status, counters and every intact session for which there is room.
void state_carry(struct state *to, const struct state *from);

// A private copy of a whole mapped file, or NULL; freed with its size.
void *state_carry_out(const struct state *from);
void state_carry_free(void *memory, size_t size);

#endif
