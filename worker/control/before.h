// SPDX-License-Identifier: Apache-2.0
// The agent leaves the path of the state file that an earlier worker used, in pages of another size, in the file
// `state.before` of the state directory. The next worker takes its contents over, and removes both.
#ifndef PORTCULLIS_CONTROL_BEFORE_H
#define PORTCULLIS_CONTROL_BEFORE_H

#include <stddef.h>

// The path, without the end of its line; NULL: there is none.
const char *before_read(const char *state_dir, char *path, size_t size);

// The state lies where this worker has it.
void before_forget(const char *state_dir);

#endif
