// SPDX-License-Identifier: Apache-2.0
// Frames on their way from one core to another: one bounded ring for each pair, one producer, one consumer.
#ifndef PORTCULLIS_LOOP_PASS_H
#define PORTCULLIS_LOOP_PASS_H

#include "loop/loop.h"

#define PASS_RING_SIZE 1024u

int pass_open(struct loops *s); // no rings with one core; 0 or a negative errno
void pass_close(struct loops *s); // drops what is in them

#endif
