// SPDX-License-Identifier: Apache-2.0
#include "shm/state_file.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int state_fail(int code, char *error, size_t size, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error, size, format, arguments);
	va_end(arguments);
	return code;
}

void state_point(struct state *s, void *base, const struct fw_state_header *h)
{
	uint8_t *at = base;
	s->header = base;
	s->status = (void *)(at + h->status_offset);
	s->counters = (void *)(at + h->counters_offset);
	s->tables = (void *)(at + h->tables_offset);
	s->ports = (void *)(at + h->ports_offset);
	s->interfaces = (void *)(at + h->interfaces_offset);
	s->policies = (void *)(at + h->policies_offset);
	s->sessions4 = at + h->sessions4_offset;
	s->sessions6 = at + h->sessions6_offset;
	s->bindings = (void *)(at + h->bindings_offset);
	s->size = h->file_size;
}

int state_map(struct state *s, int fd, const struct fw_state_header *h)
{
	void *base =
	    mmap(NULL, h->file_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	s->fd = fd;
	state_point(s, base, h);
	return 0;
}

int state_allocate(int fd, uint64_t size)
{
	if (ftruncate(fd, (off_t)size) != 0)
		return -errno;
	int code = fallocate(fd, 0, 0, (off_t)size) == 0 ? 0 : -errno;
	if (code == -EOPNOTSUPP)
		code = -posix_fallocate(fd, 0, (off_t)size);
	return code;
}

int state_make(struct state *s, const char *beside, const struct fw_state_header *h)
{
	unlink(beside);
	int fd = open(beside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	int code = state_allocate(fd, h->file_size);
	if (code == 0)
		code = state_map(s, fd, h);
	if (code != 0) {
		close(fd);
		unlink(beside);
		return code;
	}
	struct fw_state_header first = *h;
	first.magic = 0;
	*s->header = first;
	__atomic_store_n(&s->header->magic, h->magic, __ATOMIC_RELEASE);
	s->fresh = true;
	return 0;
}

int state_make_failed(int code, const char *path, const struct fw_state_header *h,
		      uint64_t page_size, char *error, size_t size)
{
	struct stat st;
	char folder[4096];
	snprintf(folder, sizeof(folder), "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash != NULL)
		slash[1] = '\0';
	if (slash != NULL && stat(folder, &st) != 0)
		return state_fail(code, error, size, "cannot make the state file %s: folder %s: %s", path,
				  folder, strerror(errno));
	if (code == -ENOMEM || code == -ENOSPC)
		return state_fail(code, error, size,
				  "cannot make the state file %s: it needs %" PRIu64 " pages of %" PRIu64
				  " KiB (%" PRIu64 " MiB) and they are not free: %s",
				  path, h->file_size / page_size, page_size / 1024,
				  (h->file_size + (1 << 20) - 1) >> 20,
				  page_size > 4096
				      ? "reserve more hugepages, or lower spec.dataplane.sessions"
				      : "free space there, or lower spec.dataplane.sessions");
	return state_fail(code, error, size, "cannot make the state file %s: %s", path, strerror(-code));
}
