// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include "net/rib.h"
#include "test.h"

struct bench {
	struct fib *fib;
	struct rib *rib;
};

static struct bench bench_open(void)
{
	struct bench b = {.fib = fib_create(4096, 4096)};
	CHECK(b.fib != NULL);
	b.rib = rib_create(b.fib);
	CHECK(b.rib != NULL);
	return b;
}

static void bench_close(struct bench *b)
{
	rib_free(b->rib);
	fib_free(b->fib);
}

static struct rib_route route(enum rib_source source, uint32_t metric, uint8_t second_byte,
			      uint8_t length, enum hop_type type, uint32_t interface)
{
	struct rib_route r;
	memset(&r, 0, sizeof(r));
	r.source = source;
	r.family = 4;
	r.length = length;
	r.table = 254;
	r.metric = metric;
	r.prefix[0] = 10;
	r.prefix[1] = second_byte;
	r.count = 1;
	r.hops[0].type = type;
	r.hops[0].interface = interface;
	return r;
}

static const struct hop *look(const struct bench *b, uint8_t second_byte)
{
	const uint8_t destination[4] = {10, second_byte, 0, 0};
	return fib_lookup4(b->fib, 0, destination, 0);
}

static void the_lowest_metric_of_the_kernel_wins(void)
{
	struct bench b = bench_open();
	struct rib_route high = route(RIB_KERNEL, 100, 1, 16, HOP_CONNECTED, 1);
	struct rib_route low = route(RIB_KERNEL, 20, 1, 16, HOP_CONNECTED, 2);
	rib_set(b.rib, &high);
	CHECK_EQ(look(&b, 1)->interface, 1);
	rib_set(b.rib, &low);
	CHECK_EQ(look(&b, 1)->interface, 2);
	rib_delete(b.rib, &low);
	CHECK_EQ(look(&b, 1)->interface, 1);
	rib_delete(b.rib, &high);
	CHECK_EQ(look(&b, 1)->type, HOP_NONE);
	bench_close(&b);
}

static void the_configuration_wins_over_the_kernel(void)
{
	struct bench b = bench_open();
	struct rib_route kernel = route(RIB_KERNEL, 0, 1, 16, HOP_BLACKHOLE, 0);
	struct rib_route config = route(RIB_CONFIG, 1, 1, 16, HOP_CONNECTED, 7);
	rib_set(b.rib, &kernel);
	rib_set(b.rib, &config);
	CHECK_EQ(look(&b, 1)->interface, 7);
	rib_delete(b.rib, &config);
	CHECK_EQ(look(&b, 1)->type, HOP_BLACKHOLE);
	bench_close(&b);
}

static void an_own_address_wins_over_everything(void)
{
	struct bench b = bench_open();
	struct rib_route config = route(RIB_CONFIG, 0, 1, 32, HOP_CONNECTED, 7);
	struct rib_route local = route(RIB_KERNEL, 0, 1, 32, HOP_LOCAL, 3);
	rib_set(b.rib, &config);
	rib_set(b.rib, &local);
	CHECK_EQ(look(&b, 1)->type, HOP_LOCAL);
	bench_close(&b);
}

static void what_a_round_does_not_set_goes(void)
{
	struct bench b = bench_open();
	struct rib_route one = route(RIB_KERNEL, 0, 1, 16, HOP_CONNECTED, 1);
	struct rib_route two = route(RIB_KERNEL, 0, 2, 16, HOP_CONNECTED, 2);
	struct rib_route config = route(RIB_CONFIG, 0, 3, 16, HOP_CONNECTED, 3);
	rib_set(b.rib, &one);
	rib_set(b.rib, &two);
	rib_set(b.rib, &config);
	uint32_t version = fib_version(b.fib);
	rib_begin(b.rib, RIB_KERNEL);
	rib_set(b.rib, &one);
	rib_set(b.rib, &two);
	rib_end(b.rib, RIB_KERNEL);
	CHECK_EQ(fib_version(b.fib), version); // nothing has changed: sessions keep their hops
	rib_begin(b.rib, RIB_KERNEL);
	rib_set(b.rib, &two);
	rib_end(b.rib, RIB_KERNEL);
	CHECK_EQ(look(&b, 1)->type, HOP_NONE);
	CHECK_EQ(look(&b, 2)->interface, 2);
	CHECK_EQ(look(&b, 3)->interface, 3);
	CHECK_EQ(rib_count(b.rib, RIB_KERNEL), 1);
	bench_close(&b);
}

static void hops_are_taken_out_one_by_one(void)
{
	struct bench b = bench_open();
	struct rib_route both = route(RIB_KERNEL, 0, 1, 16, HOP_CONNECTED, 1);
	both.count = 2;
	both.hops[1] = both.hops[0];
	both.hops[1].interface = 2;
	struct rib_route first = route(RIB_KERNEL, 0, 1, 16, HOP_CONNECTED, 1);
	struct rib_route second = route(RIB_KERNEL, 0, 1, 16, HOP_CONNECTED, 2);
	rib_set(b.rib, &both);
	rib_delete_hops(b.rib, &first);
	CHECK_EQ(look(&b, 1)->interface, 2);
	rib_delete_hops(b.rib, &first);
	CHECK_EQ(look(&b, 1)->interface, 2);
	rib_delete_hops(b.rib, &second);
	CHECK_EQ(look(&b, 1)->type, HOP_NONE);
	CHECK_EQ(rib_count(b.rib, RIB_KERNEL), 0);
	bench_close(&b);
}

static void what_does_not_fit_is_refused_and_counted(void)
{
	struct bench b = bench_open();
	struct fw_table_status usage;
	struct rib_route one = route(RIB_KERNEL, 0, 1, 16, HOP_CONNECTED, 1);
	struct rib_route two = route(RIB_KERNEL, 0, 2, 16, HOP_CONNECTED, 2);
	struct rib_route config = route(RIB_CONFIG, 0, 3, 16, HOP_CONNECTED, 3);
	rib_limit(b.rib, RIB_KERNEL, 1, 1);
	CHECK_EQ(rib_set(b.rib, &one), 0);
	CHECK_EQ(rib_set(b.rib, &two), -ENOSPC);
	CHECK_EQ(look(&b, 2)->type, HOP_NONE);
	one.hops[0].interface = 9; // one that is there may change
	CHECK_EQ(rib_set(b.rib, &one), 0);
	CHECK_EQ(look(&b, 1)->interface, 9);
	CHECK_EQ(rib_set(b.rib, &config), 0); // and the configuration has room of its own
	rib_usage(b.rib, 4, &usage);
	CHECK_EQ(usage.used, 2);
	CHECK_EQ(usage.high_water, 2);
	CHECK_EQ(usage.refused, 1);
	rib_delete(b.rib, &one);
	CHECK_EQ(rib_set(b.rib, &two), 0);
	bench_close(&b);
}

static void the_same_prefix_in_two_vrfs(void)
{
	struct bench b = bench_open();
	struct rib_route main = route(RIB_KERNEL, 0, 1, 16, HOP_CONNECTED, 1), blue = main;
	const uint8_t destination[4] = {10, 1, 2, 3};
	blue.vrf = 100;
	blue.hops[0].interface = 2;
	rib_set(b.rib, &main);
	rib_set(b.rib, &blue);
	CHECK_EQ(fib_lookup4(b.fib, 0, destination, 0)->interface, 1);
	CHECK_EQ(fib_lookup4(b.fib, 100, destination, 0)->interface, 2);
	rib_delete(b.rib, &main);
	CHECK_EQ(fib_lookup4(b.fib, 0, destination, 0)->type, HOP_NONE);
	CHECK_EQ(fib_lookup4(b.fib, 100, destination, 0)->interface, 2);
	bench_close(&b);
}

static void a_second_route_of_the_same_key_is_remembered(void)
{
	struct bench b = bench_open();
	struct rib_route first = route(RIB_KERNEL, 0, 1, 16, HOP_CONNECTED, 1), second = first;
	second.hops[0].interface = 2;
	rib_set(b.rib, &first);
	CHECK(!rib_delete(b.rib, &first)); // alone
	rib_begin(b.rib, RIB_KERNEL);
	rib_set(b.rib, &first);
	rib_set(b.rib, &second);
	rib_end(b.rib, RIB_KERNEL);
	CHECK_EQ(look(&b, 1)->interface, 1);
	CHECK(rib_delete(b.rib, &first)); // the kernel must be asked what is behind it
	rib_set(b.rib, &first);
	second.replaces = true;
	rib_set(b.rib, &second);
	CHECK_EQ(look(&b, 1)->interface, 2);
	CHECK(!rib_delete(b.rib, &second));
	bench_close(&b);
}

// Nexthop 7 has become interface 5, nexthop 8 is gone, the others are as they were.
static bool changed_hops(void *context, uint32_t nexthop, struct rib_route *r)
{
	(void)context;
	r->hops[0] = (struct hop){.type = HOP_CONNECTED, .interface = 5};
	r->count = nexthop == 7;
	return nexthop == 7 || nexthop == 8;
}

static void routes_follow_their_nexthop_objects(void)
{
	struct bench b = bench_open();
	for (uint8_t i = 0; i < 40; i++) {
		struct rib_route r = route(RIB_KERNEL, 0, i, 16, HOP_CONNECTED, 1);
		r.nexthop = i % 4 == 0 ? 0 : 6u + i % 4;
		rib_set(b.rib, &r);
	}
	rib_renew(b.rib, changed_hops, NULL);
	for (uint8_t i = 0; i < 40; i++) {
		const struct hop *h = look(&b, i);
		uint32_t expected[] = {1, 5, 0, 1}; // none, 7, 8, 9
		CHECK_EQ(h->interface, expected[i % 4]);
		CHECK_EQ(h->type, i % 4 == 2 ? HOP_NONE : HOP_CONNECTED);
	}
	CHECK_EQ(rib_count(b.rib, RIB_KERNEL), 30);
	bench_close(&b);
}

static void agrees_with_a_plain_list_after_many_changes(void)
{
	struct bench b = bench_open();
	uint32_t metric_of[256], seed_metric;
	uint64_t seed = 3;
	memset(metric_of, 0xff, sizeof(metric_of));
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t at = (uint8_t)test_below(&seed, 256);
		seed_metric = 1 + test_below(&seed, 1000);
		struct rib_route r = route(RIB_KERNEL, 5, at, 16, HOP_CONNECTED, seed_metric);
		if (test_below(&seed, 3) == 0) {
			rib_delete(b.rib, &r);
			metric_of[at] = FW_NO_INDEX;
		} else {
			rib_set(b.rib, &r);
			metric_of[at] = seed_metric;
		}
	}
	for (unsigned at = 0; at < 256; at++) {
		const struct hop *h = look(&b, (uint8_t)at);
		CHECK_EQ(h->type == HOP_NONE ? FW_NO_INDEX : h->interface, metric_of[at]);
	}
	bench_close(&b);
}

int main(void)
{
	RUN(the_lowest_metric_of_the_kernel_wins);
	RUN(the_configuration_wins_over_the_kernel);
	RUN(an_own_address_wins_over_everything);
	RUN(what_a_round_does_not_set_goes);
	RUN(hops_are_taken_out_one_by_one);
	RUN(what_does_not_fit_is_refused_and_counted);
	RUN(the_same_prefix_in_two_vrfs);
	RUN(a_second_route_of_the_same_key_is_remembered);
	RUN(routes_follow_their_nexthop_objects);
	RUN(agrees_with_a_plain_list_after_many_changes);
	return 0;
}
