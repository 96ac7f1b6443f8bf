// SPDX-License-Identifier: Apache-2.0
// The state file as a reader sees it: by pread(2) only. The writer may be killed, and the file replaced, at any moment.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "shm/agent_handle.h"
#include "shm/agent_shm.h"
#include "shm/crc32c.h"
#include "shm/layout_hash.gen.h"
#include "shm/state_header.h"

#define STATUS_TRIES 1000
#define WAIT_STEP_NS 1000000

uint64_t agent_shm_state_size(uint32_t sessions4, uint32_t sessions6, uint32_t bindings, uint64_t page_size)
{
	const struct state_capacity capacity = {sessions4, sessions6, bindings};
	return state_size(&capacity, page_size == 0 ? STATE_PART : page_size);
}

static int read_all(int fd, void *out, uint64_t size, uint64_t offset)
{
	uint8_t *at = out;
	while (size > 0) {
		ssize_t n = pread(fd, at, size, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		at += n;
		size -= (uint64_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static int inside(const struct fw_state_header *h, uint64_t offset, uint64_t size)
{
	return offset <= h->file_size && size <= h->file_size - offset;
}

static int all_inside(const struct fw_state_header *h)
{
	return inside(h, h->status_offset, sizeof(struct fw_worker_status)) &&
	       inside(h, h->counters_offset, sizeof(struct fw_counters) * FW_MAX_CORES) &&
	       inside(h, h->tables_offset, sizeof(struct fw_table_status) * FW_MAX_CORES * FW_TABLE_COUNT) &&
	       inside(h, h->ports_offset, sizeof(struct fw_port_status) * FW_MAX_CORES * FW_MAX_PORTS) &&
	       inside(h, h->interfaces_offset, sizeof(struct fw_interface_status) * FW_MAX_CORES * FW_MAX_INTERFACES) &&
	       inside(h, h->policies_offset, sizeof(struct fw_policy_counters) * FW_MAX_CORES * FW_MAX_POLICIES) &&
	       inside(h, h->sessions4_offset, sizeof(struct fw_session4) * (uint64_t)h->sessions4_capacity) &&
	       inside(h, h->sessions6_offset, sizeof(struct fw_session6) * (uint64_t)h->sessions6_capacity) &&
	       inside(h, h->bindings_offset, sizeof(struct fw_binding) * (uint64_t)h->bindings_capacity);
}

static int check(const struct fw_state_header *h, uint64_t file_size, const char *path, char *error, uint32_t error_size)
{
	if (h->magic != FW_STATE_MAGIC)
		return agent_fail(-EAGAIN, error, error_size, "%s is no state file", path);
	if (h->layout_version != FW_LAYOUT_VERSION || h->layout_hash != FW_LAYOUT_HASH)
		return agent_fail(-ESTALE, error, error_size,
			"%s has layout version %" PRIu32 " with hash 0x%016" PRIx64 ", this agent has version %u with hash 0x%016llx",
			path, h->layout_version, h->layout_hash, FW_LAYOUT_VERSION, FW_LAYOUT_HASH);
	if (h->checksum != crc32c(h, offsetof(struct fw_state_header, checksum)) || h->file_size > file_size || !all_inside(h))
		return agent_fail(-EBADMSG, error, error_size, "the header of %s is damaged", path);
	return 0;
}

int agent_shm_state_open(const char *path, char *error, uint32_t error_size)
{
	struct agent_handle h = {.kind = AGENT_STATE};
	struct stat st;
	h.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (h.fd < 0)
		return agent_fail(-errno, error, error_size, "cannot open %s: %s", path, strerror(errno));
	int result = fstat(h.fd, &st) < 0 ? -errno : read_all(h.fd, &h.state, sizeof(h.state), 0);
	if (result < 0)
		agent_fail(result, error, error_size, "cannot read %s: %s", path, strerror(-result));
	else
		result = check(&h.state, (uint64_t)st.st_size, path, error, error_size);
	if (result == 0) {
		result = agent_handle_add(&h);
		if (result < 0)
			agent_fail(result, error, error_size, "too many open segments");
	}
	if (result < 0)
		close(h.fd);
	return result;
}

int agent_shm_state_read(int state, uint64_t offset, uint8_t *out, uint64_t size, char *error, uint32_t error_size)
{
	struct agent_handle h;
	int result = agent_handle_get(state, AGENT_STATE, &h);
	if (result < 0)
		return agent_fail(result, error, error_size, "the state file is closed");
	if (!inside(&h.state, offset, size))
		return agent_fail(-ERANGE, error, error_size, "%" PRIu64 " bytes at %" PRIu64 " are outside of the state file", size, offset);
	result = read_all(h.fd, out, size, offset);
	return result < 0 ? agent_fail(result, error, error_size, "the state file cannot be read: %s", strerror(-result)) : 0;
}

// One try to read the status between two equal, even versions.
static int try_status(const struct agent_handle *h, struct fw_worker_status *out)
{
	uint32_t before, after;
	int result = read_all(h->fd, &before, sizeof(before), h->state.status_offset);
	if (result < 0)
		return result;
	atomic_thread_fence(memory_order_seq_cst);
	result = read_all(h->fd, out, sizeof(*out), h->state.status_offset);
	if (result < 0)
		return result;
	atomic_thread_fence(memory_order_seq_cst);
	result = read_all(h->fd, &after, sizeof(after), h->state.status_offset);
	if (result < 0)
		return result;
	return (before & 1) == 0 && before == after && out->version == before ? 0 : -EAGAIN;
}

int agent_shm_status(int state, uint8_t *out, uint64_t size, char *error, uint32_t error_size)
{
	struct agent_handle h;
	struct fw_worker_status status;
	int result = agent_handle_get(state, AGENT_STATE, &h);
	if (result < 0)
		return agent_fail(result, error, error_size, "the state file is closed");
	if (size != sizeof(status))
		return agent_fail(-EINVAL, error, error_size, "the status has %zu bytes, not %" PRIu64, sizeof(status), size);
	result = -EAGAIN;
	for (int i = 0; i < STATUS_TRIES && result == -EAGAIN; i++)
		result = try_status(&h, &status);
	if (result < 0)
		return agent_fail(result, error, error_size, "the worker's status cannot be read: %s", strerror(-result));
	memcpy(out, &status, sizeof(status));
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int agent_shm_wait_verdict(int state, uint64_t sequence, uint32_t timeout_ms)
{
	const struct timespec step = {.tv_nsec = WAIT_STEP_NS};
	struct agent_handle h;
	int result = agent_handle_borrow(state, AGENT_STATE, &h);
	if (result < 0)
		return result;
	int64_t deadline = now_ms() + timeout_ms;
	for (;;) {
		uint64_t judged;
		result = read_all(h.fd, &judged, sizeof(judged),
			h.state.status_offset + offsetof(struct fw_worker_status, judged_sequence));
		if (result < 0 || judged >= sequence || now_ms() >= deadline) {
			if (result == 0)
				result = judged >= sequence;
			break;
		}
		nanosleep(&step, NULL);
	}
	close(h.fd);
	return result;
}
