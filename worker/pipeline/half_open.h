// SPDX-License-Identifier: Apache-2.0
// How many TCP connections each zone has opened that are not established yet. One object for all
// datapath cores of a worker: the limit of a zone holds over all of them. A zone keeps its count by
// name, whatever its row is.
#ifndef PORTCULLIS_PIPELINE_HALF_OPEN_H
#define PORTCULLIS_PIPELINE_HALF_OPEN_H

#include <stdbool.h>
#include <stdint.h>
#include "tables/tables.h"

#define HALF_OPEN_SLOTS 255

struct half_open;

struct half_open *half_open_create(void);
void half_open_free(struct half_open *h);

// Slot of each zone of a generation, as fw_session_track.half_open: 1 to HALF_OPEN_SLOTS. 0: none
// left, because sessions of too many zones that are gone are still half-open; that zone is not
// bounded.
void half_open_rows(struct half_open *h, const struct tables *t, uint8_t slots[FW_MAX_ZONES]);

// True while less than limit are counted; limit 0: always.
bool half_open_admits(const struct half_open *h, uint8_t slot, uint32_t limit);

void half_open_enter(struct half_open *h, struct fw_session_track *track, uint8_t slot);
void half_open_leave(struct half_open *h, struct fw_session_track *track);

uint32_t half_open_count(const struct half_open *h, uint8_t slot);
uint64_t half_open_total(const struct half_open *h);
uint64_t half_open_most(const struct half_open *h); // at any time

#endif
