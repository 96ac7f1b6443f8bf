// SPDX-License-Identifier: Apache-2.0
// A worker that dies at any store, and entries that were damaged: attaching finds complete sessions
// or free entries.
#include <stddef.h>
#include "state/samples.h"
#include "state/session_check.h"

static uint64_t seed = 0x2545f4914f6cdd1dull;

static struct session_table *attach(void *entries, uint32_t capacity, uint32_t recovered,
				    uint32_t discarded)
{
	struct session_recovery r;
	struct session_table *t = session_attach(4, entries, capacity, 500, &r);
	CHECK_EQ(r.recovered, recovered);
	CHECK_EQ(r.discarded, discarded);
	CHECK_EQ(session_count(t), recovered);
	return t;
}

static void sessions_survive_a_restart(void)
{
	struct fw_session4 *e = entries_make(64, sizeof(*e));
	struct session_table *t = attach(e, 64, 0, 0);
	uint64_t ids[40];
	for (uint32_t n = 0; n < 40; n++) {
		struct fw_session4 s = make4(n, 400, 100000);
		s.line[0].next_hop = 3;
		ids[n] = e[session_open4(t, &s, 400)].cold.id;
	}
	session_detach(t);
	t = attach(e, 64, 40, 0);
	for (uint32_t n = 0; n < 40; n++) {
		struct fw_session4 s = make4(n, 0, 1);
		uint32_t found = find4(t, &s.line[0]);
		CHECK(found != FW_NO_INDEX && find4(t, &s.line[1]) == found + 1);
		CHECK(e[found >> 1].cold.id == ids[n]);
		CHECK_EQ(e[found >> 1].line[0].next_hop, FW_HOP_NONE);
	}
	struct fw_session4 s = make4(99, 500, 100);
	CHECK(e[session_open4(t, &s, 500)].cold.id > ids[39]);
	session_detach(t);
	free(e);
}

// What lies in memory after each byte of a store sequence that a crash cuts off: every mixture of
// the entry before and the entry after, as long as valid changes last when opening and first when
// closing.
static void a_crash_while_opening_leaves_a_free_entry_or_a_session(void)
{
	struct fw_session4 *e = entries_make(1, sizeof(*e)), done;
	struct session_table *t = attach(e, 1, 0, 0);
	struct fw_session4 s = make4(1, 400, 100000);
	session_open4(t, &s, 400);
	session_detach(t);
	done = e[0];
	for (size_t cut = 0; cut <= sizeof(done);
	     cut++) { // the valid word is the last of the entry
		for (unsigned old = 0; old < 2;
		     old++) { // over an entry that was never used, or that was closed
			memset(e, old ? 0x5a : 0, sizeof(*e));
			e[0].cold.valid = 0;
			memcpy(e, &done, cut);
			bool complete = e[0].cold.valid == FW_SESSION_VALID;
			CHECK(!complete || cut == sizeof(done));
			t = attach(e, 1, complete, 0);
			CHECK_EQ(find4(t, &s.line[1]), complete ? 1 : FW_NO_INDEX);
			session_detach(t);
		}
	}
	free(e);
}

static void a_crash_while_closing_leaves_a_free_entry(void)
{
	struct fw_session4 *e = entries_make(1, sizeof(*e)), before;
	struct session_table *t = attach(e, 1, 0, 0);
	struct fw_session4 s = make4(1, 400, 100000);
	session_open4(t, &s, 400);
	before = e[0];
	session_close(t, 0);
	session_detach(t);
	CHECK_EQ(e[0].cold.valid, 0);
	for (size_t cut = 0; cut <= sizeof(e->line); cut++) { // keys are cleared after valid
		e[0] = before;
		e[0].cold.valid = 0;
		memset(e[0].line, 0, cut);
		t = attach(e, 1, 0, 0);
		CHECK_EQ(find4(t, &s.line[0]), FW_NO_INDEX);
		session_detach(t);
	}
	free(e);
}

// One flipped bit of what the checksum or a bound covers costs that session and no other.
static void damaged_entries_are_discarded(void)
{
	static const size_t places[] = {
	    offsetof(struct fw_session4, line[0].source),
	    offsetof(struct fw_session4, line[1].destination),
	    offsetof(struct fw_session4, line[0].protocol),
	    offsetof(struct fw_session4, line[1].source_port_be),
	    offsetof(struct fw_session4, line[0].vrf),
	    offsetof(struct fw_session4, line[1].zero),
	    offsetof(struct fw_session4, line[1].new_source),
	    offsetof(struct fw_session4, line[0].l4_delta),
	    offsetof(struct fw_session4, cold.id),
	    offsetof(struct fw_session4, cold.in_name_id),
	    offsetof(struct fw_session4, cold.flags) + 1,
	    offsetof(struct fw_session4, cold.checksum),
	};
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct fw_session4 *e = entries_make(3, sizeof(*e));
		struct session_table *t = attach(e, 3, 0, 0);
		for (uint32_t n = 0; n < 3; n++) {
			struct fw_session4 s = make4(n, 400, 100000);
			session_open4(t, &s, 400);
		}
		session_detach(t);
		((uint8_t *)&e[1])[places[i]] ^= (uint8_t)(1 << test_below(&seed, 6));
		t = attach(e, 3, 2, 1);
		session_detach(t);
		session_detach(attach(e, 3, 2, 0)); // and stays discarded
		free(e);
	}
}

static void of_two_sessions_with_one_key_one_is_kept(void)
{
	struct fw_session4 *e = entries_make(2, sizeof(*e));
	struct session_table *t = attach(e, 2, 0, 0);
	struct fw_session4 s = make4(1, 400, 100000);
	int64_t slot = session_open4(t, &s, 400);
	session_detach(t);
	e[1 - slot] = e[slot];
	session_detach(attach(e, 2, 1, 1));
	free(e);
}

static void random_bytes_are_never_a_session(void)
{
	struct fw_session4 *e = entries_make(256, sizeof(*e));
	for (unsigned round = 0; round < 200; round++) {
		for (size_t i = 0; i < 256 * sizeof(*e); i += 8) {
			uint64_t r = test_random(&seed);
			memcpy((uint8_t *)e + i, &r, 8);
		}
		for (unsigned i = 0; i < 128; i++)
			e[i].cold.valid = FW_SESSION_VALID;
		session_detach(attach(e, 256, 0, 128));
	}
	free(e);
}

static void a_clock_that_ran_back_makes_no_session_immortal(void)
{
	struct session_recovery r;
	struct fw_session4 *e = entries_make(1, sizeof(*e));
	struct session_table *t = session_attach(4, e, 1, 1000000, &r);
	struct fw_session4 s = make4(1, 1000000, 1024);
	session_open4(t, &s, 1000000);
	session_detach(t);
	t = session_attach(4, e, 1, 2000, &r);
	CHECK_EQ(r.recovered, 1);
	CHECK_EQ(session_expire(t, 2000, 10, NULL, NULL), 0);
	CHECK_EQ(session_expire(t, 2000 + 1024 + 256, 10, NULL, NULL), 1);
	session_detach(t);
	free(e);
}

int main(void)
{
	RUN(sessions_survive_a_restart);
	RUN(a_crash_while_opening_leaves_a_free_entry_or_a_session);
	RUN(a_crash_while_closing_leaves_a_free_entry);
	RUN(damaged_entries_are_discarded);
	RUN(of_two_sessions_with_one_key_one_is_kept);
	RUN(random_bytes_are_never_a_session);
	RUN(a_clock_that_ran_back_makes_no_session_immortal);
	return 0;
}
