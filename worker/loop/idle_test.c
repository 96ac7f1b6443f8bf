// SPDX-License-Identifier: Apache-2.0
#include "loop/idle.h"
#include "test.h"

static const struct idle_limits adaptive = {true, 4, 32};
#define LATER 1000000u

static void polling_never_sleeps(void)
{
	struct idle_state s = {0};
	const struct idle_limits polling = {false, 4, 32};
	for (unsigned i = 0; i < 100; i++)
		CHECK_EQ(idle_next(&s, &polling, 0, LATER * i), IDLE_POLL);
}

static void sleeps_after_the_threshold_of_empty_polls(void)
{
	struct idle_state s = {0};
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(idle_next(&s, &adaptive, 0, LATER), IDLE_POLL);
	CHECK_EQ(idle_next(&s, &adaptive, 0, LATER), IDLE_SLEEP);
}

static void a_packet_starts_the_count_again(void)
{
	struct idle_state s = {0};
	for (unsigned i = 0; i < 3; i++)
		idle_next(&s, &adaptive, 0, LATER);
	CHECK_EQ(idle_next(&s, &adaptive, 1, LATER), IDLE_POLL);
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(idle_next(&s, &adaptive, 0, 2 * LATER), IDLE_POLL);
	CHECK_EQ(idle_next(&s, &adaptive, 0, 2 * LATER), IDLE_SLEEP);
}

static void lingers_after_a_packet(void)
{
	struct idle_state s = {0};
	idle_next(&s, &adaptive, 1, LATER);
	for (unsigned i = 0; i < 50; i++)
		CHECK_EQ(idle_next(&s, &adaptive, 0, LATER + IDLE_LINGER_NS - 1), IDLE_POLL);
	CHECK_EQ(idle_next(&s, &adaptive, 0, LATER + IDLE_LINGER_NS), IDLE_SLEEP);
}

static void few_packets_keep_the_sleeping_mode(void)
{
	struct idle_state s = {.sleeping = true};
	CHECK_EQ(idle_next(&s, &adaptive, 31, LATER), IDLE_POLL);
	CHECK_EQ(idle_next(&s, &adaptive, 0, LATER + IDLE_LINGER_NS), IDLE_SLEEP);
}

static void many_packets_end_the_sleeping_mode(void)
{
	struct idle_state s = {.sleeping = true};
	CHECK_EQ(idle_next(&s, &adaptive, 32, LATER), IDLE_POLL);
	CHECK_EQ(idle_next(&s, &adaptive, 0, 2 * LATER), IDLE_POLL);
	CHECK(!s.sleeping);
}

static void a_change_to_polling_ends_the_sleeping_mode(void)
{
	struct idle_state s = {.sleeping = true};
	const struct idle_limits polling = {false, 4, 32};
	CHECK_EQ(idle_next(&s, &polling, 0, LATER), IDLE_POLL);
	CHECK(!s.sleeping);
}

int main(void)
{
	RUN(polling_never_sleeps);
	RUN(sleeps_after_the_threshold_of_empty_polls);
	RUN(a_packet_starts_the_count_again);
	RUN(lingers_after_a_packet);
	RUN(few_packets_keep_the_sleeping_mode);
	RUN(many_packets_end_the_sleeping_mode);
	RUN(a_change_to_polling_ends_the_sleeping_mode);
	return 0;
}
