// SPDX-License-Identifier: Apache-2.0
// Counters when the number of cores changes: whatever there were before, the sums over all cores stay, and only rows of cores that
// there are have any.
#include "control/counters.h"

#include "test.h"

enum { POLICIES = 40 };

static struct state state;

static void *room(size_t count, size_t size)
{
	void *p = calloc(count, size);
	CHECK(p != NULL);
	return p;
}

static void open_state(void)
{
	memset(&state, 0, sizeof(state));
	state.counters = room(FW_MAX_CORES, sizeof(*state.counters));
	state.ports = room(FW_MAX_CORES * FW_MAX_PORTS, sizeof(*state.ports));
	state.interfaces = room(FW_MAX_CORES * FW_MAX_INTERFACES, sizeof(*state.interfaces));
	state.policies = room(FW_MAX_CORES * FW_MAX_POLICIES, sizeof(*state.policies));
	state.tables = room(FW_MAX_CORES * FW_TABLE_COUNT, sizeof(*state.tables));
}

static void close_state(void)
{
	free(state.counters);
	free(state.ports);
	free(state.interfaces);
	free(state.policies);
	free(state.tables);
}

// Every core has the same names; ports and interfaces in rows of its own, policies in the same slots.
static void count_something(uint32_t cores, uint64_t *seed)
{
	for (uint32_t n = 0; n < cores; n++) {
		struct fw_counters *c = &state.counters[n];
		for (uint32_t i = 0; i < FW_DROP_COUNT; i++)
			c->dropped[i] += test_below(seed, 5);
		c->received += 1000 + test_below(seed, 1000);
		c->forwarded += test_below(seed, 1000);
		c->sleeps += test_below(seed, 10);
		c->sessions4 = 1 + test_below(seed, 10);
		c->sessions6 = 1 + test_below(seed, 10);
		for (uint32_t i = 0; i < 3; i++) {
			struct fw_port_status *p = &state.ports[n * FW_MAX_PORTS + (i + n) % 3];
			snprintf(p->name, sizeof(p->name), "port%u", i);
			p->rx_packets += 1 + i;
			p->tx_bytes += test_below(seed, 100);
			struct fw_interface_status *f = &state.interfaces[n * FW_MAX_INTERFACES + (i + 2 * n) % 3];
			snprintf(f->name, sizeof(f->name), "if%u", i);
			f->punted += 1 + i;
			f->rx_bytes += test_below(seed, 100);
		}
		for (uint32_t i = 0; i < POLICIES; i++) {
			struct fw_policy_counters *p = &state.policies[n * FW_MAX_POLICIES + i];
			p->name_id = 1000 + i;
			p->packets += i;
			p->sessions += test_below(seed, 3);
		}
		for (uint32_t i = 0; i < FW_TABLE_COUNT; i++)
			state.tables[n * FW_TABLE_COUNT + i].refused += test_below(seed, 4);
	}
}

struct sums {
	uint64_t received, forwarded, dropped, sleeps, sessions, punted[3], rx[3], policy_packets[POLICIES], policy_sessions, refused;
};

static struct sums sum(void)
{
	struct sums s = {0};
	for (uint32_t n = 0; n < FW_MAX_CORES; n++) {
		const struct fw_counters *c = &state.counters[n];
		s.received += c->received;
		s.forwarded += c->forwarded;
		s.sleeps += c->sleeps;
		s.sessions += c->sessions4 + c->sessions6;
		for (uint32_t i = 0; i < FW_DROP_COUNT; i++)
			s.dropped += c->dropped[i];
		for (uint32_t i = 0; i < 3; i++) {
			const struct fw_port_status *p = &state.ports[n * FW_MAX_PORTS + i];
			const struct fw_interface_status *f = &state.interfaces[n * FW_MAX_INTERFACES + i];
			if (p->name[0] != '\0')
				s.rx[p->name[4] - '0'] += p->rx_packets;
			if (f->name[0] != '\0')
				s.punted[f->name[2] - '0'] += f->punted;
		}
		for (uint32_t i = 0; i < POLICIES; i++) {
			const struct fw_policy_counters *p = &state.policies[n * FW_MAX_POLICIES + i];
			if (p->name_id == 0)
				continue;
			s.policy_packets[p->name_id - 1000] += p->packets;
			s.policy_sessions += p->sessions;
		}
		for (uint32_t i = 0; i < FW_TABLE_COUNT; i++)
			s.refused += state.tables[n * FW_TABLE_COUNT + i].refused;
	}
	return s;
}

static void sums_stay_however_many_cores_there_are(void)
{
	uint64_t seed = 21;
	open_state();
	for (uint32_t round = 0; round < 60; round++) {
		uint32_t before = 1 + test_below(&seed, FW_MAX_CORES), after = 1 + test_below(&seed, FW_MAX_CORES);
		count_something(before, &seed);
		struct sums had = sum();
		counters_fold(&state, after);
		struct sums has = sum();
		CHECK_EQ(has.sessions, 0); // each core counts its own when it has attached them
		had.sessions = 0;
		CHECK(memcmp(&has, &had, sizeof(has)) == 0);
		for (uint32_t n = after; n < FW_MAX_CORES; n++) {
			CHECK_EQ(state.counters[n].received, 0);
			CHECK_EQ(state.ports[n * FW_MAX_PORTS].rx_packets, 0);
			CHECK_EQ(state.policies[n * FW_MAX_POLICIES].name_id, 0);
		}
	}
	close_state();
}

// A worker was killed while frames were on their way between its cores.
static void frames_between_cores_end_as_drops(void)
{
	open_state();
	state.counters[0].received = 100;
	state.counters[0].steered = 60;
	state.counters[0].forwarded = 40;
	state.counters[1].steered_in = 50;
	state.counters[1].forwarded = 50;
	counters_fold(&state, 2);
	CHECK_EQ(state.counters[0].dropped[FW_DROP_STEER_QUEUE_FULL], 10);
	counters_fold(&state, 1);
	CHECK_EQ(state.counters[0].dropped[FW_DROP_STEER_QUEUE_FULL], 10);
	CHECK_EQ(state.counters[0].received, 100);
	CHECK_EQ(state.counters[0].forwarded + state.counters[0].dropped[FW_DROP_STEER_QUEUE_FULL], 100);
	CHECK_EQ(state.counters[0].steered, state.counters[0].steered_in);
	close_state();
}

int main(void)
{
	RUN(sums_stay_however_many_cores_there_are);
	RUN(frames_between_cores_end_as_drops);
	return 0;
}
