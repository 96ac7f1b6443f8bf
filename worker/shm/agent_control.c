// SPDX-License-Identifier: Apache-2.0
// The control file as its writer sees it. Banks are written with write(2), so that a full disk is an error; only the
// header is mapped, for the one store that publishes. The file is made beside and renamed: a reader never maps half.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "shm/agent_handle.h"
#include "shm/agent_shm.h"
#include "shm/layout_hash.gen.h"

#define FIRST_BANK 4096 // the page of header and command comes before
#define COMMAND 2048
#define RESERVED (1 << 20) // of each bank: a program of this size can be published even when the disk has become full

static int write_all(int fd, const void *bytes, uint64_t size, uint64_t offset)
{
	const uint8_t *at = bytes;
	while (size > 0) {
		ssize_t n = pwrite(fd, at, size, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		size -= (uint64_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static int fill(int fd, uint64_t bank_size)
{
	struct fw_control_header h = {
		.magic = FW_CONTROL_MAGIC,
		.layout_version = FW_LAYOUT_VERSION,
		.header_size = sizeof(h),
		.layout_hash = FW_LAYOUT_HASH,
		.file_size = FIRST_BANK + 2 * bank_size,
		.bank_offset = {FIRST_BANK, FIRST_BANK + bank_size},
		.bank_size = bank_size,
		.command_offset = COMMAND,
	};
	if (ftruncate(fd, (off_t)h.file_size) < 0)
		return -errno;
	int result = posix_fallocate(fd, 0, FIRST_BANK);
	for (int i = 0; i < 2 && result == 0; i++)
		(void)posix_fallocate(fd, (off_t)h.bank_offset[i], bank_size < RESERVED ? (off_t)bank_size : RESERVED);
	return result != 0 ? -result : write_all(fd, &h, sizeof(h), 0);
}

static int make(const char *path, uint64_t bank_size)
{
	char beside[4096];
	if ((size_t)snprintf(beside, sizeof(beside), "%s.partial", path) >= sizeof(beside))
		return -ENAMETOOLONG;
	unlink(beside);
	int fd = open(beside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int result = fill(fd, bank_size);
	close(fd);
	if (result == 0 && rename(beside, path) < 0)
		result = -errno;
	if (result < 0)
		unlink(beside);
	return result;
}

static int check(int fd, uint64_t bank_size, const char *path, char *error, uint32_t error_size)
{
	struct fw_control_header h;
	struct stat st;
	if (fstat(fd, &st) < 0 || pread(fd, &h, sizeof(h), 0) != (ssize_t)sizeof(h) || h.magic != FW_CONTROL_MAGIC)
		return agent_fail(-ESTALE, error, error_size, "%s is no control file", path);
	if (h.layout_version != FW_LAYOUT_VERSION || h.layout_hash != FW_LAYOUT_HASH)
		return agent_fail(-ESTALE, error, error_size,
			"%s has layout version %" PRIu32 " with hash 0x%016" PRIx64 ", this agent has version %u with hash 0x%016llx",
			path, h.layout_version, h.layout_hash, FW_LAYOUT_VERSION, FW_LAYOUT_HASH);
	if (h.bank_size != bank_size || h.file_size != FIRST_BANK + 2 * bank_size || (uint64_t)st.st_size != h.file_size ||
	    h.command_offset != COMMAND || h.bank_offset[0] != FIRST_BANK || h.bank_offset[1] != FIRST_BANK + bank_size)
		return agent_fail(-ESTALE, error, error_size, "%s has %" PRIu64 " bytes, not %" PRIu64, path,
			(uint64_t)st.st_size, FIRST_BANK + 2 * bank_size);
	return 0;
}

static int open_or_make(const char *path, uint64_t bank_size)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -errno : fd;
	int result = make(path, bank_size);
	if (result < 0)
		return result;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

// Sequences go on when a control file is made anew: a worker that has judged programs of the one before would take the
// first ones for old. So those of a new file begin at the time of day, far above what the earlier ones can have reached.
static uint64_t base_sequence(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec << 10;
}

int agent_shm_control_open(const char *path, uint64_t bank_size, char *error, uint32_t error_size)
{
	if (bank_size < sizeof(struct fw_program) || bank_size > FW_MAX_BANK_SIZE || bank_size % 4096 != 0)
		return agent_fail(-EINVAL, error, error_size, "a bank cannot have %" PRIu64 " bytes", bank_size);
	int fd = open_or_make(path, bank_size);
	if (fd < 0)
		return agent_fail(fd, error, error_size, "cannot open %s: %s", path, strerror(-fd));
	int result = check(fd, bank_size, path, error, error_size);
	struct agent_handle h = {.kind = AGENT_CONTROL, .fd = fd, .base = base_sequence()};
	if (result == 0) {
		h.control = mmap(NULL, sizeof(*h.control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (h.control == MAP_FAILED)
			result = agent_fail(-errno, error, error_size, "cannot map %s: %s", path, strerror(errno));
	}
	if (result < 0) {
		close(fd);
		return result;
	}
	h.control->agent_pid = (uint64_t)getpid();
	result = agent_handle_add(&h);
	if (result < 0) {
		munmap(h.control, sizeof(*h.control));
		close(fd);
		return agent_fail(result, error, error_size, "too many open segments");
	}
	return result;
}

static uint64_t published(const struct agent_handle *h)
{
	uint64_t sequence = atomic_load_explicit((_Atomic uint64_t *)&h->control->published, memory_order_acquire);
	return sequence != 0 ? sequence : h->base;
}

int64_t agent_shm_published(int control)
{
	struct agent_handle h;
	int result = agent_handle_get(control, AGENT_CONTROL, &h);
	return result < 0 ? result : (int64_t)published(&h);
}

int64_t agent_shm_publish(int control, const uint8_t *program, uint64_t size, const char *doorbell, char *error,
	uint32_t error_size)
{
	struct agent_handle h;
	struct fw_program head;
	int result = agent_handle_get(control, AGENT_CONTROL, &h);
	if (result < 0)
		return agent_fail(result, error, error_size, "the control file is closed");
	uint64_t sequence = published(&h) + 1;
	if (size < sizeof(head) || size > h.control->bank_size)
		return agent_fail(-EMSGSIZE, error, error_size, "the program has %" PRIu64 " bytes, a bank has %" PRIu64, size,
			h.control->bank_size);
	memcpy(&head, program, sizeof(head));
	if (head.magic != FW_PROGRAM_MAGIC || head.total_size != size || head.sequence != sequence)
		return agent_fail(-EINVAL, error, error_size, "the program is not encoded for sequence %" PRIu64, sequence);
	result = write_all(h.fd, program, size, h.control->bank_offset[sequence & 1]);
	if (result < 0)
		return agent_fail(result, error, error_size, "%s",
			result == -ENOSPC || result == -EDQUOT ? "the disk of the state directory is full, free some space there" : strerror(-result));
	atomic_store_explicit((_Atomic uint64_t *)&h.control->published, sequence, memory_order_release);
	agent_shm_ring(doorbell);
	return (int64_t)sequence;
}

int64_t agent_shm_ring(const char *doorbell)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(doorbell) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, doorbell);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ssize_t sent = sendto(fd, "", 1, MSG_NOSIGNAL, (struct sockaddr *)&address, sizeof(address));
	int64_t result = sent < 0 ? -errno : 0;
	close(fd);
	return result;
}
