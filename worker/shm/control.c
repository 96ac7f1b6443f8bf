// SPDX-License-Identifier: Apache-2.0
// The agent is not trusted: it may truncate the file, or write a bank while it is read. So nothing
// is mapped (a mapping of a truncated file kills its reader); a bank is copied by pread(2), and
// only the copy is judged. The file is small change: one read of the header per doorbell.
#include "shm/control.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "shm/layout_hash.gen.h"

static int read_all(int fd, void *to, size_t size, uint64_t offset)
{
	uint8_t *at = to;
	while (size > 0) {
		ssize_t n = pread(fd, at, size, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		at += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

static int header_check(const struct control_file *c, char *error, size_t size)
{
	const struct fw_control_header *h = &c->header;
	struct stat st;
	if (h->magic != FW_CONTROL_MAGIC)
		snprintf(error, size, "%s is not a control file", c->path);
	else if (h->layout_version != FW_LAYOUT_VERSION || h->layout_hash != FW_LAYOUT_HASH)
		snprintf(error, size,
			 "the layout of %s is version %" PRIu32 " hash 0x%016" PRIx64
			 ", this worker's is version %u hash 0x%016llx: run agent and worker of "
			 "one release",
			 c->path, h->layout_version, h->layout_hash, FW_LAYOUT_VERSION,
			 FW_LAYOUT_HASH);
	else if (h->header_size != sizeof(*h) || h->bank_size < sizeof(struct fw_program) ||
		 h->bank_size > FW_MAX_BANK_SIZE || h->command_offset < sizeof(*h) ||
		 h->command_offset > h->bank_offset[0] ||
		 h->bank_offset[0] - h->command_offset < sizeof(struct fw_command))
		snprintf(error, size, "the header of %s is damaged", c->path);
	else if (fstat(c->fd, &st) != 0 || (uint64_t)st.st_size != h->file_size ||
		 h->bank_offset[0] < sizeof(*h) || h->bank_offset[0] > h->file_size ||
		 h->bank_size > h->file_size - h->bank_offset[0] ||
		 h->bank_offset[1] < h->bank_offset[0] + h->bank_size ||
		 h->bank_offset[1] > h->file_size ||
		 h->bank_size > h->file_size - h->bank_offset[1])
		snprintf(error, size, "%s is shorter than its header says", c->path);
	else
		return 0;
	return -EINVAL;
}

int control_open_file(struct control_file *c, const char *path, char *error, size_t size)
{
	snprintf(c->path, sizeof(c->path), "%s", path);
	c->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (c->fd < 0) {
		int code = -errno;
		snprintf(error, size, "cannot open the control file %s: %s", path, strerror(-code));
		return code;
	}
	int code = read_all(c->fd, &c->header, sizeof(c->header), 0);
	if (code != 0)
		snprintf(error, size, "cannot read the control file %s: %s", path, strerror(-code));
	else
		code = header_check(c, error, size);
	if (code != 0)
		control_close_file(c);
	return code;
}

void control_close_file(struct control_file *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void control_tell(struct control_file *c, const char *error)
{
	if (strcmp(c->said, error) == 0)
		return;
	snprintf(c->said, sizeof(c->said), "%s", error);
	fprintf(stderr, "%s\n", error);
}

// Follows the path to the file that is there now.
static void follow(struct control_file *c)
{
	struct stat ours, there;
	char error[FW_MESSAGE_SIZE];
	if (stat(c->path, &there) != 0 || fstat(c->fd, &ours) != 0 ||
	    (ours.st_ino == there.st_ino && ours.st_dev == there.st_dev))
		return;
	struct control_file fresh = {.fd = -1};
	if (control_open_file(&fresh, c->path, error, sizeof(error)) != 0) {
		control_tell(c, error);
		return;
	}
	control_close_file(c);
	*c = fresh;
}

uint64_t control_published(struct control_file *c)
{
	uint64_t sequence;
	follow(c);
	if (read_all(c->fd, &sequence, sizeof(sequence),
		     offsetof(struct fw_control_header, published)) != 0)
		return 0;
	return sequence;
}

static int refuse(struct program_fault *fault, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(struct program_fault *fault, const char *field, const char *format, ...)
{
	va_list arguments;
	*fault = (struct program_fault){.verdict = FW_VERDICT_REFUSED_LAYOUT, .row = FW_NO_INDEX};
	snprintf(fault->field, sizeof(fault->field), "%s", field);
	va_start(arguments, format);
	vsnprintf(fault->message, sizeof(fault->message), format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static int copy_bank(struct control_file *c, uint64_t sequence, uint8_t **copy, size_t *size,
		     struct program_fault *fault)
{
	struct fw_program head;
	uint64_t offset = c->header.bank_offset[sequence & 1];
	int code = read_all(c->fd, &head, sizeof(head), offset);
	if (code != 0)
		return refuse(fault, "", "The bank cannot be read: %s.", strerror(-code));
	if (head.magic != FW_PROGRAM_MAGIC)
		return refuse(fault, "magic", "The bank holds no program.");
	if (head.total_size < sizeof(head) || head.total_size > c->header.bank_size)
		return refuse(fault, "total_size",
			      "A program of %" PRIu64 " bytes does not fit into a bank of %" PRIu64
			      ".",
			      head.total_size, c->header.bank_size);
	*size = head.total_size;
	*copy = malloc(*size);
	if (*copy == NULL) {
		refuse(fault, "", "No memory for a copy of %zu bytes.", *size);
		fault->verdict = FW_VERDICT_REFUSED_RESOURCES;
		return -ENOMEM;
	}
	code = read_all(c->fd, *copy, *size, offset);
	if (code != 0)
		return refuse(fault, "", "The bank cannot be read: %s.", strerror(-code));
	memcpy(&head, *copy, sizeof(head));
	if (head.sequence != sequence || head.total_size != *size)
		return refuse(fault, "sequence",
			      "The bank holds program %" PRIu64 " although %" PRIu64
			      " was published.",
			      head.sequence, sequence);
	return 0;
}

int control_copy(struct control_file *c, void **bytes, size_t *size, struct program_fault *fault)
{
	uint64_t sequence = control_published(c);
	uint8_t *copy = NULL;
	if (sequence == 0)
		return -EAGAIN;
	int code = copy_bank(c, sequence, &copy, size, fault);
	if (control_published(c) != sequence)
		code = -EAGAIN;
	if (code != 0) {
		free(copy);
		return code;
	}
	*bytes = copy;
	return 0;
}

// The agent writes the sequence last: what it says before and after the copy must be the same.
int control_command(struct control_file *c, struct fw_command *out)
{
	uint64_t before, after;
	uint64_t at = c->header.command_offset + offsetof(struct fw_command, sequence);
	int code = read_all(c->fd, &before, sizeof(before), at);
	if (code == 0)
		code = read_all(c->fd, out, sizeof(*out), c->header.command_offset);
	if (code == 0)
		code = read_all(c->fd, &after, sizeof(after), at);
	if (code != 0)
		return code;
	return before == after && out->sequence == before ? 0 : -EAGAIN;
}
