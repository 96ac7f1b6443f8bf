// SPDX-License-Identifier: Apache-2.0
// Policy counters lie in the state file by slot (tables/slots.h): what goes on counting stays where it is when a generation
// comes. Only the slots of policies that come or go are touched.
#include "pipeline/sweep.h"

static void start_slot(struct core *c, uint32_t slot, uint64_t name_id)
{
	c->config.policies[slot] = (struct fw_policy_counters){.name_id = name_id};
}

// What is there is what an earlier process left, or a core that took no part before: names decide.
static void take_over(struct core *c, const struct tables *next)
{
	for (uint32_t slot = 0; slot < FW_MAX_POLICIES; slot++) {
		uint32_t row = next->slot_row[slot];
		uint64_t name_id = row < next->policy_count ? next->policies[row].name_id : 0;
		if (c->config.policies[slot].name_id != name_id)
			start_slot(c, slot, name_id);
	}
}

void generation_take_counters(struct core *c, const struct tables *next)
{
	c->policy_slots = next->slot_count;
	if (c->tables == NULL) {
		take_over(c, next);
		return;
	}
	for (uint32_t i = 0; i < next->ended_count; i++)
		start_slot(c, next->ended[i], 0);
	for (uint32_t i = 0; i < next->started_count; i++) {
		uint32_t slot = next->started[i];
		start_slot(c, slot, next->policies[next->slot_row[slot]].name_id);
	}
}
