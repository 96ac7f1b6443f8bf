// SPDX-License-Identifier: Apache-2.0
// Finding a session and touching it, 32 at a time: our table against rte_hash with the same keys,
// whose values are sessions of the same size.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <rte_cycles.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include "bench/bench.h"

struct subject {
	struct session_table *table;
	struct rte_hash *hash;
	struct fw_session4 *sessions; // of the hash
	struct session_key4 *keys;    // both directions of every session
	uint32_t keys_count;
	uint64_t random;
	uint32_t found;
};

static uint32_t draw(struct subject *s)
{
	return (uint32_t)((bench_random(&s->random) & UINT32_MAX) * s->keys_count >> 32);
}

static inline void touch(struct fw_line4 *line, uint32_t now)
{
	line->packets++;
	line->bytes += 64;
	line->last_seen = now;
}

static void ours(struct subject *s, const struct session_key4 *keys, uint32_t now)
{
	uint64_t hashes[PIPELINE_BURST];
	uint32_t candidates[PIPELINE_BURST];
	for (unsigned i = 0; i < PIPELINE_BURST; i++) {
		hashes[i] = session_hash4(s->table, &keys[i]);
		session_prefetch_bucket(s->table, hashes[i]);
	}
	for (unsigned i = 0; i < PIPELINE_BURST; i++)
		candidates[i] = session_probe(s->table, hashes[i]);
	for (unsigned i = 0; i < PIPELINE_BURST; i++) {
		uint32_t n = session_find4(s->table, hashes[i], candidates[i], &keys[i]);
		if (n == FW_NO_INDEX)
			continue;
		s->found++;
		touch(&session_entry4(s->table, n >> 1)->line[n & 1], now);
	}
}

static void theirs(struct subject *s, const struct session_key4 *keys, uint32_t now)
{
	const void *pointers[PIPELINE_BURST];
	void *values[PIPELINE_BURST];
	uint64_t hits = 0;
	for (unsigned i = 0; i < PIPELINE_BURST; i++)
		pointers[i] = &keys[i];
	rte_hash_lookup_bulk_data(s->hash, pointers, PIPELINE_BURST, &hits, values);
	for (unsigned i = 0; i < PIPELINE_BURST; i++)
		if (hits >> i & 1)
			rte_prefetch0(values[i]);
	for (unsigned i = 0; i < PIPELINE_BURST; i++) {
		if (!(hits >> i & 1))
			continue;
		s->found++;
		touch(values[i], now);
	}
}

typedef void lookup_fn(struct subject *s, const struct session_key4 *keys, uint32_t now);

static void sample(struct subject *s, lookup_fn *lookup, uint32_t count, struct series *to)
{
	uint64_t ticks = 0;
	uint32_t timed = 0;
	bench_interrupted();
	for (uint32_t n = 0; n < count; n += BENCH_BLOCK) {
		struct session_key4 keys[BENCH_BLOCK];
		for (unsigned i = 0; i < BENCH_BLOCK; i++)
			keys[i] = s->keys[draw(s)];
		uint64_t start = rte_rdtsc_precise();
		for (unsigned i = 0; i < BENCH_BLOCK; i += PIPELINE_BURST)
			lookup(s, keys + i, n);
		uint64_t took = rte_rdtsc_precise() - start;
		if (bench_interrupted())
			continue;
		ticks += took;
		timed += BENCH_BLOCK;
	}
	if (timed > 0)
		series_add(to, (double)ticks / timed);
}

static void *huge(size_t size)
{
	void *memory = aligned_alloc(2 << 20, (size + (2 << 20) - 1) & ~(size_t)((2 << 20) - 1));
	if (memory == NULL)
		return NULL;
	(void)madvise(memory, size, MADV_HUGEPAGE);
	memset(memory, 0, size);
	return memory;
}

static int fill(struct subject *s, struct world *w, uint32_t sessions)
{
	struct rte_hash_parameters p = {.name = "bench",
					.entries = sessions * 2 + sessions / 2,
					.key_len = sizeof(struct session_key4),
					.hash_func = rte_hash_crc,
					.socket_id = SOCKET_ID_ANY};
	struct flow_set flows;
	if (flow_set_init(&flows, FLOW_UDP4, 1, sessions) != 0 || world_open(w, &flows) != 0)
		return -1;
	s->table = engine_sessions(w->engine, 4);
	s->hash = rte_hash_create(&p);
	s->sessions = huge(sessions * sizeof(*s->sessions));
	s->keys = huge(sessions * 2 * sizeof(*s->keys));
	if (s->hash == NULL || s->sessions == NULL || s->keys == NULL)
		return -1;
	uint32_t cursor = 0, number;
	while (session_walk(s->table, &cursor, UINT32_MAX, &number) &&
	       s->keys_count < sessions * 2) {
		for (unsigned d = 0; d < 2; d++) {
			struct session_key4 *key = &s->keys[s->keys_count];
			struct fw_line4 *value = &s->sessions[s->keys_count / 2].line[d];
			memcpy(key, &session_entry4(s->table, number)->line[d], sizeof(*key));
			if (rte_hash_add_key_data(s->hash, key, value) != 0)
				return -1;
			s->keys_count++;
		}
	}
	return 0;
}

int run_lookup(const struct bench_options *o)
{
	struct subject s = {.random = 88172645463325252ull};
	struct series ticks[2] = {0};
	uint32_t sessions = o->session_count > 0 ? o->sessions[0] : 1000000;
	struct world *w = world_create(&o->programs[0], sessions + 64, 64);
	if (w == NULL || fill(&s, w, sessions) != 0) {
		fputs("portcullis-bench: lookup: out of memory\n", stderr);
		return -1;
	}
	for (uint32_t round = 0; round < o->rounds; round++) {
		sample(&s, ours, o->packets, &ticks[0]);
		sample(&s, theirs, o->packets, &ticks[1]);
	}
	for (unsigned i = 0; i < 2; i++) {
		printf("{\"run\":\"lookup\",\"table\":\"%s\",\"sessions\":%u",
		       i == 0 ? "session" : "rte_hash", sessions);
		series_json(&ticks[i], "ticks");
		printf("}\n");
	}
	uint32_t expected =
	    o->rounds * 2 * ((o->packets + BENCH_BLOCK - 1) / BENCH_BLOCK) * BENCH_BLOCK;
	if (s.found == expected)
		return 0;
	fprintf(stderr, "portcullis-bench: %u of %u keys found\n", s.found, expected);
	return -1;
}
