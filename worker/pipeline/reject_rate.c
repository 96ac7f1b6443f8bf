// SPDX-License-Identifier: Apache-2.0
#include "pipeline/reject.h"

// Each interface may send so many answers in a second, and as many at once; the cores share that.
uint32_t reject_rate(const struct core *c)
{
	uint32_t cores = c->config.cores == 0 ? 1 : c->config.cores;
	return (c->tables->program->errors_per_second + cores - 1) / cores;
}

static void note_sent(struct core *c)
{
	struct answers *a = &c->answers;
	uint32_t second = c->now / SESSION_TICKS_PER_SECOND;
	if (second != a->second) {
		a->second = second;
		a->sent = 0;
	}
	if (++a->sent > a->high_water)
		a->high_water = a->sent;
}

uint32_t reject_sent(const struct core *c)
{
	return c->now / SESSION_TICKS_PER_SECOND == c->answers.second ? c->answers.sent : 0;
}

bool reject_take(struct core *c, uint16_t interface)
{
	struct bucket *b = &c->answers.buckets[interface];
	uint32_t full = reject_rate(c) * 1000;
	uint64_t gained = (uint64_t)(c->now - b->filled_at) * full / SESSION_TICKS_PER_SECOND;
	if (gained != 0) {
		uint64_t tokens = b->tokens + gained;
		b->tokens = tokens < full ? (uint32_t)tokens : full;
		b->filled_at = c->now;
	}
	if (b->tokens < 1000) {
		c->config.counters->errors_limited++;
		return false;
	}
	b->tokens -= 1000;
	note_sent(c);
	return true;
}

void reject_renew(struct core *c)
{
	for (uint32_t row = 0; row < FW_MAX_INTERFACES; row++)
		c->answers.buckets[row] = (struct bucket){reject_rate(c) * 1000, c->now};
}
