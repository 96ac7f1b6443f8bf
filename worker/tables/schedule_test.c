// SPDX-License-Identifier: Apache-2.0
#include "tables/schedule.h"
#include <errno.h>
#include <stdlib.h>
#include "tables/builder.h"
#include "tables/tables.h"

enum { SUNDAY = 1, MONDAY = 2, SATURDAY = 64, EVERY_DAY = 127 };

#define HOUR 3600
#define DAY (24 * HOUR)
#define MONDAY_MIDNIGHT 1767571200 // 2026-01-05 00:00 UTC

static void add_schedule(struct builder *b, const char *name, const char *zone, uint8_t days,
			 uint16_t start, uint16_t end)
{
	struct fw_schedule_row r = {.window_first = b->kind[B_SCHEDULE_WINDOWS].count,
				    .window_count = 1};
	struct fw_schedule_window_row w = {.start_minute = start, .end_minute = end, .days = days};
	snprintf(r.name, sizeof(r.name), "%s", name);
	snprintf(r.time_zone, sizeof(r.time_zone), "%s", zone);
	memcpy(builder_add(b, B_SCHEDULES, NULL), &r, sizeof(r));
	memcpy(builder_add(b, B_SCHEDULE_WINDOWS, NULL), &w, sizeof(w));
}

static uint64_t open_at(const void *program, int64_t time)
{
	uint64_t open[SCHEDULE_WORDS];
	uint32_t row;
	CHECK_EQ(schedule_open(program, time, open, &row), 0);
	return open[0];
}

static void windows_begin_and_end_on_the_minute(void)
{
	struct builder b;
	size_t size;
	builder_init(&b);
	add_schedule(&b, "work", "UTC", MONDAY, 8 * 60, 18 * 60);
	add_schedule(&b, "night", "UTC", SUNDAY | SATURDAY, 0, 1440);
	void *p = builder_finish(&b, &size);
	int64_t monday = MONDAY_MIDNIGHT;
	CHECK_EQ(open_at(p, monday - 1), 2);
	CHECK_EQ(open_at(p, monday), 0);
	CHECK_EQ(open_at(p, monday + 8 * HOUR - 1), 0);
	CHECK_EQ(open_at(p, monday + 8 * HOUR), 1);
	CHECK_EQ(open_at(p, monday + 18 * HOUR - 1), 1);
	CHECK_EQ(open_at(p, monday + 18 * HOUR), 0);
	CHECK_EQ(open_at(p, monday + DAY + 9 * HOUR), 0);
	CHECK_EQ(open_at(p, monday + 5 * DAY), 2);
	CHECK_EQ(open_at(p, monday + 7 * DAY + 9 * HOUR), 1);
	free(p);
}

static void time_zones_move_windows_with_their_summer_time(void)
{
	struct builder b;
	size_t size;
	builder_init(&b);
	add_schedule(&b, "berlin", "Europe/Berlin", EVERY_DAY, 8 * 60, 9 * 60);
	add_schedule(&b, "kolkata", "Asia/Kolkata", EVERY_DAY, 8 * 60, 9 * 60);
	void *p = builder_finish(&b, &size);
	int64_t winter = MONDAY_MIDNIGHT, summer = MONDAY_MIDNIGHT + 180 * (int64_t)DAY;
	CHECK_EQ(open_at(p, winter + 7 * HOUR), 1); // UTC+1
	CHECK_EQ(open_at(p, winter + 6 * HOUR), 0);
	CHECK_EQ(open_at(p, summer + 6 * HOUR), 1); // UTC+2
	CHECK_EQ(open_at(p, summer + 7 * HOUR), 0);
	CHECK_EQ(open_at(p, winter + 2 * HOUR + HOUR / 2), 2); // UTC+5:30
	free(p);
}

static void the_environment_stays_as_it_was(void)
{
	struct builder b;
	size_t size;
	builder_init(&b);
	add_schedule(&b, "berlin", "Europe/Berlin", EVERY_DAY, 0, 60);
	void *p = builder_finish(&b, &size);
	setenv("TZ", "America/New_York", 1);
	open_at(p, MONDAY_MIDNIGHT);
	CHECK_STR(getenv("TZ"), "America/New_York");
	unsetenv("TZ");
	open_at(p, MONDAY_MIDNIGHT);
	CHECK(getenv("TZ") == NULL);
	free(p);
}

static void tables_without_a_time_zone_are_refused(void)
{
	struct builder b;
	size_t size;
	struct tables *t;
	struct program_fault fault;
	builder_init(&b);
	add_schedule(&b, "a", "UTC", EVERY_DAY, 0, 60);
	add_schedule(&b, "b", "Mars/Olympus_Mons", EVERY_DAY, 0, 60);
	void *p = builder_finish(&b, &size);
	CHECK(tables_build(p, size, 1, NULL, &t, &fault) < 0);
	CHECK_STR(fault.section, "schedules");
	CHECK_STR(fault.field, "time_zone");
	CHECK_EQ(fault.row, 1);
}

static uint32_t decide(const struct tables *t)
{
	struct flow4 flow = {.source = {10, 0, 0, 1}, .destination = {10, 0, 0, 2}, .protocol = 6};
	uint32_t row = policy_lookup4(t, &flow);
	struct flow6 flow6 = {.protocol = 6};
	CHECK_EQ(policy_lookup6(t, &flow6), row);
	return row;
}

static void closed_policies_match_nothing_and_keep_their_row(void)
{
	for (unsigned closed = 0; closed < 2; closed++) {
		struct builder b;
		size_t size;
		struct tables *t;
		struct program_fault fault;
		builder_init(&b);
		add_schedule(&b, "work", "UTC", MONDAY, 8 * 60, 18 * 60);
		for (uint32_t i = 0; i < 2; i++) {
			struct fw_policy_row *r = builder_add(&b, B_POLICIES, NULL);
			snprintf(r->name, sizeof(r->name), "policy%u", i);
			r->name_id = i + 1;
			r->action = FW_ACTION_PERMIT;
			r->schedule = i == 0 ? 0 : FW_NO_INDEX;
		}
		void *p = builder_finish(&b, &size);
		int64_t time = MONDAY_MIDNIGHT + (closed ? 7 : 12) * HOUR;
		CHECK_EQ(tables_build_at(p, size, 1, NULL, time, &t, &fault), 0);
		CHECK_EQ(decide(t), closed);
		CHECK_EQ(t->policy_count, 2);
		CHECK(!tables_are_stale(t, time + 30));
		CHECK(tables_are_stale(t, MONDAY_MIDNIGHT + (closed ? 8 : 18) * HOUR));
		tables_free(t);
	}
}

int main(void)
{
	RUN(windows_begin_and_end_on_the_minute);
	RUN(time_zones_move_windows_with_their_summer_time);
	RUN(the_environment_stays_as_it_was);
	RUN(tables_without_a_time_zone_are_refused);
	RUN(closed_policies_match_nothing_and_keep_their_row);
	return 0;
}
