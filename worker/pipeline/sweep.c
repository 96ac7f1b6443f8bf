// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sweep.h"

#include "pipeline/judge.h"

enum { SWEEP_SLOTS = 256, SWEEP_JUDGED = 32, SWEEP_BINDINGS = 64 };

void sweep_start(struct core *c, bool changed)
{
	c->sweep = (struct sweep){.running4 = true,
				  .running6 = true,
				  .running_bindings = changed && c->config.number == 0 &&
						      c->config.bindings != NULL};
}

static bool holds(void *context, const struct fw_binding *b)
{
	struct nat_origin origin;
	return translate_binding_holds(context, b, &origin);
}

// Slots are cheap to pass over, judging is not: both are bounded.
static bool sweep_family(struct core *c, uint8_t family, uint32_t *cursor)
{
	struct session_table *table = session_table_of(c, family);
	uint32_t number;
	for (unsigned judged = 0; judged < SWEEP_JUDGED; judged++) {
		if (!session_walk(table, cursor, SWEEP_SLOTS, &number))
			return false;
		if (number == FW_NO_INDEX)
			return true; // the slots of this turn are used up
		struct session_view v = session_view(c, family, number << 1);
		struct judgement j;
		if (v.line[0]->epoch != c->epoch)
			judge_session(c, &v, &j);
	}
	return true;
}

bool sweep_turn(struct core *c)
{
	if (c->tables == NULL)
		return false;
	if (c->sweep.running4)
		c->sweep.running4 = sweep_family(c, 4, &c->sweep.cursor4);
	else if (c->sweep.running6)
		c->sweep.running6 = sweep_family(c, 6, &c->sweep.cursor6);
	else if (c->sweep.running_bindings)
		c->sweep.running_bindings = bindings_review(
		    c->config.bindings, &c->sweep.cursor_bindings, SWEEP_BINDINGS, holds, c);
	return c->sweep.running4 || c->sweep.running6 || c->sweep.running_bindings;
}
