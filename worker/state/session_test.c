// SPDX-License-Identifier: Apache-2.0
// The session table against a model, and full.
#include <errno.h>
#include "state/samples.h"
#include "state/session_index.h"
#include "state/hash.h"
#include "state/siphash.h"

static uint64_t seed = 88172645463325252ull;

static uint32_t below(uint32_t bound)
{
	return test_below(&seed, bound);
}

static void siphash_is_siphash(void)
{
	// Computed with the reference algorithm (SipHash-1-3, key 00..0f) over the bytes 00..07 and
	// 00..0f.
	struct siphash_key key = {{0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull}};
	uint64_t words[2] = {0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull};
	CHECK(siphash_words(&key, words, 1) == 0x369095118d299a8eull);
	CHECK(siphash_words(&key, words, 2) == 0xcc4fdd1a7d908b66ull);
}

static void both_directions_lead_to_the_session(void)
{
	struct session_recovery r;
	void *e4 = entries_make(8, sizeof(struct fw_session4)),
	     *e6 = entries_make(8, sizeof(struct fw_session6));
	struct session_table *t4 = session_attach(4, e4, 8, 0, &r),
			     *t6 = session_attach(6, e6, 8, 0, &r);
	struct fw_session4 a = make4(1, 0, 1024);
	struct fw_session6 b = make6(1, 0, 1024);
	int64_t i4 = session_open4(t4, &a, 0), i6 = session_open6(t6, &b, 0);
	CHECK_EQ(find4(t4, &a.line[0]), i4 * 2);
	CHECK_EQ(find4(t4, &a.line[1]), i4 * 2 + 1);
	CHECK_EQ(find6(t6, &b.line[0]), i6 * 2);
	CHECK_EQ(find6(t6, &b.line[1]), i6 * 2 + 1);
	session_entry4(t4, (uint32_t)i4)->line[0].flags = 0xff; // no part of the key
	CHECK_EQ(find4(t4, &a.line[0]), i4 * 2);
	a.line[0].source_port_be ^= 1;
	CHECK_EQ(find4(t4, &a.line[0]), FW_NO_INDEX);
	CHECK(session_entry4(t4, (uint32_t)i4)->cold.id % 2 == 1 &&
	      session_entry6(t6, (uint32_t)i6)->cold.id % 2 == 0);
	session_detach(t4);
	session_detach(t6);
	free(e4);
	free(e6);
}

static void a_candidate_of_a_closed_session_does_not_match(void)
{
	struct session_recovery r;
	void *e = entries_make(4, sizeof(struct fw_session4));
	struct session_table *t = session_attach(4, e, 4, 0, &r);
	struct fw_session4 a = make4(1, 0, 1024);
	struct session_key4 key;
	memcpy(&key, &a.line[0], sizeof(key));
	int64_t i = session_open4(t, &a, 0);
	uint64_t hash = session_hash4(t, &key);
	uint32_t candidate = session_probe(t, hash);
	session_close(t, (uint32_t)i);
	CHECK_EQ(session_find4(t, hash, candidate, &key), FW_NO_INDEX);
	CHECK_EQ(session_count(t), 0);
	session_detach(t);
	free(e);
}

static void a_session_with_itself_works(void)
{
	struct session_recovery r;
	void *e = entries_make(2, sizeof(struct fw_session4));
	struct session_table *t = session_attach(4, e, 2, 0, &r);
	struct fw_session4 a = make4(1, 0, 1024);
	memcpy(a.line[0].source, a.line[0].destination, 4);
	a.line[0].source_port_be = a.line[0].destination_port_be;
	a.line[1] = a.line[0];
	int64_t i = session_open4(t, &a, 0);
	CHECK_EQ(find4(t, &a.line[1]) >> 1, i);
	session_close(t, (uint32_t)i);
	CHECK_EQ(find4(t, &a.line[1]), FW_NO_INDEX);
	session_detach(t);
	free(e);
}

#define NUMBERS 3000
#define CAPACITY 1000
#define SLACK 256 // ticks that a timer may be late

struct model {
	struct session_table *t;
	uint32_t now;
	bool open[NUMBERS];
	uint32_t slot[NUMBERS];
	uint32_t deadline[NUMBERS];
	unsigned count, expired;
};

static void model_expired(void *context, uint8_t family, uint32_t session)
{
	struct model *m = context;
	uint32_t number;
	CHECK_EQ(family, 4);
	memcpy(&number, session_entry4(m->t, session)->line[0].source, 4);
	number = ntohl(number) - 0x0a000000u;
	CHECK(m->open[number] && m->slot[number] == session);
	CHECK((int32_t)(m->now - m->deadline[number]) >= 0);
	m->open[number] = false;
	m->count--;
	m->expired++;
}

static void model_open(struct model *m, uint32_t number)
{
	uint32_t timeout = 1 + below(below(10) == 0 ? 5000000 : 3000);
	struct fw_session4 s = make4(number, m->now, timeout);
	if (m->open[number])
		return;
	int64_t slot = session_open4(m->t, &s, m->now);
	if (slot < 0) {
		CHECK(slot == -ENOSPC && m->count == CAPACITY);
		return;
	}
	m->open[number] = true;
	m->slot[number] = (uint32_t)slot;
	m->deadline[number] = m->now + timeout;
	m->count++;
}

static void model_touch(struct model *m, uint32_t number)
{
	if (!m->open[number])
		return;
	struct fw_session4 *s = session_entry4(m->t, m->slot[number]);
	s->line[below(2)].last_seen = m->now;
	if (below(4) == 0) {
		s->track.timeout = 1 + below(2000);
		session_retime(m->t, m->slot[number], m->now);
	}
	uint32_t a = s->line[0].last_seen + s->track.timeout,
		 b = s->line[1].last_seen + s->track.timeout;
	m->deadline[number] = (int32_t)(a - b) > 0 ? a : b;
	if ((int32_t)(m->deadline[number] - m->now) < 0)
		m->deadline[number] = m->now;
}

static void model_close(struct model *m, uint32_t number)
{
	if (!m->open[number])
		return;
	session_close(m->t, m->slot[number]);
	m->open[number] = false;
	m->count--;
}

static void model_check(struct model *m)
{
	CHECK_EQ(session_count(m->t), m->count);
	for (uint32_t n = 0; n < NUMBERS; n++) {
		struct fw_session4 s = make4(n, 0, 1);
		uint32_t expected = m->open[n] ? m->slot[n] * 2 : FW_NO_INDEX;
		CHECK_EQ(find4(m->t, &s.line[0]), expected);
		CHECK_EQ(find4(m->t, &s.line[1]), m->open[n] ? expected + 1 : expected);
		if (m->open[n])
			CHECK((int32_t)(m->now - m->deadline[n]) <= SLACK);
	}
}

static void table_behaves_like_the_model(void)
{
	static struct model m;
	struct session_recovery r;
	void *entries = entries_make(CAPACITY, sizeof(struct fw_session4));
	m.now = UINT32_MAX - 300000; // the clock wraps on the way
	m.t = session_attach(4, entries, CAPACITY, m.now, &r);
	for (unsigned step = 0; step < 400000; step++) {
		uint32_t number = below(NUMBERS);
		switch (below(8)) {
		case 0:
		case 1:
		case 2:
			model_open(&m, number);
			break;
		case 3:
		case 4:
			model_touch(&m, number);
			break;
		case 5:
			model_close(&m, number);
			break;
		default:
			m.now += below(below(1000) == 0 ? 100000 : 8);
			while (session_expire_due(m.t, m.now))
				CHECK(session_expire(m.t, m.now, 7, model_expired, &m) <= 7);
		}
		if (step % 5000 == 0)
			model_check(&m);
	}
	model_check(&m);
	CHECK(m.expired > 1000);
	session_detach(m.t);
	free(entries);
}

static void table_fills_to_the_last_session(void)
{
	const uint32_t capacity = 200000;
	struct session_recovery r;
	struct fw_session6 *e = entries_make(capacity, sizeof(*e));
	struct session_table *t = session_attach(6, e, capacity, 0, &r);
	for (uint32_t n = 0; n < capacity; n++) {
		struct fw_session6 s = make6(n, 0, 1000);
		CHECK(session_open6(t, &s, 0) >= 0);
	}
	struct fw_session6 more = make6(capacity, 0, 1000);
	CHECK_EQ(session_open6(t, &more, 0), -ENOSPC);
	for (uint32_t n = 0; n < capacity; n += 97) {
		struct fw_session6 s = make6(n, 0, 1000);
		CHECK(find6(t, &s.line[0]) != FW_NO_INDEX && find6(t, &s.line[1]) != FW_NO_INDEX);
	}
	CHECK_EQ(session_expire(t, 900, 100, NULL, NULL), 0);
	unsigned expired = 0;
	for (uint32_t now = 1000; session_count(t) > 0; now += 256)
		while (session_expire_due(t, now))
			expired += session_expire(t, now, 512, NULL, NULL);
	CHECK_EQ(expired, capacity);
	CHECK(session_open6(t, &more, 5000) >= 0);
	session_detach(t);
	free(e);
}

static unsigned index_hits(const struct session_index *x, uint64_t hash, uint32_t entry)
{
	uint16_t tag = index_tag(hash);
	uint32_t buckets[2] = {index_first(x, hash), index_other(x, index_first(x, hash), tag)};
	unsigned hits = 0;
	for (unsigned b = 0; b < 2; b++)
		for (unsigned way = 0; way < INDEX_WAYS; way++)
			hits += x->buckets[buckets[b]].tag[way] == tag &&
				x->buckets[buckets[b]].entry[way] == entry;
	return hits;
}

static bool lies_in(const struct index_bucket *b, uint16_t tag, uint32_t entry)
{
	for (unsigned way = 0; way < INDEX_WAYS; way++)
		if (b->tag[way] == tag && b->entry[way] == entry)
			return true;
	return false;
}

// Every bucket knows how many of its entries lie elsewhere.
static void index_counts_absent(const struct session_index *x, const uint64_t *hashes,
				uint32_t count)
{
	uint32_t *away = calloc(x->mask + 1, sizeof(*away));
	for (uint32_t i = 0; i < count; i++)
		away[index_first(x, hashes[i])] += !lies_in(
		    &x->buckets[index_first(x, hashes[i])], index_tag(hashes[i]), i);
	for (uint32_t b = 0; b <= x->mask; b++)
		CHECK_EQ(x->buckets[b].away, away[b]);
	free(away);
}

// What moves make of the counts is what a look at all entries says, whatever comes and goes.
static void the_index_counts_absent_entries(void)
{
	enum { ENTRIES = 2600, STEPS = 40000 };
	static uint64_t hashes[ENTRIES];
	struct session_index x;
	uint32_t count = 0;
	CHECK_EQ(index_init(&x, 2048), 0); // 4096 ways
	for (uint32_t step = 0; step < STEPS; step++) {
		if (count < ENTRIES && (count == 0 || below(5) < 3)) {
			hashes[count] = test_random(&seed);
			if (step / 8192 % 2) // crowded buckets
				hashes[count] &= ~0xf0ull;
			count += index_insert(&x, hashes[count], count) == 0;
		} else { // the last one goes, sometimes another one with it: numbers stay dense
			uint32_t gone = below(count);
			index_remove(&x, hashes[gone], gone);
			count--;
			if (gone != count) {
				index_remove(&x, hashes[count], count);
				hashes[gone] = hashes[count];
				CHECK_EQ(index_insert(&x, hashes[gone], gone), 0);
			}
		}
		if (step % 1024 == 0)
			index_counts_absent(&x, hashes, count);
	}
	index_counts_absent(&x, hashes, count);
	index_free(&x);
}

// Beyond what a table ever asks for: until no chain of moves is found, nothing is lost, doubled or
// misplaced.
static void the_index_loses_nothing_when_it_is_full(void)
{
	static uint64_t hashes[8192];
	for (unsigned round = 0; round < 20; round++) {
		struct session_index x;
		uint32_t count = 0;
		CHECK_EQ(index_init(&x, 3000), 0);
		for (unsigned tries = 0; tries < 200; count++) {
			hashes[count] = test_random(&seed);
			if (round % 2) // few tags: long chains meet themselves
				hashes[count] &= 0x0003ffffffffffffull;
			while (tries < 200 && index_insert(&x, hashes[count], count) != 0) {
				hashes[count] = test_random(&seed);
				tries++;
			}
			if (tries == 200)
				break;
		}
		CHECK(count > (x.mask + 1) * INDEX_WAYS * 9 / 10);
		for (uint32_t i = 0; i < count; i++)
			CHECK_EQ(index_hits(&x, hashes[i], i), 1);
		index_counts_absent(&x, hashes, count);
		for (uint32_t i = 0; i < count; i++)
			index_remove(&x, hashes[i], i);
		index_counts_absent(&x, hashes, 0);
		for (uint32_t b = 0; b <= x.mask; b++)
			CHECK_EQ(index_match(&x.buckets[b], 0), 0xff);
		index_free(&x);
	}
}

static void a_table_of_no_sessions_refuses(void)
{
	struct session_recovery r;
	void *e = entries_make(0, sizeof(struct fw_session4));
	struct session_table *t = session_attach(4, e, 0, 0, &r);
	struct fw_session4 s = make4(1, 0, 1);
	CHECK_EQ(session_open4(t, &s, 0), -ENOSPC);
	CHECK_EQ(find4(t, &s.line[0]), FW_NO_INDEX);
	session_detach(t);
	free(e);
}

static void replays_number_sessions_the_same_way(void)
{
	struct session_recovery r;
	void *e = entries_make(4, sizeof(struct fw_session4));
	struct session_table *t = session_attach(4, e, 4, 0, &r);
	session_seed_id(t, 1);
	for (uint32_t n = 0; n < 3; n++) {
		struct fw_session4 s = make4(n, 0, 1);
		int64_t slot = session_open4(t, &s, 0);
		CHECK_EQ(session_entry4(t, (uint32_t)slot)->cold.id, 1 + 2 * n);
	}
	session_detach(t);
	free(e);
}

int main(void)
{
	RUN(siphash_is_siphash);
	RUN(both_directions_lead_to_the_session);
	RUN(a_candidate_of_a_closed_session_does_not_match);
	RUN(a_session_with_itself_works);
	RUN(a_table_of_no_sessions_refuses);
	RUN(replays_number_sessions_the_same_way);
	RUN(the_index_loses_nothing_when_it_is_full);
	RUN(the_index_counts_absent_entries);
	RUN(table_behaves_like_the_model);
	RUN(table_fills_to_the_last_session);
	return 0;
}
