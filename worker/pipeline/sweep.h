// SPDX-License-Identifier: Apache-2.0
// After a new generation: finds the sessions that it denies, so that they end without waiting for a
// packet.
#ifndef PORTCULLIS_PIPELINE_SWEEP_H
#define PORTCULLIS_PIPELINE_SWEEP_H

#include "pipeline/core.h"

// changed: another generation ran before, whose bindings this one may not allow.
void sweep_start(struct core *c, bool changed);
bool sweep_turn(struct core *c); // bounded; true when there is more

// generation.c: starts the counters of policies that the next generation brings, ends those of others. Called before
// c->tables changes.
void generation_take_counters(struct core *c, const struct tables *next);

#endif
