// SPDX-License-Identifier: Apache-2.0
// As many sessions begin as end, for a time: new flows at a steady rate, each of which is silent
// afterwards and ends after a second. The table must not grow, and nothing may be refused.
#include <stdio.h>
#include <stdlib.h>
#include <rte_cycles.h>
#include "bench/bench.h"

struct churn {
	struct world *world;
	struct flow_set flows;
	uint32_t next, rate;
	uint64_t sent, ticks, lag; // lag: furthest behind its schedule, in packets
	uint32_t highest[2];       // sessions in the first and in the second half
};

static void block(struct churn *c)
{
	struct rte_mbuf *frames[BENCH_BLOCK];
	static const bool reply[BENCH_BLOCK / PIPELINE_BURST];
	world_allocate(c->world, frames, BENCH_BLOCK);
	for (unsigned i = 0; i < BENCH_BLOCK; i++)
		flow_write(c->world, &c->flows, c->next++ & 0xffffff, false, FLOW_DATA, frames[i]);
	c->ticks += world_block(c->world, frames, reply, BENCH_BLOCK / PIPELINE_BURST);
	c->sent += BENCH_BLOCK;
}

static void turn(struct churn *c, uint64_t elapsed, uint64_t hz)
{
	uint64_t due = (uint64_t)((double)elapsed / (double)hz * c->rate);
	if (due > c->sent + BENCH_BLOCK) {
		if (due - c->sent > c->lag)
			c->lag = due - c->sent;
		block(c);
	} else {
		world_block(c->world, NULL, NULL, 0); // time passes
	}
}

static void run(struct churn *c, uint32_t seconds)
{
	uint64_t hz = rte_get_tsc_hz(), start = rte_rdtsc(), whole = (uint64_t)seconds * hz;
	for (uint64_t elapsed = 0; elapsed < whole; elapsed = rte_rdtsc() - start) {
		turn(c, elapsed, hz);
		uint32_t count = session_count(engine_sessions(c->world->engine, 4));
		uint32_t *highest = &c->highest[elapsed > whole / 2];
		if (count > *highest)
			*highest = count;
	}
}

int run_churn(const struct bench_options *o)
{
	struct churn c = {.rate = o->rate, .next = 1};
	uint32_t capacity = o->session_count > 0 ? o->sessions[0] : 1u << 21;
	c.world = world_create(&o->programs[0], capacity, 64);
	if (c.world == NULL || flow_set_init(&c.flows, FLOW_CHURN4, 1, 1u << 24) != 0)
		return -1;
	run(&c, o->seconds);
	const struct fw_counters *n = engine_counters(c.world->engine);
	printf("{\"run\":\"churn\",\"rate\":%u,\"seconds\":%u,\"capacity\":%u,\"sent\":%llu,"
	       "\"opened\":%llu,"
	       "\"expired\":%llu,\"refused\":%llu,\"highestFirstHalf\":%u,\"highestSecondHalf\":%u,"
	       "\"lag\":%llu,\"ticksPerSession\":%.1f}\n",
	       o->rate, o->seconds, capacity, (unsigned long long)c.sent,
	       (unsigned long long)n->sessions_opened, (unsigned long long)n->sessions_expired,
	       (unsigned long long)n->dropped[FW_DROP_SESSION_TABLE_FULL], c.highest[0],
	       c.highest[1], (unsigned long long)c.lag, (double)c.ticks / (double)c.sent);
	world_free(c.world);
	return 0;
}
