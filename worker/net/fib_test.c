// SPDX-License-Identifier: Apache-2.0
// Routes against a linear model, and readers while the writer changes them.
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <rte_rcu_qsbr.h>
#include "net/fib.h"
#include "test.h"

static uint64_t seed = 0x1234567890abcdefull;

struct entry {
	uint8_t prefix[16], length;
	uint32_t value; // interface of its hop; 0: free
};

#define ROUTES 400

struct model {
	struct fib *fib;
	uint8_t family;
	struct entry entries[ROUTES];
	unsigned count;
};

static unsigned bits_of(uint8_t family)
{
	return family == 4 ? 32 : 128;
}

// Few distinct bytes, so that prefixes nest and meet.
static void random_address(uint8_t family, uint8_t address[16])
{
	memset(address, 0, 16);
	for (unsigned i = 0; i < bits_of(family) / 8; i++)
		address[i] = (uint8_t)(test_below(&seed, 4) * 0x55);
}

static bool covers(const struct entry *e, const uint8_t *address)
{
	for (unsigned i = 0; i < e->length; i++)
		if ((e->prefix[i / 8] ^ address[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

static uint32_t expected(const struct model *m, const uint8_t *address)
{
	uint32_t value = 0;
	int longest = -1;
	for (unsigned i = 0; i < ROUTES; i++)
		if (m->entries[i].value != 0 && m->entries[i].length > longest &&
		    covers(&m->entries[i], address)) {
			longest = m->entries[i].length;
			value = m->entries[i].value;
		}
	return value;
}

static uint32_t found(const struct model *m, const uint8_t *address)
{
	const struct hop *h =
	    m->family == 4 ? fib_lookup4(m->fib, 0, address, 0) : fib_lookup6(m->fib, 0, address, 0);
	CHECK_EQ(h->type, h->interface == 0 ? HOP_NONE : HOP_GATEWAY);
	return h->interface;
}

static struct entry *model_find(struct model *m, const uint8_t *prefix, uint8_t length)
{
	for (unsigned i = 0; i < ROUTES; i++)
		if (m->entries[i].value != 0 && m->entries[i].length == length &&
		    memcmp(m->entries[i].prefix, prefix, 16) == 0)
			return &m->entries[i];
	return NULL;
}

static void model_set(struct model *m, const uint8_t *prefix, uint8_t length)
{
	struct hop hop = {.type = HOP_GATEWAY, .interface = 1 + test_below(&seed, 1000000)};
	struct entry *e = model_find(m, prefix, length);
	for (unsigned i = 0; e == NULL && i < ROUTES; i++)
		if (m->entries[i].value == 0)
			e = &m->entries[i];
	if (e == NULL) {
		CHECK_EQ(fib_set(m->fib, 0, m->family, prefix, length, &hop, 1), -ENOSPC);
		return;
	}
	uint32_t before = fib_version(m->fib);
	CHECK_EQ(fib_set(m->fib, 0, m->family, prefix, length, &hop, 1), 0);
	CHECK(fib_version(m->fib) != before);
	memcpy(e->prefix, prefix, 16);
	e->length = length;
	e->value = hop.interface;
}

static void random_prefix(struct model *m, uint8_t prefix[16], uint8_t *length)
{
	*length = (uint8_t)test_below(&seed, bits_of(m->family) + 1);
	if (test_below(&seed, 8) == 0)
		*length = (uint8_t)(test_below(&seed, 2) ? bits_of(m->family) : 0);
	random_address(m->family, prefix);
	for (unsigned i = *length; i < 128; i++)
		prefix[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
}

static void check_addresses(struct model *m)
{
	for (unsigned i = 0; i < 20; i++) {
		uint8_t address[16];
		random_address(m->family, address);
		if (test_below(&seed, 2))
			memcpy(address, m->entries[test_below(&seed, ROUTES)].prefix, 16);
		CHECK_EQ(found(m, address), expected(m, address));
	}
}

static void run_model(uint8_t family)
{
	static struct model m;
	memset(&m, 0, sizeof(m));
	m.family = family;
	m.fib = fib_create(family == 4 ? ROUTES : 0, family == 6 ? ROUTES : 0);
	for (unsigned step = 0; step < 30000; step++) {
		uint8_t prefix[16], length;
		random_prefix(&m, prefix, &length);
		struct entry *any = &m.entries[test_below(&seed, ROUTES)];
		if (test_below(&seed, 100) < (step / 5000 % 2 ? 35u : 65u)) {
			model_set(&m, prefix, length);
		} else if (any->value != 0) {
			CHECK_EQ(fib_delete(m.fib, 0, family, any->prefix, any->length), 0);
			any->value = 0;
		} else if (model_find(&m, prefix, length) == NULL) {
			CHECK_EQ(fib_delete(m.fib, 0, family, prefix, length), -ENOENT);
		}
		check_addresses(&m);
	}
	for (unsigned i = 0; i < ROUTES; i++)
		if (m.entries[i].value != 0)
			CHECK_EQ(
			    fib_delete(m.fib, 0, family, m.entries[i].prefix, m.entries[i].length), 0);
	uint8_t address[16];
	random_address(family, address);
	CHECK_EQ(found(&(struct model){.fib = m.fib, .family = family}, address), 0);
	fib_free(m.fib);
}

static void ipv4_routes_behave_like_the_model(void)
{
	run_model(4);
}

static void ipv6_routes_behave_like_the_model(void)
{
	run_model(6);
}

static void bad_prefixes_are_refused(void)
{
	struct fib *f = fib_create(4, 4);
	struct hop hop = {.type = HOP_CONNECTED, .interface = 1};
	uint8_t prefix[16] = {10, 0, 0, 1};
	CHECK_EQ(fib_set(f, 0, 4, prefix, 24, &hop, 1), -EINVAL);
	CHECK_EQ(fib_set(f, 0, 4, prefix, 33, &hop, 1), -EINVAL);
	CHECK_EQ(fib_set(f, 0, 5, prefix, 32, &hop, 1), -EINVAL);
	CHECK_EQ(fib_set(f, 0, 4, prefix, 32, &hop, 0), -EINVAL);
	CHECK_EQ(fib_set(f, 0, 4, prefix, 32, &hop, 1), 0);
	CHECK_EQ(fib_delete(f, 0, 4, prefix, 31), -EINVAL);
	CHECK_EQ(fib_delete(f, 0, 6, prefix, 128), -ENOENT);
	fib_free(f);
}

static void equal_cost_paths_share_the_flows(void)
{
	struct fib *f = fib_create(4, 4);
	struct hop hops[3] = {{.type = HOP_GATEWAY, .interface = 1},
			      {.type = HOP_GATEWAY, .interface = 2},
			      {.type = HOP_GATEWAY, .interface = 3}};
	uint8_t prefix[16] = {0}, address[4] = {8, 8, 8, 8};
	unsigned hits[4] = {0};
	CHECK_EQ(fib_set(f, 0, 4, prefix, 0, hops, 3), 0);
	for (unsigned i = 0; i < 30000; i++) {
		uint32_t hash = (uint32_t)test_random(&seed);
		const struct hop *h = fib_lookup4(f, 0, address, hash);
		CHECK(h == fib_lookup4(f, 0, address, hash));
		hits[h->interface]++;
	}
	for (unsigned i = 1; i <= 3; i++)
		CHECK(hits[i] > 9000 && hits[i] < 11000);
	fib_free(f);
}

// ---- readers beside the writer

struct race {
	struct fib *fib;
	struct rte_rcu_qsbr *qsbr;
	unsigned id;
	uint64_t lookups;
	bool stop;
};

// 10/8 is always there; longer prefixes of 10.1/16 come and go, all with values above 100.
static void *read_routes(void *context)
{
	struct race *r = context;
	uint64_t mine = 77 + r->id;
	rte_rcu_qsbr_thread_register(r->qsbr, r->id);
	rte_rcu_qsbr_thread_online(r->qsbr, r->id);
	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		for (unsigned i = 0; i < 32; i++) {
			uint8_t address[4] = {10, (uint8_t)test_below(&mine, 3),
					      (uint8_t)test_below(&mine, 4),
					      (uint8_t)test_below(&mine, 8)};
			const struct hop *h = fib_lookup4(r->fib, 0, address, 0);
			CHECK(h->type == HOP_GATEWAY);
			CHECK(h->interface == 100 ||
			      (address[1] == 1 && h->interface == 200u + h->gateway[0]));
		}
		r->lookups += 32;
		rte_rcu_qsbr_quiescent(r->qsbr, r->id);
	}
	rte_rcu_qsbr_thread_offline(r->qsbr, r->id);
	return NULL;
}

static void write_routes(struct fib *f)
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

static void readers_see_whole_routes_while_they_change(void)
{
	static struct race races[2];
	pthread_t threads[2];
	struct hop hop = {.type = HOP_GATEWAY, .interface = 100};
	uint8_t prefix[16] = {10};
	struct rte_rcu_qsbr *qsbr =
	    aligned_alloc(64, (rte_rcu_qsbr_get_memsize(2) + 63) & ~(size_t)63);
	struct fib *f = fib_create(10000, 0);
	rte_rcu_qsbr_init(qsbr, 2);
	fib_set_qsbr(f, qsbr);
	CHECK_EQ(fib_set(f, 0, 4, prefix, 8, &hop, 1), 0);
	for (unsigned i = 0; i < 2; i++) {
		races[i] = (struct race){.fib = f, .qsbr = qsbr, .id = i};
		CHECK_EQ(pthread_create(&threads[i], NULL, read_routes, &races[i]), 0);
	}
	write_routes(f);
	for (unsigned i = 0; i < 2; i++) {
		__atomic_store_n(&races[i].stop, true, __ATOMIC_RELAXED);
		pthread_join(threads[i], NULL);
		CHECK(races[i].lookups > 0);
	}
	fib_free(f);
	free(qsbr);
}

int main(void)
{
	RUN(bad_prefixes_are_refused);
	RUN(equal_cost_paths_share_the_flows);
	RUN(ipv4_routes_behave_like_the_model);
	RUN(ipv6_routes_behave_like_the_model);
	RUN(readers_see_whole_routes_while_they_change);
	return 0;
}
