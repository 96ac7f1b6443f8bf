// SPDX-License-Identifier: Apache-2.0
// Contents of a good file into a new one: of other capacities, in pages of another size, or from another layout.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "shm/state_carry.h"
#include "shm/state_file.h"

// Both files do not fit beside each other: the contents pass through private memory. When the new
// file does not fit at all, the old one is put back.
static int carry_through_memory(struct state *s, struct state *from, const char *path,
				const char *beside, const struct state_found *found,
				const struct fw_state_header *h)
{
	struct state copy = {.fd = -1};
	void *memory = state_carry_out(from);
	state_close(from);
	if (memory == NULL)
		return -ENOMEM;
	state_point(&copy, memory, &found->header);
	unlink(path);
	int code = state_make(s, beside, h);
	if (code == 0) {
		state_carry(s, &copy, found->kind == STATE_KIN);
	} else if (state_make(s, beside, &found->header) == 0) {
		memcpy(s->header, memory, found->header.file_size);
		(void)rename(beside, path);
		state_close(s);
	}
	state_carry_free(memory, found->header.file_size);
	return code;
}

static void say(struct state *s, const char *path, const struct state_found *from, bool elsewhere,
		const struct fw_state_header *h)
{
	const struct fw_state_header *old = &from->header;
	memset(s->status->state_replaced, 0, sizeof(s->status->state_replaced));
	memset(s->status->state_converted, 0, sizeof(s->status->state_converted));
	if (from->kind == STATE_KIN) {
		snprintf(s->status->state_converted, sizeof(s->status->state_converted), "%s", from->why);
		fprintf(stderr, "state file %s: sessions and NAT bindings carried over, counters begin anew: %s\n", path, from->why);
	}
	if (elsewhere)
		fprintf(stderr, "state file %s: contents carried over from a file in other pages\n", path);
	if (old->sessions4_capacity != h->sessions4_capacity || old->sessions6_capacity != h->sessions6_capacity ||
	    old->bindings_capacity != h->bindings_capacity)
		fprintf(stderr,
			"state file %s: capacity changed from %" PRIu32 " + %" PRIu32 " sessions, %" PRIu32
			" bindings to %" PRIu32 " + %" PRIu32 ", %" PRIu32 ": contents carried over\n",
			path, old->sessions4_capacity, old->sessions6_capacity, old->bindings_capacity,
			h->sessions4_capacity, h->sessions6_capacity, h->bindings_capacity);
}

int state_move(struct state *s, const char *path, struct state_found *from, bool elsewhere,
	       const struct fw_state_header *h, uint64_t page_size, char *error, size_t size)
{
	struct state old = {.fd = -1};
	char beside[4096];
	snprintf(beside, sizeof(beside), "%s.new", path);
	int code = state_map(&old, from->fd, &from->header);
	if (code != 0) {
		close(from->fd);
		return state_fail(code, error, size, "cannot map the state file %s: %s", path, strerror(-code));
	}
	code = state_make(s, beside, h);
	if (code == 0)
		state_carry(s, &old, from->kind == STATE_KIN);
	else if (!elsewhere && (code == -ENOMEM || code == -ENOSPC))
		code = carry_through_memory(s, &old, path, beside, from, h);
	state_close(&old);
	if (code != 0)
		return state_make_failed(code, path, h, page_size, error, size);
	s->fresh = false;
	say(s, path, from, elsewhere, h);
	if (rename(beside, path) == 0)
		return 0;
	code = state_fail(-errno, error, size, "cannot rename the state file to %s: %s", path, strerror(errno));
	state_close(s);
	unlink(beside);
	return code;
}
