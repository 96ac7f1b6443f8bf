// SPDX-License-Identifier: Apache-2.0
// Ends the sessions that a person asked to end, in slices between bursts.
#ifndef PORTCULLIS_PIPELINE_CLEAR_H
#define PORTCULLIS_PIPELINE_CLEAR_H

#include "pipeline/core.h"

// Control thread: hands a filter to a core, which has answered the one before. Wake it afterwards.
void clear_ask(struct core *c, const struct fw_session_filter *filter);
bool clear_answered(const struct core *c, uint64_t *ended); // and how many sessions it ended

static inline bool clear_asked(const struct clear *clear)
{
	return __atomic_load_n(&clear->asked, __ATOMIC_ACQUIRE) != clear->answered;
}

bool clear_turn(struct core *c); // the core: bounded; true when there is more

#endif
