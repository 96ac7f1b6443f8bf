// SPDX-License-Identifier: Apache-2.0
// The pipeline from inside: what the packet tests cannot reach over a pipe.
#include "replay/engine.h"

#include "fuzz/program.h"
#include "pipeline/checksum.h"
#include "pipeline/packet.h"
#include "test.h"

static _Alignas(8) uint8_t banks[2][FUZZ_PROGRAM_ROOM];
static size_t sizes[2];
static struct engine *engine;
static struct packet_end last;
static unsigned transmitted_count, ended_count;

static void transmitted(void *context, uint32_t port, const uint8_t *frame, uint32_t length)
{
	(void)context;
	(void)port;
	(void)frame;
	CHECK(length >= 14);
	transmitted_count++;
}

static void punted(void *context, uint32_t interface, const uint8_t *frame, uint32_t length)
{
	(void)context;
	(void)interface;
	(void)frame;
	CHECK(length >= 14);
}

static void ended(void *context, uint64_t tag, const struct packet_end *end)
{
	(void)context;
	(void)tag;
	last = *end;
	ended_count++;
}

static void load(unsigned variant)
{
	struct program_fault fault;
	int rc = engine_load(engine, banks[variant], sizes[variant], &fault);
	if (rc != 0)
		fprintf(stderr, "%s[%u].%s: %s\n", fault.section, fault.row, fault.field, fault.message);
	CHECK_EQ(rc, 0);
}

static void restart(uint32_t sessions)
{
	struct engine_options options = {.sessions4 = sessions, .sessions6 = sessions};
	CHECK_EQ(engine_reset(engine, &options), 0);
	transmitted_count = ended_count = 0;
	load(0);
}

// UDP from 10.0.1.5 to 203.0.113.9.
static uint32_t make_udp(uint8_t *f, uint16_t source_port, uint16_t destination_port)
{
	memset(f, 0, 60);
	f[6] = 2;
	write16(f + 12, 0x0800);
	uint8_t *ip = f + 14;
	ip[0] = 0x45;
	write16(ip + 2, 28);
	ip[8] = 64;
	ip[9] = 17;
	memcpy(ip + 12, "\x0a\0\x01\x05\xcb\0\x71\x09", 8);
	checksum_store(ip + 10, checksum_add(0, ip, 20));
	write16(ip + 20, source_port);
	write16(ip + 22, destination_port);
	write16(ip + 24, 8);
	return 42;
}

static void send_to(uint16_t destination_port, uint16_t first_port, unsigned count)
{
	uint8_t bytes[PIPELINE_BURST][64];
	struct engine_frame frames[PIPELINE_BURST];
	for (unsigned i = 0; i < count; i++) {
		uint32_t length = make_udp(bytes[i], (uint16_t)(first_port + i), destination_port);
		frames[i] = (struct engine_frame){
		    .bytes = bytes[i], .length = length, .tci = ENGINE_TCI_NONE};
	}
	engine_from_port(engine, 0, frames, count);
	CHECK(engine_conserves(engine));
}

static void send_burst(uint16_t first_port, unsigned count)
{
	send_to(53, first_port, count);
}

static void a_full_burst_of_new_flows(void)
{
	restart(256);
	send_burst(1, PIPELINE_BURST);
	CHECK_EQ(transmitted_count, 32);
	CHECK_EQ(engine_counters(engine)->sessions4, 32);
	send_burst(1, PIPELINE_BURST);
	CHECK_EQ(transmitted_count, 64);
	CHECK_EQ(engine_counters(engine)->sessions_opened, 32);
}

static void a_burst_larger_than_the_table(void)
{
	restart(8);
	send_burst(1, PIPELINE_BURST);
	CHECK_EQ(transmitted_count, 8);
	CHECK_EQ(engine_counters(engine)->dropped[FW_DROP_SESSION_TABLE_FULL], 24);
}

// The other variant permits port 53, and no longer port 99. All sessions are silent: the sweep must
// find them.
static void the_sweep_ends_silent_sessions(void)
{
	restart(4096);
	for (uint16_t port = 1; port <= 1600; port = (uint16_t)(port + PIPELINE_BURST)) {
		send_to(53, port, PIPELINE_BURST);
		send_to(99, port, PIPELINE_BURST);
	}
	CHECK_EQ(engine_counters(engine)->sessions4, 3200);
	load(1);
	engine_advance(engine, 0);
	CHECK_EQ(engine_counters(engine)->sessions4, 1600);
	CHECK_EQ(engine_counters(engine)->sessions_denied, 1600);
	CHECK(engine_conserves(engine));
}

static const struct fw_policy_counters *counters_of(const char *name)
{
	const struct tables *t = engine_tables(engine);
	for (uint32_t row = 0; row < t->policy_count; row++)
		if (strcmp(t->policies[row].name, name) == 0)
			return &engine_policies(engine)[t->policies[row].slot];
	CHECK(false);
	return NULL;
}

static void counters_of_policies_follow_their_names(void)
{
	restart(64);
	send_burst(1, 5);
	CHECK_EQ(counters_of("out")->packets, 5);
	load(1);
	CHECK_STR(engine_tables(engine)->policies[0].name, "out");
	CHECK_EQ(counters_of("out")->packets, 5);
	CHECK_EQ(counters_of("out")->sessions, 5);
	CHECK_STR(engine_tables(engine)->policies[1].name, "tunnels");
	CHECK_EQ(counters_of("tunnels")->packets, 0);
	load(0);
	CHECK_EQ(counters_of("out")->packets, 5);
	send_burst(1, 5);
	CHECK_EQ(counters_of("out")->packets, 10);
}

static void the_end_of_a_packet_names_rows(void)
{
	restart(64);
	send_burst(1, 1);
	CHECK_EQ(last.outcome, OUTCOME_FORWARDED);
	CHECK_EQ(last.policy, 2);
	CHECK_EQ(last.from_zone, 0);
	CHECK_EQ(last.to_zone, 1);
	CHECK_EQ(last.in_interface, 0);
	CHECK_EQ(last.out_interface, 1);
	CHECK(last.session != 0);
}

static void many_generations_leak_nothing(void)
{
	restart(64);
	for (unsigned i = 0; i < 300; i++) {
		send_burst((uint16_t)(1 + i % 8), 8);
		load(i & 1);
		engine_advance(engine, 1000000);
	}
	CHECK(engine_conserves(engine));
	CHECK_EQ(engine_counters(engine)->sessions_denied, 0);
}

int main(void)
{
	struct engine_options options = {.sessions4 = 64, .sessions6 = 64};
	struct engine_sink sink = {NULL, transmitted, punted, ended};
	CHECK_EQ(engine_start_eal("engine-test"), 0);
	for (unsigned variant = 0; variant < 2; variant++)
		sizes[variant] = fuzz_program(banks[variant], variant);
	engine = engine_create(&options, &sink);
	CHECK(engine != NULL);
	RUN(a_full_burst_of_new_flows);
	RUN(a_burst_larger_than_the_table);
	RUN(the_sweep_ends_silent_sessions);
	RUN(counters_of_policies_follow_their_names);
	RUN(the_end_of_a_packet_names_rows);
	RUN(many_generations_leak_nothing);
	engine_free(engine);
	return 0;
}
