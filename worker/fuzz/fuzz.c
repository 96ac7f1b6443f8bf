// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the whole pipeline with everything it keeps between packets. An input is a list of
// actions:
//
//   00 port  length:2 frame     a frame from a port             (the top bits of port: see below)
//   01 iface length:2 frame     a frame from the kernel
//   02 time:2                   time passes, in units of 16 ms
//   03 variant                  the other configuration, a few times
//   04 n                        neighbor n goes, or comes back
//   05 n                        route n becomes a blackhole, goes, or comes back
//
// Bit 7 of port keeps the IPv4 header checksum as it is; else it is made right, because no fuzzer
// finds one. Bit 6 delivers the frame in segments, bit 5 takes the tag out of it like a NIC does.
// After every action the counters must add up.
#include <stdlib.h>
#include <string.h>
#include "fuzz/program.h"
#include "pipeline/checksum.h"
#include "replay/engine.h"

enum { SESSIONS = 24, FRAME_MAX = 2048, LOADS_MAX = 4 };
#define TIME_UNIT (16 * 1000000ull)

static struct engine *engine;
static _Alignas(8) uint8_t banks[2][FUZZ_PROGRAM_ROOM];
static size_t sizes[2];
static unsigned variant_loaded = UINT32_MAX; // none
static uint64_t ended_count, put_count;
static unsigned loads; // of this input; building tables is slow

static void transmitted(void *context, uint32_t port, const uint8_t *frame, uint32_t length)
{
	(void)context;
	(void)frame;
	if (port >= FUZZ_PORTS || length < 14)
		abort();
}

static void punted(void *context, uint32_t interface, const uint8_t *frame, uint32_t length)
{
	(void)context;
	(void)frame;
	if (interface >= FUZZ_INTERFACES || length < 14)
		abort();
}

static void ended(void *context, uint64_t tag, const struct packet_end *end)
{
	(void)context;
	if (tag >= put_count || (end->outcome == OUTCOME_DROPPED && end->reason >= FW_DROP_COUNT))
		abort();
	ended_count++;
}

static void check(void)
{
	if (!engine_conserves(engine) || ended_count + engine_counters(engine)->held != put_count)
		abort();
}

static void make_right(uint8_t *frame, uint32_t length)
{
	uint32_t at = length >= 18 && frame[12] == 0x81 && frame[13] == 0 ? 18 : 14;
	if (length < at + 20 || frame[at - 2] != 0x08 || frame[at - 1] != 0)
		return;
	uint8_t *ip = frame + at;
	uint32_t header = (ip[0] & 15u) * 4;
	if (header < 20 || at + header > length)
		return;
	ip[10] = ip[11] = 0;
	checksum_store(ip + 10, checksum_add(0, ip, header));
}

static void take_tag(struct engine_frame *f, uint8_t *frame)
{
	if (f->length < 18 || frame[12] != 0x81 || frame[13] != 0)
		return;
	f->tci = (uint32_t)frame[14] << 8 | frame[15];
	memmove(frame + 4, frame, 12);
	f->bytes = frame + 4;
	f->length -= 4;
}

static void put_in(uint8_t row, bool from_host, const uint8_t *bytes, uint32_t length)
{
	static uint8_t copy[FRAME_MAX];
	struct engine_frame f = {
	    .bytes = copy, .length = length, .tci = ENGINE_TCI_NONE, .tag = put_count++};
	memcpy(copy, bytes, length);
	if (!(row & 0x80))
		make_right(copy, length);
	f.segment = row & 0x40 ? 23 : 0;
	if (row & 0x20)
		take_tag(&f, copy);
	if (from_host)
		engine_from_host(engine, row & 7, &f, 1);
	else
		engine_from_port(engine, row & 3, &f, 1);
}

static void toggle_neighbor(uint8_t n)
{
	static const uint8_t mac[6] = {2, 9, 9, 9, 9, 9};
	static const struct {
		uint32_t interface;
		uint8_t address[16];
	} known[] = {
	    {0, {10, 0, 1, 5}}, {1, {203, 0, 113, 1}}, {1, {203, 0, 113, 9}}, {2, {10, 0, 20, 5}}};
	engine_set_neighbor(engine, known[n & 3].interface, 4, known[n & 3].address,
			    n & 4 ? mac : NULL);
}

static void toggle_route(uint8_t n)
{
	static const struct {
		uint32_t interface;
		uint8_t length, prefix[16];
	} known[] = {{1, 32, {203, 0, 113, 9}},
		     {2, 24, {10, 0, 20, 0}},
		     {0, 25, {10, 0, 1, 0}},
		     {3, 32, {198, 51, 100, 1}}};
	static const enum hop_type types[] = {HOP_NONE, HOP_BLACKHOLE, HOP_CONNECTED, HOP_LOCAL};
	static const uint8_t none[16];
	engine_set_route(engine, 4, known[n & 3].prefix, known[n & 3].length, types[n >> 2 & 3],
			 known[(n >> 4) & 3].interface, none);
}

static void load(unsigned variant)
{
	struct program_fault fault;
	if (engine_load(engine, banks[variant], sizes[variant], &fault) != 0)
		abort();
	variant_loaded = variant;
}

// One action; returns the bytes it took.
static size_t act(const uint8_t *at, size_t left)
{
	switch (at[0] % 6) {
	case 0:
	case 1: {
		if (left < 4)
			return left;
		size_t length = ((size_t)at[2] << 8 | at[3]) % FRAME_MAX;
		if (length > left - 4)
			length = left - 4;
		put_in(at[1], at[0] % 6 == 1, at + 4, (uint32_t)length);
		return 4 + length;
	}
	case 2:
		if (left < 3)
			return left;
		engine_advance(engine, ((uint64_t)at[1] << 8 | at[2]) * TIME_UNIT);
		return 3;
	case 3:
		if (left >= 2 && ++loads <= LOADS_MAX)
			load(at[1] & 1);
		break;
	case 4:
		if (left >= 2)
			toggle_neighbor(at[1]);
		break;
	default:
		if (left >= 2)
			toggle_route(at[1]);
	}
	return 2;
}

static void start(void)
{
	struct engine_options options = {.sessions4 = SESSIONS, .sessions6 = SESSIONS};
	struct engine_sink sink = {NULL, transmitted, punted, ended};
	if (engine_start_eal("fuzz") != 0)
		abort();
	for (unsigned variant = 0; variant < 2; variant++)
		sizes[variant] = fuzz_program(banks[variant], variant);
	engine = engine_create(&options, &sink);
	if (engine == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct engine_options options = {
	    .sessions4 = SESSIONS, .sessions6 = SESSIONS, .keep_program = variant_loaded == 0};
	if (engine == NULL)
		start();
	if (engine_reset(engine, &options) != 0)
		abort();
	ended_count = put_count = 0;
	loads = 0;
	if (variant_loaded != 0)
		load(0);
	for (size_t at = 0; at < size;) {
		size_t took = act(data + at, size - at);
		at += took < size - at ? took : size - at;
		check();
	}
	for (unsigned second = 0; second < 12; second++)
		engine_advance(engine, 1000000000ull);
	check();
	if (engine_counters(engine)->held != 0)
		abort(); // nothing waits for ever
	return 0;
}
