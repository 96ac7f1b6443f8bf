// SPDX-License-Identifier: Apache-2.0
// What must be true before the worker can run: its lock, its core, its memory.
#ifndef PORTCULLIS_CONTROL_START_H
#define PORTCULLIS_CONTROL_START_H

#include <sched.h>
#include "options.h"

struct start {
	int lock;
	cpu_set_t cpus; // that the process may use, before EAL pins its thread
};

// Each returns 0, or an exit code with one sentence in error.
int start_lock(struct start *s, const struct options *o, char *error, size_t size);
int start_eal(struct start *s, const struct options *o, char *error, size_t size);

void start_unpin(const struct start *s, const struct options *o); // the calling thread leaves the datapath cores if there is another
void start_unlock(struct start *s, const struct options *o);

#endif
