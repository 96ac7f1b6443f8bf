// SPDX-License-Identifier: Apache-2.0
#include "net/learned.h"
#include "test.h"

static struct neighbor_key key(uint32_t n)
{
	struct neighbor_key k;
	memset(&k, 0, sizeof(k));
	k.interface = n % 3;
	k.family = 4;
	memcpy(k.address, &n, sizeof(n));
	return k;
}

static void agrees_with_a_plain_array_after_many_changes(void)
{
	struct learned_table *t = learned_create();
	static bool there[2000];
	uint64_t seed = 5;
	uint32_t count = 0;
	for (unsigned i = 0; i < 100000; i++) {
		uint32_t n = test_below(&seed, 2000);
		struct neighbor_key k = key(n);
		CHECK_EQ(learned_find(t, &k) != NULL, there[n]);
		if (test_below(&seed, 2)) {
			CHECK(learned_add(t, &k) != NULL);
			count += !there[n];
			there[n] = true;
		} else {
			learned_remove(t, &k);
			count -= there[n];
			there[n] = false;
		}
		CHECK_EQ(learned_count(t), count);
	}
	for (uint32_t i = 0; i < learned_count(t); i++) {
		uint32_t n;
		memcpy(&n, learned_at(t, i)->key.address, sizeof(n));
		CHECK(there[n]);
	}
	learned_free(t);
}

static void a_full_table_refuses(void)
{
	struct learned_table *t = learned_create();
	for (uint32_t n = 0; n < LEARNED_MAX; n++) {
		struct neighbor_key k = key(n);
		CHECK(learned_add(t, &k) != NULL);
	}
	struct neighbor_key k = key(LEARNED_MAX);
	CHECK(learned_add(t, &k) == NULL);
	learned_free(t);
}

int main(void)
{
	RUN(agrees_with_a_plain_array_after_many_changes);
	RUN(a_full_table_refuses);
	return 0;
}
