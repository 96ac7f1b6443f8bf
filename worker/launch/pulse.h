// SPDX-License-Identifier: Apache-2.0
// Signs of life of the worker's threads, from its state file.
#ifndef PORTCULLIS_LAUNCH_PULSE_H
#define PORTCULLIS_LAUNCH_PULSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PULSE_FRESH_NS 3000000000ull // threads beat once a second

struct pulse {
	bool forwarding; // by an accepted program
	uint64_t oldest_ns; // CLOCK_MONOTONIC of the thread that was silent for longest; 0: one has not begun
	int silent_core; // which it is; -1: the control thread
};

// 0, or -1 with one sentence.
int pulse_read(struct pulse *p, const char *state_file, char *error, size_t size);

// The datapath is alive: the control thread and every core have beaten just now. Else one sentence.
bool pulse_healthy(const struct pulse *p, uint64_t now_ns, char *error, size_t size);

#endif
