// SPDX-License-Identifier: Apache-2.0
// Policy counters lie in the state file by row, and rows belong to a generation. When the next one
// comes, the counters of the policies that are still there move to their new rows; the rest is gone
// with its policy.
#include <stdlib.h>
#include "pipeline/sweep.h"

static int by_name_id(const void *a, const void *b)
{
	uint64_t x = ((const struct fw_policy_counters *)a)->name_id;
	uint64_t y = ((const struct fw_policy_counters *)b)->name_id;
	return x < y ? -1 : x > y;
}

// Rows that an earlier process left are known by name only.
static uint32_t recovered_rows(const struct core *c)
{
	uint32_t rows = 0;
	while (rows < FW_MAX_POLICIES && c->config.policies[rows].name_id != 0)
		rows++;
	return rows;
}

static const struct fw_policy_counters *old_row(const struct core *c, const struct tables *next,
						uint32_t row, uint32_t old_rows, bool sorted)
{
	struct fw_policy_counters key = {.name_id = next->policies[row].name_id};
	if (sorted)
		return bsearch(&key, c->policy_scratch, old_rows, sizeof(key), by_name_id);
	uint32_t previous = next->previous_policy[row];
	if (previous >= old_rows || c->policy_scratch[previous].name_id != key.name_id)
		return NULL;
	return &c->policy_scratch[previous];
}

void generation_move_counters(struct core *c, const struct tables *next)
{
	struct fw_policy_counters *rows = c->config.policies;
	bool first = c->tables == NULL;
	uint32_t old_rows = first ? recovered_rows(c) : c->policy_rows;
	memcpy(c->policy_scratch, rows, old_rows * sizeof(*rows));
	if (first)
		qsort(c->policy_scratch, old_rows, sizeof(*rows), by_name_id);
	for (uint32_t row = 0; row < next->policy_count; row++) {
		const struct fw_policy_counters *old = old_row(c, next, row, old_rows, first);
		rows[row] =
		    old != NULL
			? *old
			: (struct fw_policy_counters){.name_id = next->policies[row].name_id};
	}
	for (uint32_t row = next->policy_count; row < old_rows; row++)
		memset(&rows[row], 0, sizeof(rows[row]));
	c->policy_rows = next->policy_count;
}
