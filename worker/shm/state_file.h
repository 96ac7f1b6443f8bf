// SPDX-License-Identifier: Apache-2.0
// Pieces of state.c and state_move.c: a state file found, and one made.
#ifndef PORTCULLIS_SHM_STATE_FILE_H
#define PORTCULLIS_SHM_STATE_FILE_H

#include "shm/state.h"

enum state_kind {
	STATE_ABSENT,
	STATE_OURS, // of this worker's layout, and whole
	STATE_KIN, // of another layout, with the same structs for sessions and bindings (FW_RECORDS_HASH)
	STATE_UNUSABLE,
};

// What lies under a name. Of an unusable file header and why are the best that could be read; of one that is kin, why says
// which layout it has.
struct state_found {
	enum state_kind kind;
	int fd; // of a file that is there; -1
	struct fw_state_header header;
	uint64_t discarded; // how often earlier files were, by this one: bounded
	char why[FW_MESSAGE_SIZE];
};

// Opens and judges it. Returns 0, or a negative errno with one sentence in error when nothing can be said.
int state_find(struct state_found *f, const char *path, char *error, size_t size);

int state_fail(int code, char *error, size_t size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Points into the mapped file, or into a copy of it.
void state_point(struct state *s, void *base, const struct fw_state_header *h);

// Maps a file that a header describes; s has fd then. Returns 0 or a negative errno.
int state_map(struct state *s, int fd, const struct fw_state_header *h);

// All its blocks or pages: a store must never find a full disk.
int state_allocate(int fd, uint64_t size);

// A complete, empty file under the name beside, mapped. Returns 0 or a negative errno.
int state_make(struct state *s, const char *beside, const struct fw_state_header *h);

// The sentence for what state_make() returned.
int state_make_failed(int code, const char *path, const struct fw_state_header *h, uint64_t page_size, char *error,
		      size_t size);

// state_move.c: makes the file at path with the contents of one that was found, at path or elsewhere (then it stays). Takes
// the descriptor of the one found.
int state_move(struct state *s, const char *path, struct state_found *from, bool elsewhere,
	       const struct fw_state_header *h, uint64_t page_size, char *error, size_t size);

#endif
