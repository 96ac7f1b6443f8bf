// SPDX-License-Identifier: Apache-2.0
#include "loop/clock.h"
#include "test.h"

#define SECOND 1000000000ull
static const uint8_t boot_a[16] = {1, 2, 3}, boot_b[16] = {4, 5, 6};

static void starts_at_zero_with_a_new_file(void)
{
	struct fw_worker_status s = {0};
	struct clock c = clock_resume(&s, boot_a, 500 * SECOND);
	CHECK_EQ(clock_ticks(&c, 500 * SECOND), 0);
	CHECK_EQ(clock_ticks(&c, 503 * SECOND), 3 * 1024);
	CHECK_EQ(clock_ticks(&c, 500 * SECOND + SECOND / 2), 512);
}

static void runs_on_while_no_worker_runs(void)
{
	struct fw_worker_status s = {0};
	clock_resume(&s, boot_a, 500 * SECOND);
	struct clock c = clock_resume(&s, boot_a, 700 * SECOND);
	CHECK_EQ(clock_ticks(&c, 700 * SECOND), 200 * 1024);
}

static void goes_on_after_a_reboot_from_the_last_heartbeat(void)
{
	struct fw_worker_status s = {0};
	clock_resume(&s, boot_a, 500 * SECOND);
	s.kept.clock_ns = 90 * SECOND; // heartbeat
	struct clock c = clock_resume(&s, boot_b, 7 * SECOND);
	CHECK_EQ(clock_ticks(&c, 7 * SECOND), 90 * 1024);
	CHECK_EQ(clock_ticks(&c, 8 * SECOND), 91 * 1024);
	c = clock_resume(&s, boot_b, 9 * SECOND);
	CHECK_EQ(clock_ticks(&c, 9 * SECOND), 92 * 1024);
}

static void ticks_wrap_after_2_to_the_32(void)
{
	struct fw_worker_status s = {0};
	struct clock c = clock_resume(&s, boot_a, 0);
	CHECK_EQ(clock_ticks(&c, (1ull << 22) * SECOND), 0);
	CHECK_EQ(clock_ticks(&c, ((1ull << 22) + 1) * SECOND), 1024);
}

int main(void)
{
	RUN(starts_at_zero_with_a_new_file);
	RUN(runs_on_while_no_worker_runs);
	RUN(goes_on_after_a_reboot_from_the_last_heartbeat);
	RUN(ticks_wrap_after_2_to_the_32);
	return 0;
}
