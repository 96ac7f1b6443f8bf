// SPDX-License-Identifier: Apache-2.0
// The control file, worker side: read-only.
#ifndef PORTCULLIS_SHM_CONTROL_H
#define PORTCULLIS_SHM_CONTROL_H

#include <stddef.h>
#include <stdint.h>
#include "tables/tables.h"

struct control_file {
	int fd;
	char path[4096];
	struct fw_control_header header; // as it was checked; only published changes later
	char said[FW_MESSAGE_SIZE]; // what is wrong with the file at path, as it was told
};

// Returns 0; -ENOENT: not there yet; or another negative errno with one sentence in error.
int control_open_file(struct control_file *c, const char *path, char *error, size_t error_size);
void control_close_file(struct control_file *c);

// Tells on stderr what is wrong with the file at its path, once: it is looked at several times a second.
void control_tell(struct control_file *c, const char *error);

// Sequence of the newest program; 0: none. An agent that made the file anew is followed to the new
// one.
uint64_t control_published(struct control_file *c);

// A private, malloc'd copy of the published program. Returns 0; -EAGAIN: published again meanwhile,
// or nothing published; -EINVAL with *fault filled. The copy is as long as its header says and has
// the published sequence; nothing else is checked: that is program_check()'s matter.
int control_copy(struct control_file *c, void **bytes, size_t *size, struct program_fault *fault);

// A consistent copy of the newest command; sequence 0: none yet. Returns 0 or a negative errno.
int control_command(struct control_file *c, struct fw_command *out);

#endif
