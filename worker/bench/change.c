// SPDX-License-Identifier: Apache-2.0
// A change of policy, and the end of sessions by command, in a table full of live sessions.
//
// Half of the flows are plain, the others behind source NAT. Another thread builds the second program, which denies the plain
// ones, and publishes it; this one goes on with packets of both halves in turn, as the worker's loop does. What a denied flow
// still gets through, and what a permitted one loses, is counted packet by packet; afterwards every permitted flow is asked
// for the address and port that it has now. Then sessions are ended: by a filter, and all.
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

enum { LEAD_TURNS = 20000 };

struct change {
	struct world *world;
	struct flow_set denied, kept, now; // now: of those kept, as they leave after the change
	void *bytes; // of the second program
	size_t size;
	_Atomic(struct tables *) published;
	atomic_bool go, failed;
	uint64_t started, done; // ticks
	uint64_t taken, last_wrong, swept;
	uint64_t wrong, sent, lost; // packets
	uint64_t longest_own; // of a turn, what its thread has computed in it, ns
	uint64_t random;
};

static uint64_t own_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static double ms_between(uint64_t from, uint64_t to)
{
	return to <= from ? 0 : (double)(to - from) * 1e3 / (double)rte_get_tsc_hz();
}

static void *control(void *context)
{
	struct change *c = context;
	while (!c->go)
		usleep(50);
	c->started = rte_rdtsc();
	struct tables *next = world_build(c->bytes, c->size, c->world->engine->tables);
	c->done = rte_rdtsc();
	c->failed = next == NULL;
	c->published = next;
	return NULL;
}

// A burst of random flows of a set; how many of them were forwarded.
static unsigned burst(struct change *c, const struct flow_set *f)
{
	static const bool reply;
	struct rte_mbuf *frames[PIPELINE_BURST];
	uint64_t before = world_forwarded(c->world);
	world_allocate(c->world, frames, PIPELINE_BURST);
	for (unsigned i = 0; i < PIPELINE_BURST; i++)
		flow_write(c->world, f, f->first + (uint32_t)((bench_random(&c->random) & UINT32_MAX) * f->count >> 32), false,
			   FLOW_DATA, frames[i]);
	uint64_t own = own_ns();
	world_block(c->world, frames, &reply, 1);
	own = own_ns() - own;
	if (own > c->longest_own)
		c->longest_own = own;
	return (unsigned)(world_forwarded(c->world) - before);
}

static void turn(struct change *c)
{
	unsigned passed = burst(c, &c->denied);
	if (c->taken != 0 || c->published != NULL) {
		c->wrong += passed;
		if (passed != 0)
			c->last_wrong = rte_rdtsc();
	}
	passed = burst(c, &c->kept);
	c->sent += PIPELINE_BURST;
	c->lost += PIPELINE_BURST - passed;
}

static void take(struct change *c)
{
	struct tables *next = c->published;
	if (c->taken != 0 || next == NULL)
		return;
	core_set_tables(c->world->engine->core, next);
	c->world->engine->tables = next; // the one before lives on: nobody frees it while turns are timed
	c->taken = rte_rdtsc();
}

static int run(struct change *c)
{
	const struct fw_counters *counters = engine_counters(c->world->engine);
	for (unsigned n = 0; n < LEAD_TURNS; n++)
		turn(c);
	c->go = true;
	while (c->swept == 0 && !c->failed) {
		turn(c);
		take(c);
		if (counters->sessions_denied == c->denied.count)
			c->swept = rte_rdtsc();
	}
	for (unsigned n = 0; n < LEAD_TURNS; n++)
		turn(c);
	return c->failed ? -1 : 0;
}

// Flows whose address or port is another one now.
static uint32_t moved(struct change *c)
{
	static const bool reply;
	struct rte_mbuf *frames[PIPELINE_BURST];
	uint32_t count = 0;
	c->world->learning = &c->now;
	for (uint32_t at = 0; at < c->kept.count; at += PIPELINE_BURST) {
		world_allocate(c->world, frames, PIPELINE_BURST);
		for (unsigned i = 0; i < PIPELINE_BURST; i++)
			flow_write(c->world, &c->kept, c->kept.first + (at + i < c->kept.count ? at + i : c->kept.count - 1), false, FLOW_DATA,
				   frames[i]);
		world_block(c->world, frames, &reply, 1);
	}
	c->world->learning = NULL;
	for (uint32_t i = 0; i < c->kept.count; i++)
		count += c->now.nat_address[i] != c->kept.nat_address[i] || c->now.nat_port[i] != c->kept.nat_port[i];
	return count;
}

// Those that are ended come again with their next packet: the flow is still permitted.
static void clear(struct change *c, const char *name, const struct fw_session_filter *filter)
{
	struct core *core = c->world->engine->core;
	uint64_t ended = 0, start = rte_rdtsc();
	c->sent = c->lost = c->longest_own = 0;
	clear_ask(core, filter);
	while (!clear_answered(core, &ended)) {
		c->sent += PIPELINE_BURST;
		c->lost += PIPELINE_BURST - burst(c, &c->kept);
	}
	printf(",\"%s\":{\"ended\":%llu,\"ms\":%.1f,\"longestTurnUs\":%.1f,\"sent\":%llu,\"lost\":%llu}", name, (unsigned long long)ended,
	       ms_between(start, rte_rdtsc()), (double)c->longest_own / 1e3, (unsigned long long)c->sent, (unsigned long long)c->lost);
}

static int start(struct change *c, const struct bench_options *o, uint32_t sessions)
{
	struct world *other = o->program_count == 2 ? world_create(&o->programs[1], 64, 64) : NULL;
	if (other == NULL) {
		fputs("portcullis-bench: change needs two programs\n", stderr);
		return -1;
	}
	c->size = other->engine->tables->program->total_size;
	c->bytes = malloc(c->size);
	if (c->bytes == NULL)
		return -1;
	memcpy(c->bytes, other->engine->tables->program, c->size);
	world_free(other);
	c->random = 88172645463325252ull;
	c->world = world_create(&o->programs[0], sessions + sessions / 4, 64);
	if (c->world == NULL || flow_set_init(&c->denied, FLOW_UDP4, 1, sessions / 2) != 0 ||
	    flow_set_init(&c->kept, FLOW_NAT_UDP4, 1, sessions / 2) != 0 || flow_set_init(&c->now, FLOW_NAT_UDP4, 1, sessions / 2) != 0 ||
	    world_open(c->world, &c->denied) != 0 || world_open(c->world, &c->kept) != 0)
		return -1;
	return 0;
}

static int with_control(struct change *c, unsigned core)
{
	pthread_t thread;
	pthread_attr_t attributes;
	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	for (long i = 0, n = sysconf(_SC_NPROCESSORS_ONLN); i < n; i++)
		if (i != core || n == 1)
			CPU_SET(i, &cpus);
	pthread_attr_init(&attributes);
	pthread_attr_setaffinity_np(&attributes, sizeof(cpus), &cpus);
	if (pthread_create(&thread, &attributes, control, c) != 0)
		return -1;
	int code = run(c);
	pthread_join(thread, NULL);
	return code;
}

int run_change(const struct bench_options *o)
{
	static struct change c;
	const struct fw_session_filter all = {.protocol = 0xffff, .from_zone = 0xffff, .to_zone = 0xffff, .either_zone = 0xffff};
	struct fw_session_filter half = all;
	uint32_t sessions = o->session_count > 0 ? o->sessions[0] : 1000000;
	half.family = 4;
	memcpy(half.destination, "\xc6\x13\x00\x00", 4); // 198.19.0.0/17: every second server
	half.destination_length = 17;
	if (start(&c, o, sessions) != 0 || with_control(&c, o->core) != 0)
		return -1;
	printf("{\"run\":\"change\",\"sessions\":%u,\"buildMs\":%.2f,\"wrong\":%llu,\"wrongForMs\":%.2f,\"wrongSinceBuildMs\":%.2f,\"sweptMs\":%.1f,"
	       "\"denied\":%u,\"sent\":%llu,\"lost\":%llu,\"longestTurnUs\":%.1f,\"moved\":%u",
	       sessions, ms_between(c.started, c.done), (unsigned long long)c.wrong, ms_between(c.done, c.last_wrong),
	       ms_between(c.started, c.last_wrong), ms_between(c.done, c.swept), c.denied.count, (unsigned long long)c.sent,
	       (unsigned long long)c.lost, (double)c.longest_own / 1e3, moved(&c));
	clear(&c, "clearSome", &half);
	clear(&c, "clearAll", &all);
	printf("}\n");
	return 0;
}
