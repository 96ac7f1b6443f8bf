// SPDX-License-Identifier: Apache-2.0
// A flood of packets that a policy denies, each of another flow, beside packets of established
// sessions in the same table.
#include <stdio.h>
#include <stdlib.h>
#include "bench/bench.h"

static void sample(struct world *w, const struct flow_set *f, uint64_t *random, uint32_t packets,
		   struct series *to)
{
	struct rte_mbuf *frames[BENCH_BLOCK];
	static const bool reply[BENCH_BLOCK / PIPELINE_BURST];
	uint64_t ticks = 0;
	uint32_t timed = 0;
	bench_interrupted();
	for (uint32_t n = 0; n < packets; n += BENCH_BLOCK) {
		world_allocate(w, frames, BENCH_BLOCK);
		for (unsigned i = 0; i < BENCH_BLOCK; i++)
			flow_write(
			    w, f,
			    f->first +
				(uint32_t)((bench_random(random) & UINT32_MAX) * f->count >> 32),
			    false, FLOW_DATA, frames[i]);
		uint64_t took = world_block(w, frames, reply, BENCH_BLOCK / PIPELINE_BURST);
		if (bench_interrupted())
			continue;
		ticks += took;
		timed += BENCH_BLOCK;
	}
	if (to != NULL && timed > 0)
		series_add(to, (double)ticks / timed);
}

static void report(const char *kind, uint32_t sessions, const struct series *s)
{
	printf("{\"run\":\"deny\",\"kind\":\"%s\",\"sessions\":%u", kind, sessions);
	series_json(s, "ticks");
	printf("}\n");
}

static int run_one(const struct bench_options *o, uint32_t sessions)
{
	struct series ticks[2] = {0};
	struct flow_set live, flood;
	uint64_t random = 88172645463325252ull, denied = 0, sent = 0;
	struct world *w = world_create(&o->programs[0], sessions + 64, 64);
	if (w == NULL || flow_set_init(&live, FLOW_UDP4, 1, sessions) != 0 ||
	    flow_set_init(&flood, FLOW_DENY4, 1, 1u << 24) != 0 || world_open(w, &live) != 0)
		return -1;
	for (uint32_t round = 0; round < o->rounds; round++) {
		sample(w, &live, &random, o->packets / 4, NULL); // back into the caches
		sample(w, &live, &random, o->packets, &ticks[0]);
		uint64_t before = engine_counters(w->engine)->dropped[FW_DROP_POLICY_DENY];
		sample(w, &flood, &random, o->packets, &ticks[1]);
		denied += engine_counters(w->engine)->dropped[FW_DROP_POLICY_DENY] - before;
		sent += o->packets;
	}
	report("udp4", sessions, &ticks[0]);
	report("deny4", sessions, &ticks[1]);
	world_free(w);
	if (denied >= sent)
		return 0;
	fprintf(stderr, "portcullis-bench: %llu of %llu packets denied\n",
		(unsigned long long)denied, (unsigned long long)sent);
	return -1;
}

int run_deny(const struct bench_options *o)
{
	for (unsigned n = 0; n < o->session_count; n++)
		if (run_one(o, o->sessions[n]) != 0)
			return -1;
	return 0;
}
