// SPDX-License-Identifier: Apache-2.0
// Lists of CPUs as the kernel writes them: "0-3,8".
#ifndef PORTCULLIS_LAUNCH_CPUS_H
#define PORTCULLIS_LAUNCH_CPUS_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

#define CPUS_TEXT 512

bool cpus_parse(const char *text, cpu_set_t *out);
void cpus_format(const cpu_set_t *set, char out[CPUS_TEXT]);

// Only then nobody else runs on them: as many CPUs as were asked for, and fewer than there are.
bool cpus_exclusive(const cpu_set_t *allowed, int requested, int online);

// The cores of a worker ("3,2") in the same number, with those that are not allowed (any more) replaced by the highest
// free ones. False: too few are allowed.
bool cpus_fit(const char *cores, const cpu_set_t *allowed, char out[CPUS_TEXT]);

#endif
