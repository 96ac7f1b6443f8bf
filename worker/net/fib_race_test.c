// SPDX-License-Identifier: Apache-2.0
// Readers of routes while the writer changes them.
#include <pthread.h>
#include <stdbool.h>
#include <rte_rcu_qsbr.h>
#include "net/dense_prefix.h"
#include "net/fib_lookup.h"
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

// What came back to be used again, of what a reader may still be inside.
static bool given_back(const struct fib *f)
{
	bool any = f->nodes.wide.free != 0 || f->nodes.narrow.free != 0 || f->hops.groups.free != 0;
	for (unsigned width = 0; width < TRIE6_WIDTHS; width++)
		any = any || f->nodes6.of[width].free != 0;
	return any;
}

static void pass(struct fib *f, struct rte_rcu_qsbr *qsbr, const uint8_t other[16])
{
	rte_rcu_qsbr_quiescent(qsbr, 0);
	CHECK_EQ(fib_set(f, 1, 4, other, 8, &(struct hop){.type = HOP_GATEWAY, .interface = 1}, 1), 0);
	CHECK_EQ(fib_delete(f, 1, 4, other, 8), 0);
}

// One change of a few thousand; then the reader is still where it was before all of them.
static void change(struct fib *f, uint8_t family, unsigned number)
{
	uint8_t prefix[16] = {10, 1, (uint8_t)test_below(&seed, 4), (uint8_t)test_below(&seed, 8)};
	uint8_t length = (uint8_t)(16 + test_below(&seed, 17));
	for (unsigned b = length; b < 32; b++)
		prefix[b / 8] &= (uint8_t) ~(0x80 >> b % 8);
	if (family == 6) {
		unsigned kind = 6 + test_below(&seed, 5);
		length = (uint8_t)dense_length(kind);
		dense_prefix(kind, test_below(&seed, 1u << kind), prefix);
	}
	struct hop hop = {.type = HOP_GATEWAY, .interface = 200u + number % 50};
	if (test_below(&seed, 100) < (number / 1000 % 2 ? 10u : 90u))
		CHECK_EQ(fib_set(f, 0, family, prefix, length, &hop, 1), 0);
	else
		fib_delete(f, 0, family, prefix, length);
}

// Without other threads: chance plays no part. Nodes become wide and narrow and are pruned, groups of hops lose their last route.
static void keeps_what_a_reader_may_be_in(uint8_t family)
{
	static const uint8_t other[16] = {172};
	struct rte_rcu_qsbr *qsbr = aligned_alloc(64, (rte_rcu_qsbr_get_memsize(1) + 63) & ~(size_t)63);
	struct fib *f = fib_create(10000, 1u << 17);
	rte_rcu_qsbr_init(qsbr, 1);
	rte_rcu_qsbr_thread_register(qsbr, 0);
	rte_rcu_qsbr_thread_online(qsbr, 0);
	fib_set_qsbr(f, qsbr);
	for (unsigned n = 0; n < 4000; n++) {
		change(f, family, n);
		CHECK(!given_back(f));
	}
	for (unsigned kind = 6; kind < 11; kind++)
		for (uint32_t bits = 0; family == 6 && bits < 1u << kind; bits++) {
			uint8_t prefix[16];
			dense_prefix(kind, bits, prefix);
			fib_delete(f, 0, 6, prefix, (uint8_t)dense_length(kind));
			CHECK(!given_back(f));
		}
	CHECK(f->retired.count > 10);
	pass(f, qsbr, other);
	CHECK(given_back(f));
	CHECK(family == 4 ? f->nodes.narrow.free != 0 : f->nodes6.of[0].free != 0 && f->nodes6.of[1].free != 0);
	rte_rcu_qsbr_thread_offline(qsbr, 0);
	fib_free(f);
	free(qsbr);
}

static void nothing_is_used_again_while_a_reader_may_be_in_it(void)
{
	keeps_what_a_reader_may_be_in(4);
	keeps_what_a_reader_may_be_in(6);
}

int main(void)
{
	RUN(nothing_is_used_again_while_a_reader_may_be_in_it);
	RUN(readers_see_whole_routes_while_they_change);
	return 0;
}
