// SPDX-License-Identifier: Apache-2.0
// From the policies of a program to rows, and from rows to the six dimensions.
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "tables/classifier.h"
#include "tables/schedule.h"

#define PATTERNS (1u << BY_COUNT)

struct row {
	uint32_t policy;
	uint32_t application; // the one with source ports that the row is for; FW_NO_INDEX: all
			      // that have none
	uint8_t constrained; // bit per field: the row fits only keys of its items
	uint8_t excluded;    // bit per field: the row fits all keys but those of its items
	uint32_t position;   // bit of the row
};

struct build {
	const struct fw_program *p;
	uint8_t family;
	struct classifier *c;
	struct row *rows;
	size_t row_count, row_room;
	bool *set_used; // address sets with prefixes of this family
	// of the dimension that is being built
	uint32_t *item_first, *item_rows;
	struct span *spans;
	size_t span_count;
};

typedef void item_fn(void *context, uint32_t item);

static bool any_in_family(const struct build *b, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (b->set_used[*program_row_ref(b->p, first + i)])
			return true;
	return false;
}

static void find_used_sets(struct build *b)
{
	for (uint32_t set = 0; set < b->p->address_sets.count; set++) {
		const struct fw_address_set_row *r = program_row_address_set(b->p, set);
		for (uint32_t i = 0; i < r->prefix_count && !b->set_used[set]; i++)
			b->set_used[set] =
			    program_row_prefix(b->p, r->prefix_first + i)->family == b->family;
	}
}

static int add_row(struct build *b, struct row row)
{
	if (b->row_count == b->row_room) {
		size_t room = b->row_room * 2 + 256;
		void *moved = realloc(b->rows, room * sizeof(*b->rows));
		if (moved == NULL)
			return -ENOMEM;
		b->rows = moved;
		b->row_room = room;
	}
	b->rows[b->row_count++] = row;
	return 0;
}

// Adds a field that an address list constrains; false: no packet of this family can match.
static bool constrain_address(const struct build *b, struct row *row, enum classifier_field field,
			      uint32_t first, uint32_t count, bool negated)
{
	if (count == 0)
		return true;
	bool present = any_in_family(b, first, count);
	if (present && negated)
		row->excluded |= (uint8_t)(1u << field);
	else if (present)
		row->constrained |= (uint8_t)(1u << field);
	return present || negated;
}

static int add_rows(struct build *b, uint32_t policy)
{
	const struct fw_policy_row *r = program_row_policy(b->p, policy);
	struct row row = {.policy = policy, .application = FW_NO_INDEX};
	row.constrained = (uint8_t)((r->from_count > 0) << BY_FROM | (r->to_count > 0) << BY_TO);
	if (!constrain_address(b, &row, BY_SOURCE, r->source_first, r->source_count,
			       r->source_negated) ||
	    !constrain_address(b, &row, BY_DESTINATION, r->destination_first, r->destination_count,
			       r->destination_negated))
		return 0;
	bool plain = false, any = r->application_count == 0;
	for (uint32_t i = 0; i < r->application_count; i++) {
		const struct fw_application_row *a =
		    program_row_application(b->p, *program_row_ref(b->p, r->application_first + i));
		any |= a->any_protocol;
		plain |= a->source_count == 0;
	}
	if (any)
		return add_row(b, row);
	row.constrained |= 1u << BY_SERVICE;
	int rc = plain ? add_row(b, row) : 0;
	row.constrained |= 1u << BY_SOURCE_PORT;
	for (uint32_t i = 0; i < r->application_count && rc == 0; i++) {
		row.application = *program_row_ref(b->p, r->application_first + i);
		if (program_row_application(b->p, row.application)->source_count > 0)
			rc = add_row(b, row);
	}
	return rc;
}

// Positions: by group of constrained fields, in order of policy, each group from a new word on.
static int place_rows(struct build *b)
{
	uint32_t next[PATTERNS] = {0}, words = 0;
	struct classifier *c = b->c;
	for (size_t i = 0; i < b->row_count; i++)
		next[b->rows[i].constrained]++;
	for (unsigned g = 0; g < PATTERNS; g++) {
		uint32_t size = (next[g] + 63) / 64;
		next[g] = words * 64;
		words += size;
	}
	c->words = words;
	c->chunks = (words + 63) / 64;
	c->row_policy = malloc(((size_t)words * 64 + 1) * sizeof(*c->row_policy));
	c->word_fields = calloc((size_t)words + 1, sizeof(*c->word_fields));
	if (c->row_policy == NULL || c->word_fields == NULL)
		return -ENOMEM;
	memset(c->row_policy, 0xff, (size_t)words * 64 * sizeof(*c->row_policy));
	for (size_t i = 0; i < b->row_count; i++) {
		uint32_t at = b->rows[i].position = next[b->rows[i].constrained]++;
		c->row_policy[at] = b->rows[i].policy;
		c->word_fields[at / 64] |= b->rows[i].constrained | b->rows[i].excluded;
	}
	return 0;
}

// Calls visit with every item of a row in a dimension.
static void row_items(const struct build *b, const struct row *row, enum classifier_field field,
		      item_fn *visit, void *context)
{
	const struct fw_policy_row *r = program_row_policy(b->p, row->policy);
	uint32_t first = 0, count = 0;
	switch (field) {
	case BY_FROM:
		first = r->from_first, count = r->from_count;
		break;
	case BY_TO:
		first = r->to_first, count = r->to_count;
		break;
	case BY_SOURCE:
		first = r->source_first, count = r->source_count;
		break;
	case BY_DESTINATION:
		first = r->destination_first, count = r->destination_count;
		break;
	default:
		if (row->application != FW_NO_INDEX)
			visit(context, row->application);
		else
			first = r->application_first, count = r->application_count;
	}
	bool applications = field == BY_SERVICE || field == BY_SOURCE_PORT;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t item = *program_row_ref(b->p, first + i);
		if (!applications || program_row_application(b->p, item)->source_count == 0)
			visit(context, item);
	}
}

static void count_item(void *context, uint32_t item)
{
	((uint32_t *)context)[item + 1]++;
}

struct placing {
	uint32_t *next, *rows, row;
};

static void place_item(void *context, uint32_t item)
{
	struct placing *p = context;
	p->rows[p->next[item]++] = p->row;
}

// Rows of every item in a dimension, item by item.
static int list_rows(struct build *b, enum classifier_field field, uint32_t items)
{
	uint8_t here = (uint8_t)(1u << field);
	b->item_first = calloc(items + 2u, sizeof(uint32_t));
	uint32_t *next = calloc(items + 1u, sizeof(uint32_t));
	if (b->item_first == NULL || next == NULL) {
		free(next);
		return -ENOMEM;
	}
	for (size_t i = 0; i < b->row_count; i++)
		if ((b->rows[i].constrained | b->rows[i].excluded) & here)
			row_items(b, &b->rows[i], field, count_item, b->item_first);
	for (uint32_t i = 0; i < items; i++) {
		b->item_first[i + 1] += b->item_first[i];
		next[i] = b->item_first[i];
	}
	b->item_rows = malloc((b->item_first[items] + 1u) * sizeof(uint32_t));
	struct placing placing = {.next = next, .rows = b->item_rows};
	for (size_t i = 0; i < b->row_count && placing.rows != NULL; i++) {
		const struct row *row = &b->rows[i];
		placing.row = row->position | (row->excluded & here ? ROW_EXCLUDED : 0);
		if ((row->constrained | row->excluded) & here)
			row_items(b, row, field, place_item, &placing);
	}
	free(next);
	return placing.rows != NULL ? 0 : -ENOMEM;
}

static struct wide_key address_key(uint8_t family, const uint8_t address[16])
{
	struct wide_key k = {0, 0};
	if (family == 4) {
		for (unsigned i = 0; i < 4; i++)
			k.low = k.low << 8 | address[i];
		return k;
	}
	for (unsigned i = 0; i < 8; i++) {
		k.high = k.high << 8 | address[i];
		k.low = k.low << 8 | address[8 + i];
	}
	return k;
}

static void add_prefix_span(struct build *b, uint32_t set, const struct fw_prefix_row *r)
{
	uint8_t last[16];
	memcpy(last, r->address, 16);
	for (unsigned i = r->length; i < (r->family == 4 ? 32u : 128u); i++)
		last[i / 8] |= (uint8_t)(0x80 >> i % 8);
	b->spans[b->span_count++] =
	    (struct span){address_key(r->family, r->address), address_key(r->family, last), set};
}

static int address_spans(struct build *b)
{
	b->spans = malloc((b->p->prefixes.count + 1u) * sizeof(*b->spans));
	for (uint32_t set = 0; b->spans != NULL && set < b->p->address_sets.count; set++) {
		const struct fw_address_set_row *r = program_row_address_set(b->p, set);
		for (uint32_t i = 0; i < r->prefix_count; i++) {
			const struct fw_prefix_row *prefix =
			    program_row_prefix(b->p, r->prefix_first + i);
			if (prefix->family == b->family)
				add_prefix_span(b, set, prefix);
		}
	}
	return b->spans != NULL ? 0 : -ENOMEM;
}

// Keys are protocol << 16 | port.
static int application_spans(struct build *b, bool source)
{
	size_t room = 0;
	for (uint32_t i = 0; i < b->p->applications.count; i++) {
		const struct fw_application_row *a = program_row_application(b->p, i);
		room += 1 + (source ? a->source_count : a->destination_count);
	}
	b->spans = malloc((room + 1) * sizeof(*b->spans));
	for (uint32_t i = 0; b->spans != NULL && i < b->p->applications.count; i++) {
		const struct fw_application_row *a = program_row_application(b->p, i);
		uint32_t first = source ? a->source_first : a->destination_first;
		uint32_t count = source ? a->source_count : a->destination_count;
		uint64_t base = (uint64_t)a->protocol << 16;
		for (uint32_t r = 0; r < count; r++) {
			const struct fw_port_range_row *range =
			    program_row_port_range(b->p, first + r);
			b->spans[b->span_count++] =
			    (struct span){{0, base | range->low}, {0, base | range->high}, i};
		}
		if (count == 0)
			b->spans[b->span_count++] = (struct span){{0, base}, {0, base | 0xffff}, i};
	}
	return b->spans != NULL ? 0 : -ENOMEM;
}

static int zone_spans(struct build *b)
{
	b->spans = malloc((b->p->zones.count + 1u) * sizeof(*b->spans));
	for (uint32_t i = 0; b->spans != NULL && i < b->p->zones.count; i++)
		b->spans[b->span_count++] = (struct span){{0, i}, {0, i}, i};
	return b->spans != NULL ? 0 : -ENOMEM;
}

static int build_dimension(struct build *b, enum classifier_field field)
{
	struct dimension_input in = {.words = b->c->words};
	uint64_t *open = calloc(b->c->chunks + 1u, sizeof(*open));
	int rc = open != NULL ? 0 : -ENOMEM;
	if (rc == 0 && (field == BY_FROM || field == BY_TO)) {
		in.key_bits = 16;
		in.item_count = b->p->zones.count;
		rc = zone_spans(b);
	} else if (rc == 0 && (field == BY_SOURCE || field == BY_DESTINATION)) {
		in.key_bits = b->family == 4 ? 32 : 128;
		in.item_count = b->p->address_sets.count;
		rc = address_spans(b);
	} else if (rc == 0) {
		in.key_bits = 24;
		in.item_count = b->p->applications.count;
		rc = application_spans(b, field == BY_SOURCE_PORT);
	}
	if (rc == 0)
		rc = list_rows(b, field, in.item_count);
	if (rc == 0) {
		for (size_t i = 0; i < b->row_count; i++)
			if ((b->rows[i].constrained >> field & 1) == 0)
				open[b->rows[i].position / 4096] |=
				    1ull << b->rows[i].position / 64 % 64;
		in.open = open;
		in.spans = b->spans;
		in.span_count = b->span_count;
		in.item_first = b->item_first;
		in.item_rows = b->item_rows;
		rc = dimension_build(&b->c->by[field], &in);
	}
	free(open);
	free(b->spans);
	free(b->item_first);
	free(b->item_rows);
	b->spans = NULL;
	b->item_first = b->item_rows = NULL;
	b->span_count = 0;
	return rc;
}

int classifier_build(const struct fw_program *p, uint8_t family, struct classifier **out,
		     enum classifier_field *field)
{
	return classifier_build_open(p, family, NULL, out, field);
}

int classifier_build_open(const struct fw_program *p, uint8_t family, const uint64_t *open,
			  struct classifier **out, enum classifier_field *field)
{
	struct build b = {.p = p, .family = family};
	b.c = calloc(1, sizeof(*b.c));
	b.set_used = calloc(p->address_sets.count + 1u, sizeof(*b.set_used));
	int rc = b.c != NULL && b.set_used != NULL ? 0 : -ENOMEM;
	if (rc == 0)
		find_used_sets(&b);
	for (uint32_t i = 0; rc == 0 && i < p->policies.count; i++)
		if (open == NULL || schedule_is_open(open, program_row_policy(p, i)->schedule))
			rc = add_rows(&b, i);
	if (rc == 0)
		rc = place_rows(&b);
	for (*field = 0; rc == 0 && b.c->words > 0 && *field < BY_COUNT; (*field)++) {
		rc = build_dimension(&b, *field);
		if (rc != 0)
			break;
	}
	free(b.rows);
	free(b.set_used);
	if (rc == 0)
		*out = b.c;
	else
		classifier_free(b.c);
	return rc;
}

void classifier_free(struct classifier *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; i < BY_COUNT; i++)
		dimension_free(&c->by[i]);
	free(c->row_policy);
	free(c->word_fields);
	free(c);
}
