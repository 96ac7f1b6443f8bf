// SPDX-License-Identifier: Apache-2.0
// Checks of NAT pools and rules.
#include <netinet/in.h>
#include <string.h>
#include "tables/check.h"

#define FOR_ROWS(count) for (uint32_t row = 0; row < (count); row++)

static uint32_t word_of(const uint8_t address[4])
{
	return (uint32_t)address[0] << 24 | (uint32_t)address[1] << 16 | (uint32_t)address[2] << 8 |
	       address[3];
}

// Addresses of hosts only: neither 0.0.0.0/8 nor multicast and above.
static bool check_range(struct check *c, uint32_t row, const char *field, uint32_t low,
			uint32_t high)
{
	if (low > high)
		return check_fail(c, row, field, "The range runs backwards.");
	if (low >> 24 == 0 || high >> 24 >= 224)
		return check_fail(c, row, field, "The addresses are not of hosts.");
	return true;
}

// Count addresses from one on.
static bool check_span(struct check *c, uint32_t row, const char *field, const uint8_t first[4],
		       uint32_t count)
{
	uint32_t low = word_of(first);
	if (count - 1 > UINT32_MAX - low)
		return check_fail(c, row, field, "%u addresses go beyond the last one.", count);
	return check_range(c, row, field, low, low + (count - 1));
}

bool check_nat_ranges(struct check *c)
{
	FOR_ROWS(c->program->nat_ranges.count)
	{
		const struct fw_nat_range_row *r = program_row_nat_range(c->program, row);
		if (!check_range(c, row, "low", word_of(r->low), word_of(r->high)))
			return false;
	}
	return true;
}

bool check_nat_subscribers(struct check *c)
{
	FOR_ROWS(c->program->nat_subscribers.count)
	{
		const struct fw_prefix_row *r = program_row_nat_subscriber(c->program, row);
		if (!check_prefix(c, row, r, false))
			return false;
		if (r->family != 4)
			return check_fail(c, row, "family", "A subscriber is IPv4.");
	}
	return true;
}

// Ranges in order and apart; returns the number of addresses, 0 when the fault is filled.
static uint64_t pool_addresses(struct check *c, uint32_t row, const struct fw_nat_pool_row *r)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < r->range_count; i++) {
		const struct fw_nat_range_row *range =
		    program_row_nat_range(c->program, r->range_first + i);
		if (i > 0 && word_of(range[-1].high) >= word_of(range->low)) {
			check_fail(c, row, "range_first",
				   "Range %u is out of order, or overlaps the one before.", i);
			return 0;
		}
		count += (uint64_t)word_of(range->high) - word_of(range->low) + 1;
	}
	if (count == 0)
		check_fail(c, row, "range_count", "A pool needs addresses.");
	return count;
}

static bool check_blocks(struct check *c, uint32_t row, const struct fw_nat_pool_row *r,
			 uint64_t addresses)
{
	uint32_t ports = r->port_high - r->port_low + 1u;
	uint64_t subscribers = 0;
	if ((r->block_size == 0) != (r->subscriber_count == 0))
		return check_fail(c, row, "block_size",
				  "Blocks need subscribers, and subscribers need blocks.");
	if (r->block_size > ports)
		return check_fail(c, row, "block_size", "A block has %u ports, the pool %u.",
				  r->block_size, ports);
	for (uint32_t i = 0; i < r->subscriber_count; i++)
		subscribers +=
		    1ull << (32 - program_row_nat_subscriber(c->program, r->subscriber_first + i)
				      ->length);
	if (r->block_size > 0 && subscribers > addresses * (ports / r->block_size))
		return check_fail(c, row, "subscriber_count",
				  "There are more subscribers than blocks.");
	return true;
}

static bool check_pool(struct check *c, uint32_t row, uint32_t *ranges, uint32_t *subscribers)
{
	const struct fw_program *p = c->program;
	const struct fw_nat_pool_row *r = program_row_nat_pool(p, row);
	if (!check_named(c, row, r->name, r->name_id) ||
	    !check_list(c, row, "range_first", r->range_first, r->range_count, p->nat_ranges.count,
			ranges) ||
	    !check_list(c, row, "subscriber_first", r->subscriber_first, r->subscriber_count,
			p->nat_subscribers.count, subscribers))
		return false;
	if (r->port_low == 0 || r->port_low > r->port_high)
		return check_fail(c, row, "port_low", "Ports %u to %u are no range.", r->port_low,
				  r->port_high);
	if (r->address_persistent > 1)
		return check_fail(c, row, "address_persistent", "%u is neither 0 nor 1.",
				  r->address_persistent);
	uint64_t addresses = pool_addresses(c, row, r);
	return addresses > 0 && check_blocks(c, row, r, addresses) &&
	       check_zero(c, row, "pad", r->pad, sizeof(r->pad));
}

static void pool_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	memcpy(key, program_row_nat_pool(p, row)->name, FW_NAME_SIZE);
}

bool check_nat_pools(struct check *c)
{
	uint32_t ranges = 0, subscribers = 0;
	FOR_ROWS(c->program->nat_pools.count)
	if (!check_pool(c, row, &ranges, &subscribers))
		return false;
	return check_end(c, "range_first", ranges, c->program->nat_ranges.count) &&
	       check_end(c, "subscriber_first", subscribers, c->program->nat_subscribers.count) &&
	       check_unique(c, "name", c->program->nat_pools.count, pool_key);
}

static bool check_source_action(struct check *c, uint32_t row, const struct fw_nat_source_row *r)
{
	if (r->action < FW_NAT_OFF || r->action > FW_NAT_POOL)
		return check_fail(c, row, "action", "%u is not an action of NAT.", r->action);
	if (r->action == FW_NAT_POOL ?
		!check_index(c, row, "pool", r->pool, c->program->nat_pools.count) :
		r->pool != FW_NO_INDEX && !check_fail(c, row, "pool", "The action has no pool."))
		return false;
	if (r->action == FW_NAT_INTERFACE ? r->port_low == 0 || r->port_low > r->port_high :
					    r->port_low != 0 || r->port_high != 0)
		return check_fail(c, row, "port_low", "Ports %u to %u do not fit the action.",
				  r->port_low, r->port_high);
	return true;
}

static bool check_persistent(struct check *c, uint32_t row, const struct fw_nat_source_row *r)
{
	if (r->persistent > 1 || (r->persistent && r->action == FW_NAT_OFF))
		return check_fail(c, row, "persistent", "%u does not fit the action.",
				  r->persistent);
	if (r->persistent && r->action == FW_NAT_POOL &&
	    program_row_nat_pool(c->program, r->pool)->block_size > 0)
		return check_fail(c, row, "persistent", "Pools with port blocks keep no bindings.");
	if (r->filtering > FW_NAT_FILTER_ENDPOINT_INDEPENDENT || (!r->persistent && r->filtering))
		return check_fail(c, row, "filtering", "%u is not a kind of filtering here.",
				  r->filtering);
	if (!r->persistent && r->binding_timeout_s != 0)
		return check_fail(c, row, "binding_timeout_s", "There are no bindings.");
	return !r->persistent || check_timeout(c, row, "binding_timeout_s", r->binding_timeout_s);
}

static bool check_source(struct check *c, uint32_t row)
{
	const struct fw_program *p = c->program;
	const struct fw_nat_source_row *r = program_row_nat_source(p, row);
	return check_named(c, row, r->name, r->name_id) &&
	       check_refs(c, row, "from_first", r->from_first, r->from_count, p->zones.count) &&
	       check_refs(c, row, "to_first", r->to_first, r->to_count, p->zones.count) &&
	       check_refs(c, row, "source_first", r->source_first, r->source_count,
			  p->address_sets.count) &&
	       check_refs(c, row, "destination_first", r->destination_first, r->destination_count,
			  p->address_sets.count) &&
	       check_refs(c, row, "application_first", r->application_first, r->application_count,
			  p->applications.count) &&
	       check_source_action(c, row, r) && check_persistent(c, row, r) &&
	       check_zero(c, row, "pad", &r->pad, sizeof(r->pad));
}

static void source_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	memcpy(key, program_row_nat_source(p, row)->name, FW_NAME_SIZE);
}

bool check_nat_source(struct check *c)
{
	FOR_ROWS(c->program->nat_source.count)
	if (!check_source(c, row))
		return false;
	return check_unique(c, "name", c->program->nat_source.count, source_key);
}

static bool check_destination_ports(struct check *c, uint32_t row,
				    const struct fw_nat_destination_row *r)
{
	bool ports = r->protocol == IPPROTO_TCP || r->protocol == IPPROTO_UDP;
	if (r->port_low == 0)
		return (r->port_high == 0 ||
			check_fail(c, row, "port_high", "There is no range of ports.")) &&
		       (r->to_port == 0 ||
			check_fail(c, row, "to_port", "There is no port to become it."));
	if (!ports)
		return check_fail(c, row, "protocol", "Protocol %u has no ports.", r->protocol);
	if (r->port_low > r->port_high)
		return check_fail(c, row, "port_low", "The range of ports runs backwards.");
	if (r->to_port != 0 && r->to_port + (r->port_high - r->port_low) > UINT16_MAX)
		return check_fail(c, row, "to_port", "The ports go beyond the last one.");
	return true;
}

static bool check_destination(struct check *c, uint32_t row)
{
	const struct fw_program *p = c->program;
	const struct fw_nat_destination_row *r = program_row_nat_destination(p, row);
	uint32_t low = word_of(r->low), high = word_of(r->high);
	if (!check_named(c, row, r->name, r->name_id) ||
	    !check_refs(c, row, "from_first", r->from_first, r->from_count, p->zones.count) ||
	    !check_refs(c, row, "source_first", r->source_first, r->source_count,
			p->address_sets.count) ||
	    !check_range(c, row, "low", low, high))
		return false;
	if (r->to_single > 1)
		return check_fail(c, row, "to_single", "%u is neither 0 nor 1.", r->to_single);
	return check_span(c, row, "to", r->to, r->to_single ? 1 : high - low + 1) &&
	       check_destination_ports(c, row, r) &&
	       check_zero(c, row, "pad", r->pad, sizeof(r->pad));
}

static void destination_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	memcpy(key, program_row_nat_destination(p, row)->name, FW_NAME_SIZE);
}

bool check_nat_destination(struct check *c)
{
	FOR_ROWS(c->program->nat_destination.count)
	if (!check_destination(c, row))
		return false;
	return check_unique(c, "name", c->program->nat_destination.count, destination_key);
}

static void static_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	memcpy(key, program_row_nat_static(p, row)->name, FW_NAME_SIZE);
}

bool check_nat_static(struct check *c)
{
	FOR_ROWS(c->program->nat_static.count)
	{
		const struct fw_nat_static_row *r = program_row_nat_static(c->program, row);
		if (!check_named(c, row, r->name, r->name_id) ||
		    !check_refs(c, row, "from_first", r->from_first, r->from_count,
				c->program->zones.count))
			return false;
		if (r->count == 0)
			return check_fail(c, row, "count", "The rule has no addresses.");
		if (!check_span(c, row, "external", r->external, r->count) ||
		    !check_span(c, row, "internal", r->internal, r->count) ||
		    !check_zero(c, row, "pad", &r->pad, sizeof(r->pad)))
			return false;
	}
	return check_unique(c, "name", c->program->nat_static.count, static_key);
}

bool check_refs_end(struct check *c)
{
	return check_end(c, "count", c->refs, c->program->refs.count);
}
