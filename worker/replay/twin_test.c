// SPDX-License-Identifier: Apache-2.0
// The same frames through engines that differ in what must not matter: one tells the end of every
// packet and one keeps quiet, one gets bursts and one gets frame by frame. All counters must agree.
#include "fuzz/program.h"
#include "pipeline/checksum.h"
#include "pipeline/packet.h"
#include "replay/engine_own.h"
#include "test.h"

enum { TELLS, QUIET, ONE_BY_ONE, TWINS };
enum { ROUNDS = 6000, FRAME = 96 };

static _Alignas(8) uint8_t banks[FUZZ_VARIANTS][FUZZ_PROGRAM_ROOM];
static size_t sizes[FUZZ_VARIANTS];
static struct engine *twins[TWINS];
static uint64_t seed = 0x2545f4914f6cdd1dull;
static uint64_t sent[TWINS];

static uint32_t below(uint32_t bound)
{
	return test_below(&seed, bound);
}

static void take(void *context, uint32_t port, struct rte_mbuf **frames, unsigned count)
{
	(void)port;
	*(uint64_t *)context += count;
	rte_pktmbuf_free_bulk(frames, count);
}

static void resolve(void *context, const struct neighbor_key *key)
{
	(void)context;
	(void)key;
}

static void ended(void *context, struct rte_mbuf *frame, const struct packet_end *end)
{
	(void)context;
	CHECK(frame != NULL && end->outcome <= OUTCOME_DROPPED);
}

// Hosts of every zone, the firewall itself, broadcast, nobody, and the world.
static const uint8_t hosts[][4] = {{10, 0, 1, 5},  {10, 0, 1, 9},    {10, 0, 1, 1},  {10, 0, 1, 255},
				   {10, 0, 20, 5}, {10, 0, 20, 200}, {10, 0, 30, 7}, {203, 0, 113, 9},
				   {203, 0, 113, 2}, {198, 51, 100, 1}, {8, 8, 8, 8}, {255, 255, 255, 255}};
static const uint8_t sites[] = {1, 15, 32, 99};
static const uint16_t services[] = {53, 68, 80, 546, 8080, 99, 22, 4433};

static void random4(uint8_t *address)
{
	memcpy(address, hosts[below(sizeof(hosts) / sizeof(hosts[0]))], 4);
	if (below(8) == 0)
		address[3] = (uint8_t)test_random(&seed);
}

static void random6(uint8_t *address)
{
	memset(address, 0, 16);
	memcpy(address, "\x20\x01\x0d\xb8", 4);
	address[5] = sites[below(sizeof(sites))];
	address[15] = (uint8_t)(1 + below(6));
	if (below(16) == 0)
		address[0] = 0xfe, address[1] = 0x80;
}

static uint32_t transport(uint8_t *l4, uint8_t *protocol)
{
	static const uint8_t flags[] = {2, 16, 4, 18, 17};
	write16(l4, (uint16_t)(1024 + below(4)));
	write16(l4 + 2, services[below(sizeof(services) / sizeof(services[0]))]);
	switch (below(4)) {
	case 0:
		*protocol = 6;
		l4[12] = 5 << 4;
		l4[13] = flags[below(3) == 0 ? below(sizeof(flags)) : 0];
		return 20;
	case 1: // whatever it is: judged by its addresses
		*protocol = below(2) ? 47 : 132;
		memset(l4, 0, 12);
		l4[2] = 8;
		return 12;
	default:
		*protocol = 17;
		write16(l4 + 4, 12);
		return 12;
	}
}

static uint32_t make4(uint8_t *ip)
{
	uint32_t length = transport(ip + 20, &ip[9]);
	ip[0] = 0x45;
	write16(ip + 2, (uint16_t)(20 + length));
	ip[8] = below(16) == 0 ? 1 : 64;
	random4(ip + 12);
	random4(ip + 16);
	checksum_store(ip + 10, checksum_add(0, ip, 20));
	return 20 + length;
}

static uint32_t make6(uint8_t *ip)
{
	uint32_t length = transport(ip + 40, &ip[6]);
	ip[0] = 0x60;
	write16(ip + 4, (uint16_t)length);
	ip[7] = 64;
	random6(ip + 8);
	random6(ip + 24);
	return 40 + length;
}

static uint32_t make_frame(uint8_t *f)
{
	bool v6 = below(3) == 0;
	memset(f, 0, FRAME);
	f[0] = 2;
	f[6] = 2;
	write16(f + 12, v6 ? 0x86dd : 0x0800);
	return 14 + (v6 ? make6(f + 14) : make4(f + 14));
}

// Some frames come twice in a burst: the first may open what the second belongs to.
static unsigned make_burst(uint8_t bytes[][FRAME], struct engine_frame *frames, uint32_t port)
{
	unsigned count = 1 + below(PIPELINE_BURST);
	for (unsigned i = 0; i < count; i++) {
		uint32_t length;
		if (i != 0 && below(4) == 0) {
			unsigned twice = below(i);
			memcpy(bytes[i], bytes[twice], FRAME);
			length = frames[twice].length;
		} else {
			length = make_frame(bytes[i]);
		}
		uint32_t tci = port == 2 ? 20 + 10 * below(2) : ENGINE_TCI_NONE;
		frames[i] = (struct engine_frame){.bytes = bytes[i], .length = length, .tci = tci};
	}
	return count;
}

static void same(const struct engine *a, const struct engine *b)
{
	CHECK(memcmp(&a->counters, &b->counters, sizeof(a->counters)) == 0);
	for (unsigned i = 0; i < FUZZ_INTERFACES; i++)
		CHECK(memcmp(&a->interfaces[i], &b->interfaces[i], sizeof(a->interfaces[i])) == 0);
	CHECK(memcmp(a->policies, b->policies, 8 * sizeof(*a->policies)) == 0);
	CHECK_EQ(sent[a == twins[TELLS] ? TELLS : ONE_BY_ONE], sent[QUIET]);
}

static void one_burst(bool singly)
{
	uint8_t bytes[PIPELINE_BURST][FRAME];
	struct engine_frame frames[PIPELINE_BURST];
	uint32_t port = below(FUZZ_PORTS);
	unsigned count = make_burst(bytes, frames, port);
	engine_from_port(twins[TELLS], port, frames, count);
	engine_from_port(twins[QUIET], port, frames, count);
	same(twins[TELLS], twins[QUIET]);
	for (unsigned i = 0; singly && i < count; i++)
		engine_from_port(twins[ONE_BY_ONE], port, &frames[i], 1);
	if (singly)
		same(twins[ONE_BY_ONE], twins[QUIET]);
}

static void load(unsigned twin, unsigned bank)
{
	struct program_fault fault;
	int rc = engine_load(twins[twin], banks[bank], sizes[bank], &fault);
	if (rc != 0)
		fprintf(stderr, "%s[%u].%s: %s\n", fault.section, fault.row, fault.field, fault.message);
	CHECK_EQ(rc, 0);
}

static void restart(unsigned bank)
{
	for (unsigned i = 0; i < TWINS; i++) {
		CHECK_EQ(engine_reset(twins[i], &twins[i]->options), 0);
		load(i, bank);
		sent[i] = 0;
	}
}

// Rounds with two banks in turns.
static void listen_or_not(unsigned first)
{
	restart(first);
	for (unsigned round = 0; round < ROUNDS; round++) {
		one_burst(false);
		for (unsigned i = TELLS; round % 512 == 511 && i <= QUIET; i++)
			load(i, first + round / 512 % 2);
		if (round % 64 == 63)
			for (unsigned i = TELLS; i <= QUIET; i++)
				engine_advance(twins[i], 100000000);
	}
	CHECK(twins[QUIET]->counters.dropped[FW_DROP_DEFAULT_DENY] > 1000);
	CHECK(twins[QUIET]->counters.dropped[FW_DROP_POLICY_DENY] > 1000);
	CHECK(twins[QUIET]->counters.dropped[FW_DROP_SOURCE_INVALID] > 1000);
	CHECK(twins[QUIET]->counters.sessions_opened > 100);
}

static void nobody_listening_changes_no_counter(void)
{
	listen_or_not(0);
}

static void nobody_listening_changes_no_counter_without_nat(void)
{
	listen_or_not(FUZZ_PLAIN);
	CHECK(engine_tables(twins[QUIET])->nat == NULL);
}

// A fresh table for every burst: in a burst packets of sessions go before those of none.
static void a_burst_counts_like_its_frames_one_by_one(void)
{
	for (unsigned round = 0; round < ROUNDS / 10; round++) {
		restart(round % FUZZ_VARIANTS);
		one_burst(true);
	}
}

int main(void)
{
	static struct pipeline_output outputs[TWINS];
	CHECK_EQ(engine_start_eal("twin-test"), 0);
	for (unsigned variant = 0; variant < FUZZ_VARIANTS; variant++)
		sizes[variant] = fuzz_program(banks[variant], variant);
	for (unsigned i = 0; i < TWINS; i++) {
		outputs[i] = (struct pipeline_output){.context = &sent[i],
						      .transmit = take,
						      .punt = take,
						      .resolve = resolve,
						      .ended = i == TELLS ? ended : NULL};
		struct engine_options options = {
		    .sessions4 = 256, .sessions6 = 256, .output = &outputs[i]};
		twins[i] = engine_create(&options, NULL);
		CHECK(twins[i] != NULL);
	}
	RUN(nobody_listening_changes_no_counter);
	RUN(nobody_listening_changes_no_counter_without_nat);
	RUN(a_burst_counts_like_its_frames_one_by_one);
	for (unsigned i = 0; i < TWINS; i++)
		engine_free(twins[i]);
	return 0;
}
