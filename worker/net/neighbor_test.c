// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include "net/neighbor.h"
#include "shm/layout.h"
#include "test.h"

static uint64_t seed = 42;
static struct hop_clock hops = {.version = 1};

static struct neighbor_key key_of(uint32_t number)
{
	struct neighbor_key k;
	memset(&k, 0, sizeof(k));
	k.interface = 1 + number % 3;
	k.family = number % 2 ? 6 : 4;
	memcpy(k.address, &number, sizeof(number));
	return k;
}

static void a_static_entry_wins_over_a_learned_one(void)
{
	struct neighbor_table *n = neighbor_create(4, &hops);
	struct neighbor_key k = key_of(1);
	uint8_t learned[6] = {2, 0, 0, 0, 0, 1}, fixed[6] = {2, 0, 0, 0, 0, 2}, mac[6];
	CHECK_EQ(neighbor_lookup(n, &k, mac), FW_NO_INDEX);
	CHECK_EQ(neighbor_set(n, &k, fixed, true), 0);
	CHECK_EQ(neighbor_set(n, &k, learned, false), 0);
	uint32_t slot = neighbor_lookup(n, &k, mac);
	CHECK(memcmp(mac, fixed, 6) == 0);
	uint32_t version = hop_clock_version(&hops);
	neighbor_delete(n, &k, true);
	CHECK(neighbor_mac(n, slot, mac) && memcmp(mac, learned, 6) == 0);
	CHECK_EQ(neighbor_changed(n, slot), 0);
	neighbor_delete(n, &k, false);
	CHECK(!neighbor_mac(n, slot, mac));
	CHECK(hop_clock_newer(neighbor_changed(n, slot), version));
	CHECK(!neighbor_mac(n, FW_NO_INDEX, mac));
	neighbor_free(n);
}

static void a_full_table_refuses_and_recovers(void)
{
	struct neighbor_table *n = neighbor_create(3, &hops);
	uint8_t mac[6] = {2};
	for (uint32_t i = 0; i < 3; i++) {
		struct neighbor_key k = key_of(i);
		CHECK_EQ(neighbor_set(n, &k, mac, false), 0);
	}
	struct neighbor_key more = key_of(9), gone = key_of(1);
	CHECK_EQ(neighbor_set(n, &more, mac, false), -ENOSPC);
	neighbor_delete(n, &gone, false);
	CHECK_EQ(neighbor_set(n, &more, mac, false), 0);
	CHECK(neighbor_lookup(n, &more, mac) != FW_NO_INDEX);
	neighbor_free(n);
}

static void rounds_tell_which_are_in_use(void)
{
	struct neighbor_table *n = neighbor_create(4, &hops);
	struct neighbor_key used = key_of(1), idle = key_of(2);
	uint8_t mac[6] = {2};
	CHECK_EQ(neighbor_set(n, &used, mac, false), 0);
	CHECK_EQ(neighbor_set(n, &idle, mac, false), 0);
	uint32_t slot = neighbor_lookup(n, &used, mac), version = hop_clock_version(&hops);
	CHECK(neighbor_in_use(n, &used) && neighbor_in_use(n, &idle)); // both are new
	for (unsigned i = 0; i < 3; i++) {
		neighbor_round(n);
		CHECK(version != hop_clock_version(&hops)); // all flows confirm, and so mark
		neighbor_mark(n, slot);
		CHECK(neighbor_in_use(n, &used));
		CHECK_EQ(neighbor_in_use(n, &idle), i == 0);
	}
	neighbor_round(n);
	CHECK(neighbor_in_use(n, &used));
	neighbor_round(n);
	CHECK(!neighbor_in_use(n, &used));
	neighbor_free(n);
}

#define NUMBERS 500

static void table_behaves_like_the_model(void)
{
	struct neighbor_table *n = neighbor_create(300, &hops);
	uint8_t fixed[NUMBERS] = {0}, learned[NUMBERS] = {0};
	unsigned used = 0;
	for (unsigned step = 0; step < 300000; step++) {
		uint32_t number = test_below(&seed, NUMBERS);
		struct neighbor_key k = key_of(number);
		uint8_t *kind = test_below(&seed, 4) == 0 ? fixed : learned,
			value = (uint8_t)(1 + test_below(&seed, 200));
		bool present = fixed[number] || learned[number];
		if (test_below(&seed, 100) < 55) {
			uint8_t mac[6] = {2, value};
			int rc = neighbor_set(n, &k, mac, kind == fixed);
			CHECK_EQ(rc, !present && used == 300 ? -ENOSPC : 0);
			if (rc == 0) {
				kind[number] = value;
				used += !present;
			}
		} else {
			neighbor_delete(n, &k, kind == fixed);
			kind[number] = 0;
			used -= present && !fixed[number] && !learned[number];
		}
		number = test_below(&seed, NUMBERS);
		k = key_of(number);
		uint8_t mac[6], expected = fixed[number] ? fixed[number] : learned[number];
		CHECK_EQ(neighbor_lookup(n, &k, mac) != FW_NO_INDEX, expected != 0);
		CHECK(expected == 0 || mac[1] == expected);
	}
	neighbor_free(n);
}

int main(void)
{
	RUN(a_static_entry_wins_over_a_learned_one);
	RUN(a_full_table_refuses_and_recovers);
	RUN(rounds_tell_which_are_in_use);
	RUN(table_behaves_like_the_model);
	return 0;
}
