// SPDX-License-Identifier: Apache-2.0
// Contents of one state file into another.
#ifndef PORTCULLIS_SHM_STATE_CARRY_H
#define PORTCULLIS_SHM_STATE_CARRY_H

#include "shm/state.h"

// Status, counters, bindings and every intact session for which there is room. kin: from has another layout, so that of status
// and counters only struct fw_state_kept can be read; its sessions are judged again by the first generation.
void state_carry(struct state *to, const struct state *from, bool kin);

// A private copy of a whole mapped file, or NULL; freed with its size.
void *state_carry_out(const struct state *from);
void state_carry_free(void *memory, size_t size);

#endif
