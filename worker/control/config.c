// SPDX-License-Identifier: Apache-2.0
// What the program says about addresses, routes and neighbors: into our own tables and into the kernel.
#include <string.h>
#include "control/control.h"
#include "net/hostpath.h"
#include "net/log.h"

static const void *config_rows(const struct layer *l, struct fw_section s)
{
	return (const char *)l->tables->program + s.offset;
}

static void config_set(struct control *c, struct rib_route *r)
{
	int code = rib_set(c->rib, r);
	if (code != 0)
		log_line("a route of the configuration does not fit: %s", strerror(-code));
}

// An address is a route to itself and one to its network.
static void config_address(struct control *c, const struct fw_prefix_row *a,
			   const struct interface *interface)
{
	struct rib_route r;
	uint8_t bits = a->family == 4 ? 32 : 128;
	memset(&r, 0, sizeof(r));
	r.source = RIB_CONFIG;
	r.vrf = interface->vrf;
	r.family = a->family;
	r.length = bits;
	r.count = 1;
	r.hops[0].type = HOP_LOCAL;
	r.hops[0].interface = interface->name_id;
	memcpy(r.prefix, a->address, 16);
	config_set(c, &r);
	if (a->length == bits)
		return;
	r.length = a->length;
	r.hops[0].type = HOP_CONNECTED;
	for (unsigned bit = a->length; bit < bits; bit++)
		r.prefix[bit / 8] &= (uint8_t)~(0x80u >> bit % 8);
	config_set(c, &r);
}

static void config_route(struct control *c, const struct fw_route_row *w)
{
	const struct fw_next_hop_row *hops = config_rows(c->layer, c->layer->tables->program->next_hops);
	struct rib_route r;
	memset(&r, 0, sizeof(r));
	r.source = RIB_CONFIG;
	r.vrf = (uint16_t)w->vrf;
	r.family = w->prefix.family;
	r.length = w->prefix.length;
	r.metric = 1; // after the networks of our own addresses
	memcpy(r.prefix, w->prefix.address, 16);
	for (uint32_t i = 0; i < w->next_hop_count && r.count < HOP_MAX; i++) {
		const struct fw_next_hop_row *n = &hops[w->next_hop_first + i];
		struct hop *h = &r.hops[r.count++];
		h->type = HOP_GATEWAY;
		h->interface = c->layer->tables->interfaces[n->interface].name_id;
		h->family = n->family;
		memcpy(h->gateway, n->gateway, 16);
	}
	if (w->type != FW_ROUTE_UNICAST)
		r.hops[r.count++].type = hop_type_of((enum fw_route_type)w->type);
	config_set(c, &r);
}

static struct neighbor_key config_key(const struct layer *l, const struct fw_neighbor_row *n)
{
	struct neighbor_key key;
	memset(&key, 0, sizeof(key));
	key.interface = l->tables->interfaces[n->interface].name_id;
	key.family = n->family;
	memcpy(key.address, n->address, 16);
	return key;
}

void config_forget_neighbors(struct control *c, const struct layer *old)
{
	const struct fw_neighbor_row *rows = config_rows(old, old->tables->program->neighbors);
	const struct fw_neighbor_row *now = config_rows(c->layer, c->layer->tables->program->neighbors);
	for (uint32_t i = 0; i < old->tables->program->neighbors.count; i++) {
		struct neighbor_key key = config_key(old, &rows[i]);
		bool wanted = false;
		for (uint32_t j = 0; j < c->layer->tables->program->neighbors.count && !wanted; j++) {
			struct neighbor_key k = config_key(c->layer, &now[j]);
			wanted = memcmp(&k, &key, sizeof(k)) == 0;
		}
		if (!wanted)
			neighbor_delete(c->neighbors, &key, true);
	}
}

void config_live(const struct control *c, struct layer *l)
{
	static const uint8_t zero[16];
	for (uint32_t i = 0; i < l->tables->interface_count; i++) {
		struct interface *n = &l->tables->interfaces[i];
		uint8_t address[16];
		if (memcmp(n->address4, zero, 4) == 0)
			live_set4(&n->live,
				  kernel_address(c->kernel, n->name_id, 4, address) ? address : zero);
		if (memcmp(n->address6, zero, 16) == 0)
			live_set6(&n->live,
				  kernel_address(c->kernel, n->name_id, 6, address) ? address : zero);
	}
}

uint64_t config_addresses(const struct control *c)
{
	static const uint8_t zero[4];
	uint64_t sum = 0;
	for (uint32_t i = 0; i < c->layer->tables->interface_count; i++) {
		const struct interface *n = &c->layer->tables->interfaces[i];
		if (memcmp(n->address4, zero, 4) == 0)
			sum += kernel_addresses4(c->kernel, n->name_id) * (n->name_id * 2ull + 1);
	}
	return sum;
}

void config_routes(struct control *c)
{
	const struct fw_program *p = c->layer->tables->program;
	const struct fw_interface_row *interfaces = layer_interface_rows(c->layer);
	const struct fw_prefix_row *addresses = config_rows(c->layer, p->interface_addresses);
	const struct fw_route_row *routes = config_rows(c->layer, p->routes);
	const struct fw_neighbor_row *neighbors = config_rows(c->layer, p->neighbors);
	rib_begin(c->rib, RIB_CONFIG);
	for (uint32_t i = 0; i < p->interfaces.count; i++)
		for (uint32_t j = 0; j < interfaces[i].address_count; j++)
			config_address(c, &addresses[interfaces[i].address_first + j],
				       &c->layer->tables->interfaces[i]);
	for (uint32_t i = 0; i < p->routes.count; i++)
		config_route(c, &routes[i]);
	rib_end(c->rib, RIB_CONFIG);
	for (uint32_t i = 0; i < p->neighbors.count; i++) {
		struct neighbor_key key = config_key(c->layer, &neighbors[i]);
		if (neighbor_set(c->neighbors, &key, neighbors[i].mac, true) != 0)
			log_line("the neighbor table is full");
	}
}

void config_kernel(struct control *c)
{
	const struct fw_program *p = c->layer->tables->program;
	const struct fw_interface_row *rows = layer_interface_rows(c->layer);
	const struct fw_prefix_row *addresses = config_rows(c->layer, p->interface_addresses);
	struct hostpath_device devices[FW_MAX_INTERFACES];
	for (uint32_t i = 0; i < c->layer->host_count; i++) {
		const struct layer_host *h = &c->layer->hosts[i];
		devices[i] = (struct hostpath_device){
			.ifindex = h->port != NULL ? h->port->ifindex : 0,
			.name = h->name,
			.addresses = &addresses[rows[i].address_first],
			.address_count = rows[i].address_count};
	}
	struct hostpath h = {.nl = kernel_request(c->kernel),
			     .instance = identity_number(&c->identity),
			     .devices = devices,
			     .device_count = c->layer->host_count,
			     .routes = config_rows(c->layer, p->routes),
			     .route_count = p->routes.count,
			     .next_hops = config_rows(c->layer, p->next_hops),
			     .neighbors = config_rows(c->layer, p->neighbors),
			     .neighbor_count = p->neighbors.count};
	hostpath_apply(&h);
}

void config_devices(struct control *c, const struct layer *l)
{
	struct kernel_device devices[FW_MAX_INTERFACES];
	unsigned count = 0;
	memset(devices, 0, sizeof(devices));
	for (uint32_t i = 0; i < l->host_count; i++) {
		const struct port *p = l->hosts[i].port;
		if (p == NULL)
			continue;
		devices[count].ifindex = p->ifindex;
		devices[count].vrf = l->tables->interfaces[i].vrf;
		devices[count++].interface = l->tables->interfaces[i].name_id;
	}
	if (count == c->device_count && memcmp(devices, c->devices, count * sizeof(devices[0])) == 0)
		return;
	memcpy(c->devices, devices, sizeof(devices));
	c->device_count = count;
	kernel_set_devices(c->kernel, devices, count);
}
