// SPDX-License-Identifier: Apache-2.0
// program_check(): header, sections, then the rows of every section in an order in which each check
// may rely on the ones before. Lists are judged with the rows that own them.
#include <errno.h>
#include "tables/check.h"

static const struct {
	const char *section;
	bool (*check)(struct check *c);
} steps[] = {
    {"ports", check_ports},
    {"zones", check_zones},
    {"interface_addresses", check_interface_addresses},
    {"interfaces", check_interfaces},
    {"prefixes", check_prefixes},
    {"address_sets", check_address_sets},
    {"port_ranges", check_port_ranges},
    {"applications", check_applications},
    {"schedule_windows", check_schedule_windows},
    {"schedules", check_schedules},
    {"policies", check_policies},
    {"nat_ranges", check_nat_ranges},
    {"nat_subscribers", check_nat_subscribers},
    {"nat_pools", check_nat_pools},
    {"nat_source", check_nat_source},
    {"nat_destination", check_nat_destination},
    {"nat_static", check_nat_static},
    {"refs", check_refs_end},
    {"next_hops", check_next_hops},
    {"routes", check_routes},
    {"neighbors", check_neighbors},
};

int program_check(const void *bytes, size_t size, struct program_fault *fault)
{
	struct check c = {.program = bytes, .size = size, .fault = fault, .section = ""};
	if (!check_header(&c) || !check_sections(&c))
		return -EINVAL;
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		c.section = steps[i].section;
		if (!steps[i].check(&c))
			return -EINVAL;
	}
	return 0;
}
