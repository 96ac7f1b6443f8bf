// SPDX-License-Identifier: Apache-2.0
#include "loop/busy.h"

#include "test.h"

enum { HZ = 2000000000 };

static void test_turns_that_work_count(void)
{
	struct busy b = {0};
	busy_begin(&b, 1000);
	b.worked = true;
	busy_begin(&b, 3000); // 2000 cycles of work
	busy_begin(&b, 9000); // nothing to do
	b.worked = true;
	busy_begin(&b, 9500);
	CHECK_EQ(busy_take_ns(&b.cycles, HZ), 1250);
	CHECK_EQ(busy_take_ns(&b.cycles, HZ), 0);
}

static void test_sleep_is_not_busy(void)
{
	struct busy b = {0};
	busy_begin(&b, 1000);
	busy_woken(&b, 1000000);
	b.worked = true;
	busy_begin(&b, 1000400);
	CHECK_EQ(busy_take_ns(&b.cycles, HZ), 200);
}

static void test_long_turns_do_not_overflow(void)
{
	struct busy b = {0};
	busy_begin(&b, 0);
	b.worked = true;
	busy_begin(&b, 3600ull * HZ);
	CHECK_EQ(busy_take_ns(&b.cycles, HZ), 3600ull * 1000000000);
}

int main(void)
{
	test_turns_that_work_count();
	test_sleep_is_not_busy();
	test_long_turns_do_not_overflow();
	return 0;
}
