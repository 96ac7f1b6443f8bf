// SPDX-License-Identifier: Apache-2.0
// First-match search over all policies of one family at a cost that hardly grows with their number.
//
// A policy becomes one row, and one more for each of its applications that asks for source ports.
// Rows are bits. Six dimensions (from, to, source, destination, protocol with destination port,
// protocol with source port) each give a sparse bitmap of the rows that a packet's field fits; the
// rows that all six have in common match.
//
// Rows are ordered by which dimensions they constrain, then by policy, and each such group starts a
// new word. So in every word a dimension is constrained for all rows or for none: rules that leave
// a field open cost nothing there, and the summaries (one bit per word) leave few words to look at.
// The first match of each group is one candidate; the lowest policy wins.
//
// A search begins with the zones (looked up once for packets of the same two zones that follow each
// other) and the destination. The other dimensions are only looked up when a word that is still in
// question asks about them: most floods end before.
#ifndef PORTCULLIS_TABLES_CLASSIFIER_H
#define PORTCULLIS_TABLES_CLASSIFIER_H

#include <stdbool.h>
#include "tables/dimension.h"
#include "tables/program.h"

enum classifier_field {
	BY_DESTINATION,
	BY_SOURCE,
	BY_SERVICE,
	BY_FROM,
	BY_TO,
	BY_SOURCE_PORT,
	BY_COUNT
};

struct classifier {
	struct dimension by[BY_COUNT];
	uint32_t words, chunks;
	uint32_t *row_policy; // [words * 64]; FW_NO_INDEX: no row
	uint8_t *word_fields; // [words] bit per field that some row of the word asks about
};

// Two zones that packets come from and go to, looked up.
struct classifier_zones {
	uint32_t key;
	bool none; // no policy is between them
	const struct chunk *from, *to;
	uint32_t word; // that was last looked at, and its rows that fit both
	uint64_t rows;
};

// Returns 0 or -ENOMEM, or -E2BIG and *field set when a dimension is too large. Policies whose
// schedule is not among the open ones (tables/schedule.h) match nothing; NULL: schedules are ignored.
int classifier_build_open(const struct fw_program *p, uint8_t family, const uint64_t *open,
			  struct classifier **out, enum classifier_field *field);
int classifier_build(const struct fw_program *p, uint8_t family, struct classifier **out,
		     enum classifier_field *field);
void classifier_free(struct classifier *c);

#endif
