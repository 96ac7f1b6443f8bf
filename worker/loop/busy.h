// SPDX-License-Identifier: Apache-2.0
// How long a core was busy: the time of turns of its loop that found something to do. A polling core never rests, so its use of
// the CPU says nothing; this does. It costs no clock of its own: a turn reads the counter once anyway.
#ifndef PORTCULLIS_LOOP_BUSY_H
#define PORTCULLIS_LOOP_BUSY_H

#include <stdbool.h>
#include <stdint.h>

struct busy {
	bool worked; // this turn has found something to do
	uint64_t turn; // the counter at its start
	uint64_t cycles; // of turns that did, since busy_take_ns()
	uint64_t slept; // cycles of waits, likewise
};

// A turn begins, and the one before has ended.
static inline void busy_begin(struct busy *b, uint64_t tsc)
{
	if (b->worked)
		b->cycles += tsc - b->turn;
	b->worked = false;
	b->turn = tsc;
}

// The core has slept since the turn began.
static inline void busy_woken(struct busy *b, uint64_t tsc)
{
	b->turn = tsc;
}

// Nanoseconds of cycles or slept since the last call.
static inline uint64_t busy_take_ns(uint64_t *cycles, uint64_t hz)
{
	uint64_t ns = (uint64_t)((double)*cycles * 1e9 / (double)hz);
	*cycles = 0;
	return ns;
}

#endif
