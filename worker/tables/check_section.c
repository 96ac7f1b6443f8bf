// SPDX-License-Identifier: Apache-2.0
// Checks of the program header and of where its sections lie.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "shm/crc32c.h"
#include "tables/check.h"

static const struct kind {
	const char *name;
	size_t at; // of its struct fw_section in struct fw_program
	uint32_t row_size, limit;
} kinds[] = {
#define KIND(name, type, limit)                                                                    \
	{                                                                                          \
#name, offsetof(struct fw_program, name), sizeof(type), limit                      \
	}
    KIND(ports, struct fw_port_row, FW_MAX_PORTS),
    KIND(zones, struct fw_zone_row, FW_MAX_ZONES),
    KIND(interfaces, struct fw_interface_row, FW_MAX_INTERFACES),
    KIND(interface_addresses, struct fw_prefix_row, FW_MAX_INTERFACE_ADDRESSES),
    KIND(address_sets, struct fw_address_set_row, FW_MAX_ADDRESS_SETS),
    KIND(prefixes, struct fw_prefix_row, FW_MAX_PREFIXES),
    KIND(applications, struct fw_application_row, FW_MAX_APPLICATIONS),
    KIND(port_ranges, struct fw_port_range_row, FW_MAX_PORT_RANGES),
    KIND(policies, struct fw_policy_row, FW_MAX_POLICIES),
    KIND(refs, uint32_t, FW_MAX_REFS),
    KIND(routes, struct fw_route_row, FW_MAX_ROUTES),
    KIND(next_hops, struct fw_next_hop_row, FW_MAX_NEXT_HOPS),
    KIND(neighbors, struct fw_neighbor_row, FW_MAX_NEIGHBORS),
    KIND(schedules, struct fw_schedule_row, FW_MAX_SCHEDULES),
    KIND(schedule_windows, struct fw_schedule_window_row, FW_MAX_SCHEDULE_WINDOWS),
    KIND(nat_pools, struct fw_nat_pool_row, FW_MAX_NAT_POOLS),
    KIND(nat_ranges, struct fw_nat_range_row, FW_MAX_NAT_RANGES),
    KIND(nat_subscribers, struct fw_prefix_row, FW_MAX_NAT_SUBSCRIBERS),
    KIND(nat_source, struct fw_nat_source_row, FW_MAX_NAT_SOURCE_RULES),
    KIND(nat_destination, struct fw_nat_destination_row, FW_MAX_NAT_DESTINATION_RULES),
    KIND(nat_static, struct fw_nat_static_row, FW_MAX_NAT_STATIC_RULES),
#undef KIND
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

// Every field of struct fw_program is a known one: no byte of it stays unchecked.
_Static_assert(sizeof(struct fw_program) ==
		   offsetof(struct fw_program, ports) + KINDS * sizeof(struct fw_section),
	       "sections end the header");
_Static_assert(offsetof(struct fw_program, ports) == 192, "check_header() knows every field");

#define WHOLE FW_NO_INDEX

static bool check_size(struct check *c, size_t size)
{
	const struct fw_program *p = c->program;
	if (size < sizeof(*p))
		return check_fail(c, WHOLE, "total_size",
				  "%zu bytes are less than the header's %zu.", size, sizeof(*p));
	if (p->magic != FW_PROGRAM_MAGIC)
		return check_fail(c, WHOLE, "magic",
				  "0x%016" PRIx64 " is not a program's magic number.", p->magic);
	if (p->layout_version != FW_LAYOUT_VERSION)
		return check_fail(c, WHOLE, "layout_version",
				  "Layout version %u, this worker has %u.", p->layout_version,
				  FW_LAYOUT_VERSION);
	if (p->header_size != sizeof(*p))
		return check_fail(c, WHOLE, "header_size",
				  "The header has %u bytes instead of %zu.", p->header_size,
				  sizeof(*p));
	if (p->total_size != size || size > FW_MAX_BANK_SIZE)
		return check_fail(c, WHOLE, "total_size",
				  "%" PRIu64 " bytes are stated, %zu were copied, %u is the limit.",
				  p->total_size, size, FW_MAX_BANK_SIZE);
	uint32_t checksum = crc32c((const uint8_t *)p + sizeof(*p), size - sizeof(*p));
	if (p->checksum != checksum)
		return check_fail(c, WHOLE, "checksum", "The checksum is 0x%08x instead of 0x%08x.",
				  p->checksum, checksum);
	return true;
}

static bool bounded(struct check *c, const char *field, uint32_t value, uint32_t low, uint32_t high)
{
	if (value < low || value > high)
		return check_fail(c, WHOLE, field, "%u is not in %u to %u.", value, low, high);
	return true;
}

static bool check_limits(struct check *c)
{
	const struct fw_program *p = c->program;
	return bounded(c, "sessions_ipv4", p->sessions_ipv4, 0, FW_MAX_SESSIONS) &&
	       bounded(c, "sessions_ipv6", p->sessions_ipv6, 0, FW_MAX_SESSIONS) &&
	       bounded(c, "bindings", p->bindings, 1, FW_MAX_BINDINGS) &&
	       bounded(c, "fragments", p->fragments, 1, FW_MAX_FRAGMENTS) &&
	       bounded(c, "fragments_per_source", p->fragments_per_source, 1, FW_MAX_FRAGMENTS) &&
	       bounded(c, "held_packets", p->held_packets, 1, FW_MAX_HELD_PACKETS) &&
	       bounded(c, "neighbor_limit", p->neighbor_limit, 1, FW_MAX_LEARNED_NEIGHBORS) &&
	       bounded(c, "errors_per_second", p->errors_per_second, 1, 1000000);
}

static bool check_flow(struct check *c)
{
	const struct fw_program *p = c->program;
	for (unsigned i = 0; i < FW_TIMEOUT_COUNT; i++)
		if (i <= FW_TIMEOUT_OTHER ?
			!check_timeout(c, WHOLE, "timeouts_s", p->timeouts_s[i]) :
			!bounded(c, "timeouts_s", p->timeouts_s[i], 0, 0))
			return false;
	return bounded(c, "tcp_strict_syn", p->tcp_strict_syn, 0, 1) &&
	       bounded(c, "tcp_window", p->tcp_window, FW_TCP_WINDOW_STRICT, FW_TCP_WINDOW_LIBERAL);
}

bool check_header(struct check *c)
{
	const struct fw_program *p = c->program;
	c->section = "";
	if (!check_size(c, c->size))
		return false;
	if (!bounded(c, "default_action", p->default_action, FW_ACTION_PERMIT, FW_ACTION_REJECT) ||
	    !bounded(c, "rx_mode", p->rx_mode, FW_RX_POLLING, FW_RX_INTERRUPT) ||
	    !bounded(c, "sleep_timeout_us", p->sleep_timeout_us, 1, 60000000) ||
	    !check_limits(c) || !check_flow(c)) {
		c->fault->verdict = FW_VERDICT_REFUSED_ROW;
		return false;
	}
	return true;
}

static const struct fw_section *section_of(const struct check *c, unsigned kind)
{
	return (const void *)((const uint8_t *)c->program + kinds[kind].at);
}

static uint64_t section_end(const struct check *c, unsigned kind)
{
	const struct fw_section *s = section_of(c, kind);
	return s->offset + (uint64_t)s->count * kinds[kind].row_size;
}

static bool check_bounds(struct check *c, unsigned kind)
{
	const struct fw_section *s = section_of(c, kind);
	c->section = kinds[kind].name;
	if (s->count > kinds[kind].limit)
		return check_fail(c, WHOLE, "count", "%u rows exceed the limit of %u.", s->count,
				  kinds[kind].limit);
	if (s->offset % 8 != 0)
		return check_fail(c, WHOLE, "offset", "Offset %u is not a multiple of 8.",
				  s->offset);
	if (s->offset < sizeof(struct fw_program) || section_end(c, kind) > c->size)
		return check_fail(c, WHOLE, "offset",
				  "Bytes %u to %" PRIu64 " lie outside the program.", s->offset,
				  section_end(c, kind));
	return true;
}

// What lies between two sections is zero.
static bool check_gap(struct check *c, uint64_t from, uint64_t to)
{
	if (to < from)
		return check_fail(c, WHOLE, "offset", "The section overlaps another.");
	return check_zero(c, WHOLE, "offset", (const uint8_t *)c->program + from, to - from);
}

bool check_sections(struct check *c)
{
	unsigned order[KINDS], used = 0;
	for (unsigned i = 0; i < KINDS; i++) {
		if (!check_bounds(c, i))
			return false;
		if (section_of(c, i)->count == 0)
			continue;
		unsigned at = used++;
		for (; at > 0 && section_of(c, order[at - 1])->offset > section_of(c, i)->offset;
		     at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
	uint64_t end = sizeof(struct fw_program);
	for (unsigned i = 0; i < used; i++) {
		c->section = kinds[order[i]].name;
		if (!check_gap(c, end, section_of(c, order[i])->offset))
			return false;
		end = section_end(c, order[i]);
	}
	c->section = "";
	return check_gap(c, end, c->size);
}
