// SPDX-License-Identifier: Apache-2.0
#include "loop/resolve.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include "test.h"

static struct neighbor_key key(uint32_t n)
{
	struct neighbor_key k;
	memset(&k, 0, sizeof(k));
	k.interface = n;
	return k;
}

static bool readable(const struct resolve_queue *q)
{
	struct pollfd p = {.fd = q->fd, .events = POLLIN};
	return poll(&p, 1, 0) == 1;
}

static void keeps_the_order_and_its_bound(void)
{
	struct resolve_queue q;
	struct neighbor_key k;
	CHECK_EQ(resolve_init(&q), 0);
	CHECK(!readable(&q));
	for (uint32_t n = 0; n < RESOLVE_QUEUE_SIZE + 50; n++) {
		k = key(n);
		resolve_push(&q, &k);
	}
	CHECK(readable(&q));
	resolve_clear(&q);
	CHECK(!readable(&q));
	for (uint32_t n = 0; n < RESOLVE_QUEUE_SIZE; n++) {
		CHECK(resolve_pop(&q, &k));
		CHECK_EQ(k.interface, n);
	}
	CHECK(!resolve_pop(&q, &k));
	resolve_free(&q);
}

static void *produce(void *context)
{
	struct resolve_queue *q = context;
	for (uint32_t n = 1; n <= 100000; n++) {
		struct neighbor_key k = key(n);
		resolve_push(q, &k);
		if (n % 200 == 0)
			sched_yield();
	}
	return NULL;
}

// A consumer that only looks after a notification sees the end of the queue: no wake-up is lost.
static void wakes_its_consumer_for_every_key(void)
{
	struct resolve_queue q;
	struct neighbor_key k;
	pthread_t thread;
	uint32_t last = 0;
	CHECK_EQ(resolve_init(&q), 0);
	CHECK_EQ(pthread_create(&thread, NULL, produce, &q), 0);
	struct pollfd p = {.fd = q.fd, .events = POLLIN};
	bool ended = false;
	while (!ended) {
		ended = pthread_tryjoin_np(thread, NULL) == 0;
		poll(&p, 1, ended ? 0 : 10);
		resolve_clear(&q);
		while (resolve_pop(&q, &k)) {
			CHECK(k.interface > last); // in order; those that did not fit are missing
			last = k.interface;
		}
	}
	CHECK(last > 0);
	CHECK(!resolve_pop(&q, &k));
	resolve_free(&q);
}

int main(void)
{
	RUN(keeps_the_order_and_its_bound);
	RUN(wakes_its_consumer_for_every_key);
	return 0;
}
