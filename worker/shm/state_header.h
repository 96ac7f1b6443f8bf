// SPDX-License-Identifier: Apache-2.0
// Where the parts of a state file lie. Worker and agent's library compute it alike.
#ifndef PORTCULLIS_SHM_STATE_HEADER_H
#define PORTCULLIS_SHM_STATE_HEADER_H

#include <stdint.h>
#include "shm/layout.h"

#define STATE_PART 4096u // every part starts on a multiple of it

// Rows of the tables of a state file.
struct state_capacity {
	uint32_t sessions4, sessions6;
	uint32_t bindings;
};

// The complete header of a file with these capacities.
struct fw_state_header state_header(const struct state_capacity *capacity, uint64_t page_size);

// Bytes of that file, in whole pages.
uint64_t state_size(const struct state_capacity *capacity, uint64_t page_size);

#endif
