// SPDX-License-Identifier: Apache-2.0
// Test only: proves that C and TypeScript mean the same bytes. Driven by roundtrip.test.ts.
//
//   roundtrip program < BANK     prints every field of a program and of all rows of its sections
//   roundtrip print STRUCT < X   prints every field of one struct
//   roundtrip fill STRUCT SEED   writes a struct whose fields hold the numbers of a generator
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "shm/layout_hash.gen.h"
#include "shm/roundtrip.h"

struct roundtrip_text roundtrip_path(const char *path, const char *field, int index)
{
	struct roundtrip_text t;
	if (index < 0)
		snprintf(t.text, sizeof(t.text), "%s.%s", path, field);
	else
		snprintf(t.text, sizeof(t.text), "%s.%s[%d]", path, field, index);
	return t;
}

void roundtrip_print(const char *path, uint64_t value)
{
	printf("%s %" PRIu64 "\n", path, value);
}

// splitmix64
uint64_t roundtrip_next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static const struct roundtrip_struct *find(const char *name)
{
	for (const struct roundtrip_struct *s = roundtrip_structs; s->name != NULL; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	fprintf(stderr, "no struct %s\n", name);
	exit(2);
}

static void print_rows(const unsigned char *bytes, size_t size, const char *name, struct fw_section section,
		       const char *row_struct)
{
	const struct roundtrip_struct *s = find(row_struct);
	for (uint32_t i = 0; i < section.count; i++) {
		size_t at = section.offset + (size_t)i * s->size;
		if (at + s->size > size) {
			fprintf(stderr, "%s[%u] lies outside\n", name, i);
			exit(1);
		}
		char path[64];
		snprintf(path, sizeof(path), "%s[%u]", name, i);
		s->print(path, bytes + at);
	}
}

static int print_program(const unsigned char *bytes, size_t size)
{
	struct fw_program p;
	if (size < sizeof(p))
		return 1;
	memcpy(&p, bytes, sizeof(p));
	find("fw_program")->print("program", bytes);
	print_rows(bytes, size, "ports", p.ports, "fw_port_row");
	print_rows(bytes, size, "zones", p.zones, "fw_zone_row");
	print_rows(bytes, size, "interfaces", p.interfaces, "fw_interface_row");
	print_rows(bytes, size, "interface_addresses", p.interface_addresses, "fw_prefix_row");
	print_rows(bytes, size, "address_sets", p.address_sets, "fw_address_set_row");
	print_rows(bytes, size, "prefixes", p.prefixes, "fw_prefix_row");
	print_rows(bytes, size, "applications", p.applications, "fw_application_row");
	print_rows(bytes, size, "port_ranges", p.port_ranges, "fw_port_range_row");
	print_rows(bytes, size, "policies", p.policies, "fw_policy_row");
	for (uint32_t i = 0; i < p.refs.count && p.refs.offset + 4ull * (i + 1) <= size; i++) {
		uint32_t ref;
		memcpy(&ref, bytes + p.refs.offset + 4ull * i, sizeof(ref));
		printf("refs[%u] %u\n", i, ref);
	}
	print_rows(bytes, size, "routes", p.routes, "fw_route_row");
	print_rows(bytes, size, "next_hops", p.next_hops, "fw_next_hop_row");
	print_rows(bytes, size, "neighbors", p.neighbors, "fw_neighbor_row");
	print_rows(bytes, size, "schedules", p.schedules, "fw_schedule_row");
	print_rows(bytes, size, "schedule_windows", p.schedule_windows, "fw_schedule_window_row");
	print_rows(bytes, size, "nat_pools", p.nat_pools, "fw_nat_pool_row");
	print_rows(bytes, size, "nat_ranges", p.nat_ranges, "fw_nat_range_row");
	print_rows(bytes, size, "nat_subscribers", p.nat_subscribers, "fw_prefix_row");
	print_rows(bytes, size, "nat_source", p.nat_source, "fw_nat_source_row");
	print_rows(bytes, size, "nat_destination", p.nat_destination, "fw_nat_destination_row");
	print_rows(bytes, size, "nat_static", p.nat_static, "fw_nat_static_row");
	return 0;
}

static unsigned char *read_all(size_t *size)
{
	unsigned char *bytes = malloc(FW_MAX_BANK_SIZE);
	if (bytes == NULL)
		exit(3);
	*size = fread(bytes, 1, FW_MAX_BANK_SIZE, stdin);
	return bytes;
}

int main(int argc, char **argv)
{
	size_t size = 0;
	if (argc == 2 && strcmp(argv[1], "program") == 0) {
		unsigned char *bytes = read_all(&size);
		printf("layout_hash %" PRIu64 "\n", (uint64_t)FW_LAYOUT_HASH);
		int rc = print_program(bytes, size);
		free(bytes);
		return rc;
	}
	if (argc == 3 && strcmp(argv[1], "print") == 0) {
		const struct roundtrip_struct *s = find(argv[2]);
		unsigned char *bytes = read_all(&size);
		if (size == s->size)
			s->print(s->name, bytes);
		free(bytes);
		return size == s->size ? 0 : 1;
	}
	if (argc == 4 && strcmp(argv[1], "fill") == 0) {
		const struct roundtrip_struct *s = find(argv[2]);
		uint64_t state = strtoull(argv[3], NULL, 0);
		unsigned char *bytes = calloc(1, s->size);
		if (bytes == NULL)
			return 3;
		s->fill(bytes, &state);
		size_t written = fwrite(bytes, 1, s->size, stdout);
		free(bytes);
		return written == s->size ? 0 : 1;
	}
	fprintf(stderr, "usage: roundtrip program | print STRUCT | fill STRUCT SEED\n");
	return 2;
}
