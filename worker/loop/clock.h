// SPDX-License-Identifier: Apache-2.0
// The clock of the sessions: ticks of 1/1024 s since the state file was made.
//
// It is CLOCK_BOOTTIME with an origin that lies in the state file, so it runs on while no worker runs and does not follow
// changes of the wall clock. After a reboot (another boot_id) it goes on from where the last heartbeat left it: the time
// that the machine was off does not age sessions.
#ifndef PORTCULLIS_LOOP_CLOCK_H
#define PORTCULLIS_LOOP_CLOCK_H

#include <stdint.h>
#include "shm/layout.h"

struct clock {
	uint64_t origin_ns; // CLOCK_BOOTTIME at tick 0, modulo 2^64
};

// What the status says about the clock, and where it must start now. boot_id: of this boot.
struct clock clock_resume(struct fw_worker_status *status, const uint8_t boot_id[16],
			  uint64_t boottime_ns);

void clock_boot_id(uint8_t boot_id[16]); // zero when the kernel does not tell
uint64_t clock_boottime_ns(void);
uint64_t clock_monotonic_ns(void);
uint64_t clock_realtime_ns(void);

static inline uint64_t clock_ns(const struct clock *c, uint64_t boottime_ns)
{
	return boottime_ns - c->origin_ns;
}

static inline uint32_t clock_ticks(const struct clock *c, uint64_t boottime_ns)
{
	// ns * 1024 / 10^9 = ns * 2 / 1953125, without overflow for 292 years
	return (uint32_t)(clock_ns(c, boottime_ns) / 1953125 * 2 +
			  clock_ns(c, boottime_ns) % 1953125 * 2 / 1953125);
}

#endif
