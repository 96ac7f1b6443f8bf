// SPDX-License-Identifier: Apache-2.0
// Routes of a program: what the worker's control thread would tell the kernel, and hear back.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/address.h"
#include "replay/engine_own.h"

static const void *section(const struct tables *t, struct fw_section s)
{
	return (const uint8_t *)t->program + s.offset;
}

int engine_add_route(struct engine *e, uint16_t vrf, uint8_t family, const uint8_t prefix[16], uint8_t length,
		     const struct hop *hops, unsigned count)
{
	if (e->route_count == e->route_room) {
		size_t room = e->route_room == 0 ? 64 : e->route_room * 2;
		struct engine_route *grown = realloc(e->routes, room * sizeof(*grown));
		if (grown == NULL)
			return -ENOMEM;
		e->routes = grown;
		e->route_room = room;
	}
	int error = fib_set(e->fib, vrf, family, prefix, length, hops, count);
	if (error != 0)
		return error;
	struct engine_route *r = &e->routes[e->route_count++];
	memset(r, 0, sizeof(*r));
	memcpy(r->prefix, prefix, 16);
	r->vrf = vrf;
	r->family = family;
	r->length = length;
	return 0;
}

void engine_remove_routes(struct engine *e)
{
	for (size_t i = 0; i < e->route_count; i++)
		fib_delete(e->fib, e->routes[i].vrf, e->routes[i].family, e->routes[i].prefix, e->routes[i].length);
	e->route_count = 0;
}

static void mask(uint8_t prefix[16], unsigned length)
{
	for (unsigned bit = length; bit < 128; bit++)
		prefix[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
}

// The subnet first: the address itself wins by its length, also where both are the same prefix.
static int add_address(struct engine *e, const struct interface *interface,
		       const struct fw_prefix_row *address)
{
	struct hop connected = {.type = HOP_CONNECTED, .interface = interface->name_id};
	struct hop local = {.type = HOP_LOCAL, .interface = interface->name_id};
	uint8_t whole = address->family == 4 ? 32 : 128;
	uint8_t prefix[16];
	memcpy(prefix, address->address, 16);
	mask(prefix, address->length);
	int error = 0;
	if (address->length != whole)
		error =
		    engine_add_route(e, interface->vrf, address->family, prefix, address->length, &connected, 1);
	return error != 0
		   ? error
		   : engine_add_route(e, interface->vrf, address->family, address->address, whole, &local, 1);
}

// What the kernel gives an interface that has no address of its own.
static int add_own(struct engine *e, uint32_t row)
{
	const struct interface *in = &e->tables->interfaces[row];
	struct fw_prefix_row own = {.family = 4, .length = 24};
	int error = 0;
	for (unsigned i = 0; i < 2 && error == 0 && address4_is_zero(in->address4); i++) {
		memcpy(own.address, e->own4[row][i], 4);
		if (!address4_is_zero(own.address))
			error = add_address(e, in, &own);
	}
	return error;
}

static int add_addresses(struct engine *e)
{
	const struct tables *t = e->tables;
	const struct fw_interface_row *rows = section(t, t->program->interfaces);
	const struct fw_prefix_row *addresses = section(t, t->program->interface_addresses);
	for (uint32_t i = 0; i < t->interface_count; i++) {
		if (add_own(e, i) != 0)
			return -ENOMEM;
		for (uint32_t n = 0; n < rows[i].address_count; n++) {
			int error = add_address(e, &t->interfaces[i],
						&addresses[rows[i].address_first + n]);
			if (error != 0)
				return error;
		}
	}
	return 0;
}

static int add_static(struct engine *e, const struct fw_route_row *row,
		      const struct fw_next_hop_row *next_hops)
{
	struct hop hops[FW_MAX_NEXT_HOPS_PER_ROUTE];
	memset(hops, 0, sizeof(hops));
	for (uint32_t i = 0; i < row->next_hop_count; i++) {
		const struct fw_next_hop_row *next = &next_hops[row->next_hop_first + i];
		hops[i].type = HOP_GATEWAY;
		hops[i].interface = e->tables->interfaces[next->interface].name_id;
		hops[i].family = next->family;
		memcpy(hops[i].gateway, next->gateway, 16);
	}
	unsigned count = row->next_hop_count;
	if (row->type != FW_ROUTE_UNICAST)
		hops[count++].type = hop_type_of((enum fw_route_type)row->type);
	return engine_add_route(e, (uint16_t)row->vrf, row->prefix.family, row->prefix.address,
				row->prefix.length, hops, count);
}

int engine_install_routes(struct engine *e)
{
	const struct tables *t = e->tables;
	const struct fw_route_row *routes = section(t, t->program->routes);
	const struct fw_next_hop_row *next_hops = section(t, t->program->next_hops);
	for (uint32_t i = 0; i < t->program->routes.count; i++) {
		int error = add_static(e, &routes[i], next_hops);
		if (error != 0)
			return error;
	}
	return add_addresses(e);
}

int engine_set_route(struct engine *e, uint8_t family, const uint8_t prefix[16], uint8_t length,
		     enum hop_type type, uint32_t interface, const uint8_t gateway[16])
{
	struct hop hop = {.type = type, .family = family};
	if (type == HOP_NONE)
		return fib_delete(e->fib, 0, family, prefix, length);
	if (interface < e->tables->interface_count)
		hop.interface = e->tables->interfaces[interface].name_id;
	memcpy(hop.gateway, gateway, 16);
	return engine_add_route(e, 0, family, prefix, length, &hop, 1);
}
