// SPDX-License-Identifier: Apache-2.0
// What a new state file takes over: from other capacities, from pages of another size, from another layout; with bindings.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "shm/crc32c.h"
#include "shm/layout_hash.gen.h"
#include "shm/state.h"
#include "state/binding_check.h"
#include "state/samples.h"

static char folder[] = "/tmp/portcullis-move-XXXXXX";
static char path[sizeof(folder) + 16], other_path[sizeof(folder) + 16], error[1024];

static int open_at(struct state *s, const char *before, uint32_t sessions4, uint32_t sessions6, uint32_t bindings)
{
	const struct state_capacity capacity = {sessions4, sessions6, bindings};
	return state_open(s, path, before, 4096, &capacity, error, sizeof(error));
}

static struct fw_binding binding(uint32_t number)
{
	struct fw_binding b = {.protocol = IPPROTO_UDP, .flags = number % 2 ? FW_BINDING_PERSISTENT : 0, .timeout = 5000,
			       .last_seen = number, .valid = FW_SESSION_VALID};
	memcpy(b.internal, "\x0a\x00\x00\x01", 4);
	memcpy(b.external, "\xcb\x00\x71\x05", 4);
	b.internal_port_be = (uint16_t)number;
	b.external_port_be = (uint16_t)(number + 1000);
	b.checksum = binding_checksum(&b);
	return b;
}

// sessions of both families; those of IPv4 with an odd number have binding number / 2, which lies in row number.
static void fill(struct state *s, uint32_t sessions)
{
	struct session_recovery r;
	struct session_table *t4 = session_attach(4, s->sessions4, s->header->sessions4_capacity, 0, &r);
	struct session_table *t6 = session_attach(6, s->sessions6, s->header->sessions6_capacity, 0, &r);
	for (uint32_t n = 0; n < sessions; n++) {
		struct fw_session4 four = make4(n, 0, 100000);
		struct fw_session6 six = make6(n, 0, 100000);
		four.line[0].epoch = four.line[1].epoch = six.line[0].epoch = six.line[1].epoch = 7;
		if (n % 2) {
			s->bindings[n] = binding(n / 2);
			four.track.binding = n;
		}
		CHECK(session_open4(t4, &four, 0) >= 0 && session_open6(t6, &six, 0) >= 0);
	}
	session_detach(t4);
	session_detach(t6);
	s->counters->received = 12345;
	s->status->epoch = 7;
	s->status->kept.clock_ns = 99;
	s->status->kept.clock_origin_ns = 1234567;
	s->status->kept.boot_id[3] = 5;
}

// Each of them is there with what belongs to it.
static void check(struct state *s, uint32_t sessions, uint32_t epoch)
{
	struct session_recovery r4, r6;
	struct session_table *t4 = session_attach(4, s->sessions4, s->header->sessions4_capacity, 0, &r4);
	struct session_table *t6 = session_attach(6, s->sessions6, s->header->sessions6_capacity, 0, &r6);
	CHECK_EQ(r4.recovered, sessions);
	CHECK_EQ(r6.recovered, sessions);
	CHECK_EQ(r4.discarded + r6.discarded, 0);
	CHECK_EQ(r4.bound, sessions / 2);
	for (uint32_t n = 0; n < sessions; n++) {
		struct fw_session4 four = make4(n, 0, 1);
		struct fw_session6 six = make6(n, 0, 1);
		uint32_t at = find4(t4, &four.line[0]), at6 = find6(t6, &six.line[1]);
		CHECK(at != FW_NO_INDEX && at6 != FW_NO_INDEX);
		const struct fw_session4 *found = session_entry4(t4, at >> 1);
		CHECK_EQ(found->line[1].epoch, epoch);
		CHECK_EQ(session_entry6(t6, at6 >> 1)->line[0].epoch, epoch);
		CHECK_EQ(found->track.binding == FW_NO_INDEX, n % 2 == 0);
		if (n % 2) {
			struct fw_binding b = binding(n / 2);
			CHECK(memcmp(&s->bindings[found->track.binding], &b, sizeof(b)) == 0);
		}
	}
	session_detach(t4);
	session_detach(t6);
	CHECK_EQ(s->status->kept.clock_origin_ns, 1234567);
	CHECK_EQ(s->status->kept.boot_id[3], 5);
}

static void other_capacities_carry_everything_over(void)
{
	struct state s;
	CHECK_EQ(open_at(&s, NULL, 100, 90, 80), 0);
	fill(&s, 50);
	state_close(&s);
	CHECK_EQ(open_at(&s, NULL, 300, 60, 70), 0);
	CHECK(!s.fresh && s.status->epoch == 7);
	CHECK_EQ(s.counters->received, 12345);
	CHECK_EQ(s.header->sessions4_capacity, 300);
	check(&s, 50, 7);
	state_close(&s);
	CHECK_EQ(open_at(&s, NULL, 50, 50, 25), 0); // there is just room
	check(&s, 50, 7);
	state_close(&s);
	unlink(path);
}

// As when memory.pageSize changes: the file lies elsewhere, its size is rounded otherwise.
static void a_file_elsewhere_is_taken_over_once(void)
{
	struct state s;
	CHECK_EQ(open_at(&s, NULL, 100, 90, 80), 0);
	fill(&s, 50);
	state_close(&s);
	CHECK_EQ(rename(path, other_path), 0);
	CHECK_EQ(open_at(&s, other_path, 100, 200, 80), 0);
	CHECK(!s.fresh);
	CHECK_EQ(s.counters->received, 12345);
	check(&s, 50, 7);
	CHECK(access(other_path, F_OK) != 0);
	s.counters->received = 5;
	state_close(&s);
	CHECK_EQ(open_at(&s, other_path, 100, 200, 80), 0); // gone: nothing happens
	CHECK_EQ(s.counters->received, 5);
	check(&s, 50, 7);
	state_close(&s);
	unlink(path);
}

// A worker killed after the new file had its name: the new one is used, the old one goes. And never both names of one file.
static void the_file_in_place_has_precedence(void)
{
	struct state s;
	CHECK_EQ(open_at(&s, NULL, 100, 90, 80), 0);
	state_close(&s);
	CHECK_EQ(rename(path, other_path), 0);
	CHECK_EQ(open_at(&s, NULL, 100, 90, 80), 0);
	fill(&s, 50);
	state_close(&s);
	CHECK_EQ(open_at(&s, other_path, 100, 90, 80), 0);
	check(&s, 50, 7);
	CHECK(access(other_path, F_OK) != 0);
	state_close(&s);
	CHECK_EQ(open_at(&s, path, 100, 90, 80), 0);
	check(&s, 50, 7);
	CHECK_EQ(access(path, F_OK), 0);
	state_close(&s);
	unlink(path);
}

static void a_damaged_file_elsewhere_is_not_used_and_said(void)
{
	struct state s;
	CHECK_EQ(open_at(&s, NULL, 100, 90, 80), 0);
	fill(&s, 50);
	s.header->file_size++;
	state_close(&s);
	CHECK_EQ(rename(path, other_path), 0);
	CHECK_EQ(open_at(&s, other_path, 100, 90, 80), 0);
	CHECK(s.fresh && s.status->state_replaced[0] != '\0');
	CHECK_EQ(s.status->kept.discarded, 1);
	CHECK(access(other_path, F_OK) != 0);
	state_close(&s);
	unlink(path);
}

// The file as a worker of another layout would have left it: everything lies elsewhere, what is not kept is noise.
static void make_foreign(uint64_t shift, uint64_t records_hash)
{
	struct state s;
	CHECK_EQ(open_at(&s, NULL, 100, 90, 80), 0);
	fill(&s, 50);
	size_t size = s.size + shift;
	uint8_t *bytes = malloc(size);
	CHECK(bytes != NULL);
	memset(bytes, 0x5a, size);
	struct fw_state_header h = *s.header;
	h.layout_version++;
	h.layout_hash ^= 1;
	h.records_hash = records_hash;
	h.file_size += shift;
	h.kept_offset += shift + 200; // behind other fields of the status
	h.sessions4_offset += shift;
	h.sessions6_offset += shift;
	h.bindings_offset += shift;
	h.checksum = crc32c(&h, offsetof(struct fw_state_header, checksum));
	memcpy(bytes, &h, sizeof(h));
	memcpy(bytes + h.kept_offset, &s.status->kept, sizeof(s.status->kept));
	memcpy(bytes + h.sessions4_offset, s.sessions4, s.size - s.header->sessions4_offset);
	state_close(&s);
	unlink(path);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	close(fd);
	free(bytes);
}

static void another_layout_with_the_same_records_is_converted(void)
{
	struct state s;
	make_foreign(2 * STATE_PART, FW_RECORDS_HASH);
	CHECK_EQ(open_at(&s, NULL, 100, 90, 80), 0);
	CHECK(!s.fresh && s.status->state_replaced[0] == '\0');
	CHECK(strstr(s.status->state_converted, "its layout is version 2 hash 0x") != NULL);
	CHECK_EQ(s.status->kept.discarded, 0);
	CHECK_EQ(s.status->kept.clock_ns, 99);
	CHECK_EQ(s.counters->received, 0);
	CHECK_EQ(s.status->epoch, 0);
	check(&s, 50, 0); // to be judged again by the first generation
	CHECK_EQ(((struct fw_session4 *)s.sessions4)[0].line[0].policy, FW_POLICY_NONE);
	state_close(&s);
	CHECK_EQ(open_at(&s, NULL, 100, 90, 80), 0); // said by this worker, and by no later one
	CHECK_EQ(s.status->state_converted[0], '\0');
	check(&s, 50, 0);
	state_close(&s);
	unlink(path);
	make_foreign(STATE_PART, FW_RECORDS_HASH); // with other capacities, in other pages
	CHECK_EQ(rename(path, other_path), 0);
	CHECK_EQ(open_at(&s, other_path, 60, 60, 60), 0);
	CHECK(s.status->state_converted[0] != '\0');
	check(&s, 50, 0);
	state_close(&s);
	unlink(path);
}

static void another_layout_with_other_records_is_flushed(void)
{
	struct state s;
	make_foreign(STATE_PART, FW_RECORDS_HASH ^ 1);
	CHECK_EQ(open_at(&s, NULL, 100, 90, 80), 0);
	CHECK(s.fresh && s.status->state_converted[0] == '\0');
	CHECK(strstr(s.status->state_replaced, "its layout is version 2 hash 0x") != NULL);
	CHECK_EQ(s.status->kept.discarded, 1);
	state_close(&s);
	unlink(path);
}

// Offsets and sizes of a stranger are believed only inside of the file, and one flipped bit of its header makes it useless.
static void a_damaged_foreign_header_is_never_used(void)
{
	struct state s;
	for (size_t at = 0; at < sizeof(struct fw_state_header); at += 3) {
		make_foreign(STATE_PART, FW_RECORDS_HASH);
		uint8_t byte;
		int fd = open(path, O_RDWR);
		CHECK_EQ(pread(fd, &byte, 1, (off_t)at), 1);
		byte ^= 0x10;
		CHECK_EQ(pwrite(fd, &byte, 1, (off_t)at), 1);
		close(fd);
		CHECK_EQ(open_at(&s, NULL, 100, 90, 80), 0);
		CHECK(s.fresh && s.status->state_replaced[0] != '\0');
		state_close(&s);
		unlink(path);
	}
	static const size_t places[] = {offsetof(struct fw_state_header, kept_offset),
					offsetof(struct fw_state_header, sessions4_offset),
					offsetof(struct fw_state_header, sessions6_offset),
					offsetof(struct fw_state_header, bindings_offset)};
	for (unsigned i = 0; i < 8; i++) {
		make_foreign(STATE_PART, FW_RECORDS_HASH);
		struct fw_state_header h;
		int fd = open(path, O_RDWR);
		CHECK_EQ(pread(fd, &h, sizeof(h), 0), sizeof(h));
		uint64_t out = i < 4 ? h.file_size & ~(uint64_t)63 : UINT64_MAX - 63;
		memcpy((uint8_t *)&h + places[i % 4], &out, sizeof(out));
		h.checksum = crc32c(&h, offsetof(struct fw_state_header, checksum));
		CHECK_EQ(pwrite(fd, &h, sizeof(h), 0), sizeof(h));
		close(fd);
		CHECK_EQ(open_at(&s, NULL, 100, 90, 80), 0);
		CHECK(s.fresh);
		state_close(&s);
		unlink(path);
	}
}

int main(void)
{
	CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/state", folder);
	snprintf(other_path, sizeof(other_path), "%s/before", folder);
	RUN(other_capacities_carry_everything_over);
	RUN(a_file_elsewhere_is_taken_over_once);
	RUN(the_file_in_place_has_precedence);
	RUN(a_damaged_file_elsewhere_is_not_used_and_said);
	RUN(another_layout_with_the_same_records_is_converted);
	RUN(another_layout_with_other_records_is_flushed);
	RUN(a_damaged_foreign_header_is_never_used);
	rmdir(folder);
	return 0;
}
