// SPDX-License-Identifier: Apache-2.0
// What kubelet asks. Healthy: packets are forwarded. Alive: nothing hangs that only a new container would cure.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "launch/launcher.h"
#include "launch/pulse.h"
#include "launch/store.h"
#include "loop/clock.h"

// An agent kills a worker that hangs after 5 s: this is for when there is none.
#define PROBE_SILENT_NS 30000000000ull
#define PROBE_START_NS 180000000000ull
#define PROBE_ANSWER_S 3

static const char *probe_state_file(const char *state_dir)
{
	static struct arguments arguments;
	return store_load(state_dir, &arguments) ? arguments_value(&arguments, "--state") : NULL;
}

static int probe_say(const char *sentence)
{
	printf("%s\n", sentence);
	return 1;
}

int probe_healthy(const char *state_dir)
{
	struct pulse p;
	char error[512] = "";
	const char *file = probe_state_file(state_dir);
	if (file == NULL)
		return probe_say("no program is meant for this node yet");
	if (pulse_read(&p, file, error, sizeof(error)) != 0 ||
	    !pulse_healthy(&p, clock_monotonic_ns(), error, sizeof(error)))
		return probe_say(error);
	return 0;
}

// The launcher's own word, or NULL: it does not answer.
static const char *probe_ask(const char *state_dir)
{
	static char text[REPLY_SIZE];
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = PROBE_ANSWER_S};
	size_t at = 0;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int n = snprintf(a.sun_path, sizeof(a.sun_path), "%s/launcher.sock", state_dir);
	if (fd < 0 || n < 0 || (size_t)n >= sizeof(a.sun_path))
		return NULL;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		for (ssize_t got; at < sizeof(text) - 1 && memchr(text, '\n', at) == NULL &&
				  (got = recv(fd, text + at, sizeof(text) - 1 - at, 0)) > 0;)
			at += (size_t)got;
	close(fd);
	text[at] = '\0';
	return at > 0 && text[at - 1] == '\n' ? text : NULL;
}

int probe_alive(const char *state_dir)
{
	struct pulse p;
	char error[512];
	const char *answer = probe_ask(state_dir);
	if (answer == NULL)
		return probe_say("the launcher does not answer");
	const char *worker = strstr(answer, "\"worker\":{"), *file = probe_state_file(state_dir);
	const char *since = worker == NULL ? NULL : strstr(worker, "\"since\":");
	if (since == NULL || file == NULL)
		return 0;
	uint64_t start = strtoull(since + 8, NULL, 10), now = clock_monotonic_ns();
	bool beats = pulse_read(&p, file, error, sizeof(error)) == 0 && p.oldest_ns >= start;
	if (now > (beats ? p.oldest_ns + PROBE_SILENT_NS : start + PROBE_START_NS))
		return probe_say("the worker hangs");
	return 0;
}
