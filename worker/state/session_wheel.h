// SPDX-License-Identifier: Apache-2.0
// Timers of a session table: when each session must be looked at next.
#ifndef PORTCULLIS_STATE_SESSION_WHEEL_H
#define PORTCULLIS_STATE_SESSION_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#define WHEEL_SLOTS 4096u
#define WHEEL_SHIFT 8 // a slot is 256 ticks: a quarter of a second

struct wheel_link {
	uint32_t next;     // also links free sessions
	uint32_t previous; // slot | WHEEL_HEAD for the first of a slot
};

struct session_wheel {
	uint32_t time;            // tick at which the current slot is due
	uint32_t current;         // slot
	uint32_t *head;           // [WHEEL_SLOTS]
	struct wheel_link *links; // by session; of the pool
};

int wheel_init(struct session_wheel *w, struct wheel_link *links, uint32_t now);
void wheel_free(struct session_wheel *w);

// Ticks run modulo 2^32. An earlier tick is one at most 4.6 hours back; everything else lies ahead.
static inline bool wheel_before(uint32_t tick, uint32_t now)
{
	return tick - now >= 0xff000000u;
}

void wheel_insert(struct session_wheel *w, uint32_t session, uint32_t deadline);
void wheel_remove(struct session_wheel *w, uint32_t session);

// The next session whose slot is due at now, or FW_NO_INDEX; *steps bounds how many empty slots may
// be passed.
uint32_t wheel_due(struct session_wheel *w, uint32_t now, unsigned *steps);

// Nothing is on the wheel: go on at now.
void wheel_skip(struct session_wheel *w, uint32_t now);

#endif
