// SPDX-License-Identifier: Apache-2.0
// portcullis-bench: what the packet path costs, measured in one process without ports.
//
// A world is an engine (replay/engine.h: the worker's core and stages, counters on, policy epoch
// checked) with a program that the compiler made. Frames are written untimed; what is timed is what
// a turn of the worker's loop does with a burst: read the clock, core_from_port(),
// core_housekeeping(), and the handing over of the frames to an output that keeps them.
//
// Variants are measured in turns within one process, so that whatever else the machine does meets
// all of them alike: only ratios of one run mean something. Results are lines of JSON on standard
// output; times are ticks of the time stamp counter.
#ifndef PORTCULLIS_BENCH_BENCH_H
#define PORTCULLIS_BENCH_BENCH_H

#include "replay/engine_own.h"

enum { BENCH_LIST = 16, BENCH_BLOCK = 4 * PIPELINE_BURST };

struct bench_options {
	const char *run;
	struct bench_program {
		const char *name, *path;
	} programs[BENCH_LIST];
	unsigned program_count;
	uint32_t sessions[BENCH_LIST];
	unsigned session_count;
	const char *kinds[BENCH_LIST];
	unsigned kind_count;
	uint32_t rounds, packets, seconds;
	uint32_t rate; // new sessions per second; 0: as the run chooses
	unsigned core;
	unsigned memory; // MiB of EAL
};

// Flows between lan (clients) and wan (servers), by number. Their kind decides what the program
// does with them.
enum flow_kind {
	FLOW_UDP4,
	FLOW_TCP4,
	FLOW_NAT_UDP4,
	FLOW_NAT_TCP4,
	FLOW_UDP6,
	FLOW_TCP6,
	FLOW_OPEN4,  // UDP, the default timeout
	FLOW_CHURN4, // UDP, a timeout of one second
	FLOW_DENY4,  // UDP, denied
	FLOW_KINDS
};

struct flow_set {
	enum flow_kind kind;
	uint32_t first, count; // numbers
	uint32_t *nat_address; // big endian; what source NAT made of each; NULL: no NAT
	uint16_t *nat_port;
};

enum flow_step { FLOW_SYN, FLOW_SYN_ACK, FLOW_DATA };

struct world {
	struct engine *engine;
	struct rte_mempool *frames;
	uint32_t lan, wan; // port rows
	uint64_t origin_ns, jumped_ns;
	struct rte_mbuf *sent[2 * BENCH_BLOCK];
	unsigned sent_count;
	struct flow_set *learning;
	struct pipeline_output output;
};

// eal.c
int bench_start_eal(const struct bench_options *o);

// flow.c
const char *flow_name(enum flow_kind kind);
int flow_kind_of(const char *name); // -1: none
bool flow_has_nat(enum flow_kind kind);
uint8_t flow_family(enum flow_kind kind);
int flow_set_init(struct flow_set *f, enum flow_kind kind, uint32_t first, uint32_t count);
void flow_set_free(struct flow_set *f);
// The frame of a flow; reply: from the server. port is the row it comes in through.
void flow_write(const struct world *w, const struct flow_set *f, uint32_t number, bool reply,
		enum flow_step step, struct rte_mbuf *mbuf);
void flow_learn(struct flow_set *f, const uint8_t *frame, uint32_t length);

// world.c. sessions: capacity of both tables, by family.
struct world *world_create(const struct bench_program *p, uint32_t sessions4, uint32_t sessions6);
// Any thread: the generation after previous, for core_set_tables(); NULL: no memory, or not a program.
struct tables *world_build(const void *bytes, size_t size, struct tables *previous);
void world_free(struct world *w);
struct rte_mempool *world_frames(void);                 // shared by all worlds
void world_jump(struct world *w, uint64_t nanoseconds); // time passes; what is due is done
// The frames of a block, bursts of one port each: reply[b] says which. Ticks that the pipeline
// took.
uint64_t world_block(struct world *w, struct rte_mbuf **frames, const bool *reply, unsigned bursts);
void world_allocate(struct world *w, struct rte_mbuf **frames, unsigned count);
int world_open(struct world *w, struct flow_set *f); // sessions for all flows of the set
uint64_t world_forwarded(const struct world *w);
void world_tell_drops(const struct world *w); // on standard error, when there are any

// stats.c
struct series {
	double *values;
	unsigned count, room;
};
void series_add(struct series *s, double value);
void series_free(struct series *s);
double series_at(const struct series *s, double part);      // 0.5: the median
void series_json(const struct series *s, const char *name); // ,"name":{"min":...},...

// The kernel has run something else on this thread's core since the last call: what was timed since
// then says nothing.
bool bench_interrupted(void);

static inline uint64_t bench_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

// One file each. Return 0 or -1 with a line on standard error.
int run_established(const struct bench_options *o);
int run_open(const struct bench_options *o);
int run_churn(const struct bench_options *o);
int run_deny(const struct bench_options *o);
int run_lookup(const struct bench_options *o);
int run_stall(const struct bench_options *o);
int run_change(const struct bench_options *o);

#endif
