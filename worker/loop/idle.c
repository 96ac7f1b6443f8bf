// SPDX-License-Identifier: Apache-2.0
#include "loop/idle.h"

enum idle_decision idle_next(struct idle_state *state, const struct idle_limits *limits,
			     uint32_t received, uint64_t now_ns)
{
	if (received > 0) {
		state->empty = 0;
		state->last_packet_ns = now_ns;
	} else if (state->empty < UINT32_MAX) {
		state->empty++;
	}
	if (!limits->may_sleep || received >= limits->resume_threshold)
		state->sleeping = false;
	if (!limits->may_sleep || received > 0)
		return IDLE_POLL;
	if (!state->sleeping && state->empty < limits->idle_threshold)
		return IDLE_POLL;
	if (now_ns - state->last_packet_ns < IDLE_LINGER_NS)
		return IDLE_POLL;
	state->sleeping = true;
	return IDLE_SLEEP;
}
