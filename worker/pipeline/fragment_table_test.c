// SPDX-License-Identifier: Apache-2.0
// The fragment table: each kind of overlap, the bounds, the clock, and random pieces against a
// model that marks single bytes.
#include "pipeline/fragment_table.h"
#include "test.h"

static struct fragment_table table;

static struct fragment_key key_of(uint32_t source, uint32_t id)
{
	struct fragment_key key = {.id = id, .family = 4, .protocol = 17, .zone = 7};
	memcpy(key.source, &source, 4);
	key.destination[0] = 10;
	return key;
}

static enum fragment_answer add_at(uint32_t source, uint32_t id, uint32_t at, uint32_t length,
				   bool more, uint32_t now, uint32_t *row)
{
	struct fragment_key key = key_of(source, id);
	struct fragment_part part = {
	    .id = id, .at = (uint16_t)at, .length = (uint16_t)length, .more = more};
	return fragment_table_add(&table, &key, &part, now, row);
}

static enum fragment_answer add(uint32_t id, uint32_t at, uint32_t length, bool more)
{
	uint32_t row;
	return add_at(1, id, at, length, more, 0, &row);
}

static void start(uint32_t limit, uint32_t per_source)
{
	fragment_table_init(&table);
	CHECK(fragment_table_limit(&table, limit, per_source));
}

static void a_datagram_is_complete_in_any_order(void)
{
	static const uint8_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	start(8, 8);
	for (unsigned o = 0; o < 6; o++) {
		uint32_t row = 0;
		for (unsigned i = 0; i < 3; i++) {
			unsigned n = orders[o][i];
			CHECK_EQ(add_at(1, o, n * 16, n == 2 ? 5 : 16, n != 2, 0, &row),
				 FRAGMENT_TAKEN);
			CHECK_EQ(fragment_is_complete(&table.datagrams[row]), i == 2);
		}
		fragment_table_remove(&table, row);
	}
	CHECK_EQ(table.used, 0);
	CHECK_EQ(table.high_water, 1);
	fragment_table_free(&table);
}

static void every_overlap_refuses_the_datagram_for_good(void)
{
	static const struct {
		uint32_t at, length;
		bool more;
	} bad[] = {{32, 16, true}, {40, 8, true},   {32, 8, true},   {40, 32, true}, {24, 16, true},
		   {56, 8, true},  {24, 64, true},  {32, 40, false}, {56, 24, true}, {0, 64, true}};
	start(64, 64);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint32_t row;
		CHECK_EQ(add(i, 32, 32, true), FRAGMENT_TAKEN);
		CHECK_EQ(add_at(1, i, bad[i].at, bad[i].length, bad[i].more, 0, &row),
			 FRAGMENT_REFUSED);
		CHECK_EQ(table.datagrams[row].reason, FW_DROP_FRAGMENT_OVERLAP);
		CHECK_EQ(add(i, 128, 8, true), FRAGMENT_REFUSED); // a good one too
	}
	fragment_table_free(&table);
}

static void neighbors_and_copies_do_not_overlap(void)
{
	start(8, 8);
	CHECK_EQ(add(1, 32, 32, true), FRAGMENT_TAKEN);
	CHECK_EQ(add(1, 32, 32, true), FRAGMENT_COPY);
	CHECK_EQ(add(1, 0, 32, true), FRAGMENT_TAKEN);
	CHECK_EQ(add(1, 64, 7, false), FRAGMENT_TAKEN);
	CHECK_EQ(add(1, 64, 7, false), FRAGMENT_COPY);
	CHECK_EQ(add(1, 0, 32, true), FRAGMENT_COPY);
	fragment_table_free(&table);
}

static void pieces_must_agree_on_the_end(void)
{
	uint32_t row;
	start(8, 8);
	CHECK_EQ(add(1, 64, 8, false), FRAGMENT_TAKEN);
	CHECK_EQ(add(1, 72, 8, true), FRAGMENT_REFUSED); // behind it
	CHECK_EQ(add(2, 64, 8, true), FRAGMENT_TAKEN);
	CHECK_EQ(add(2, 32, 8, false), FRAGMENT_REFUSED); // before others
	CHECK_EQ(add(3, 64, 8, true), FRAGMENT_TAKEN);
	CHECK_EQ(add_at(1, 3, 64, 8, false, 0, &row), FRAGMENT_REFUSED); // the last after all
	CHECK_EQ(table.datagrams[row].reason, FW_DROP_FRAGMENT_INVALID);
	CHECK_EQ(add(4, 64, 8, false), FRAGMENT_TAKEN);
	CHECK_EQ(add(4, 80, 8, false), FRAGMENT_REFUSED);
	CHECK_EQ(add(5, 64, 8, false), FRAGMENT_TAKEN);
	CHECK_EQ(add(5, 56, 8, true), FRAGMENT_TAKEN);
	fragment_table_free(&table);
}

static void the_bounds_hold(void)
{
	uint32_t row, first;
	start(4, 2);
	CHECK_EQ(add_at(1, 1, 8, 8, true, 0, &first), FRAGMENT_TAKEN);
	CHECK_EQ(add_at(1, 2, 8, 8, true, 0, &row), FRAGMENT_TAKEN);
	CHECK_EQ(add_at(1, 3, 8, 8, true, 0, &row), FRAGMENT_TOO_MANY);
	CHECK_EQ(add_at(2, 1, 8, 8, true, 0, &row), FRAGMENT_TAKEN);
	CHECK_EQ(add_at(3, 1, 8, 8, true, 0, &row), FRAGMENT_TAKEN);
	CHECK_EQ(add_at(4, 1, 8, 8, true, 0, &row), FRAGMENT_FULL);
	CHECK_EQ(add_at(1, 1, 16, 8, true, 0, &row), FRAGMENT_TAKEN); // one that is there
	CHECK_EQ(table.refused, 2);
	fragment_table_remove(&table, first);
	CHECK_EQ(add_at(1, 3, 8, 8, true, 0, &row), FRAGMENT_TAKEN);
	CHECK_EQ(table.high_water, 4);
	fragment_table_free(&table);
}

static void too_many_pieces_refuse_it(void)
{
	uint32_t row = 0;
	start(4, 4);
	for (uint32_t i = 0; i < FRAGMENT_RANGES; i++)
		CHECK_EQ(add(1, 16 * i, 8, true), FRAGMENT_TAKEN);
	CHECK_EQ(add_at(1, 1, 8, 8, true, 0, &row), FRAGMENT_REFUSED);
	CHECK_EQ(table.datagrams[row].reason, FW_DROP_FRAGMENT_TABLE_FULL);
	fragment_table_free(&table);
}

static void the_oldest_expires_first(void)
{
	uint32_t row, rows[3];
	start(8, 8);
	for (uint32_t i = 0; i < 3; i++)
		add_at(i, 1, 8, 8, true, i * 100, &rows[i]);
	add_at(0, 1, 16, 8, true, 5000, &row); // does not make it younger
	CHECK_EQ(fragment_table_expired(&table, FRAGMENT_TIMEOUT - 1), FRAGMENT_NONE_ROW);
	CHECK_EQ(fragment_table_expired(&table, FRAGMENT_TIMEOUT), rows[0]);
	fragment_table_remove(&table, rows[1]);
	fragment_table_remove(&table, rows[0]);
	CHECK_EQ(fragment_table_expired(&table, FRAGMENT_TIMEOUT + 199), FRAGMENT_NONE_ROW);
	CHECK_EQ(fragment_table_expired(&table, FRAGMENT_TIMEOUT + 200), rows[2]);
	fragment_table_remove(&table, rows[2]);
	CHECK_EQ(fragment_table_expired(&table, UINT32_MAX), FRAGMENT_NONE_ROW);
	fragment_table_free(&table);
}

static void keys_differ_in_every_field(void)
{
	struct fragment_key key = key_of(1, 1);
	struct fragment_part part = {.at = 8, .length = 8, .more = true};
	uint32_t row;
	start(64, 64);
	for (size_t i = 0; i < sizeof(key); i++) {
		struct fragment_key other = key;
		((uint8_t *)&other)[i] ^= 1;
		CHECK_EQ(fragment_table_add(&table, &other, &part, 0, &row), FRAGMENT_TAKEN);
	}
	CHECK_EQ(table.used, sizeof(key));
	fragment_table_free(&table);
}

static void growing_keeps_what_is_there(void)
{
	uint32_t row;
	start(4, 100);
	for (uint32_t i = 0; i < 4; i++)
		CHECK_EQ(add_at(i, 1, 8, 8, true, i, &row), FRAGMENT_TAKEN);
	CHECK(fragment_table_limit(&table, 500, 100));
	for (uint32_t i = 0; i < 500; i++)
		CHECK_EQ(add_at(i, 1, 8, 8, true, i, &row), i < 4 ? FRAGMENT_COPY : FRAGMENT_TAKEN);
	CHECK(fragment_table_limit(&table, 2, 100));
	CHECK_EQ(add_at(900, 1, 8, 8, true, 0, &row), FRAGMENT_FULL);
	CHECK_EQ(add_at(7, 1, 8, 8, true, 0, &row), FRAGMENT_COPY);
	while ((row = fragment_table_expired(&table, FRAGMENT_TIMEOUT + 600)) != FRAGMENT_NONE_ROW)
		fragment_table_remove(&table, row);
	CHECK_EQ(table.used, 0);
	CHECK_EQ(add_at(900, 1, 8, 8, true, 0, &row), FRAGMENT_TAKEN);
	fragment_table_free(&table);
}

// What byte by byte bookkeeping says about a piece.
struct model {
	uint8_t bytes[512]; // 1 + number of the piece that brought it
	uint16_t ends[64], starts[64];
	unsigned pieces;
	unsigned total, highest;
	bool refused;
};

static enum fragment_answer model_add(struct model *m, unsigned at, unsigned length, bool more)
{
	unsigned end = at + length;
	bool any = false;
	if (m->refused)
		return FRAGMENT_REFUSED;
	for (unsigned i = 0; i < m->pieces; i++)
		if (m->starts[i] == at && m->ends[i] == end && (more || m->total == end))
			return FRAGMENT_COPY;
	for (unsigned i = at; i < end; i++)
		any |= m->bytes[i] != 0;
	bool contradicts = m->total != 0 ? (more ? end >= m->total : end != m->total)
					 : !more && end < m->highest;
	if (any || contradicts) {
		m->refused = true;
		return FRAGMENT_REFUSED;
	}
	memset(m->bytes + at, 1, length);
	m->starts[m->pieces] = (uint16_t)at;
	m->ends[m->pieces++] = (uint16_t)end;
	m->highest = end > m->highest ? end : m->highest;
	if (!more)
		m->total = end;
	return FRAGMENT_TAKEN;
}

static void random_pieces_agree_with_the_model(void)
{
	enum { DATAGRAMS = 16 };
	static struct model models[DATAGRAMS];
	uint64_t seed = 11;
	start(DATAGRAMS, DATAGRAMS);
	for (unsigned round = 0; round < 200000; round++) {
		uint32_t id = test_below(&seed, DATAGRAMS), row;
		struct model *m = &models[id];
		unsigned at = test_below(&seed, 24) * 8, length = (1 + test_below(&seed, 4)) * 8;
		bool more = test_below(&seed, 6) != 0;
		enum fragment_answer wanted = model_add(m, at, length, more);
		CHECK_EQ(add_at(id & 3, id, at, length, more, round, &row), wanted);
		bool complete = !m->refused && m->total != 0 &&
				memchr(m->bytes, 0, m->total) == NULL;
		CHECK_EQ(complete && table.datagrams[row].state != DATAGRAM_REFUSED,
			 table.datagrams[row].state != DATAGRAM_REFUSED &&
			     fragment_is_complete(&table.datagrams[row]));
		if (complete || test_below(&seed, 8) == 0) {
			fragment_table_remove(&table, row);
			memset(m, 0, sizeof(*m));
		}
	}
	fragment_table_free(&table);
}

int main(void)
{
	RUN(a_datagram_is_complete_in_any_order);
	RUN(every_overlap_refuses_the_datagram_for_good);
	RUN(neighbors_and_copies_do_not_overlap);
	RUN(pieces_must_agree_on_the_end);
	RUN(the_bounds_hold);
	RUN(too_many_pieces_refuse_it);
	RUN(the_oldest_expires_first);
	RUN(keys_differ_in_every_field);
	RUN(growing_keeps_what_is_there);
	RUN(random_pieces_agree_with_the_model);
	return 0;
}
