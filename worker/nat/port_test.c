// SPDX-License-Identifier: Apache-2.0
// The choice of ports against a model: flows come and go, and at every moment no two flows to one
// remote end share an external endpoint, ports are kept where they are free, and a flow is refused
// only when nothing of its space is free.
#include "nat/port.h"

#include <arpa/inet.h>
#include "nat/rows.h"
#include "steer/steer.h"
#include "test.h"

enum { REMOTES = 3, ADDRESSES = 3, LOW = 1024, PORTS = 40, FLOWS = 400 };

struct model {
	bool used[REMOTES][ADDRESSES][65536];
	unsigned remote;
	unsigned asked;
};

static uint32_t base = 0xcb007108;

static unsigned taken(void *context, uint32_t address, const uint16_t *ports, unsigned count)
{
	struct model *m = context;
	unsigned mask = 0;
	CHECK(count >= 1 && count <= NAT_PORT_BATCH);
	for (unsigned i = 0; i < count; i++)
		if (m->used[m->remote][address - base][ports[i]])
			mask |= 1u << i;
	m->asked += count;
	return mask;
}

static struct nat_span range = {0xcb007108, 0xcb007108 + ADDRESSES - 1, 0};

static struct nat_pool pool_of(bool persistent)
{
	return (struct nat_pool){.ranges = &range,
				 .range_count = 1,
				 .addresses = ADDRESSES,
				 .low = LOW,
				 .high = LOW + PORTS - 1,
				 .address_persistent = persistent};
}

struct flow {
	bool open;
	unsigned remote;
	struct nat_choice choice;
};

static bool any_free(const struct model *m, const struct nat_space *space)
{
	for (uint32_t attempt = 0; attempt < space->tries; attempt++)
		for (uint32_t port = space->low; port <= space->high; port++)
			if (!m->used[m->remote][nat_space_address(space, attempt) - base][port])
				return true;
	return false;
}

static void check_choice(struct model *m, const struct nat_search *s, bool found,
			 const struct nat_choice *choice)
{
	uint32_t first = nat_space_address(s->space, 0);
	bool own_free = s->wanted >= LOW && s->wanted < LOW + PORTS &&
			!m->used[m->remote][first - base][s->wanted];
	CHECK_EQ(found, any_free(m, s->space));
	if (!found)
		return;
	CHECK(choice->port >= LOW && choice->port < LOW + PORTS);
	CHECK(!m->used[m->remote][choice->address - base][choice->port]);
	if (own_free)
		CHECK(choice->port == s->wanted && choice->address == first);
}

static void flows_come_and_go(bool persistent)
{
	static struct model m;
	static struct flow flows[FLOWS];
	struct nat_pool pool = pool_of(persistent);
	uint64_t seed = 77;
	memset(&m, 0, sizeof(m));
	memset(flows, 0, sizeof(flows));
	unsigned refused = 0, moved = 0;
	for (unsigned step = 0; step < 30000; step++) {
		struct flow *f = &flows[test_below(&seed, FLOWS)];
		if (f->open) {
			m.used[f->remote][f->choice.address - base][f->choice.port] = false;
			f->open = false;
			continue;
		}
		struct nat_space space;
		unsigned budget = 1000;
		CHECK(nat_pool_space(&pool, 0x0a000000 + test_below(&seed, 50), &space));
		m.remote = f->remote = test_below(&seed, REMOTES);
		struct nat_search s = {.space = &space,
				       .wanted = (uint16_t)(LOW - 10 + test_below(&seed, PORTS + 20)),
				       .start = (uint32_t)test_random(&seed),
				       .looks = NAT_PORT_LOOKS,
				       .budget = &budget,
				       .taken = taken,
				       .context = &m};
		f->open = nat_port_choose(&s, &f->choice);
		check_choice(&m, &s, f->open, &f->choice);
		refused += !f->open;
		moved += f->open && f->choice.port != s.wanted;
		if (f->open)
			m.used[f->remote][f->choice.address - base][f->choice.port] = true;
	}
	CHECK(moved > 100);
	CHECK(!persistent || refused > 0);
}

static void ports_agree_with_a_model(void)
{
	flows_come_and_go(false);
	flows_come_and_go(true);
}

static void a_search_is_bounded(void)
{
	static struct model m;
	struct nat_space space = {.address = base, .tries = 1, .low = 1024, .high = 65535};
	struct nat_choice choice;
	unsigned budget = 1000;
	memset(m.used, 1, sizeof(m.used));
	struct nat_search s = {.space = &space,
			       .wanted = 5000,
			       .looks = NAT_PORT_LOOKS,
			       .budget = &budget,
			       .taken = taken,
			       .context = &m};
	CHECK(!nat_port_choose(&s, &choice));
	CHECK_EQ(m.asked, NAT_PORT_LOOKS + 1000 + 1);
	CHECK_EQ(budget, 0);
	m.asked = 0; // what others have used up does not take its own looks
	CHECK(!nat_port_choose(&s, &choice));
	CHECK_EQ(m.asked, NAT_PORT_LOOKS + 1);
	m.used[0][0][5000] = false; // its own port is looked at without any budget
	CHECK(nat_port_choose(&s, &choice));
	CHECK_EQ(choice.port, 5000);
}

static void a_fixed_port_only_changes_the_address(void)
{
	static struct model m;
	struct nat_pool pool = pool_of(false);
	struct nat_space space;
	struct nat_choice choice;
	unsigned budget = 1000;
	memset(&m, 0, sizeof(m));
	CHECK(nat_pool_space(&pool, 0x0a000001, &space));
	struct nat_search s = {.space = &space,
			       .fixed = true,
			       .looks = NAT_PORT_LOOKS,
			       .budget = &budget,
			       .taken = taken,
			       .context = &m};
	for (unsigned i = 0; i < ADDRESSES; i++) {
		CHECK(nat_port_choose(&s, &choice));
		CHECK_EQ(choice.port, 0);
		CHECK(!m.used[0][choice.address - base][0]);
		m.used[0][choice.address - base][0] = true;
	}
	CHECK(!nat_port_choose(&s, &choice));
}

// RFC 7422: subscriber n has block n % blocks of address n / blocks.
static void blocks_are_a_formula(void)
{
	struct nat_span subscribers[2] = {{0x64400000, 0x644000ff, 0}, {0x64400200, 0x64400203, 256}};
	struct nat_pool pool = pool_of(false);
	struct nat_space space;
	pool.high = LOW + 999;
	pool.block_size = 100;
	pool.blocks = 10;
	pool.subscribers = subscribers;
	pool.subscriber_count = 2;
	CHECK(nat_pool_space(&pool, 0x64400000, &space));
	CHECK_EQ(nat_space_address(&space, 0), base);
	CHECK_EQ(space.low, LOW);
	CHECK_EQ(space.high, LOW + 99);
	CHECK(nat_pool_space(&pool, 0x6440001d, &space)); // 29
	CHECK_EQ(nat_space_address(&space, 0), base + 2);
	CHECK_EQ(space.low, LOW + 900);
	CHECK_EQ(space.high, LOW + 999);
	CHECK(nat_space_holds(&space, base + 2, LOW + 900));
	CHECK(!nat_space_holds(&space, base + 1, LOW + 900));
	CHECK(!nat_space_holds(&space, base + 2, LOW + 899));
	CHECK(!nat_pool_space(&pool, 0x6440001e, &space)); // no fourth address
	CHECK(!nat_pool_space(&pool, 0x64400201, &space)); // 257
	CHECK(!nat_pool_space(&pool, 0x64400100, &space)); // not a subscriber
}

// ---- several cores

static void draw_address(uint64_t *seed, uint8_t address[4])
{
	nat_store(address, (uint32_t)(test_random(seed) >> 16));
}

// A flow's owner, and that of its answers, for remote ends that the search knew nothing of.
static void check_owner(uint64_t *seed, const struct nat_search *s, const struct nat_choice *choice)
{
	uint8_t nat[4], remote[4];
	nat_store(nat, choice->address);
	for (unsigned i = 0; i < 4; i++) {
		draw_address(seed, remote);
		uint16_t port = (uint16_t)test_random(seed), nat_port = htons(choice->port);
		CHECK_EQ(steer_owner4(s->cores, s->client, s->client_port_be, remote, port, IPPROTO_UDP),
			 steer_owner4(s->cores, remote, port, nat, nat_port, IPPROTO_UDP));
		CHECK_EQ(steer_owner4(s->cores, s->client, s->client_port_be, remote, s->client_port_be,
				      IPPROTO_ICMP),
			 steer_owner4(s->cores, remote, nat_port, nat, nat_port, IPPROTO_ICMP));
	}
}

static unsigned fitting_and_free(const struct model *m, const struct nat_search *s)
{
	unsigned count = 0;
	uint8_t nat[4];
	for (uint32_t attempt = 0; attempt < s->space->tries; attempt++)
		for (uint32_t port = s->space->low; port <= s->space->high; port++) {
			uint32_t address = nat_space_address(s->space, attempt);
			nat_store(nat, address);
			count += !m->used[0][address - base][port] &&
				 (s->cores < 2 || steer_port_fits(s->cores, s->client, s->client_port_be, nat,
								  htons((uint16_t)port)));
		}
	return count;
}

// One client after the other to one remote end, until nothing is left for twenty in a row.
static unsigned use_up(struct nat_pool *pool, uint32_t cores, uint64_t *seed)
{
	static struct model m;
	unsigned opened = 0, kept = 0;
	memset(&m, 0, sizeof(m));
	for (unsigned refused = 0; refused < 20;) {
		struct nat_space space;
		struct nat_choice choice;
		unsigned budget = 8192;
		struct nat_search s = {.space = &space,
				       .wanted = (uint16_t)(pool->low + test_below(seed, pool->high - pool->low + 1u)),
				       .cores = cores,
				       .start = (uint32_t)test_random(seed),
				       .looks = NAT_PORT_LOOKS,
				       .budget = &budget,
				       .taken = taken,
				       .context = &m};
		uint32_t client = pool->block_size == 0 ? 0x0a000000 + test_below(seed, 100000) :
							  0x64400000 + test_below(seed, 20);
		nat_store(s.client, client);
		s.client_port_be = htons(s.wanted);
		CHECK(nat_pool_space(pool, client, &space));
		bool found = nat_port_choose(&s, &choice);
		CHECK_EQ(found, fitting_and_free(&m, &s) != 0);
		if (!found) {
			refused++;
			continue;
		}
		CHECK(nat_space_holds(&space, choice.address, choice.port));
		CHECK(!m.used[0][choice.address - base][choice.port]);
		check_owner(seed, &s, &choice);
		refused = 0;
		m.used[0][choice.address - base][choice.port] = true;
		opened++;
		kept += choice.port == s.wanted;
	}
	CHECK(cores < 2 || pool->block_size != 0 || kept > 0);
	return opened;
}

// With several cores a client has the ports only that keep its owner, and gets every one of them.
static void answers_come_back_to_the_owner(void)
{
	struct nat_span subscribers = {0x64400000, 0x64400013, 0};
	uint64_t seed = 4242;
	for (uint32_t cores = 1; cores <= 8; cores++) {
		for (unsigned kind = 0; kind < 3; kind++) {
			struct nat_pool pool = pool_of(kind == 1);
			pool.low = (uint16_t)(1024 + test_below(&seed, 30000));
			pool.high = (uint16_t)(pool.low + 300 + test_below(&seed, 400));
			if (kind == 2) {
				pool.block_size = 20;
				pool.blocks = (pool.high - pool.low + 1u) / pool.block_size;
				pool.subscribers = &subscribers;
				pool.subscriber_count = 1;
			}
			unsigned ports = kind == 2 ? 20 * 20 : ADDRESSES * (pool.high - pool.low + 1u);
			unsigned opened = use_up(&pool, cores, &seed);
			printf("  %u cores, kind %u: %u of %u ports\n", cores, kind, opened, ports);
			CHECK(opened <= ports);
			if (kind == 0) // clients have ports of every slot
				CHECK(opened > ports * 9 / 10);
		}
	}
}

int main(void)
{
	RUN(ports_agree_with_a_model);
	RUN(a_search_is_bounded);
	RUN(a_fixed_port_only_changes_the_address);
	RUN(blocks_are_a_formula);
	RUN(answers_come_back_to_the_owner);
	return 0;
}
