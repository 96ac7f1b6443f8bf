// SPDX-License-Identifier: Apache-2.0
#include "net/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "net/log.h"

#define KEEPER_OUTLIVES_MS 10000

static int keeper_socket = -1; // worker's end
static pid_t keeper_child;

static bool keeper_address(struct sockaddr_un *a, const char *state_dir)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	int n = snprintf(a->sun_path, sizeof(a->sun_path), "%s/keeper.sock", state_dir);
	return n > 0 && (size_t)n < sizeof(a->sun_path);
}

// Reads one message of the worker; descriptors in it stay open for as long as the process lives. 0: the worker is dead.
static ssize_t keeper_receive(int fd)
{
	char byte;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec v = {&byte, 1};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	ssize_t n;
	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n == 1 && byte == 'e')
		_exit(0);
	return n;
}

// The worker is dead: wait for the next one, not for long.
static void keeper_wait(const char *state_dir)
{
	struct sockaddr_un a;
	if (!keeper_address(&a, state_dir))
		return;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unlink(a.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		return;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int ready;
	do
		ready = poll(&p, 1, KEEPER_OUTLIVES_MS);
	while (ready < 0 && errno == EINTR);
	unlink(a.sun_path);
}

// What ps shows.
static void keeper_rename(int argc, char **argv)
{
	size_t size = (size_t)(argv[argc - 1] - argv[0]) + strlen(argv[argc - 1]);
	memset(argv[0], 0, size);
	snprintf(argv[0], size, "portcullis-keeper");
}

static void keeper_run(int fd, const char *state_dir)
{
	prctl(PR_SET_NAME, "portcullis-keep");
	setsid(); // a Ctrl-C is for the worker
	for (int s = 1; s < 32; s++)
		if (s == SIGTERM || s == SIGINT || s == SIGHUP || s == SIGPIPE)
			signal(s, SIG_IGN);
	int null = open("/dev/null", O_RDWR);
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	while (keeper_receive(fd) > 0)
		;
	keeper_wait(state_dir);
	_exit(0);
}

void keeper_start(const char *state_dir, int argc, char **argv)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int pair[2];
	snprintf(path, sizeof(path), "%s", state_dir); // it lies in argv
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return;
	keeper_child = fork();
	if (keeper_child == 0) {
		close(pair[0]);
		keeper_rename(argc, argv);
		keeper_run(pair[1], path);
	}
	close(pair[1]);
	keeper_socket = pair[0];
	if (keeper_child < 0) {
		log_line("no keeper: TAPs lose their carrier when the worker dies");
		close(pair[0]);
		keeper_socket = -1;
	}
}

void keeper_hold(int fd)
{
	char byte = 'h';
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec v = {&byte, 1};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	if (keeper_socket >= 0)
		sendmsg(keeper_socket, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void keeper_end(void)
{
	if (keeper_socket >= 0 && send(keeper_socket, "e", 1, MSG_NOSIGNAL) == 1)
		waitpid(keeper_child, NULL, 0);
	keeper_socket = -1;
}

void keeper_relieve(const char *state_dir)
{
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || !keeper_address(&a, state_dir))
		return;
	// Nobody there is the usual case.
	if (sendto(fd, "g", 1, 0, (struct sockaddr *)&a, sizeof(a)) != 1 && errno == ECONNREFUSED)
		unlink(a.sun_path);
	close(fd);
}
