// SPDX-License-Identifier: Apache-2.0
// Ticks per packet of established sessions, by program, number of sessions and kind of flow. Half
// of the bursts are answers; which flow comes next is random.
#include <stdio.h>
#include <stdlib.h>
#include "bench/bench.h"

enum { VARIANTS = 128, WARM = 4 }; // one part in WARM of each sample is not timed

struct variant {
	const struct bench_program *program;
	struct world *world;
	struct flow_set flows;
	uint64_t random, sent, forwarded;
	struct series ticks;
};

static uint64_t block(struct variant *v)
{
	struct rte_mbuf *frames[BENCH_BLOCK];
	bool reply[BENCH_BLOCK / PIPELINE_BURST];
	uint64_t before = world_forwarded(v->world);
	world_allocate(v->world, frames, BENCH_BLOCK);
	for (unsigned i = 0; i < BENCH_BLOCK; i++) {
		uint64_t r = bench_random(&v->random);
		if (i % PIPELINE_BURST == 0)
			reply[i / PIPELINE_BURST] = r >> 63;
		flow_write(v->world, &v->flows,
			   v->flows.first + (uint32_t)((r & UINT32_MAX) * v->flows.count >> 32),
			   reply[i / PIPELINE_BURST], FLOW_DATA, frames[i]);
	}
	uint64_t ticks = world_block(v->world, frames, reply, BENCH_BLOCK / PIPELINE_BURST);
	v->sent += BENCH_BLOCK;
	v->forwarded += world_forwarded(v->world) - before;
	return ticks;
}

static void sample(struct variant *v, uint32_t packets)
{
	uint64_t ticks = 0;
	uint32_t timed = 0;
	for (uint32_t n = 0; n < packets / WARM; n += BENCH_BLOCK)
		block(v);
	bench_interrupted();
	for (uint32_t n = 0; n < packets; n += BENCH_BLOCK) {
		uint64_t took = block(v);
		if (bench_interrupted())
			continue;
		ticks += took;
		timed += BENCH_BLOCK;
	}
	if (timed > 0)
		series_add(&v->ticks, (double)ticks / timed);
}

// One world holds all kinds of one program and number of sessions.
static int add(const struct bench_options *o, const struct bench_program *p, uint32_t sessions,
	       struct variant *variants, unsigned *count)
{
	uint32_t room[2] = {64, 64};
	for (unsigned k = 0; k < o->kind_count; k++)
		room[flow_family((enum flow_kind)flow_kind_of(o->kinds[k])) == 6] += sessions;
	struct world *w = world_create(p, room[0], room[1]);
	if (w == NULL)
		return -1;
	for (unsigned k = 0; k < o->kind_count; k++) {
		struct variant *v = &variants[(*count)++];
		v->program = p;
		v->world = w;
		v->random = 88172645463325252ull + *count;
		if (flow_set_init(&v->flows, (enum flow_kind)flow_kind_of(o->kinds[k]), 1,
				  sessions) != 0 ||
		    world_open(w, &v->flows) != 0)
			return -1;
	}
	return 0;
}

static int report(const struct variant *v)
{
	printf("{\"run\":\"established\",\"program\":\"%s\",\"kind\":\"%s\",\"sessions\":%u",
	       v->program->name, flow_name(v->flows.kind), v->flows.count);
	series_json(&v->ticks, "ticks");
	printf("}\n");
	if (v->sent == v->forwarded)
		return 0;
	fprintf(stderr, "portcullis-bench: %s, %u sessions: %llu of %llu packets forwarded\n",
		flow_name(v->flows.kind), v->flows.count, (unsigned long long)v->forwarded,
		(unsigned long long)v->sent);
	world_tell_drops(v->world);
	return -1;
}

int run_established(const struct bench_options *o)
{
	static struct variant variants[VARIANTS];
	unsigned count = 0;
	int error = 0;
	if (o->program_count * o->session_count * o->kind_count > VARIANTS)
		return -1;
	for (unsigned p = 0; p < o->program_count; p++)
		for (unsigned n = 0; n < o->session_count; n++)
			if (add(o, &o->programs[p], o->sessions[n], variants, &count) != 0)
				return -1;
	for (uint32_t round = 0; round < o->rounds; round++)
		for (unsigned v = 0; v < count; v++)
			sample(&variants[v], o->packets);
	for (unsigned v = 0; v < count; v++)
		error |= report(&variants[v]);
	return error;
}
