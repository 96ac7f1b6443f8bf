// SPDX-License-Identifier: Apache-2.0
// Checks of schedules.
#include <string.h>
#include "tables/check.h"

#define FOR_ROWS(count) for (uint32_t row = 0; row < (count); row++)
#define DAY_MINUTES 1440

bool check_schedule_windows(struct check *c)
{
	FOR_ROWS(c->program->schedule_windows.count)
	{
		const struct fw_schedule_window_row *r =
		    program_row_schedule_window(c->program, row);
		if (r->end_minute > DAY_MINUTES || r->start_minute >= r->end_minute)
			return check_fail(c, row, "start_minute",
					  "Minutes %u to %u are not in one day.", r->start_minute,
					  r->end_minute);
		if (r->days == 0 || r->days > 127)
			return check_fail(c, row, "days", "0x%x is not a set of days.", r->days);
		if (!check_zero(c, row, "pad", r->pad, sizeof(r->pad)))
			return false;
	}
	return true;
}

// The name is part of a path.
static bool check_time_zone(struct check *c, uint32_t row, const char *name)
{
	size_t known = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_+-/");
	if (name[0] == '\0' || name[0] == '/' || name[known] != '\0')
		return check_fail(c, row, "time_zone", "\"%s\" is not the name of a time zone.",
				  name);
	return true;
}

static void schedule_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	memcpy(key, program_row_schedule(p, row)->name, FW_NAME_SIZE);
}

bool check_schedules(struct check *c)
{
	uint32_t windows = 0;
	FOR_ROWS(c->program->schedules.count)
	{
		const struct fw_schedule_row *r = program_row_schedule(c->program, row);
		if (!check_name(c, row, "name", r->name, FW_NAME_SIZE) ||
		    !check_name(c, row, "time_zone", r->time_zone, FW_NAME_SIZE) ||
		    !check_time_zone(c, row, r->time_zone) ||
		    !check_list(c, row, "window_first", r->window_first, r->window_count,
				c->program->schedule_windows.count, &windows))
			return false;
		if (r->name[0] == '\0')
			return check_fail(c, row, "name", "A schedule needs a name.");
		if (r->window_count == 0)
			return check_fail(c, row, "window_count", "A schedule needs a window.");
	}
	return check_end(c, "window_first", windows, c->program->schedule_windows.count) &&
	       check_unique(c, "name", c->program->schedules.count, schedule_key);
}
