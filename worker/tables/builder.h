// SPDX-License-Identifier: Apache-2.0
// Makes the bytes of a program, for tests.
#ifndef PORTCULLIS_TABLES_BUILDER_H
#define PORTCULLIS_TABLES_BUILDER_H

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "shm/crc32c.h"
#include "shm/layout.h"
#include "test.h"

enum builder_kind {
	B_PORTS,
	B_ZONES,
	B_INTERFACES,
	B_INTERFACE_ADDRESSES,
	B_ADDRESS_SETS,
	B_PREFIXES,
	B_APPLICATIONS,
	B_PORT_RANGES,
	B_POLICIES,
	B_REFS,
	B_ROUTES,
	B_NEXT_HOPS,
	B_NEIGHBORS,
	B_SCHEDULES,
	B_SCHEDULE_WINDOWS,
	B_NAT_POOLS,
	B_NAT_RANGES,
	B_NAT_SUBSCRIBERS,
	B_NAT_SOURCE,
	B_NAT_DESTINATION,
	B_NAT_STATIC,
	B_KINDS
};

struct builder {
	struct fw_program head;
	struct {
		uint8_t *rows;
		uint32_t count, room, size;
	} kind[B_KINDS];
};

static inline void builder_init(struct builder *b)
{
	static const uint32_t sizes[B_KINDS] = {
	    sizeof(struct fw_port_row),        sizeof(struct fw_zone_row),
	    sizeof(struct fw_interface_row),   sizeof(struct fw_prefix_row),
	    sizeof(struct fw_address_set_row), sizeof(struct fw_prefix_row),
	    sizeof(struct fw_application_row), sizeof(struct fw_port_range_row),
	    sizeof(struct fw_policy_row),      sizeof(uint32_t),
	    sizeof(struct fw_route_row),       sizeof(struct fw_next_hop_row),
	    sizeof(struct fw_neighbor_row),    sizeof(struct fw_schedule_row),
	    sizeof(struct fw_schedule_window_row), sizeof(struct fw_nat_pool_row),
	    sizeof(struct fw_nat_range_row),   sizeof(struct fw_prefix_row),
	    sizeof(struct fw_nat_source_row),  sizeof(struct fw_nat_destination_row),
	    sizeof(struct fw_nat_static_row),
	};
	memset(b, 0, sizeof(*b));
	for (unsigned i = 0; i < B_KINDS; i++)
		b->kind[i].size = sizes[i];
	b->head = (struct fw_program){.magic = FW_PROGRAM_MAGIC,
				      .layout_version = FW_LAYOUT_VERSION,
				      .header_size = sizeof(b->head),
				      .sequence = 1,
				      .default_action = FW_ACTION_DENY,
				      .rx_mode = FW_RX_POLLING,
				      .idle_threshold = 256,
				      .resume_threshold = 32,
				      .sleep_timeout_us = 100000,
				      .sessions_ipv4 = 1024,
				      .sessions_ipv6 = 1024,
				      .bindings = 1024,
				      .fragments = 64,
				      .fragments_per_source = 16,
				      .held_packets = 64,
				      .neighbor_limit = 1024,
				      .errors_per_second = 100,
				      .tcp_strict_syn = 1,
				      .tcp_window = FW_TCP_WINDOW_STRICT};
	for (unsigned i = 0; i <= FW_TIMEOUT_OTHER; i++)
		b->head.timeouts_s[i] = 60;
}

// A new zeroed row, whose index goes to *index when that is not NULL.
static inline void *builder_add(struct builder *b, enum builder_kind kind, uint32_t *index)
{
	uint32_t at = b->kind[kind].count++, size = b->kind[kind].size;
	if (at == b->kind[kind].room) {
		b->kind[kind].room = at * 2 + 16;
		b->kind[kind].rows = realloc(b->kind[kind].rows, (size_t)b->kind[kind].room * size);
		CHECK(b->kind[kind].rows != NULL);
	}
	memset(b->kind[kind].rows + (size_t)at * size, 0, size);
	if (index != NULL)
		*index = at;
	if (kind == B_POLICIES)
		((struct fw_policy_row *)b->kind[kind].rows)[at].schedule = FW_NO_INDEX;
	if (kind == B_NAT_SOURCE)
		((struct fw_nat_source_row *)b->kind[kind].rows)[at].pool = FW_NO_INDEX;
	return b->kind[kind].rows + (size_t)at * size;
}

static inline uint32_t builder_ref(struct builder *b, uint32_t value)
{
	uint32_t at;
	*(uint32_t *)builder_add(b, B_REFS, &at) = value;
	return at;
}

static inline void builder_prefix(struct builder *b, enum builder_kind kind, const char *address,
				  uint8_t length)
{
	struct fw_prefix_row *r = builder_add(b, kind, NULL);
	r->family = strchr(address, ':') != NULL ? 6 : 4;
	r->length = length;
	CHECK_EQ(inet_pton(r->family == 6 ? AF_INET6 : AF_INET, address, r->address), 1);
}

static inline uint32_t builder_zone(struct builder *b, const char *name)
{
	uint32_t at;
	struct fw_zone_row *r = builder_add(b, B_ZONES, &at);
	snprintf(r->name, sizeof(r->name), "%s", name);
	return at;
}

static inline uint32_t builder_port(struct builder *b, const char *name)
{
	uint32_t at;
	struct fw_port_row *r = builder_add(b, B_PORTS, &at);
	snprintf(r->name, sizeof(r->name), "%s", name);
	snprintf(r->device, sizeof(r->device), "%.15s", name);
	r->kind = FW_PORT_TAP;
	return at;
}

static inline struct fw_interface_row *builder_interface(struct builder *b, const char *name,
							 uint32_t port, uint32_t zone)
{
	struct fw_interface_row *r = builder_add(b, B_INTERFACES, NULL);
	snprintf(r->name, sizeof(r->name), "%.15s", name);
	r->name_id = crc32c(r->name, strlen(r->name));
	r->port = port;
	r->zone = zone;
	r->address_first = b->kind[B_INTERFACE_ADDRESSES].count;
	return r;
}

// The bytes, malloc'd; the builder is empty afterwards.
static inline void *builder_finish(struct builder *b, size_t *size)
{
	struct fw_section *sections = &b->head.ports;
	size_t at = sizeof(b->head);
	for (unsigned i = 0; i < B_KINDS; i++) {
		sections[i] = (struct fw_section){(uint32_t)at, b->kind[i].count};
		at = (at + (size_t)b->kind[i].count * b->kind[i].size + 7) & ~(size_t)7;
	}
	uint8_t *bytes = calloc(1, at);
	CHECK(bytes != NULL);
	for (unsigned i = 0; i < B_KINDS; i++) {
		if (b->kind[i].count > 0)
			memcpy(bytes + sections[i].offset, b->kind[i].rows,
			       (size_t)b->kind[i].count * b->kind[i].size);
		free(b->kind[i].rows);
	}
	b->head.total_size = at;
	b->head.checksum = crc32c(bytes + sizeof(b->head), at - sizeof(b->head));
	memcpy(bytes, &b->head, sizeof(b->head));
	*size = at;
	return bytes;
}

#endif
