// SPDX-License-Identifier: Apache-2.0
// The rules' answer for a flow.
#include <netinet/in.h>
#include <string.h>
#include "nat/nat.h"
#include "nat/rows.h"
#include "state/session.h"

void nat_find_targets(const struct nat *n, const struct flow4 *flows, unsigned count,
		      uint32_t *rows)
{
	policy_lookup4_many(&n->destination, flows, count, rows);
}

static uint16_t moved_port(const struct fw_nat_destination_row *r, uint16_t port)
{
	if (r->to_port == 0)
		return port;
	return (uint16_t)(r->to_port + (port - r->port_low));
}

void nat_take_target(const struct nat *n, uint32_t row, const struct flow4 *flow,
		     struct nat_target *target)
{
	uint32_t address = nat_address(flow->destination);
	uint16_t port = flow->destination_port;
	if (row < n->static_count) {
		const struct fw_nat_static_row *r = nat_row_static(n->program, row);
		target->kind = NAT_STATIC;
		target->rule_id = n->static_ids[row];
		address = nat_address(r->internal) + (address - nat_address(r->external));
	} else {
		const struct fw_nat_destination_row *r =
		    nat_row_destination(n->program, row - n->static_count);
		target->kind = NAT_DESTINATION;
		target->rule_id = n->destination_ids[row - n->static_count];
		address = nat_address(r->to) + (r->to_single ? 0 : address - nat_address(r->low));
		port = moved_port(r, port);
	}
	nat_store(target->address, address);
	target->port_be = htons(port);
	target->binding = FW_NO_INDEX;
	target->admits = false;
}

bool nat_find_target(const struct nat *n, const struct flow4 *flow, struct nat_target *target)
{
	uint32_t row;
	nat_find_targets(n, flow, 1, &row);
	if (row == FW_NO_INDEX)
		return false;
	nat_take_target(n, row, flow, target);
	return true;
}

bool nat_steer(const struct nat *n, uint16_t zone, struct session_key4 *key)
{
	if (n == NULL || !nat_is_external(n, key->destination))
		return false;
	struct flow4 flow = {.from = zone, .protocol = key->protocol};
	struct nat_target target;
	bool ports = key->protocol == IPPROTO_TCP || key->protocol == IPPROTO_UDP;
	memcpy(flow.source, key->source, 4);
	memcpy(flow.destination, key->destination, 4);
	flow.source_port = ports ? ntohs(key->source_port_be) : 0;
	flow.destination_port = ports ? ntohs(key->destination_port_be) : 0;
	if (!nat_find_target(n, &flow, &target))
		return false;
	memcpy(key->destination, target.address, 4);
	if (ports)
		key->destination_port_be = target.port_be;
	return true;
}

void nat_find_origins(const struct nat *n, const struct flow4 *flows, unsigned count,
		      uint32_t *rows)
{
	policy_lookup4_many(&n->source, flows, count, rows);
}

void nat_take_origin(const struct nat *n, uint32_t row, struct nat_origin *origin)
{
	memset(origin, 0, sizeof(*origin));
	origin->row = row;
	if (row == FW_NO_INDEX)
		return;
	if (row < n->static_count) {
		origin->kind = NAT_STATIC;
		origin->rule_id = n->static_ids[row];
		return;
	}
	origin->rule = nat_row_source(n->program, row - n->static_count);
	origin->rule_id = n->source_ids[row - n->static_count];
	origin->kind = origin->rule->action == FW_NAT_POOL	? NAT_POOL
		       : origin->rule->action == FW_NAT_INTERFACE ? NAT_INTERFACE
								  : NAT_OFF;
}

bool nat_origin_space(const struct nat *n, const struct nat_origin *origin, const uint8_t client[4],
		      const uint8_t address[4], struct nat_space *space)
{
	uint32_t at = nat_address(client);
	if (origin->kind == NAT_POOL)
		return nat_pool_space(&n->pools[origin->rule->pool], at, space);
	*space = (struct nat_space){.tries = 1, .low = 1, .high = UINT16_MAX};
	if (origin->kind == NAT_STATIC) {
		const struct fw_nat_static_row *r = nat_row_static(n->program, origin->row);
		space->address = nat_address(r->external) + (at - nat_address(r->internal));
		return true;
	}
	space->address = nat_address(address);
	space->low = origin->rule->port_low;
	space->high = origin->rule->port_high;
	return space->address != 0;
}

bool nat_find_persistent(const struct nat *n, uint32_t rule_id, struct nat_origin *origin)
{
	for (uint32_t i = 0; i < n->source_count; i++) {
		if (n->source_ids[i] != rule_id || !nat_row_source(n->program, i)->persistent)
			continue;
		nat_take_origin(n, n->static_count + i, origin);
		return origin->kind == NAT_POOL || origin->kind == NAT_INTERFACE;
	}
	return false;
}

bool nat_uses_interfaces(const struct nat *n)
{
	for (uint32_t i = 0; i < n->source_count; i++)
		if (nat_row_source(n->program, i)->action == FW_NAT_INTERFACE)
			return true;
	return false;
}

bool nat_is_external(const struct nat *n, const uint8_t address[4])
{
	return nat_span_find(n->external, n->external_count, nat_address(address)) != NULL;
}
