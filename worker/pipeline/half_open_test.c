// SPDX-License-Identifier: Apache-2.0
#include "pipeline/half_open.h"
#include "test.h"

static struct zone zones[FW_MAX_ZONES];

static struct tables name(unsigned count, const char *prefix)
{
	memset(zones, 0, sizeof(zones));
	for (unsigned i = 0; i < count; i++)
		snprintf(zones[i].name, sizeof(zones[i].name), "%s%u", prefix, i);
	return (struct tables){.zone_count = count, .zones = zones};
}

static void a_zone_keeps_its_count_by_name(void)
{
	struct half_open *h = half_open_create();
	struct fw_session_track one = {0}, two = {0};
	uint8_t slots[FW_MAX_ZONES];
	struct tables t = name(3, "zone-");
	half_open_rows(h, &t, slots);
	half_open_enter(h, &one, slots[2]);
	half_open_enter(h, &two, slots[2]);
	CHECK(half_open_admits(h, slots[2], 3));
	CHECK(!half_open_admits(h, slots[2], 2));
	CHECK(half_open_admits(h, slots[2], 0));
	CHECK(half_open_admits(h, slots[1], 1));
	strcpy(zones[0].name, "zone-2");
	strcpy(zones[2].name, "new");
	half_open_rows(h, &t, slots);
	CHECK_EQ(half_open_count(h, slots[0]), 2);
	CHECK_EQ(half_open_count(h, slots[2]), 0);
	half_open_leave(h, &one);
	half_open_leave(h, &one); // once only
	CHECK_EQ(half_open_count(h, slots[0]), 1);
	CHECK_EQ(half_open_total(h), 1);
	CHECK_EQ(half_open_most(h), 2);
	CHECK_EQ(one.half_open, 0);
	half_open_free(h);
}

// Names come and go; only those with open connections keep a slot.
static void slots_are_used_again(void)
{
	struct half_open *h = half_open_create();
	struct fw_session_track held[HALF_OPEN_SLOTS * 2] = {0};
	uint8_t slots[FW_MAX_ZONES];
	unsigned n = 0;
	for (unsigned round = 0; round < 100; round++) {
		char prefix[16];
		snprintf(prefix, sizeof(prefix), "r%u-", round);
		struct tables t = name(FW_MAX_ZONES, prefix);
		half_open_rows(h, &t, slots);
		for (unsigned i = 0; i < FW_MAX_ZONES; i++)
			CHECK(slots[i] != 0);
		half_open_enter(h, &held[n++], slots[0]);
	}
	CHECK_EQ(half_open_total(h), n);
	while (n > 0)
		half_open_leave(h, &held[--n]);
	CHECK_EQ(half_open_total(h), 0);
	half_open_free(h);
}

static void without_a_slot_nothing_is_counted(void)
{
	struct half_open *h = half_open_create();
	struct fw_session_track track = {0};
	half_open_enter(h, &track, 0);
	CHECK_EQ(half_open_total(h), 0);
	half_open_leave(h, &track);
	CHECK_EQ(half_open_total(h), 0);
	half_open_free(h);
}

int main(void)
{
	RUN(a_zone_keeps_its_count_by_name);
	RUN(slots_are_used_again);
	RUN(without_a_slot_nothing_is_counted);
	return 0;
}
