// SPDX-License-Identifier: Apache-2.0
// The agent's library against files as agents and workers leave them.
#include "shm/agent_shm.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "shm/crc32c.h"
#include "shm/layout.h"
#include "shm/layout_hash.gen.h"
#include "shm/state_header.h"
#include "test.h"

#define BANK 65536

static char folder[] = "/tmp/portcullis-agent-XXXXXX";
static char error[512];
static char path_buffer[4][256];

static const char *in_folder(int slot, const char *name)
{
	snprintf(path_buffer[slot], sizeof(path_buffer[slot]), "%s/%s", folder, name);
	return path_buffer[slot];
}

static struct fw_program bank(uint64_t sequence)
{
	return (struct fw_program){.magic = FW_PROGRAM_MAGIC, .total_size = sizeof(struct fw_program), .sequence = sequence};
}

static int64_t publish(int control, uint64_t sequence)
{
	struct fw_program p = bank(sequence);
	return agent_shm_publish(control, (const uint8_t *)&p, sizeof(p), in_folder(3, "bell"), error, sizeof(error));
}

static void struct_sizes_are_known_by_name(void)
{
	CHECK_EQ(agent_shm_struct_size("fw_session6"), sizeof(struct fw_session6));
	CHECK_EQ(agent_shm_struct_size("fw_nothing"), -1);
	CHECK(agent_shm_layout_hash() == FW_LAYOUT_HASH);
}

static void a_lock_has_one_holder_who_is_named(void)
{
	const char *path = in_folder(0, "lock");
	uint32_t holder;
	CHECK_EQ(agent_shm_lock_held(path, &holder), 0);
	int fd = agent_shm_lock(path, &holder, error, sizeof(error));
	CHECK(fd >= 0);
	CHECK_EQ(agent_shm_lock(path, &holder, error, sizeof(error)), -EWOULDBLOCK);
	CHECK_EQ(holder, getpid());
	CHECK_EQ(agent_shm_lock_held(path, &holder), 1);
	CHECK_EQ(holder, getpid());
	close(fd);
	CHECK_EQ(agent_shm_lock_held(path, &holder), 0);
}

static void programs_alternate_between_the_banks(void)
{
	const char *path = in_folder(0, "control");
	int control = agent_shm_control_open(path, BANK, error, sizeof(error));
	CHECK(control >= 0);
	uint64_t base = (uint64_t)agent_shm_published(control);
	CHECK_EQ(publish(control, base + 1), base + 1);
	CHECK_EQ(publish(control, base + 2), base + 2);
	CHECK_EQ(agent_shm_close(control), 0);
	int fd = open(path, O_RDONLY);
	struct fw_control_header h;
	struct fw_program even, odd;
	CHECK_EQ(pread(fd, &h, sizeof(h), 0), sizeof(h));
	CHECK_EQ(pread(fd, &even, sizeof(even), (off_t)h.bank_offset[0]), sizeof(even));
	CHECK_EQ(pread(fd, &odd, sizeof(odd), (off_t)h.bank_offset[1]), sizeof(odd));
	CHECK_EQ(even.sequence, base + 2);
	CHECK_EQ(odd.sequence, base + 1);
	CHECK_EQ(h.published, base + 2);
	close(fd);
	control = agent_shm_control_open(path, BANK, error, sizeof(error));
	CHECK_EQ(agent_shm_published(control), base + 2);
	agent_shm_close(control);
}

static void a_wrong_program_is_not_published(void)
{
	int control = agent_shm_control_open(in_folder(0, "control"), BANK, error, sizeof(error));
	int64_t before = agent_shm_published(control);
	struct fw_program p = bank((uint64_t)before + 1);
	CHECK_EQ(publish(control, (uint64_t)before), -EINVAL);
	CHECK_EQ(agent_shm_publish(control, (uint8_t *)&p, sizeof(p) - 1, "", error, sizeof(error)), -EMSGSIZE);
	CHECK_EQ(agent_shm_publish(control, (uint8_t *)&p, BANK + 1, "", error, sizeof(error)), -EMSGSIZE);
	p.magic = 0;
	CHECK_EQ(agent_shm_publish(control, (uint8_t *)&p, sizeof(p), "", error, sizeof(error)), -EINVAL);
	CHECK_EQ(agent_shm_published(control), before);
	agent_shm_close(control);
	CHECK_EQ(agent_shm_published(control), -EBADF);
}

static void a_control_file_of_another_layout_is_refused_with_both_hashes(void)
{
	const char *path = in_folder(0, "control");
	int fd = open(path, O_RDWR);
	uint64_t other = 0x1234;
	CHECK_EQ(pwrite(fd, &other, sizeof(other), offsetof(struct fw_control_header, layout_hash)), sizeof(other));
	CHECK_EQ(agent_shm_control_open(path, BANK, error, sizeof(error)), -ESTALE);
	CHECK(strstr(error, "0x0000000000001234") != NULL);
	char own[32];
	snprintf(own, sizeof(own), "0x%016llx", FW_LAYOUT_HASH);
	CHECK(strstr(error, own) != NULL);
	CHECK_EQ(ftruncate(fd, 100), 0);
	other = FW_LAYOUT_HASH;
	CHECK_EQ(pwrite(fd, &other, sizeof(other), offsetof(struct fw_control_header, layout_hash)), sizeof(other));
	CHECK_EQ(agent_shm_control_open(path, BANK, error, sizeof(error)), -ESTALE);
	close(fd);
	unlink(path);
}

static void publishing_rings_the_doorbell(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	memcpy(address.sun_path, in_folder(1, "bell"), strlen(in_folder(1, "bell")) + 1);
	int bell = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	CHECK_EQ(bind(bell, (struct sockaddr *)&address, sizeof(address)), 0);
	int control = agent_shm_control_open(in_folder(0, "control"), BANK, error, sizeof(error));
	uint64_t first = (uint64_t)agent_shm_published(control) + 1;
	CHECK_EQ(publish(control, first), first);
	char byte;
	CHECK_EQ(recv(bell, &byte, 1, 0), 1);
	agent_shm_close(control);
	close(bell);
	unlink(address.sun_path);
	CHECK_EQ(agent_shm_ring(address.sun_path), -ENOENT);
}

static struct fw_state_header header(void)
{
	const struct state_capacity capacity = {4, 4, 4};
	return state_header(&capacity, 4096);
}

static int write_state(const char *path, struct fw_state_header h)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK_EQ(ftruncate(fd, (off_t)agent_shm_state_size(4, 4, 4, 4096)), 0);
	CHECK_EQ(pwrite(fd, &h, sizeof(h), 0), sizeof(h));
	return fd;
}

static int open_state(struct fw_state_header h)
{
	close(write_state(in_folder(0, "state"), h));
	return agent_shm_state_open(in_folder(0, "state"), error, sizeof(error));
}

static void a_damaged_state_header_is_refused(void)
{
	struct fw_state_header h = header();
	h.sessions4_capacity++;
	CHECK_EQ(open_state(h), -EBADMSG);
	h = header();
	h.sessions6_offset = h.file_size - 8;
	h.checksum = crc32c(&h, offsetof(struct fw_state_header, checksum));
	CHECK_EQ(open_state(h), -EBADMSG);
	h = header();
	h.layout_hash = 1;
	CHECK_EQ(open_state(h), -ESTALE);
	h.magic = 0;
	CHECK_EQ(open_state(h), -EAGAIN);
	CHECK_EQ(agent_shm_state_open(in_folder(0, "absent"), error, sizeof(error)), -ENOENT);
}

static void reads_stay_inside_and_survive_truncation(void)
{
	int state = open_state(header());
	CHECK(state >= 0);
	uint8_t out[4096];
	uint64_t size = header().file_size;
	CHECK_EQ(agent_shm_state_read(state, size - sizeof(out), out, sizeof(out), error, sizeof(error)), 0);
	CHECK_EQ(agent_shm_state_read(state, size - sizeof(out) + 1, out, sizeof(out), error, sizeof(error)), -ERANGE);
	CHECK_EQ(agent_shm_state_read(state, UINT64_MAX, out, 2, error, sizeof(error)), -ERANGE);
	CHECK_EQ(truncate(in_folder(0, "state"), 4096), 0);
	CHECK_EQ(agent_shm_state_read(state, 8192, out, sizeof(out), error, sizeof(error)), -ENODATA);
	CHECK_EQ(agent_shm_wait_verdict(state, 1, 50), -ENODATA);
	agent_shm_close(state);
}

static void a_status_in_the_making_is_not_taken(void)
{
	int fd = write_state(in_folder(0, "state"), header());
	int state = agent_shm_state_open(in_folder(0, "state"), error, sizeof(error));
	struct fw_worker_status status = {.version = 2, .pid = 77}, out;
	CHECK_EQ(pwrite(fd, &status, sizeof(status), 4096), sizeof(status));
	CHECK_EQ(agent_shm_status(state, (uint8_t *)&out, sizeof(out), error, sizeof(error)), 0);
	CHECK_EQ(out.pid, 77);
	status.version = 3;
	CHECK_EQ(pwrite(fd, &status, sizeof(status), 4096), sizeof(status));
	CHECK_EQ(agent_shm_status(state, (uint8_t *)&out, sizeof(out), error, sizeof(error)), -EAGAIN);
	CHECK_EQ(agent_shm_status(state, (uint8_t *)&out, sizeof(out) - 1, error, sizeof(error)), -EINVAL);
	agent_shm_close(state);
	close(fd);
}

static void *judge(void *argument)
{
	uint64_t judged = 5;
	int fd = *(int *)argument;
	usleep(20000);
	CHECK_EQ(pwrite(fd, &judged, sizeof(judged), 4096 + offsetof(struct fw_worker_status, judged_sequence)), sizeof(judged));
	return NULL;
}

static void a_verdict_is_waited_for(void)
{
	int fd = write_state(in_folder(0, "state"), header());
	int state = agent_shm_state_open(in_folder(0, "state"), error, sizeof(error));
	CHECK_EQ(agent_shm_wait_verdict(state, 5, 5), 0);
	pthread_t thread;
	CHECK_EQ(pthread_create(&thread, NULL, judge, &fd), 0);
	CHECK_EQ(agent_shm_wait_verdict(state, 5, 10000), 1);
	pthread_join(thread, NULL);
	agent_shm_close(state);
	CHECK_EQ(agent_shm_wait_verdict(state, 5, 1), -EBADF);
	close(fd);
}

int main(void)
{
	CHECK(mkdtemp(folder) != NULL);
	RUN(struct_sizes_are_known_by_name);
	RUN(a_lock_has_one_holder_who_is_named);
	RUN(programs_alternate_between_the_banks);
	RUN(a_wrong_program_is_not_published);
	RUN(a_control_file_of_another_layout_is_refused_with_both_hashes);
	RUN(publishing_rings_the_doorbell);
	RUN(a_damaged_state_header_is_refused);
	RUN(reads_stay_inside_and_survive_truncation);
	RUN(a_status_in_the_making_is_not_taken);
	RUN(a_verdict_is_waited_for);
	for (const char *const *name = (const char *const[]){"lock", "control", "state", NULL}; *name != NULL; name++)
		unlink(in_folder(0, *name));
	CHECK_EQ(rmdir(folder), 0);
	return 0;
}
