// SPDX-License-Identifier: Apache-2.0
// State and control files: kept when good, replaced when not.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "shm/control.h"
#include "shm/crc32c.h"
#include "shm/layout_hash.gen.h"
#include "shm/state.h"
#include "state/samples.h"
#include "state/session_check.h"

static char folder[] = "/tmp/portcullis-state-XXXXXX";
static char path[sizeof(folder) + 16], error[1024];
static uint64_t seed = 7;

static int open_state(struct state *s, uint32_t sessions4, uint32_t sessions6)
{
	*error = '\0';
	const struct state_capacity capacity = {sessions4, sessions6, 20};
	return state_open(s, path, NULL, 4096, &capacity, error, sizeof(error));
}

static void put_sessions(struct state *s, uint32_t count)
{
	struct session_recovery r;
	struct session_table *t =
	    session_attach(4, s->sessions4, s->header->sessions4_capacity, 0, &r);
	for (uint32_t n = 0; n < count; n++) {
		struct fw_session4 fresh = make4(n, 0, 100000);
		CHECK(session_open4(t, &fresh, 0) >= 0);
	}
	session_detach(t);
}

static uint32_t recovered(struct state *s)
{
	struct session_recovery r;
	session_detach(session_attach(4, s->sessions4, s->header->sessions4_capacity, 0, &r));
	CHECK_EQ(r.discarded, 0);
	return r.recovered;
}

static void a_state_file_is_kept(void)
{
	struct state s;
	CHECK_EQ(open_state(&s, 100, 50), 0);
	CHECK(s.fresh && s.header->magic == FW_STATE_MAGIC && s.size == state_size(&(struct state_capacity){100, 50, 20}, 4096));
	CHECK_EQ(s.status->kept.discarded, 0);
	s.counters->received = 12345;
	put_sessions(&s, 30);
	state_close(&s);
	CHECK_EQ(open_state(&s, 100, 50), 0);
	CHECK(!s.fresh);
	CHECK_EQ(s.counters->received, 12345);
	CHECK_EQ(recovered(&s), 30);
	state_close(&s);
	unlink(path);
}

static void other_capacities_carry_sessions_over(void)
{
	struct state s;
	CHECK_EQ(open_state(&s, 100, 50), 0);
	s.counters->received = 99;
	s.status->epoch = 7;
	put_sessions(&s, 60);
	state_close(&s);
	CHECK_EQ(open_state(&s, 500, 10), 0);
	CHECK(!s.fresh && s.header->sessions4_capacity == 500);
	CHECK_EQ(s.counters->received, 99);
	CHECK_EQ(s.status->epoch, 7);
	CHECK_EQ(recovered(&s), 60);
	state_close(&s);
	CHECK_EQ(open_state(&s, 40, 10), 0); // as many as fit
	CHECK_EQ(recovered(&s), 40);
	CHECK_EQ(s.status->kept.discarded, 0);
	state_close(&s);
	unlink(path);
}

static void expect_replaced(uint64_t discarded)
{
	struct state s;
	CHECK_EQ(open_state(&s, 100, 50), 0);
	CHECK(s.fresh);
	CHECK_EQ(s.counters->received, 0);
	CHECK_EQ(recovered(&s), 0);
	CHECK_EQ(s.status->kept.discarded, discarded);
	CHECK(s.status->state_replaced[0] != '\0');
	s.counters->received = 5;
	put_sessions(&s, 10);
	state_close(&s);
}

static void write_at(off_t at, const void *bytes, size_t size)
{
	int fd = open(path, O_RDWR);
	CHECK(fd >= 0 && pwrite(fd, bytes, size, at) == (ssize_t)size);
	close(fd);
}

// Any flipped bit of the header makes the file a stranger's.
static void a_damaged_header_is_never_used(void)
{
	struct state s;
	CHECK_EQ(open_state(&s, 100, 50), 0);
	state_close(&s);
	for (uint64_t i = 0; i < sizeof(struct fw_state_header); i++) {
		uint8_t byte;
		int fd = open(path, O_RDONLY);
		CHECK_EQ(pread(fd, &byte, 1, (off_t)i), 1);
		close(fd);
		byte ^= (uint8_t)(1 << test_below(&seed, 8));
		write_at((off_t)i, &byte, 1);
		expect_replaced(i + 1);
	}
	unlink(path);
}

// As an upgrade to another layout finds it: whole, but not ours. Said by this worker, and by no later one.
static void a_file_of_another_layout_is_replaced_and_says_so(void)
{
	struct state s;
	CHECK_EQ(open_state(&s, 100, 50), 0);
	CHECK_EQ(s.status->state_replaced[0], '\0');
	put_sessions(&s, 60);
	struct fw_state_header other = *s.header;
	state_close(&s);
	other.layout_version++;
	other.layout_hash ^= 1;
	other.records_hash ^= 1;
	other.checksum = crc32c(&other, offsetof(struct fw_state_header, checksum));
	write_at(0, &other, sizeof(other));
	CHECK_EQ(open_state(&s, 100, 50), 0);
	CHECK(s.fresh && recovered(&s) == 0);
	CHECK_EQ(s.status->kept.discarded, 1);
	CHECK(strstr(s.status->state_replaced, "its layout is version 2 hash 0x") != NULL);
	CHECK(strstr(s.status->state_replaced, ", this worker's is version 1 hash 0x") != NULL);
	state_close(&s);
	CHECK_EQ(open_state(&s, 100, 50), 0);
	CHECK(!s.fresh && s.status->state_replaced[0] == '\0');
	CHECK_EQ(s.status->kept.discarded, 1);
	state_close(&s);
	unlink(path);
}

static void truncated_and_foreign_files_are_replaced(void)
{
	static const off_t sizes[] = {0, 1, 100, 4096, 8192, 400000};
	struct state s;
	CHECK_EQ(open_state(&s, 100, 50), 0);
	state_close(&s);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		CHECK_EQ(truncate(path, sizes[i]), 0);
		CHECK_EQ(open_state(&s, 100, 50), 0);
		CHECK(s.fresh && s.status->kept.discarded >= 1);
		state_close(&s);
	}
	uint8_t noise[20000];
	for (unsigned i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)test_random(&seed);
	write_at(0, noise, sizeof(noise));
	CHECK_EQ(open_state(&s, 100, 50), 0);
	CHECK(s.fresh);
	state_close(&s);
	unlink(path);
}

// Killed while the file was made: the name beside is left, whatever is in it.
static void a_half_made_file_is_not_in_the_way(void)
{
	char beside[sizeof(path) + 8];
	struct state s;
	snprintf(beside, sizeof(beside), "%s.new", path);
	int fd = open(beside, O_CREAT | O_WRONLY, 0600);
	CHECK_EQ(write(fd, "half", 4), 4);
	close(fd);
	CHECK_EQ(open_state(&s, 10, 10), 0);
	CHECK_EQ(s.status->kept.discarded, 0);
	CHECK(access(beside, F_OK) != 0);
	state_close(&s);
	unlink(path);
}

static void what_cannot_be_made_says_why(void)
{
	const struct state_capacity small = {10, 10, 0};
	struct state s;
	CHECK_EQ(state_open(&s, "/nowhere/at/all/state", NULL, 4096, &small, error, sizeof(error)),
		 -ENOENT);
	CHECK(strstr(error, "/nowhere/at/all/") != NULL);
	CHECK_EQ(mkdir(path, 0700), 0);
	CHECK(state_open(&s, path, NULL, 4096, &small, error, sizeof(error)) < 0);
	CHECK(strstr(error, path) != NULL);
	rmdir(path);
	CHECK_EQ(symlink("/etc/passwd", path), 0);
	CHECK(state_open(&s, path, NULL, 4096, &small, error, sizeof(error)) < 0);
	unlink(path);
	CHECK_EQ(state_open(&s, path, NULL, 4095, &small, error, sizeof(error)), -EINVAL);
}

// ---- control file

#define BANK 65536

static struct fw_control_header control_header(void)
{
	return (struct fw_control_header){.magic = FW_CONTROL_MAGIC,
					  .layout_version = FW_LAYOUT_VERSION,
					  .header_size = sizeof(struct fw_control_header),
					  .layout_hash = FW_LAYOUT_HASH,
					  .file_size = 4096 + 2 * BANK,
					  .bank_offset = {4096, 4096 + BANK},
					  .bank_size = BANK,
					  .command_offset = 2048};
}

static void control_make(const struct fw_control_header *h)
{
	unlink(path);
	int fd = open(path, O_CREAT | O_RDWR, 0600);
	CHECK(fd >= 0 && ftruncate(fd, 4096 + 2 * BANK) == 0);
	CHECK_EQ(pwrite(fd, h, sizeof(*h), 0), sizeof(*h));
	close(fd);
}

static void publish(uint64_t sequence, uint64_t stated, uint64_t size)
{
	struct fw_program p = {.magic = FW_PROGRAM_MAGIC, .sequence = stated, .total_size = size};
	write_at(4096 + (off_t)(sequence & 1) * BANK, &p, sizeof(p));
	write_at(offsetof(struct fw_control_header, published), &sequence, sizeof(sequence));
}

static void published_programs_are_copied(void)
{
	struct fw_control_header h = control_header();
	struct control_file c;
	struct program_fault fault;
	void *bytes;
	size_t size;
	CHECK_EQ(control_open_file(&c, path, error, sizeof(error)), -ENOENT);
	control_make(&h);
	CHECK_EQ(control_open_file(&c, path, error, sizeof(error)), 0);
	CHECK_EQ(control_published(&c), 0);
	CHECK_EQ(control_copy(&c, &bytes, &size, &fault), -EAGAIN);
	publish(1, 1, 3000);
	CHECK_EQ(control_published(&c), 1);
	CHECK_EQ(control_copy(&c, &bytes, &size, &fault), 0);
	CHECK_EQ(size, 3000);
	CHECK_EQ(((struct fw_program *)bytes)->sequence, 1);
	free(bytes);
	publish(2, 2, BANK);
	CHECK_EQ(control_copy(&c, &bytes, &size, &fault), 0);
	CHECK_EQ(((struct fw_program *)bytes)->sequence, 2);
	free(bytes);
	control_close_file(&c);
}

static void bad_banks_are_refused(void)
{
	struct fw_control_header h = control_header();
	struct control_file c;
	struct program_fault fault;
	void *bytes;
	size_t size;
	control_make(&h);
	CHECK_EQ(control_open_file(&c, path, error, sizeof(error)), 0);
	publish(3, 3, BANK + 1);
	CHECK_EQ(control_copy(&c, &bytes, &size, &fault), -EINVAL);
	CHECK_STR(fault.field, "total_size");
	publish(4, 4, 8);
	CHECK_EQ(control_copy(&c, &bytes, &size, &fault), -EINVAL);
	publish(5, 3, 1000);
	CHECK_EQ(control_copy(&c, &bytes, &size, &fault), -EINVAL);
	CHECK_STR(fault.field, "sequence");
	CHECK_EQ(fault.verdict, FW_VERDICT_REFUSED_LAYOUT);
	publish(6, 6, 1000);
	CHECK_EQ(truncate(path, 4096), 0); // the agent does something stupid
	CHECK(control_copy(&c, &bytes, &size, &fault) < 0);
	CHECK_EQ(truncate(path, 0), 0);
	CHECK_EQ(control_published(&c), 0);
	control_close_file(&c);
	unlink(path);
}

static void a_replaced_control_file_is_followed(void)
{
	struct fw_control_header h = control_header();
	struct control_file c;
	control_make(&h);
	CHECK_EQ(control_open_file(&c, path, error, sizeof(error)), 0);
	h.published = 41;
	control_make(&h);
	CHECK_EQ(control_published(&c), 41);
	control_close_file(&c);
	unlink(path);
}

// The worker looks at the path several times a second; a file of another release beside the one that it follows is told once.
static void a_file_that_cannot_be_followed_is_told_once(void)
{
	struct fw_control_header h = control_header();
	struct control_file c = {.fd = -1};
	char text[4096] = "";
	control_make(&h);
	CHECK_EQ(control_open_file(&c, path, error, sizeof(error)), 0);
	FILE *told = tmpfile();
	int keep = dup(STDERR_FILENO);
	CHECK(told != NULL && keep >= 0 && dup2(fileno(told), STDERR_FILENO) >= 0);
	for (unsigned kind = 0; kind < 2; kind++) {
		h.layout_hash += kind + 1; // 0x...: another sentence each time
		control_make(&h);
		for (unsigned looks = 0; looks < 10; looks++)
			control_published(&c);
	}
	dup2(keep, STDERR_FILENO);
	close(keep);
	CHECK(pread(fileno(told), text, sizeof(text) - 1, 0) > 0);
	fclose(told);
	unsigned lines = 0;
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	CHECK_EQ(lines, 2);
	control_close_file(&c);
	unlink(path);
}

static void other_layouts_are_refused_with_both_values(void)
{
	struct fw_control_header h = control_header();
	struct control_file c;
	char ours[32];
	h.layout_hash = 0x1122334455667788;
	control_make(&h);
	CHECK_EQ(control_open_file(&c, path, error, sizeof(error)), -EINVAL);
	snprintf(ours, sizeof(ours), "0x%016llx", FW_LAYOUT_HASH);
	CHECK(strstr(error, "0x1122334455667788") != NULL && strstr(error, ours) != NULL);
	h = control_header();
	h.bank_offset[1] = UINT64_MAX - 100;
	control_make(&h);
	CHECK_EQ(control_open_file(&c, path, error, sizeof(error)), -EINVAL);
	unlink(path);
}

static void crc32c_is_castagnoli(void)
{
	CHECK_EQ(crc32c("123456789", 9), 0xe3069283);
	CHECK_EQ(crc32c_more(crc32c("1234", 4), "56789", 5), 0xe3069283);
	CHECK_EQ(crc32c("", 0), 0);
}

int main(void)
{
	CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/state", folder);
	RUN(crc32c_is_castagnoli);
	RUN(a_state_file_is_kept);
	RUN(other_capacities_carry_sessions_over);
	RUN(a_damaged_header_is_never_used);
	RUN(a_file_of_another_layout_is_replaced_and_says_so);
	RUN(truncated_and_foreign_files_are_replaced);
	RUN(a_half_made_file_is_not_in_the_way);
	RUN(what_cannot_be_made_says_why);
	RUN(published_programs_are_copied);
	RUN(bad_banks_are_refused);
	RUN(a_replaced_control_file_is_followed);
	RUN(a_file_that_cannot_be_followed_is_told_once);
	RUN(other_layouts_are_refused_with_both_values);
	rmdir(folder);
	return 0;
}
