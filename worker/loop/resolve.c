// SPDX-License-Identifier: Apache-2.0
#include "loop/resolve.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

int resolve_init(struct resolve_queue *q)
{
	memset(q, 0, sizeof(*q));
	q->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return q->fd < 0 ? -errno : 0;
}

void resolve_free(struct resolve_queue *q)
{
	close(q->fd);
}

void resolve_push(struct resolve_queue *q, const struct neighbor_key *key)
{
	uint32_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
	uint32_t tail = atomic_load_explicit(&q->tail, memory_order_acquire);
	if (head - tail < RESOLVE_QUEUE_SIZE) {
		q->keys[head % RESOLVE_QUEUE_SIZE] = *key;
		atomic_store_explicit(&q->head, head + 1, memory_order_release);
	}
	resolve_notify(q);
}

void resolve_notify(struct resolve_queue *q)
{
	uint64_t one = 1;
	if (!atomic_exchange(&q->notified, true)) {
		ssize_t n = write(q->fd, &one, sizeof(one));
		(void)n; // an eventfd cannot be full here
	}
}

void resolve_clear(struct resolve_queue *q)
{
	uint64_t count;
	ssize_t n = read(q->fd, &count, sizeof(count));
	(void)n;
	atomic_store(&q->notified, false);
}

bool resolve_pop(struct resolve_queue *q, struct neighbor_key *key)
{
	uint32_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
	if (tail == atomic_load_explicit(&q->head, memory_order_acquire))
		return false;
	*key = q->keys[tail % RESOLVE_QUEUE_SIZE];
	atomic_store_explicit(&q->tail, tail + 1, memory_order_release);
	return true;
}
