// SPDX-License-Identifier: Apache-2.0
// Rows of a checked program.
#ifndef PORTCULLIS_TABLES_PROGRAM_H
#define PORTCULLIS_TABLES_PROGRAM_H

#include <stdint.h>
#include "shm/layout.h"

#define PROGRAM_ROWS(function, section, type)                                                      \
	static inline const type *function(const struct fw_program *p, uint32_t row)               \
	{                                                                                          \
		return (const type *)(const void *)((const uint8_t *)p + p->section.offset) + row; \
	}

PROGRAM_ROWS(program_row_port, ports, struct fw_port_row)
PROGRAM_ROWS(program_row_zone, zones, struct fw_zone_row)
PROGRAM_ROWS(program_row_interface, interfaces, struct fw_interface_row)
PROGRAM_ROWS(program_row_interface_address, interface_addresses, struct fw_prefix_row)
PROGRAM_ROWS(program_row_address_set, address_sets, struct fw_address_set_row)
PROGRAM_ROWS(program_row_prefix, prefixes, struct fw_prefix_row)
PROGRAM_ROWS(program_row_application, applications, struct fw_application_row)
PROGRAM_ROWS(program_row_port_range, port_ranges, struct fw_port_range_row)
PROGRAM_ROWS(program_row_policy, policies, struct fw_policy_row)
PROGRAM_ROWS(program_row_ref, refs, uint32_t)
PROGRAM_ROWS(program_row_route, routes, struct fw_route_row)
PROGRAM_ROWS(program_row_next_hop, next_hops, struct fw_next_hop_row)
PROGRAM_ROWS(program_row_neighbor, neighbors, struct fw_neighbor_row)
PROGRAM_ROWS(program_row_schedule, schedules, struct fw_schedule_row)
PROGRAM_ROWS(program_row_schedule_window, schedule_windows, struct fw_schedule_window_row)
PROGRAM_ROWS(program_row_nat_pool, nat_pools, struct fw_nat_pool_row)
PROGRAM_ROWS(program_row_nat_range, nat_ranges, struct fw_nat_range_row)
PROGRAM_ROWS(program_row_nat_subscriber, nat_subscribers, struct fw_prefix_row)
PROGRAM_ROWS(program_row_nat_source, nat_source, struct fw_nat_source_row)
PROGRAM_ROWS(program_row_nat_destination, nat_destination, struct fw_nat_destination_row)
PROGRAM_ROWS(program_row_nat_static, nat_static, struct fw_nat_static_row)

#undef PROGRAM_ROWS

#endif
