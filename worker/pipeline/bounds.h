// SPDX-License-Identifier: Apache-2.0
// How full the tables of a core are, for people: rows of fw_table_status in the state file.
#ifndef PORTCULLIS_PIPELINE_BOUNDS_H
#define PORTCULLIS_PIPELINE_BOUNDS_H

#include "pipeline/core.h"

// A few times a second. What all cores share is reported by the first one.
void bounds_report(struct core *c);

#endif
