// SPDX-License-Identifier: Apache-2.0
// The longest turn of the loop while sessions come and expire, a second thread builds and publishes
// generations (of the programs in turn), each of which starts a sweep of all sessions, reads all
// sessions as the agent does for a list, and asks for the end of some, for which all are looked at.
//
// On a busy machine the kernel runs something else in the middle of a turn. So the length of a turn is
// what its thread has computed in it (CLOCK_THREAD_CPUTIME_ID); the time that passed is told beside.
// What the host takes from the whole machine cannot be told from work, and interrupts count as work: so
// the same is measured for a loop that only reads the clock.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <rte_cycles.h>
#include "bench/bench.h"
#include "pipeline/clear.h"

enum { BUCKETS = 40 }; // by power of two of ticks

struct turns {
	uint64_t count, longest, interrupted; // ticks; interrupted: turns that took much longer than their work
	uint64_t longest_own;                 // ns
	uint64_t by_size[BUCKETS];
};

struct bank {
	void *bytes;
	size_t size;
};

struct stall {
	struct world *world;
	struct bank banks[BENCH_LIST];
	unsigned bank_count;
	_Atomic(struct tables *) published, taken;
	atomic_bool stop;
	atomic_uint generations, dumps, clears;
	struct turns turns, idle, taking; // taking: the part of a turn that takes a new generation
};

static uint64_t own_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// before: own_ns() at the beginning; the end is only asked for when that is worth it.
static void note(struct turns *t, uint64_t ticks, uint64_t before, uint64_t worth_asking)
{
	t->count++;
	t->by_size[63 - __builtin_clzll(ticks | 1)]++;
	if (ticks > t->longest)
		t->longest = ticks;
	if (ticks < worth_asking)
		return;
	uint64_t own = own_ns() - before, passed = ticks * 1000 / (rte_get_tsc_hz() / 1000000);
	t->interrupted += passed > own + own / 2 + 20000;
	if (own > t->longest_own)
		t->longest_own = own;
}

static void dump(const struct stall *s, struct fw_session4 *to)
{
	struct session_table *t = engine_sessions(s->world->engine, 4);
	for (uint32_t i = 0; i < session_capacity(t) && !s->stop; i++)
		memcpy(to, session_entry4(t, i), sizeof(*to));
}

static struct tables *build(struct stall *s, struct tables *previous)
{
	const struct bank *b = &s->banks[(s->generations + 1) % s->bank_count];
	return world_build(b->bytes, b->size, previous);
}

// Ends the flows of a second that happen to have one port, and looks at all.
static void end_some(struct stall *s)
{
	struct core *core = s->world->engine->core;
	const struct fw_session_filter filter = {.family = 4, .protocol = 0xffff, .from_zone = 0xffff,
						 .to_zone = 0xffff, .either_zone = 0xffff,
						 .destination = {100, 65}, .destination_length = 16,
						 .source_port = (uint16_t)(1024 + s->clears % 50000)};
	uint64_t ended;
	clear_ask(core, &filter);
	while (!clear_answered(core, &ended) && !s->stop)
		usleep(50);
	s->clears++;
}

// The control thread, and the agent's reading.
static void *churn(void *context)
{
	struct stall *s = context;
	static struct fw_session4 copy;
	while (!s->stop) {
		struct tables *old = s->published, *next = build(s, old);
		if (next == NULL)
			break;
		s->published = next;
		while (s->taken != next && !s->stop)
			usleep(50);
		if (s->taken == next)
			tables_free(old);
		s->generations++;
		dump(s, &copy);
		s->dumps++;
		end_some(s);
	}
	return NULL;
}

static void fill(struct stall *s, struct flow_set *f, uint64_t *random, struct rte_mbuf **frames)
{
	world_allocate(s->world, frames, PIPELINE_BURST);
	for (unsigned i = 0; i < PIPELINE_BURST; i++)
		flow_write(s->world, f,
			   f->first +
			       (uint32_t)((bench_random(random) & UINT32_MAX) * f->count >> 32),
			   false, FLOW_DATA, frames[i]);
}

static void turn(struct stall *s, struct rte_mbuf **frames, uint64_t ask)
{
	static const bool reply;
	uint64_t before = own_ns(), start = rte_rdtsc_precise();
	struct tables *newest = atomic_load_explicit(&s->published, memory_order_acquire);
	bool taken = newest != s->taken;
	if (taken) {
		core_set_tables(s->world->engine->core, newest);
		s->world->engine->tables = newest;
		s->taken = newest;
	}
	uint64_t taking = rte_rdtsc_precise() - start;
	if (taken)
		note(&s->taking, taking, before, 0);
	taking += world_block(s->world, frames, &reply, 1);
	note(&s->turns, taking, before, ask);
}

static void run(struct stall *s, struct flow_set *live, struct flow_set *fresh, uint32_t seconds)
{
	struct rte_mbuf *frames[PIPELINE_BURST];
	uint64_t hz = rte_get_tsc_hz(), ask = hz / 50000; // 20 us
	uint64_t random = 88172645463325252ull, end = rte_rdtsc() + seconds * hz;
	for (uint64_t n = 0; rte_rdtsc() < end; n++) {
		fill(s, n % 8 == 0 ? fresh : live, &random, frames); // one in eight is a new flow
		turn(s, frames, ask);
		uint64_t before = own_ns(), start = rte_rdtsc_precise(), length = s->turns.count % 64 * 100;
		while (rte_rdtsc() - start < length)
			;
		note(&s->idle, rte_rdtsc_precise() - start, before, ask);
	}
}

static void write_turns(const char *name, const struct turns *t)
{
	double us = 1e6 / (double)rte_get_tsc_hz();
	uint64_t seen = 0, half = 0;
	unsigned b = 0, middle = 0;
	while (b < BUCKETS && (seen += t->by_size[b]) < t->count - t->count / 10000)
		b++;
	while (middle < BUCKETS && (half += t->by_size[middle]) < t->count / 2)
		middle++;
	printf(",\"%s\":{\"count\":%llu,\"longestOwnUs\":%.1f,\"longestUs\":%.1f,\"interrupted\":%llu,"
	       "\"p50Us\":%.1f,\"p9999Us\":%.1f}",
	       name, (unsigned long long)t->count, (double)t->longest_own / 1000, (double)t->longest * us,
	       (unsigned long long)t->interrupted,
	       (double)(2ull << middle) * us, (double)(2ull << b) * us);
}

static int keep_bank(struct stall *s, const struct tables *t)
{
	struct bank *b = &s->banks[s->bank_count];
	b->size = t->program->total_size;
	b->bytes = malloc(b->size);
	if (b->bytes == NULL)
		return -1;
	memcpy(b->bytes, t->program, b->size);
	s->bank_count++;
	return 0;
}

// The last world is that of the first program; the others only give their banks.
static int start(struct stall *s, const struct bench_options *o, struct flow_set *live,
		 struct flow_set *fresh, uint32_t sessions)
{
	for (unsigned i = 1; i < o->program_count; i++) {
		struct world *w = world_create(&o->programs[i], 64, 64);
		if (w == NULL || keep_bank(s, w->engine->tables) != 0)
			return -1;
		world_free(w);
	}
	s->world = world_create(&o->programs[0], sessions + sessions / 2, 64);
	if (s->world == NULL || flow_set_init(live, FLOW_UDP4, 1, sessions) != 0 ||
	    flow_set_init(fresh, FLOW_CHURN4, 1, 1u << 24) != 0 || world_open(s->world, live) != 0)
		return -1;
	struct tables *t = s->world->engine->tables;
	s->published = s->taken = t;
	return keep_bank(s, t);
}

int run_stall(const struct bench_options *o)
{
	static struct stall s;
	struct flow_set live, fresh;
	uint32_t sessions = o->session_count > 0 ? o->sessions[0] : 1000000;
	pthread_t control;
	if (start(&s, o, &live, &fresh, sessions) != 0)
		return -1;
	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	for (long i = 0, n = sysconf(_SC_NPROCESSORS_ONLN); i < n; i++)
		if (i != o->core || n == 1)
			CPU_SET(i, &cpus);
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setaffinity_np(&attributes, sizeof(cpus), &cpus);
	if (pthread_create(&control, &attributes, churn, &s) != 0)
		return -1;
	run(&s, &live, &fresh, o->seconds);
	s.stop = true;
	pthread_join(control, NULL);
	printf(
	    "{\"run\":\"stall\",\"sessions\":%u,\"generations\":%u,\"dumps\":%u,\"clears\":%u,\"expired\":%llu",
	    sessions, s.generations, s.dumps, s.clears,
	    (unsigned long long)engine_counters(s.world->engine)->sessions_expired);
	write_turns("turns", &s.turns);
	write_turns("taking", &s.taking);
	write_turns("idle", &s.idle);
	printf("}\n");
	return 0;
}
