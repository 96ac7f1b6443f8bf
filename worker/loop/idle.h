// SPDX-License-Identifier: Apache-2.0
// When a core polls, when it arms the interrupts of its ports, and when it waits. A pure decision: no clock, no device.
//
// The order is always the same, and no mode leaves a step out:
//
//   POLL   turns that look at every port
//   ARM    the interrupts of all ports are armed, then comes one more turn that looks at every port: a frame that came before
//          its port was armed makes no interrupt
//   WAIT   that turn found nothing: whatever comes now ends the wait. After it everything is disarmed again
//
// Polling never arms. Interrupt arms as soon as a turn has found nothing. Adaptive arms when it has been quiet for a while, and
// the while grows with the traffic: twice the average gap between turns that brought something, where that average says
// that waiting is not worth its price.
#ifndef PORTCULLIS_LOOP_IDLE_H
#define PORTCULLIS_LOOP_IDLE_H

#include <stdbool.h>
#include <stdint.h>
#include "shm/layout.h"

// After a packet an adaptive core stays awake at least so long: a wake-up costs more than the polls in between.
#define IDLE_LINGER_NS 100000u
// Up to this average gap between packets an adaptive core stays awake between them.
#define IDLE_GAP_NS 500000u
#define IDLE_GAP_CAP_NS 4000000u // what a gap counts at most: one long silence must not hide the traffic after it

enum idle_decision { IDLE_POLL, IDLE_ARM, IDLE_WAIT };

struct idle_limits {
	enum fw_rx_mode mode;
	uint32_t idle_threshold; // adaptive: empty polls in a row before the core sleeps
	uint32_t resume_threshold; // adaptive: packets in one turn that end the sleeping mode
};

struct idle_state {
	bool armed; // the last decision was to arm
	bool sleeping; // in sleeping mode: sleeps as soon as it is quiet, without counting polls
	uint32_t empty; // empty polls in a row
	uint64_t last_packet_ns;
	uint64_t gap_ns; // moving average of the time between turns that found something
	uint64_t switches; // of the sleeping mode, since the state was made
};

// Told after every turn how many packets or other things to do it found; says what the next turn shall do first.
enum idle_decision idle_next(struct idle_state *state, const struct idle_limits *limits, uint32_t found,
			     uint64_t now_ns);

// The mode of a core that serves two ports in these modes: the one that is more awake. 0: no port.
static inline enum fw_rx_mode idle_both(enum fw_rx_mode a, enum fw_rx_mode b)
{
	if (a == FW_RX_POLLING || b == FW_RX_POLLING)
		return FW_RX_POLLING;
	return a == FW_RX_ADAPTIVE || b == FW_RX_ADAPTIVE ? FW_RX_ADAPTIVE : a > b ? a : b;
}

#endif
