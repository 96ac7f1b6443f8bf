// SPDX-License-Identifier: Apache-2.0
#ifndef PORTCULLIS_CONTROL_COUNTERS_H
#define PORTCULLIS_CONTROL_COUNTERS_H

#include "shm/state.h"

// What cores have counted that are no more goes to core 0, so that sums stay. Packets that were on their way between cores
// when an earlier worker ended are counted as dropped.
void counters_fold(struct state *s, uint32_t cores);

#endif
