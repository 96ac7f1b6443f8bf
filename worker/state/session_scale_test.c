// SPDX-License-Identifier: Apache-2.0
// The session table under many keys: keys that were chosen to collide, many more sessions than it has room for, and tables
// of several cores over one set of entries.
#include <errno.h>
#include <stddef.h>
#include <time.h>
#include "shm/crc32c.h"
#include "state/samples.h"
#include "state/session_check.h"

static uint64_t seed = 0x853c49e6748fea9bull;

// --- Keys that collide under a hash that everybody can compute.

enum { ATTACK = 100000, ROOM = 131072, NARROW = 63 };

typedef uint64_t known_hash(const struct session_key4 *key);

static uint64_t by_crc(const struct session_key4 *key)
{
	return crc32c(key, sizeof(*key));
}

// Ours, with a secret that is none.
static uint64_t by_known_secret(const struct session_key4 *key)
{
	static const struct hash_secret known = {{0x9e3779b97f4a7c15ull, 0xbf58476d1ce4e5b9ull, 0x94d049bb133111ebull,
						  0xd6e8feb86659fd93ull}};
	uint64_t words[2];
	memcpy(words, key, sizeof(words));
	return hash_words2(&known, words);
}

static struct session_key4 random_key(void)
{
	uint64_t a = test_random(&seed), b = test_random(&seed);
	struct session_key4 key = {.protocol = IPPROTO_UDP};
	memcpy(key.source, &a, 4);
	memcpy(key.destination, (const uint8_t *)&a + 4, 4);
	memcpy(&key.source_port_be, &b, 2);
	memcpy(&key.destination_port_be, (const uint8_t *)&b + 2, 2);
	return key;
}

// As many keys as wanted; with a hash, all of them in one of 64 parts of the table.
static struct session_key4 *choose(uint32_t count, known_hash *hash)
{
	struct session_key4 *keys = calloc(count, sizeof(*keys));
	CHECK(keys != NULL);
	for (uint32_t n = 0; n < count;) {
		keys[n] = random_key();
		n += hash == NULL || (hash(&keys[n]) & NARROW) == 0;
	}
	return keys;
}

struct cost {
	uint64_t steps, most; // buckets read and keys compared
	uint32_t refused;
};

static unsigned steps_of(const struct session_table *t, const struct session_key4 *key)
{
	uint64_t hash = session_hash4(t, key);
	uint16_t tag = index_tag(hash);
	uint32_t bucket = index_first(&t->index, hash);
	unsigned steps = 0;
	for (unsigned choice = 0; choice < 2; choice++) {
		const struct index_bucket *b = &t->index.buckets[bucket];
		steps++;
		for (unsigned found = index_match(b, tag); found != 0; found &= found - 1) {
			uint32_t entry = b->entry[__builtin_ctz(found)];
			steps++;
			if (session_key4_equal(&table_entry4(t, entry >> 1)->line[entry & 1], key))
				return steps;
		}
		bucket = index_other(&t->index, bucket, tag);
	}
	return steps;
}

static struct fw_session4 session_of(const struct session_key4 *key, uint32_t timeout)
{
	struct fw_session4 s = make4(0, 0, timeout);
	memcpy(&s.line[0], key, sizeof(*key));
	s.line[1].protocol = key->protocol;
	s.track.state = FW_TCP_NONE;
	memcpy(s.line[1].source, key->destination, 4);
	memcpy(s.line[1].destination, key->source, 4);
	s.line[1].source_port_be = key->destination_port_be;
	s.line[1].destination_port_be = key->source_port_be;
	return s;
}

static struct cost insert_all(const struct session_key4 *keys)
{
	struct session_recovery r;
	struct cost cost = {0};
	void *entries = entries_make(ROOM, sizeof(struct fw_session4));
	struct session_table *t = session_attach(4, entries, ROOM, 0, &r);
	for (uint32_t n = 0; n < ATTACK; n++) {
		struct fw_session4 s = session_of(&keys[n], 100000);
		cost.refused += session_open4(t, &s, 0) < 0;
	}
	for (uint32_t n = 0; n < ATTACK; n++) {
		unsigned steps = steps_of(t, &keys[n]);
		cost.steps += steps;
		cost.most = steps > cost.most ? steps : cost.most;
	}
	session_detach(t);
	free(entries);
	return cost;
}

// How many an index refuses that hashes as the attacker expects.
static uint32_t refused_without_secret(const struct session_key4 *keys, known_hash *hash)
{
	struct session_index x;
	uint32_t refused = 0;
	CHECK_EQ(index_init(&x, ROOM * 2), 0);
	for (uint32_t n = 0; n < ATTACK; n++)
		refused += index_insert(&x, (hash(&keys[n]) & 0xffffffff) | 1ull << 48, n) != 0;
	index_free(&x);
	return refused;
}

static void keys_that_collide_without_the_secret_cost_what_others_do(void)
{
	static known_hash *const known[] = {by_crc, by_known_secret};
	struct session_key4 *ordinary = choose(ATTACK, NULL);
	struct cost normal = insert_all(ordinary);
	CHECK_EQ(normal.refused, 0);
	for (unsigned i = 0; i < 2; i++) {
		struct session_key4 *crafted = choose(ATTACK, known[i]);
		CHECK(refused_without_secret(crafted, known[i]) > ATTACK / 2); // an attack it is
		struct cost attack = insert_all(crafted);
		printf("hash %u: %.3f steps for a key, at most %" PRIu64 "; ordinary keys %.3f, %" PRIu64 "\n", i,
		       (double)attack.steps / ATTACK, attack.most, (double)normal.steps / ATTACK, normal.most);
		CHECK_EQ(attack.refused, 0);
		CHECK(attack.steps <= 2 * normal.steps && attack.most <= 2 * normal.most);
		free(crafted);
	}
	free(ordinary);
}

// --- Many more sessions than there is room for.

static uint32_t valid_entries(const struct fw_session4 *e, uint32_t capacity)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < capacity; i++)
		count += e[i].cold.valid == FW_SESSION_VALID;
	return count;
}

static void expire_until(struct session_table **tables, unsigned cores, uint32_t now)
{
	for (unsigned core = 0; core < cores; core++)
		while (session_expire_due(tables[core], now) && session_count(tables[core]) > 0)
			session_expire(tables[core], now, 32, NULL, NULL);
}

static uint32_t count_all(struct session_table **tables, unsigned cores)
{
	uint32_t count = 0;
	for (unsigned core = 0; core < cores; core++)
		count += session_count(tables[core]);
	return count;
}

static void churn(unsigned cores)
{
	enum { CAPACITY = 5000, INSERTS = 400000 };
	struct session_table *tables[4];
	struct session_recovery r;
	struct fw_session4 *e = entries_make(CAPACITY, sizeof(*e));
	uint32_t now = UINT32_MAX - 20000, refused = 0;
	CHECK_EQ(session_attach_all(4, e, CAPACITY, cores, now, NULL, NULL, tables, &r), 0);
	for (uint32_t n = 0; n < INSERTS; n++) {
		struct fw_session4 s = make4(n, now, 1 + test_below(&seed, 1500));
		refused += session_open4(tables[n % cores], &s, now) < 0;
		if (n % 8 == 0)
			expire_until(tables, cores, ++now);
		if (n % 20000 == 0)
			CHECK_EQ(count_all(tables, cores), valid_entries(e, CAPACITY));
	}
	CHECK(refused > 1000 && refused < INSERTS / 2); // it was full at times, and never for good
	expire_until(tables, cores, now + 2000);
	CHECK_EQ(count_all(tables, cores), 0);
	CHECK_EQ(valid_entries(e, CAPACITY), 0);
	for (unsigned core = 0; core < cores; core++) // no entry of the index is left
		for (uint32_t b = 0; b <= tables[core]->index.mask; b++)
			CHECK_EQ(index_match(&tables[core]->index.buckets[b], 0), 0xff);
	uint32_t opened = 0;
	for (uint32_t n = 0; n < CAPACITY; n++) {
		struct fw_session4 s = make4(n, now, 100);
		opened += session_open4(tables[0], &s, now) >= 0;
	}
	// Other cores may keep two chunks of free entries at hand.
	CHECK(opened >= CAPACITY - (cores - 1) * 2 * tables[0]->pool->chunk || cores == 1);
	CHECK(cores > 1 || opened == CAPACITY);
	session_detach_all(tables, cores);
	free(e);
}

static void many_more_sessions_than_room_leave_nothing_behind(void)
{
	churn(1);
	churn(3);
}

// --- A worker that takes over a full table.

static void a_hundred_thousand_sessions_are_taken_over(void)
{
	struct session_recovery r;
	struct session_table *tables[2];
	struct timespec from, to;
	struct fw_session4 *e = entries_make(ROOM, sizeof(*e));
	struct session_table *t = session_attach(4, e, ROOM, 0, &r);
	for (uint32_t n = 0; n < ATTACK; n++) {
		struct fw_session4 s = make4(n, 0, 100000);
		CHECK(session_open4(t, &s, 0) >= 0);
	}
	session_detach(t);
	clock_gettime(CLOCK_MONOTONIC, &from);
	CHECK_EQ(session_attach_all(4, e, ROOM, 2, 10, NULL, NULL, tables, &r), 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%u sessions taken over in %.0f ms\n", r.recovered,
	       (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6);
	CHECK_EQ(r.recovered, ATTACK);
	CHECK_EQ(r.discarded, 0);
	for (uint32_t n = 0; n < ATTACK; n++) {
		struct fw_session4 s = make4(n, 0, 1);
		uint32_t found = find4(tables[0], &s.line[0]);
		CHECK(found != FW_NO_INDEX && find4(tables[0], &s.line[1]) == (found ^ 1));
	}
	session_detach_all(tables, 2);
	free(e);
}

int main(void)
{
	RUN(keys_that_collide_without_the_secret_cost_what_others_do);
	RUN(many_more_sessions_than_room_leave_nothing_behind);
	RUN(a_hundred_thousand_sessions_are_taken_over);
	return 0;
}
