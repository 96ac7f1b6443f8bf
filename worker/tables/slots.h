// SPDX-License-Identifier: Apache-2.0
// Where policies count. A policy keeps its slot in the state file from generation to generation, by name, so that nothing
// moves when a generation comes: the core starts the slots of policies that are new and ends those of policies that are
// gone. Everything here is done by the control thread, beside the running generation.
#ifndef PORTCULLIS_TABLES_SLOTS_H
#define PORTCULLIS_TABLES_SLOTS_H

#include "tables/tables.h"

// Slots of a program's policies: those of the previous generation, or by row when there is none. 0 or -ENOMEM.
int slots_assign(struct tables *t, const struct tables *previous);

// Instead of by row: where the names are in what an earlier worker left. 0 or -ENOMEM.
int slots_adopt(struct tables *t, const struct fw_policy_counters rows[FW_MAX_POLICIES]);

void slots_free(struct tables *t);

#endif
