// SPDX-License-Identifier: Apache-2.0
#include "loop/clock.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t clock_read(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t clock_boottime_ns(void)
{
	return clock_read(CLOCK_BOOTTIME);
}

uint64_t clock_monotonic_ns(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

uint64_t clock_realtime_ns(void)
{
	return clock_read(CLOCK_REALTIME);
}

static int clock_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void clock_boot_id(uint8_t boot_id[16])
{
	char text[64] = "";
	memset(boot_id, 0, 16);
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ssize_t size = read(fd, text, sizeof(text) - 1);
	close(fd);
	unsigned digits = 0;
	for (ssize_t i = 0; i < size && digits < 32; i++) {
		int d = clock_digit(text[i]);
		if (d < 0)
			continue;
		boot_id[digits / 2] = (uint8_t)(boot_id[digits / 2] << 4 | d);
		digits++;
	}
}

struct clock clock_resume(struct fw_worker_status *status, const uint8_t boot_id[16],
			  uint64_t boottime_ns)
{
	static const uint8_t none[16];
	struct clock c = {.origin_ns = status->kept.clock_origin_ns};
	bool fresh = memcmp(status->kept.boot_id, none, 16) == 0;
	if (fresh)
		c.origin_ns = boottime_ns;
	else if (memcmp(status->kept.boot_id, boot_id, 16) != 0)
		c.origin_ns = boottime_ns - status->kept.clock_ns;
	status->kept.clock_origin_ns = c.origin_ns;
	status->kept.clock_ns = clock_ns(&c, boottime_ns);
	memcpy(status->kept.boot_id, boot_id, 16);
	if (memcmp(boot_id, none, 16) == 0)
		status->kept.boot_id[0] = 1; // a kernel without boot_id: this boot and every other look the same
	return c;
}
