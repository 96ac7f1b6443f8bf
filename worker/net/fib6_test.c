// SPDX-License-Identifier: Apache-2.0
// IPv6 routes so dense that nodes grow wide, and are resolved again, against a model.
#include <errno.h>
#include <stdbool.h>
#include "net/dense_prefix.h"
#include "net/fib_lookup.h"
#include "test.h"

static uint64_t seed = 0x1234567890abcdefull;

struct dense {
	struct fib *fib;
	uint32_t value[DENSE_LENGTHS + 1][1u << 16]; // by length and the bits after the first 32
	unsigned count;
};

static void dense_change(struct dense *d, unsigned percent_set)
{
	// Mostly /48 and /64: what makes nodes dense.
	unsigned kind = test_below(&seed, 4) ? 16 + test_below(&seed, 2) : test_below(&seed, 16);
	uint32_t bits = test_below(&seed, 1u << (kind < 16 ? kind : 16)), *value = &d->value[kind][bits];
	uint8_t prefix[16], length = (uint8_t)dense_length(kind);
	dense_prefix(kind, bits, prefix);
	if (test_below(&seed, 100) < percent_set) {
		struct hop hop = {.type = HOP_GATEWAY, .interface = 1 + test_below(&seed, 500)};
		CHECK_EQ(fib_set(d->fib, 0, 6, prefix, length, &hop, 1), 0);
		d->count += *value == 0;
		*value = hop.interface;
	} else {
		CHECK_EQ(fib_delete(d->fib, 0, 6, prefix, length), *value == 0 ? -ENOENT : 0);
		d->count -= *value != 0;
		*value = 0;
	}
	CHECK_EQ(fib_count(d->fib, 6), d->count);
}

static void dense_check(const struct dense *d)
{
	uint32_t bits = test_below(&seed, 1u << 16), wanted = 0;
	bool deep = test_below(&seed, 2);
	uint8_t address[16];
	dense_prefix(deep ? DENSE_LENGTHS : 16, bits, address);
	address[15] = 1;
	if (deep)
		wanted = d->value[DENSE_LENGTHS][bits];
	for (int kind = 16; wanted == 0 && kind >= 0; kind--)
		wanted = d->value[kind][bits >> (16 - kind)];
	CHECK_EQ(fib_lookup6(d->fib, 0, address, 0)->interface, wanted);
}

static void dense_empty(struct dense *d)
{
	for (unsigned kind = DENSE_LENGTHS + 1; kind-- > 0;) // what stands in the wide node itself goes last
		for (uint32_t bits = 0; bits < 1u << 16; bits++) {
			uint8_t prefix[16];
			dense_prefix(kind, bits, prefix);
			if (d->value[kind][bits] != 0)
				CHECK_EQ(fib_delete(d->fib, 0, 6, prefix, (uint8_t)dense_length(kind)), 0);
			d->value[kind][bits] = 0;
			dense_check(d);
		}
	d->count = 0;
}

static void dense_ipv6_routes_take_few_steps_and_behave_like_the_model(void)
{
	static const unsigned percent[] = {90, 20, 70, 0};
	struct dense *d = calloc(1, sizeof(*d));
	d->fib = fib_create(0, 1u << 17);
	const struct arena *nodes = d->fib->nodes6.of;
	for (unsigned phase = 0; phase < 4; phase++) {
		for (unsigned step = 0; step < 80000; step++) {
			dense_change(d, percent[phase]);
			dense_check(d);
			dense_check(d);
		}
		if (phase == 0)
			CHECK_EQ(nodes[2].used, 1); // the node that decides the 16 bits
	}
	dense_empty(d);
	for (unsigned width = 0; width < TRIE6_WIDTHS; width++)
		CHECK_EQ(nodes[width].used, 0);
	CHECK_EQ(fib_count(d->fib, 6), 0);
	fib_free(d->fib);
	free(d);
}

// Without room for a wider node the routes stay in narrow ones.
static void ipv6_routes_without_room_for_wide_nodes_are_found(void)
{
	struct dense *d = calloc(1, sizeof(*d));
	d->fib = fib_create(0, 1u << 17);
	d->fib->nodes6.of[1].limit = 3;
	for (unsigned step = 0; step < 60000; step++) {
		dense_change(d, 80);
		dense_check(d);
	}
	CHECK_EQ(d->fib->nodes6.of[2].used, 0);
	CHECK_EQ(d->fib->nodes6.of[1].used, 3);
	fib_free(d->fib);
	free(d);
}

int main(void)
{
	RUN(dense_ipv6_routes_take_few_steps_and_behave_like_the_model);
	RUN(ipv6_routes_without_room_for_wide_nodes_are_found);
	return 0;
}
