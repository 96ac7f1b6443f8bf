// SPDX-License-Identifier: Apache-2.0
#include "launch/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STORE_PATH 4200

int store_save(const char *state_dir, const struct arguments *a)
{
	char path[STORE_PATH], beside[STORE_PATH + 8], text[COMMAND_LINE + 16] = "start";
	size_t at = 5;
	for (unsigned i = 0; i < a->count; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "\t%s", a->words[i]);
	snprintf(path, sizeof(path), "%s/launch", state_dir);
	snprintf(beside, sizeof(beside), "%s.new", path);
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int code = 0;
	errno = ENOSPC; // of a short write
	if (write(fd, text, at) != (ssize_t)at || fsync(fd) != 0)
		code = -errno;
	close(fd);
	if (code == 0 && rename(beside, path) != 0)
		code = -errno;
	if (code != 0)
		unlink(beside);
	return code;
}

bool store_load(const char *state_dir, struct arguments *a)
{
	char path[STORE_PATH], text[COMMAND_LINE];
	static struct command c;
	snprintf(path, sizeof(path), "%s/launch", state_dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, text, sizeof(text));
	close(fd);
	if (n <= 0 || command_parse(&c, text, (size_t)n) != NULL || c.verb != COMMAND_START)
		return false;
	arguments_copy(a, &c.arguments);
	return true;
}

void store_forget(const char *state_dir)
{
	char path[STORE_PATH];
	snprintf(path, sizeof(path), "%s/launch", state_dir);
	unlink(path);
}
