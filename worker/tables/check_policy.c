// SPDX-License-Identifier: Apache-2.0
// Checks of address sets, applications and policies.
#include <netinet/in.h>
#include <string.h>
#include "tables/check.h"

#define FOR_ROWS(count) for (uint32_t row = 0; row < (count); row++)

bool check_prefixes(struct check *c)
{
	FOR_ROWS(c->program->prefixes.count)
	if (!check_prefix(c, row, program_row_prefix(c->program, row), false))
		return false;
	return true;
}

// a ends before b begins.
static bool prefix_precedes(const struct fw_prefix_row *a, const struct fw_prefix_row *b)
{
	uint8_t last[16];
	if (a->family != b->family)
		return a->family < b->family;
	memcpy(last, a->address, 16);
	for (unsigned i = a->length; i < (a->family == 4 ? 32u : 128u); i++)
		last[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return memcmp(last, b->address, 16) < 0;
}

static void set_name_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	memcpy(key, program_row_address_set(p, row)->name, FW_NAME_SIZE);
}

static bool check_set(struct check *c, uint32_t row, uint32_t *prefixes)
{
	const struct fw_program *p = c->program;
	const struct fw_address_set_row *r = program_row_address_set(p, row);
	if (!check_name(c, row, "name", r->name, FW_NAME_SIZE) ||
	    !check_list(c, row, "prefix_first", r->prefix_first, r->prefix_count, p->prefixes.count,
			prefixes))
		return false;
	if (r->name[0] == '\0')
		return check_fail(c, row, "name", "An address set needs a name.");
	for (uint32_t i = 1; i < r->prefix_count; i++)
		if (!prefix_precedes(program_row_prefix(p, r->prefix_first + i - 1),
				     program_row_prefix(p, r->prefix_first + i)))
			return check_fail(
			    c, row, "prefix_first",
			    "Prefix %u of the set is out of order, or overlaps the one before.", i);
	return true;
}

bool check_address_sets(struct check *c)
{
	uint32_t prefixes = 0;
	FOR_ROWS(c->program->address_sets.count)
	if (!check_set(c, row, &prefixes))
		return false;
	return check_end(c, "prefix_first", prefixes, c->program->prefixes.count) &&
	       check_unique(c, "name", c->program->address_sets.count, set_name_key);
}

bool check_port_ranges(struct check *c)
{
	FOR_ROWS(c->program->port_ranges.count)
	{
		const struct fw_port_range_row *r = program_row_port_range(c->program, row);
		if (r->low > r->high)
			return check_fail(c, row, "low", "%u is above high, %u.", r->low, r->high);
	}
	return true;
}

static bool check_ranges(struct check *c, uint32_t row, const char *field, uint32_t first,
			 uint32_t count, uint32_t *end)
{
	const struct fw_program *p = c->program;
	if (!check_list(c, row, field, first, count, p->port_ranges.count, end))
		return false;
	for (uint32_t i = 1; i < count; i++)
		if (program_row_port_range(p, first + i - 1)->high >=
		    program_row_port_range(p, first + i)->low)
			return check_fail(c, row, field,
					  "Range %u is out of order, or overlaps the one before.",
					  i);
	return true;
}

static void application_name_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	memcpy(key, program_row_application(p, row)->name, FW_NAME_SIZE);
}

static bool check_application(struct check *c, uint32_t row, uint32_t *ranges)
{
	const struct fw_application_row *r = program_row_application(c->program, row);
	bool icmp = r->protocol == IPPROTO_ICMP || r->protocol == IPPROTO_ICMPV6;
	bool ports =
	    r->protocol == IPPROTO_TCP || r->protocol == IPPROTO_UDP || r->protocol == IPPROTO_SCTP;
	if (!check_name(c, row, "name", r->name, FW_NAME_SIZE))
		return false;
	if (r->name[0] == '\0')
		return check_fail(c, row, "name", "An application needs a name.");
	if (r->any_protocol > 1)
		return check_fail(c, row, "any_protocol", "%u is neither 0 nor 1.",
				  r->any_protocol);
	if (r->protocol > 255 || (r->any_protocol && r->protocol != 0))
		return check_fail(c, row, "protocol", "%u is not an IP protocol number here.",
				  r->protocol);
	if (r->any_protocol)
		icmp = ports = false;
	if (r->source_count > 0 && !ports)
		return check_fail(c, row, "source_count", "Protocol %u has no source ports.",
				  r->protocol);
	if (r->destination_count > 0 && !ports && !icmp)
		return check_fail(c, row, "destination_count",
				  "Protocol %u has no destination ports.", r->protocol);
	if (r->timeout_s != 0 && !check_timeout(c, row, "timeout_s", r->timeout_s))
		return false;
	return check_ranges(c, row, "source_first", r->source_first, r->source_count, ranges) &&
	       check_ranges(c, row, "destination_first", r->destination_first, r->destination_count,
			    ranges) &&
	       check_zero(c, row, "pad", &r->pad, sizeof(r->pad));
}

bool check_applications(struct check *c)
{
	uint32_t ranges = 0;
	FOR_ROWS(c->program->applications.count)
	if (!check_application(c, row, &ranges))
		return false;
	return check_end(c, "source_first", ranges, c->program->port_ranges.count) &&
	       check_unique(c, "name", c->program->applications.count, application_name_key);
}

static bool check_policy(struct check *c, uint32_t row)
{
	const struct fw_program *p = c->program;
	const struct fw_policy_row *r = program_row_policy(p, row);
	if (!check_named(c, row, r->name, r->name_id))
		return false;
	if (r->source_negated > 1 || (r->source_negated && r->source_count == 0))
		return check_fail(c, row, "source_negated", "Nothing stands there to be negated.");
	if (r->destination_negated > 1 || (r->destination_negated && r->destination_count == 0))
		return check_fail(c, row, "destination_negated",
				  "Nothing stands there to be negated.");
	if (r->action < FW_ACTION_PERMIT || r->action > FW_ACTION_REJECT)
		return check_fail(c, row, "action", "%u is not an action.", r->action);
	return check_refs(c, row, "from_first", r->from_first, r->from_count, p->zones.count) &&
	       check_refs(c, row, "to_first", r->to_first, r->to_count, p->zones.count) &&
	       check_refs(c, row, "source_first", r->source_first, r->source_count,
			  p->address_sets.count) &&
	       check_refs(c, row, "destination_first", r->destination_first, r->destination_count,
			  p->address_sets.count) &&
	       check_refs(c, row, "application_first", r->application_first, r->application_count,
			  p->applications.count) &&
	       (r->schedule == FW_NO_INDEX ||
		check_index(c, row, "schedule", r->schedule, p->schedules.count)) &&
	       check_zero(c, row, "pad", &r->pad, sizeof(r->pad));
}

static void policy_name_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	memcpy(key, program_row_policy(p, row)->name, FW_NAME_SIZE);
}

static void policy_id_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	memcpy(key, &program_row_policy(p, row)->name_id, 8);
}

bool check_policies(struct check *c)
{
	uint32_t count = c->program->policies.count;
	FOR_ROWS(count)
	if (!check_policy(c, row))
		return false;
	return check_unique(c, "name", count, policy_name_key) &&
	       check_unique(c, "name_id", count, policy_id_key);
}
