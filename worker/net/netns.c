// SPDX-License-Identifier: Apache-2.0
#include "net/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "net/log.h"

int netns_enter_fd(int target)
{
	int previous = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (previous < 0)
		return -errno;
	if (target >= 0 && setns(target, CLONE_NEWNET) != 0) {
		int error = -errno;
		close(previous);
		return error;
	}
	return previous;
}

int netns_enter(const char *name)
{
	if (name[0] == '\0')
		return netns_enter_fd(-1);
	char path[300];
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	int target = open(path, O_RDONLY | O_CLOEXEC);
	if (target < 0)
		return -errno;
	int previous = netns_enter_fd(target);
	close(target);
	return previous;
}

// A worker that never leaves its namespace needs no right to come back.
static bool netns_is(int fd)
{
	struct stat there, here;
	return fstat(fd, &there) == 0 && stat("/proc/thread-self/ns/net", &here) == 0 &&
	       there.st_ino == here.st_ino && there.st_dev == here.st_dev;
}

void netns_leave(int previous)
{
	// Going on in a foreign namespace would touch devices that are not ours.
	if (!netns_is(previous) && setns(previous, CLONE_NEWNET) != 0) {
		log_line("cannot return to the worker's network namespace");
		abort();
	}
	close(previous);
}
