// SPDX-License-Identifier: Apache-2.0
// Sessions for people: the tables of the state file in pieces, filtered where they lie.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "shm/agent_handle.h"
#include "shm/agent_shm.h"
#include "state/session_check.h"
#include "state/session_filter.h"

#define PIECE_BYTES (256u << 10)

// A slice of one table.
struct slice {
	const struct fw_session_filter *filter;
	uint64_t now_ns;
	uint32_t family;
	size_t row; // bytes
	uint8_t *out;
	uint64_t room; // rows
	int64_t found;
};

// The writer may have changed a row while it was copied: what is not whole is no session at this moment.
static int selected(const struct slice *s, const void *row)
{
	if (s->family == 4)
		return session_intact4(row) && session_filter_matches4(s->filter, row, s->now_ns);
	return session_intact6(row) && session_filter_matches6(s->filter, row, s->now_ns);
}

// Returns how many rows were looked at: all, or those before the one that had no room.
static uint32_t slice_rows(struct slice *s, const uint8_t *rows, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!selected(s, rows + i * s->row))
			continue;
		if (s->out != NULL && (uint64_t)s->found == s->room)
			return i;
		if (s->out != NULL)
			memcpy(s->out + (uint64_t)s->found * s->row, rows + i * s->row, s->row);
		s->found++;
	}
	return count;
}

static int64_t slice_read(const struct agent_handle *h, struct slice *s, uint32_t *cursor, uint32_t end)
{
	uint64_t base = s->family == 4 ? h->state.sessions4_offset : h->state.sessions6_offset;
	uint32_t step = (uint32_t)(PIECE_BYTES / s->row);
	uint8_t *piece = aligned_alloc(64, (size_t)step * s->row);
	if (piece == NULL)
		return -ENOMEM;
	int64_t result = 0;
	while (*cursor < end) {
		uint32_t count = end - *cursor < step ? end - *cursor : step;
		size_t bytes = count * s->row;
		ssize_t n = pread(h->fd, piece, bytes, (off_t)(base + *cursor * (uint64_t)s->row));
		if (n < 0 && errno == EINTR)
			continue;
		if (n != (ssize_t)bytes) {
			result = n < 0 ? -errno : -ENODATA;
			break;
		}
		uint32_t done = slice_rows(s, piece, count);
		*cursor += done;
		if (done < count)
			break;
	}
	free(piece);
	return result < 0 ? result : s->found;
}

int64_t agent_shm_sessions(int state, uint32_t family, const uint8_t *filter, uint64_t now_ns, uint32_t *cursor,
	uint32_t slots, uint8_t *out, uint64_t size, char *error, uint32_t error_size)
{
	struct agent_handle h;
	struct fw_session_filter f;
	int result = agent_handle_borrow(state, AGENT_STATE, &h);
	if (result < 0)
		return agent_fail(result, error, error_size, "the state file is closed");
	memcpy(&f, filter, sizeof(f));
	size_t row = family == 4 ? sizeof(struct fw_session4) : sizeof(struct fw_session6);
	struct slice s = {&f, now_ns, family, row, size == 0 ? NULL : out, size / row, 0};
	uint32_t capacity = family == 4 ? h.state.sessions4_capacity : h.state.sessions6_capacity;
	int64_t found = -EINVAL;
	if (session_filter_valid(&f) && *cursor <= capacity && (size == 0 || s.room > 0))
		found = slice_read(&h, &s, cursor, capacity - *cursor > slots ? *cursor + slots : capacity);
	close(h.fd);
	return found < 0 ? agent_fail((int)found, error, error_size, "the sessions cannot be read: %s", strerror((int)-found)) : found;
}
