// SPDX-License-Identifier: Apache-2.0
// A list of NAT rules in the shape of policies, so that the classifier can search it.
#ifndef PORTCULLIS_NAT_RULES_H
#define PORTCULLIS_NAT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include "tables/program.h"

struct rules_list {
	uint8_t *rows;
	uint32_t count, room, size;
};

// A program in the making: address sets, applications and zones of the original, then the rules'
// own.
struct rules {
	const struct fw_program *original;
	struct rules_list sets, prefixes, applications, ranges, policies, refs;
	bool failed; // no memory
};

void rules_start(struct rules *r, const struct fw_program *original);

// A rule that matches everything; the functions below narrow it.
struct fw_policy_row *rules_add(struct rules *r);

// Lists of the original's refs.
void rules_copy(struct rules *r, uint32_t first, uint32_t count, uint32_t *to_first,
		uint32_t *to_count);
// Addresses low .. high, host byte order.
void rules_addresses(struct rules *r, uint32_t low, uint32_t high, uint32_t *to_first,
		     uint32_t *to_count);
// Destination ports of one protocol; high 0: all.
void rules_service(struct rules *r, uint8_t protocol, uint16_t low, uint16_t high,
		   uint32_t *to_first, uint32_t *to_count);

// The program, malloc'd, good for classifier_build() only; NULL: no memory. Ends the rules.
struct fw_program *rules_finish(struct rules *r);

#endif
