// SPDX-License-Identifier: Apache-2.0
#include "control/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include "net/log.h"

static int identity_read(struct identity *i, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, i->id, IDENTITY_SIZE - 1);
	close(fd);
	i->id[IDENTITY_SIZE - 1] = '\0';
	return n == IDENTITY_SIZE - 1 && strspn(i->id, "0123456789abcdef") == IDENTITY_SIZE - 1 ?
		       0 :
		       -EINVAL;
}

// Written beside and renamed: a worker that dies here leaves no half identity.
static int identity_write(const struct identity *i, const char *path)
{
	char beside[4200];
	snprintf(beside, sizeof(beside), "%s.new", path);
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int code = write(fd, i->id, IDENTITY_SIZE - 1) != IDENTITY_SIZE - 1 ? -EIO : 0;
	if (fsync(fd) != 0 && code == 0)
		code = -errno;
	close(fd);
	if (code == 0 && rename(beside, path) != 0)
		code = -errno;
	return code;
}

int identity_open(struct identity *i, const char *state_dir, char *error, size_t size)
{
	char path[4160];
	uint64_t number;
	snprintf(path, sizeof(path), "%s/instance", state_dir);
	if (identity_read(i, path) == 0)
		return 0;
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return log_fail(error, size, -errno, "no random numbers");
	snprintf(i->id, sizeof(i->id), "%016llx", (unsigned long long)number);
	int code = identity_write(i, path);
	if (code != 0)
		return log_fail(error, size, code, "cannot write %s: %s", path, strerror(-code));
	return 0;
}

void identity_mark(const struct identity *i, enum identity_kind kind, const char *name,
		   char mark[PORT_ALIAS_SIZE])
{
	snprintf(mark, PORT_ALIAS_SIZE, "portcullis:%s:%s:%s", i->id,
		 kind == IDENTITY_PORT ? "port" : "interface", name);
}

uint32_t identity_number(const struct identity *i)
{
	uint32_t number = (uint32_t)strtoull(i->id, NULL, 16);
	return number != 0 ? number : 1;
}

void identity_mac(const struct identity *i, const char *port, uint8_t mac[6])
{
	uint64_t h = 0xcbf29ce484222325u;
	for (const char *c = i->id; *c != '\0'; c++)
		h = (h ^ (uint8_t)*c) * 0x100000001b3u;
	for (const char *c = port; *c != '\0'; c++)
		h = (h ^ (uint8_t)*c) * 0x100000001b3u;
	h ^= h >> 29;
	mac[0] = 0x02;
	memcpy(mac + 1, &h, 5);
}
