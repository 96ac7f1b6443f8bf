// SPDX-License-Identifier: Apache-2.0
// The arguments of the last start, on disk: a launcher that is started anew runs the worker without waiting for an agent.
#ifndef PORTCULLIS_LAUNCH_STORE_H
#define PORTCULLIS_LAUNCH_STORE_H

#include "launch/command.h"

// 0 or -errno.
int store_save(const char *state_dir, const struct arguments *a);

// False: there are none, or they are damaged.
bool store_load(const char *state_dir, struct arguments *a);

void store_forget(const char *state_dir);

#endif
