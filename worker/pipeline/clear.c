// SPDX-License-Identifier: Apache-2.0
#include "pipeline/clear.h"

#include "pipeline/session_step.h"
#include "state/session_filter.h"

enum { CLEAR_SLOTS = 256, CLEAR_LOOKED_AT = 64 };

void clear_ask(struct core *c, const struct fw_session_filter *filter)
{
	c->clear.filter = *filter;
	__atomic_store_n(&c->clear.asked, c->clear.asked + 1, __ATOMIC_RELEASE);
}

bool clear_answered(const struct core *c, uint64_t *ended)
{
	if (__atomic_load_n(&c->clear.answered, __ATOMIC_ACQUIRE) != c->clear.asked)
		return false;
	*ended = c->clear.ended;
	return true;
}

static bool selected(const struct core *c, uint8_t family, uint32_t number)
{
	const struct fw_session_filter *f = &c->clear.filter;
	if (family == 4)
		return session_filter_matches4(f, session_entry4(c->config.sessions4, number), c->realtime_ns);
	return session_filter_matches6(f, session_entry6(c->config.sessions6, number), c->realtime_ns);
}

// False at the end of the table.
static bool clear_family(struct core *c, uint8_t family)
{
	struct session_table *table = session_table_of(c, family);
	uint32_t number;
	for (unsigned i = 0; i < CLEAR_LOOKED_AT; i++) {
		if (!session_walk(table, &c->clear.cursor, CLEAR_SLOTS, &number))
			return false;
		if (number == FW_NO_INDEX)
			return true; // the slots of this turn are used up
		if (!selected(c, family, number))
			continue;
		session_end(c, family, number);
		c->clear.ended++;
	}
	return true;
}

bool clear_turn(struct core *c)
{
	struct clear *clear = &c->clear;
	if (likely(!clear_asked(clear)))
		return false;
	uint32_t asked = __atomic_load_n(&clear->asked, __ATOMIC_ACQUIRE);
	if (clear->family == 0) {
		clear->family = 4;
		clear->cursor = 0;
		clear->ended = 0;
	}
	if (clear_family(c, clear->family))
		return true;
	clear->cursor = 0;
	clear->family = clear->family == 4 ? 6 : 0;
	if (clear->family == 0)
		__atomic_store_n(&clear->answered, asked, __ATOMIC_RELEASE);
	return clear->family != 0;
}
