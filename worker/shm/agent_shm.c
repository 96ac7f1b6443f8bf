// SPDX-License-Identifier: Apache-2.0
// What the library knows of the layout, and the locks.
#include "shm/agent_shm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "shm/agent_handle.h"
#include "shm/layout_hash.gen.h"

#define SIZE_OF(name) {#name, sizeof(struct name)}

static const struct {
	const char *name;
	size_t size;
} structs[] = {
	SIZE_OF(fw_control_header), SIZE_OF(fw_session_filter), SIZE_OF(fw_command),
	SIZE_OF(fw_section), SIZE_OF(fw_program), SIZE_OF(fw_port_row), SIZE_OF(fw_zone_row),
	SIZE_OF(fw_interface_row), SIZE_OF(fw_prefix_row), SIZE_OF(fw_address_set_row),
	SIZE_OF(fw_application_row), SIZE_OF(fw_port_range_row), SIZE_OF(fw_policy_row),
	SIZE_OF(fw_schedule_row), SIZE_OF(fw_schedule_window_row), SIZE_OF(fw_nat_pool_row),
	SIZE_OF(fw_nat_range_row), SIZE_OF(fw_nat_source_row), SIZE_OF(fw_nat_destination_row),
	SIZE_OF(fw_nat_static_row), SIZE_OF(fw_route_row), SIZE_OF(fw_next_hop_row),
	SIZE_OF(fw_neighbor_row), SIZE_OF(fw_state_header), SIZE_OF(fw_state_kept), SIZE_OF(fw_worker_status),
	SIZE_OF(fw_table_status), SIZE_OF(fw_counters), SIZE_OF(fw_port_status),
	SIZE_OF(fw_interface_status), SIZE_OF(fw_policy_counters), SIZE_OF(fw_line4),
	SIZE_OF(fw_line6), SIZE_OF(fw_tcp_side), SIZE_OF(fw_session_track), SIZE_OF(fw_session_cold),
	SIZE_OF(fw_session4), SIZE_OF(fw_session6), SIZE_OF(fw_binding),
};

uint32_t agent_shm_abi(void)
{
	return AGENT_SHM_ABI;
}

uint64_t agent_shm_layout_hash(void)
{
	return FW_LAYOUT_HASH;
}

int64_t agent_shm_struct_size(const char *name)
{
	for (size_t i = 0; i < sizeof(structs) / sizeof(structs[0]); i++)
		if (strcmp(structs[i].name, name) == 0)
			return (int64_t)structs[i].size;
	return -1;
}

// The holder wrote its pid when it took the lock.
static uint32_t read_pid(int fd)
{
	char text[16] = {0};
	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	return (uint32_t)strtoul(text, NULL, 10);
}

static int write_pid(int fd)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)length, 0) != length)
		return -errno;
	return 0;
}

int agent_shm_lock(const char *path, uint32_t *holder, char *error, uint32_t error_size)
{
	*holder = 0;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return agent_fail(-errno, error, error_size, "cannot open %s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int result = -errno;
		*holder = read_pid(fd);
		close(fd);
		return agent_fail(result, error, error_size, "cannot lock %s: %s", path, strerror(-result));
	}
	write_pid(fd); // a full disk costs the name of the holder, not the lock
	return fd;
}

int agent_shm_lock_held(const char *path, uint32_t *holder)
{
	*holder = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	int result = 0;
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		result = errno == EWOULDBLOCK ? 1 : -errno;
	if (result == 1)
		*holder = read_pid(fd);
	close(fd);
	return result;
}
