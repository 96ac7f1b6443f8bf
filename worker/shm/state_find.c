// SPDX-License-Identifier: Apache-2.0
// A file is ours when every field of its header is what this worker would have written for the capacities that it states,
// its checksum is right and its size is what the header says. It is kin when it has another layout, but its sessions and
// bindings are stored as ours are, and lie inside of it.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>
#include "shm/crc32c.h"
#include "shm/layout_hash.gen.h"
#include "shm/state_file.h"

#define DISCARDED_MAX 1000000u // a larger count of a damaged file is itself damaged

static void unusable(struct state_found *f, const char *why)
{
	f->kind = STATE_UNUSABLE;
	snprintf(f->why, sizeof(f->why), "%s", why);
}

static bool inside(const struct fw_state_header *h, uint64_t offset, uint64_t size)
{
	return offset % 64 == 0 && offset <= h->file_size && size <= h->file_size - offset;
}

static bool records_inside(const struct fw_state_header *h)
{
	return inside(h, h->kept_offset & ~(uint64_t)63, sizeof(struct fw_state_kept) + 64) &&
	       h->kept_offset % 8 == 0 &&
	       inside(h, h->sessions4_offset, sizeof(struct fw_session4) * (uint64_t)h->sessions4_capacity) &&
	       inside(h, h->sessions6_offset, sizeof(struct fw_session6) * (uint64_t)h->sessions6_capacity) &&
	       inside(h, h->bindings_offset, sizeof(struct fw_binding) * (uint64_t)h->bindings_capacity);
}

// What is not as it must be, whatever the layout; NULL: nothing.
static const char *header_fault(const struct fw_state_header *h)
{
	if (h->checksum != crc32c(h, offsetof(struct fw_state_header, checksum)))
		return "the checksum of its header is wrong";
	if (h->sessions4_capacity > FW_MAX_SESSIONS || h->sessions6_capacity > FW_MAX_SESSIONS ||
	    h->bindings_capacity > FW_MAX_BINDINGS)
		return "its capacity is out of bounds";
	return NULL;
}

static uint64_t page_size_of(int fd)
{
	struct statfs fs;
	return fstatfs(fd, &fs) == 0 && fs.f_type == HUGETLBFS_MAGIC ? (uint64_t)fs.f_bsize : STATE_PART;
}

// The rest of a header of our layout.
static void judge_ours(struct state_found *f)
{
	const struct fw_state_header *h = &f->header;
	const struct state_capacity stated = {h->sessions4_capacity, h->sessions6_capacity, h->bindings_capacity};
	struct fw_state_header wanted = state_header(&stated, page_size_of(f->fd));
	if (memcmp(h, &wanted, sizeof(wanted)) != 0)
		return unusable(f, "its parts are not where this worker puts them");
	f->kind = STATE_OURS;
}

static void judge_other(struct state_found *f)
{
	const struct fw_state_header *h = &f->header;
	snprintf(f->why, sizeof(f->why),
		 "its layout is version %" PRIu32 " hash 0x%016" PRIx64
		 ", this worker's is version %u hash 0x%016llx",
		 h->layout_version, h->layout_hash, FW_LAYOUT_VERSION, FW_LAYOUT_HASH);
	f->kind = h->header_size == sizeof(*h) && h->records_hash == FW_RECORDS_HASH && records_inside(h)
		      ? STATE_KIN
		      : STATE_UNUSABLE;
}

static void judge(struct state_found *f)
{
	const struct fw_state_header *h = &f->header;
	struct stat st;
	if (fstat(f->fd, &st) != 0 || !S_ISREG(st.st_mode))
		return unusable(f, "it is not a regular file");
	if (pread(f->fd, &f->header, sizeof(*h), 0) != sizeof(*h))
		return unusable(f, "it is shorter than its header");
	if (h->magic != FW_STATE_MAGIC)
		return unusable(f, "it is not a state file, or was never completed");
	bool ours = h->layout_version == FW_LAYOUT_VERSION && h->layout_hash == FW_LAYOUT_HASH;
	const char *fault = header_fault(h);
	if (ours && fault != NULL)
		return unusable(f, fault);
	if (ours)
		judge_ours(f);
	else
		judge_other(f);
	if (fault != NULL)
		f->kind = STATE_UNUSABLE;
	if (f->kind == STATE_UNUSABLE || (uint64_t)st.st_size == h->file_size)
		return;
	f->kind = STATE_UNUSABLE;
	snprintf(f->why, sizeof(f->why), "it has %lld bytes instead of %" PRIu64, (long long)st.st_size, h->file_size);
}

// Best effort for a file that cannot be used: where we would have put it.
static uint64_t discarded_of(const struct state_found *f)
{
	uint64_t count = 0, at = STATE_PART + offsetof(struct fw_worker_status, kept);
	if (f->kind != STATE_UNUSABLE)
		at = f->header.kept_offset;
	at += offsetof(struct fw_state_kept, discarded);
	if (pread(f->fd, &count, sizeof(count), (off_t)at) != sizeof(count) || count > DISCARDED_MAX)
		return 0;
	return count;
}

int state_find(struct state_found *f, const char *path, char *error, size_t size)
{
	*f = (struct state_found){.kind = STATE_ABSENT};
	f->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (f->fd < 0 && errno == ENOENT)
		return 0;
	if (f->fd < 0 && (errno == ELOOP || errno == EISDIR))
		return state_fail(-errno, error, size,
				  "%s is a folder or a link, not a state file: remove it", path);
	if (f->fd < 0)
		return state_fail(-errno, error, size, "cannot open the state file %s: %s", path,
				  strerror(errno));
	judge(f);
	f->discarded = discarded_of(f);
	return 0;
}
