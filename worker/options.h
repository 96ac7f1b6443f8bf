// SPDX-License-Identifier: Apache-2.0
#ifndef PORTCULLIS_OPTIONS_H
#define PORTCULLIS_OPTIONS_H

#include <stddef.h>
#include <stdint.h>
#include "shm/layout.h"

enum exit_code {
	EXIT_STOPPED = 0, // after SIGTERM
	EXIT_FAULT = 1,
	EXIT_ARGUMENTS = 2,
	EXIT_RESOURCES = 3, // no rights, no memory, no hugepages, no such core
	EXIT_RUNNING = 4, // another worker has the state directory
};

struct options {
	const char *state_dir;
	const char *state_file;
	uint64_t memory; // bytes for EAL
	uint64_t page_size; // 4096, or a hugepage size
	uint32_t cores[FW_MAX_CORES]; // CPUs of the datapath, each once
	uint32_t core_count;
	uint32_t sessions4, sessions6, bindings; // capacity
};

// Returns 0, or EXIT_ARGUMENTS with one sentence in error.
int options_parse(struct options *o, int argc, char **argv, char *error, size_t size);

#endif
