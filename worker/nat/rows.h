// SPDX-License-Identifier: Apache-2.0
// NAT rows of a checked program.
#ifndef PORTCULLIS_NAT_ROWS_H
#define PORTCULLIS_NAT_ROWS_H

#include <string.h>
#include "shm/layout.h"

#define NAT_ROWS(function, section, type)                                                          \
	static inline const type *function(const struct fw_program *p, uint32_t row)               \
	{                                                                                          \
		return (const type *)(const void *)((const uint8_t *)p + p->section.offset) + row; \
	}

NAT_ROWS(nat_row_pool, nat_pools, struct fw_nat_pool_row)
NAT_ROWS(nat_row_range, nat_ranges, struct fw_nat_range_row)
NAT_ROWS(nat_row_subscriber, nat_subscribers, struct fw_prefix_row)
NAT_ROWS(nat_row_source, nat_source, struct fw_nat_source_row)
NAT_ROWS(nat_row_destination, nat_destination, struct fw_nat_destination_row)
NAT_ROWS(nat_row_static, nat_static, struct fw_nat_static_row)

#undef NAT_ROWS

// An IPv4 address as a number.
static inline uint32_t nat_address(const uint8_t address[4])
{
	uint32_t value;
	memcpy(&value, address, sizeof(value));
	return __builtin_bswap32(value);
}

static inline void nat_store(uint8_t address[4], uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(address, &value, sizeof(value));
}

#endif
