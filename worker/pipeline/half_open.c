// SPDX-License-Identifier: Apache-2.0
#include "pipeline/half_open.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <rte_spinlock.h>

struct zone_count {
	char name[FW_NAME_SIZE]; // empty: unused
	_Atomic uint32_t count;
};

struct half_open {
	rte_spinlock_t names; // a slot gets and loses its name under it
	_Atomic uint64_t total, most;
	struct zone_count zones[HALF_OPEN_SLOTS + 1]; // 0 is nobody's
};

struct half_open *half_open_create(void)
{
	return calloc(1, sizeof(struct half_open));
}

void half_open_free(struct half_open *h)
{
	free(h);
}

static bool has_zone(const struct tables *t, const char *name)
{
	for (uint32_t row = 0; row < t->zone_count; row++)
		if (strncmp(t->zones[row].name, name, FW_NAME_SIZE) == 0)
			return true;
	return false;
}

static uint8_t find(const struct half_open *h, const char *name)
{
	for (unsigned i = 1; i <= HALF_OPEN_SLOTS; i++)
		if (strncmp(h->zones[i].name, name, FW_NAME_SIZE) == 0)
			return (uint8_t)i;
	return 0;
}

void half_open_rows(struct half_open *h, const struct tables *t, uint8_t slots[FW_MAX_ZONES])
{
	rte_spinlock_lock(&h->names);
	for (unsigned i = 1; i <= HALF_OPEN_SLOTS; i++)
		if (h->zones[i].name[0] != '\0' && atomic_load(&h->zones[i].count) == 0 &&
		    !has_zone(t, h->zones[i].name))
			h->zones[i].name[0] = '\0';
	for (uint32_t row = 0; row < t->zone_count; row++) {
		uint8_t slot = find(h, t->zones[row].name);
		if (slot == 0)
			slot = find(h, "");
		if (slot != 0)
			memcpy(h->zones[slot].name, t->zones[row].name, FW_NAME_SIZE);
		slots[row] = slot;
	}
	rte_spinlock_unlock(&h->names);
}

uint32_t half_open_count(const struct half_open *h, uint8_t slot)
{
	return atomic_load_explicit(&h->zones[slot].count, memory_order_relaxed);
}

bool half_open_admits(const struct half_open *h, uint8_t slot, uint32_t limit)
{
	return limit == 0 || half_open_count(h, slot) < limit;
}

void half_open_enter(struct half_open *h, struct fw_session_track *track, uint8_t slot)
{
	if (slot == 0)
		return;
	track->half_open = slot;
	atomic_fetch_add_explicit(&h->zones[slot].count, 1, memory_order_relaxed);
	uint64_t total = atomic_fetch_add_explicit(&h->total, 1, memory_order_relaxed) + 1;
	if (total >
	    atomic_load_explicit(&h->most, memory_order_relaxed)) // near enough, with others
		atomic_store_explicit(&h->most, total, memory_order_relaxed);
}

void half_open_leave(struct half_open *h, struct fw_session_track *track)
{
	uint8_t slot = track->half_open;
	if (slot == 0)
		return;
	track->half_open = 0;
	atomic_fetch_sub_explicit(&h->zones[slot].count, 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(&h->total, 1, memory_order_relaxed);
}

uint64_t half_open_total(const struct half_open *h)
{
	return atomic_load_explicit(&h->total, memory_order_relaxed);
}

uint64_t half_open_most(const struct half_open *h)
{
	return atomic_load_explicit(&h->most, memory_order_relaxed);
}
