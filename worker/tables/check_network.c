// SPDX-License-Identifier: Apache-2.0
// Checks of ports, zones, interfaces, routes and neighbors.
#include <string.h>
#include "shm/crc32c.h"
#include "tables/check.h"

#define FOR_ROWS(count) for (uint32_t row = 0; row < (count); row++)

static bool check_is_socket(const struct fw_port_row *r)
{
	return r->kind == FW_PORT_VHOST_USER || r->kind == FW_PORT_VIRTIO_USER;
}

static void port_name_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	memcpy(key, program_row_port(p, row)->name, FW_NAME_SIZE);
}

// Kernel devices of one namespace, PCI devices, virtual devices by their names, or sockets: the end of the path and its sum.
static void port_device_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	const struct fw_port_row *r = program_row_port(p, row);
	key[0] = r->kind == FW_PORT_PCI ? 1 : r->kind == FW_PORT_VDEV ? 2 : check_is_socket(r) ? 3 : 0;
	if (check_is_socket(r)) {
		size_t length = strlen(r->device), tail = UNIQUE_KEY - 5;
		uint32_t sum = crc32c(r->device, length);
		memcpy(key + 1, &sum, 4);
		memcpy(key + 5, r->device + (length > tail ? length - tail : 0), length > tail ? tail : length);
		return;
	}
	if (r->kind == FW_PORT_VDEV) {
		size_t length = strcspn(r->device, ",");
		memcpy(key + 1, r->device, length < UNIQUE_KEY - 1 ? length : UNIQUE_KEY - 1);
		return;
	}
	memcpy(key + 1, r->device, 20);
	uint32_t space = crc32c(r->network_namespace, FW_NAME_SIZE);
	memcpy(key + 24, &space, 4);
	memcpy(key + 28, r->network_namespace, 36);
}

static bool check_port_socket(struct check *c, uint32_t row, const struct fw_port_row *r)
{
	size_t length = strlen(r->device);
	if (check_is_socket(r) && (r->device[0] != '/' || length > 107 || strchr(r->device, ',') != NULL))
		return check_fail(c, row, "device", "A socket has an absolute path of at most 107 bytes without commas.");
	if (r->serves > check_is_socket(r))
		return check_fail(c, row, "serves", "%u is not 0, or 1 for a socket.", r->serves);
	return true;
}

static bool check_port(struct check *c, uint32_t row)
{
	const struct fw_port_row *r = program_row_port(c->program, row);
	if (!check_name(c, row, "name", r->name, FW_NAME_SIZE) ||
	    !check_name(c, row, "device", r->device, FW_MESSAGE_SIZE) ||
	    !check_name(c, row, "network_namespace", r->network_namespace, FW_NAME_SIZE))
		return false;
	if (r->name[0] == '\0')
		return check_fail(c, row, "name", "A port needs a name.");
	if (r->kind < FW_PORT_TAP || r->kind > FW_PORT_VIRTIO_USER)
		return check_fail(c, row, "kind", "%u is not a kind of port.", r->kind);
	if (r->kind == FW_PORT_VDEV ? r->device[0] == '\0' || r->device[0] == ',' :
	    r->kind == FW_PORT_PCI  ? r->device[0] == '\0' || strlen(r->device) > 19 :
				      false)
		return check_fail(c, row, "device",
				  r->kind == FW_PORT_VDEV ? "A virtual device needs a name." :
							    "A PCI address has 1 to 19 bytes.");
	if (r->kind < FW_PORT_PCI && !check_device_name(c, row, "device", r->device))
		return false;
	if (r->network_namespace[0] != '\0' && r->kind != FW_PORT_TAP)
		return check_fail(c, row, "network_namespace",
				  "Only a TAP has a network namespace.");
	if (strchr(r->network_namespace, '/') != NULL || strcmp(r->network_namespace, ".") == 0 ||
	    strcmp(r->network_namespace, "..") == 0)
		return check_fail(c, row, "network_namespace",
				  "\"%s\" cannot be the name of a network namespace.",
				  r->network_namespace);
	if (r->mtu != 0 && (r->mtu < 576 || r->mtu > 9000))
		return check_fail(c, row, "mtu", "%u is not in 576 to 9000.", r->mtu);
	if (r->rx_mode > FW_RX_INTERRUPT)
		return check_fail(c, row, "rx_mode", "%u is not a receive mode.", r->rx_mode);
	return check_port_socket(c, row, r);
}

bool check_ports(struct check *c)
{
	FOR_ROWS(c->program->ports.count)
	if (!check_port(c, row))
		return false;
	return check_unique(c, "name", c->program->ports.count, port_name_key) &&
	       check_unique(c, "device", c->program->ports.count, port_device_key);
}

static void zone_name_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	memcpy(key, program_row_zone(p, row)->name, FW_NAME_SIZE);
}

bool check_zones(struct check *c)
{
	const uint64_t known = (2ull << FW_SERVICE_VRRP) - 1;
	FOR_ROWS(c->program->zones.count)
	{
		const struct fw_zone_row *r = program_row_zone(c->program, row);
		if (!check_name(c, row, "name", r->name, FW_NAME_SIZE))
			return false;
		if (r->name[0] == '\0')
			return check_fail(c, row, "name", "A zone needs a name.");
		if ((r->host_inbound & ~known) != 0)
			return check_fail(c, row, "host_inbound", "A service is not known.");
		if (r->half_open_limit > FW_MAX_SESSIONS)
			return check_fail(c, row, "half_open_limit",
					  "%u is more than there can be sessions.",
					  r->half_open_limit);
		if (r->source_check > FW_SOURCE_STRICT)
			return check_fail(c, row, "source_check", "%u is not a kind of check.",
					  r->source_check);
	}
	return check_unique(c, "name", c->program->zones.count, zone_name_key);
}

static void interface_name_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	memcpy(key, program_row_interface(p, row)->name, FW_IFNAME_SIZE);
}

static void interface_id_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	memcpy(key, &program_row_interface(p, row)->name_id, 4);
}

static void interface_vlan_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	memcpy(key, &program_row_interface(p, row)->port, 4);
	memcpy(key + 4, &program_row_interface(p, row)->vlan, 4);
}

// 253 to 255 are the kernel's own; the main one is 0 here.
static bool check_vrf(struct check *c, uint32_t row, uint32_t vrf)
{
	if (vrf > FW_MAX_VRF || (vrf >= 253 && vrf <= 255))
		return check_fail(c, row, "vrf", "%u is not the table of a VRF.", vrf);
	return true;
}

static bool check_interface(struct check *c, uint32_t row, uint32_t *addresses)
{
	const struct fw_program *p = c->program;
	const struct fw_interface_row *r = program_row_interface(p, row);
	if (!check_name(c, row, "name", r->name, FW_IFNAME_SIZE) ||
	    !check_device_name(c, row, "name", r->name))
		return false;
	if (r->name_id == 0 || r->name_id != crc32c(r->name, strlen(r->name)))
		return check_fail(c, row, "name_id",
				  "0x%08x is not the CRC-32C of the name \"%s\".", r->name_id,
				  r->name);
	if (r->vlan > 4094)
		return check_fail(c, row, "vlan", "%u is not a VLAN id.", r->vlan);
	if (!check_vrf(c, row, r->vrf))
		return false;
	return check_index(c, row, "port", r->port, p->ports.count) &&
	       check_index(c, row, "zone", r->zone, p->zones.count) &&
	       check_list(c, row, "address_first", r->address_first, r->address_count,
			  p->interface_addresses.count, addresses) &&
	       check_zero(c, row, "pad", &r->pad, sizeof(r->pad));
}

bool check_interfaces(struct check *c)
{
	uint32_t count = c->program->interfaces.count, addresses = 0;
	FOR_ROWS(count)
	if (!check_interface(c, row, &addresses))
		return false;
	return check_end(c, "address_first", addresses, c->program->interface_addresses.count) &&
	       check_unique(c, "name", count, interface_name_key) &&
	       check_unique(c, "name_id", count, interface_id_key) &&
	       check_unique(c, "vlan", count, interface_vlan_key);
}

bool check_interface_addresses(struct check *c)
{
	FOR_ROWS(c->program->interface_addresses.count)
	{
		const struct fw_prefix_row *r = program_row_interface_address(c->program, row);
		if (!check_prefix(c, row, r, true) ||
		    !check_unicast(c, row, "address", r->family, r->address))
			return false;
	}
	return true;
}

static void route_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	memcpy(key, &program_row_route(p, row)->prefix, sizeof(struct fw_prefix_row));
	memcpy(key + sizeof(struct fw_prefix_row), &program_row_route(p, row)->vrf, 4);
}

static bool check_route(struct check *c, uint32_t row, uint32_t *next_hops)
{
	const struct fw_program *p = c->program;
	const struct fw_route_row *r = program_row_route(p, row);
	if (!check_prefix(c, row, &r->prefix, false) ||
	    !check_list(c, row, "next_hop_first", r->next_hop_first, r->next_hop_count,
			p->next_hops.count, next_hops))
		return false;
	if (!check_vrf(c, row, r->vrf))
		return false;
	if (r->type > FW_ROUTE_PROHIBIT)
		return check_fail(c, row, "type", "%u is not a type of routes.", r->type);
	if (r->type == FW_ROUTE_UNICAST ? r->next_hop_count == 0 : r->next_hop_count > 0)
		return check_fail(c, row, "next_hop_count",
				  "%u next hops do not fit the type of the route.",
				  r->next_hop_count);
	if (r->next_hop_count > FW_MAX_NEXT_HOPS_PER_ROUTE)
		return check_fail(c, row, "next_hop_count", "%u next hops are more than %u.",
				  r->next_hop_count, FW_MAX_NEXT_HOPS_PER_ROUTE);
	for (uint32_t i = 0; i < r->next_hop_count; i++) // IPv4 may go by IPv6 (RFC 5549)
		if (r->prefix.family == 6 &&
		    program_row_next_hop(p, r->next_hop_first + i)->family != 6)
			return check_fail(c, row, "next_hop_first",
					  "Next hop %u is IPv4, the route is IPv6.", i);
	return true;
}

bool check_routes(struct check *c)
{
	uint32_t next_hops = 0;
	FOR_ROWS(c->program->routes.count)
	if (!check_route(c, row, &next_hops))
		return false;
	return check_end(c, "next_hop_first", next_hops, c->program->next_hops.count) &&
	       check_unique(c, "prefix", c->program->routes.count, route_key);
}

bool check_next_hops(struct check *c)
{
	FOR_ROWS(c->program->next_hops.count)
	{
		const struct fw_next_hop_row *r = program_row_next_hop(c->program, row);
		if (!check_unicast(c, row, "gateway", r->family, r->gateway) ||
		    !check_index(c, row, "interface", r->interface, c->program->interfaces.count) ||
		    !check_zero(c, row, "pad", r->pad, sizeof(r->pad)))
			return false;
	}
	return true;
}

static void neighbor_key(const struct fw_program *p, uint32_t row, uint8_t key[UNIQUE_KEY])
{
	const struct fw_neighbor_row *r = program_row_neighbor(p, row);
	memcpy(key, r->address, 16);
	memcpy(key + 16, &r->interface, 4);
	key[20] = r->family;
}

bool check_neighbors(struct check *c)
{
	static const uint8_t zero[6];
	FOR_ROWS(c->program->neighbors.count)
	{
		const struct fw_neighbor_row *r = program_row_neighbor(c->program, row);
		if (!check_unicast(c, row, "address", r->family, r->address) ||
		    !check_index(c, row, "interface", r->interface, c->program->interfaces.count) ||
		    !check_zero(c, row, "pad", &r->pad, sizeof(r->pad)))
			return false;
		if ((r->mac[0] & 1) != 0 || memcmp(r->mac, zero, 6) == 0)
			return check_fail(c, row, "mac", "The MAC address is not a station's.");
	}
	return check_unique(c, "address", c->program->neighbors.count, neighbor_key);
}
