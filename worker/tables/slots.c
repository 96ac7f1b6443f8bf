// SPDX-License-Identifier: Apache-2.0
#include "tables/slots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct named {
	uint64_t id;
	uint32_t slot;
};

static int compare_named(const void *a, const void *b)
{
	uint64_t x = ((const struct named *)a)->id, y = ((const struct named *)b)->id;
	return (x > y) - (x < y);
}

static void use(struct tables *t, uint32_t row, uint32_t slot)
{
	t->policies[row].slot = (uint16_t)slot;
	t->slot_row[slot] = (uint16_t)row;
	if (slot >= t->slot_count)
		t->slot_count = slot + 1;
}

// The slots of those that have one already. old is sorted here.
static void keep(struct tables *t, struct named *old, uint32_t count)
{
	qsort(old, count, sizeof(*old), compare_named);
	for (uint32_t row = 0; row < t->policy_count; row++) {
		struct named wanted = {t->policies[row].name_id, 0};
		const struct named *found = bsearch(&wanted, old, count, sizeof(*old), compare_named);
		if (found != NULL && t->slot_row[found->slot] == FW_POLICY_NONE)
			use(t, row, found->slot);
	}
}

// The lowest free slots for all others: there are as many slots as policies can be.
static void add(struct tables *t)
{
	uint32_t slot = 0;
	for (uint32_t row = 0; row < t->policy_count; row++) {
		if (t->policies[row].slot != FW_POLICY_NONE)
			continue;
		while (t->slot_row[slot] != FW_POLICY_NONE)
			slot++;
		use(t, row, slot);
		t->started[t->started_count++] = (uint16_t)slot;
	}
}

static void clear(struct tables *t)
{
	t->slot_count = t->started_count = t->ended_count = 0;
	memset(t->slot_row, 0xff, FW_MAX_POLICIES * sizeof(*t->slot_row));
	for (uint32_t row = 0; row < t->policy_count; row++)
		t->policies[row].slot = FW_POLICY_NONE;
}

static int allocate(struct tables *t)
{
	t->slot_row = malloc(FW_MAX_POLICIES * sizeof(*t->slot_row));
	t->started = malloc(FW_MAX_POLICIES * sizeof(*t->started));
	t->ended = malloc(FW_MAX_POLICIES * sizeof(*t->ended));
	return t->slot_row != NULL && t->started != NULL && t->ended != NULL ? 0 : -ENOMEM;
}

int slots_assign(struct tables *t, const struct tables *previous)
{
	uint32_t count = previous != NULL ? previous->policy_count : 0;
	struct named *old = malloc((count + 1u) * sizeof(*old));
	if (old == NULL || allocate(t) != 0) {
		free(old);
		return -ENOMEM;
	}
	clear(t);
	for (uint32_t row = 0; row < count; row++)
		old[row] = (struct named){previous->policies[row].name_id, previous->policies[row].slot};
	keep(t, old, count);
	add(t);
	for (uint32_t row = 0; row < count; row++)
		if (t->slot_row[previous->policies[row].slot] == FW_POLICY_NONE)
			t->ended[t->ended_count++] = previous->policies[row].slot;
	free(old);
	return 0;
}

int slots_adopt(struct tables *t, const struct fw_policy_counters rows[FW_MAX_POLICIES])
{
	struct named *old = malloc(FW_MAX_POLICIES * sizeof(*old));
	uint32_t count = 0;
	if (old == NULL)
		return -ENOMEM;
	clear(t);
	for (uint32_t slot = 0; slot < FW_MAX_POLICIES; slot++)
		if (rows[slot].name_id != 0)
			old[count++] = (struct named){rows[slot].name_id, slot};
	keep(t, old, count);
	add(t);
	free(old);
	return 0;
}

void slots_free(struct tables *t)
{
	free(t->slot_row);
	free(t->started);
	free(t->ended);
}
