// SPDX-License-Identifier: Apache-2.0
// Readers of routes while the writer changes them.
#include <pthread.h>
#include <stdbool.h>
#include <rte_rcu_qsbr.h>
#include "net/dense_prefix.h"
#include "net/fib.h"
#include "test.h"

static uint64_t seed = 0x1234567890abcdefull;

struct race {
	uint8_t family;
	struct fib *fib;
	struct rte_rcu_qsbr *qsbr;
	unsigned id;
	uint64_t lookups;
	bool stop;
};

static void read_one4(struct fib *f, uint64_t *random)
{
	uint8_t address[4] = {10, (uint8_t)test_below(random, 3), (uint8_t)test_below(random, 4),
			      (uint8_t)test_below(random, 8)};
	const struct hop *h = fib_lookup4(f, 0, address, 0);
	CHECK(h->type == HOP_GATEWAY);
	CHECK(h->interface == 100 || (address[1] == 1 && h->interface == 200u + h->gateway[0]));
}

// 2001:db8::/32 keeps its route; those below it come and go, and their gateway tells their prefix.
static void read_one6(struct fib *f, uint64_t *random)
{
	uint8_t address[16];
	uint32_t bits = test_below(random, 1u << 16);
	dense_prefix(16, bits, address);
	const struct hop *h = fib_lookup6(f, 0, address, 0);
	CHECK(h->type == HOP_GATEWAY);
	if (h->interface == 100)
		return;
	uint8_t prefix[16];
	dense_prefix(h->gateway[0], bits >> (16 - h->gateway[0]), prefix);
	CHECK(memcmp(&h->gateway[1], &prefix[4], 2) == 0);
}

// 10/8 is always there; longer prefixes of 10.1/16 come and go, all with values above 100.
static void *read_routes(void *context)
{
	struct race *r = context;
	uint64_t mine = 77 + r->id;
	rte_rcu_qsbr_thread_register(r->qsbr, r->id);
	rte_rcu_qsbr_thread_online(r->qsbr, r->id);
	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		for (unsigned i = 0; i < 32; i++) {
			if (r->family == 4)
				read_one4(r->fib, &mine);
			else
				read_one6(r->fib, &mine);
		}
		r->lookups += 32;
		rte_rcu_qsbr_quiescent(r->qsbr, r->id);
	}
	rte_rcu_qsbr_thread_offline(r->qsbr, r->id);
	return NULL;
}

static void write_routes4(struct fib *f)
{
	for (unsigned i = 0; i < 200000; i++) {
		uint8_t prefix[16] = {10, 1, (uint8_t)test_below(&seed, 4),
				      (uint8_t)test_below(&seed, 8)};
		uint8_t length = (uint8_t)(16 + test_below(&seed, 17));
		for (unsigned b = length; b < 32; b++)
			prefix[b / 8] &= (uint8_t) ~(0x80 >> b % 8);
		struct hop hop = {
		    .type = HOP_GATEWAY, .interface = 200u + length, .gateway = {length}};
		if (test_below(&seed, 2))
			CHECK_EQ(fib_set(f, 0, 4, prefix, length, &hop, 1), 0);
		else
			fib_delete(f, 0, 4, prefix, length);
	}
}

// Full and empty in turns, so that nodes become wide and narrow below the readers.
static void write_routes6(struct fib *f)
{
	for (unsigned i = 0; i < 200000; i++) {
		unsigned kind = 8 + test_below(&seed, 7);
		uint8_t prefix[16], length = (uint8_t)dense_length(kind);
		dense_prefix(kind, test_below(&seed, 1u << kind), prefix);
		struct hop hop = {.type = HOP_GATEWAY,
				  .interface = 200u + length,
				  .gateway = {(uint8_t)kind, prefix[4], prefix[5]}};
		if (test_below(&seed, 100) < (i / 50000 % 2 ? 10u : 90u))
			CHECK_EQ(fib_set(f, 0, 6, prefix, length, &hop, 1), 0);
		else
			fib_delete(f, 0, 6, prefix, length);
	}
}

static void race(uint8_t family, const uint8_t prefix[16], uint8_t length)
{
	static struct race races[2];
	pthread_t threads[2];
	struct hop hop = {.type = HOP_GATEWAY, .interface = 100};
	struct rte_rcu_qsbr *qsbr =
	    aligned_alloc(64, (rte_rcu_qsbr_get_memsize(2) + 63) & ~(size_t)63);
	struct fib *f = fib_create(10000, 1u << 17);
	rte_rcu_qsbr_init(qsbr, 2);
	fib_set_qsbr(f, qsbr);
	CHECK_EQ(fib_set(f, 0, family, prefix, length, &hop, 1), 0);
	for (unsigned i = 0; i < 2; i++) {
		races[i] = (struct race){.family = family, .fib = f, .qsbr = qsbr, .id = i};
		CHECK_EQ(pthread_create(&threads[i], NULL, read_routes, &races[i]), 0);
	}
	(family == 4 ? write_routes4 : write_routes6)(f);
	for (unsigned i = 0; i < 2; i++) {
		__atomic_store_n(&races[i].stop, true, __ATOMIC_RELAXED);
		pthread_join(threads[i], NULL);
		CHECK(races[i].lookups > 0);
	}
	fib_free(f);
	free(qsbr);
}

static void readers_see_whole_routes_while_they_change(void)
{
	static const uint8_t four[16] = {10}, six[16] = {0x20, 0x01, 0x0d, 0xb8};
	race(4, four, 8);
	race(6, six, 32);
}

int main(void)
{
	RUN(readers_see_whole_routes_while_they_change);
	return 0;
}
