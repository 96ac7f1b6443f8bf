// SPDX-License-Identifier: Apache-2.0
#include "pipeline/bounds.h"

#include "nat/bindings.h"
#include "pipeline/reject.h"

enum { BOUNDS_INTERVAL = SESSION_TICKS_PER_SECOND / 4 };

static void put(struct core *c, enum fw_table table, uint64_t capacity, uint64_t used,
		uint64_t most)
{
	struct fw_table_status *s = &c->config.tables[table];
	s->capacity = capacity;
	s->used = used;
	if (most < used)
		most = used;
	if (s->high_water < most)
		s->high_water = most;
}

// The limits of all zones together; 0 when one of them has none.
static uint64_t half_open_capacity(const struct tables *t)
{
	uint64_t capacity = 0;
	for (uint32_t row = 0; row < t->zone_count; row++) {
		if (t->zones[row].half_open_limit == 0)
			return 0;
		capacity += t->zones[row].half_open_limit;
	}
	return capacity;
}

static void report_shared(struct core *c)
{
	put(c, FW_TABLE_HALF_OPEN, half_open_capacity(c->tables), half_open_total(c->half_open),
	    half_open_most(c->half_open));
	if (c->config.bindings != NULL)
		put(c, FW_TABLE_BINDINGS, bindings_capacity(c->config.bindings),
		    bindings_count(c->config.bindings), bindings_high_water(c->config.bindings));
}

void bounds_report(struct core *c)
{
	struct fw_table_status *rows = c->config.tables;
	const uint64_t *dropped = c->config.counters->dropped;
	const struct fragments *f = &c->fragments;
	if (rows == NULL || c->tables == NULL || c->now - c->reported < BOUNDS_INTERVAL)
		return;
	c->reported = c->now;
	if (c->config.number == 0)
		report_shared(c);
	put(c, FW_TABLE_FRAGMENTS, f->table.limit, f->table.used, f->table.high_water);
	put(c, FW_TABLE_FRAGMENTS_HELD, f->held_limit, f->held_used, f->held_high_water);
	put(c, FW_TABLE_HELD, c->hold.limit, c->hold.used, c->hold.high_water);
	put(c, FW_TABLE_ERRORS, (uint64_t)reject_rate(c) * c->tables->interface_count, reject_sent(c),
	    c->answers.high_water);
	rows[FW_TABLE_HALF_OPEN].refused = dropped[FW_DROP_HALF_OPEN_LIMIT];
	rows[FW_TABLE_BINDINGS].refused = dropped[FW_DROP_NAT_BINDINGS_FULL];
	rows[FW_TABLE_FRAGMENTS].refused =
	    dropped[FW_DROP_FRAGMENT_TABLE_FULL] + dropped[FW_DROP_FRAGMENT_SOURCE_LIMIT];
	rows[FW_TABLE_FRAGMENTS_HELD].refused = f->held_refused;
	rows[FW_TABLE_HELD].refused = dropped[FW_DROP_NEIGHBOR_QUEUE_FULL];
	rows[FW_TABLE_ERRORS].refused = c->config.counters->errors_limited;
}
