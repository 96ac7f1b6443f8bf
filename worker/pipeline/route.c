// SPDX-License-Identifier: Apache-2.0
#include "pipeline/route.h"

#include <rte_jhash.h>
#include "pipeline/address.h"

uint32_t route_hash(const struct packet *p)
{
	return p->family == 4 ? rte_jhash(&p->key4, sizeof(p->key4), 0)
			      : rte_jhash(&p->key6, sizeof(p->key6), 0);
}

void route_next(const struct hop *hop, uint8_t family, const uint8_t *destination,
		struct neighbor_key *next)
{
	memset(next, 0, sizeof(*next));
	next->interface = hop->interface;
	if (hop->type == HOP_GATEWAY) {
		next->family = hop->family;
		memcpy(next->address, hop->gateway, hop->family == 4 ? 4 : 16);
	} else {
		next->family = family;
		memcpy(next->address, destination, family == 4 ? 4 : 16);
	}
}

static const struct hop_group *group_of(const struct core *c, uint16_t vrf, uint8_t family,
					const uint8_t *address)
{
	return family == 4 ? fib_group4(c->config.fib, vrf, address)
			   : fib_group6(c->config.fib, vrf, address);
}

struct route route_find(const struct core *c, uint16_t vrf, uint8_t family,
			const uint8_t *destination, uint32_t hash)
{
	struct route r = {.type = HOP_NONE, .interface = ROW_NONE};
	if (family == 6 && address6_is_link_local(destination)) {
		r.type = HOP_LOCAL;
		return r;
	}
	const struct hop *hop = hop_choose(group_of(c, vrf, family, destination), hash);
	r.type = hop->type;
	if (!hop_forwards(hop->type))
		return r;
	r.interface = interface_row(&c->interfaces, hop->interface);
	if (r.interface == ROW_NONE)
		r.type = HOP_NONE;
	else
		route_next(hop, family, destination, &r.next);
	return r;
}

enum fw_drop route_reason(enum hop_type type)
{
	switch (type) {
	case HOP_BLACKHOLE:
		return FW_DROP_ROUTE_BLACKHOLE;
	case HOP_UNREACHABLE:
		return FW_DROP_ROUTE_UNREACHABLE;
	case HOP_PROHIBIT:
		return FW_DROP_ROUTE_PROHIBIT;
	case HOP_NONE:
	case HOP_LOCAL:
	case HOP_CONNECTED:
	case HOP_GATEWAY:
		break;
	}
	return FW_DROP_NO_ROUTE;
}

bool route_is_reason(enum fw_drop reason)
{
	return reason == FW_DROP_NO_ROUTE || reason == FW_DROP_ROUTE_BLACKHOLE ||
	       reason == FW_DROP_ROUTE_UNREACHABLE || reason == FW_DROP_ROUTE_PROHIBIT;
}

// One of the paths back to the source leaves through the interface.
static bool leads_back(const struct hop_group *g, uint32_t interface)
{
	for (unsigned i = 0; i < g->count; i++)
		if (hop_forwards(g->hops[i].type) && g->hops[i].interface == interface)
			return true;
	return false;
}

enum fw_drop route_source_check(const struct core *c, const struct packet *p, bool to_host)
{
	return route_source_check_by(c, p, group_of(c, p->vrf, p->family, packet_source(p)),
				     to_host);
}

enum fw_drop route_source_check_by(const struct core *c, const struct packet *p,
				   const struct hop_group *g, bool to_host)
{
	if (p->family == 6 && address6_is_link_local(p->key6.source))
		return to_host ? FW_DROP_COUNT : FW_DROP_SOURCE_INVALID;
	if (g->hops[0].type == HOP_LOCAL)
		return FW_DROP_SOURCE_INVALID;
	bool good = true;
	switch (c->tables->zones[p->zone].source_check) {
	case FW_SOURCE_STRICT:
		good = leads_back(g, c->tables->interfaces[p->interface].name_id);
		break;
	case FW_SOURCE_LOOSE:
		good = hop_forwards(g->hops[0].type);
		break;
	case FW_SOURCE_OFF:
		break;
	}
	return good ? FW_DROP_COUNT : FW_DROP_SOURCE_CHECK;
}

bool route_is_broadcast(const struct core *c, uint16_t interface, const uint8_t destination[4])
{
	const struct fw_program *program = c->tables->program;
	const uint8_t *base = (const uint8_t *)program;
	const struct fw_interface_row *rows = (const void *)(base + program->interfaces.offset);
	const struct fw_prefix_row *prefixes =
	    (const void *)(base + program->interface_addresses.offset);
	const struct fw_interface_row *row = &rows[interface];
	for (uint32_t i = 0; i < row->address_count; i++) {
		const struct fw_prefix_row *a = &prefixes[row->address_first + i];
		if (a->family != 4 || a->length > 30)
			continue;
		uint32_t host = a->length == 0 ? UINT32_MAX : UINT32_MAX >> a->length;
		uint32_t network = read32(a->address) & ~host, at = read32(destination);
		if (at == (network | host) || at == network)
			return true;
	}
	return false;
}
