// SPDX-License-Identifier: Apache-2.0
// Schedules: at which times of the week policies take part.
//
// They have no state: which are open follows from the program and the time alone. The control thread
// asks once a minute, and builds the generation again when the answer has changed.
#ifndef PORTCULLIS_TABLES_SCHEDULE_H
#define PORTCULLIS_TABLES_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>
#include "shm/layout.h"

#define SCHEDULE_WORDS (FW_MAX_SCHEDULES / 64)

// Sets the bit of every schedule of a checked program that is open at a time (seconds since 1970
// in UTC). Returns 0, or -ENOENT and the row of a schedule whose time zone this machine does not
// know.
int schedule_open(const struct fw_program *p, int64_t now, uint64_t open[SCHEDULE_WORDS],
		  uint32_t *row);

static inline bool schedule_is_open(const uint64_t open[SCHEDULE_WORDS], uint32_t row)
{
	return row == FW_NO_INDEX || (open[row / 64] >> row % 64 & 1) != 0;
}

#endif
