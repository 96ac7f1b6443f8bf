// SPDX-License-Identifier: Apache-2.0
// Taking over for several cores, with sessions that NAT has rewritten and bindings, in both families, after a death at any
// store: every session that is whole is found once, under the core that owns it, and nothing else is.
#include <stddef.h>
#include "state/binding_check.h"
#include "state/samples.h"
#include "state/session_check.h"

enum { CORES = 3, SESSIONS = 30, CAPACITY = 40 };

static uint64_t seed = 0xda3e39cb94b95bdbull;

// What the owner is made of: the port of the side that has not been translated.
static unsigned owner(void *context, uint8_t family, const void *session)
{
	(void)context;
	const struct fw_session4 *s4 = session;
	const struct fw_session6 *s6 = session;
	uint16_t port = family == 4 ? s4->line[0].source_port_be : s6->line[0].source[12];
	return (unsigned)(port * 2654435761u >> 16) % CORES;
}

// Behind a public address and port, with a binding.
static struct fw_session4 translated(uint32_t number)
{
	struct fw_session4 s = make4(number, 400, 100000);
	struct fw_line4 *l = s.line;
	uint16_t port = htons((uint16_t)(40000 + number));
	l[0].flags = l[1].flags = FW_LINE_NAT;
	memcpy(l[0].new_source, "\xcb\x00\x71\x05", 4);
	l[0].new_source_port_be = port;
	memcpy(l[0].new_destination, l[0].destination, 4);
	l[0].new_destination_port_be = l[0].destination_port_be;
	memcpy(l[1].new_source, l[0].destination, 4);
	l[1].new_source_port_be = l[0].destination_port_be;
	memcpy(l[1].new_destination, l[0].source, 4);
	l[1].new_destination_port_be = l[0].source_port_be;
	memcpy(l[1].destination, l[0].new_source, 4);
	l[1].destination_port_be = port;
	l[0].l4_delta = 0x1234;
	l[1].l4_delta = 0xedcb;
	s.track.binding = number;
	return s;
}

static struct fw_session4 sample(uint32_t number)
{
	return number % 2 ? translated(number) : make4(number, 400, 100000);
}

struct taken {
	struct session_table *tables[CORES];
	struct session_recovery recovery;
};

static struct taken take(uint8_t family, void *entries)
{
	struct taken t;
	CHECK_EQ(session_attach_all(family, entries, CAPACITY, CORES, 500, owner, NULL, t.tables, &t.recovery), 0);
	return t;
}

// Every one of the sessions, in both directions, under its owner and under nobody else.
static void check4(const struct taken *t, const struct fw_session4 *e, uint32_t number, bool there)
{
	struct fw_session4 s = sample(number);
	unsigned home = owner(NULL, 4, &s);
	for (unsigned core = 0; core < CORES; core++) {
		uint32_t found = find4(t->tables[core], &s.line[0]);
		CHECK_EQ(found != FW_NO_INDEX, there && core == home);
		CHECK_EQ(find4(t->tables[core], &s.line[1]), found == FW_NO_INDEX ? found : (found ^ 1));
		if (found != FW_NO_INDEX)
			CHECK_EQ(e[found >> 1].track.binding, s.track.binding);
	}
}

static void check6(const struct taken *t, uint32_t number, bool there)
{
	struct fw_session6 s = make6(number, 0, 1);
	unsigned home = owner(NULL, 6, &s);
	for (unsigned core = 0; core < CORES; core++) {
		uint32_t found = find6(t->tables[core], &s.line[0]);
		CHECK_EQ(found != FW_NO_INDEX, there && core == home);
		CHECK_EQ(find6(t->tables[core], &s.line[1]), found == FW_NO_INDEX ? found : (found ^ 1));
	}
}

static unsigned count_all(const struct taken *t)
{
	unsigned count = 0;
	for (unsigned core = 0; core < CORES; core++)
		count += session_count(t->tables[core]);
	return count;
}

// All sessions but the last open, by the cores that own them; then the bytes of the last one as it would be.
static struct fw_session4 open4(struct fw_session4 *e, uint32_t *slot)
{
	struct taken t = take(4, e);
	for (uint32_t n = 0; n < SESSIONS; n++) {
		struct fw_session4 s = sample(n);
		int64_t at = session_open4(t.tables[owner(NULL, 4, &s)], &s, 400);
		CHECK(at >= 0);
		*slot = (uint32_t)at;
	}
	session_detach_all(t.tables, CORES);
	return e[*slot];
}

static void check_after4(struct fw_session4 *e, bool complete)
{
	struct taken t = take(4, e);
	CHECK_EQ(t.recovery.discarded, 0);
	CHECK_EQ(t.recovery.recovered, SESSIONS - 1 + complete);
	CHECK_EQ(count_all(&t), SESSIONS - 1 + complete);
	CHECK_EQ(t.recovery.bound, SESSIONS / 2 - 1 + complete);
	for (uint32_t n = 0; n < SESSIONS; n++)
		check4(&t, e, n, n < SESSIONS - 1 || complete);
	session_detach_all(t.tables, CORES);
}

static void a_death_at_any_store_of_a_translated_session_loses_no_other(void)
{
	struct fw_session4 *e = entries_make(CAPACITY, sizeof(*e)), last;
	uint32_t slot;
	last = open4(e, &slot);
	CHECK(last.line[0].flags & FW_LINE_NAT);
	for (size_t cut = 0; cut <= sizeof(last); cut++) { // opened: valid is the last word
		memset(&e[slot], cut % 2 ? 0x5a : 0, sizeof(*e));
		e[slot].cold.valid = 0;
		memcpy(&e[slot], &last, cut);
		check_after4(e, cut == sizeof(last));
	}
	for (size_t cut = 0; cut <= sizeof(e->line); cut += 4) { // closed: valid first, then the keys
		e[slot] = last;
		e[slot].cold.valid = 0;
		memset(e[slot].line, 0, cut);
		check_after4(e, false);
	}
	free(e);
}

static void a_death_at_any_store_of_an_ipv6_session_loses_no_other(void)
{
	struct fw_session6 *e = entries_make(CAPACITY, sizeof(*e)), last;
	struct taken t = take(6, e);
	uint32_t slot = 0;
	for (uint32_t n = 0; n < SESSIONS; n++) {
		struct fw_session6 s = make6(n, 400, 100000);
		slot = (uint32_t)session_open6(t.tables[owner(NULL, 6, &s)], &s, 400);
	}
	session_detach_all(t.tables, CORES);
	last = e[slot];
	for (size_t cut = 0; cut <= sizeof(last); cut++) {
		bool complete = cut == sizeof(last);
		memset(&e[slot], cut % 2 ? 0xa5 : 0, sizeof(*e));
		e[slot].cold.valid = 0;
		memcpy(&e[slot], &last, cut);
		t = take(6, e);
		CHECK_EQ(t.recovery.discarded, 0);
		CHECK_EQ(count_all(&t), SESSIONS - 1 + complete);
		for (uint32_t n = 0; n < SESSIONS; n++)
			check6(&t, n, n < SESSIONS - 1 || complete);
		session_detach_all(t.tables, CORES);
	}
	free(e);
}

// The same for the row of a binding.
static void a_binding_is_whole_or_free_at_any_store(void)
{
	struct fw_binding done = {.external_port_be = 7, .protocol = IPPROTO_UDP, .timeout = 300, .valid = FW_SESSION_VALID};
	memcpy(done.internal, "\x0a\x00\x00\x01", 4);
	memcpy(done.external, "\xcb\x00\x71\x05", 4);
	done.checksum = binding_checksum(&done);
	CHECK(binding_intact(&done));
	for (unsigned old = 0; old < 2; old++)
		for (size_t cut = 0; cut <= sizeof(done); cut++) {
			struct fw_binding row;
			memset(&row, old ? 0x5a : 0, sizeof(row));
			row.valid = 0;
			memcpy(&row, &done, cut);
			CHECK_EQ(binding_intact(&row), cut == sizeof(done));
		}
}

// However many cores there were, everything has one owner afterwards, ids stay apart, and free entries serve all.
static void another_number_of_cores_takes_over_everything(void)
{
	struct fw_session4 *e = entries_make(CAPACITY, sizeof(*e));
	uint32_t slot;
	open4(e, &slot);
	for (unsigned round = 0; round < 4; round++) {
		struct session_recovery r;
		struct session_table *one = session_attach(4, e, CAPACITY, 500, &r);
		CHECK_EQ(r.recovered, SESSIONS);
		CHECK_EQ(session_count(one), SESSIONS);
		session_detach(one);
		struct taken t = take(4, e);
		for (uint32_t n = 0; n < SESSIONS; n++)
			check4(&t, e, n, true);
		uint64_t ids[CORES];
		for (unsigned core = 0; core < CORES; core++) {
			struct fw_session4 s = make4(1000 + core, 500, 100);
			int64_t at = session_open4(t.tables[core], &s, 500);
			CHECK(at >= 0);
			ids[core] = e[at].cold.id;
			for (unsigned other = 0; other < core; other++)
				CHECK(ids[other] != ids[core]);
			session_close(t.tables[core], (uint32_t)at);
		}
		session_detach_all(t.tables, CORES);
	}
	free(e);
}

// Damage anywhere costs at most the sessions that it hit.
static void damage_costs_what_it_hits(void)
{
	struct fw_session4 *e = entries_make(CAPACITY, sizeof(*e)), *whole = entries_make(CAPACITY, sizeof(*e));
	uint32_t slot;
	open4(whole, &slot);
	for (unsigned round = 0; round < 300; round++) {
		memcpy(e, whole, CAPACITY * sizeof(*e));
		uint32_t hits = 1 + test_below(&seed, 5);
		for (uint32_t i = 0; i < hits; i++)
			((uint8_t *)e)[test_below(&seed, CAPACITY * sizeof(*e))] ^= (uint8_t)(1 << test_below(&seed, 8));
		struct taken t = take(4, e);
		CHECK(t.recovery.recovered >= SESSIONS - hits && t.recovery.recovered <= SESSIONS);
		CHECK_EQ(count_all(&t), t.recovery.recovered);
		session_detach_all(t.tables, CORES);
	}
	free(e);
	free(whole);
}

int main(void)
{
	RUN(a_death_at_any_store_of_a_translated_session_loses_no_other);
	RUN(a_death_at_any_store_of_an_ipv6_session_loses_no_other);
	RUN(a_binding_is_whole_or_free_at_any_store);
	RUN(another_number_of_cores_takes_over_everything);
	RUN(damage_costs_what_it_hits);
	return 0;
}
