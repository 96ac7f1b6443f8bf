// SPDX-License-Identifier: Apache-2.0
// Generated from worker/shm/layout.h by worker/shm/layout_gen.ts. Do not edit.
// Prints and fills every field of every struct. Used by roundtrip.c only.
#include <stdio.h>
#include <string.h>
#include "shm/roundtrip.h"

static void print_fw_control_header(const char *path, const struct fw_control_header *p)
{
	roundtrip_print(roundtrip_path(path, "magic", -1).text, p->magic);
	roundtrip_print(roundtrip_path(path, "layout_version", -1).text, p->layout_version);
	roundtrip_print(roundtrip_path(path, "header_size", -1).text, p->header_size);
	roundtrip_print(roundtrip_path(path, "layout_hash", -1).text, p->layout_hash);
	roundtrip_print(roundtrip_path(path, "file_size", -1).text, p->file_size);
	for (int i = 0; i < 2; i++)
		roundtrip_print(roundtrip_path(path, "bank_offset", i).text, p->bank_offset[i]);
	roundtrip_print(roundtrip_path(path, "bank_size", -1).text, p->bank_size);
	roundtrip_print(roundtrip_path(path, "command_offset", -1).text, p->command_offset);
	roundtrip_print(roundtrip_path(path, "agent_pid", -1).text, p->agent_pid);
	roundtrip_print(roundtrip_path(path, "published", -1).text, p->published);
}

static void print_any_fw_control_header(const char *path, const void *bytes)
{
	struct fw_control_header copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_control_header(path, &copy);
}

static void fill_fw_control_header(struct fw_control_header *p, uint64_t *state)
{
	p->magic = (uint64_t)roundtrip_next(state);
	p->layout_version = (uint32_t)roundtrip_next(state);
	p->header_size = (uint32_t)roundtrip_next(state);
	p->layout_hash = (uint64_t)roundtrip_next(state);
	p->file_size = (uint64_t)roundtrip_next(state);
	for (int i = 0; i < 2; i++)
		p->bank_offset[i] = (uint64_t)roundtrip_next(state);
	p->bank_size = (uint64_t)roundtrip_next(state);
	p->command_offset = (uint64_t)roundtrip_next(state);
	p->agent_pid = (uint64_t)roundtrip_next(state);
	p->published = (uint64_t)roundtrip_next(state);
}

static void fill_any_fw_control_header(void *bytes, uint64_t *state)
{
	struct fw_control_header copy;
	fill_fw_control_header(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_session_filter(const char *path, const struct fw_session_filter *p)
{
	roundtrip_print(roundtrip_path(path, "id", -1).text, p->id);
	roundtrip_print(roundtrip_path(path, "policy_name_id", -1).text, p->policy_name_id);
	for (int i = 0; i < 16; i++)
		roundtrip_print(roundtrip_path(path, "source", i).text, p->source[i]);
	for (int i = 0; i < 16; i++)
		roundtrip_print(roundtrip_path(path, "destination", i).text, p->destination[i]);
	for (int i = 0; i < 16; i++)
		roundtrip_print(roundtrip_path(path, "either", i).text, p->either[i]);
	roundtrip_print(roundtrip_path(path, "source_length", -1).text, p->source_length);
	roundtrip_print(roundtrip_path(path, "destination_length", -1).text, p->destination_length);
	roundtrip_print(roundtrip_path(path, "either_length", -1).text, p->either_length);
	roundtrip_print(roundtrip_path(path, "family", -1).text, p->family);
	roundtrip_print(roundtrip_path(path, "protocol", -1).text, p->protocol);
	roundtrip_print(roundtrip_path(path, "source_port", -1).text, p->source_port);
	roundtrip_print(roundtrip_path(path, "destination_port", -1).text, p->destination_port);
	roundtrip_print(roundtrip_path(path, "either_port", -1).text, p->either_port);
	roundtrip_print(roundtrip_path(path, "older_than_s", -1).text, p->older_than_s);
	roundtrip_print(roundtrip_path(path, "younger_than_s", -1).text, p->younger_than_s);
	roundtrip_print(roundtrip_path(path, "from_zone", -1).text, p->from_zone);
	roundtrip_print(roundtrip_path(path, "to_zone", -1).text, p->to_zone);
	roundtrip_print(roundtrip_path(path, "either_zone", -1).text, p->either_zone);
	roundtrip_print(roundtrip_path(path, "nat", -1).text, p->nat);
	for (int i = 0; i < 5; i++)
		roundtrip_print(roundtrip_path(path, "pad", i).text, p->pad[i]);
}

static void print_any_fw_session_filter(const char *path, const void *bytes)
{
	struct fw_session_filter copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_session_filter(path, &copy);
}

static void fill_fw_session_filter(struct fw_session_filter *p, uint64_t *state)
{
	p->id = (uint64_t)roundtrip_next(state);
	p->policy_name_id = (uint64_t)roundtrip_next(state);
	for (int i = 0; i < 16; i++)
		p->source[i] = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 16; i++)
		p->destination[i] = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 16; i++)
		p->either[i] = (uint8_t)roundtrip_next(state);
	p->source_length = (uint8_t)roundtrip_next(state);
	p->destination_length = (uint8_t)roundtrip_next(state);
	p->either_length = (uint8_t)roundtrip_next(state);
	p->family = (uint8_t)roundtrip_next(state);
	p->protocol = (uint16_t)roundtrip_next(state);
	p->source_port = (uint16_t)roundtrip_next(state);
	p->destination_port = (uint16_t)roundtrip_next(state);
	p->either_port = (uint16_t)roundtrip_next(state);
	p->older_than_s = (uint32_t)roundtrip_next(state);
	p->younger_than_s = (uint32_t)roundtrip_next(state);
	p->from_zone = (uint16_t)roundtrip_next(state);
	p->to_zone = (uint16_t)roundtrip_next(state);
	p->either_zone = (uint16_t)roundtrip_next(state);
	p->nat = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 5; i++)
		p->pad[i] = (uint8_t)roundtrip_next(state);
}

static void fill_any_fw_session_filter(void *bytes, uint64_t *state)
{
	struct fw_session_filter copy;
	fill_fw_session_filter(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_command(const char *path, const struct fw_command *p)
{
	roundtrip_print(roundtrip_path(path, "sequence", -1).text, p->sequence);
	roundtrip_print(roundtrip_path(path, "kind", -1).text, p->kind);
	roundtrip_print(roundtrip_path(path, "pad", -1).text, p->pad);
	print_fw_session_filter(roundtrip_path(path, "filter", -1).text, &p->filter);
}

static void print_any_fw_command(const char *path, const void *bytes)
{
	struct fw_command copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_command(path, &copy);
}

static void fill_fw_command(struct fw_command *p, uint64_t *state)
{
	p->sequence = (uint64_t)roundtrip_next(state);
	p->kind = (uint32_t)roundtrip_next(state);
	p->pad = (uint32_t)roundtrip_next(state);
	fill_fw_session_filter(&p->filter, state);
}

static void fill_any_fw_command(void *bytes, uint64_t *state)
{
	struct fw_command copy;
	fill_fw_command(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_section(const char *path, const struct fw_section *p)
{
	roundtrip_print(roundtrip_path(path, "offset", -1).text, p->offset);
	roundtrip_print(roundtrip_path(path, "count", -1).text, p->count);
}

static void print_any_fw_section(const char *path, const void *bytes)
{
	struct fw_section copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_section(path, &copy);
}

static void fill_fw_section(struct fw_section *p, uint64_t *state)
{
	p->offset = (uint32_t)roundtrip_next(state);
	p->count = (uint32_t)roundtrip_next(state);
}

static void fill_any_fw_section(void *bytes, uint64_t *state)
{
	struct fw_section copy;
	fill_fw_section(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_program(const char *path, const struct fw_program *p)
{
	roundtrip_print(roundtrip_path(path, "magic", -1).text, p->magic);
	roundtrip_print(roundtrip_path(path, "layout_version", -1).text, p->layout_version);
	roundtrip_print(roundtrip_path(path, "header_size", -1).text, p->header_size);
	roundtrip_print(roundtrip_path(path, "total_size", -1).text, p->total_size);
	roundtrip_print(roundtrip_path(path, "sequence", -1).text, p->sequence);
	for (int i = 0; i < 32; i++)
		roundtrip_print(roundtrip_path(path, "hash", i).text, p->hash[i]);
	roundtrip_print(roundtrip_path(path, "checksum", -1).text, p->checksum);
	roundtrip_print(roundtrip_path(path, "default_action", -1).text, p->default_action);
	roundtrip_print(roundtrip_path(path, "rx_mode", -1).text, p->rx_mode);
	roundtrip_print(roundtrip_path(path, "idle_threshold", -1).text, p->idle_threshold);
	roundtrip_print(roundtrip_path(path, "resume_threshold", -1).text, p->resume_threshold);
	roundtrip_print(roundtrip_path(path, "sleep_timeout_us", -1).text, p->sleep_timeout_us);
	roundtrip_print(roundtrip_path(path, "sessions_ipv4", -1).text, p->sessions_ipv4);
	roundtrip_print(roundtrip_path(path, "sessions_ipv6", -1).text, p->sessions_ipv6);
	roundtrip_print(roundtrip_path(path, "bindings", -1).text, p->bindings);
	roundtrip_print(roundtrip_path(path, "fragments", -1).text, p->fragments);
	roundtrip_print(roundtrip_path(path, "fragments_per_source", -1).text, p->fragments_per_source);
	roundtrip_print(roundtrip_path(path, "held_packets", -1).text, p->held_packets);
	roundtrip_print(roundtrip_path(path, "neighbor_limit", -1).text, p->neighbor_limit);
	roundtrip_print(roundtrip_path(path, "errors_per_second", -1).text, p->errors_per_second);
	for (int i = 0; i < 16; i++)
		roundtrip_print(roundtrip_path(path, "timeouts_s", i).text, p->timeouts_s[i]);
	roundtrip_print(roundtrip_path(path, "tcp_strict_syn", -1).text, p->tcp_strict_syn);
	roundtrip_print(roundtrip_path(path, "tcp_window", -1).text, p->tcp_window);
	print_fw_section(roundtrip_path(path, "ports", -1).text, &p->ports);
	print_fw_section(roundtrip_path(path, "zones", -1).text, &p->zones);
	print_fw_section(roundtrip_path(path, "interfaces", -1).text, &p->interfaces);
	print_fw_section(roundtrip_path(path, "interface_addresses", -1).text, &p->interface_addresses);
	print_fw_section(roundtrip_path(path, "address_sets", -1).text, &p->address_sets);
	print_fw_section(roundtrip_path(path, "prefixes", -1).text, &p->prefixes);
	print_fw_section(roundtrip_path(path, "applications", -1).text, &p->applications);
	print_fw_section(roundtrip_path(path, "port_ranges", -1).text, &p->port_ranges);
	print_fw_section(roundtrip_path(path, "policies", -1).text, &p->policies);
	print_fw_section(roundtrip_path(path, "refs", -1).text, &p->refs);
	print_fw_section(roundtrip_path(path, "routes", -1).text, &p->routes);
	print_fw_section(roundtrip_path(path, "next_hops", -1).text, &p->next_hops);
	print_fw_section(roundtrip_path(path, "neighbors", -1).text, &p->neighbors);
	print_fw_section(roundtrip_path(path, "schedules", -1).text, &p->schedules);
	print_fw_section(roundtrip_path(path, "schedule_windows", -1).text, &p->schedule_windows);
	print_fw_section(roundtrip_path(path, "nat_pools", -1).text, &p->nat_pools);
	print_fw_section(roundtrip_path(path, "nat_ranges", -1).text, &p->nat_ranges);
	print_fw_section(roundtrip_path(path, "nat_subscribers", -1).text, &p->nat_subscribers);
	print_fw_section(roundtrip_path(path, "nat_source", -1).text, &p->nat_source);
	print_fw_section(roundtrip_path(path, "nat_destination", -1).text, &p->nat_destination);
	print_fw_section(roundtrip_path(path, "nat_static", -1).text, &p->nat_static);
}

static void print_any_fw_program(const char *path, const void *bytes)
{
	struct fw_program copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_program(path, &copy);
}

static void fill_fw_program(struct fw_program *p, uint64_t *state)
{
	p->magic = (uint64_t)roundtrip_next(state);
	p->layout_version = (uint32_t)roundtrip_next(state);
	p->header_size = (uint32_t)roundtrip_next(state);
	p->total_size = (uint64_t)roundtrip_next(state);
	p->sequence = (uint64_t)roundtrip_next(state);
	for (int i = 0; i < 32; i++)
		p->hash[i] = (uint8_t)roundtrip_next(state);
	p->checksum = (uint32_t)roundtrip_next(state);
	p->default_action = (uint32_t)roundtrip_next(state);
	p->rx_mode = (uint32_t)roundtrip_next(state);
	p->idle_threshold = (uint32_t)roundtrip_next(state);
	p->resume_threshold = (uint32_t)roundtrip_next(state);
	p->sleep_timeout_us = (uint32_t)roundtrip_next(state);
	p->sessions_ipv4 = (uint32_t)roundtrip_next(state);
	p->sessions_ipv6 = (uint32_t)roundtrip_next(state);
	p->bindings = (uint32_t)roundtrip_next(state);
	p->fragments = (uint32_t)roundtrip_next(state);
	p->fragments_per_source = (uint32_t)roundtrip_next(state);
	p->held_packets = (uint32_t)roundtrip_next(state);
	p->neighbor_limit = (uint32_t)roundtrip_next(state);
	p->errors_per_second = (uint32_t)roundtrip_next(state);
	for (int i = 0; i < 16; i++)
		p->timeouts_s[i] = (uint32_t)roundtrip_next(state);
	p->tcp_strict_syn = (uint32_t)roundtrip_next(state);
	p->tcp_window = (uint32_t)roundtrip_next(state);
	fill_fw_section(&p->ports, state);
	fill_fw_section(&p->zones, state);
	fill_fw_section(&p->interfaces, state);
	fill_fw_section(&p->interface_addresses, state);
	fill_fw_section(&p->address_sets, state);
	fill_fw_section(&p->prefixes, state);
	fill_fw_section(&p->applications, state);
	fill_fw_section(&p->port_ranges, state);
	fill_fw_section(&p->policies, state);
	fill_fw_section(&p->refs, state);
	fill_fw_section(&p->routes, state);
	fill_fw_section(&p->next_hops, state);
	fill_fw_section(&p->neighbors, state);
	fill_fw_section(&p->schedules, state);
	fill_fw_section(&p->schedule_windows, state);
	fill_fw_section(&p->nat_pools, state);
	fill_fw_section(&p->nat_ranges, state);
	fill_fw_section(&p->nat_subscribers, state);
	fill_fw_section(&p->nat_source, state);
	fill_fw_section(&p->nat_destination, state);
	fill_fw_section(&p->nat_static, state);
}

static void fill_any_fw_program(void *bytes, uint64_t *state)
{
	struct fw_program copy;
	fill_fw_program(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_port_row(const char *path, const struct fw_port_row *p)
{
	for (int i = 0; i < 64; i++)
		roundtrip_print(roundtrip_path(path, "name", i).text, (uint8_t)p->name[i]);
	for (int i = 0; i < 256; i++)
		roundtrip_print(roundtrip_path(path, "device", i).text, (uint8_t)p->device[i]);
	for (int i = 0; i < 64; i++)
		roundtrip_print(roundtrip_path(path, "network_namespace", i).text, (uint8_t)p->network_namespace[i]);
	roundtrip_print(roundtrip_path(path, "kind", -1).text, p->kind);
	roundtrip_print(roundtrip_path(path, "mtu", -1).text, p->mtu);
	roundtrip_print(roundtrip_path(path, "rx_mode", -1).text, p->rx_mode);
	roundtrip_print(roundtrip_path(path, "serves", -1).text, p->serves);
}

static void print_any_fw_port_row(const char *path, const void *bytes)
{
	struct fw_port_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_port_row(path, &copy);
}

static void fill_fw_port_row(struct fw_port_row *p, uint64_t *state)
{
	for (int i = 0; i < 64; i++)
		p->name[i] = (char)roundtrip_next(state);
	for (int i = 0; i < 256; i++)
		p->device[i] = (char)roundtrip_next(state);
	for (int i = 0; i < 64; i++)
		p->network_namespace[i] = (char)roundtrip_next(state);
	p->kind = (uint32_t)roundtrip_next(state);
	p->mtu = (uint32_t)roundtrip_next(state);
	p->rx_mode = (uint32_t)roundtrip_next(state);
	p->serves = (uint32_t)roundtrip_next(state);
}

static void fill_any_fw_port_row(void *bytes, uint64_t *state)
{
	struct fw_port_row copy;
	fill_fw_port_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_zone_row(const char *path, const struct fw_zone_row *p)
{
	for (int i = 0; i < 64; i++)
		roundtrip_print(roundtrip_path(path, "name", i).text, (uint8_t)p->name[i]);
	roundtrip_print(roundtrip_path(path, "host_inbound", -1).text, p->host_inbound);
	roundtrip_print(roundtrip_path(path, "half_open_limit", -1).text, p->half_open_limit);
	roundtrip_print(roundtrip_path(path, "source_check", -1).text, p->source_check);
}

static void print_any_fw_zone_row(const char *path, const void *bytes)
{
	struct fw_zone_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_zone_row(path, &copy);
}

static void fill_fw_zone_row(struct fw_zone_row *p, uint64_t *state)
{
	for (int i = 0; i < 64; i++)
		p->name[i] = (char)roundtrip_next(state);
	p->host_inbound = (uint64_t)roundtrip_next(state);
	p->half_open_limit = (uint32_t)roundtrip_next(state);
	p->source_check = (uint32_t)roundtrip_next(state);
}

static void fill_any_fw_zone_row(void *bytes, uint64_t *state)
{
	struct fw_zone_row copy;
	fill_fw_zone_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_interface_row(const char *path, const struct fw_interface_row *p)
{
	for (int i = 0; i < 16; i++)
		roundtrip_print(roundtrip_path(path, "name", i).text, (uint8_t)p->name[i]);
	roundtrip_print(roundtrip_path(path, "name_id", -1).text, p->name_id);
	roundtrip_print(roundtrip_path(path, "port", -1).text, p->port);
	roundtrip_print(roundtrip_path(path, "zone", -1).text, p->zone);
	roundtrip_print(roundtrip_path(path, "vlan", -1).text, p->vlan);
	roundtrip_print(roundtrip_path(path, "address_first", -1).text, p->address_first);
	roundtrip_print(roundtrip_path(path, "address_count", -1).text, p->address_count);
	roundtrip_print(roundtrip_path(path, "vrf", -1).text, p->vrf);
	roundtrip_print(roundtrip_path(path, "pad", -1).text, p->pad);
}

static void print_any_fw_interface_row(const char *path, const void *bytes)
{
	struct fw_interface_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_interface_row(path, &copy);
}

static void fill_fw_interface_row(struct fw_interface_row *p, uint64_t *state)
{
	for (int i = 0; i < 16; i++)
		p->name[i] = (char)roundtrip_next(state);
	p->name_id = (uint32_t)roundtrip_next(state);
	p->port = (uint32_t)roundtrip_next(state);
	p->zone = (uint32_t)roundtrip_next(state);
	p->vlan = (uint32_t)roundtrip_next(state);
	p->address_first = (uint32_t)roundtrip_next(state);
	p->address_count = (uint32_t)roundtrip_next(state);
	p->vrf = (uint32_t)roundtrip_next(state);
	p->pad = (uint32_t)roundtrip_next(state);
}

static void fill_any_fw_interface_row(void *bytes, uint64_t *state)
{
	struct fw_interface_row copy;
	fill_fw_interface_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_prefix_row(const char *path, const struct fw_prefix_row *p)
{
	for (int i = 0; i < 16; i++)
		roundtrip_print(roundtrip_path(path, "address", i).text, p->address[i]);
	roundtrip_print(roundtrip_path(path, "family", -1).text, p->family);
	roundtrip_print(roundtrip_path(path, "length", -1).text, p->length);
	for (int i = 0; i < 6; i++)
		roundtrip_print(roundtrip_path(path, "pad", i).text, p->pad[i]);
}

static void print_any_fw_prefix_row(const char *path, const void *bytes)
{
	struct fw_prefix_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_prefix_row(path, &copy);
}

static void fill_fw_prefix_row(struct fw_prefix_row *p, uint64_t *state)
{
	for (int i = 0; i < 16; i++)
		p->address[i] = (uint8_t)roundtrip_next(state);
	p->family = (uint8_t)roundtrip_next(state);
	p->length = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 6; i++)
		p->pad[i] = (uint8_t)roundtrip_next(state);
}

static void fill_any_fw_prefix_row(void *bytes, uint64_t *state)
{
	struct fw_prefix_row copy;
	fill_fw_prefix_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_address_set_row(const char *path, const struct fw_address_set_row *p)
{
	for (int i = 0; i < 64; i++)
		roundtrip_print(roundtrip_path(path, "name", i).text, (uint8_t)p->name[i]);
	roundtrip_print(roundtrip_path(path, "prefix_first", -1).text, p->prefix_first);
	roundtrip_print(roundtrip_path(path, "prefix_count", -1).text, p->prefix_count);
}

static void print_any_fw_address_set_row(const char *path, const void *bytes)
{
	struct fw_address_set_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_address_set_row(path, &copy);
}

static void fill_fw_address_set_row(struct fw_address_set_row *p, uint64_t *state)
{
	for (int i = 0; i < 64; i++)
		p->name[i] = (char)roundtrip_next(state);
	p->prefix_first = (uint32_t)roundtrip_next(state);
	p->prefix_count = (uint32_t)roundtrip_next(state);
}

static void fill_any_fw_address_set_row(void *bytes, uint64_t *state)
{
	struct fw_address_set_row copy;
	fill_fw_address_set_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_application_row(const char *path, const struct fw_application_row *p)
{
	for (int i = 0; i < 64; i++)
		roundtrip_print(roundtrip_path(path, "name", i).text, (uint8_t)p->name[i]);
	roundtrip_print(roundtrip_path(path, "timeout_s", -1).text, p->timeout_s);
	roundtrip_print(roundtrip_path(path, "any_protocol", -1).text, p->any_protocol);
	roundtrip_print(roundtrip_path(path, "protocol", -1).text, p->protocol);
	roundtrip_print(roundtrip_path(path, "source_first", -1).text, p->source_first);
	roundtrip_print(roundtrip_path(path, "source_count", -1).text, p->source_count);
	roundtrip_print(roundtrip_path(path, "destination_first", -1).text, p->destination_first);
	roundtrip_print(roundtrip_path(path, "destination_count", -1).text, p->destination_count);
	roundtrip_print(roundtrip_path(path, "pad", -1).text, p->pad);
}

static void print_any_fw_application_row(const char *path, const void *bytes)
{
	struct fw_application_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_application_row(path, &copy);
}

static void fill_fw_application_row(struct fw_application_row *p, uint64_t *state)
{
	for (int i = 0; i < 64; i++)
		p->name[i] = (char)roundtrip_next(state);
	p->timeout_s = (uint32_t)roundtrip_next(state);
	p->any_protocol = (uint32_t)roundtrip_next(state);
	p->protocol = (uint32_t)roundtrip_next(state);
	p->source_first = (uint32_t)roundtrip_next(state);
	p->source_count = (uint32_t)roundtrip_next(state);
	p->destination_first = (uint32_t)roundtrip_next(state);
	p->destination_count = (uint32_t)roundtrip_next(state);
	p->pad = (uint32_t)roundtrip_next(state);
}

static void fill_any_fw_application_row(void *bytes, uint64_t *state)
{
	struct fw_application_row copy;
	fill_fw_application_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_port_range_row(const char *path, const struct fw_port_range_row *p)
{
	roundtrip_print(roundtrip_path(path, "low", -1).text, p->low);
	roundtrip_print(roundtrip_path(path, "high", -1).text, p->high);
}

static void print_any_fw_port_range_row(const char *path, const void *bytes)
{
	struct fw_port_range_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_port_range_row(path, &copy);
}

static void fill_fw_port_range_row(struct fw_port_range_row *p, uint64_t *state)
{
	p->low = (uint16_t)roundtrip_next(state);
	p->high = (uint16_t)roundtrip_next(state);
}

static void fill_any_fw_port_range_row(void *bytes, uint64_t *state)
{
	struct fw_port_range_row copy;
	fill_fw_port_range_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_policy_row(const char *path, const struct fw_policy_row *p)
{
	for (int i = 0; i < 64; i++)
		roundtrip_print(roundtrip_path(path, "name", i).text, (uint8_t)p->name[i]);
	roundtrip_print(roundtrip_path(path, "name_id", -1).text, p->name_id);
	roundtrip_print(roundtrip_path(path, "from_first", -1).text, p->from_first);
	roundtrip_print(roundtrip_path(path, "from_count", -1).text, p->from_count);
	roundtrip_print(roundtrip_path(path, "to_first", -1).text, p->to_first);
	roundtrip_print(roundtrip_path(path, "to_count", -1).text, p->to_count);
	roundtrip_print(roundtrip_path(path, "source_first", -1).text, p->source_first);
	roundtrip_print(roundtrip_path(path, "source_count", -1).text, p->source_count);
	roundtrip_print(roundtrip_path(path, "destination_first", -1).text, p->destination_first);
	roundtrip_print(roundtrip_path(path, "destination_count", -1).text, p->destination_count);
	roundtrip_print(roundtrip_path(path, "application_first", -1).text, p->application_first);
	roundtrip_print(roundtrip_path(path, "application_count", -1).text, p->application_count);
	roundtrip_print(roundtrip_path(path, "source_negated", -1).text, p->source_negated);
	roundtrip_print(roundtrip_path(path, "destination_negated", -1).text, p->destination_negated);
	roundtrip_print(roundtrip_path(path, "action", -1).text, p->action);
	roundtrip_print(roundtrip_path(path, "pad", -1).text, p->pad);
	roundtrip_print(roundtrip_path(path, "schedule", -1).text, p->schedule);
}

static void print_any_fw_policy_row(const char *path, const void *bytes)
{
	struct fw_policy_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_policy_row(path, &copy);
}

static void fill_fw_policy_row(struct fw_policy_row *p, uint64_t *state)
{
	for (int i = 0; i < 64; i++)
		p->name[i] = (char)roundtrip_next(state);
	p->name_id = (uint64_t)roundtrip_next(state);
	p->from_first = (uint32_t)roundtrip_next(state);
	p->from_count = (uint32_t)roundtrip_next(state);
	p->to_first = (uint32_t)roundtrip_next(state);
	p->to_count = (uint32_t)roundtrip_next(state);
	p->source_first = (uint32_t)roundtrip_next(state);
	p->source_count = (uint32_t)roundtrip_next(state);
	p->destination_first = (uint32_t)roundtrip_next(state);
	p->destination_count = (uint32_t)roundtrip_next(state);
	p->application_first = (uint32_t)roundtrip_next(state);
	p->application_count = (uint32_t)roundtrip_next(state);
	p->source_negated = (uint8_t)roundtrip_next(state);
	p->destination_negated = (uint8_t)roundtrip_next(state);
	p->action = (uint8_t)roundtrip_next(state);
	p->pad = (uint8_t)roundtrip_next(state);
	p->schedule = (uint32_t)roundtrip_next(state);
}

static void fill_any_fw_policy_row(void *bytes, uint64_t *state)
{
	struct fw_policy_row copy;
	fill_fw_policy_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_schedule_row(const char *path, const struct fw_schedule_row *p)
{
	for (int i = 0; i < 64; i++)
		roundtrip_print(roundtrip_path(path, "name", i).text, (uint8_t)p->name[i]);
	for (int i = 0; i < 64; i++)
		roundtrip_print(roundtrip_path(path, "time_zone", i).text, (uint8_t)p->time_zone[i]);
	roundtrip_print(roundtrip_path(path, "window_first", -1).text, p->window_first);
	roundtrip_print(roundtrip_path(path, "window_count", -1).text, p->window_count);
}

static void print_any_fw_schedule_row(const char *path, const void *bytes)
{
	struct fw_schedule_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_schedule_row(path, &copy);
}

static void fill_fw_schedule_row(struct fw_schedule_row *p, uint64_t *state)
{
	for (int i = 0; i < 64; i++)
		p->name[i] = (char)roundtrip_next(state);
	for (int i = 0; i < 64; i++)
		p->time_zone[i] = (char)roundtrip_next(state);
	p->window_first = (uint32_t)roundtrip_next(state);
	p->window_count = (uint32_t)roundtrip_next(state);
}

static void fill_any_fw_schedule_row(void *bytes, uint64_t *state)
{
	struct fw_schedule_row copy;
	fill_fw_schedule_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_schedule_window_row(const char *path, const struct fw_schedule_window_row *p)
{
	roundtrip_print(roundtrip_path(path, "start_minute", -1).text, p->start_minute);
	roundtrip_print(roundtrip_path(path, "end_minute", -1).text, p->end_minute);
	roundtrip_print(roundtrip_path(path, "days", -1).text, p->days);
	for (int i = 0; i < 3; i++)
		roundtrip_print(roundtrip_path(path, "pad", i).text, p->pad[i]);
}

static void print_any_fw_schedule_window_row(const char *path, const void *bytes)
{
	struct fw_schedule_window_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_schedule_window_row(path, &copy);
}

static void fill_fw_schedule_window_row(struct fw_schedule_window_row *p, uint64_t *state)
{
	p->start_minute = (uint16_t)roundtrip_next(state);
	p->end_minute = (uint16_t)roundtrip_next(state);
	p->days = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 3; i++)
		p->pad[i] = (uint8_t)roundtrip_next(state);
}

static void fill_any_fw_schedule_window_row(void *bytes, uint64_t *state)
{
	struct fw_schedule_window_row copy;
	fill_fw_schedule_window_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_nat_pool_row(const char *path, const struct fw_nat_pool_row *p)
{
	for (int i = 0; i < 64; i++)
		roundtrip_print(roundtrip_path(path, "name", i).text, (uint8_t)p->name[i]);
	roundtrip_print(roundtrip_path(path, "name_id", -1).text, p->name_id);
	roundtrip_print(roundtrip_path(path, "range_first", -1).text, p->range_first);
	roundtrip_print(roundtrip_path(path, "range_count", -1).text, p->range_count);
	roundtrip_print(roundtrip_path(path, "subscriber_first", -1).text, p->subscriber_first);
	roundtrip_print(roundtrip_path(path, "subscriber_count", -1).text, p->subscriber_count);
	roundtrip_print(roundtrip_path(path, "block_size", -1).text, p->block_size);
	roundtrip_print(roundtrip_path(path, "port_low", -1).text, p->port_low);
	roundtrip_print(roundtrip_path(path, "port_high", -1).text, p->port_high);
	roundtrip_print(roundtrip_path(path, "address_persistent", -1).text, p->address_persistent);
	for (int i = 0; i < 7; i++)
		roundtrip_print(roundtrip_path(path, "pad", i).text, p->pad[i]);
}

static void print_any_fw_nat_pool_row(const char *path, const void *bytes)
{
	struct fw_nat_pool_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_nat_pool_row(path, &copy);
}

static void fill_fw_nat_pool_row(struct fw_nat_pool_row *p, uint64_t *state)
{
	for (int i = 0; i < 64; i++)
		p->name[i] = (char)roundtrip_next(state);
	p->name_id = (uint64_t)roundtrip_next(state);
	p->range_first = (uint32_t)roundtrip_next(state);
	p->range_count = (uint32_t)roundtrip_next(state);
	p->subscriber_first = (uint32_t)roundtrip_next(state);
	p->subscriber_count = (uint32_t)roundtrip_next(state);
	p->block_size = (uint32_t)roundtrip_next(state);
	p->port_low = (uint16_t)roundtrip_next(state);
	p->port_high = (uint16_t)roundtrip_next(state);
	p->address_persistent = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 7; i++)
		p->pad[i] = (uint8_t)roundtrip_next(state);
}

static void fill_any_fw_nat_pool_row(void *bytes, uint64_t *state)
{
	struct fw_nat_pool_row copy;
	fill_fw_nat_pool_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_nat_range_row(const char *path, const struct fw_nat_range_row *p)
{
	for (int i = 0; i < 4; i++)
		roundtrip_print(roundtrip_path(path, "low", i).text, p->low[i]);
	for (int i = 0; i < 4; i++)
		roundtrip_print(roundtrip_path(path, "high", i).text, p->high[i]);
}

static void print_any_fw_nat_range_row(const char *path, const void *bytes)
{
	struct fw_nat_range_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_nat_range_row(path, &copy);
}

static void fill_fw_nat_range_row(struct fw_nat_range_row *p, uint64_t *state)
{
	for (int i = 0; i < 4; i++)
		p->low[i] = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 4; i++)
		p->high[i] = (uint8_t)roundtrip_next(state);
}

static void fill_any_fw_nat_range_row(void *bytes, uint64_t *state)
{
	struct fw_nat_range_row copy;
	fill_fw_nat_range_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_nat_source_row(const char *path, const struct fw_nat_source_row *p)
{
	for (int i = 0; i < 64; i++)
		roundtrip_print(roundtrip_path(path, "name", i).text, (uint8_t)p->name[i]);
	roundtrip_print(roundtrip_path(path, "name_id", -1).text, p->name_id);
	roundtrip_print(roundtrip_path(path, "from_first", -1).text, p->from_first);
	roundtrip_print(roundtrip_path(path, "from_count", -1).text, p->from_count);
	roundtrip_print(roundtrip_path(path, "to_first", -1).text, p->to_first);
	roundtrip_print(roundtrip_path(path, "to_count", -1).text, p->to_count);
	roundtrip_print(roundtrip_path(path, "source_first", -1).text, p->source_first);
	roundtrip_print(roundtrip_path(path, "source_count", -1).text, p->source_count);
	roundtrip_print(roundtrip_path(path, "destination_first", -1).text, p->destination_first);
	roundtrip_print(roundtrip_path(path, "destination_count", -1).text, p->destination_count);
	roundtrip_print(roundtrip_path(path, "application_first", -1).text, p->application_first);
	roundtrip_print(roundtrip_path(path, "application_count", -1).text, p->application_count);
	roundtrip_print(roundtrip_path(path, "pool", -1).text, p->pool);
	roundtrip_print(roundtrip_path(path, "binding_timeout_s", -1).text, p->binding_timeout_s);
	roundtrip_print(roundtrip_path(path, "port_low", -1).text, p->port_low);
	roundtrip_print(roundtrip_path(path, "port_high", -1).text, p->port_high);
	roundtrip_print(roundtrip_path(path, "action", -1).text, p->action);
	roundtrip_print(roundtrip_path(path, "persistent", -1).text, p->persistent);
	roundtrip_print(roundtrip_path(path, "filtering", -1).text, p->filtering);
	roundtrip_print(roundtrip_path(path, "pad", -1).text, p->pad);
}

static void print_any_fw_nat_source_row(const char *path, const void *bytes)
{
	struct fw_nat_source_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_nat_source_row(path, &copy);
}

static void fill_fw_nat_source_row(struct fw_nat_source_row *p, uint64_t *state)
{
	for (int i = 0; i < 64; i++)
		p->name[i] = (char)roundtrip_next(state);
	p->name_id = (uint64_t)roundtrip_next(state);
	p->from_first = (uint32_t)roundtrip_next(state);
	p->from_count = (uint32_t)roundtrip_next(state);
	p->to_first = (uint32_t)roundtrip_next(state);
	p->to_count = (uint32_t)roundtrip_next(state);
	p->source_first = (uint32_t)roundtrip_next(state);
	p->source_count = (uint32_t)roundtrip_next(state);
	p->destination_first = (uint32_t)roundtrip_next(state);
	p->destination_count = (uint32_t)roundtrip_next(state);
	p->application_first = (uint32_t)roundtrip_next(state);
	p->application_count = (uint32_t)roundtrip_next(state);
	p->pool = (uint32_t)roundtrip_next(state);
	p->binding_timeout_s = (uint32_t)roundtrip_next(state);
	p->port_low = (uint16_t)roundtrip_next(state);
	p->port_high = (uint16_t)roundtrip_next(state);
	p->action = (uint8_t)roundtrip_next(state);
	p->persistent = (uint8_t)roundtrip_next(state);
	p->filtering = (uint8_t)roundtrip_next(state);
	p->pad = (uint8_t)roundtrip_next(state);
}

static void fill_any_fw_nat_source_row(void *bytes, uint64_t *state)
{
	struct fw_nat_source_row copy;
	fill_fw_nat_source_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_nat_destination_row(const char *path, const struct fw_nat_destination_row *p)
{
	for (int i = 0; i < 64; i++)
		roundtrip_print(roundtrip_path(path, "name", i).text, (uint8_t)p->name[i]);
	roundtrip_print(roundtrip_path(path, "name_id", -1).text, p->name_id);
	roundtrip_print(roundtrip_path(path, "from_first", -1).text, p->from_first);
	roundtrip_print(roundtrip_path(path, "from_count", -1).text, p->from_count);
	roundtrip_print(roundtrip_path(path, "source_first", -1).text, p->source_first);
	roundtrip_print(roundtrip_path(path, "source_count", -1).text, p->source_count);
	for (int i = 0; i < 4; i++)
		roundtrip_print(roundtrip_path(path, "low", i).text, p->low[i]);
	for (int i = 0; i < 4; i++)
		roundtrip_print(roundtrip_path(path, "high", i).text, p->high[i]);
	for (int i = 0; i < 4; i++)
		roundtrip_print(roundtrip_path(path, "to", i).text, p->to[i]);
	roundtrip_print(roundtrip_path(path, "port_low", -1).text, p->port_low);
	roundtrip_print(roundtrip_path(path, "port_high", -1).text, p->port_high);
	roundtrip_print(roundtrip_path(path, "to_port", -1).text, p->to_port);
	roundtrip_print(roundtrip_path(path, "protocol", -1).text, p->protocol);
	roundtrip_print(roundtrip_path(path, "to_single", -1).text, p->to_single);
	for (int i = 0; i < 4; i++)
		roundtrip_print(roundtrip_path(path, "pad", i).text, p->pad[i]);
}

static void print_any_fw_nat_destination_row(const char *path, const void *bytes)
{
	struct fw_nat_destination_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_nat_destination_row(path, &copy);
}

static void fill_fw_nat_destination_row(struct fw_nat_destination_row *p, uint64_t *state)
{
	for (int i = 0; i < 64; i++)
		p->name[i] = (char)roundtrip_next(state);
	p->name_id = (uint64_t)roundtrip_next(state);
	p->from_first = (uint32_t)roundtrip_next(state);
	p->from_count = (uint32_t)roundtrip_next(state);
	p->source_first = (uint32_t)roundtrip_next(state);
	p->source_count = (uint32_t)roundtrip_next(state);
	for (int i = 0; i < 4; i++)
		p->low[i] = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 4; i++)
		p->high[i] = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 4; i++)
		p->to[i] = (uint8_t)roundtrip_next(state);
	p->port_low = (uint16_t)roundtrip_next(state);
	p->port_high = (uint16_t)roundtrip_next(state);
	p->to_port = (uint16_t)roundtrip_next(state);
	p->protocol = (uint8_t)roundtrip_next(state);
	p->to_single = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 4; i++)
		p->pad[i] = (uint8_t)roundtrip_next(state);
}

static void fill_any_fw_nat_destination_row(void *bytes, uint64_t *state)
{
	struct fw_nat_destination_row copy;
	fill_fw_nat_destination_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_nat_static_row(const char *path, const struct fw_nat_static_row *p)
{
	for (int i = 0; i < 64; i++)
		roundtrip_print(roundtrip_path(path, "name", i).text, (uint8_t)p->name[i]);
	roundtrip_print(roundtrip_path(path, "name_id", -1).text, p->name_id);
	roundtrip_print(roundtrip_path(path, "from_first", -1).text, p->from_first);
	roundtrip_print(roundtrip_path(path, "from_count", -1).text, p->from_count);
	for (int i = 0; i < 4; i++)
		roundtrip_print(roundtrip_path(path, "external", i).text, p->external[i]);
	for (int i = 0; i < 4; i++)
		roundtrip_print(roundtrip_path(path, "internal", i).text, p->internal[i]);
	roundtrip_print(roundtrip_path(path, "count", -1).text, p->count);
	roundtrip_print(roundtrip_path(path, "pad", -1).text, p->pad);
}

static void print_any_fw_nat_static_row(const char *path, const void *bytes)
{
	struct fw_nat_static_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_nat_static_row(path, &copy);
}

static void fill_fw_nat_static_row(struct fw_nat_static_row *p, uint64_t *state)
{
	for (int i = 0; i < 64; i++)
		p->name[i] = (char)roundtrip_next(state);
	p->name_id = (uint64_t)roundtrip_next(state);
	p->from_first = (uint32_t)roundtrip_next(state);
	p->from_count = (uint32_t)roundtrip_next(state);
	for (int i = 0; i < 4; i++)
		p->external[i] = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 4; i++)
		p->internal[i] = (uint8_t)roundtrip_next(state);
	p->count = (uint32_t)roundtrip_next(state);
	p->pad = (uint32_t)roundtrip_next(state);
}

static void fill_any_fw_nat_static_row(void *bytes, uint64_t *state)
{
	struct fw_nat_static_row copy;
	fill_fw_nat_static_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_route_row(const char *path, const struct fw_route_row *p)
{
	print_fw_prefix_row(roundtrip_path(path, "prefix", -1).text, &p->prefix);
	roundtrip_print(roundtrip_path(path, "next_hop_first", -1).text, p->next_hop_first);
	roundtrip_print(roundtrip_path(path, "next_hop_count", -1).text, p->next_hop_count);
	roundtrip_print(roundtrip_path(path, "vrf", -1).text, p->vrf);
	roundtrip_print(roundtrip_path(path, "type", -1).text, p->type);
}

static void print_any_fw_route_row(const char *path, const void *bytes)
{
	struct fw_route_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_route_row(path, &copy);
}

static void fill_fw_route_row(struct fw_route_row *p, uint64_t *state)
{
	fill_fw_prefix_row(&p->prefix, state);
	p->next_hop_first = (uint32_t)roundtrip_next(state);
	p->next_hop_count = (uint32_t)roundtrip_next(state);
	p->vrf = (uint32_t)roundtrip_next(state);
	p->type = (uint32_t)roundtrip_next(state);
}

static void fill_any_fw_route_row(void *bytes, uint64_t *state)
{
	struct fw_route_row copy;
	fill_fw_route_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_next_hop_row(const char *path, const struct fw_next_hop_row *p)
{
	for (int i = 0; i < 16; i++)
		roundtrip_print(roundtrip_path(path, "gateway", i).text, p->gateway[i]);
	roundtrip_print(roundtrip_path(path, "interface", -1).text, p->interface);
	roundtrip_print(roundtrip_path(path, "family", -1).text, p->family);
	for (int i = 0; i < 3; i++)
		roundtrip_print(roundtrip_path(path, "pad", i).text, p->pad[i]);
}

static void print_any_fw_next_hop_row(const char *path, const void *bytes)
{
	struct fw_next_hop_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_next_hop_row(path, &copy);
}

static void fill_fw_next_hop_row(struct fw_next_hop_row *p, uint64_t *state)
{
	for (int i = 0; i < 16; i++)
		p->gateway[i] = (uint8_t)roundtrip_next(state);
	p->interface = (uint32_t)roundtrip_next(state);
	p->family = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 3; i++)
		p->pad[i] = (uint8_t)roundtrip_next(state);
}

static void fill_any_fw_next_hop_row(void *bytes, uint64_t *state)
{
	struct fw_next_hop_row copy;
	fill_fw_next_hop_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_neighbor_row(const char *path, const struct fw_neighbor_row *p)
{
	for (int i = 0; i < 16; i++)
		roundtrip_print(roundtrip_path(path, "address", i).text, p->address[i]);
	roundtrip_print(roundtrip_path(path, "interface", -1).text, p->interface);
	roundtrip_print(roundtrip_path(path, "family", -1).text, p->family);
	for (int i = 0; i < 6; i++)
		roundtrip_print(roundtrip_path(path, "mac", i).text, p->mac[i]);
	roundtrip_print(roundtrip_path(path, "pad", -1).text, p->pad);
}

static void print_any_fw_neighbor_row(const char *path, const void *bytes)
{
	struct fw_neighbor_row copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_neighbor_row(path, &copy);
}

static void fill_fw_neighbor_row(struct fw_neighbor_row *p, uint64_t *state)
{
	for (int i = 0; i < 16; i++)
		p->address[i] = (uint8_t)roundtrip_next(state);
	p->interface = (uint32_t)roundtrip_next(state);
	p->family = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 6; i++)
		p->mac[i] = (uint8_t)roundtrip_next(state);
	p->pad = (uint8_t)roundtrip_next(state);
}

static void fill_any_fw_neighbor_row(void *bytes, uint64_t *state)
{
	struct fw_neighbor_row copy;
	fill_fw_neighbor_row(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_state_header(const char *path, const struct fw_state_header *p)
{
	roundtrip_print(roundtrip_path(path, "magic", -1).text, p->magic);
	roundtrip_print(roundtrip_path(path, "layout_version", -1).text, p->layout_version);
	roundtrip_print(roundtrip_path(path, "header_size", -1).text, p->header_size);
	roundtrip_print(roundtrip_path(path, "layout_hash", -1).text, p->layout_hash);
	roundtrip_print(roundtrip_path(path, "records_hash", -1).text, p->records_hash);
	roundtrip_print(roundtrip_path(path, "file_size", -1).text, p->file_size);
	roundtrip_print(roundtrip_path(path, "kept_offset", -1).text, p->kept_offset);
	roundtrip_print(roundtrip_path(path, "status_offset", -1).text, p->status_offset);
	roundtrip_print(roundtrip_path(path, "counters_offset", -1).text, p->counters_offset);
	roundtrip_print(roundtrip_path(path, "tables_offset", -1).text, p->tables_offset);
	roundtrip_print(roundtrip_path(path, "ports_offset", -1).text, p->ports_offset);
	roundtrip_print(roundtrip_path(path, "interfaces_offset", -1).text, p->interfaces_offset);
	roundtrip_print(roundtrip_path(path, "policies_offset", -1).text, p->policies_offset);
	roundtrip_print(roundtrip_path(path, "sessions4_offset", -1).text, p->sessions4_offset);
	roundtrip_print(roundtrip_path(path, "sessions6_offset", -1).text, p->sessions6_offset);
	roundtrip_print(roundtrip_path(path, "bindings_offset", -1).text, p->bindings_offset);
	roundtrip_print(roundtrip_path(path, "sessions4_capacity", -1).text, p->sessions4_capacity);
	roundtrip_print(roundtrip_path(path, "sessions6_capacity", -1).text, p->sessions6_capacity);
	roundtrip_print(roundtrip_path(path, "bindings_capacity", -1).text, p->bindings_capacity);
	roundtrip_print(roundtrip_path(path, "checksum", -1).text, p->checksum);
}

static void print_any_fw_state_header(const char *path, const void *bytes)
{
	struct fw_state_header copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_state_header(path, &copy);
}

static void fill_fw_state_header(struct fw_state_header *p, uint64_t *state)
{
	p->magic = (uint64_t)roundtrip_next(state);
	p->layout_version = (uint32_t)roundtrip_next(state);
	p->header_size = (uint32_t)roundtrip_next(state);
	p->layout_hash = (uint64_t)roundtrip_next(state);
	p->records_hash = (uint64_t)roundtrip_next(state);
	p->file_size = (uint64_t)roundtrip_next(state);
	p->kept_offset = (uint64_t)roundtrip_next(state);
	p->status_offset = (uint64_t)roundtrip_next(state);
	p->counters_offset = (uint64_t)roundtrip_next(state);
	p->tables_offset = (uint64_t)roundtrip_next(state);
	p->ports_offset = (uint64_t)roundtrip_next(state);
	p->interfaces_offset = (uint64_t)roundtrip_next(state);
	p->policies_offset = (uint64_t)roundtrip_next(state);
	p->sessions4_offset = (uint64_t)roundtrip_next(state);
	p->sessions6_offset = (uint64_t)roundtrip_next(state);
	p->bindings_offset = (uint64_t)roundtrip_next(state);
	p->sessions4_capacity = (uint32_t)roundtrip_next(state);
	p->sessions6_capacity = (uint32_t)roundtrip_next(state);
	p->bindings_capacity = (uint32_t)roundtrip_next(state);
	p->checksum = (uint32_t)roundtrip_next(state);
}

static void fill_any_fw_state_header(void *bytes, uint64_t *state)
{
	struct fw_state_header copy;
	fill_fw_state_header(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_state_kept(const char *path, const struct fw_state_kept *p)
{
	roundtrip_print(roundtrip_path(path, "clock_ns", -1).text, p->clock_ns);
	roundtrip_print(roundtrip_path(path, "clock_origin_ns", -1).text, p->clock_origin_ns);
	for (int i = 0; i < 16; i++)
		roundtrip_print(roundtrip_path(path, "boot_id", i).text, p->boot_id[i]);
	roundtrip_print(roundtrip_path(path, "discarded", -1).text, p->discarded);
}

static void print_any_fw_state_kept(const char *path, const void *bytes)
{
	struct fw_state_kept copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_state_kept(path, &copy);
}

static void fill_fw_state_kept(struct fw_state_kept *p, uint64_t *state)
{
	p->clock_ns = (uint64_t)roundtrip_next(state);
	p->clock_origin_ns = (uint64_t)roundtrip_next(state);
	for (int i = 0; i < 16; i++)
		p->boot_id[i] = (uint8_t)roundtrip_next(state);
	p->discarded = (uint64_t)roundtrip_next(state);
}

static void fill_any_fw_state_kept(void *bytes, uint64_t *state)
{
	struct fw_state_kept copy;
	fill_fw_state_kept(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_worker_status(const char *path, const struct fw_worker_status *p)
{
	roundtrip_print(roundtrip_path(path, "version", -1).text, p->version);
	roundtrip_print(roundtrip_path(path, "phase", -1).text, p->phase);
	roundtrip_print(roundtrip_path(path, "pid", -1).text, p->pid);
	roundtrip_print(roundtrip_path(path, "start_count", -1).text, p->start_count);
	roundtrip_print(roundtrip_path(path, "started_at_ns", -1).text, p->started_at_ns);
	roundtrip_print(roundtrip_path(path, "heartbeat_ns", -1).text, p->heartbeat_ns);
	for (int i = 0; i < 16; i++)
		roundtrip_print(roundtrip_path(path, "core_heartbeat_ns", i).text, p->core_heartbeat_ns[i]);
	roundtrip_print(roundtrip_path(path, "judged_sequence", -1).text, p->judged_sequence);
	roundtrip_print(roundtrip_path(path, "active_sequence", -1).text, p->active_sequence);
	for (int i = 0; i < 32; i++)
		roundtrip_print(roundtrip_path(path, "active_hash", i).text, p->active_hash[i]);
	for (int i = 0; i < 32; i++)
		roundtrip_print(roundtrip_path(path, "judged_hash", i).text, p->judged_hash[i]);
	roundtrip_print(roundtrip_path(path, "verdict", -1).text, p->verdict);
	roundtrip_print(roundtrip_path(path, "verdict_row", -1).text, p->verdict_row);
	for (int i = 0; i < 64; i++)
		roundtrip_print(roundtrip_path(path, "verdict_section", i).text, (uint8_t)p->verdict_section[i]);
	for (int i = 0; i < 64; i++)
		roundtrip_print(roundtrip_path(path, "verdict_field", i).text, (uint8_t)p->verdict_field[i]);
	for (int i = 0; i < 256; i++)
		roundtrip_print(roundtrip_path(path, "verdict_message", i).text, (uint8_t)p->verdict_message[i]);
	roundtrip_print(roundtrip_path(path, "epoch", -1).text, p->epoch);
	for (int i = 0; i < 16; i++)
		roundtrip_print(roundtrip_path(path, "cores", i).text, p->cores[i]);
	roundtrip_print(roundtrip_path(path, "core_count", -1).text, p->core_count);
	roundtrip_print(roundtrip_path(path, "rx_mode_requested", -1).text, p->rx_mode_requested);
	roundtrip_print(roundtrip_path(path, "rx_mode_effective", -1).text, p->rx_mode_effective);
	for (int i = 0; i < 16; i++)
		roundtrip_print(roundtrip_path(path, "core_rx_mode", i).text, p->core_rx_mode[i]);
	for (int i = 0; i < 16; i++)
		roundtrip_print(roundtrip_path(path, "core_woken_ns", i).text, p->core_woken_ns[i]);
	for (int i = 0; i < 256; i++)
		roundtrip_print(roundtrip_path(path, "rx_mode_reason", i).text, (uint8_t)p->rx_mode_reason[i]);
	for (int i = 0; i < 32; i++)
		roundtrip_print(roundtrip_path(path, "worker_version", i).text, (uint8_t)p->worker_version[i]);
	for (int i = 0; i < 32; i++)
		roundtrip_print(roundtrip_path(path, "dpdk_version", i).text, (uint8_t)p->dpdk_version[i]);
	roundtrip_print(roundtrip_path(path, "page_size", -1).text, p->page_size);
	print_fw_state_kept(roundtrip_path(path, "kept", -1).text, &p->kept);
	roundtrip_print(roundtrip_path(path, "command_sequence", -1).text, p->command_sequence);
	roundtrip_print(roundtrip_path(path, "command_result", -1).text, p->command_result);
	for (int i = 0; i < 256; i++)
		roundtrip_print(roundtrip_path(path, "state_converted", i).text, (uint8_t)p->state_converted[i]);
	for (int i = 0; i < 256; i++)
		roundtrip_print(roundtrip_path(path, "state_replaced", i).text, (uint8_t)p->state_replaced[i]);
}

static void print_any_fw_worker_status(const char *path, const void *bytes)
{
	struct fw_worker_status copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_worker_status(path, &copy);
}

static void fill_fw_worker_status(struct fw_worker_status *p, uint64_t *state)
{
	p->version = (uint32_t)roundtrip_next(state);
	p->phase = (uint32_t)roundtrip_next(state);
	p->pid = (uint64_t)roundtrip_next(state);
	p->start_count = (uint64_t)roundtrip_next(state);
	p->started_at_ns = (uint64_t)roundtrip_next(state);
	p->heartbeat_ns = (uint64_t)roundtrip_next(state);
	for (int i = 0; i < 16; i++)
		p->core_heartbeat_ns[i] = (uint64_t)roundtrip_next(state);
	p->judged_sequence = (uint64_t)roundtrip_next(state);
	p->active_sequence = (uint64_t)roundtrip_next(state);
	for (int i = 0; i < 32; i++)
		p->active_hash[i] = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 32; i++)
		p->judged_hash[i] = (uint8_t)roundtrip_next(state);
	p->verdict = (uint32_t)roundtrip_next(state);
	p->verdict_row = (uint32_t)roundtrip_next(state);
	for (int i = 0; i < 64; i++)
		p->verdict_section[i] = (char)roundtrip_next(state);
	for (int i = 0; i < 64; i++)
		p->verdict_field[i] = (char)roundtrip_next(state);
	for (int i = 0; i < 256; i++)
		p->verdict_message[i] = (char)roundtrip_next(state);
	p->epoch = (uint32_t)roundtrip_next(state);
	for (int i = 0; i < 16; i++)
		p->cores[i] = (uint32_t)roundtrip_next(state);
	p->core_count = (uint32_t)roundtrip_next(state);
	p->rx_mode_requested = (uint32_t)roundtrip_next(state);
	p->rx_mode_effective = (uint32_t)roundtrip_next(state);
	for (int i = 0; i < 16; i++)
		p->core_rx_mode[i] = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 16; i++)
		p->core_woken_ns[i] = (uint64_t)roundtrip_next(state);
	for (int i = 0; i < 256; i++)
		p->rx_mode_reason[i] = (char)roundtrip_next(state);
	for (int i = 0; i < 32; i++)
		p->worker_version[i] = (char)roundtrip_next(state);
	for (int i = 0; i < 32; i++)
		p->dpdk_version[i] = (char)roundtrip_next(state);
	p->page_size = (uint64_t)roundtrip_next(state);
	fill_fw_state_kept(&p->kept, state);
	p->command_sequence = (uint64_t)roundtrip_next(state);
	p->command_result = (uint64_t)roundtrip_next(state);
	for (int i = 0; i < 256; i++)
		p->state_converted[i] = (char)roundtrip_next(state);
	for (int i = 0; i < 256; i++)
		p->state_replaced[i] = (char)roundtrip_next(state);
}

static void fill_any_fw_worker_status(void *bytes, uint64_t *state)
{
	struct fw_worker_status copy;
	fill_fw_worker_status(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_table_status(const char *path, const struct fw_table_status *p)
{
	roundtrip_print(roundtrip_path(path, "capacity", -1).text, p->capacity);
	roundtrip_print(roundtrip_path(path, "used", -1).text, p->used);
	roundtrip_print(roundtrip_path(path, "high_water", -1).text, p->high_water);
	roundtrip_print(roundtrip_path(path, "refused", -1).text, p->refused);
}

static void print_any_fw_table_status(const char *path, const void *bytes)
{
	struct fw_table_status copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_table_status(path, &copy);
}

static void fill_fw_table_status(struct fw_table_status *p, uint64_t *state)
{
	p->capacity = (uint64_t)roundtrip_next(state);
	p->used = (uint64_t)roundtrip_next(state);
	p->high_water = (uint64_t)roundtrip_next(state);
	p->refused = (uint64_t)roundtrip_next(state);
}

static void fill_any_fw_table_status(void *bytes, uint64_t *state)
{
	struct fw_table_status copy;
	fill_fw_table_status(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_counters(const char *path, const struct fw_counters *p)
{
	roundtrip_print(roundtrip_path(path, "received", -1).text, p->received);
	roundtrip_print(roundtrip_path(path, "received_bytes", -1).text, p->received_bytes);
	roundtrip_print(roundtrip_path(path, "originated", -1).text, p->originated);
	roundtrip_print(roundtrip_path(path, "forwarded", -1).text, p->forwarded);
	roundtrip_print(roundtrip_path(path, "forwarded_bytes", -1).text, p->forwarded_bytes);
	roundtrip_print(roundtrip_path(path, "punted", -1).text, p->punted);
	roundtrip_print(roundtrip_path(path, "consumed", -1).text, p->consumed);
	roundtrip_print(roundtrip_path(path, "held", -1).text, p->held);
	for (int i = 0; i < 56; i++)
		roundtrip_print(roundtrip_path(path, "dropped", i).text, p->dropped[i]);
	roundtrip_print(roundtrip_path(path, "sessions4", -1).text, p->sessions4);
	roundtrip_print(roundtrip_path(path, "sessions6", -1).text, p->sessions6);
	roundtrip_print(roundtrip_path(path, "sessions_opened", -1).text, p->sessions_opened);
	roundtrip_print(roundtrip_path(path, "sessions_closed", -1).text, p->sessions_closed);
	roundtrip_print(roundtrip_path(path, "sessions_expired", -1).text, p->sessions_expired);
	roundtrip_print(roundtrip_path(path, "sessions_denied", -1).text, p->sessions_denied);
	roundtrip_print(roundtrip_path(path, "sessions_untranslated", -1).text, p->sessions_untranslated);
	roundtrip_print(roundtrip_path(path, "sessions_recovered", -1).text, p->sessions_recovered);
	roundtrip_print(roundtrip_path(path, "sessions_discarded", -1).text, p->sessions_discarded);
	roundtrip_print(roundtrip_path(path, "errors_limited", -1).text, p->errors_limited);
	roundtrip_print(roundtrip_path(path, "generations_accepted", -1).text, p->generations_accepted);
	roundtrip_print(roundtrip_path(path, "generations_refused", -1).text, p->generations_refused);
	roundtrip_print(roundtrip_path(path, "sleeps", -1).text, p->sleeps);
	roundtrip_print(roundtrip_path(path, "sleep_ns", -1).text, p->sleep_ns);
	roundtrip_print(roundtrip_path(path, "mode_switches", -1).text, p->mode_switches);
	roundtrip_print(roundtrip_path(path, "wakeups", -1).text, p->wakeups);
	roundtrip_print(roundtrip_path(path, "wakeups_missed", -1).text, p->wakeups_missed);
	roundtrip_print(roundtrip_path(path, "steered", -1).text, p->steered);
	roundtrip_print(roundtrip_path(path, "steered_in", -1).text, p->steered_in);
	roundtrip_print(roundtrip_path(path, "busy_ns", -1).text, p->busy_ns);
}

static void print_any_fw_counters(const char *path, const void *bytes)
{
	struct fw_counters copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_counters(path, &copy);
}

static void fill_fw_counters(struct fw_counters *p, uint64_t *state)
{
	p->received = (uint64_t)roundtrip_next(state);
	p->received_bytes = (uint64_t)roundtrip_next(state);
	p->originated = (uint64_t)roundtrip_next(state);
	p->forwarded = (uint64_t)roundtrip_next(state);
	p->forwarded_bytes = (uint64_t)roundtrip_next(state);
	p->punted = (uint64_t)roundtrip_next(state);
	p->consumed = (uint64_t)roundtrip_next(state);
	p->held = (uint64_t)roundtrip_next(state);
	for (int i = 0; i < 56; i++)
		p->dropped[i] = (uint64_t)roundtrip_next(state);
	p->sessions4 = (uint64_t)roundtrip_next(state);
	p->sessions6 = (uint64_t)roundtrip_next(state);
	p->sessions_opened = (uint64_t)roundtrip_next(state);
	p->sessions_closed = (uint64_t)roundtrip_next(state);
	p->sessions_expired = (uint64_t)roundtrip_next(state);
	p->sessions_denied = (uint64_t)roundtrip_next(state);
	p->sessions_untranslated = (uint64_t)roundtrip_next(state);
	p->sessions_recovered = (uint64_t)roundtrip_next(state);
	p->sessions_discarded = (uint64_t)roundtrip_next(state);
	p->errors_limited = (uint64_t)roundtrip_next(state);
	p->generations_accepted = (uint64_t)roundtrip_next(state);
	p->generations_refused = (uint64_t)roundtrip_next(state);
	p->sleeps = (uint64_t)roundtrip_next(state);
	p->sleep_ns = (uint64_t)roundtrip_next(state);
	p->mode_switches = (uint64_t)roundtrip_next(state);
	p->wakeups = (uint64_t)roundtrip_next(state);
	p->wakeups_missed = (uint64_t)roundtrip_next(state);
	p->steered = (uint64_t)roundtrip_next(state);
	p->steered_in = (uint64_t)roundtrip_next(state);
	p->busy_ns = (uint64_t)roundtrip_next(state);
}

static void fill_any_fw_counters(void *bytes, uint64_t *state)
{
	struct fw_counters copy;
	fill_fw_counters(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_port_status(const char *path, const struct fw_port_status *p)
{
	for (int i = 0; i < 64; i++)
		roundtrip_print(roundtrip_path(path, "name", i).text, (uint8_t)p->name[i]);
	roundtrip_print(roundtrip_path(path, "state", -1).text, p->state);
	roundtrip_print(roundtrip_path(path, "mtu", -1).text, p->mtu);
	for (int i = 0; i < 6; i++)
		roundtrip_print(roundtrip_path(path, "mac", i).text, p->mac[i]);
	roundtrip_print(roundtrip_path(path, "spread", -1).text, p->spread);
	roundtrip_print(roundtrip_path(path, "readers", -1).text, p->readers);
	roundtrip_print(roundtrip_path(path, "reader", -1).text, p->reader);
	roundtrip_print(roundtrip_path(path, "rx_mode_requested", -1).text, p->rx_mode_requested);
	roundtrip_print(roundtrip_path(path, "rx_mode_effective", -1).text, p->rx_mode_effective);
	roundtrip_print(roundtrip_path(path, "rx_wake", -1).text, p->rx_wake);
	roundtrip_print(roundtrip_path(path, "pad", -1).text, p->pad);
	roundtrip_print(roundtrip_path(path, "rx_packets", -1).text, p->rx_packets);
	roundtrip_print(roundtrip_path(path, "rx_bytes", -1).text, p->rx_bytes);
	roundtrip_print(roundtrip_path(path, "tx_packets", -1).text, p->tx_packets);
	roundtrip_print(roundtrip_path(path, "tx_bytes", -1).text, p->tx_bytes);
	roundtrip_print(roundtrip_path(path, "rx_missed", -1).text, p->rx_missed);
	roundtrip_print(roundtrip_path(path, "wakeups", -1).text, p->wakeups);
	roundtrip_print(roundtrip_path(path, "wakeups_missed", -1).text, p->wakeups_missed);
	for (int i = 0; i < 256; i++)
		roundtrip_print(roundtrip_path(path, "message", i).text, (uint8_t)p->message[i]);
	for (int i = 0; i < 256; i++)
		roundtrip_print(roundtrip_path(path, "rx_mode_reason", i).text, (uint8_t)p->rx_mode_reason[i]);
}

static void print_any_fw_port_status(const char *path, const void *bytes)
{
	struct fw_port_status copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_port_status(path, &copy);
}

static void fill_fw_port_status(struct fw_port_status *p, uint64_t *state)
{
	for (int i = 0; i < 64; i++)
		p->name[i] = (char)roundtrip_next(state);
	p->state = (uint32_t)roundtrip_next(state);
	p->mtu = (uint32_t)roundtrip_next(state);
	for (int i = 0; i < 6; i++)
		p->mac[i] = (uint8_t)roundtrip_next(state);
	p->spread = (uint8_t)roundtrip_next(state);
	p->readers = (uint8_t)roundtrip_next(state);
	p->reader = (uint32_t)roundtrip_next(state);
	p->rx_mode_requested = (uint8_t)roundtrip_next(state);
	p->rx_mode_effective = (uint8_t)roundtrip_next(state);
	p->rx_wake = (uint8_t)roundtrip_next(state);
	p->pad = (uint8_t)roundtrip_next(state);
	p->rx_packets = (uint64_t)roundtrip_next(state);
	p->rx_bytes = (uint64_t)roundtrip_next(state);
	p->tx_packets = (uint64_t)roundtrip_next(state);
	p->tx_bytes = (uint64_t)roundtrip_next(state);
	p->rx_missed = (uint64_t)roundtrip_next(state);
	p->wakeups = (uint64_t)roundtrip_next(state);
	p->wakeups_missed = (uint64_t)roundtrip_next(state);
	for (int i = 0; i < 256; i++)
		p->message[i] = (char)roundtrip_next(state);
	for (int i = 0; i < 256; i++)
		p->rx_mode_reason[i] = (char)roundtrip_next(state);
}

static void fill_any_fw_port_status(void *bytes, uint64_t *state)
{
	struct fw_port_status copy;
	fill_fw_port_status(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_interface_status(const char *path, const struct fw_interface_status *p)
{
	for (int i = 0; i < 16; i++)
		roundtrip_print(roundtrip_path(path, "name", i).text, (uint8_t)p->name[i]);
	roundtrip_print(roundtrip_path(path, "ifindex", -1).text, p->ifindex);
	roundtrip_print(roundtrip_path(path, "pad", -1).text, p->pad);
	roundtrip_print(roundtrip_path(path, "rx_packets", -1).text, p->rx_packets);
	roundtrip_print(roundtrip_path(path, "rx_bytes", -1).text, p->rx_bytes);
	roundtrip_print(roundtrip_path(path, "tx_packets", -1).text, p->tx_packets);
	roundtrip_print(roundtrip_path(path, "tx_bytes", -1).text, p->tx_bytes);
	roundtrip_print(roundtrip_path(path, "punted", -1).text, p->punted);
	roundtrip_print(roundtrip_path(path, "from_host", -1).text, p->from_host);
}

static void print_any_fw_interface_status(const char *path, const void *bytes)
{
	struct fw_interface_status copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_interface_status(path, &copy);
}

static void fill_fw_interface_status(struct fw_interface_status *p, uint64_t *state)
{
	for (int i = 0; i < 16; i++)
		p->name[i] = (char)roundtrip_next(state);
	p->ifindex = (uint32_t)roundtrip_next(state);
	p->pad = (uint32_t)roundtrip_next(state);
	p->rx_packets = (uint64_t)roundtrip_next(state);
	p->rx_bytes = (uint64_t)roundtrip_next(state);
	p->tx_packets = (uint64_t)roundtrip_next(state);
	p->tx_bytes = (uint64_t)roundtrip_next(state);
	p->punted = (uint64_t)roundtrip_next(state);
	p->from_host = (uint64_t)roundtrip_next(state);
}

static void fill_any_fw_interface_status(void *bytes, uint64_t *state)
{
	struct fw_interface_status copy;
	fill_fw_interface_status(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_policy_counters(const char *path, const struct fw_policy_counters *p)
{
	roundtrip_print(roundtrip_path(path, "name_id", -1).text, p->name_id);
	roundtrip_print(roundtrip_path(path, "packets", -1).text, p->packets);
	roundtrip_print(roundtrip_path(path, "bytes", -1).text, p->bytes);
	roundtrip_print(roundtrip_path(path, "sessions", -1).text, p->sessions);
}

static void print_any_fw_policy_counters(const char *path, const void *bytes)
{
	struct fw_policy_counters copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_policy_counters(path, &copy);
}

static void fill_fw_policy_counters(struct fw_policy_counters *p, uint64_t *state)
{
	p->name_id = (uint64_t)roundtrip_next(state);
	p->packets = (uint64_t)roundtrip_next(state);
	p->bytes = (uint64_t)roundtrip_next(state);
	p->sessions = (uint64_t)roundtrip_next(state);
}

static void fill_any_fw_policy_counters(void *bytes, uint64_t *state)
{
	struct fw_policy_counters copy;
	fill_fw_policy_counters(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_line4(const char *path, const struct fw_line4 *p)
{
	for (int i = 0; i < 4; i++)
		roundtrip_print(roundtrip_path(path, "source", i).text, p->source[i]);
	for (int i = 0; i < 4; i++)
		roundtrip_print(roundtrip_path(path, "destination", i).text, p->destination[i]);
	roundtrip_print(roundtrip_path(path, "source_port_be", -1).text, p->source_port_be);
	roundtrip_print(roundtrip_path(path, "destination_port_be", -1).text, p->destination_port_be);
	roundtrip_print(roundtrip_path(path, "protocol", -1).text, p->protocol);
	roundtrip_print(roundtrip_path(path, "zero", -1).text, p->zero);
	roundtrip_print(roundtrip_path(path, "vrf", -1).text, p->vrf);
	for (int i = 0; i < 4; i++)
		roundtrip_print(roundtrip_path(path, "new_source", i).text, p->new_source[i]);
	for (int i = 0; i < 4; i++)
		roundtrip_print(roundtrip_path(path, "new_destination", i).text, p->new_destination[i]);
	roundtrip_print(roundtrip_path(path, "new_source_port_be", -1).text, p->new_source_port_be);
	roundtrip_print(roundtrip_path(path, "new_destination_port_be", -1).text, p->new_destination_port_be);
	roundtrip_print(roundtrip_path(path, "l3_delta", -1).text, p->l3_delta);
	roundtrip_print(roundtrip_path(path, "l4_delta", -1).text, p->l4_delta);
	roundtrip_print(roundtrip_path(path, "epoch", -1).text, p->epoch);
	roundtrip_print(roundtrip_path(path, "last_seen", -1).text, p->last_seen);
	roundtrip_print(roundtrip_path(path, "next_hop_version", -1).text, p->next_hop_version);
	roundtrip_print(roundtrip_path(path, "next_hop", -1).text, p->next_hop);
	roundtrip_print(roundtrip_path(path, "policy", -1).text, p->policy);
	roundtrip_print(roundtrip_path(path, "packets", -1).text, p->packets);
	roundtrip_print(roundtrip_path(path, "in_zone", -1).text, p->in_zone);
	roundtrip_print(roundtrip_path(path, "flags", -1).text, p->flags);
	roundtrip_print(roundtrip_path(path, "spare", -1).text, p->spare);
	roundtrip_print(roundtrip_path(path, "bytes", -1).text, p->bytes);
}

static void print_any_fw_line4(const char *path, const void *bytes)
{
	struct fw_line4 copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_line4(path, &copy);
}

static void fill_fw_line4(struct fw_line4 *p, uint64_t *state)
{
	for (int i = 0; i < 4; i++)
		p->source[i] = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 4; i++)
		p->destination[i] = (uint8_t)roundtrip_next(state);
	p->source_port_be = (uint16_t)roundtrip_next(state);
	p->destination_port_be = (uint16_t)roundtrip_next(state);
	p->protocol = (uint8_t)roundtrip_next(state);
	p->zero = (uint8_t)roundtrip_next(state);
	p->vrf = (uint16_t)roundtrip_next(state);
	for (int i = 0; i < 4; i++)
		p->new_source[i] = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 4; i++)
		p->new_destination[i] = (uint8_t)roundtrip_next(state);
	p->new_source_port_be = (uint16_t)roundtrip_next(state);
	p->new_destination_port_be = (uint16_t)roundtrip_next(state);
	p->l3_delta = (uint16_t)roundtrip_next(state);
	p->l4_delta = (uint16_t)roundtrip_next(state);
	p->epoch = (uint32_t)roundtrip_next(state);
	p->last_seen = (uint32_t)roundtrip_next(state);
	p->next_hop_version = (uint32_t)roundtrip_next(state);
	p->next_hop = (uint16_t)roundtrip_next(state);
	p->policy = (uint16_t)roundtrip_next(state);
	p->packets = (uint32_t)roundtrip_next(state);
	p->in_zone = (uint8_t)roundtrip_next(state);
	p->flags = (uint8_t)roundtrip_next(state);
	p->spare = (uint16_t)roundtrip_next(state);
	p->bytes = (uint64_t)roundtrip_next(state);
}

static void fill_any_fw_line4(void *bytes, uint64_t *state)
{
	struct fw_line4 copy;
	fill_fw_line4(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_line6(const char *path, const struct fw_line6 *p)
{
	for (int i = 0; i < 16; i++)
		roundtrip_print(roundtrip_path(path, "source", i).text, p->source[i]);
	for (int i = 0; i < 16; i++)
		roundtrip_print(roundtrip_path(path, "destination", i).text, p->destination[i]);
	roundtrip_print(roundtrip_path(path, "source_port_be", -1).text, p->source_port_be);
	roundtrip_print(roundtrip_path(path, "destination_port_be", -1).text, p->destination_port_be);
	roundtrip_print(roundtrip_path(path, "protocol", -1).text, p->protocol);
	roundtrip_print(roundtrip_path(path, "zero", -1).text, p->zero);
	roundtrip_print(roundtrip_path(path, "vrf", -1).text, p->vrf);
	roundtrip_print(roundtrip_path(path, "epoch", -1).text, p->epoch);
	roundtrip_print(roundtrip_path(path, "last_seen", -1).text, p->last_seen);
	roundtrip_print(roundtrip_path(path, "next_hop_version", -1).text, p->next_hop_version);
	roundtrip_print(roundtrip_path(path, "next_hop", -1).text, p->next_hop);
	roundtrip_print(roundtrip_path(path, "policy", -1).text, p->policy);
	roundtrip_print(roundtrip_path(path, "packets", -1).text, p->packets);
	roundtrip_print(roundtrip_path(path, "in_zone", -1).text, p->in_zone);
	roundtrip_print(roundtrip_path(path, "flags", -1).text, p->flags);
	roundtrip_print(roundtrip_path(path, "spare", -1).text, p->spare);
	roundtrip_print(roundtrip_path(path, "bytes", -1).text, p->bytes);
	for (int i = 0; i < 56; i++)
		roundtrip_print(roundtrip_path(path, "pad", i).text, p->pad[i]);
}

static void print_any_fw_line6(const char *path, const void *bytes)
{
	struct fw_line6 copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_line6(path, &copy);
}

static void fill_fw_line6(struct fw_line6 *p, uint64_t *state)
{
	for (int i = 0; i < 16; i++)
		p->source[i] = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 16; i++)
		p->destination[i] = (uint8_t)roundtrip_next(state);
	p->source_port_be = (uint16_t)roundtrip_next(state);
	p->destination_port_be = (uint16_t)roundtrip_next(state);
	p->protocol = (uint8_t)roundtrip_next(state);
	p->zero = (uint8_t)roundtrip_next(state);
	p->vrf = (uint16_t)roundtrip_next(state);
	p->epoch = (uint32_t)roundtrip_next(state);
	p->last_seen = (uint32_t)roundtrip_next(state);
	p->next_hop_version = (uint32_t)roundtrip_next(state);
	p->next_hop = (uint16_t)roundtrip_next(state);
	p->policy = (uint16_t)roundtrip_next(state);
	p->packets = (uint32_t)roundtrip_next(state);
	p->in_zone = (uint8_t)roundtrip_next(state);
	p->flags = (uint8_t)roundtrip_next(state);
	p->spare = (uint16_t)roundtrip_next(state);
	p->bytes = (uint64_t)roundtrip_next(state);
	for (int i = 0; i < 56; i++)
		p->pad[i] = (uint8_t)roundtrip_next(state);
}

static void fill_any_fw_line6(void *bytes, uint64_t *state)
{
	struct fw_line6 copy;
	fill_fw_line6(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_tcp_side(const char *path, const struct fw_tcp_side *p)
{
	roundtrip_print(roundtrip_path(path, "end", -1).text, p->end);
	roundtrip_print(roundtrip_path(path, "max_end", -1).text, p->max_end);
	roundtrip_print(roundtrip_path(path, "ack", -1).text, p->ack);
	roundtrip_print(roundtrip_path(path, "max_window", -1).text, p->max_window);
	roundtrip_print(roundtrip_path(path, "scale", -1).text, p->scale);
	roundtrip_print(roundtrip_path(path, "flags", -1).text, p->flags);
	roundtrip_print(roundtrip_path(path, "isn_low", -1).text, p->isn_low);
}

static void print_any_fw_tcp_side(const char *path, const void *bytes)
{
	struct fw_tcp_side copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_tcp_side(path, &copy);
}

static void fill_fw_tcp_side(struct fw_tcp_side *p, uint64_t *state)
{
	p->end = (uint32_t)roundtrip_next(state);
	p->max_end = (uint32_t)roundtrip_next(state);
	p->ack = (uint32_t)roundtrip_next(state);
	p->max_window = (uint32_t)roundtrip_next(state);
	p->scale = (uint8_t)roundtrip_next(state);
	p->flags = (uint8_t)roundtrip_next(state);
	p->isn_low = (uint16_t)roundtrip_next(state);
}

static void fill_any_fw_tcp_side(void *bytes, uint64_t *state)
{
	struct fw_tcp_side copy;
	fill_fw_tcp_side(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_session_track(const char *path, const struct fw_session_track *p)
{
	for (int i = 0; i < 2; i++)
		print_fw_tcp_side(roundtrip_path(path, "side", i).text, &p->side[i]);
	roundtrip_print(roundtrip_path(path, "state", -1).text, p->state);
	for (int i = 0; i < 2; i++)
		roundtrip_print(roundtrip_path(path, "icmp_kinds", i).text, p->icmp_kinds[i]);
	roundtrip_print(roundtrip_path(path, "half_open", -1).text, p->half_open);
	roundtrip_print(roundtrip_path(path, "timeout", -1).text, p->timeout);
	roundtrip_print(roundtrip_path(path, "application_timeout", -1).text, p->application_timeout);
	roundtrip_print(roundtrip_path(path, "binding", -1).text, p->binding);
	for (int i = 0; i < 2; i++)
		roundtrip_print(roundtrip_path(path, "packets_high", i).text, p->packets_high[i]);
	roundtrip_print(roundtrip_path(path, "syn_next", -1).text, p->syn_next);
}

static void print_any_fw_session_track(const char *path, const void *bytes)
{
	struct fw_session_track copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_session_track(path, &copy);
}

static void fill_fw_session_track(struct fw_session_track *p, uint64_t *state)
{
	for (int i = 0; i < 2; i++)
		fill_fw_tcp_side(&p->side[i], state);
	p->state = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 2; i++)
		p->icmp_kinds[i] = (uint8_t)roundtrip_next(state);
	p->half_open = (uint8_t)roundtrip_next(state);
	p->timeout = (uint32_t)roundtrip_next(state);
	p->application_timeout = (uint32_t)roundtrip_next(state);
	p->binding = (uint32_t)roundtrip_next(state);
	for (int i = 0; i < 2; i++)
		p->packets_high[i] = (uint16_t)roundtrip_next(state);
	p->syn_next = (uint32_t)roundtrip_next(state);
}

static void fill_any_fw_session_track(void *bytes, uint64_t *state)
{
	struct fw_session_track copy;
	fill_fw_session_track(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_session_cold(const char *path, const struct fw_session_cold *p)
{
	roundtrip_print(roundtrip_path(path, "id", -1).text, p->id);
	roundtrip_print(roundtrip_path(path, "created_at_ns", -1).text, p->created_at_ns);
	roundtrip_print(roundtrip_path(path, "in_name_id", -1).text, p->in_name_id);
	roundtrip_print(roundtrip_path(path, "out_name_id", -1).text, p->out_name_id);
	roundtrip_print(roundtrip_path(path, "policy_name_id", -1).text, p->policy_name_id);
	roundtrip_print(roundtrip_path(path, "flags", -1).text, p->flags);
	roundtrip_print(roundtrip_path(path, "nat_source_id", -1).text, p->nat_source_id);
	roundtrip_print(roundtrip_path(path, "nat_destination_id", -1).text, p->nat_destination_id);
	for (int i = 0; i < 12; i++)
		roundtrip_print(roundtrip_path(path, "pad", i).text, p->pad[i]);
	roundtrip_print(roundtrip_path(path, "checksum", -1).text, p->checksum);
	roundtrip_print(roundtrip_path(path, "valid", -1).text, p->valid);
}

static void print_any_fw_session_cold(const char *path, const void *bytes)
{
	struct fw_session_cold copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_session_cold(path, &copy);
}

static void fill_fw_session_cold(struct fw_session_cold *p, uint64_t *state)
{
	p->id = (uint64_t)roundtrip_next(state);
	p->created_at_ns = (uint64_t)roundtrip_next(state);
	p->in_name_id = (uint32_t)roundtrip_next(state);
	p->out_name_id = (uint32_t)roundtrip_next(state);
	p->policy_name_id = (uint64_t)roundtrip_next(state);
	p->flags = (uint32_t)roundtrip_next(state);
	p->nat_source_id = (uint32_t)roundtrip_next(state);
	p->nat_destination_id = (uint32_t)roundtrip_next(state);
	for (int i = 0; i < 12; i++)
		p->pad[i] = (uint8_t)roundtrip_next(state);
	p->checksum = (uint32_t)roundtrip_next(state);
	p->valid = (uint32_t)roundtrip_next(state);
}

static void fill_any_fw_session_cold(void *bytes, uint64_t *state)
{
	struct fw_session_cold copy;
	fill_fw_session_cold(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_session4(const char *path, const struct fw_session4 *p)
{
	for (int i = 0; i < 2; i++)
		print_fw_line4(roundtrip_path(path, "line", i).text, &p->line[i]);
	print_fw_session_track(roundtrip_path(path, "track", -1).text, &p->track);
	print_fw_session_cold(roundtrip_path(path, "cold", -1).text, &p->cold);
}

static void print_any_fw_session4(const char *path, const void *bytes)
{
	struct fw_session4 copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_session4(path, &copy);
}

static void fill_fw_session4(struct fw_session4 *p, uint64_t *state)
{
	for (int i = 0; i < 2; i++)
		fill_fw_line4(&p->line[i], state);
	fill_fw_session_track(&p->track, state);
	fill_fw_session_cold(&p->cold, state);
}

static void fill_any_fw_session4(void *bytes, uint64_t *state)
{
	struct fw_session4 copy;
	fill_fw_session4(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_session6(const char *path, const struct fw_session6 *p)
{
	for (int i = 0; i < 2; i++)
		print_fw_line6(roundtrip_path(path, "line", i).text, &p->line[i]);
	print_fw_session_track(roundtrip_path(path, "track", -1).text, &p->track);
	print_fw_session_cold(roundtrip_path(path, "cold", -1).text, &p->cold);
}

static void print_any_fw_session6(const char *path, const void *bytes)
{
	struct fw_session6 copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_session6(path, &copy);
}

static void fill_fw_session6(struct fw_session6 *p, uint64_t *state)
{
	for (int i = 0; i < 2; i++)
		fill_fw_line6(&p->line[i], state);
	fill_fw_session_track(&p->track, state);
	fill_fw_session_cold(&p->cold, state);
}

static void fill_any_fw_session6(void *bytes, uint64_t *state)
{
	struct fw_session6 copy;
	fill_fw_session6(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

static void print_fw_binding(const char *path, const struct fw_binding *p)
{
	for (int i = 0; i < 4; i++)
		roundtrip_print(roundtrip_path(path, "internal", i).text, p->internal[i]);
	for (int i = 0; i < 4; i++)
		roundtrip_print(roundtrip_path(path, "external", i).text, p->external[i]);
	roundtrip_print(roundtrip_path(path, "internal_port_be", -1).text, p->internal_port_be);
	roundtrip_print(roundtrip_path(path, "external_port_be", -1).text, p->external_port_be);
	roundtrip_print(roundtrip_path(path, "protocol", -1).text, p->protocol);
	roundtrip_print(roundtrip_path(path, "flags", -1).text, p->flags);
	roundtrip_print(roundtrip_path(path, "vrf", -1).text, p->vrf);
	roundtrip_print(roundtrip_path(path, "created_at_ns", -1).text, p->created_at_ns);
	roundtrip_print(roundtrip_path(path, "rule_id", -1).text, p->rule_id);
	roundtrip_print(roundtrip_path(path, "timeout", -1).text, p->timeout);
	roundtrip_print(roundtrip_path(path, "last_seen", -1).text, p->last_seen);
	for (int i = 0; i < 20; i++)
		roundtrip_print(roundtrip_path(path, "pad", i).text, p->pad[i]);
	roundtrip_print(roundtrip_path(path, "checksum", -1).text, p->checksum);
	roundtrip_print(roundtrip_path(path, "valid", -1).text, p->valid);
}

static void print_any_fw_binding(const char *path, const void *bytes)
{
	struct fw_binding copy;
	memcpy(&copy, bytes, sizeof(copy));
	print_fw_binding(path, &copy);
}

static void fill_fw_binding(struct fw_binding *p, uint64_t *state)
{
	for (int i = 0; i < 4; i++)
		p->internal[i] = (uint8_t)roundtrip_next(state);
	for (int i = 0; i < 4; i++)
		p->external[i] = (uint8_t)roundtrip_next(state);
	p->internal_port_be = (uint16_t)roundtrip_next(state);
	p->external_port_be = (uint16_t)roundtrip_next(state);
	p->protocol = (uint8_t)roundtrip_next(state);
	p->flags = (uint8_t)roundtrip_next(state);
	p->vrf = (uint16_t)roundtrip_next(state);
	p->created_at_ns = (uint64_t)roundtrip_next(state);
	p->rule_id = (uint32_t)roundtrip_next(state);
	p->timeout = (uint32_t)roundtrip_next(state);
	p->last_seen = (uint32_t)roundtrip_next(state);
	for (int i = 0; i < 20; i++)
		p->pad[i] = (uint8_t)roundtrip_next(state);
	p->checksum = (uint32_t)roundtrip_next(state);
	p->valid = (uint32_t)roundtrip_next(state);
}

static void fill_any_fw_binding(void *bytes, uint64_t *state)
{
	struct fw_binding copy;
	fill_fw_binding(&copy, state);
	memcpy(bytes, &copy, sizeof(copy));
}

const struct roundtrip_struct roundtrip_structs[] = {
	{ "fw_control_header", sizeof(struct fw_control_header), print_any_fw_control_header, fill_any_fw_control_header },
	{ "fw_session_filter", sizeof(struct fw_session_filter), print_any_fw_session_filter, fill_any_fw_session_filter },
	{ "fw_command", sizeof(struct fw_command), print_any_fw_command, fill_any_fw_command },
	{ "fw_section", sizeof(struct fw_section), print_any_fw_section, fill_any_fw_section },
	{ "fw_program", sizeof(struct fw_program), print_any_fw_program, fill_any_fw_program },
	{ "fw_port_row", sizeof(struct fw_port_row), print_any_fw_port_row, fill_any_fw_port_row },
	{ "fw_zone_row", sizeof(struct fw_zone_row), print_any_fw_zone_row, fill_any_fw_zone_row },
	{ "fw_interface_row", sizeof(struct fw_interface_row), print_any_fw_interface_row, fill_any_fw_interface_row },
	{ "fw_prefix_row", sizeof(struct fw_prefix_row), print_any_fw_prefix_row, fill_any_fw_prefix_row },
	{ "fw_address_set_row", sizeof(struct fw_address_set_row), print_any_fw_address_set_row, fill_any_fw_address_set_row },
	{ "fw_application_row", sizeof(struct fw_application_row), print_any_fw_application_row, fill_any_fw_application_row },
	{ "fw_port_range_row", sizeof(struct fw_port_range_row), print_any_fw_port_range_row, fill_any_fw_port_range_row },
	{ "fw_policy_row", sizeof(struct fw_policy_row), print_any_fw_policy_row, fill_any_fw_policy_row },
	{ "fw_schedule_row", sizeof(struct fw_schedule_row), print_any_fw_schedule_row, fill_any_fw_schedule_row },
	{ "fw_schedule_window_row", sizeof(struct fw_schedule_window_row), print_any_fw_schedule_window_row, fill_any_fw_schedule_window_row },
	{ "fw_nat_pool_row", sizeof(struct fw_nat_pool_row), print_any_fw_nat_pool_row, fill_any_fw_nat_pool_row },
	{ "fw_nat_range_row", sizeof(struct fw_nat_range_row), print_any_fw_nat_range_row, fill_any_fw_nat_range_row },
	{ "fw_nat_source_row", sizeof(struct fw_nat_source_row), print_any_fw_nat_source_row, fill_any_fw_nat_source_row },
	{ "fw_nat_destination_row", sizeof(struct fw_nat_destination_row), print_any_fw_nat_destination_row, fill_any_fw_nat_destination_row },
	{ "fw_nat_static_row", sizeof(struct fw_nat_static_row), print_any_fw_nat_static_row, fill_any_fw_nat_static_row },
	{ "fw_route_row", sizeof(struct fw_route_row), print_any_fw_route_row, fill_any_fw_route_row },
	{ "fw_next_hop_row", sizeof(struct fw_next_hop_row), print_any_fw_next_hop_row, fill_any_fw_next_hop_row },
	{ "fw_neighbor_row", sizeof(struct fw_neighbor_row), print_any_fw_neighbor_row, fill_any_fw_neighbor_row },
	{ "fw_state_header", sizeof(struct fw_state_header), print_any_fw_state_header, fill_any_fw_state_header },
	{ "fw_state_kept", sizeof(struct fw_state_kept), print_any_fw_state_kept, fill_any_fw_state_kept },
	{ "fw_worker_status", sizeof(struct fw_worker_status), print_any_fw_worker_status, fill_any_fw_worker_status },
	{ "fw_table_status", sizeof(struct fw_table_status), print_any_fw_table_status, fill_any_fw_table_status },
	{ "fw_counters", sizeof(struct fw_counters), print_any_fw_counters, fill_any_fw_counters },
	{ "fw_port_status", sizeof(struct fw_port_status), print_any_fw_port_status, fill_any_fw_port_status },
	{ "fw_interface_status", sizeof(struct fw_interface_status), print_any_fw_interface_status, fill_any_fw_interface_status },
	{ "fw_policy_counters", sizeof(struct fw_policy_counters), print_any_fw_policy_counters, fill_any_fw_policy_counters },
	{ "fw_line4", sizeof(struct fw_line4), print_any_fw_line4, fill_any_fw_line4 },
	{ "fw_line6", sizeof(struct fw_line6), print_any_fw_line6, fill_any_fw_line6 },
	{ "fw_tcp_side", sizeof(struct fw_tcp_side), print_any_fw_tcp_side, fill_any_fw_tcp_side },
	{ "fw_session_track", sizeof(struct fw_session_track), print_any_fw_session_track, fill_any_fw_session_track },
	{ "fw_session_cold", sizeof(struct fw_session_cold), print_any_fw_session_cold, fill_any_fw_session_cold },
	{ "fw_session4", sizeof(struct fw_session4), print_any_fw_session4, fill_any_fw_session4 },
	{ "fw_session6", sizeof(struct fw_session6), print_any_fw_session6, fill_any_fw_session6 },
	{ "fw_binding", sizeof(struct fw_binding), print_any_fw_binding, fill_any_fw_binding },
	{ NULL, 0, NULL, NULL },
};
