// SPDX-License-Identifier: Apache-2.0
// An engine whose frames come from memory and go back there.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_cycles.h>
#include "bench/bench.h"
#include "loop/clock.h"
#include "replay/names.h"

enum { FRAMES = 4095, JUMP_STEP_NS = 250000000 };

struct rte_mempool *world_frames(void)
{
	static struct rte_mempool *pool;
	if (pool == NULL) // without a cache buffers go round, as in the ring of a NIC
		pool = rte_pktmbuf_pool_create("frames", FRAMES, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					       SOCKET_ID_ANY);
	return pool;
}

static void keep(struct world *w, struct rte_mbuf **frames, unsigned count)
{
	memcpy(&w->sent[w->sent_count], frames, count * sizeof(*frames));
	w->sent_count += count;
}

static void transmit(void *context, uint32_t port, struct rte_mbuf **frames, unsigned count)
{
	struct world *w = context;
	if (w->learning != NULL && port == w->wan)
		for (unsigned i = 0; i < count; i++)
			flow_learn(w->learning, rte_pktmbuf_mtod(frames[i], uint8_t *),
				   frames[i]->pkt_len);
	keep(w, frames, count);
}

static void punt(void *context, uint32_t interface, struct rte_mbuf **frames, unsigned count)
{
	(void)interface;
	keep(context, frames, count);
}

static void resolve(void *context, const struct neighbor_key *key)
{
	(void)context;
	(void)key;
}

static void *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
		return NULL;
	*size = (size_t)ftell(file);
	rewind(file);
	void *bytes = malloc(*size + 1);
	if (bytes != NULL && fread(bytes, 1, *size, file) != *size) {
		free(bytes);
		bytes = NULL;
	}
	fclose(file);
	return bytes;
}

static int load(struct world *w, const char *path)
{
	struct program_fault fault = {0};
	size_t size;
	void *bytes = read_file(path, &size);
	if (bytes == NULL) {
		fprintf(stderr, "portcullis-bench: cannot read %s\n", path);
		return -1;
	}
	int error = engine_load(w->engine, bytes, size, &fault);
	free(bytes);
	if (error != 0)
		fprintf(stderr, "portcullis-bench: %s: %s\n", path, fault.message);
	return error;
}

static int find_ports(struct world *w)
{
	const struct tables *t = engine_tables(w->engine);
	const struct fw_port_row *ports =
	    (const void *)((const uint8_t *)t->program + t->program->ports.offset);
	w->lan = w->wan = FW_NO_INDEX;
	for (uint32_t i = 0; i < t->program->ports.count; i++) {
		if (strcmp(ports[i].name, "lan") == 0)
			w->lan = i;
		if (strcmp(ports[i].name, "wan") == 0)
			w->wan = i;
	}
	if (w->lan != FW_NO_INDEX && w->wan != FW_NO_INDEX)
		return 0;
	fputs("portcullis-bench: the program needs ports lan and wan\n", stderr);
	return -1;
}

static void set_time(struct world *w)
{
	w->engine->clock_ns = clock_boottime_ns() - w->origin_ns + w->jumped_ns;
	engine_set_time(w->engine);
}

struct world *world_create(const struct bench_program *p, uint32_t sessions4, uint32_t sessions6)
{
	struct world *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return NULL;
	w->frames = world_frames();
	w->output = (struct pipeline_output){
	    .context = w, .transmit = transmit, .punt = punt, .resolve = resolve};
	struct engine_options options = {.sessions4 = sessions4,
					 .sessions6 = sessions6,
					 .strict_mac = true,
					 .output = &w->output};
	w->engine = engine_create(&options, NULL);
	if (w->engine == NULL)
		fputs("portcullis-bench: out of memory\n", stderr);
	if (w->engine == NULL || w->frames == NULL || load(w, p->path) != 0 || find_ports(w) != 0) {
		world_free(w);
		return NULL;
	}
	w->origin_ns = clock_boottime_ns();
	set_time(w);
	return w;
}

struct tables *world_build(const void *bytes, size_t size, struct tables *previous)
{
	struct program_fault fault;
	struct tables *next = NULL;
	void *copy = malloc(size);
	if (copy == NULL)
		return NULL;
	memcpy(copy, bytes, size);
	if (tables_build(copy, size, previous->epoch + 1, previous, &next, &fault) != 0)
		return NULL;
	for (uint32_t i = 0; i < next->interface_count; i++) {
		next->interfaces[i].mtu = previous->interfaces[i].mtu;
		memcpy(next->interfaces[i].mac, previous->interfaces[i].mac, 6);
	}
	return next;
}

void world_free(struct world *w)
{
	engine_free(w->engine);
	free(w);
}

void world_jump(struct world *w, uint64_t nanoseconds)
{
	for (uint64_t left = nanoseconds; left > 0;) {
		uint64_t step = left < JUMP_STEP_NS ? left : JUMP_STEP_NS;
		w->jumped_ns += step;
		left -= step;
		set_time(w);
		while (core_housekeeping(w->engine->core))
			;
	}
}

void world_allocate(struct world *w, struct rte_mbuf **frames, unsigned count)
{
	if (rte_pktmbuf_alloc_bulk(w->frames, frames, count) == 0)
		return;
	fputs("portcullis-bench: frames got lost\n", stderr);
	exit(1);
}

uint64_t world_block(struct world *w, struct rte_mbuf **frames, const bool *reply, unsigned bursts)
{
	uint64_t start = rte_rdtsc_precise();
	for (unsigned b = 0; b < bursts; b++) {
		set_time(w);
		core_from_port(w->engine->core, reply[b] ? w->wan : w->lan,
			       frames + b * PIPELINE_BURST, PIPELINE_BURST);
		core_housekeeping(w->engine->core);
	}
	uint64_t ticks = rte_rdtsc_precise() - start;
	rte_pktmbuf_free_bulk(w->sent, w->sent_count);
	w->sent_count = 0;
	return ticks;
}

uint64_t world_forwarded(const struct world *w)
{
	return engine_counters(w->engine)->forwarded;
}

void world_tell_drops(const struct world *w)
{
	for (unsigned reason = 0; reason < FW_DROP_COUNT; reason++)
		if (engine_counters(w->engine)->dropped[reason] != 0)
			fprintf(stderr, "portcullis-bench: %llu dropped: %s\n",
				(unsigned long long)engine_counters(w->engine)->dropped[reason],
				name_of_drop((enum fw_drop)reason));
}

static void open_burst(struct world *w, struct flow_set *f, uint32_t at, bool reply,
		       enum flow_step step)
{
	struct rte_mbuf *frames[PIPELINE_BURST];
	world_allocate(w, frames, PIPELINE_BURST);
	for (unsigned i = 0; i < PIPELINE_BURST; i++) // the last burst repeats the last flow
		flow_write(w, f, f->first + (at + i < f->count ? at + i : f->count - 1), reply,
			   step, frames[i]);
	w->learning = step == FLOW_SYN ? f : NULL;
	world_block(w, frames, &reply, 1);
	w->learning = NULL;
}

int world_open(struct world *w, struct flow_set *f)
{
	uint64_t before = engine_counters(w->engine)->sessions_opened;
	for (uint32_t at = 0; at < f->count; at += PIPELINE_BURST) {
		open_burst(w, f, at, false, FLOW_SYN);
		open_burst(w, f, at, true, FLOW_SYN_ACK);
		open_burst(w, f, at, false, FLOW_DATA);
	}
	uint64_t opened = engine_counters(w->engine)->sessions_opened - before;
	if (opened == f->count)
		return 0;
	fprintf(stderr, "portcullis-bench: %s: %llu of %u sessions opened\n", flow_name(f->kind),
		(unsigned long long)opened, f->count);
	world_tell_drops(w);
	return -1;
}
