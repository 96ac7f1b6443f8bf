// SPDX-License-Identifier: Apache-2.0
// New sessions: what the first packet of a flow costs, by program, in a table that is half full.
// The sessions of a sample are gone before the next one, as time jumps between them.
#include <stdio.h>
#include <stdlib.h>
#include <rte_cycles.h>
#include "bench/bench.h"

#define EXPIRED_NS 63000000000ull // beyond the timeout of UDP

struct variant {
	const struct bench_program *program;
	struct world *world;
	struct flow_set flows;
	uint32_t next;
	struct series ticks;
	uint64_t opened, wanted;
};

static int prepare(struct variant *v, const struct bench_options *o, const struct bench_program *p)
{
	uint32_t capacity = o->session_count > 0 ? o->sessions[0] : 1u << 20;
	struct flow_set resident;
	v->program = p;
	v->world = world_create(p, capacity, 64);
	if (v->world == NULL || flow_set_init(&resident, FLOW_UDP4, 1, capacity / 2) != 0 ||
	    world_open(v->world, &resident) != 0)
		return -1;
	return flow_set_init(
	    &v->flows, o->kind_count > 0 ? (enum flow_kind)flow_kind_of(o->kinds[0]) : FLOW_OPEN4,
	    1, 1u << 24);
}

static void sample(struct variant *v, uint32_t packets)
{
	struct rte_mbuf *frames[BENCH_BLOCK];
	static const bool reply[BENCH_BLOCK / PIPELINE_BURST];
	const struct fw_counters *counters = engine_counters(v->world->engine);
	uint64_t ticks = 0, before = counters->sessions_opened;
	uint32_t n = 0, timed = 0;
	bench_interrupted();
	for (; n < packets; n += BENCH_BLOCK) {
		world_allocate(v->world, frames, BENCH_BLOCK);
		for (unsigned i = 0; i < BENCH_BLOCK; i++)
			flow_write(v->world, &v->flows, v->next++ & 0xffffff, false, FLOW_SYN,
				   frames[i]);
		uint64_t took = world_block(v->world, frames, reply, BENCH_BLOCK / PIPELINE_BURST);
		if (bench_interrupted())
			continue;
		ticks += took;
		timed += BENCH_BLOCK;
	}
	v->wanted += n;
	v->opened += counters->sessions_opened - before;
	if (timed > 0)
		series_add(&v->ticks, (double)ticks / timed);
	world_jump(v->world, EXPIRED_NS);
}

static int report(const struct variant *v, double ticks_per_second)
{
	printf("{\"run\":\"open\",\"program\":\"%s\",\"kind\":\"%s\",\"capacity\":%u,"
	       "\"perSecond\":%.0f",
	       v->program->name, flow_name(v->flows.kind),
	       session_capacity(engine_sessions(v->world->engine, 4)),
	       ticks_per_second / series_at(&v->ticks, 0.5));
	series_json(&v->ticks, "ticks");
	printf("}\n");
	if (v->opened == v->wanted)
		return 0;
	fprintf(stderr, "portcullis-bench: %s: %llu of %llu sessions opened\n", v->program->name,
		(unsigned long long)v->opened, (unsigned long long)v->wanted);
	return -1;
}

int run_open(const struct bench_options *o)
{
	static struct variant variants[BENCH_LIST];
	int error = 0;
	for (unsigned p = 0; p < o->program_count; p++)
		if (prepare(&variants[p], o, &o->programs[p]) != 0)
			return -1;
	for (uint32_t round = 0; round < o->rounds; round++)
		for (unsigned p = 0; p < o->program_count; p++)
			sample(&variants[p], o->packets);
	for (unsigned p = 0; p < o->program_count; p++)
		error |= report(&variants[p], (double)rte_get_tsc_hz());
	return error;
}
