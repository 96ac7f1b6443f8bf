// SPDX-License-Identifier: Apache-2.0
#include "tables/schedule.h"
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "tables/program.h"

// The C library knows one time zone at a time, by name only through the environment.
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static bool known(const char *zone)
{
	const char *folder = getenv("TZDIR");
	char path[PATH_MAX];
	if (strcmp(zone, "UTC") == 0)
		return true;
	snprintf(path, sizeof(path), "%s/%s", folder != NULL ? folder : "/usr/share/zoneinfo",
		 zone);
	return access(path, R_OK) == 0;
}

static bool local_time(const char *zone, int64_t now, struct tm *local)
{
	char name[FW_NAME_SIZE + 1], before[FW_NAME_SIZE * 4];
	time_t at = (time_t)now;
	if (strcmp(zone, "UTC") == 0)
		return gmtime_r(&at, local) != NULL;
	const char *old = getenv("TZ");
	bool had = old != NULL && strlen(old) < sizeof(before);
	if (had)
		snprintf(before, sizeof(before), "%s", old);
	snprintf(name, sizeof(name), ":%s", zone);
	setenv("TZ", name, 1);
	tzset();
	bool good = localtime_r(&at, local) != NULL;
	if (had)
		setenv("TZ", before, 1);
	else
		unsetenv("TZ");
	tzset();
	return good;
}

static bool window_open(const struct fw_schedule_window_row *w, const struct tm *local)
{
	int minute = local->tm_hour * 60 + local->tm_min;
	return (w->days >> local->tm_wday & 1) != 0 && minute >= w->start_minute &&
	       minute < w->end_minute;
}

static bool row_open(const struct fw_program *p, const struct fw_schedule_row *r,
		     const struct tm *local)
{
	for (uint32_t i = 0; i < r->window_count; i++)
		if (window_open(program_row_schedule_window(p, r->window_first + i), local))
			return true;
	return false;
}

int schedule_open(const struct fw_program *p, int64_t now, uint64_t open[SCHEDULE_WORDS],
		  uint32_t *row)
{
	int rc = 0;
	memset(open, 0, SCHEDULE_WORDS * sizeof(*open));
	pthread_mutex_lock(&one_at_a_time);
	for (uint32_t i = 0; i < p->schedules.count && rc == 0; i++) {
		const struct fw_schedule_row *r = program_row_schedule(p, i);
		struct tm local;
		*row = i;
		if (!known(r->time_zone) || !local_time(r->time_zone, now, &local))
			rc = -ENOENT;
		else if (row_open(p, r, &local))
			open[i / 64] |= 1ull << i % 64;
	}
	pthread_mutex_unlock(&one_at_a_time);
	return rc;
}
