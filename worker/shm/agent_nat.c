// SPDX-License-Identifier: Apache-2.0
// How many sessions are translated to each NAT pool: a look through the session table in pieces, as agent_sessions.c does it.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "shm/agent_handle.h"
#include "shm/agent_shm.h"
#include "state/session_check.h"

enum { PIECE_ROWS = 1024 };

static uint32_t address_of(const uint8_t bytes[4])
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

// How many spans begin at or below the address.
static uint32_t below(const struct agent_shm_span *spans, uint32_t count, uint32_t address)
{
	uint32_t low = 0, high = count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (spans[middle].low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void count_row(const struct fw_session4 *row, const struct agent_shm_span *spans, uint32_t count, uint64_t *counts)
{
	const struct fw_line4 *line = &row->line[0];
	if (!session_intact4(row) || (line->flags & FW_LINE_NAT) == 0)
		return;
	uint32_t address = address_of(line->new_source);
	uint16_t port = (uint16_t)(line->new_source_port_be << 8 | line->new_source_port_be >> 8);
	for (uint32_t i = below(spans, count, address); i > 0 && spans[i - 1].reach >= address; i--) {
		const struct agent_shm_span *s = &spans[i - 1];
		if (address > s->high || port < s->port_low || port > s->port_high)
			continue;
		counts[s->pool]++;
		return;
	}
}

int64_t agent_shm_nat_use(int state, const struct agent_shm_span *spans, uint32_t count, uint32_t cursor, uint32_t slots,
	uint64_t *counts, char *error, uint32_t error_size)
{
	struct agent_handle h;
	int result = agent_handle_borrow(state, AGENT_STATE, &h);
	if (result < 0)
		return agent_fail(result, error, error_size, "the state file is closed");
	uint32_t capacity = h.state.sessions4_capacity;
	uint32_t end = cursor < capacity && capacity - cursor > slots ? cursor + slots : capacity;
	struct fw_session4 *rows = aligned_alloc(64, PIECE_ROWS * sizeof(*rows));
	result = rows == NULL ? -ENOMEM : 0;
	while (result == 0 && cursor < end) {
		uint32_t n = end - cursor < PIECE_ROWS ? end - cursor : PIECE_ROWS;
		size_t bytes = n * sizeof(*rows);
		ssize_t got = pread(h.fd, rows, bytes, (off_t)(h.state.sessions4_offset + cursor * (uint64_t)sizeof(*rows)));
		if (got < 0 && errno == EINTR)
			continue;
		if (got != (ssize_t)bytes)
			result = got < 0 ? -errno : -ENODATA;
		for (uint32_t i = 0; result == 0 && i < n; i++)
			count_row(&rows[i], spans, count, counts);
		cursor += n;
	}
	free(rows);
	close(h.fd);
	return result == 0 ? (int64_t)end : agent_fail(result, error, error_size, "the sessions cannot be read: %s", strerror(-result));
}
