// SPDX-License-Identifier: Apache-2.0
// The inside of program_check(): what its files share.
#ifndef PORTCULLIS_TABLES_CHECK_H
#define PORTCULLIS_TABLES_CHECK_H

#include <stdbool.h>
#include "tables/program.h"
#include "tables/tables.h"

struct check {
	const struct fw_program *program;
	size_t size;
	struct program_fault *fault;
	const char *section; // that is being checked
	uint32_t refs;       // how far the lists of the rows before reach into refs
};

// Every check_*() returns true when all is well; otherwise the fault is filled.
bool check_fail(struct check *c, uint32_t row, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

bool check_header(struct check *c);
bool check_sections(struct check *c);

bool check_ports(struct check *c);
bool check_zones(struct check *c);
bool check_interfaces(struct check *c);
bool check_interface_addresses(struct check *c);
bool check_prefixes(struct check *c);
bool check_address_sets(struct check *c);
bool check_port_ranges(struct check *c);
bool check_applications(struct check *c);
bool check_policies(struct check *c);
bool check_routes(struct check *c);
bool check_next_hops(struct check *c);
bool check_neighbors(struct check *c);
bool check_schedules(struct check *c);
bool check_schedule_windows(struct check *c);
bool check_nat_ranges(struct check *c);
bool check_nat_subscribers(struct check *c);
bool check_nat_pools(struct check *c);
bool check_nat_source(struct check *c);
bool check_nat_destination(struct check *c);
bool check_nat_static(struct check *c);
bool check_refs_end(struct check *c);

// Fields that several kinds of rows have.
bool check_name(struct check *c, uint32_t row, const char *field, const char *name, size_t size);
bool check_device_name(struct check *c, uint32_t row, const char *field, const char *name);
bool check_zero(struct check *c, uint32_t row, const char *field, const void *bytes, size_t size);
// Lists into a section follow each other without gap or overlap: *end is where the lists before
// end, and each row belongs to one list. That also bounds the work of everything that walks lists.
bool check_list(struct check *c, uint32_t row, const char *field, uint32_t first, uint32_t count,
		uint32_t total, uint32_t *end);
bool check_end(struct check *c, const char *field, uint32_t end, uint32_t total);
bool check_index(struct check *c, uint32_t row, const char *field, uint32_t index, uint32_t total);
bool check_address(struct check *c, uint32_t row, const char *field, uint8_t family,
		   const uint8_t address[16]);
bool check_unicast(struct check *c, uint32_t row, const char *field, uint8_t family,
		   const uint8_t address[16]);
// A list of names: a range of refs that are rows of a section with total rows.
bool check_refs(struct check *c, uint32_t row, const char *field, uint32_t first, uint32_t count,
		uint32_t total);
// A name that is not empty, and what stands for it in sessions.
bool check_named(struct check *c, uint32_t row, const char *name, uint64_t name_id);
// A timeout in seconds that fits into the ticks of sessions.
bool check_timeout(struct check *c, uint32_t row, const char *field, uint32_t seconds);
bool check_prefix(struct check *c, uint32_t row, const struct fw_prefix_row *p, bool host_bits);

// Rows whose key has stood in an earlier row. The key of a row is what fill writes: at most
// UNIQUE_KEY bytes, rest zero.
#define UNIQUE_KEY 64
typedef void check_key_fn(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY]);
bool check_unique(struct check *c, const char *field, uint32_t count, check_key_fn *fill);

#endif
