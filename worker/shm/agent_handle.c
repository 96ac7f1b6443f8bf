// SPDX-License-Identifier: Apache-2.0
// A fixed table of handles under a mutex: the process calls from its main thread and waits for verdicts on others.
#include "shm/agent_handle.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "shm/agent_shm.h"

#define HANDLES 64

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct agent_handle handles[HANDLES];

int agent_handle_add(const struct agent_handle *h)
{
	int number = -EMFILE;
	pthread_mutex_lock(&mutex);
	for (int i = 0; i < HANDLES && number < 0; i++) {
		if (handles[i].kind != AGENT_FREE)
			continue;
		handles[i] = *h;
		number = i;
	}
	pthread_mutex_unlock(&mutex);
	return number;
}

static int lookup(int number, enum agent_kind kind, struct agent_handle *out, int borrow)
{
	int result = -EBADF;
	pthread_mutex_lock(&mutex);
	if (number >= 0 && number < HANDLES && handles[number].kind == kind) {
		*out = handles[number];
		if (borrow)
			out->fd = fcntl(out->fd, F_DUPFD_CLOEXEC, 0);
		result = out->fd < 0 ? -errno : 0;
	}
	pthread_mutex_unlock(&mutex);
	return result;
}

int agent_handle_get(int number, enum agent_kind kind, struct agent_handle *out)
{
	return lookup(number, kind, out, 0);
}

int agent_handle_borrow(int number, enum agent_kind kind, struct agent_handle *out)
{
	return lookup(number, kind, out, 1);
}

int agent_shm_close(int handle)
{
	struct agent_handle h = {.kind = AGENT_FREE};
	pthread_mutex_lock(&mutex);
	if (handle >= 0 && handle < HANDLES) {
		h = handles[handle];
		handles[handle].kind = AGENT_FREE;
	}
	pthread_mutex_unlock(&mutex);
	if (h.kind == AGENT_FREE)
		return -EBADF;
	if (h.kind == AGENT_CONTROL)
		munmap(h.control, sizeof(*h.control));
	close(h.fd);
	return 0;
}

int agent_fail(int result, char *error, uint32_t error_size, const char *format, ...)
{
	va_list arguments;
	if (error != NULL && error_size > 0) {
		va_start(arguments, format);
		vsnprintf(error, error_size, format, arguments);
		va_end(arguments);
	}
	return result;
}
