// SPDX-License-Identifier: Apache-2.0
// The classifier against a reference that walks the policies of the program one by one.
#include <netinet/in.h>
#include <time.h>
#include "tables/builder.h"
#include "tables/program.h"
#include "tables/tables.h"

static uint64_t seed = 0x9e3779b97f4a7c15ull;

static uint32_t below(uint32_t bound)
{
	return test_below(&seed, bound);
}

// ---- the reference

struct packet {
	uint8_t family, protocol;
	uint8_t source[16], destination[16];
	uint16_t source_port, destination_port, from, to;
};

static bool in_prefix(const struct fw_prefix_row *p, uint8_t family, const uint8_t *address)
{
	if (p->family != family)
		return false;
	for (unsigned i = 0; i < p->length; i++)
		if ((p->address[i / 8] ^ address[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

static bool in_sets(const struct fw_program *p, uint32_t first, uint32_t count, uint8_t family,
		    const uint8_t *address)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct fw_address_set_row *s =
		    program_row_address_set(p, *program_row_ref(p, first + i));
		for (uint32_t j = 0; j < s->prefix_count; j++)
			if (in_prefix(program_row_prefix(p, s->prefix_first + j), family, address))
				return true;
	}
	return false;
}

static bool in_list(const struct fw_program *p, uint32_t first, uint32_t count, uint32_t value)
{
	for (uint32_t i = 0; i < count; i++)
		if (*program_row_ref(p, first + i) == value)
			return true;
	return count == 0;
}

static bool in_ranges(const struct fw_program *p, uint32_t first, uint32_t count, uint16_t port)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct fw_port_range_row *r = program_row_port_range(p, first + i);
		if (r->low <= port && port <= r->high)
			return true;
	}
	return count == 0;
}

static bool application_fits(const struct fw_program *p, uint32_t row, const struct packet *k)
{
	const struct fw_application_row *a = program_row_application(p, row);
	return a->any_protocol ||
	       (a->protocol == k->protocol &&
		in_ranges(p, a->source_first, a->source_count, k->source_port) &&
		in_ranges(p, a->destination_first, a->destination_count, k->destination_port));
}

static bool policy_fits(const struct fw_program *p, const struct fw_policy_row *r,
			const struct packet *k)
{
	if (!in_list(p, r->from_first, r->from_count, k->from) ||
	    !in_list(p, r->to_first, r->to_count, k->to))
		return false;
	if (r->source_count > 0 &&
	    in_sets(p, r->source_first, r->source_count, k->family, k->source) == r->source_negated)
		return false;
	if (r->destination_count > 0 &&
	    in_sets(p, r->destination_first, r->destination_count, k->family, k->destination) ==
		r->destination_negated)
		return false;
	for (uint32_t i = 0; i < r->application_count; i++)
		if (application_fits(p, *program_row_ref(p, r->application_first + i), k))
			return true;
	return r->application_count == 0;
}

static uint32_t reference(const struct fw_program *p, const struct packet *k)
{
	for (uint32_t i = 0; i < p->policies.count; i++)
		if (policy_fits(p, program_row_policy(p, i), k))
			return i;
	return FW_NO_INDEX;
}

static uint32_t reference_timeout(const struct fw_program *p, uint32_t policy,
				  const struct packet *k)
{
	const struct fw_policy_row *r = program_row_policy(p, policy);
	for (uint32_t i = 0; i < r->application_count; i++) {
		uint32_t row = *program_row_ref(p, r->application_first + i);
		if (application_fits(p, row, k))
			return program_row_application(p, row)->timeout_s;
	}
	return 0;
}

// ---- random programs

struct shape {
	uint32_t zones, sets, prefixes, applications, policies;
	uint32_t any_percent, negated_percent;
	bool scattered; // prefixes all over the address space instead of crowded and nested
};

static void random_address(uint8_t family, bool scattered, uint8_t address[16])
{
	memset(address, 0, 16);
	for (unsigned i = 0; i < (family == 4 ? 4u : 16u); i++)
		address[i] = (uint8_t)(scattered ? below(256) : below(4));
	if (!scattered && family == 6)
		memset(address + 2, 0, 10); // so that random packets meet random prefixes
}

static void mask(struct fw_prefix_row *r)
{
	for (unsigned i = r->length; i < 128; i++)
		r->address[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
}

static int compare_prefixes(const void *a, const void *b)
{
	const struct fw_prefix_row *x = a, *y = b;
	if (x->family != y->family)
		return x->family - y->family;
	int order = memcmp(x->address, y->address, 16);
	return order != 0 ? order : x->length - y->length;
}

static void add_set(struct builder *b, const struct shape *s, uint32_t number)
{
	struct fw_prefix_row all[4096];
	uint32_t wanted = 1 + below(s->prefixes), used = 0;
	for (uint32_t i = 0; i < wanted; i++) {
		struct fw_prefix_row *r = &all[i];
		memset(r, 0, sizeof(*r));
		r->family = below(100) < 70 ? 4 : 6;
		r->length = (uint8_t)below(r->family == 4 ? 33 : 129);
		if (s->scattered && r->length < 12)
			r->length = (uint8_t)(r->length + 12);
		random_address(r->family, s->scattered, r->address);
		mask(r);
	}
	qsort(all, wanted, sizeof(all[0]), compare_prefixes);
	struct fw_address_set_row *set = builder_add(b, B_ADDRESS_SETS, NULL);
	snprintf(set->name, sizeof(set->name), "set%u", number);
	set->prefix_first = b->kind[B_PREFIXES].count;
	for (uint32_t i = 0; i < wanted; i++) { // drop what lies inside the one before
		if (used > 0 && in_prefix(&all[used - 1], all[i].family, all[i].address))
			continue;
		all[used++] = all[i];
		memcpy(builder_add(b, B_PREFIXES, NULL), &all[i], sizeof(all[i]));
	}
	set->prefix_count = used;
}

static uint32_t add_ranges(struct builder *b, bool icmp)
{
	uint32_t count = below(4), low = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct fw_port_range_row *r = builder_add(b, B_PORT_RANGES, NULL);
		low += below(icmp ? 700 : 40);
		r->low = (uint16_t)low;
		low += below(10);
		r->high = (uint16_t)low++;
	}
	return count;
}

static void add_application(struct builder *b, uint32_t number)
{
	static const uint8_t protocols[] = {IPPROTO_TCP,    IPPROTO_TCP,  IPPROTO_UDP, IPPROTO_ICMP,
					    IPPROTO_ICMPV6, IPPROTO_SCTP, 47};
	struct fw_application_row *a = builder_add(b, B_APPLICATIONS, NULL);
	struct fw_application_row row = {.timeout_s = below(3) * 100};
	snprintf(row.name, sizeof(row.name), "app%u", number);
	row.any_protocol = below(20) == 0;
	row.protocol = row.any_protocol ? 0 : protocols[below(7)];
	bool ports = row.protocol == IPPROTO_TCP || row.protocol == IPPROTO_UDP ||
		     row.protocol == IPPROTO_SCTP;
	bool icmp = row.protocol == IPPROTO_ICMP || row.protocol == IPPROTO_ICMPV6;
	row.source_first = b->kind[B_PORT_RANGES].count;
	if (ports && below(3) == 0)
		row.source_count = add_ranges(b, false);
	row.destination_first = b->kind[B_PORT_RANGES].count;
	if (ports || icmp)
		row.destination_count = add_ranges(b, icmp);
	*a = row;
}

static void add_list(struct builder *b, uint32_t any_percent, uint32_t rows, uint32_t most,
		     uint32_t *first, uint32_t *count)
{
	*first = b->kind[B_REFS].count;
	*count = rows == 0 || below(100) < any_percent ? 0 : 1 + below(most);
	for (uint32_t i = 0; i < *count; i++)
		builder_ref(b, below(rows));
}

static void add_policy(struct builder *b, const struct shape *s, uint32_t number)
{
	struct fw_policy_row *r = builder_add(b, B_POLICIES, NULL);
	snprintf(r->name, sizeof(r->name), "policy%u", number);
	r->name_id = number + 1;
	r->action = (uint8_t)(1 + below(3));
	add_list(b, s->any_percent, s->zones, 3, &r->from_first, &r->from_count);
	add_list(b, s->any_percent, s->zones, 3, &r->to_first, &r->to_count);
	add_list(b, s->any_percent, s->sets, 3, &r->source_first, &r->source_count);
	add_list(b, s->any_percent, s->sets, 3, &r->destination_first, &r->destination_count);
	add_list(b, s->any_percent, s->applications, 5, &r->application_first,
		 &r->application_count);
	r->source_negated = r->source_count > 0 && below(100) < s->negated_percent;
	r->destination_negated = r->destination_count > 0 && below(100) < s->negated_percent;
}

static struct tables *build(const struct shape *s)
{
	struct builder b;
	struct program_fault fault;
	struct tables *t;
	size_t size;
	char name[32];
	builder_init(&b);
	for (uint32_t i = 0; i < s->zones; i++) {
		snprintf(name, sizeof(name), "zone%u", i);
		builder_zone(&b, name);
	}
	for (uint32_t i = 0; i < s->sets; i++)
		add_set(&b, s, i);
	for (uint32_t i = 0; i < s->applications; i++)
		add_application(&b, i);
	for (uint32_t i = 0; i < s->policies; i++)
		add_policy(&b, s, i);
	void *bytes = builder_finish(&b, &size);
	int rc = tables_build(bytes, size, 1, NULL, &t, &fault);
	if (rc != 0)
		fprintf(stderr, "%s[%u].%s: %s\n", fault.section, fault.row, fault.field,
			fault.message);
	CHECK_EQ(rc, 0);
	return t;
}

// A packet that has a fair chance of meeting a policy: half of them are made from one.
static void aim(const struct fw_program *p, struct packet *k)
{
	if (p->policies.count == 0 || below(2) == 0)
		return;
	const struct fw_policy_row *r = program_row_policy(p, below(p->policies.count));
	if (r->from_count > 0)
		k->from = (uint16_t)*program_row_ref(p, r->from_first);
	if (r->to_count > 0)
		k->to = (uint16_t)*program_row_ref(p, r->to_first);
	for (unsigned side = 0; side < 2; side++) {
		uint32_t count = side ? r->destination_count : r->source_count;
		if (count == 0)
			continue;
		uint32_t ref = *program_row_ref(p, (side ? r->destination_first : r->source_first) +
						       below(count));
		const struct fw_address_set_row *s = program_row_address_set(p, ref);
		const struct fw_prefix_row *x =
		    program_row_prefix(p, s->prefix_first + below(s->prefix_count));
		uint8_t *address = side ? k->destination : k->source;
		if (x->family == k->family)
			for (unsigned i = 0; i < x->length; i++) {
				uint8_t bit = (uint8_t)(0x80 >> i % 8);
				address[i / 8] =
				    (uint8_t)((address[i / 8] & ~bit) | (x->address[i / 8] & bit));
			}
	}
	if (r->application_count > 0) {
		const struct fw_application_row *a = program_row_application(
		    p, *program_row_ref(p, r->application_first + below(r->application_count)));
		if (!a->any_protocol)
			k->protocol = (uint8_t)a->protocol;
		if (a->destination_count > 0)
			k->destination_port = program_row_port_range(p, a->destination_first)->high;
		if (a->source_count > 0)
			k->source_port = program_row_port_range(p, a->source_first)->low;
	}
}

static void random_packet(const struct tables *t, bool scattered, struct packet *k)
{
	static const uint8_t protocols[] = {6, 6, 17, 1, 58, 132, 47, 0, 255};
	k->family = below(100) < 60 ? 4 : 6;
	k->protocol = protocols[below(sizeof(protocols))];
	random_address(k->family, scattered, k->source);
	random_address(k->family, scattered, k->destination);
	k->source_port = (uint16_t)(below(20) == 0 ? below(65536) : below(130));
	k->destination_port =
	    (uint16_t)(below(20) == 0 ? below(65536) : below(k->protocol == 6 ? 130 : 2100));
	k->from = (uint16_t)below(t->zone_count);
	k->to = (uint16_t)below(t->zone_count);
	aim(t->program, k);
}

static uint32_t ask(const struct tables *t, const struct packet *k)
{
	struct flow4 f4 = {.source_port = k->source_port,
			   .destination_port = k->destination_port,
			   .from = k->from,
			   .to = k->to,
			   .protocol = k->protocol};
	struct flow6 f6 = {.source_port = k->source_port,
			   .destination_port = k->destination_port,
			   .from = k->from,
			   .to = k->to,
			   .protocol = k->protocol};
	memcpy(f4.source, k->source, 4);
	memcpy(f4.destination, k->destination, 4);
	memcpy(f6.source, k->source, 16);
	memcpy(f6.destination, k->destination, 16);
	return k->family == 4 ? policy_lookup4(t, &f4) : policy_lookup6(t, &f6);
}

static void compare(const struct shape *s, unsigned packets)
{
	struct tables *t = build(s);
	unsigned hits = 0;
	for (unsigned i = 0; i < packets; i++) {
		struct packet k;
		random_packet(t, s->scattered, &k);
		uint32_t expected = reference(t->program, &k);
		CHECK_EQ(ask(t, &k), expected);
		if (expected == FW_NO_INDEX)
			continue;
		hits++;
		CHECK_EQ(policy_timeout(t, expected, k.protocol, k.source_port, k.destination_port),
			 reference_timeout(t->program, expected, &k));
	}
	printf("  %u policies: %u of %u packets match\n", t->policy_count, hits, packets);
	tables_free(t);
}

static void crowded_rules_match_like_the_reference(void)
{
	for (unsigned i = 0; i < 300; i++) {
		struct shape s = {1 + below(8),   1 + below(30), 1 + below(12), 1 + below(20),
				  1 + below(200), below(80),     below(50),     false};
		struct tables *t = build(&s);
		for (unsigned n = 0; n < 2000; n++) {
			struct packet k;
			random_packet(t, false, &k);
			CHECK_EQ(ask(t, &k), reference(t->program, &k));
		}
		tables_free(t);
	}
}

static void many_rules_match_like_the_reference(void)
{
	struct shape nested = {16, 400, 10, 60, 5000, 8, 5, false};
	struct shape scattered = {8, 400, 40, 60, 5000, 8, 5, true};
	struct shape huge_sets = {4, 30, 3000, 30, 300, 10, 30, true};
	compare(&nested, 20000);
	compare(&scattered, 20000);
	compare(&huge_sets, 300);
}

static void no_policy_matches_nothing(void)
{
	struct shape s = {.zones = 2};
	struct tables *t = build(&s);
	struct packet k = {.family = 4, .protocol = 6};
	CHECK_EQ(ask(t, &k), FW_NO_INDEX);
	k.family = 6;
	CHECK_EQ(ask(t, &k), FW_NO_INDEX);
	tables_free(t);
}

// Addresses low .. high of 10/8 as the prefixes of one set.
static uint32_t add_interval(struct builder *b, uint32_t number, uint64_t low, uint64_t high)
{
	uint32_t row;
	struct fw_address_set_row set = {.prefix_first = b->kind[B_PREFIXES].count};
	snprintf(set.name, sizeof(set.name), "interval%u", number);
	while (low <= high) {
		uint8_t length = 32;
		while (length > 8 && low % (2ull << (32 - length)) == 0 &&
		       low + (2ull << (32 - length)) - 1 <= high)
			length--;
		struct fw_prefix_row *r = builder_add(b, B_PREFIXES, NULL);
		uint32_t address = htonl((uint32_t)low | 0x0a000000u);
		memcpy(r->address, &address, 4);
		r->family = 4;
		r->length = length;
		low += 1ull << (32 - length);
	}
	set.prefix_count = b->kind[B_PREFIXES].count - set.prefix_first;
	memcpy(builder_add(b, B_ADDRESS_SETS, &row), &set, sizeof(set));
	return row;
}

// 2500 sets that each lie inside the one before, in 400 policies each: no classifier of bounded
// size holds that.
static void sets_that_overlap_too_much_are_refused(void)
{
	struct builder b;
	struct program_fault fault;
	struct tables *t;
	size_t size;
	builder_init(&b);
	for (uint32_t i = 0; i < 2500; i++)
		add_interval(&b, i, i, 16777215 - i);
	for (uint32_t i = 0; i < 2500; i++) {
		struct fw_policy_row r = {
		    .name_id = i + 1, .action = FW_ACTION_PERMIT, .schedule = FW_NO_INDEX};
		snprintf(r.name, sizeof(r.name), "policy%u", i);
		r.from_first = r.to_first = r.source_first = b.kind[B_REFS].count;
		r.source_count = 400;
		for (uint32_t n = 0; n < 400; n++)
			builder_ref(&b, (i + n * 6) % 2500);
		r.destination_first = r.application_first = b.kind[B_REFS].count;
		memcpy(builder_add(&b, B_POLICIES, NULL), &r, sizeof(r));
	}
	void *bytes = builder_finish(&b, &size);
	CHECK(tables_build(bytes, size, 1, NULL, &t, &fault) < 0);
	CHECK_EQ(fault.verdict, FW_VERDICT_REFUSED_RESOURCES);
	CHECK_STR(fault.section, "address_sets");
	CHECK(fault.message[0] != '\0');
}

static void vectors_answer_like_single_lookups(void)
{
	struct shape s = {4, 50, 10, 20, 500, 30, 20, false};
	struct tables *t = build(&s);
	struct flow4 flows[32];
	uint32_t rows[32];
	for (unsigned i = 0; i < 32; i++) {
		struct packet k;
		do
			random_packet(t, false, &k);
		while (k.family != 4);
		flows[i] = (struct flow4){.source_port = k.source_port,
					  .destination_port = k.destination_port,
					  .from = k.from,
					  .to = k.to,
					  .protocol = k.protocol};
		memcpy(flows[i].source, k.source, 4);
		memcpy(flows[i].destination, k.destination, 4);
	}
	policy_lookup4_many(t, flows, 32, rows);
	for (unsigned i = 0; i < 32; i++)
		CHECK_EQ(rows[i], policy_lookup4(t, &flows[i]));
	tables_free(t);
}

int main(void)
{
	RUN(no_policy_matches_nothing);
	RUN(crowded_rules_match_like_the_reference);
	RUN(many_rules_match_like_the_reference);
	RUN(sets_that_overlap_too_much_are_refused);
	RUN(vectors_answer_like_single_lookups);
	return 0;
}
