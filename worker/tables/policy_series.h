// SPDX-License-Identifier: Apache-2.0
// The policies of flows that are asked about one after the other, and mostly get the same answer: a flood. What the answer
// follows from is compared, nothing is remembered of a flow that differs in it.
#ifndef PORTCULLIS_TABLES_POLICY_SERIES_H
#define PORTCULLIS_TABLES_POLICY_SERIES_H

#include <string.h>
#include "tables/classifier.h"
#include "tables/tables.h"

struct policy_series {
	const struct classifier *classifier;
	unsigned found; // answers that had to be looked for
	bool same;      // every flow of these zones and this class has this row
	const struct chunk *at; // class of the destination; NULL: nothing has been asked yet
	uint32_t row;
	struct classifier_zones zones;
};

static inline uint32_t policy_series_key(uint16_t from, uint16_t to)
{
	return (uint32_t)from << 16 | to;
}

static inline void policy_series_start(struct policy_series *s, const struct tables *t)
{
	s->classifier = t->classifier4;
	s->found = 0;
	s->same = false;
	s->at = NULL;
}

uint32_t policy_series_find4(struct policy_series *s, const struct flow4 *flow);

// The last answer is also that of this flow (destination as on the wire): s->row.
static inline bool policy_series_holds4(const struct policy_series *s, uint16_t from, uint16_t to, const uint8_t destination[4])
{
	uint32_t key;
	memcpy(&key, destination, sizeof(key));
	return s->same && s->zones.key == policy_series_key(from, to) &&
	       dimension_class(&s->classifier->by[BY_DESTINATION], __builtin_bswap32(key)) == s->at;
}

#endif
