// SPDX-License-Identifier: Apache-2.0
#include "fuzz/program.h"

#include <string.h>
#include "shm/crc32c.h"
#include "shm/layout.h"

#define SERVICE(name) (1ull << FW_SERVICE_##name)
#define V4(a, b, c, d)                                                                             \
	{                                                                                          \
		a, b, c, d                                                                         \
	}
#define V6(site, host)                                                                             \
	{                                                                                          \
		0x20, 0x01, 0x0d, 0xb8, 0, site, [15] = host                                       \
	}

enum { TRUST, UNTRUST, DMZ, GUEST, ZONES };
enum { LAN, WAN, SERVERS, VISITORS, INTERFACES };
enum { ANY_HTTP, PING, PING6, DNS, TUNNEL, APPLICATIONS };

static const struct fw_port_row ports[FUZZ_PORTS] = {
    {.name = "lan", .device = "lan", .kind = FW_PORT_TAP},
    {.name = "wan", .device = "wan", .kind = FW_PORT_TAP, .mtu = 1500},
    {.name = "trunk", .device = "trunk", .kind = FW_PORT_TAP, .mtu = 576},
};

static const struct fw_zone_row zones[2][ZONES] = {
    {
	[TRUST] = {.name = "trust",
		   .host_inbound = SERVICE(PING) | SERVICE(SSH) | SERVICE(DNS) | SERVICE(DHCP) |
				   SERVICE(DHCPV6)},
	[UNTRUST] = {.name = "untrust", .host_inbound = SERVICE(BGP) | SERVICE(OSPF)},
	[DMZ] = {.name = "dmz", .host_inbound = 0},
	[GUEST] = {.name = "guest", .host_inbound = SERVICE(ALL)},
    },
    {
	[TRUST] = {.name = "trust", .host_inbound = SERVICE(PING)},
	[UNTRUST] = {.name = "untrust", .host_inbound = SERVICE(PING)},
	[DMZ] = {.name = "dmz", .host_inbound = SERVICE(ALL)},
	[GUEST] = {.name = "guest", .host_inbound = 0},
    },
};

static const struct fw_interface_row interfaces[INTERFACES] = {
    [LAN] = {.name = "lan0", .port = 0, .zone = TRUST, .address_first = 0, .address_count = 2},
    [WAN] = {.name = "wan0", .port = 1, .zone = UNTRUST, .address_first = 2, .address_count = 2},
    [SERVERS] = {.name = "dmz0",
		 .port = 2,
		 .zone = DMZ,
		 .vlan = 20,
		 .address_first = 4,
		 .address_count = 2},
    [VISITORS] = {.name = "guest0",
		  .port = 2,
		  .zone = GUEST,
		  .vlan = 30,
		  .address_first = 6,
		  .address_count = 1},
};

static const struct fw_prefix_row addresses[] = {
    {V4(10, 0, 1, 1), 4, 24, {0}},    {V6(1, 1), 6, 64, {0}},
    {V4(203, 0, 113, 2), 4, 24, {0}}, {V6(15, 2), 6, 64, {0}},
    {V4(10, 0, 20, 1), 4, 24, {0}},   {V6(32, 1), 6, 64, {0}},
    {V4(10, 0, 30, 1), 4, 24, {0}},
};

static const struct fw_prefix_row prefixes[] = {
    {V4(10, 0, 20, 0), 4, 25, {0}},
    {V6(32, 0), 6, 64, {0}},
    {V4(10, 0, 1, 5), 4, 32, {0}},
};

static const struct fw_address_set_row sets[] = {
    {"servers", 0, 2},
    {"five", 2, 1},
};

static const struct fw_port_range_row ranges[] = {
    {80, 80}, {8000, 8080}, {8 << 8, 8 << 8}, {128 << 8, (128 << 8) + 255}, {53, 53}};

static const struct fw_application_row applications[APPLICATIONS] = {
    [ANY_HTTP] = {.name = "http",
		  .protocol = 6,
		  .destination_first = 0,
		  .destination_count = 2,
		  .timeout_s = 600},
    [PING] = {.name = "ping", .protocol = 1, .destination_first = 2, .destination_count = 1},
    [PING6] = {.name = "ping6", .protocol = 58, .destination_first = 3, .destination_count = 1},
    [DNS] = {.name = "dns", .protocol = 17, .destination_first = 4, .destination_count = 1},
    [TUNNEL] = {.name = "tunnel", .protocol = 47},
};

enum { SET_SERVERS, SET_FIVE };
#define BIT(row) (1u << (row))

// Lists as bits of rows; none is every.
static const struct rule {
	const char *name;
	uint64_t name_id;
	uint32_t from, to, sources, destinations, applications;
	uint8_t destinations_negated, action;
} rules[2][5] = {
    {
	{"five-not", 1, BIT(TRUST), BIT(DMZ), BIT(SET_FIVE), 0, 0, 0, FW_ACTION_REJECT},
	{"web", 2, 0, BIT(DMZ), 0, BIT(SET_SERVERS), BIT(ANY_HTTP) | BIT(PING) | BIT(PING6), 0,
	 FW_ACTION_PERMIT},
	{"out", 3, BIT(TRUST), BIT(UNTRUST), 0, 0, 0, 0, FW_ACTION_PERMIT},
	{"guests", 4, BIT(GUEST), 0, 0, BIT(SET_SERVERS), 0, 1, FW_ACTION_PERMIT},
	{"no", 5, BIT(UNTRUST), 0, 0, 0, 0, 0, FW_ACTION_DENY},
    },
    {
	{"out", 3, BIT(TRUST), 0, 0, 0, BIT(ANY_HTTP) | BIT(PING) | BIT(PING6) | BIT(DNS), 0,
	 FW_ACTION_PERMIT},
	{"tunnels", 6, 0, 0, 0, 0, BIT(TUNNEL), 0, FW_ACTION_PERMIT},
	{"guests", 4, BIT(GUEST), 0, 0, 0, 0, 0, FW_ACTION_REJECT},
	{"web", 2, 0, BIT(DMZ), 0, 0, BIT(ANY_HTTP), 0, FW_ACTION_PERMIT},
	{"no", 5, BIT(UNTRUST) | BIT(DMZ), 0, 0, 0, 0, 0, FW_ACTION_DENY},
    },
};

static const struct fw_next_hop_row next_hops[] = {
    {V4(203, 0, 113, 1), WAN, 4, {0}},
    {V4(203, 0, 113, 3), WAN, 4, {0}},
    {V6(15, 1), WAN, 6, {0}},
};

static const struct fw_route_row routes[] = {
    {{{0}, 4, 0, {0}}, 0, 2, 0, FW_ROUTE_UNICAST},
    {{{0}, 6, 0, {0}}, 2, 1, 0, FW_ROUTE_UNICAST},
};

// Over two interfaces: from trust only the way to wan is permitted, from untrust only that to the servers.
static const struct fw_route_row spread_routes[] = {
    {{{0}, 4, 0, {0}}, 0, 2, 0, FW_ROUTE_UNICAST},
    {{V4(10, 0, 20, 64), 4, 26, {0}}, 2, 2, 0, FW_ROUTE_UNICAST},
    {{V4(198, 51, 100, 0), 4, 24, {0}}, 4, 2, 0, FW_ROUTE_UNICAST},
    {{{0}, 6, 0, {0}}, 6, 1, 0, FW_ROUTE_UNICAST},
};

static const struct fw_next_hop_row spread_hops[] = {
    {V4(203, 0, 113, 1), WAN, 4, {0}}, {V4(203, 0, 113, 3), WAN, 4, {0}},
    {V4(203, 0, 113, 1), WAN, 4, {0}}, {V4(10, 0, 20, 5), SERVERS, 4, {0}},
    {V4(203, 0, 113, 1), WAN, 4, {0}}, {V4(10, 0, 20, 5), SERVERS, 4, {0}},
    {V6(15, 1), WAN, 6, {0}},
};

static const struct fw_route_row single_routes[] = {
    {{{0}, 4, 0, {0}}, 0, 1, 0, FW_ROUTE_UNICAST},
    {{V4(198, 51, 100, 0), 4, 24, {0}}, 1, 1, 0, FW_ROUTE_UNICAST},
    {{{0}, 6, 0, {0}}, 2, 1, 0, FW_ROUTE_UNICAST},
};

static const struct fw_neighbor_row neighbors[] = {
    {V4(10, 0, 1, 5), LAN, 4, {2, 1, 0, 0, 0, 5}, 0},
    {V6(1, 5), LAN, 6, {2, 1, 0, 0, 0, 5}, 0},
    {V4(203, 0, 113, 1), WAN, 4, {2, 2, 0, 0, 0, 1}, 0},
    {V6(15, 1), WAN, 6, {2, 2, 0, 0, 0, 1}, 0},
    {V4(203, 0, 113, 9), WAN, 4, {2, 2, 0, 0, 0, 9}, 0},
    {V4(10, 0, 20, 5), SERVERS, 4, {2, 3, 0, 0, 0, 5}, 0},
    {V6(32, 5), SERVERS, 6, {2, 3, 0, 0, 0, 5}, 0},
    {V4(10, 0, 30, 5), VISITORS, 4, {2, 4, 0, 0, 0, 5}, 0},
};

static const struct fw_nat_range_row pool_ranges[] = {
    {{203, 0, 113, 8}, {203, 0, 113, 9}},
    {{203, 0, 113, 12}, {203, 0, 113, 12}},
};

static const struct fw_nat_pool_row pools[] = {
    {.name = "pool",
     .name_id = 1,
     .range_count = 2,
     .port_low = 1024,
     .port_high = 1031,
     .address_persistent = 1},
};

// A few ports only, so that they run out.
static const struct fw_nat_source_row sources[2] = {
    {.name = "guests",
     .name_id = 1,
     .action = FW_NAT_POOL,
     .binding_timeout_s = 10,
     .persistent = 1,
     .filtering = FW_NAT_FILTER_ENDPOINT_INDEPENDENT},
    {.name = "guests",
     .name_id = 1,
     .action = FW_NAT_INTERFACE,
     .pool = FW_NO_INDEX,
     .port_low = 5000,
     .port_high = 5007},
};

static const struct fw_nat_destination_row destinations[] = {
    {.name = "web",
     .name_id = 2,
     .low = {203, 0, 113, 5},
     .high = {203, 0, 113, 5},
     .to = {10, 0, 20, 5},
     .protocol = 6,
     .port_low = 80,
     .port_high = 81,
     .to_port = 8080},
};

static const struct fw_nat_static_row statics[] = {
    {.name = "mail",
     .name_id = 3,
     .external = {203, 0, 113, 6},
     .internal = {10, 0, 20, 6},
     .count = 2},
};

static size_t put(uint8_t *bank, size_t at, struct fw_section *section, const void *rows,
		  uint32_t count, size_t size)
{
	section->offset = (uint32_t)at;
	section->count = count;
	if (count != 0)
		memcpy(bank + at, rows, count * size);
	return (at + count * size + 7) & ~(size_t)7;
}

struct lists {
	uint32_t count;
	uint32_t refs[64];
};

// Appends the rows of a list; every list has its own refs.
static void put_list(struct lists *l, uint32_t rows, uint32_t *first, uint32_t *count)
{
	*first = l->count;
	for (uint32_t row = 0; row < 32; row++)
		if (rows >> row & 1)
			l->refs[l->count++] = row;
	*count = l->count - *first;
}

static void put_rule(struct lists *l, const struct rule *rule, struct fw_policy_row *row)
{
	memset(row, 0, sizeof(*row));
	memcpy(row->name, rule->name, strlen(rule->name));
	row->name_id = rule->name_id;
	put_list(l, rule->from, &row->from_first, &row->from_count);
	put_list(l, rule->to, &row->to_first, &row->to_count);
	put_list(l, rule->sources, &row->source_first, &row->source_count);
	put_list(l, rule->destinations, &row->destination_first, &row->destination_count);
	put_list(l, rule->applications, &row->application_first, &row->application_count);
	row->destination_negated = rule->destinations_negated;
	row->action = rule->action;
	row->schedule = FW_NO_INDEX;
}

#define PUT(section, rows)                                                                         \
	at = put(bank, at, &p.section, rows, sizeof(rows) / sizeof((rows)[0]), sizeof((rows)[0]))

size_t fuzz_program(uint8_t *bank, unsigned number)
{
	static const uint8_t in_order[5] = {0, 1, 2, 3, 4}, moved[5] = {0, 1, 4, 2, 3};
	unsigned variant = number % FUZZ_PLAIN, rules_of_nat = number < FUZZ_PLAIN ? 1 : 0;
	const uint8_t *order = number == FUZZ_VARIANTS - 1 ? moved : in_order;
	struct fw_interface_row named[INTERFACES];
	struct fw_policy_row policies[5];
	struct lists lists = {0};
	struct fw_program p = {
	    .magic = FW_PROGRAM_MAGIC,
	    .layout_version = FW_LAYOUT_VERSION,
	    .header_size = sizeof(p),
	    .sequence = 1,
	    .default_action = variant == 0 ? FW_ACTION_DENY : FW_ACTION_REJECT,
	    .rx_mode = FW_RX_POLLING,
	    .sleep_timeout_us = 500000,
	    .sessions_ipv4 = 64,
	    .sessions_ipv6 = 64,
	    .bindings = 16,
	    .fragments = 64,
	    .fragments_per_source = 16,
	    .held_packets = 64,
	    .neighbor_limit = 64,
	    .errors_per_second = 100,
	    .tcp_strict_syn = order != moved,
	    .tcp_window = FW_TCP_WINDOW_STRICT,
	};
	for (unsigned i = 0; i <= FW_TIMEOUT_OTHER; i++)
		p.timeouts_s[i] = 30;
	size_t at = sizeof(p);
	memset(bank, 0, FUZZ_PROGRAM_ROOM);
	memcpy(named, interfaces, sizeof(named));
	for (unsigned i = 0; i < INTERFACES; i++)
		named[i].name_id = crc32c(named[i].name, strlen(named[i].name));
	PUT(ports, ports);
	PUT(zones, zones[variant]);
	PUT(interfaces, named);
	PUT(interface_addresses, addresses);
	PUT(address_sets, sets);
	PUT(prefixes, prefixes);
	PUT(applications, applications);
	PUT(port_ranges, ranges);
	for (unsigned i = 0; i < 5; i++)
		put_rule(&lists, &rules[variant][order[i]], &policies[i]);
	struct fw_nat_source_row source = sources[variant];
	struct fw_nat_destination_row destination = destinations[0];
	struct fw_nat_static_row fixed = statics[0];
	if (rules_of_nat != 0) {
		put_list(&lists, BIT(GUEST), &source.from_first, &source.from_count);
		put_list(&lists, BIT(UNTRUST), &source.to_first, &source.to_count);
		put_list(&lists, BIT(UNTRUST), &destination.from_first, &destination.from_count);
		put_list(&lists, BIT(UNTRUST), &fixed.from_first, &fixed.from_count);
	}
	PUT(policies, policies);
	at = put(bank, at, &p.refs, lists.refs, lists.count, sizeof(lists.refs[0]));
	if (order == moved)
		PUT(routes, single_routes);
	else if (number == FUZZ_PLAIN)
		PUT(routes, spread_routes);
	else
		PUT(routes, routes);
	if (number == FUZZ_PLAIN)
		PUT(next_hops, spread_hops);
	else
		PUT(next_hops, next_hops);
	PUT(neighbors, neighbors);
	at = put(bank, at, &p.schedules, NULL, 0, 0);
	at = put(bank, at, &p.schedule_windows, NULL, 0, 0);
	at = put(bank, at, &p.nat_pools, pools, rules_of_nat, sizeof(pools[0]));
	at = put(bank, at, &p.nat_ranges, pool_ranges, rules_of_nat * 2, sizeof(pool_ranges[0]));
	at = put(bank, at, &p.nat_subscribers, NULL, 0, 0);
	at = put(bank, at, &p.nat_source, &source, rules_of_nat, sizeof(source));
	at = put(bank, at, &p.nat_destination, &destination, rules_of_nat, sizeof(destination));
	at = put(bank, at, &p.nat_static, &fixed, rules_of_nat, sizeof(fixed));
	p.total_size = at;
	p.checksum = crc32c(bank + sizeof(p), at - sizeof(p));
	memcpy(bank, &p, sizeof(p));
	return at;
}
