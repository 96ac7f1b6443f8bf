// SPDX-License-Identifier: Apache-2.0
// The table of bindings: uniqueness, life, and coming back from a state file in any condition.
#include "nat/bindings.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include "nat/rows.h"
#include "state/binding_check.h"
#include "state/session.h"
#include "test.h"

enum { CAPACITY = 64, TIMEOUT = 1000 };

static struct nat_space space = {.address = 0xcb007108, .tries = 1, .low = 2000, .high = 2099};

static struct fw_binding *rows_make(void)
{
	struct fw_binding *rows = aligned_alloc(64, CAPACITY * sizeof(*rows));
	CHECK(rows != NULL);
	memset(rows, 0, CAPACITY * sizeof(*rows));
	return rows;
}

static struct binding_key key_of(uint32_t host, uint16_t port)
{
	struct binding_key key = {
	    .port_be = htons(port), .protocol = IPPROTO_UDP, .rule_id = 7};
	nat_store(key.address, 0x0a000000 + host);
	return key;
}

static bool all_fit(void *context, const uint8_t address[4], uint16_t port_be)
{
	(void)context;
	(void)address;
	(void)port_be;
	return true;
}

static bool odd_fits(void *context, const uint8_t address[4], uint16_t port_be)
{
	(void)context;
	(void)address;
	return ntohs(port_be) % 2 == 1;
}

static enum bindings_answer add(struct bindings *b, struct binding_key key, uint32_t now,
				bindings_fit_fn *fits, uint32_t *row, struct fw_binding *copy)
{
	unsigned budget = 1000;
	struct bindings_wish wish = {.key = key,
				     .space = &space,
				     .timeout = TIMEOUT,
				     .now = now,
				     .looks = 200,
				     .budget = &budget,
				     .fits = fits};
	return bindings_add(b, &wish, row, copy);
}

// As the packet path does it.
static uint32_t use(struct bindings *b, struct binding_key key, uint32_t now,
		    struct fw_binding *copy)
{
	uint32_t row = bindings_take(b, &key, &space, TIMEOUT, now, copy);
	if (row == FW_NO_INDEX && add(b, key, now, all_fit, &row, copy) != BINDINGS_ADDED)
		return FW_NO_INDEX;
	return row;
}

// Enough turns to look at every row.
static void expire(struct bindings *b, uint32_t from, uint32_t to)
{
	for (uint32_t now = from; now != to + 1; now++)
		bindings_expire(b, now);
}

static void one_endpoint_keeps_its_mapping(void)
{
	struct fw_binding *rows = rows_make(), a, again, other;
	struct bindings *b = bindings_attach(rows, CAPACITY, 0);
	uint32_t row = use(b, key_of(1, 2050), 0, &a);
	CHECK_EQ(ntohs(a.external_port_be), 2050); // kept
	CHECK_EQ(use(b, key_of(1, 2050), 5, &again), row);
	CHECK_EQ(again.external_port_be, a.external_port_be);
	CHECK(use(b, key_of(2, 2050), 5, &other) != row);
	CHECK(other.external_port_be != a.external_port_be);
	CHECK_EQ(bindings_count(b), 2);
	CHECK_EQ(bindings_find(b, IPPROTO_UDP, a.external, a.external_port_be, 5, &again), row);
	CHECK_EQ(bindings_find(b, IPPROTO_TCP, a.external, a.external_port_be, 5, &again),
		 FW_NO_INDEX);
	CHECK(bindings_occupy(b, IPPROTO_UDP, a.external, a.external_port_be));
	bindings_detach(b);
	free(rows);
}

static void it_lives_on_for_its_timeout(void)
{
	struct fw_binding *rows = rows_make(), copy;
	struct bindings *b = bindings_attach(rows, CAPACITY, 0);
	uint32_t row = use(b, key_of(1, 2050), 0, &copy);
	CHECK_EQ(use(b, key_of(1, 2050), 0, &copy), row); // two sessions
	expire(b, 1, 5000);
	CHECK_EQ(bindings_count(b), 1);
	bindings_release(b, row, 5000);
	expire(b, 5001, 9000);
	CHECK_EQ(bindings_count(b), 1); // one session left
	bindings_release(b, row, 9000);
	expire(b, 9001, 9000 + TIMEOUT - 1);
	CHECK_EQ(bindings_count(b), 1);
	CHECK_EQ(use(b, key_of(1, 2050), 9990, &copy), row); // the client is back
	CHECK_EQ(ntohs(copy.external_port_be), 2050);
	bindings_release(b, row, 10000);
	CHECK_EQ(bindings_find(b, IPPROTO_UDP, copy.external, copy.external_port_be,
			       10000 + TIMEOUT, &copy),
		 FW_NO_INDEX); // over, though nobody has looked at the row yet
	expire(b, 10001, 10000 + TIMEOUT + CAPACITY + 1100);
	CHECK_EQ(bindings_count(b), 0);
	CHECK_EQ(rows[row].valid, 0);
	bindings_detach(b);
	free(rows);
}

static void full_is_full(void)
{
	struct fw_binding *rows = rows_make(), copy;
	struct bindings *b = bindings_attach(rows, CAPACITY, 0);
	uint32_t row;
	for (uint32_t i = 0; i < CAPACITY; i++)
		CHECK(use(b, key_of(i, 2050), 0, &copy) != FW_NO_INDEX);
	CHECK_EQ(add(b, key_of(1000, 2050), 0, all_fit, &row, &copy), BINDINGS_FULL);
	CHECK(use(b, key_of(3, 2050), 0, &copy) != FW_NO_INDEX); // the others are not harmed
	CHECK_EQ(bindings_high_water(b), CAPACITY);
	bindings_detach(b);
	free(rows);
}

static void ports_run_out_before_rows(void)
{
	struct fw_binding *rows = rows_make(), copy;
	struct bindings *b = bindings_attach(rows, CAPACITY, 0);
	uint32_t row;
	for (uint32_t i = 0; i < 50; i++) {
		CHECK_EQ(add(b, key_of(i, 99), 0, odd_fits, &row, &copy), BINDINGS_ADDED);
		CHECK_EQ(ntohs(copy.external_port_be) % 2, 1);
	}
	CHECK_EQ(add(b, key_of(50, 99), 0, odd_fits, &row, &copy), BINDINGS_EXHAUSTED);
	CHECK_EQ(bindings_count(b), 50);
	bindings_detach(b);
	free(rows);
}

static void rows_survive_their_worker(void)
{
	struct fw_binding *rows = rows_make(), first, second, found;
	struct bindings *b = bindings_attach(rows, CAPACITY, 0);
	uint32_t one = use(b, key_of(1, 2050), 10, &first), two = use(b, key_of(2, 2051), 20, &second);
	bindings_detach(b); // killed
	b = bindings_attach(rows, CAPACITY, 30);
	CHECK_EQ(bindings_count(b), 2);
	CHECK_EQ(use(b, key_of(1, 2050), 30, &found), one);
	CHECK_EQ(found.external_port_be, first.external_port_be);
	CHECK(bindings_adopt(b, two, IPPROTO_UDP, second.external, second.external_port_be));
	CHECK(!bindings_adopt(b, two, IPPROTO_TCP, second.external, second.external_port_be));
	CHECK(!bindings_adopt(b, CAPACITY, IPPROTO_UDP, second.external, second.external_port_be));
	bindings_detach(b);
	free(rows);
}

// A store that was never finished, a flipped bit, two rows for one endpoint.
static void damaged_rows_are_freed(void)
{
	struct fw_binding *rows = rows_make(), copy;
	struct bindings *b = bindings_attach(rows, CAPACITY, 0);
	for (uint32_t i = 0; i < 10; i++)
		use(b, key_of(i, (uint16_t)(2000 + i)), 0, &copy);
	bindings_detach(b);
	rows[2].valid = 0;
	rows[3].external[1] ^= 4;
	rows[4].valid = 0xffffffff;
	rows[20] = rows[5];
	b = bindings_attach(rows, CAPACITY, 0);
	CHECK_EQ(bindings_count(b), 7);
	for (uint32_t i = 0; i < CAPACITY; i++)
		CHECK_EQ(rows[i].valid == FW_SESSION_VALID, bindings_read(b, i, &copy));
	CHECK_EQ(use(b, key_of(5, 2005), 0, &copy) != FW_NO_INDEX, true);
	CHECK_EQ(bindings_count(b), 7);
	bindings_detach(b);
	free(rows);
}

// Against a model: who has which endpoint.
static void a_long_life(void)
{
	enum { HOSTS = 90 };
	struct fw_binding *rows = rows_make(), copy;
	struct bindings *b = bindings_attach(rows, CAPACITY, 0);
	uint32_t row_of[HOSTS], sessions[HOSTS] = {0}, last[HOSTS] = {0};
	uint16_t port_of[HOSTS] = {0};
	uint64_t seed = 3;
	for (uint32_t now = 1; now < 60000; now++) {
		uint32_t h = test_below(&seed, HOSTS);
		bindings_expire(b, now);
		if (sessions[h] != 0 && test_below(&seed, 2) != 0) {
			bindings_release(b, row_of[h], now);
			sessions[h]--;
			last[h] = now;
			continue;
		}
		uint32_t row = use(b, key_of(h, 2050), now, &copy);
		if (row == FW_NO_INDEX)
			continue;
		if (sessions[h] != 0 || (port_of[h] != 0 && now - last[h] < TIMEOUT))
			CHECK_EQ(copy.external_port_be, port_of[h]);
		row_of[h] = row;
		port_of[h] = copy.external_port_be;
		sessions[h]++;
		for (uint32_t other = 0; other < HOSTS; other++)
			CHECK(other == h || sessions[other] == 0 || port_of[other] != port_of[h]);
		if (now % 5000 == 0) { // killed, and its sessions recovered
			bindings_detach(b);
			b = bindings_attach(rows, CAPACITY, now);
			for (uint32_t i = 0; i < HOSTS; i++)
				for (uint32_t n = 0; n < sessions[i]; n++)
					CHECK(bindings_adopt(b, row_of[i], IPPROTO_UDP,
							     rows[row_of[i]].external, port_of[i]));
		}
	}
	bindings_detach(b);
	free(rows);
}

static bool holds(void *context, const struct fw_binding *row)
{
	return row->internal_port_be != *(const uint16_t *)context;
}

static void what_does_not_hold_ends_with_its_last_session(void)
{
	struct fw_binding *rows = rows_make(), copy;
	struct bindings *b = bindings_attach(rows, CAPACITY, 0);
	uint32_t row[3], cursor = 0;
	for (uint32_t h = 0; h < 3; h++)
		row[h] = use(b, key_of(h, 2050), 1, &copy);
	bindings_release(b, row[1], 1);
	uint16_t everybody = key_of(0, 2050).port_be;
	while (bindings_review(b, &cursor, 2, holds, &everybody))
		CHECK(cursor <= CAPACITY);
	for (uint32_t now = 2; now < 2 + 2 * SESSION_TICKS_PER_SECOND; now++)
		bindings_expire(b, now);
	CHECK_EQ(bindings_count(b), 2); // those in use
	CHECK(!bindings_read(b, row[1], &copy) && bindings_read(b, row[0], &copy));
	bindings_release(b, row[0], 3000);
	for (uint32_t now = 3000; now < 3000 + 2 * SESSION_TICKS_PER_SECOND; now++)
		bindings_expire(b, now);
	CHECK_EQ(bindings_count(b), 1);
	CHECK(use(b, key_of(2, 2050), 6000, &copy) == row[2]); // its time counts again
	bindings_detach(b);
	free(rows);
}

// Endpoints that were chosen for one core, and then there are two: steering puts the internal endpoint in their place, until the
// last of them has gone.
static void strays_steer_to_their_owner(void)
{
	struct fw_binding *rows = rows_make(), copy;
	struct bindings *b = bindings_attach(rows, CAPACITY, 0);
	uint32_t row;
	for (uint32_t host = 0; host < 40; host++) {
		CHECK((row = use(b, key_of(host, (uint16_t)(5000 + host)), 0, &copy)) != FW_NO_INDEX);
		bindings_release(b, row, 0);
	}
	struct session_key4 key = {.protocol = IPPROTO_UDP, .source = {192, 0, 2, 9}, .source_port_be = htons(53)};
	memcpy(key.destination, copy.external, 4);
	key.destination_port_be = copy.external_port_be;
	bindings_set_cores(b, 1);
	CHECK_EQ(bindings_strays(b), 0);
	bindings_steer(b, &key);
	CHECK_EQ(key.destination_port_be, copy.external_port_be);
	bindings_set_cores(b, 2);
	CHECK(bindings_strays(b) > 5 && bindings_strays(b) < 35);
	for (uint32_t i = 0; i < CAPACITY; i++) {
		if (rows[i].valid != FW_SESSION_VALID)
			continue;
		struct session_key4 in = key;
		memcpy(in.destination, rows[i].external, 4);
		in.destination_port_be = rows[i].external_port_be;
		bindings_steer(b, &in);
		CHECK(memcmp(in.destination, rows[i].internal, 4) == 0);
		CHECK_EQ(in.destination_port_be, rows[i].internal_port_be);
		CHECK_EQ(in.source_port_be, key.source_port_be);
	}
	expire(b, 0, TIMEOUT * 3);
	CHECK_EQ(bindings_count(b), 0);
	CHECK_EQ(bindings_strays(b), 0);
	bindings_detach(b);
	free(rows);
}

// Several cores: what is added fits at once, and only what does not fit is refused.
static void new_ones_are_never_strays(void)
{
	for (uint32_t cores = 2; cores <= 8; cores++) {
		struct fw_binding *rows = rows_make(), copy;
		struct bindings *b = bindings_attach(rows, CAPACITY, 0);
		uint32_t row, added = 0;
		for (uint32_t host = 0; host < CAPACITY; host++) {
			unsigned budget = 0;
			struct bindings_wish wish = {.key = key_of(host, (uint16_t)(3000 + host * 7919 % 50021)),
						     .space = &space,
						     .timeout = TIMEOUT,
						     .cores = cores,
						     .start = host * 77,
						     .looks = 200,
						     .budget = &budget,
						     .fits = all_fit};
			added += bindings_add(b, &wish, &row, &copy) == BINDINGS_ADDED;
		}
		CHECK(added > CAPACITY / 2);
		bindings_set_cores(b, cores);
		CHECK_EQ(bindings_strays(b), 0);
		bindings_detach(b);
		free(rows);
	}
}

struct worker {
	pthread_t thread;
	struct bindings *b;
	uint64_t seed;
	uint32_t clock;
};

static void *work(void *context)
{
	struct worker *w = context;
	struct fw_binding copy;
	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t row = use(w->b, key_of(test_below(&w->seed, 40), 2050), i, &copy);
		bindings_expire(w->b, i * 3);
		if (row != FW_NO_INDEX) {
			CHECK(bindings_find(w->b, IPPROTO_UDP, copy.external, copy.external_port_be,
					    i, &copy) == row);
			bindings_release(w->b, row, i);
		}
	}
	return NULL;
}

static void cores_share_it(void)
{
	struct fw_binding *rows = rows_make();
	struct worker workers[3];
	struct bindings *b = bindings_attach(rows, CAPACITY, 0);
	for (unsigned i = 0; i < 3; i++) {
		workers[i] = (struct worker){.b = b, .seed = i + 1};
		CHECK_EQ(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (unsigned i = 0; i < 3; i++)
		pthread_join(workers[i].thread, NULL);
	uint32_t valid = 0;
	for (uint32_t i = 0; i < CAPACITY; i++)
		valid += binding_intact(&rows[i]);
	CHECK_EQ(valid, bindings_count(b));
	bindings_detach(b);
	free(rows);
}

int main(void)
{
	RUN(one_endpoint_keeps_its_mapping);
	RUN(it_lives_on_for_its_timeout);
	RUN(full_is_full);
	RUN(ports_run_out_before_rows);
	RUN(rows_survive_their_worker);
	RUN(damaged_rows_are_freed);
	RUN(a_long_life);
	RUN(what_does_not_hold_ends_with_its_last_session);
	RUN(strays_steer_to_their_owner);
	RUN(new_ones_are_never_strays);
	RUN(cores_share_it);
	return 0;
}
