// SPDX-License-Identifier: Apache-2.0
// Handles of the agent's library, and its sentences.
#ifndef PORTCULLIS_SHM_AGENT_HANDLE_H
#define PORTCULLIS_SHM_AGENT_HANDLE_H

#include <stdint.h>
#include "shm/layout.h"

enum agent_kind { AGENT_FREE = 0, AGENT_CONTROL, AGENT_STATE };

struct agent_handle {
	enum agent_kind kind;
	int fd;
	struct fw_control_header *control; // mapped; CONTROL only
	uint64_t base; // AGENT_CONTROL: the sequence that stands for none in a file that holds no program yet
	struct fw_state_header state; // a checked copy; STATE only
};

// Returns the handle's number, or -EMFILE.
int agent_handle_add(const struct agent_handle *h);

// A copy of the handle; false when the number is none of this kind.
int agent_handle_get(int number, enum agent_kind kind, struct agent_handle *out);

// The same with a descriptor of its own, which the caller closes.
int agent_handle_borrow(int number, enum agent_kind kind, struct agent_handle *out);

// Writes a sentence when there is room for one, and returns result.
int agent_fail(int result, char *error, uint32_t error_size, const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
