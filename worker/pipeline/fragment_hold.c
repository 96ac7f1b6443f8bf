// SPDX-License-Identifier: Apache-2.0
#include "pipeline/fragment_hold.h"

#include <stdlib.h>
#include "shm/crc32c.h"

#define NONE FRAGMENT_NONE_ROW

enum { EXPIRE_BUDGET = 32 };

struct held_fragment {
	struct packet packet;
	uint32_t interface; // name_id: rows change with the generation
	uint32_t next;      // younger, or free
};

void fragment_init(struct fragments *f)
{
	memset(f, 0, sizeof(*f));
	fragment_table_init(&f->table);
	f->held_free = NONE;
}

void fragment_free(struct fragments *f)
{
	fragment_table_free(&f->table);
	free(f->held);
	fragment_init(f);
}

void fragment_hold(struct core *c, struct packet *p, struct datagram *d)
{
	struct fragments *f = &c->fragments;
	if (f->held_used >= f->held_limit) {
		f->held_refused++;
		core_end_dropped(c, p, FW_DROP_FRAGMENT_TABLE_FULL);
		return;
	}
	uint32_t row = f->held_free;
	if (row != NONE)
		f->held_free = f->held[row].next;
	else
		row = f->held_fresh++;
	struct held_fragment *h = &f->held[row];
	h->packet = *p;
	h->interface = c->tables->interfaces[p->interface].name_id;
	h->next = NONE;
	*(d->held_last == NONE ? &d->held_first : &f->held[d->held_last].next) = row;
	d->held_last = row;
	d->held_count++;
	if (++f->held_used > f->held_high_water)
		f->held_high_water = f->held_used;
	c->config.counters->held++;
}

bool fragment_take_held(struct core *c, struct datagram *d, struct packet *p)
{
	struct fragments *f = &c->fragments;
	uint32_t row = d->held_first;
	if (row == NONE)
		return false;
	struct held_fragment *h = &f->held[row];
	*p = h->packet;
	d->held_first = h->next;
	if (h->next == NONE)
		d->held_last = NONE;
	d->held_count--;
	h->next = f->held_free;
	f->held_free = row;
	f->held_used--;
	c->config.counters->held--;
	return true;
}

static void forget(struct core *c, uint32_t row, enum fw_drop reason)
{
	struct datagram *d = &c->fragments.table.datagrams[row];
	struct packet p;
	while (fragment_take_held(c, d, &p))
		core_end_dropped(c, &p, reason);
	fragment_table_remove(&c->fragments.table, row);
}

bool fragment_turn(struct core *c)
{
	struct fragment_table *t = &c->fragments.table;
	for (unsigned i = 0; i < EXPIRE_BUDGET; i++) {
		uint32_t row = fragment_table_expired(t, c->now);
		if (row == NONE)
			return false;
		forget(c, row, FW_DROP_FRAGMENT_TIMEOUT);
	}
	return fragment_table_expired(t, c->now) != NONE;
}

void fragment_drop_all(struct core *c)
{
	while (c->fragments.table.oldest != NONE)
		forget(c, c->fragments.table.oldest, FW_DROP_FRAGMENT_TIMEOUT);
}

static bool limit_held(struct fragments *f, uint32_t datagrams)
{
	uint32_t limit = datagrams / FRAGMENT_HELD_SHARE;
	limit = RTE_MIN(RTE_MAX(limit, FRAGMENT_HELD_LEAST), FRAGMENT_HELD_MOST);
	if (limit > f->held_allocated) {
		struct held_fragment *held = realloc(f->held, limit * sizeof(*held));
		if (held == NULL)
			return false;
		f->held = held;
		f->held_allocated = limit;
	}
	f->held_limit = limit;
	return true;
}

// Rows of the new generation. False: the interface is gone.
static bool renew_packet(struct core *c, struct held_fragment *h)
{
	uint16_t row = interface_row(&c->interfaces, h->interface);
	if (row == ROW_NONE)
		return false;
	h->packet.interface = row;
	h->packet.zone = c->tables->interfaces[row].zone;
	h->packet.vrf = c->tables->interfaces[row].vrf;
	h->packet.end.in_interface = row;
	h->packet.end.from_zone = h->packet.zone;
	return true;
}

static bool renew_datagram(struct core *c, const struct datagram *d)
{
	struct fragments *f = &c->fragments;
	for (uint32_t row = d->held_first; row != NONE; row = f->held[row].next)
		if (!renew_packet(c, &f->held[row]))
			return false;
	return true;
}

void fragment_renew(struct core *c)
{
	struct fragments *f = &c->fragments;
	const struct fw_program *program = c->tables->program;
	for (uint32_t i = 0; i < c->tables->zone_count; i++)
		f->zone_ids[i] = crc32c(c->tables->zones[i].name, FW_NAME_SIZE);
	// Without memory the bounds stay what they were.
	if (fragment_table_limit(&f->table, program->fragments, program->fragments_per_source))
		limit_held(f, program->fragments);
	for (uint32_t row = f->table.oldest, newer; row != NONE; row = newer) {
		newer = f->table.datagrams[row].newer;
		if (!renew_datagram(c, &f->table.datagrams[row]))
			forget(c, row, FW_DROP_VLAN_UNKNOWN);
	}
}
