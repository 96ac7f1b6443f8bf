// SPDX-License-Identifier: Apache-2.0
#include "net/nexthop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADS 4096u

struct nexthop {
	struct nexthop *next;
	uint32_t stamp;
	bool touched, gone; // since nexthop_settle()
	struct kernel_nexthop object;
};

struct nexthop_table {
	struct nexthop *heads[HEADS];
	uint32_t count, stamp;
	bool dirty;
};

struct nexthop_table *nexthop_create(void)
{
	return calloc(1, sizeof(struct nexthop_table));
}

void nexthop_free(struct nexthop_table *t)
{
	if (t == NULL)
		return;
	for (uint32_t i = 0; i < HEADS; i++) {
		for (struct nexthop *n = t->heads[i], *next; n != NULL; n = next) {
			next = n->next;
			free(n);
		}
	}
	free(t);
}

static struct nexthop **nexthop_link(struct nexthop_table *t, uint32_t id)
{
	struct nexthop **link = &t->heads[(id * 0x9e3779b1u >> 16) % HEADS];
	while (*link != NULL && (*link)->object.id != id)
		link = &(*link)->next;
	return link;
}

static const struct nexthop *nexthop_find(const struct nexthop_table *t, uint32_t id)
{
	const struct nexthop *n = t->heads[(id * 0x9e3779b1u >> 16) % HEADS];
	while (n != NULL && n->object.id != id)
		n = n->next;
	return n;
}

static const struct kernel_nexthop *nexthop_object(const struct nexthop_table *t, uint32_t id)
{
	const struct nexthop *n = nexthop_find(t, id);
	return n == NULL || n->gone ? NULL : &n->object;
}

int nexthop_set(struct nexthop_table *t, const struct kernel_nexthop *o)
{
	struct nexthop **link = nexthop_link(t, o->id), *n = *link;
	if (n == NULL) {
		n = t->count == NEXTHOP_MAX ? NULL : calloc(1, sizeof(*n));
		if (n == NULL)
			return t->count == NEXTHOP_MAX ? -ENOSPC : -ENOMEM;
		*link = n;
		t->count++;
	} else if (n->gone || memcmp(&n->object, o, sizeof(*o)) != 0) {
		n->touched = t->dirty = true;
	}
	n->object = *o;
	n->gone = false;
	n->stamp = t->stamp;
	return 0;
}

void nexthop_delete(struct nexthop_table *t, uint32_t id)
{
	struct nexthop *n = *nexthop_link(t, id);
	if (n != NULL)
		n->gone = n->touched = t->dirty = true;
}

void nexthop_begin(struct nexthop_table *t)
{
	t->stamp++;
}

void nexthop_end(struct nexthop_table *t)
{
	for (uint32_t i = 0; i < HEADS; i++)
		for (struct nexthop *n = t->heads[i]; n != NULL; n = n->next)
			if (n->stamp != t->stamp)
				n->gone = n->touched = t->dirty = true;
}

bool nexthop_dirty(const struct nexthop_table *t)
{
	return t->dirty;
}

bool nexthop_touched(const struct nexthop_table *t, uint32_t id)
{
	const struct nexthop *n = nexthop_find(t, id);
	if (n == NULL)
		return false;
	bool touched = n->touched;
	for (unsigned i = 0; i < n->object.member_count && !touched; i++) {
		const struct nexthop *m = nexthop_find(t, n->object.members[i]);
		touched = m != NULL && m->touched;
	}
	return touched;
}

void nexthop_settle(struct nexthop_table *t)
{
	t->dirty = false;
	for (uint32_t i = 0; i < HEADS; i++) {
		for (struct nexthop **link = &t->heads[i]; *link != NULL;) {
			struct nexthop *n = *link;
			n->touched = false;
			if (!n->gone) {
				link = &n->next;
				continue;
			}
			*link = n->next;
			free(n);
			t->count--;
		}
	}
}

unsigned nexthop_hops(const struct nexthop_table *t, uint32_t id,
		      struct kernel_hop hops[FW_MAX_NEXT_HOPS_PER_ROUTE], bool *blackhole)
{
	const struct kernel_nexthop *n = nexthop_object(t, id);
	unsigned count = 0;
	*blackhole = false;
	if (n == NULL)
		return 0;
	if (n->member_count == 0) {
		*blackhole = n->blackhole;
		hops[0] = n->hop;
		return n->blackhole || n->hop.dead ? 0 : 1;
	}
	for (unsigned i = 0; i < n->member_count; i++) { // groups do not nest
		const struct kernel_nexthop *m = nexthop_object(t, n->members[i]);
		if (m == NULL || m->member_count > 0)
			continue;
		*blackhole = *blackhole || m->blackhole;
		if (m->blackhole || m->hop.dead)
			continue;
		hops[count] = m->hop;
		hops[count++].weight = n->weights[i];
	}
	*blackhole = *blackhole && count == 0;
	return count;
}
