// SPDX-License-Identifier: Apache-2.0
// Slots of policies against what they promise, over many generations of random policies.
#include "tables/slots.h"
#include <stdlib.h>
#include <string.h>
#include "test.h"

static uint64_t seed = 0x9e3779b97f4a7c15ull;

static struct tables *generation(uint32_t count)
{
	struct tables *t = calloc(1, sizeof(*t));
	CHECK(t != NULL);
	t->policy_count = count;
	t->policies = calloc(count + 1u, sizeof(*t->policies));
	CHECK(t->policies != NULL);
	return t;
}

static void drop(struct tables *t)
{
	slots_free(t);
	free(t->policies);
	free(t);
}

// Distinct names: an excerpt of a random order of 1 ... names.
static void draw(struct tables *t, uint32_t names)
{
	static uint64_t order[FW_MAX_POLICIES * 2];
	for (uint32_t i = 0; i < names; i++)
		order[i] = i + 1;
	for (uint32_t i = 0; i < t->policy_count; i++) {
		uint32_t other = i + (uint32_t)test_below(&seed, names - i);
		uint64_t name = order[other];
		order[other] = order[i];
		order[i] = t->policies[i].name_id = name;
	}
}

static uint32_t slot_of(const struct tables *t, uint64_t name)
{
	for (uint32_t row = 0; row < t->policy_count; row++)
		if (t->policies[row].name_id == name)
			return t->policies[row].slot;
	return FW_POLICY_NONE;
}

static void check_rows(const struct tables *t)
{
	uint32_t used = 0;
	for (uint32_t slot = 0; slot < FW_MAX_POLICIES; slot++) {
		if (t->slot_row[slot] == FW_POLICY_NONE)
			continue;
		CHECK(slot < t->slot_count && t->policies[t->slot_row[slot]].slot == slot);
		used++;
	}
	CHECK_EQ(used, t->policy_count);
}

static bool listed(const uint16_t *list, uint32_t count, uint32_t slot)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i] == slot)
			return true;
	return false;
}

static void check_change(const struct tables *old, const struct tables *t)
{
	for (uint32_t row = 0; row < t->policy_count; row++) {
		uint32_t slot = t->policies[row].slot, before = slot_of(old, t->policies[row].name_id);
		CHECK_EQ(listed(t->started, t->started_count, slot), before == FW_POLICY_NONE);
		CHECK(before == FW_POLICY_NONE || before == slot);
	}
	for (uint32_t row = 0; row < old->policy_count; row++) {
		uint32_t slot = old->policies[row].slot;
		CHECK_EQ(listed(t->ended, t->ended_count, slot), t->slot_row[slot] == FW_POLICY_NONE);
	}
}

static void a_policy_keeps_its_slot_by_name(void)
{
	struct tables *old = generation(40);
	draw(old, 60);
	CHECK_EQ(slots_assign(old, NULL), 0);
	check_rows(old);
	for (unsigned round = 0; round < 500; round++) {
		struct tables *t = generation((uint32_t)test_below(&seed, 60));
		draw(t, 60);
		CHECK_EQ(slots_assign(t, old), 0);
		check_rows(t);
		check_change(old, t);
		drop(old);
		old = t;
	}
	drop(old);
}

static void all_policies_may_be_exchanged_at_once(void)
{
	struct tables *old = generation(FW_MAX_POLICIES), *t = generation(FW_MAX_POLICIES);
	for (uint32_t row = 0; row < FW_MAX_POLICIES; row++) {
		old->policies[row].name_id = row + 1;
		t->policies[row].name_id = row + 1 + FW_MAX_POLICIES;
	}
	CHECK_EQ(slots_assign(old, NULL), 0);
	CHECK_EQ(slots_assign(t, old), 0);
	check_rows(t);
	CHECK_EQ(t->started_count, FW_MAX_POLICIES);
	CHECK_EQ(t->ended_count, 0);
	drop(old);
	drop(t);
}

static void what_an_earlier_worker_left_is_taken_up(void)
{
	static struct fw_policy_counters rows[FW_MAX_POLICIES];
	struct tables *t = generation(3);
	for (uint32_t row = 0; row < 3; row++)
		t->policies[row].name_id = row + 1;
	rows[700].name_id = 2;
	rows[5].name_id = 99;                 // gone
	rows[6].name_id = rows[7].name_id = 3; // damaged: twice the same
	CHECK_EQ(slots_assign(t, NULL), 0);
	CHECK_EQ(slots_adopt(t, rows), 0);
	check_rows(t);
	CHECK_EQ(t->policies[1].slot, 700);
	CHECK(t->policies[2].slot == 6 || t->policies[2].slot == 7);
	CHECK_EQ(t->slot_count, 701);
	drop(t);
}

int main(void)
{
	RUN(a_policy_keeps_its_slot_by_name);
	RUN(all_policies_may_be_exchanged_at_once);
	RUN(what_an_earlier_worker_left_is_taken_up);
	return 0;
}
