// SPDX-License-Identifier: Apache-2.0
#include "nat/rules.h"

#include <stdlib.h>
#include <string.h>
#include "nat/rows.h"

static void *append(struct rules *r, struct rules_list *l, uint32_t count)
{
	if (count == 0)
		return NULL;
	if (l->count + count > l->room) {
		uint32_t room = (l->count + count) * 2 + 64;
		uint8_t *moved = realloc(l->rows, (size_t)room * l->size);
		if (moved == NULL) {
			r->failed = true;
			return NULL;
		}
		l->rows = moved;
		l->room = room;
	}
	void *at = l->rows + (size_t)l->count * l->size;
	memset(at, 0, (size_t)count * l->size);
	l->count += count;
	return at;
}

static void copy_rows(struct rules *r, struct rules_list *l, const struct fw_section *section)
{
	void *to = append(r, l, section->count);
	if (to != NULL)
		memcpy(to, (const uint8_t *)r->original + section->offset,
		       (size_t)section->count * l->size);
}

void rules_start(struct rules *r, const struct fw_program *original)
{
	*r = (struct rules){
	    .original = original,
	    .sets.size = sizeof(struct fw_address_set_row),
	    .prefixes.size = sizeof(struct fw_prefix_row),
	    .applications.size = sizeof(struct fw_application_row),
	    .ranges.size = sizeof(struct fw_port_range_row),
	    .policies.size = sizeof(struct fw_policy_row),
	    .refs.size = sizeof(uint32_t),
	};
	copy_rows(r, &r->sets, &original->address_sets);
	copy_rows(r, &r->prefixes, &original->prefixes);
	copy_rows(r, &r->applications, &original->applications);
	copy_rows(r, &r->ranges, &original->port_ranges);
}

struct fw_policy_row *rules_add(struct rules *r)
{
	struct fw_policy_row *row = append(r, &r->policies, 1);
	if (row != NULL)
		row->schedule = FW_NO_INDEX;
	return row;
}

static void add_ref(struct rules *r, uint32_t value, uint32_t *first, uint32_t *count)
{
	uint32_t at = r->refs.count;
	uint32_t *ref = append(r, &r->refs, 1);
	if (ref == NULL)
		return;
	*ref = value;
	*first = at;
	*count = 1;
}

void rules_copy(struct rules *r, uint32_t first, uint32_t count, uint32_t *to_first,
		uint32_t *to_count)
{
	*to_first = r->refs.count;
	uint32_t *refs = append(r, &r->refs, count);
	if (refs == NULL)
		return;
	for (uint32_t i = 0; i < count; i++)
		refs[i] = *program_row_ref(r->original, first + i);
	*to_count = count;
}

// The largest prefix that begins at low and does not pass high.
static uint8_t prefix_length(uint32_t low, uint32_t high)
{
	uint8_t length = 32;
	while (length > 0) {
		uint64_t size = 1ull << (33 - length);
		if (low % size != 0 || low + size - 1 > high)
			break;
		length--;
	}
	return length;
}

void rules_addresses(struct rules *r, uint32_t low, uint32_t high, uint32_t *to_first,
		     uint32_t *to_count)
{
	uint32_t number = r->sets.count, first = r->prefixes.count;
	uint64_t at = low;
	while (at <= high) {
		struct fw_prefix_row *prefix = append(r, &r->prefixes, 1);
		if (prefix == NULL)
			return;
		prefix->family = 4;
		prefix->length = prefix_length((uint32_t)at, high);
		nat_store(prefix->address, (uint32_t)at);
		at += 1ull << (32 - prefix->length);
	}
	struct fw_address_set_row *set = append(r, &r->sets, 1);
	if (set == NULL)
		return;
	set->prefix_first = first;
	set->prefix_count = r->prefixes.count - first;
	add_ref(r, number, to_first, to_count);
}

void rules_service(struct rules *r, uint8_t protocol, uint16_t low, uint16_t high,
		   uint32_t *to_first, uint32_t *to_count)
{
	uint32_t number = r->applications.count, first = r->ranges.count;
	struct fw_application_row *application = append(r, &r->applications, 1);
	if (application == NULL)
		return;
	application->protocol = protocol;
	application->destination_first = first;
	if (high != 0) {
		struct fw_port_range_row *range = append(r, &r->ranges, 1);
		if (range == NULL)
			return;
		*range = (struct fw_port_range_row){low, high};
		application->destination_count = 1;
	}
	add_ref(r, number, to_first, to_count);
}

static size_t place(struct fw_section *section, const struct rules_list *l, size_t at)
{
	*section = (struct fw_section){(uint32_t)at, l->count};
	return (at + (size_t)l->count * l->size + 7) & ~(size_t)7;
}

static void fill(struct fw_program *p, const struct fw_section *section, struct rules_list *l)
{
	if (l->count != 0)
		memcpy((uint8_t *)p + section->offset, l->rows, (size_t)l->count * l->size);
}

static void rules_free(struct rules *r)
{
	free(r->sets.rows);
	free(r->prefixes.rows);
	free(r->applications.rows);
	free(r->ranges.rows);
	free(r->policies.rows);
	free(r->refs.rows);
}

struct fw_program *rules_finish(struct rules *r)
{
	struct fw_program head = {.magic = FW_PROGRAM_MAGIC, .layout_version = FW_LAYOUT_VERSION};
	head.zones.count = r->original->zones.count; // only counted
	size_t size = place(&head.address_sets, &r->sets, sizeof(head));
	size = place(&head.prefixes, &r->prefixes, size);
	size = place(&head.applications, &r->applications, size);
	size = place(&head.port_ranges, &r->ranges, size);
	size = place(&head.policies, &r->policies, size);
	size = place(&head.refs, &r->refs, size);
	struct fw_program *p = r->failed ? NULL : calloc(1, size);
	if (p != NULL) {
		head.total_size = size;
		*p = head;
		fill(p, &p->address_sets, &r->sets);
		fill(p, &p->prefixes, &r->prefixes);
		fill(p, &p->applications, &r->applications);
		fill(p, &p->port_ranges, &r->ranges);
		fill(p, &p->policies, &r->policies);
		fill(p, &p->refs, &r->refs);
	}
	rules_free(r);
	return p;
}
