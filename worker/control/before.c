// SPDX-License-Identifier: Apache-2.0
#include "control/before.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int before_name(const char *state_dir, char *name, size_t size)
{
	int n = snprintf(name, size, "%s/state.before", state_dir);
	return n > 0 && (size_t)n < size ? 0 : -1;
}

const char *before_read(const char *state_dir, char *path, size_t size)
{
	char name[4200];
	if (before_name(state_dir, name, sizeof(name)) != 0)
		return NULL;
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return NULL;
	ssize_t n = read(fd, path, size - 1);
	close(fd);
	path[n > 0 ? n : 0] = '\0';
	path[strcspn(path, "\n")] = '\0';
	return path[0] == '/' ? path : NULL;
}

void before_forget(const char *state_dir)
{
	char name[4200];
	if (before_name(state_dir, name, sizeof(name)) == 0)
		unlink(name);
}
