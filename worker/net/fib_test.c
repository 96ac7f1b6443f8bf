// SPDX-License-Identifier: Apache-2.0
// Routes against a linear model.
#include <errno.h>
#include <stdbool.h>
#include "net/fib.h"
#include "test.h"

static uint64_t seed = 0x1234567890abcdefull;

static const uint16_t vrfs[3] = {0, 100, 65535};

struct entry {
	uint16_t vrf;
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

static uint32_t expected(const struct model *m, uint16_t vrf, const uint8_t *address)
{
	uint32_t value = 0;
	int longest = -1;
	for (unsigned i = 0; i < ROUTES; i++)
		if (m->entries[i].value != 0 && m->entries[i].vrf == vrf &&
		    m->entries[i].length > longest &&
		    covers(&m->entries[i], address)) {
			longest = m->entries[i].length;
			value = m->entries[i].value;
		}
	return value;
}

static uint32_t found(const struct model *m, uint16_t vrf, const uint8_t *address)
{
	const struct hop *h =
	    m->family == 4 ? fib_lookup4(m->fib, vrf, address, 0) : fib_lookup6(m->fib, vrf, address, 0);
	CHECK_EQ(h->type, h->interface == 0 ? HOP_NONE : HOP_GATEWAY);
	return h->interface;
}

static struct entry *model_find(struct model *m, uint16_t vrf, const uint8_t *prefix,
				uint8_t length)
{
	for (unsigned i = 0; i < ROUTES; i++)
		if (m->entries[i].value != 0 && m->entries[i].vrf == vrf &&
		    m->entries[i].length == length &&
		    memcmp(m->entries[i].prefix, prefix, 16) == 0)
			return &m->entries[i];
	return NULL;
}

static void model_set(struct model *m, uint16_t vrf, const uint8_t *prefix, uint8_t length)
{
	struct hop hop = {.type = HOP_GATEWAY, .interface = 1 + test_below(&seed, 1000000)};
	struct entry *e = model_find(m, vrf, prefix, length);
	for (unsigned i = 0; e == NULL && i < ROUTES; i++)
		if (m->entries[i].value == 0)
			e = &m->entries[i];
	if (e == NULL) {
		CHECK_EQ(fib_set(m->fib, vrf, m->family, prefix, length, &hop, 1), -ENOSPC);
		return;
	}
	uint32_t before = fib_version(m->fib);
	CHECK_EQ(fib_set(m->fib, vrf, m->family, prefix, length, &hop, 1), 0);
	CHECK(fib_version(m->fib) != before);
	e->vrf = vrf;
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
		uint16_t vrf = vrfs[test_below(&seed, 3)];
		CHECK_EQ(found(m, vrf, address), expected(m, vrf, address));
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
		uint16_t vrf = vrfs[test_below(&seed, 3)];
		random_prefix(&m, prefix, &length);
		struct entry *any = &m.entries[test_below(&seed, ROUTES)];
		if (test_below(&seed, 100) < (step / 5000 % 2 ? 35u : 65u)) {
			model_set(&m, vrf, prefix, length);
		} else if (any->value != 0) {
			CHECK_EQ(fib_delete(m.fib, any->vrf, family, any->prefix, any->length), 0);
			any->value = 0;
		} else if (model_find(&m, vrf, prefix, length) == NULL) {
			CHECK_EQ(fib_delete(m.fib, vrf, family, prefix, length), -ENOENT);
		}
		check_addresses(&m);
	}
	for (unsigned i = 0; i < ROUTES; i++)
		if (m.entries[i].value != 0)
			CHECK_EQ(
			    fib_delete(m.fib, m.entries[i].vrf, family, m.entries[i].prefix, m.entries[i].length), 0);
	uint8_t address[16];
	random_address(family, address);
	CHECK_EQ(found(&(struct model){.fib = m.fib, .family = family}, 100, address), 0);
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

static struct hop gateway(uint32_t interface, uint8_t weight)
{
	return (struct hop){.type = HOP_GATEWAY, .interface = interface, .weight = weight};
}

// Which hop each of 256 flows takes.
static void spread(struct fib *f, const struct hop *hops, unsigned count, uint32_t taken[256])
{
	uint8_t prefix[16] = {0}, address[4] = {8, 8, 8, 8};
	CHECK_EQ(fib_set(f, 0, 4, prefix, 0, hops, count), 0);
	for (uint32_t i = 0; i < 256; i++)
		taken[i] = fib_lookup4(f, 0, address, i << 24 | i)->interface;
}

static unsigned moved(const uint32_t *a, const uint32_t *b, uint32_t except)
{
	unsigned count = 0;
	for (unsigned i = 0; i < 256; i++)
		count += a[i] != except && a[i] != b[i];
	return count;
}

static void the_order_of_the_paths_does_not_matter(void)
{
	struct fib *f = fib_create(4, 4);
	uint32_t forward[256], backward[256];
	struct hop hops[3] = {gateway(1, 0), gateway(2, 0), gateway(3, 0)};
	struct hop reverse[3] = {hops[2], hops[1], hops[0]};
	spread(f, hops, 3, forward);
	uint32_t version = fib_version(f);
	spread(f, reverse, 3, backward);
	CHECK_EQ(moved(forward, backward, 0), 0);
	CHECK_EQ(fib_version(f), version); // not even a change
	fib_free(f);
}

static void weights_are_shares(void)
{
	struct fib *f = fib_create(4, 4);
	uint32_t taken[256];
	unsigned hits[4] = {0};
	struct hop hops[3] = {gateway(1, 1), gateway(2, 5), gateway(3, 2)};
	spread(f, hops, 3, taken);
	for (unsigned i = 0; i < 256; i++)
		hits[taken[i]]++;
	CHECK_EQ(hits[1], 32);
	CHECK_EQ(hits[2], 160);
	CHECK_EQ(hits[3], 64);
	fib_free(f);
}

static void a_path_that_goes_takes_few_flows_with_it(void)
{
	struct fib *f = fib_create(4, 4);
	uint32_t all[256], less[256];
	struct hop hops[5] = {gateway(1, 0), gateway(2, 0), gateway(3, 0), gateway(4, 0),
			      gateway(5, 0)};
	spread(f, hops, 5, all);
	spread(f, hops, 4, less);
	CHECK(moved(all, less, 5) < 26); // a tenth
	fib_free(f);
}

static void vrfs_are_bounded_and_come_again(void)
{
	struct fib *f = fib_create(4096, 4096);
	struct hop hop = gateway(1, 0);
	uint8_t prefix[16] = {10}, address[4] = {10, 1, 1, 1};
	for (uint16_t vrf = 0; vrf < FIB_MAX_VRFS; vrf++)
		CHECK_EQ(fib_set(f, vrf, 4, prefix, 8, &hop, 1), 0);
	CHECK_EQ(fib_set(f, 5000, 4, prefix, 8, &hop, 1), -ENOSPC);
	CHECK_EQ(fib_lookup4(f, 5000, address, 0)->type, HOP_NONE);
	CHECK_EQ(fib_delete(f, 7, 4, prefix, 8), 0);
	CHECK_EQ(fib_set(f, 5000, 4, prefix, 8, &hop, 1), 0);
	CHECK_EQ(fib_lookup4(f, 5000, address, 0)->type, HOP_GATEWAY);
	CHECK_EQ(fib_lookup4(f, 7, address, 0)->type, HOP_NONE);
	CHECK_EQ(fib_count(f, 4), FIB_MAX_VRFS);
	fib_free(f);
}

// Cached next hops: a change concerns the destinations below its prefix, and not many others.
static void the_clock_knows_what_a_change_concerns(void)
{
	struct fib *f = fib_create(4096, 4096);
	const struct hop_clock *c = fib_clock(f);
	struct hop hop = gateway(1, 0);
	uint8_t below[4] = {10, 1, 2, 3}, beside[4] = {10, 2, 2, 3};
	uint8_t lengths[] = {0, 4, 8, 12, 15, 16, 17, 24, 32};
	for (unsigned i = 0; i < sizeof(lengths); i++) {
		uint8_t prefix[16] = {10, 1, 2, 3};
		for (unsigned b = lengths[i]; b < 32; b++)
			prefix[b / 8] &= (uint8_t) ~(0x80 >> b % 8);
		for (unsigned change = 0; change < 2; change++) {
			uint32_t version = fib_version(f);
			CHECK(hop_clock_good(c, hop_clock_bucket4(0, below), version));
			CHECK_EQ(change == 0 ? fib_set(f, 0, 4, prefix, lengths[i], &hop, 1)
					     : fib_delete(f, 0, 4, prefix, lengths[i]),
				 0);
			CHECK(!hop_clock_good(c, hop_clock_bucket4(0, below), version));
			bool other = hop_clock_good(c, hop_clock_bucket4(0, beside), version);
			CHECK_EQ(other, lengths[i] >= 15);
			CHECK_EQ(hop_clock_good(c, hop_clock_bucket4(9, below), version),
				 lengths[i] >= 8);
		}
	}
	fib_free(f);
}

static void the_clock_survives_an_era(void)
{
	struct hop_clock *c = calloc(1, sizeof(*c));
	uint8_t prefix[4] = {10, 1};
	c->version = HOP_CLOCK_ERA - 2;
	hop_clock_note(c, 0, 4, prefix, 16);
	hop_clock_tick(c);
	uint32_t cached = hop_clock_version(c), bucket = hop_clock_bucket4(0, prefix);
	CHECK(hop_clock_good(c, bucket, cached));
	hop_clock_tick(c);
	CHECK(!hop_clock_good(c, bucket, cached)); // everything is looked up again once
	CHECK(hop_clock_good(c, bucket, hop_clock_version(c)));
	free(c);
}

int main(void)
{
	RUN(bad_prefixes_are_refused);
	RUN(equal_cost_paths_share_the_flows);
	RUN(the_order_of_the_paths_does_not_matter);
	RUN(weights_are_shares);
	RUN(a_path_that_goes_takes_few_flows_with_it);
	RUN(vrfs_are_bounded_and_come_again);
	RUN(the_clock_knows_what_a_change_concerns);
	RUN(the_clock_survives_an_era);
	RUN(ipv4_routes_behave_like_the_model);
	RUN(ipv6_routes_behave_like_the_model);
	return 0;
}
