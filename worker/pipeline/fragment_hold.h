// SPDX-License-Identifier: Apache-2.0
// Pieces that wait for the first of their datagram, in the order they came.
#ifndef PORTCULLIS_PIPELINE_FRAGMENT_HOLD_H
#define PORTCULLIS_PIPELINE_FRAGMENT_HOLD_H

#include "pipeline/core.h"

// Takes the packet until the first piece comes, or drops it.
void fragment_hold(struct core *c, struct packet *p, struct datagram *d);

// The oldest that waits; false: none.
bool fragment_take_held(struct core *c, struct datagram *d, struct packet *p);

#endif
