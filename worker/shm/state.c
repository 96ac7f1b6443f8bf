// SPDX-License-Identifier: Apache-2.0
// Life of the state file. It is made beside its final name, filled with zeros, its pages are
// allocated, the header is written last, and only then it is renamed: whoever opens the final name
// finds a complete file or none. What is found there is used when it is ours (state_find.c), carried
// over into a new file when it has other capacities, other pages or another layout with the same
// records (state_move.c), and replaced otherwise. Sessions are judged one by one later, by
// session_attach().
#include "shm/state.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "shm/state_file.h"

void state_close(struct state *s)
{
	if (s->header != NULL)
		munmap(s->header, s->size);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct state){.fd = -1};
}

// why: what was wrong with the file before it, of which there were discarded; empty: there was none.
static int state_fresh(struct state *s, const char *path, const struct fw_state_header *h,
		       uint64_t page_size, uint64_t discarded, const char *why, char *error, size_t size)
{
	char beside[4096];
	snprintf(beside, sizeof(beside), "%s.new", path);
	int code = state_make(s, beside, h);
	if (code != 0)
		return state_make_failed(code, path, h, page_size, error, size);
	s->status->kept.discarded = discarded;
	snprintf(s->status->state_replaced, sizeof(s->status->state_replaced), "%s", why);
	if (rename(beside, path) == 0)
		return 0;
	code = state_fail(-errno, error, size, "cannot rename the state file to %s: %s", path,
			  strerror(errno));
	state_close(s);
	unlink(beside);
	return code;
}

static int state_replace(struct state *s, const char *path, struct state_found *found, bool elsewhere,
			 const struct fw_state_header *h, uint64_t page_size, char *error, size_t size)
{
	close(found->fd);
	fprintf(stderr, "state file %s is replaced, its sessions and counters are lost: %s\n", path,
		found->why);
	if (!elsewhere && unlink(path) != 0 && errno != ENOENT)
		return state_fail(-errno, error, size, "cannot remove the damaged state file %s: %s", path,
				  strerror(errno));
	return state_fresh(s, path, h, page_size, found->discarded + 1, found->why, error, size);
}

static int state_attach(struct state *s, const char *path, struct state_found *found,
			uint64_t page_size, char *error, size_t size)
{
	int code = state_allocate(found->fd, found->header.file_size); // no holes
	if (code == 0)
		code = state_map(s, found->fd, &found->header);
	if (code != 0) {
		close(found->fd);
		return state_make_failed(code, path, &found->header, page_size, error, size);
	}
	memset(s->status->state_replaced, 0, sizeof(s->status->state_replaced));
	memset(s->status->state_converted, 0, sizeof(s->status->state_converted));
	return 0;
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int state_open(struct state *s, const char *path, const char *before, uint64_t page_size,
	       const struct state_capacity *capacity, char *error, size_t size)
{
	*s = (struct state){.fd = -1};
	if (page_size < STATE_PART || page_size % STATE_PART != 0 || capacity->sessions4 > FW_MAX_SESSIONS ||
	    capacity->sessions6 > FW_MAX_SESSIONS || capacity->bindings > FW_MAX_BINDINGS ||
	    strlen(path) > 4000)
		return state_fail(-EINVAL, error, size,
				  "page size, capacity or path of the state file are out of bounds");
	const struct fw_state_header wanted = state_header(capacity, page_size);
	struct state_found found;
	bool elsewhere = false;
	int code = state_find(&found, path, error, size);
	if (code == 0 && found.kind == STATE_ABSENT && before != NULL) {
		elsewhere = true;
		code = state_find(&found, before, error, size);
	}
	if (code != 0)
		return code;
	if (found.kind == STATE_ABSENT)
		code = state_fresh(s, path, &wanted, page_size, 0, "", error, size);
	else if (found.kind == STATE_UNUSABLE)
		code = state_replace(s, path, &found, elsewhere, &wanted, page_size, error, size);
	else if (!elsewhere && memcmp(&found.header, &wanted, sizeof(wanted)) == 0)
		code = state_attach(s, path, &found, page_size, error, size);
	else
		code = state_move(s, path, &found, elsewhere, &wanted, page_size, error, size);
	if (code == 0 && before != NULL && !same_file(path, before))
		unlink(before); // what it held lies at path now
	return code;
}
