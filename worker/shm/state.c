// SPDX-License-Identifier: Apache-2.0
// Life of the state file. It is made beside its final name, filled with zeros, its pages are
// allocated, the header is written last, and only then it is renamed: whoever opens the final name
// finds a complete file or none. An existing file is used only when every field of its header is
// what this worker would have written for the capacities that it states, its checksum is right and
// its size is what the header says; otherwise it is replaced. Sessions are judged one by one later,
// by session_attach().
#include "shm/state.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "shm/crc32c.h"
#include "shm/layout_hash.gen.h"
#include "shm/state_carry.h"
#include "shm/state_header.h"

#define PART 4096u             // every part starts on a multiple of it
#define DISCARDED_MAX 1000000u // a larger count of a damaged file is itself damaged

static int fail(int code, char *error, size_t size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static int fail(int code, char *error, size_t size, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error, size, format, arguments);
	va_end(arguments);
	return code;
}

static void state_point(struct state *s, void *base, const struct fw_state_header *h)
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

void state_close(struct state *s)
{
	if (s->header != NULL)
		munmap(s->header, s->size);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct state){.fd = -1};
}

static int state_map(struct state *s, int fd, const struct fw_state_header *h)
{
	void *base =
	    mmap(NULL, h->file_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	s->fd = fd;
	state_point(s, base, h);
	return 0;
}

// What is wrong with an existing file; an empty text: nothing.
static void file_judge(int fd, uint64_t page_size, struct fw_state_header *h, char *why,
		       size_t size)
{
	struct stat st;
	*why = '\0';
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		fail(0, why, size, "it is not a regular file");
	else if (pread(fd, h, sizeof(*h), 0) != sizeof(*h))
		fail(0, why, size, "it is shorter than its header");
	else if (h->magic != FW_STATE_MAGIC)
		fail(0, why, size, "it is not a state file, or was never completed");
	else if (h->layout_version != FW_LAYOUT_VERSION || h->layout_hash != FW_LAYOUT_HASH)
		fail(0, why, size,
		     "its layout is version %" PRIu32 " hash 0x%016" PRIx64
		     ", this worker's is version %u hash 0x%016llx",
		     h->layout_version, h->layout_hash, FW_LAYOUT_VERSION, FW_LAYOUT_HASH);
	else if (h->checksum != crc32c(h, offsetof(struct fw_state_header, checksum)))
		fail(0, why, size, "the checksum of its header is wrong");
	else if (h->sessions4_capacity > FW_MAX_SESSIONS || h->sessions6_capacity > FW_MAX_SESSIONS ||
		 h->bindings_capacity > FW_MAX_BINDINGS)
		fail(0, why, size, "its capacity is out of bounds");
	else if ((uint64_t)st.st_size != h->file_size)
		fail(0, why, size, "it has %lld bytes instead of %" PRIu64, (long long)st.st_size,
		     h->file_size);
	if (*why != '\0')
		return;
	const struct state_capacity stated = {h->sessions4_capacity, h->sessions6_capacity,
					      h->bindings_capacity};
	struct fw_state_header wanted = state_header(&stated, page_size);
	if (memcmp(h, &wanted, sizeof(wanted)) != 0)
		fail(0, why, size, "its parts are not where this worker puts them");
}

// How often earlier files were discarded, by a file that is discarded now: best effort, bounded.
static uint64_t discarded_before(int fd)
{
	uint64_t count = 0;
	off_t at = STATE_PART + (off_t)offsetof(struct fw_worker_status, state_discarded);
	if (pread(fd, &count, sizeof(count), at) != sizeof(count) || count > DISCARDED_MAX)
		return 0;
	return count;
}

static int file_allocate(int fd, uint64_t size)
{
	if (ftruncate(fd, (off_t)size) != 0)
		return -errno;
	int code = fallocate(fd, 0, 0, (off_t)size) == 0 ? 0 : -errno;
	if (code == -EOPNOTSUPP)
		code = -posix_fallocate(fd, 0, (off_t)size);
	return code;
}

// A complete file under the name beside, mapped.
static int file_make(struct state *s, const char *beside, const struct fw_state_header *h)
{
	unlink(beside);
	int fd = open(beside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	int code = file_allocate(fd, h->file_size);
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

static int make_failed(int code, const char *path, const struct fw_state_header *h,
		       uint64_t page_size, char *error, size_t size)
{
	struct stat st;
	char folder[4096];
	snprintf(folder, sizeof(folder), "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash != NULL)
		slash[1] = '\0';
	if (slash != NULL && stat(folder, &st) != 0)
		return fail(code, error, size, "cannot make the state file %s: folder %s: %s", path,
			    folder, strerror(errno));
	if (code == -ENOMEM || code == -ENOSPC)
		return fail(code, error, size,
			    "cannot make the state file %s: it needs %" PRIu64 " pages of %" PRIu64
			    " KiB (%" PRIu64 " MiB) and they are not free: %s",
			    path, h->file_size / page_size, page_size / 1024,
			    (h->file_size + (1 << 20) - 1) >> 20,
			    page_size > 4096
				? "reserve more hugepages, or lower spec.dataplane.sessions"
				: "free space there, or lower spec.dataplane.sessions");
	return fail(code, error, size, "cannot make the state file %s: %s", path, strerror(-code));
}

// why: what was wrong with the file before it, of which there were discarded; empty: there was none.
static int state_fresh(struct state *s, const char *path, const struct fw_state_header *h,
		       uint64_t page_size, uint64_t discarded, const char *why, char *error, size_t size)
{
	char beside[4096];
	snprintf(beside, sizeof(beside), "%s.new", path);
	int code = file_make(s, beside, h);
	if (code != 0)
		return make_failed(code, path, h, page_size, error, size);
	s->status->state_discarded = discarded;
	snprintf(s->status->state_replaced, sizeof(s->status->state_replaced), "%s", why);
	if (rename(beside, path) == 0)
		return 0;
	code = fail(-errno, error, size, "cannot rename the state file to %s: %s", path,
		    strerror(errno));
	state_close(s);
	unlink(beside);
	return code;
}

// Both files do not fit beside each other: the contents pass through private memory. When the new
// file does not fit at all, the old one is put back.
static int carry_through_memory(struct state *s, struct state *from, const char *path,
				const char *beside, const struct fw_state_header *old,
				const struct fw_state_header *h)
{
	struct state copy = {.fd = -1};
	void *memory = state_carry_out(from);
	state_close(from);
	if (memory == NULL)
		return -ENOMEM;
	state_point(&copy, memory, old);
	unlink(path);
	int code = file_make(s, beside, h);
	if (code == 0) {
		state_carry(s, &copy);
	} else if (file_make(s, beside, old) == 0) {
		state_carry(s, &copy);
		(void)rename(beside, path);
		state_close(s);
	}
	state_carry_free(memory, old->file_size);
	return code;
}

// A good file of other capacities: its contents go over to a new one.
static int state_resize(struct state *s, const char *path, int fd,
			const struct fw_state_header *old, const struct fw_state_header *h,
			uint64_t page_size, char *error, size_t size)
{
	struct state from = {.fd = -1};
	char beside[4096];
	snprintf(beside, sizeof(beside), "%s.new", path);
	int code = state_map(&from, fd, old);
	if (code != 0) {
		close(fd);
		return fail(code, error, size, "cannot map the state file %s: %s", path,
			    strerror(-code));
	}
	code = file_make(s, beside, h);
	if (code == 0)
		state_carry(s, &from);
	else if (code == -ENOMEM || code == -ENOSPC)
		code = carry_through_memory(s, &from, path, beside, old, h);
	state_close(&from);
	if (code != 0)
		return make_failed(code, path, h, page_size, error, size);
	s->fresh = false;
	s->status->state_replaced[0] = '\0';
	if (rename(beside, path) != 0) {
		code = fail(-errno, error, size, "cannot rename the state file to %s: %s", path,
			    strerror(errno));
		state_close(s);
		unlink(beside);
		return code;
	}
	fprintf(stderr,
		"state file %s: capacity changed from %" PRIu32 " + %" PRIu32 " sessions, %" PRIu32
		" bindings to %" PRIu32 " + %" PRIu32 ", %" PRIu32 ": contents carried over\n",
		path, old->sessions4_capacity, old->sessions6_capacity, old->bindings_capacity,
		h->sessions4_capacity, h->sessions6_capacity, h->bindings_capacity);
	return 0;
}

static bool capacity_differs(const struct fw_state_header *a, const struct fw_state_header *b)
{
	return a->sessions4_capacity != b->sessions4_capacity ||
	       a->sessions6_capacity != b->sessions6_capacity ||
	       a->bindings_capacity != b->bindings_capacity;
}

int state_open(struct state *s, const char *path, uint64_t page_size,
	       const struct state_capacity *capacity, char *error, size_t size)
{
	*s = (struct state){.fd = -1};
	if (page_size < STATE_PART || page_size % STATE_PART != 0 || capacity->sessions4 > FW_MAX_SESSIONS ||
	    capacity->sessions6 > FW_MAX_SESSIONS || capacity->bindings > FW_MAX_BINDINGS ||
	    strlen(path) > 4000)
		return fail(-EINVAL, error, size,
			    "page size, capacity or path of the state file are out of bounds");
	struct fw_state_header wanted = state_header(capacity, page_size), found;
	char why[FW_MESSAGE_SIZE];
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return state_fresh(s, path, &wanted, page_size, 0, "", error, size);
	if (fd < 0 && errno != ELOOP && errno != EISDIR)
		return fail(-errno, error, size, "cannot open the state file %s: %s", path,
			    strerror(errno));
	if (fd < 0)
		return fail(-errno, error, size,
			    "%s is a folder or a link, not a state file: remove it", path);
	file_judge(fd, page_size, &found, why, sizeof(why));
	if (*why != '\0') {
		uint64_t before = discarded_before(fd);
		close(fd);
		fprintf(stderr,
			"state file %s is replaced, its sessions and counters are lost: %s\n", path,
			why);
		if (unlink(path) != 0 && errno != ENOENT)
			return fail(-errno, error, size,
				    "cannot remove the damaged state file %s: %s", path,
				    strerror(errno));
		return state_fresh(s, path, &wanted, page_size, before + 1, why, error, size);
	}
	if (capacity_differs(&found, &wanted))
		return state_resize(s, path, fd, &found, &wanted, page_size, error, size);
	int code =
	    file_allocate(fd, found.file_size); // no holes: a store must never find a full disk
	if (code == 0)
		code = state_map(s, fd, &found);
	if (code != 0) {
		close(fd);
		return make_failed(code, path, &wanted, page_size, error, size);
	}
	memset(s->status->state_replaced, 0, sizeof(s->status->state_replaced));
	return 0;
}
