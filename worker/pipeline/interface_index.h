// SPDX-License-Identifier: Apache-2.0
// From name_id (the same in every generation; what routes and sessions hold) to the row of the
// current generation.
#ifndef PORTCULLIS_PIPELINE_INTERFACE_INDEX_H
#define PORTCULLIS_PIPELINE_INTERFACE_INDEX_H

#include <stdint.h>
#include <string.h>
#include "tables/tables.h"

#define INTERFACE_INDEX_SLOTS (FW_MAX_INTERFACES * 4)

struct interface_index {
	uint32_t name_id[INTERFACE_INDEX_SLOTS];
	uint16_t row[INTERFACE_INDEX_SLOTS]; // UINT16_MAX: empty slot
};

static inline uint16_t interface_row(const struct interface_index *index, uint32_t name_id)
{
	uint32_t slot = name_id % INTERFACE_INDEX_SLOTS;
	while (index->row[slot] != UINT16_MAX && index->name_id[slot] != name_id)
		slot = (slot + 1) % INTERFACE_INDEX_SLOTS;
	return index->row[slot];
}

static inline void interface_index_build(struct interface_index *index, const struct tables *t)
{
	memset(index->row, 0xff, sizeof(index->row));
	for (uint32_t row = 0; t != NULL && row < t->interface_count; row++) {
		uint32_t slot = t->interfaces[row].name_id % INTERFACE_INDEX_SLOTS;
		while (index->row[slot] != UINT16_MAX)
			slot = (slot + 1) % INTERFACE_INDEX_SLOTS;
		index->name_id[slot] = t->interfaces[row].name_id;
		index->row[slot] = (uint16_t)row;
	}
}

#endif
