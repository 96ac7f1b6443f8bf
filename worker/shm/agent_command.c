// SPDX-License-Identifier: Apache-2.0
// Commands to the worker. One at a time: the caller waits for the answer in the worker's status before it sends another.
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include "shm/agent_handle.h"
#include "shm/agent_shm.h"
#include "state/session_filter.h"

static int write_at(int fd, const void *bytes, size_t size, uint64_t offset)
{
	ssize_t n = pwrite(fd, bytes, size, (off_t)offset);
	return n == (ssize_t)size ? 0 : n < 0 ? -errno : -EIO;
}

int64_t agent_shm_clear(int control, const uint8_t *filter, const char *doorbell, char *error, uint32_t error_size)
{
	struct agent_handle h;
	struct fw_command command = {.kind = FW_COMMAND_CLEAR_SESSIONS};
	uint64_t sequence = 0;
	int result = agent_handle_get(control, AGENT_CONTROL, &h);
	if (result < 0)
		return agent_fail(result, error, error_size, "the control file is closed");
	memcpy(&command.filter, filter, sizeof(command.filter));
	if (!session_filter_valid(&command.filter))
		return agent_fail(-EINVAL, error, error_size, "the filter is not valid");
	uint64_t at = h.control->command_offset;
	if (pread(h.fd, &sequence, sizeof(sequence), (off_t)at) != (ssize_t)sizeof(sequence))
		return agent_fail(-EIO, error, error_size, "the control file cannot be read");
	size_t head = offsetof(struct fw_command, kind);
	result = write_at(h.fd, (uint8_t *)&command + head, sizeof(command) - head, at + head);
	atomic_thread_fence(memory_order_release);
	sequence++;
	if (result == 0)
		result = write_at(h.fd, &sequence, sizeof(sequence), at);
	if (result < 0)
		return agent_fail(result, error, error_size, "the control file cannot be written: %s", strerror(-result));
	agent_shm_ring(doorbell);
	return (int64_t)sequence;
}
