// SPDX-License-Identifier: Apache-2.0
// When a core sleeps. A pure decision: no clock, no device.
#ifndef PORTCULLIS_LOOP_IDLE_H
#define PORTCULLIS_LOOP_IDLE_H

#include <stdbool.h>
#include <stdint.h>

// After a packet a core stays awake at least so long: a wake-up costs more than the polls in between.
#define IDLE_LINGER_NS 100000u

enum idle_decision { IDLE_POLL, IDLE_SLEEP };

struct idle_limits {
	bool may_sleep; // false: polling mode
	uint32_t idle_threshold; // empty polls in a row before the core sleeps
	uint32_t resume_threshold; // packets in one turn that end the sleeping mode
};

struct idle_state {
	bool sleeping; // in sleeping mode: sleeps as soon as it is quiet, without counting polls
	uint32_t empty; // empty polls in a row
	uint64_t last_packet_ns;
};

// Told after every turn what it received; says whether the next turn may wait for an event.
enum idle_decision idle_next(struct idle_state *state, const struct idle_limits *limits,
			     uint32_t received, uint64_t now_ns);

#endif
