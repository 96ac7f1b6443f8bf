// SPDX-License-Identifier: Apache-2.0
// The search. Everything it reads is immutable.
#include "tables/classifier.h"
#include <string.h>
#include "tables/tables.h"

#define MANY 32

// What one packet has in each dimension.
struct query {
	const struct chunk *by[BY_COUNT];
};

static uint32_t match(const struct classifier *c, const struct query *q)
{
	uint32_t best = FW_NO_INDEX;
	for (uint32_t chunk = 0; chunk < c->chunks; chunk++) {
		uint64_t words = ~0ull;
		for (unsigned i = 0; i < BY_COUNT; i++)
			words &= q->by[i][chunk].candidates;
		for (; words != 0; words &= words - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(words);
			uint32_t word = chunk * 64 + bit;
			if (c->row_policy[word * 64] >= best)
				continue;
			uint64_t rows = ~0ull; // bits without a row belong to no policy
			for (unsigned i = 0; i < BY_COUNT; i++)
				rows &= dimension_word(&c->by[i], &q->by[i][chunk], bit);
			if (rows == 0)
				continue;
			uint32_t policy =
			    c->row_policy[word * 64 + (unsigned)__builtin_ctzll(rows)];
			if (policy < best)
				best = policy;
		}
	}
	return best;
}

static inline void query_ports(const struct classifier *c, struct query *q, uint16_t from,
			       uint16_t to, uint8_t protocol, uint16_t source, uint16_t destination)
{
	uint32_t base = (uint32_t)protocol << 16;
	q->by[BY_FROM] = dimension_class(&c->by[BY_FROM], from);
	q->by[BY_TO] = dimension_class(&c->by[BY_TO], to);
	q->by[BY_SERVICE] = dimension_class(&c->by[BY_SERVICE], base | destination);
	q->by[BY_SOURCE_PORT] = dimension_class(&c->by[BY_SOURCE_PORT], base | source);
	for (unsigned i = 0; i < BY_COUNT; i++)
		__builtin_prefetch(q->by[i]);
}

static inline uint32_t key4(const uint8_t address[4])
{
	uint32_t key;
	memcpy(&key, address, sizeof(key));
	return __builtin_bswap32(key);
}

static inline struct wide_key key6(const uint8_t address[16])
{
	struct wide_key key;
	memcpy(&key.high, address, sizeof(key.high));
	memcpy(&key.low, address + 8, sizeof(key.low));
	return (struct wide_key){__builtin_bswap64(key.high), __builtin_bswap64(key.low)};
}

static inline void query4(const struct classifier *c, struct query *q, const struct flow4 *f)
{
	q->by[BY_SOURCE] = dimension_class(&c->by[BY_SOURCE], key4(f->source));
	q->by[BY_DESTINATION] = dimension_class(&c->by[BY_DESTINATION], key4(f->destination));
	query_ports(c, q, f->from, f->to, f->protocol, f->source_port, f->destination_port);
}

static inline void query6(const struct classifier *c, struct query *q, const struct flow6 *f)
{
	q->by[BY_SOURCE] = dimension_wide_class(&c->by[BY_SOURCE], key6(f->source));
	q->by[BY_DESTINATION] = dimension_wide_class(&c->by[BY_DESTINATION], key6(f->destination));
	query_ports(c, q, f->from, f->to, f->protocol, f->source_port, f->destination_port);
}

uint32_t policy_lookup4(const struct tables *t, const struct flow4 *flow)
{
	uint32_t row;
	policy_lookup4_many(t, flow, 1, &row);
	return row;
}

uint32_t policy_lookup6(const struct tables *t, const struct flow6 *flow)
{
	uint32_t row;
	policy_lookup6_many(t, flow, 1, &row);
	return row;
}

void policy_lookup4_many(const struct tables *t, const struct flow4 *flows, unsigned count,
			 uint32_t *rows)
{
	const struct classifier *c = t->classifier4;
	struct query q[MANY];
	for (unsigned i = 0; i < count && c->words > 0; i++)
		query4(c, &q[i], &flows[i]);
	for (unsigned i = 0; i < count; i++)
		rows[i] = c->words > 0 ? match(c, &q[i]) : FW_NO_INDEX;
}

void policy_lookup6_many(const struct tables *t, const struct flow6 *flows, unsigned count,
			 uint32_t *rows)
{
	const struct classifier *c = t->classifier6;
	struct query q[MANY];
	for (unsigned i = 0; i < count && c->words > 0; i++)
		query6(c, &q[i], &flows[i]);
	for (unsigned i = 0; i < count; i++)
		rows[i] = c->words > 0 ? match(c, &q[i]) : FW_NO_INDEX;
}
