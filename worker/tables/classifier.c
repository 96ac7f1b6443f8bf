// SPDX-License-Identifier: Apache-2.0
// The search. Everything it reads is immutable.
#include "tables/classifier.h"
#include <string.h>
#include "tables/policy_series.h"
#include "tables/tables.h"

#define MANY 32
#define FEW 256u // ranges whose index is in the cache anyway
#define ZONES (1u << BY_FROM | 1u << BY_TO)
#define FIRST (ZONES | 1u << BY_DESTINATION) // fields that every search looks at

// Flows that are being looked up.
struct query {
	const struct chunk *at[MANY]; // of the destination; NULL: no policy is between its zones
	unsigned zones;
	uint8_t zone[MANY];
	struct classifier_zones z[MANY]; // each is looked up once, as long as packets of the same follow
};

// Classes of one packet in the other dimensions; NULL: not looked up yet.
struct others {
	const struct chunk *by[BY_COUNT];
};

// The last answer, and all classes that it follows from. A packet of the same classes has the same
// answer: packets of a flood mostly differ in what no rule tells apart.
struct last {
	const struct chunk *at; // NULL: none yet
	uint8_t zone;
	uint32_t row;
	struct others others;
};

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

static __attribute__((noinline)) void find_zones(const struct classifier *c, uint32_t key,
						 struct classifier_zones *z)
{
	uint64_t words = 0;
	z->key = key;
	z->from = dimension_class(&c->by[BY_FROM], key >> 16);
	z->to = dimension_class(&c->by[BY_TO], key & 0xffff);
	for (uint32_t chunk = 0; chunk < c->chunks; chunk++)
		words |= z->from[chunk].candidates & z->to[chunk].candidates;
	z->none = words == 0;
	z->word = UINT32_MAX;
}

#define INLINE static inline __attribute__((always_inline))

// Fields of a flow of either family; v6 is a constant wherever this is compiled in.
INLINE const struct chunk *class_of(const struct classifier *c, enum classifier_field field,
				    const void *flow, const bool v6)
{
	const struct flow4 *f4 = flow;
	const struct flow6 *f6 = flow;
	uint32_t protocol = (uint32_t)(v6 ? f6->protocol : f4->protocol) << 16;
	switch (field) {
	case BY_SOURCE:
		return v6 ? dimension_wide_class(&c->by[BY_SOURCE], key6(f6->source))
			  : dimension_class(&c->by[BY_SOURCE], key4(f4->source));
	case BY_SERVICE:
		return dimension_class(&c->by[BY_SERVICE],
				       protocol | (v6 ? f6->destination_port : f4->destination_port));
	default:
		return dimension_class(&c->by[BY_SOURCE_PORT],
				       protocol | (v6 ? f6->source_port : f4->source_port));
	}
}

// Rows of a word that also fit what it asks about beside zones and destination.
INLINE uint64_t fit(const struct classifier *c, struct others *q, uint32_t chunk, unsigned bit,
		    uint64_t rows, const void *flow, const bool v6)
{
	static const uint8_t order[] = {BY_SERVICE, BY_SOURCE, BY_SOURCE_PORT};
	unsigned fields = c->word_fields[chunk * 64 + bit];
	for (unsigned i = 0; i < sizeof(order) && rows != 0; i++) {
		enum classifier_field field = (enum classifier_field)order[i];
		if ((fields >> field & 1) == 0)
			continue;
		if (q->by[field] == NULL)
			q->by[field] = class_of(c, field, flow, v6);
		const struct chunk *k = &q->by[field][chunk];
		rows &= (k->candidates >> bit & 1) != 0 ? dimension_word(&c->by[field], k, bit) : 0;
	}
	return rows;
}

INLINE uint64_t rows_of_zones(const struct classifier *c, struct classifier_zones *z, uint32_t chunk,
			      unsigned bit)
{
	if (z->word != chunk * 64 + bit) {
		z->word = chunk * 64 + bit;
		z->rows = dimension_word(&c->by[BY_FROM], &z->from[chunk], bit) &
			  dimension_word(&c->by[BY_TO], &z->to[chunk], bit);
	}
	return z->rows;
}

INLINE uint32_t match(const struct classifier *c, struct classifier_zones *z, const struct chunk *at,
		      struct others *others, const void *flow, const bool v6)
{
	const struct chunk *from = z->from, *to = z->to;
	uint32_t best = FW_NO_INDEX;
	for (uint32_t chunk = 0; chunk < c->chunks; chunk++) {
		uint64_t words =
		    from[chunk].candidates & to[chunk].candidates & at[chunk].candidates;
		for (; words != 0; words &= words - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(words);
			uint32_t word = chunk * 64 + bit;
			if (c->row_policy[word * 64] >= best)
				continue;
			uint64_t rows = dimension_word(&c->by[BY_DESTINATION], &at[chunk], bit) &
					rows_of_zones(c, z, chunk, bit);
			if ((c->word_fields[word] & ~FIRST) != 0 && rows != 0)
				rows = fit(c, others, chunk, bit, rows, flow, v6);
			if (rows == 0)
				continue;
			// A bit without a row is of no policy: the highest number.
			uint32_t policy =
			    c->row_policy[word * 64 + (unsigned)__builtin_ctzll(rows)];
			best = policy < best ? policy : best;
		}
	}
	return best;
}

// False: there are no policies between the zones of the flow.
INLINE bool start(const struct classifier *c, struct query *q, unsigned i, uint32_t key)
{
	if (__builtin_expect(q->zones == 0 || q->z[q->zones - 1].key != key, 0))
		find_zones(c, key, &q->z[q->zones++]);
	q->zone[i] = (uint8_t)(q->zones - 1);
	return !q->z[q->zones - 1].none;
}

// Looks up what the last answer depends on; true: this packet has the same answer.
INLINE bool same_answer(const struct classifier *c, const struct last *last, struct others *others,
			const void *flow, const bool v6)
{
	static const uint8_t fields[] = {BY_SERVICE, BY_SOURCE, BY_SOURCE_PORT};
	for (unsigned i = 0; i < sizeof(fields); i++) {
		enum classifier_field field = (enum classifier_field)fields[i];
		if (last->others.by[field] == NULL)
			continue;
		others->by[field] = class_of(c, field, flow, v6);
		if (others->by[field] != last->others.by[field])
			return false;
	}
	return true;
}

INLINE uint32_t finish(const struct classifier *c, struct query *q, unsigned i, struct last *last,
		       const void *flow, const bool v6)
{
	struct others others = {{NULL}};
	if (q->at[i] == NULL)
		return FW_NO_INDEX;
	if (q->at[i] == last->at && q->zone[i] == last->zone &&
	    same_answer(c, last, &others, flow, v6))
		return last->row;
	last->row = match(c, &q->z[q->zone[i]], q->at[i], &others, flow, v6);
	last->at = q->at[i];
	last->zone = q->zone[i];
	last->others = others;
	return last->row;
}

static void find_nothing(unsigned count, uint32_t *rows)
{
	for (unsigned i = 0; i < count; i++)
		rows[i] = FW_NO_INDEX;
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

// Few ranges lie in the cache: nothing is gained by asking for them ahead.
static void lookup4_few(const struct classifier *c, const struct flow4 *flows, unsigned count,
			struct query *q, struct last *last, uint32_t *rows)
{
	const struct dimension *d = &c->by[BY_DESTINATION];
	for (unsigned i = 0; i < count; i++) {
		q->at[i] = start(c, q, i, policy_series_key(flows[i].from, flows[i].to))
			       ? dimension_class(d, key4(flows[i].destination))
			       : NULL;
		rows[i] = finish(c, q, i, last, &flows[i], false);
	}
}

static void lookup4_many(const struct classifier *c, const struct flow4 *flows, unsigned count,
			 struct query *q, struct last *last, uint32_t *rows)
{
	const struct dimension *d = &c->by[BY_DESTINATION];
	for (unsigned i = 0; i < count; i++)
		dimension_prefetch(d, key4(flows[i].destination));
	for (unsigned i = 0; i < count; i++) {
		q->at[i] = NULL;
		if (!start(c, q, i, policy_series_key(flows[i].from, flows[i].to)))
			continue;
		q->at[i] = dimension_class(d, key4(flows[i].destination));
		__builtin_prefetch(q->at[i]);
	}
	for (unsigned i = 0; i < count; i++)
		rows[i] = finish(c, q, i, last, &flows[i], false);
}

void policy_lookup4_many(const struct tables *t, const struct flow4 *flows, unsigned count,
			 uint32_t *rows)
{
	const struct classifier *c = t->classifier4;
	struct last last = {.at = NULL};
	struct query q;
	q.zones = 0;
	if (c->words == 0)
		find_nothing(count, rows);
	else if (c->by[BY_DESTINATION].range_count <= FEW)
		lookup4_few(c, flows, count, &q, &last, rows);
	else
		lookup4_many(c, flows, count, &q, &last, rows);
}

void policy_lookup6_many(const struct tables *t, const struct flow6 *flows, unsigned count,
			 uint32_t *rows)
{
	const struct classifier *c = t->classifier6;
	const struct dimension *d = &c->by[BY_DESTINATION];
	struct last last = {.at = NULL};
	struct query q;
	q.zones = 0;
	if (c->words == 0) {
		find_nothing(count, rows);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		q.at[i] = NULL;
		if (!start(c, &q, i, policy_series_key(flows[i].from, flows[i].to)))
			continue;
		q.at[i] = dimension_wide_class(d, key6(flows[i].destination));
		__builtin_prefetch(q.at[i]);
	}
	for (unsigned i = 0; i < count; i++)
		rows[i] = finish(c, &q, i, &last, &flows[i], true);
}

// A destination class of which no word asks about more than zones and destination gives all its flows the same answer.
uint32_t policy_series_find4(struct policy_series *s, const struct flow4 *flow)
{
	const struct classifier *c = s->classifier;
	struct others others = {{NULL}};
	uint32_t key = policy_series_key(flow->from, flow->to);
	s->found++;
	if (s->zones.key != key || s->at == NULL)
		find_zones(c, key, &s->zones);
	s->at = dimension_class(&c->by[BY_DESTINATION], key4(flow->destination));
	s->row = s->zones.none ? FW_NO_INDEX : match(c, &s->zones, s->at, &others, flow, false);
	s->same = others.by[BY_SERVICE] == NULL && others.by[BY_SOURCE] == NULL &&
		  others.by[BY_SOURCE_PORT] == NULL;
	return s->row;
}
