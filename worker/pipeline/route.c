// SPDX-License-Identifier: Apache-2.0
#include "pipeline/route.h"

#include <rte_jhash.h>
#include "pipeline/address.h"

uint32_t route_hash(const struct packet *p)
{
	return p->family == 4 ? rte_jhash(&p->key4, sizeof(p->key4), 0)
			      : rte_jhash(&p->key6, sizeof(p->key6), 0);
}

static void set_next(struct route *r, const struct hop *hop, uint8_t family,
		     const uint8_t *destination)
{
	memset(&r->next, 0, sizeof(r->next));
	r->next.interface = hop->interface;
	if (hop->type == HOP_GATEWAY) {
		r->next.family = hop->family;
		memcpy(r->next.address, hop->gateway, hop->family == 4 ? 4 : 16);
	} else {
		r->next.family = family;
		memcpy(r->next.address, destination, family == 4 ? 4 : 16);
	}
}

struct route route_find(const struct core *c, uint8_t family, const uint8_t *destination,
			uint32_t hash)
{
	struct route r = {.type = HOP_NONE, .interface = ROW_NONE};
	if (family == 6 && address6_is_link_local(destination)) {
		r.type = HOP_LOCAL;
		return r;
	}
	const struct hop *hop = family == 4 ? fib_lookup4(c->config.fib, destination, hash)
					    : fib_lookup6(c->config.fib, destination, hash);
	r.type = hop->type;
	if (hop->type != HOP_CONNECTED && hop->type != HOP_GATEWAY)
		return r;
	r.interface = interface_row(&c->interfaces, hop->interface);
	if (r.interface == ROW_NONE)
		r.type = HOP_NONE;
	else
		set_next(&r, hop, family, destination);
	return r;
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
