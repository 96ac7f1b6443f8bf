// SPDX-License-Identifier: Apache-2.0
// launcher.sock: agents connect, hear how things are, and say what shall run.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "launch/facts.h"
#include "launch/launcher.h"
#include "launch/store.h"
#include "net/log.h"

static bool serve_path(const struct launcher *l, struct sockaddr_un *a)
{
	int n = snprintf(a->sun_path, sizeof(a->sun_path), "%s/launcher.sock", l->state_dir);
	return n > 0 && (size_t)n < sizeof(a->sun_path);
}

// It speaks first, and reads nothing of a connection that ended before: so its two answers are awaited.
static bool serve_say(int fd, const char *text, size_t length)
{
	char answer[REPLY_SIZE];
	struct timeval second = {.tv_sec = 1};
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)) != 0 || recv(fd, answer, sizeof(answer), 0) <= 0)
		return false;
	return send(fd, text, length, MSG_NOSIGNAL) == (ssize_t)length && recv(fd, answer, sizeof(answer), 0) > 0;
}

void serve_ask_to_leave(const struct launcher *l)
{
	static const char leave[] = "leave\n";
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool asked = fd >= 0 && serve_path(l, &a) && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
		     serve_say(fd, leave, sizeof(leave) - 1);
	log_line("%s", asked ? "it was asked to leave" : "it does not answer");
	if (fd >= 0)
		close(fd);
}

int serve_open(struct launcher *l)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	if (!serve_path(l, &a))
		return -ENAMETOOLONG;
	l->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(a.sun_path);
	mode_t before = umask(0177);
	bool good = l->listener >= 0 && bind(l->listener, (struct sockaddr *)&a, sizeof(a)) == 0 &&
		    listen(l->listener, LAUNCHER_CLIENTS) == 0;
	int code = good ? 0 : -errno;
	umask(before);
	for (unsigned i = 0; i < LAUNCHER_CLIENTS; i++)
		l->clients[i].fd = -1;
	return code;
}

// What paused the worker is gone: it runs again.
static void serve_close(struct launcher *l, struct client *c)
{
	close(c->fd);
	c->fd = -1;
	if (l->held_by == c->id) {
		l->held_by = 0;
		l->not_before_ms = 0;
	}
}

// Nobody waits here: a client that does not read loses its connection and asks anew.
static void serve_send(struct launcher *l, struct client *c, const char *text, size_t length)
{
	if (send(c->fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)length)
		serve_close(l, c);
}

static void serve_state(struct launcher *l, struct client *c)
{
	static char text[REPLY_SIZE];
	static struct facts facts;
	facts_read(&facts, l->requested);
	serve_send(l, c, text, reply_state(l, &facts, c, text));
}

void serve_news(struct launcher *l)
{
	for (unsigned i = 0; i < LAUNCHER_CLIENTS; i++)
		if (l->clients[i].fd >= 0)
			serve_state(l, &l->clients[i]);
}

void serve_accept(struct launcher *l)
{
	int fd = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	for (unsigned i = 0; fd >= 0 && i < LAUNCHER_CLIENTS; i++) {
		struct client *c = &l->clients[i];
		if (c->fd >= 0)
			continue;
		c->fd = fd;
		c->id = ++l->next_client;
		c->done = 0;
		c->have = 0;
		serve_state(l, c);
		return;
	}
	if (fd >= 0)
		close(fd);
}

static const char *serve_start(struct launcher *l, const struct client *c, const struct arguments *a)
{
	(void)c;
	if (l->leaving)
		return "the worker pod is being ended";
	if (l->pid != 0 && !arguments_same(&l->arguments, a))
		return "a worker with other arguments runs: end it first";
	arguments_copy(&l->arguments, a);
	int code = store_save(l->state_dir, a);
	if (code != 0)
		log_line("the arguments cannot be kept: %s", strerror(-code));
	l->wanted = true;
	l->held_by = 0;
	l->not_before_ms = 0;
	l->backoff.deaths = 0;
	run_wanted(l);
	return NULL;
}

static const char *serve_command(struct launcher *l, struct client *c, const struct command *command)
{
	switch (command->verb) {
	case COMMAND_START:
		return serve_start(l, c, &command->arguments);
	case COMMAND_PAUSE:
		l->held_by = c->id;
		run_signal(l, SIGUSR1);
		return NULL;
	case COMMAND_STOP:
		l->wanted = false;
		l->held_by = 0;
		store_forget(l->state_dir);
		run_signal(l, SIGTERM);
		return NULL;
	case COMMAND_KILL:
		run_signal(l, SIGKILL);
		return NULL;
	case COMMAND_LEAVE:
		run_leave(l);
		return NULL;
	default:
		return NULL;
	}
}

static void serve_line(struct launcher *l, struct client *c, size_t length)
{
	static struct command command;
	static char text[REPLY_SIZE];
	const char *wrong = command_parse(&command, c->line, length);
	c->done++;
	if (wrong == NULL)
		wrong = serve_command(l, c, &command);
	if (c->fd < 0)
		return;
	if (wrong != NULL)
		serve_send(l, c, text, reply_error(c, wrong, text));
	else
		serve_state(l, c);
}

void serve_client(struct launcher *l, struct client *c)
{
	ssize_t n = recv(c->fd, c->line + c->have, sizeof(c->line) - c->have, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		serve_close(l, c);
		return;
	}
	c->have += (size_t)n;
	char *end;
	while (c->fd >= 0 && (end = memchr(c->line, '\n', c->have)) != NULL) {
		size_t length = (size_t)(end - c->line);
		serve_line(l, c, length);
		c->have -= length + 1;
		memmove(c->line, end + 1, c->have);
	}
	if (c->fd >= 0 && c->have == sizeof(c->line))
		serve_close(l, c); // no command is that long
}
